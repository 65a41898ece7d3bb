"""A merged cohort of three assays, pruned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from alsreg.config.freeze import Cohort
from alsreg.config.identity import IdentityConfig
from alsreg.config.merge import MergeConfig
from alsreg.config.structure import StructureConfig
from helpers.three_assays import SHARDS, Registry, build
from identity.compare_samples import compare_samples
from identity.resolve_persons import ReviewFiles, resolve_persons
from merge.merge_assays import PersonTables, merge_assays
from structure.prune_variants import prune_variants

ASSAYS = ["wgs", "wes", "array"]


@dataclass(frozen=True)
class MergedCohort:
    """Paths of a merged cohort."""

    registry: Registry
    folder: Path
    pgens: list[str]
    variants: list[str]
    persons: str
    regions: str
    settings: StructureConfig


@pytest.fixture(scope="session")
def merged(tmp_path_factory: pytest.TempPathFactory) -> MergedCohort:
    folder = tmp_path_factory.mktemp("structure")
    registry = build(folder)
    pairs, persons = str(folder / "pairs.tsv"), str(folder / "persons.tsv")
    samples, identity = registry.sample_tables(ASSAYS), IdentityConfig()
    compare_samples(registry.pgens(ASSAYS), registry.variant_tables(ASSAYS), samples, ASSAYS, identity, pairs)
    resolve_persons(pairs, samples, registry.patients, ReviewFiles(), identity, (persons, f"{persons}.overrides"))
    tables = PersonTables(persons, registry.patients, pairs)
    prefixes = [str(folder / "merge" / shard) for shard in SHARDS]
    for k, prefix in enumerate(prefixes):
        merge_assays(registry.pgens(ASSAYS)[k::2], registry.variant_tables(ASSAYS)[k::2], tables, Cohort(assays=ASSAYS),
                     MergeConfig(), prefix)  # fmt: skip
    regions = folder / "regions.tsv"
    regions.write_text("chromosome\tstart\tend\n2\t1\t10000000\n")
    settings = StructureConfig(n_components=2, min_overlap=10, max_r2=0.6)
    return MergedCohort(registry, folder, [f"{p}.pgen" for p in prefixes], [f"{p}.variants.parquet" for p in prefixes],
                        persons, str(regions), settings)  # fmt: skip


@pytest.fixture(scope="session")
def pruned(merged: MergedCohort) -> str:
    output = str(merged.folder / "pruned.tsv")
    prune_variants(merged.pgens, merged.variants, merged.persons, merged.regions, merged.settings, output)
    return output
