"""Test every variant of a shard against every trait of a cohort, in one pass over the genotypes."""

from collections.abc import Mapping
from pathlib import Path

from alsreg.config.association import AssociationConfig
from alsreg.config.traits import TraitSpecification
from alsreg.engines.analysis import models_of_cohort
from alsreg.engines.local import options_of, score_fileset
from alsreg.engines.variants import rows_of_merged
from alsreg.runlog import rule_log
from alsreg.tables.genotypes import MERGED_VARIANTS


def score_variants(
    pgen: str,
    variants: str,
    tables: tuple[str, str],
    specification: TraitSpecification,
    settings: AssociationConfig,
    outputs: Mapping[str, str],
    relationships: str | None = None,
) -> None:
    """Write one table per trait; `tables` are samples.tsv and visits.tsv, `outputs` paths by trait.

    `relationships` (of the structure stage) are needed with `relatedness: mixed`.
    """
    prefix = str(Path(pgen).with_suffix(""))
    models = models_of_cohort(prefix, tables, specification, settings.min_people_per_source, relationships)
    rows = rows_of_merged(MERGED_VARIANTS.read(variants))
    score_fileset(prefix, rows, models, options_of(settings), outputs)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        specification = TraitSpecification(**snakemake.params.specification)
        score_variants(
            pgen=snakemake.input.pgen,
            variants=snakemake.input.variants,
            tables=(snakemake.input.samples, snakemake.input.visits),
            specification=specification,
            settings=AssociationConfig(**snakemake.params.settings),
            outputs=dict(zip(specification.traits, snakemake.output.tests, strict=True)),
            relationships=next(iter(snakemake.input.relationships), None),
        )
