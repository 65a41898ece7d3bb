"""Samples of three assays recognised by their genotypes."""

from pathlib import Path

import pandas as pd
import pytest

from alsreg.config.identity import IdentityConfig
from alsreg.tables.genotypes import PAIRS, PERSONS
from helpers.three_assays import Registry, build
from identity.compare_samples import compare_samples
from identity.resolve_persons import resolve_persons

ASSAYS = ["wgs", "wes", "array"]
SETTINGS = IdentityConfig(max_snps=4000)


def run(registry: Registry) -> tuple[pd.DataFrame, pd.DataFrame]:
    pairs, persons = str(registry.folder / "pairs.tsv"), str(registry.folder / "persons.tsv")
    samples = registry.sample_tables(ASSAYS)
    compare_samples(registry.pgens(ASSAYS), registry.variant_tables(ASSAYS), samples, ASSAYS, SETTINGS, pairs)
    resolve_persons(pairs, samples, registry.patients, SETTINGS, persons)
    return PAIRS.read(pairs), PERSONS.read(persons)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[Registry, pd.DataFrame, pd.DataFrame]:
    registry = build(tmp_path_factory.mktemp("clean"))
    return (registry, *run(registry))


def test_every_expected_pair_matches_and_nobody_is_accused(clean) -> None:
    registry, pairs, persons = clean
    typed = registry.typed
    n_expected = sum(
        len(set(typed[a]) & set(typed[b])) for a, b in (("wgs", "wes"), ("wgs", "array"), ("wes", "array"))
    )
    expected = pairs[pairs["expected"] == "true"]
    assert len(expected) == n_expected
    assert (expected["finding"] == "expected_match").all()
    assert (pairs.loc[pairs["expected"] == "false", "finding"] == "relative").all()
    assert persons["is_usable"].all()
    assert (persons["person"] == persons["claimed_person"]).all()
    assert len(persons) == sum(len(people) for people in typed.values())


def test_parent_and_child_are_named_on_each_side(clean) -> None:
    _, pairs, _ = clean
    wgs = pairs[(pairs["assay_1"] == "wgs") & (pairs["assay_2"] == "wgs")]
    found = {(row.sample_1, row.sample_2): row.relation for row in wgs.itertuples()}
    assert found == {("wgs00", "wgs01"): "first", ("wgs01", "wgs02"): "first"}


def test_swap_names_its_partner(tmp_path: Path) -> None:
    registry = build(tmp_path, swaps={"array": (12, 20)})
    pairs, persons = run(registry)
    swapped = pairs[pairs["finding"] == "swap"]
    assert set(swapped["sample_1"]) | set(swapped["sample_2"]) == {
        "wgs12",
        "wgs20",
        "wes12",
        "wes20",
        "array12",
        "array20",
    }
    moved = persons[persons["person"] != persons["claimed_person"]].set_index("sample")
    assert moved["person"].to_dict() == {"array12": "P20", "array20": "P12"}
    assert (
        moved.loc["array12", "reason"] == "swap (genotypes of P20: wes wes20, wgs wgs20; exchanged with array array20)"
    )


def test_assays_without_shared_snps_are_not_testable(tmp_path: Path) -> None:
    registry = build(tmp_path)
    for path in registry.variant_tables(["array"]):
        table = pd.read_parquet(path)
        table.assign(variant_id=table["variant_id"] + "X").to_parquet(path)
    pairs, persons = run(registry)
    across = pairs[(pairs["assay_1"] != "array") & (pairs["assay_2"] == "array")]
    assert set(across["relation"]) == {"not_testable"}
    assert (across["n_snps"] == 0).all()
    assert set(across["finding"]) == {"none"}
    alone = persons[persons["assay"] == "array"]
    assert alone["reason"].str.startswith("unconfirmed").all()
