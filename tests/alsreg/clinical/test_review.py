"""Reviewed decisions are carried out, logged, and never guessed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from alsreg.clinical.review import REQUIRED
from alsreg.errors import InputError
from registry_tables import Tables, check, put, together

DECIDED = {"who": "Dr A", "why": "chart", "date": "2022-03-01"}


def decide(**cells: str) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        row = dict.fromkeys([*REQUIRED, "row"], "") | DECIDED | cells
        tables["overrides"] = pd.concat([tables.get("overrides", pd.DataFrame()), pd.DataFrame([row])])

    return change


ITEM = {"table": "visits", "person": "P01", "column": "walking", "value": "7"}


def test_a_replaced_cell_is_used_and_logged(tmp_path: Path) -> None:
    spoiled = put("visits", 2, walking="7")
    registry = check(tmp_path, together(spoiled, decide(**ITEM, decision="replace", replacement="3")))
    assert registry.visits["total"].iloc[0] == 36
    assert registry.issues[["file", "row", "column", "value", "rule", "action", "review"]].to_numpy().tolist() == [
        ["visits.csv", 2, "walking", "7", "override_applied", "replaced by 3", "Dr A, 2022-03-01: chart"]
    ]


def test_a_cell_may_be_emptied(tmp_path: Path) -> None:
    registry = check(tmp_path, decide(**ITEM | {"value": "3", "row": "2"}, decision="replace"))
    assert pd.isna(registry.visits["walking"].iloc[0]) and registry.issues["action"].tolist() == [
        "visit kept without a total: 1 empty", "replaced by an empty cell",
    ]  # fmt: skip


def test_a_row_may_be_removed(tmp_path: Path) -> None:
    change = decide(table="visits", person="P01", row="3", decision="remove")
    registry = check(tmp_path, change)
    assert len(registry.visits) == 59 and registry.issues["row"].tolist() == [3]
    assert registry.issues["action"].tolist() == ["row left out: reviewed decision"]


def test_a_confirmed_finding_carries_who_and_why(tmp_path: Path) -> None:
    spoiled = put("patients", 2, onset_date="2014-02")
    registry = check(
        tmp_path,
        together(
            spoiled, decide(table="patients", person="P01", column="onset_date", value="2014-02", decision="confirm")
        ),
    )
    assert registry.issues[["rule", "review"]].to_numpy().tolist() == [["partial_date", "Dr A, 2022-03-01: chart"]]


@pytest.mark.parametrize(
    "cells",
    [
        ITEM | {"decision": "replace", "replacement": "3"},
        ITEM | {"person": "P99", "value": "3", "decision": "remove"},
        ITEM | {"value": "3", "row": "2", "decision": "confirm"},
        ITEM | {"value": "3", "row": "61", "decision": "remove"},
    ],
)
def test_a_decision_that_fits_nothing_is_said(tmp_path: Path, cells: dict[str, str]) -> None:
    registry = check(tmp_path, decide(**cells))
    assert registry.issues[["file", "row", "rule"]].to_numpy().tolist() == [["overrides.tsv", 2, "override_unused"]]
    assert len(registry.visits) == 60


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"decision": "fix"}, ["column decision", "'fix'"]),
        ({"decision": "confirm", "who": ""}, ["column who", "name"]),
        ({"decision": "confirm", "why": ""}, ["column why"]),
        ({"decision": "confirm", "date": "soon"}, ["column date", "'soon'"]),
        ({"decision": "confirm", "table": "labs"}, ["column table", "'labs'", "patients"]),
        ({"decision": "confirm", "column": "shoe"}, ["no such column", "'shoe'"]),
        ({"decision": "confirm", "column": ""}, ["column column"]),
        ({"decision": "confirm", "row": "three"}, ["column row", "'three'"]),
        ({"decision": "remove", "column": ""}, ["column row"]),
        ({"decision": "remove", "value": "3"}, ["fits 2 rows", "2, 3", "`row`"]),
    ],
)
def test_an_incomplete_decision_is_refused(tmp_path: Path, cells: dict[str, str], words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        check(tmp_path, decide(**ITEM | cells))
    assert all(word in str(caught.value) for word in ["overrides.tsv", "row 2", *words]), str(caught.value)


def test_columns_may_be_named_as_the_file_does(tmp_path: Path) -> None:
    from alsreg.clinical.findings import Findings
    from alsreg.clinical.review import apply_overrides
    from alsreg.config.freeze import ClinicalTable
    from alsreg.sheets import read_sheet

    (tmp_path / "v.csv").write_text("person,歩行\nP01,7\n")
    row = dict.fromkeys(REQUIRED, "") | DECIDED | ITEM | {"column": "歩行", "decision": "replace", "replacement": "3"}
    pd.DataFrame([row]).to_csv(tmp_path / "o.tsv", sep="\t", index=False)
    visits = read_sheet(tmp_path / "v.csv", ClinicalTable(path="v.csv", columns={"walking": "歩行"}))
    overrides = read_sheet(tmp_path / "o.tsv", ClinicalTable(path="o.tsv"))
    findings = Findings()
    changed = apply_overrides({"visits": visits}, overrides, findings)["visits"]
    assert changed.frame["walking"].tolist() == ["3"] and findings.table()["value"].tolist() == ["7"]
