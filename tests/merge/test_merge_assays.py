"""A merged fileset holds the genotype of the first assay that has one, and says which."""

from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.config.freeze import Cohort
from alsreg.config.identity import IdentityConfig
from alsreg.config.merge import MergeConfig
from alsreg.errors import InputError
from alsreg.formats.pgen import PgenReader
from alsreg.tables.genotypes import GENOTYPE_PAIRS, GENOTYPE_SOURCES, MERGED_VARIANTS
from helpers.three_assays import SHARDS, Registry, build, person
from identity.compare_samples import compare_samples
from identity.resolve_persons import ReviewFiles, resolve_persons
from merge.merge_assays import PersonTables, flag_variants, merge_assays

ASSAYS = ["wgs", "wes", "array"]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    registry = build(tmp_path_factory.mktemp("merge"), swaps={"array": (12, 20)})
    pairs, persons = str(registry.folder / "pairs.tsv"), str(registry.folder / "persons.tsv")
    samples, settings = registry.sample_tables(ASSAYS), IdentityConfig()
    compare_samples(registry.pgens(ASSAYS), registry.variant_tables(ASSAYS), samples, ASSAYS, settings, pairs)
    resolve_persons(pairs, samples, registry.patients, ReviewFiles(), settings, (persons, f"{persons}.overrides"))
    return registry


def run(registry: Registry, cohort: Cohort, settings: MergeConfig, name: str) -> list[Path]:
    prefixes = [registry.folder / "merge" / name / shard for shard in SHARDS]
    tables = PersonTables(str(registry.folder / "persons.tsv"), registry.patients, str(registry.folder / "pairs.tsv"))
    for k, prefix in enumerate(prefixes):
        merge_assays(registry.pgens(cohort.assays)[k::2], registry.variant_tables(cohort.assays)[k::2], tables, cohort,
                     settings, str(prefix))  # fmt: skip
    return prefixes


def sample_counts(registry: Registry, assay: str, shard: str) -> tuple[pd.Index, dict[str, np.ndarray]]:
    """Variants of an assay, and genotypes by the person whose DNA it is."""
    with PgenReader(registry.folder / f"ingest/{assay}/{shard}") as reader:
        counts = reader.hardcalls(0, reader.n_variants)
        label = {f"{assay}{i:02d}": person(i) for i in registry.typed[assay]}
        if assay == "array":
            label |= {"array12": person(20), "array20": person(12)}
        return pd.Index(reader.variants["ID"]), {label[s]: counts[:, k] for k, s in enumerate(reader.samples["IID"])}


def test_genotypes_and_sources(registry: Registry) -> None:
    prefixes = run(registry, Cohort(assays=ASSAYS), MergeConfig(), "all")
    for shard, prefix in zip(SHARDS, prefixes, strict=True):
        with PgenReader(prefix) as reader:
            found, people, variants = (
                reader.hardcalls(0, reader.n_variants),
                list(reader.samples["IID"]),
                reader.variants,
            )
        assert people == [person(i) for i in range(60)]
        assert variants["POS"].is_monotonic_increasing
        source = np.array(
            [np.frombuffer(row, np.uint8) for row in GENOTYPE_SOURCES.read(f"{prefix}.source.parquet")["source"]]
        )
        expected = np.full(found.shape, -9, dtype=np.int8)
        expected_source = np.zeros(found.shape, dtype=np.uint8)
        for number in reversed(range(3)):
            ids, by_person = sample_counts(registry, ASSAYS[number], shard)
            rows = pd.Index(variants["ID"]).get_indexer(ids)
            for column, name in enumerate(people):
                if name in by_person:
                    called = by_person[name] >= 0
                    expected[rows[called], column] = by_person[name][called]
                    expected_source[rows[called], column] = number + 1
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(source, expected_source)
        table = MERGED_VARIANTS.read(f"{prefix}.variants.parquet")
        assert list(table["variant_id"]) == list(variants["ID"])
        np.testing.assert_array_equal(table["n_called"], (found >= 0).sum(axis=1))
        frequency = np.where(found >= 0, found, 0).sum(axis=1) / (2 * (found >= 0).sum(axis=1))
        np.testing.assert_allclose(table["alt_frequency"], frequency, rtol=1e-12)
        assert set(table["carrier_set"]) == {"wgs+wes", "wgs+array", "wgs+wes+array"}
        assert table["n_discordant"].sum() > 0
        assert (table["platform_p"] < 0.05).mean() < 0.08


