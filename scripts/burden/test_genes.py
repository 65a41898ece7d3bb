"""Test every gene of a cohort against every trait."""

from collections.abc import Mapping, Sequence

from alsreg.engines.gene_cohort import Choices, arguments_of, scan_of_cohort
from alsreg.engines.gene_scan import report_counts
from alsreg.runlog import rule_log
from alsreg.tables.results import GENES


def test_genes(
    shards: Sequence[tuple[str, str]],
    tables: tuple[str, str],
    sets: Sequence[str],
    choices: Choices,
    outputs: Mapping[str, str],
    relationships: str | None = None,
    n_processes: int = 1,
) -> None:
    """Write one table per trait, to `outputs` by trait; the other inputs are those of `scan_of_cohort`."""
    scan = scan_of_cohort(shards, tables, sets, choices, relationships)
    for trait, table in scan.run(n_processes).items():
        GENES.write(table, outputs[trait])
        report_counts(trait, table)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        test_genes(
            **arguments_of(snakemake.input, snakemake.params),
            outputs=dict(zip(snakemake.params.specification["traits"], snakemake.output.genes, strict=True)),
            n_processes=snakemake.threads,
        )
