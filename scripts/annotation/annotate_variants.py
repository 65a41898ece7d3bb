"""Say what each variant of a shard does to which gene."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.config.annotation import AnnotationConfig
from alsreg.config.freeze import ClinicalTable
from alsreg.errors import InputError
from alsreg.formats.contigs import ORDER
from alsreg.formats.csq import call_consequences
from alsreg.formats.csq_phased import PhasedGenotypes, call_phased_consequences
from alsreg.formats.pgen import read_pvar
from alsreg.genotypes.annotated_sites import TranscriptChoice, read_consequences
from alsreg.genotypes.consequence_table import match_consequences, most_severe, read_consequence_table
from alsreg.genotypes.harmonise import References
from alsreg.genotypes.placing import VariantPlaces, has_genome_reference, place_alleles
from alsreg.genotypes.references import read_references
from alsreg.runlog import rule_log
from alsreg.sheets.withdrawn import read_samples_withdrawn
from alsreg.tables.panel import CONTROL_COUNTS
from alsreg.tables.results import ANNOTATION, ANNOTATION_COUNTS

log = logging.getLogger("alsreg.annotation")
Counts = Counter[tuple[str, str, bool]]
NAMES = {"CHROM": "chromosome", "POS": "position", "ID": "variant_id", "REF": "ref", "ALT": "alt"}


@dataclass(frozen=True)
class Sources:
    """Files of one route; lists of at most one path where there can be only one."""

    table: Sequence[str] = ()
    table_build: Sequence[str] = ()
    gff3: Sequence[str] = ()
    phased: Sequence[PhasedGenotypes] = ()  # with gff3
    vcf: Sequence[tuple[str, str]] = ()  # path and build
    csq_scores: Mapping[str, str] = field(default_factory=dict)
    fasta: Sequence[str] = ()
    chains: Mapping[str, str] = field(default_factory=dict)  # by build


def annotate_variants(
    pvars: Sequence[str], sources: Sources, shard: str, outputs: dict[str, str], settings: AnnotationConfig,
    controls: Sequence[str] = (),
) -> None:  # fmt: skip
    """Annotate the union of the assays' and the controls' variants; `outputs` are ``variants`` and ``counts``."""
    variants = _union(pvars, controls)
    counts: Counts = Counter()
    references = read_references(dict(sources.chains), sources.fasta)
    if sources.table:
        found = _from_table(variants, sources, references, counts).assign(source="table")
    elif sources.vcf:
        found = _from_sites(variants, sources, references, settings, counts).assign(source="vcf")
    else:
        found = _from_models(variants, sources, references, counts)
    annotated = found["variant_id"].nunique()
    counts["variant", "annotated", False] += annotated
    counts["variant", "without_consequence", True] += len(variants) - annotated
    _write(found, variants, outputs["variants"])
    rows = [(shard, unit, reason, is_loss, n) for (unit, reason, is_loss), n in counts.items()]
    ANNOTATION_COUNTS.write(pd.DataFrame(rows, columns=ANNOTATION_COUNTS.column_names), outputs["counts"])
    for unit, reason, is_loss, n in (row[1:] for row in rows):
        log.info("%s: %d %ss%s", reason, n, unit, " lost" if is_loss else "")


def _union(pvars: Sequence[str], controls: Sequence[str]) -> pd.DataFrame:
    """Variants of all assays and of files of controls, once each, by chromosome, position and alleles."""
    tables = [read_pvar(str(path).removesuffix(".pvar.zst"))[["CHROM", "POS", "ID", "REF", "ALT"]] for path in pvars]
    tables = [table.assign(is_control_only=False) for table in tables]
    for path in controls:
        table = CONTROL_COUNTS.read(path).rename(columns={ours: name for name, ours in NAMES.items()})
        tables.append(table[list(NAMES)].assign(is_control_only=True))
    union = pd.concat(tables).drop_duplicates("ID")
    union = union if controls else union.drop(columns="is_control_only")
    rank = union["CHROM"].map(ORDER)
    return (
        union.assign(rank=rank).sort_values(["rank", "POS", "REF", "ALT"]).drop(columns="rank").reset_index(drop=True)
    )


def _from_table(variants: pd.DataFrame, sources: Sources, references: References, counts: Counts) -> pd.DataFrame:
    """A ready table's consequences; the rows of other shards' chromosomes count as not among the variants."""
    path = sources.table[0]
    chain = references.chains.get(sources.table_build[0])
    rows: Counter[tuple[str, bool]] = Counter()
    table = read_consequence_table(path)
    rows["read", False] += len(table)
    table = place_alleles(table, chain, references.genome, rows)
    found = most_severe(match_consequences(table, variants, rows, path))
    counts.update({("row", *key): n for key, n in rows.items()})
    return found.assign(transcript=pd.NA)


def _from_sites(
    variants: pd.DataFrame, sources: Sources, references: References, settings: AnnotationConfig, counts: Counts
) -> pd.DataFrame:
    """What VEP or SnpEff wrote into VCFs."""
    rows: Counter[tuple[str, bool]] = Counter()
    choice = TranscriptChoice(settings.transcripts, sources.csq_scores, settings.max_mismatch_rate)
    found = read_consequences(sources.vcf, VariantPlaces(variants), references, choice, rows)
    counts.update({("row", *key): n for key, n in rows.items()})
    return found


def _from_models(variants: pd.DataFrame, sources: Sources, references: References, counts: Counts) -> pd.DataFrame:
    """Consequences by bcftools csq, for variants whose REF is the genome's; along haplotypes where phase is known."""
    genome = references.genome
    if genome is None:
        raise InputError("gene models need the reference genome", file=sources.gff3[0],
                         remedy="give `fasta` in the freeze, indexed with `samtools faidx`")  # fmt: skip
    agrees = has_genome_reference(variants, genome)
    counts["variant", "ref_differs_from_fasta", True] += int((~agrees).sum())
    files = sources.fasta[0], sources.gff3[0]
    parts = [call_consequences(variants[agrees], *files).assign(source="bcftools_csq")]
    for genotypes in sources.phased:
        found = call_phased_consequences(genotypes, set(variants["CHROM"]), *files)
        found = found[found["variant_id"].isin(variants["ID"])].assign(source="bcftools_csq_phased")
        counts["variant", "judged_on_haplotypes", False] += found["variant_id"].nunique()
        parts.insert(0, found)
    return pd.concat(parts).drop_duplicates(["variant_id", "gene"])


