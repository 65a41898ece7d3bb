"""Say what each variant of a shard does to which gene."""

import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.errors import InputError
from alsreg.formats.chain import check_chain, read_chain
from alsreg.formats.contigs import ORDER
from alsreg.formats.csq import call_consequences
from alsreg.formats.fasta import Genome
from alsreg.formats.pgen import read_pvar
from alsreg.genotypes.consequence_table import (
    lift_consequences,
    match_consequences,
    most_severe,
    read_consequence_table,
)
from alsreg.runlog import rule_log
from alsreg.tables.results import ANNOTATION, ANNOTATION_COUNTS

log = logging.getLogger("alsreg.annotation")


def annotate_variants(
    pvars: Sequence[str], sources: dict[str, Sequence[str]], shard: str, outputs: dict[str, str]
) -> None:
    """Annotate the union of the assays' variants.

    Parameters
    ----------
    sources
        Lists of at most one path: ``table`` with ``chain`` (and ``fasta``), or ``gff3`` with ``fasta``;
        ``table_build`` names the chain's build.
    outputs
        ``variants`` and ``counts``.
    """
    variants = _union(pvars)
    counts: Counter[tuple[str, str, bool]] = Counter()
    genome = Genome(sources["fasta"][0]) if sources["fasta"] else None
    if sources["table"]:
        found, name = _from_table(variants, sources, genome, counts), "table"
    else:
        found, name = _from_models(variants, sources, genome, counts), "bcftools_csq"
    annotated = found["variant_id"].nunique()
    counts["variant", "annotated", False] += annotated
    counts["variant", "without_consequence", True] += len(variants) - annotated
    _write(found.assign(source=name), variants, outputs["variants"])
    rows = [(shard, unit, reason, is_loss, n) for (unit, reason, is_loss), n in counts.items()]
    ANNOTATION_COUNTS.write(pd.DataFrame(rows, columns=ANNOTATION_COUNTS.column_names), outputs["counts"])
    for unit, reason, is_loss, n in (row[1:] for row in rows):
        log.info("%s: %d %ss%s", reason, n, unit, " lost" if is_loss else "")


def _union(pvars: Sequence[str]) -> pd.DataFrame:
    """Variants of all assays, once each, by chromosome, position and alleles."""
    tables = [read_pvar(str(path).removesuffix(".pvar.zst"))[["CHROM", "POS", "ID", "REF", "ALT"]] for path in pvars]
    union = pd.concat(tables).drop_duplicates("ID")
    rank = union["CHROM"].map(ORDER)
    return (
        union.assign(rank=rank).sort_values(["rank", "POS", "REF", "ALT"]).drop(columns="rank").reset_index(drop=True)
    )


def _from_table(
    variants: pd.DataFrame, sources: dict[str, Sequence[str]], genome: Genome | None,
    counts: Counter[tuple[str, str, bool]],
) -> pd.DataFrame:  # fmt: skip
    """A ready table's consequences; the rows of other shards' chromosomes count as not among the variants."""
    path = sources["table"][0]
    chain = read_chain(sources["chain"][0]) if sources["chain"] else None
    if chain is not None:
        check_chain(chain, sources["table_build"][0], sources["chain"][0])
    rows: Counter[tuple[str, bool]] = Counter()
    table = read_consequence_table(path)
    rows["read", False] += len(table)
    table = lift_consequences(table, chain, genome, rows)
    found = most_severe(match_consequences(table, variants, rows, path))
    counts.update({("row", *key): n for key, n in rows.items()})
    return found.assign(transcript=pd.NA)


def _from_models(
    variants: pd.DataFrame, sources: dict[str, Sequence[str]], genome: Genome | None,
    counts: Counter[tuple[str, str, bool]],
) -> pd.DataFrame:  # fmt: skip
    """Consequences by bcftools csq, for variants whose REF is the genome's."""
    if genome is None:
        raise InputError("gene models need the reference genome", file=sources["gff3"][0],
                         remedy="give `fasta` in the freeze, indexed with `samtools faidx`")  # fmt: skip
    agrees = np.zeros(len(variants), dtype=bool)
    for chromosome, rows in variants.groupby("CHROM", sort=False):
        sequence = genome.sequence(str(chromosome))
        for index, position, ref in rows[["POS", "REF"]].itertuples(name=None):
            agrees[index] = sequence[position - 1 : position - 1 + len(ref)] == ref.encode()
    counts["variant", "ref_differs_from_fasta", True] += int((~agrees).sum())
    return call_consequences(variants[agrees], sources["fasta"][0], sources["gff3"][0])


def _write(found: pd.DataFrame, variants: pd.DataFrame, path: str | Path) -> None:
    names = {"CHROM": "chromosome", "POS": "position", "ID": "variant_id", "REF": "ref", "ALT": "alt"}
    placed = variants.rename(columns=names).assign(order=np.arange(len(variants)))
    table = found.merge(placed, on="variant_id", validate="many_to_one").sort_values(["order", "gene"])
    ANNOTATION.write(table[ANNOTATION.column_names], path)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        annotate_variants(
            pvars=snakemake.input.pvar,
            sources={
                **{name: list(snakemake.input.get(name, [])) for name in ("table", "chain", "gff3", "fasta")},
                "table_build": snakemake.params.table_build,
            },
            shard=snakemake.wildcards.shard,
            outputs={"variants": snakemake.output.variants, "counts": snakemake.output.counts},
        )
