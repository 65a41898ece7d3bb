"""Read the VCFs of an assay, filter, lift and resolve; write the genotypes of one shard as PGEN."""

import logging
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.config.freeze import CHROMOSOMES, Assay, ClinicalTable
from alsreg.config.ingest import IngestConfig
from alsreg.errors import InputError
from alsreg.formats.packed import PackedGenotypes
from alsreg.formats.pgen import PgenWriter
from alsreg.formats.vcf import VcfFile, open_assay
from alsreg.genotypes.filters import CALLED, GenotypeThresholds, count_allele, judge_genotypes
from alsreg.genotypes.harmonise import Harmoniser, References, conventions_of
from alsreg.genotypes.ledger import count_fields, count_genotypes, counts_table, resolve_duplicates
from alsreg.genotypes.metrics import SampleSums
from alsreg.genotypes.references import read_references
from alsreg.runlog import rule_log
from alsreg.sheets.withdrawn import read_samples_withdrawn
from alsreg.tables.genotypes import INGEST_COUNTS, SAMPLE_METRICS, VARIANT_INFO

log = logging.getLogger("alsreg.ingest")
BLOCK = 4096


@dataclass(frozen=True)
class Job:
    """One assay and shard."""

    assay: str
    shard: str
    conventions: Assay
    chromosomes: list[str]
    withdrawn: frozenset[str] = frozenset()  # samples of people who withdrew consent: never read


def import_genotypes(
    vcfs: Sequence[str],
    references: References,
    job: Job,
    settings: IngestConfig,
    prefix: str,
    threads: int = 1,
) -> None:
    """Write ``prefix`` with .pgen .pvar.zst .psam .sample_metrics.parquet .variant_info.parquet .counts.tsv."""
    files = open_assay(vcfs, job.conventions.build, job.conventions.n_samples, job.withdrawn)
    samples = files[0].samples
    harmoniser = Harmoniser(conventions_of(job.conventions, settings), references, set(job.chromosomes))
    sums = SampleSums(len(samples))
    Path(prefix).parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=".partial-", dir=Path(prefix).parent) as folder,
        PackedGenotypes(Path(folder) / "genotypes", len(samples)) as packed,
    ):
        parts = list(read_variants(files, job, settings, (harmoniser, sums, packed)))
        variants = resolve_duplicates(parts, harmoniser.counts)
        check_findings(harmoniser, job, files, settings)
        called = write_genotypes(prefix, samples, variants, packed)
    metrics = sums.table(samples, variants["chromosome"].value_counts().to_dict(), called)
    SAMPLE_METRICS.write(metrics, f"{prefix}.sample_metrics.parquet")
    VARIANT_INFO.write(variants[VARIANT_INFO.column_names], f"{prefix}.variant_info.parquet")
    INGEST_COUNTS.write(counts_table(job.assay, job.shard, harmoniser.counts), f"{prefix}.counts.tsv")
    for (unit, reason, is_loss), count in sorted(harmoniser.counts.items()):
        log.info("%s %s%s: %d", unit, reason, " (lost)" if is_loss else "", count)


def read_variants(
    files: list[VcfFile], job: Job, settings: IngestConfig, state: tuple[Harmoniser, SampleSums, PackedGenotypes]
) -> Iterator[pd.DataFrame]:
    """Stream all records; genotypes go to the packed file, variants come back a block at a time."""
    harmoniser, sums, packed = state
    thresholds = GenotypeThresholds(**{n: getattr(settings, n) for n in GenotypeThresholds.__dataclass_fields__})
    for file in files:
        if file.index is None:
            log.warning("%s has no index: the whole file is read for each shard", file.path)
        for block in file.blocks(job.chromosomes):
            is_haploid_allowed = block.chromosome in ("X", "Y", "MT")
            fields = (block.gq, block.dp, block.ad)
            reason = judge_genotypes((block.first, block.second), fields, block.has, thresholds, is_haploid_allowed)
            found = harmoniser.harmonise(block, reason)
            count_genotypes(harmoniser.counts, block, reason, found.records)
            count_fields(harmoniser.counts, block, found.records)
            row = np.array(found.row, np.int64)
            is_called = reason[row] == CALLED
            counts = count_allele(block.first[row], block.second[row], is_called, np.array(found.allele))
            packed.append(counts)
            sums.add(block, reason, found)
            yield found.table(block, counts)