def _write(found: pd.DataFrame, variants: pd.DataFrame, path: str | Path) -> None:
    placed = variants.rename(columns=NAMES).assign(order=np.arange(len(variants)))
    table = found.merge(placed, on="variant_id", validate="many_to_one").sort_values(["order", "gene"])
    ANNOTATION.write(table.drop(columns="order"), path)


def phased_genotypes(
    vcfs: Sequence[str],
    n_files: Mapping[str, int],
    withdrawal: tuple[Sequence[str], Sequence[dict]],
    is_pass_only: bool,
) -> list[PhasedGenotypes]:
    """The files of each phased assay in turn, without the samples of people who withdrew."""
    files, tables = withdrawal
    clinical = [ClinicalTable(**table) for table in tables]
    rest, out = list(vcfs), []
    for assay, n in n_files.items():
        out.append(PhasedGenotypes(rest[:n], read_samples_withdrawn(files, clinical, assay), is_pass_only))
        rest = rest[n:]
    return out


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        source, params = snakemake.input, snakemake.params
        withdrawal = source.withdrawn, params.samples_table
        annotate_variants(
            pvars=source.pvar,
            sources=Sources(
                table=source.table, table_build=params.table_build, gff3=source.gff3,
                phased=phased_genotypes(source.phased, params.n_phased, withdrawal, params.ingest["is_pass_only"]),
                vcf=list(zip(source.vcf, params.vcf_builds, strict=True)), csq_scores=params.csq_scores, fasta=source.fasta,
                chains=dict(zip(params.builds, source.chains, strict=True)),
            ),
            shard=snakemake.wildcards.shard,
            outputs={"variants": snakemake.output.variants, "counts": snakemake.output.counts},
            settings=AnnotationConfig(**params.settings),
            controls=source.controls,
        )  # fmt: skip
