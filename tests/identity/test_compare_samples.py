"""Samples of three assays recognised by their genotypes."""

from pathlib import Path

import pandas as pd
import pytest

from alsreg.config.identity import IdentityConfig
from alsreg.errors import InputError
from alsreg.tables.genotypes import PAIRS, PERSONS, SAMPLE_OVERRIDES
from helpers.three_assays import Registry, build
from identity.compare_samples import compare_samples
from identity.resolve_persons import ReviewFiles, resolve_persons

ASSAYS = ["wgs", "wes", "array"]
SETTINGS = IdentityConfig(max_snps=4000)


def run(registry: Registry, review: ReviewFiles | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    pairs, persons = str(registry.folder / "pairs.tsv"), str(registry.folder / "persons.tsv")
    samples = registry.sample_tables(ASSAYS)
    compare_samples(registry.pgens(ASSAYS), registry.variant_tables(ASSAYS), samples, ASSAYS, SETTINGS, pairs)
    outputs = (persons, str(registry.folder / "overrides.tsv"))
    resolve_persons(pairs, samples, registry.patients, review or ReviewFiles(), SETTINGS, outputs)
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
    assert wgs.set_index("relation").loc["first", "first_degree"].tolist() == ["parent_child", "parent_child"]


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


HEADER = "assay,sample,decision,person,who,why,date\n"


def test_reviewed_decisions_stand_above_the_evidence_and_are_logged(tmp_path: Path) -> None:
    registry = build(tmp_path, swaps={"array": (12, 20)})
    file = tmp_path / "decisions.csv"
    file.write_text(
        HEADER + "array,array12,exclude,,Dr A,tube was relabelled,2026-01-05\n"
        "wgs,wgs05,use,P05,Dr A,seen again,2026-01-06\n"
        "array,array30,use,P31,Dr B,consent form of P31,2026-01-07\n"
    )
    _, persons = run(registry, ReviewFiles([str(file)]))
    ledger = persons.set_index("sample")
    assert not ledger.loc["array12", "is_usable"] and pd.isna(ledger.loc["array12", "person"])
    assert ledger.loc["array12", "reason"].startswith(
        "override (Dr A, 2026-01-05: tube was relabelled); was: swap (genotypes of P20"
    )
    assert ledger.loc["array20", "person"] == "P12"  # the other half of the exchange stays as proven
    assert (ledger.loc["array30", "person"], bool(ledger.loc["array30", "is_usable"])) == ("P31", True)
    logged = SAMPLE_OVERRIDES.read(tmp_path / "overrides.tsv").set_index("sample")
    assert logged["is_changed"].to_dict() == {"array12": True, "wgs05": False, "array30": True}
    assert logged["person_before"].to_dict() == {"array12": "P20", "wgs05": "P05", "array30": "P30"}
    others = ledger.drop(index=["array12", "wgs05", "array30"])
    assert not others["reason"].str.contains("override").any() and others["is_usable"].all()


def test_the_sample_reviewed_is_used_and_the_other_becomes_a_replicate(tmp_path: Path) -> None:
    registry = build(tmp_path)
    file = tmp_path / "decisions.csv"
    file.write_text(HEADER + "array,array30,use,P32,Dr B,tube of P32,2026-01-07\n")
    _, persons = run(registry, ReviewFiles([str(file)]))
    ledger = persons.set_index("sample")
    assert ledger.loc["array30", "person"] == "P32"
    assert not ledger.loc["array32", "is_usable"]
    assert ledger.loc["array32", "reason"].startswith("replicate (array array30 is used)")


def test_a_file_without_decisions_changes_nothing(clean, tmp_path: Path) -> None:
    registry, _, persons = clean
    (tmp_path / "none.csv").write_text(HEADER)
    _, again = run(registry, ReviewFiles([str(tmp_path / "none.csv")]))
    pd.testing.assert_frame_equal(again, persons)
    assert len(SAMPLE_OVERRIDES.read(registry.folder / "overrides.tsv")) == 0


@pytest.mark.parametrize(("row", "said"), [
    ("array,array99,exclude,,A,b,2026-01-05", "no such sample"),
    ("chip,array12,exclude,,A,b,2026-01-05", "no such sample"),
    ("array,array12,use,P99,A,b,2026-01-05", "no such person"),
])  # fmt: skip
def test_decisions_about_nobody_are_refused(clean, tmp_path: Path, row: str, said: str) -> None:
    (tmp_path / "decisions.csv").write_text(HEADER + row + "\n")
    with pytest.raises(InputError, match=said):
        run(clean[0], ReviewFiles([str(tmp_path / "decisions.csv")]))
