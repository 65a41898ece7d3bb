"""Question 5 is asked in one of two forms; see `alsreg.clinical.cutting`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from alsreg.clinical.registry import check_registry, read_registry
from alsreg.config.freeze import ClinicalTable
from alsreg.config.registry import RegistryConfig
from registry_tables import FREEZE_DATE, clean_tables, write_tables

# Q5a, Q5b, has_gastrostomy (absent: None): points, gastrostomy, whether it is noted
CUTTING = [
    ("3", "", None, 3, False, False), ("", "1", None, 1, True, False), ("", "", None, None, None, False),
    ("3", "1", None, None, None, True), ("3", "1", "1", 1, True, False), ("3", "1", "0", 3, False, False),
    ("3", "", "1", None, True, True), ("", "1", "0", None, False, True), ("3", "", "", 3, False, False),
]  # fmt: skip


@pytest.mark.parametrize(("q5a", "q5b", "tube", "points", "has_gastrostomy", "is_noted"), CUTTING)
def test_question_5_is_the_form_that_was_asked(
    tmp_path: Path, q5a: str, q5b: str, tube: str | None, points: float | None, has_gastrostomy: bool | None, is_noted: bool
) -> None:  # fmt: skip
    tables = clean_tables()
    visits = tables["visits"].rename(columns={"cutting": "Q5a"})
    visits.insert(7, "Q5b", "")
    visits.loc[0, ["Q5a", "Q5b"]] = [q5a, q5b]
    if tube is not None:
        visits["has_gastrostomy"] = [tube, *["0"] * 59]
    tables["visits"] = visits
    names = {"cutting_without_gastrostomy": "Q5a", "cutting_with_gastrostomy": "Q5b"}
    sheets = read_registry(
        write_tables(tables, tmp_path), {"visits": ClinicalTable(path=Path("visits.csv"), columns=names)}
    )
    registry = check_registry(sheets, RegistryConfig(), FREEZE_DATE, ["array"])
    first = registry.visits.iloc[0]
    assert (None if pd.isna(first["cutting"]) else first["cutting"]) == points
    assert (None if pd.isna(first["has_gastrostomy"]) else first["has_gastrostomy"]) == has_gastrostomy
    assert ("cutting_and_gastrostomy" in set(registry.issues["rule"])) == is_noted
    assert registry.visits["cutting"].iloc[1:].notna().all()