def test_genotype_pairs_are_those_of_a_loop(registry: Registry) -> None:
    prefixes = run(registry, Cohort(assays=ASSAYS), MergeConfig(), "pairs")
    for shard, prefix in zip(SHARDS, prefixes, strict=True):
        expected: Counter = Counter()
        for first, second in combinations(ASSAYS, 2):
            (ids_1, one), (ids_2, two) = (sample_counts(registry, assay, shard) for assay in (first, second))
            shared = ids_1.intersection(ids_2)
            rows_1, rows_2 = ids_1.get_indexer(shared), ids_2.get_indexer(shared)
            for name in one.keys() & two.keys():
                for a, b in zip(one[name][rows_1], two[name][rows_2], strict=True):
                    if a >= 0 and b >= 0:
                        expected[name, first, second, f"n_{a}_{b}"] += 1
        table = GENOTYPE_PAIRS.read(f"{prefix}.pairs.parquet").set_index(["person", "assay_1", "assay_2"])
        found = {(*key, cell): n for cell in table for key, n in table[cell].items() if n}
        assert found == dict(expected)
        variants = MERGED_VARIANTS.read(f"{prefix}.variants.parquet")
        assert table.to_numpy().sum() == variants["n_compared"].sum()
        same = table[["n_0_0", "n_1_1", "n_2_2"]].to_numpy().sum()
        assert table.to_numpy().sum() - same == variants["n_discordant"].sum() > 0


def test_one_assay_has_no_platform_effect_and_nothing_to_compare(registry: Registry) -> None:
    prefix = run(registry, Cohort(assays=["wes"]), MergeConfig(), "wes")[0]
    table = MERGED_VARIANTS.read(f"{prefix}.variants.parquet")
    assert table["platform_p"].isna().all()
    assert (table["n_compared"] == 0).all()
    assert len(GENOTYPE_PAIRS.read(f"{prefix}.pairs.parquet")) == 0
    assert not table["is_excluded"].any()
    with PgenReader(prefix) as reader:
        assert list(reader.samples["IID"]) == [person(i) for i in range(10, 60)]


def test_policy_missing_drops_disagreements(registry: Registry) -> None:
    kept = run(registry, Cohort(assays=ASSAYS), MergeConfig(), "priority")[0]
    dropped = run(registry, Cohort(assays=ASSAYS), MergeConfig(discordance_policy="missing"), "missing")[0]
    with PgenReader(kept) as one, PgenReader(dropped) as two:
        a, b = one.hardcalls(0, one.n_variants), two.hardcalls(0, two.n_variants)
    lost = (a >= 0) & (b < 0)
    n_discordant = MERGED_VARIANTS.read(f"{kept}.variants.parquet")["n_discordant"].to_numpy(dtype=int)
    assert lost.sum() > 0
    assert (lost.sum(axis=1) <= n_discordant).all()
    np.testing.assert_array_equal(lost.sum(axis=1) > 0, n_discordant > 0)
    np.testing.assert_array_equal(a[~lost], b[~lost])


def test_flags() -> None:
    table = pd.DataFrame({"variant_id": list("abcd"), "n_compared": [100, 100, 10, 0], "n_discordant": [6, 5, 10, 0],
                          "platform_p": [1e-9, 0.5, 1e-9, np.nan]})  # fmt: skip
    found = flag_variants(table, MergeConfig())
    assert list(found["reason"]) == ["discordant;platform_effect", "", "platform_effect", ""]
    assert list(found["is_excluded"]) == [True, False, True, False]


def test_refuses_tables_out_of_step(registry: Registry, tmp_path: Path) -> None:
    path = registry.variant_tables(["wes"])[0]
    moved = tmp_path / "moved.parquet"
    pd.read_parquet(path).iloc[::-1].to_parquet(moved)
    tables = PersonTables(str(registry.folder / "persons.tsv"), registry.patients, str(registry.folder / "pairs.tsv"))
    with pytest.raises(InputError, match="row by row"):
        merge_assays(
            registry.pgens(["wes"])[:1],
            [str(moved)],
            tables,
            Cohort(assays=["wes"]),
            MergeConfig(),
            str(tmp_path / "x"),
        )
    assert not list(tmp_path.glob("x*"))