def check_findings(harmoniser: Harmoniser, job: Job, files: list[VcfFile], settings: IngestConfig) -> None:
    """Raise `InputError` if the claimed build is refuted, or if records were read and every variant was lost."""
    counts, evidence = harmoniser.counts, harmoniser.evidence
    paths = ", ".join(str(file.path) for file in files)
    log.info("build evidence: compared %s, agreed %s, positions on known sites %s",
             dict(evidence.compared), dict(evidence.agreed), dict(evidence.overlap))  # fmt: skip
    build = job.conventions.build
    problem = harmoniser.refutation(settings.max_mismatch_rate, settings.min_build_evidence)
    if problem:
        remedy = f"set the true `build` of assay {job.assay} in the freeze file, and check its chain file"
        best = evidence.best_build
        hint = f"; the positions fit {best} best" if best and best != build else ""
        raise InputError(f"the positions are not {build}: {problem}{hint}", file=paths, where=f"assay {job.assay}",
                         value=build, remedy=remedy)  # fmt: skip
    n_read = counts["record", "read", False]
    if n_read and not counts["variant", "written", False]:
        losses = {reason: n for (_, reason, lost), n in counts.items() if lost and n}
        raise InputError(
            f"none of the {n_read} records of shard {job.shard} could be kept", file=paths, where=f"assay {job.assay}",
            value=losses, remedy="check build, chain file and `has_reference_alleles` of the assay, and `ingest` settings",
        )  # fmt: skip
    if not n_read:
        log.warning("%s hold no record on chromosomes %s", paths, ", ".join(job.chromosomes))


def write_genotypes(
    prefix: str, samples: list[str], variants: pd.DataFrame, packed: PackedGenotypes
) -> dict[str, np.ndarray]:
    """Write the fileset in the order of `variants`, block by block; return called genotypes per sample by chromosome.

    Sex stays unknown here: labels are believed only after the genotypes were looked at.
    """
    pvar = pd.DataFrame({
        "CHROM": variants["chromosome"], "POS": variants["position"], "ID": variants["variant_id"],
        "REF": variants["ref"], "ALT": variants["alt"],
    })  # fmt: skip
    called = {name: np.zeros(len(samples), np.int64) for name in CHROMOSOMES}
    people = pd.DataFrame({"IID": samples, "SEX": "unknown"})
    with PgenWriter(prefix, people, n_variants=len(variants) or None) as writer:
        for _, rows in pvar.groupby(["CHROM", np.arange(len(pvar)) // BLOCK], sort=False):
            counts = packed.read(variants["stored_row"].to_numpy()[rows.index])
            called[rows["CHROM"].iloc[0]] += (counts >= 0).sum(axis=0)
            writer.append(rows, counts)
    return called


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        source, params, wildcards = snakemake.input, snakemake.params, snakemake.wildcards
        import_genotypes(
            vcfs=source.vcf,
            references=read_references(dict(zip(params.builds, source.chains)), source.fasta, source.sites),  # noqa: B905
            job=Job(
                wildcards.assay,
                wildcards.shard,
                Assay(**params.conventions),
                params.chromosomes,
                read_samples_withdrawn(
                    source.withdrawn, [ClinicalTable(**table) for table in params.samples_table], wildcards.assay
                ),
            ),
            settings=IngestConfig(**params.settings),
            prefix=snakemake.output.pgen.removesuffix(".pgen"),
        )
