"""Write scores and covariances of the cohort's genes, for a meta-analysis elsewhere."""

from collections.abc import Mapping, Sequence

from alsreg.engines.gene_cohort import Choices, arguments_of, scan_of_cohort
from alsreg.runlog import rule_log

BUILD = "GRCh38"  # of all cohorts of the pipeline


def export_scores(
    shards: Sequence[tuple[str, str]],
    tables: tuple[str, str],
    sets: Sequence[str],
    choices: Choices,
    outputs: Mapping[str, str],
    relationships: str | None = None,
    n_processes: int = 1,
) -> None:
    """Write one file per trait, to `outputs` by trait; the other inputs are those of `scan_of_cohort`."""
    scan_of_cohort(shards, tables, sets, choices, relationships).export(outputs, BUILD, n_processes)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        export_scores(
            **arguments_of(snakemake.input, snakemake.params),
            outputs=dict(zip(snakemake.params.specification["traits"], snakemake.output.scores, strict=True)),
            n_processes=snakemake.threads,
        )
