"""Test every gene of a cohort against every trait."""

from collections.abc import Mapping, Sequence

from alsreg.config.annotation import AnnotationConfig
from alsreg.config.association import AssociationConfig
from alsreg.config.burden import BurdenConfig
from alsreg.config.traits import TraitSpecification
from alsreg.engines.gene_cohort import Choices, scan_of_cohort
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
        specification = TraitSpecification(**snakemake.params.specification)
        test_genes(
            shards=list(zip(snakemake.input.pgen, snakemake.input.variants, strict=True)),
            tables=(snakemake.input.samples, snakemake.input.visits),
            sets=(snakemake.input.annotations, snakemake.input.set_list, snakemake.input.masks),
            choices=Choices(
                specification, AnnotationConfig(**snakemake.params.annotation),
                AssociationConfig(**snakemake.params.association), BurdenConfig(**snakemake.params.settings),
            ),
            outputs=dict(zip(specification.traits, snakemake.output.genes, strict=True)),
            relationships=next(iter(snakemake.input.relationships), None),
            n_processes=snakemake.threads,
        )  # fmt: skip
