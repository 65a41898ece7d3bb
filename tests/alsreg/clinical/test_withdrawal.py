"""Somebody who withdrew is nowhere, and nobody is named for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from alsreg.clinical.registry import Registry, check_registry, read_registry
from alsreg.config.freeze import ClinicalTable
from alsreg.config.registry import RegistryConfig
from alsreg.errors import InputError
from alsreg.sheets.identifiers import Identifiers
from alsreg.sheets.withdrawn import read_samples_withdrawn, samples_withdrawn
from registry_tables import FREEZE_DATE, Tables, append, check, clean_tables, put, together, write_tables

TABLES = ("patients", "visits", "events", "samples", "pedigree", "issues")


def withdraw(*persons: str, **columns: list[str]) -> Callable[[Tables], None]:
    return lambda tables: tables.__setitem__("withdrawn", pd.DataFrame({"person": list(persons), **columns}))


def add_pedigree(tables: Tables) -> None:
    tables["pedigree"] = pd.DataFrame(
        [["P03", "P01", "P02"], ["P01", "P05", ""]], columns=["person", "father", "mother"]
    )


def names(registry: Registry) -> str:
    return "".join(getattr(registry, table).to_csv() for table in TABLES)


@pytest.mark.parametrize("written", ["P01", "Ｐ０１", " P01 ", "p01", "P\u200b01"])
def test_the_person_is_in_no_table(tmp_path: Path, written: str) -> None:
    spoiled = together(
        put("visits", 2, walking="7"), append("patients", sex="F"), add_pedigree, append("visits", walking="2"),
        lambda tables: tables.__setitem__("overrides", pd.DataFrame([{
            "table": "visits", "person": "P01", "column": "walking", "value": "3", "decision": "remove", "replacement": "",
            "who": "A", "why": "b", "date": "2022-01-01"}])),
    )  # fmt: skip
    assert "P01" in names(check(tmp_path, together(spoiled, lambda tables: tables.pop("overrides"))))
    registry = check(tmp_path, together(spoiled, withdraw(written)))
    assert "P01" not in names(registry)
    assert registry.issues.empty
    assert registry.pedigree.fillna("").to_numpy().tolist() == [["P03", "", "P02"]]
    assert registry.n_withdrawn_rows == {
        "patients": 2,
        "visits": 4,
        "events": 1,
        "samples": 1,
        "pedigree": 1,
        "overrides": 1,
    }


def test_the_others_are_as_they_were(tmp_path: Path) -> None:
    before, after = check(tmp_path), check(tmp_path, withdraw("P01"))
    for table in ("patients", "visits", "events", "samples"):
        kept = getattr(before, table)
        kept = kept[kept["person"] != "P01"].reset_index(drop=True)
        pd.testing.assert_frame_equal(getattr(after, table), kept)


@pytest.mark.parametrize(
    ("kept", "table"),
    [({}, "patients"), ({"patients": "P02"}, "visits"), ({"patients": "P02", "visits": "P02"}, "events")],
)
def test_a_table_of_which_nothing_is_left_is_refused(tmp_path: Path, kept: dict[str, str], table: str) -> None:
    """Where a table holds people who stay it is kept; `kept` names one such person by table."""

    def leave_only_withdrawn(tables: Tables) -> None:
        for name in ("visits", "events"):
            if name not in kept:
                tables[name] = tables[name][tables[name]["person"] != "P02"]
        withdraw(*(f"P{number:02d}" for number in range(1, 21) if number != 2 or not kept))(tables)

    with pytest.raises(InputError, match=rf"{table}\.csv: no row is left without those of people who withdrew"):
        check(tmp_path, leave_only_withdrawn)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("withdrawn", ["person"]),
        ("overrides", ["table", "person", "column", "value", "decision", "replacement", "who", "why", "date"]),
    ],
)
def test_a_file_without_rows_says_that_there_are_none(tmp_path: Path, name: str, columns: list[str]) -> None:
    before = check(tmp_path / "without")
    registry = check(tmp_path / "with", lambda tables: tables.__setitem__(name, pd.DataFrame(columns=columns)))
    assert registry.issues.empty
    pd.testing.assert_frame_equal(registry.patients, before.patients)


def test_genotypes_are_read_where_nobody_withdrew(tmp_path: Path) -> None:
    tables = clean_tables()
    tables["withdrawn"] = pd.DataFrame(columns=["person"])
    paths = write_tables(tables, tmp_path)
    described = [ClinicalTable(path=paths["samples"])]
    assert read_samples_withdrawn([paths["withdrawn"], paths["samples"]], described, "array") == set()


def test_a_sample_may_go_alone(tmp_path: Path) -> None:
    registry = check(tmp_path, withdraw("", assay=["array"], sample=["AP02"]))
    assert "AP02" not in set(registry.samples["sample"]) and "P02" in set(registry.patients["person"])


def test_an_unknown_withdrawal_is_told_by_its_row_alone(tmp_path: Path) -> None:
    registry = check(tmp_path, withdraw("P01", "P99"))
    assert registry.issues[["file", "row", "rule"]].to_numpy().tolist() == [["withdrawn.tsv", 3, "withdrawn_unknown"]]
    assert "P99" not in names(registry) and registry.issues["remedy"].notna().all()


def test_a_row_that_names_nobody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"withdrawn\.tsv, row 3: neither a person nor a sample"):
        check(tmp_path, withdraw("P01", "", assay=["", "array"], sample=["", ""]))


def test_samples_of_an_assay(tmp_path: Path) -> None:
    tables = clean_tables()
    together(
        append("samples", sample="W1", assay="wgs"), withdraw("P01", "", assay=["", "array"], sample=["", "AP05"])
    )(tables)
    sheets = read_registry(write_tables(tables, tmp_path), {name: ClinicalTable(path=name) for name in tables})
    assert samples_withdrawn(sheets["withdrawn"], sheets["samples"], "array") == Identifiers({"AP01", "AP05"})
    assert samples_withdrawn(sheets["withdrawn"], sheets["samples"], "wgs") == Identifiers({"W1"})
    assert samples_withdrawn(None, sheets["samples"], "wgs") == set()
    checked = check_registry(sheets, RegistryConfig(), FREEZE_DATE, ["array", "wgs"])
    assert set(checked.samples["sample"]) == {f"AP{number:02d}" for number in range(2, 21) if number != 5}
