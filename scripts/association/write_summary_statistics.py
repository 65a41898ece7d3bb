"""Gather the shards of a trait into GWAS-SSF, the untestable variants, and what plots need."""

from collections.abc import Sequence

from alsreg.config.association import AssociationConfig
from alsreg.config.traits import TraitSpecification
from alsreg.engines.summaries import Outputs, describe_statistics, largest_test, write_summary_statistics
from alsreg.runlog import rule_log


def gather_shards(
    shards: Sequence[str], trait: str, specification: TraitSpecification, freeze_date: str,
    settings: AssociationConfig, outputs: Outputs,
) -> None:  # fmt: skip
    """Write the trait's files from its tables per shard; `freeze_date` (ISO) dates the metadata."""
    metadata = describe_statistics(largest_test(shards), trait, specification, freeze_date)
    write_summary_statistics(shards, metadata, settings.n_thinned, outputs)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        gather_shards(
            shards=list(snakemake.input.shards),
            trait=snakemake.wildcards.trait,
            specification=TraitSpecification(**snakemake.params.specification),
            freeze_date=snakemake.params.freeze_date,
            settings=AssociationConfig(**snakemake.params.settings),
            outputs=Outputs(snakemake.output.statistics, snakemake.output.untestable, snakemake.output.thinned),
        )
