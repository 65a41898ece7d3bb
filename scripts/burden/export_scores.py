"""Write scores and covariances of the cohort's genes, for a meta-analysis elsewhere."""

from collections.abc import Mapping, Sequence

from alsreg.config.annotation import AnnotationConfig
from alsreg.config.association import AssociationConfig
from alsreg.config.burden import BurdenConfig
from alsreg.config.traits import TraitSpecification
from alsreg.engines.gene_cohort import Choices, scan_of_cohort
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
        specification = TraitSpecification(**snakemake.params.specification)
        export_scores(
            shards=list(zip(snakemake.input.pgen, snakemake.input.variants, strict=True)),
            tables=(snakemake.input.samples, snakemake.input.visits),
            sets=(snakemake.input.annotations, snakemake.input.set_list, snakemake.input.masks),
            choices=Choices(
                specification, AnnotationConfig(**snakemake.params.annotation),
                AssociationConfig(**snakemake.params.association), BurdenConfig(**snakemake.params.settings),
            ),
            outputs=dict(zip(specification.traits, snakemake.output.scores, strict=True)),
            relationships=next(iter(snakemake.input.relationships), None),
            n_processes=snakemake.threads,
        )  # fmt: skip
