"""One cohort, assembled and scored once for all tests of the stage."""

from __future__ import annotations

import pytest

from alsreg.config.association import AssociationConfig
from association import assemble_traits, score_variants
from helpers import association_cohort as cohort


@pytest.fixture(scope="session")
def settings() -> AssociationConfig:
    return AssociationConfig(min_mac=5)


@pytest.fixture(scope="session")
def scored(tmp_path_factory: pytest.TempPathFactory, settings: AssociationConfig) -> cohort.Cohort:
    """The cohort with samples.tsv, visits.tsv and every {shard}.{trait}.parquet."""
    small = cohort.build_cohort(tmp_path_factory.mktemp("association"))
    assemble_traits.assemble_traits(
        small.registry, small.path("visits.parquet"), small.path("components.tsv"),
        (small.path("samples.parquet"), small.path("persons.tsv")), cohort.SPECIFICATION, small.tables,
    )  # fmt: skip
    for shard in cohort.SHARDS:
        score_variants.score_variants(
            small.path(f"{shard}.pgen"), small.path(f"{shard}.variants.parquet"), small.tables, cohort.SPECIFICATION,
            settings, {trait: small.path(f"{shard}.{trait}.parquet") for trait in cohort.SPECIFICATION.traits},
        )  # fmt: skip
    return small
