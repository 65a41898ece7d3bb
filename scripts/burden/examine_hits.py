"""Look at genes with small p-values: given common leads, resampled, and one variant left out at a time."""

from collections.abc import Mapping, Sequence

from alsreg.engines.gene_cohort import Choices, arguments_of, scan_of_cohort
from alsreg.engines.gene_hits import examine
from alsreg.runlog import rule_log
from alsreg.tables.results import GENE_HITS, GENES, LEADS, LEFT_OUT


def examine_hits(
    shards: Sequence[tuple[str, str]],
    tables: tuple[str, str],
    sets: Sequence[str],
    choices: Choices,
    results: tuple[Mapping[str, str], str],
    outputs: tuple[str, str],
    relationships: str | None = None,
) -> None:
    """Write the tables of hits and of variants left out.

    `results` are tables of genes by trait and the table of leads; the first inputs are those of `scan_of_cohort`.
    """
    genes, leads = results
    scan = scan_of_cohort(shards, tables, sets, choices, relationships)
    hits, left_out = examine(scan, {trait: GENES.read(path) for trait, path in genes.items()}, LEADS.read(leads))
    GENE_HITS.write(hits, outputs[0])
    LEFT_OUT.write(left_out, outputs[1])


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        genes = dict(zip(snakemake.params.specification["traits"], snakemake.input.genes, strict=True))
        examine_hits(
            **arguments_of(snakemake.input, snakemake.params),
            results=(genes, snakemake.input.leads),
            outputs=(snakemake.output.hits, snakemake.output.left_out),
        )
