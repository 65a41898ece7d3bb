"""QC numbers and settings side by side."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.errors import InputError
from alsreg.tables.compare import COMPARED_NUMBERS, COMPARED_SETTINGS, QC_NUMBERS
from compare.compare_numbers import compare_numbers

RECORD = {
    "settings": {"a": {"b": 1, "c": ["x"]}, "d": "/secret/place/file"},
    "freeze": {"id": "f"},
    "versions": {"numpy": "2"},
    "inputs": {},
}


def write(
    folder: Path, name: str, rows: list[tuple[str, str, str, float]], record: dict[str, object]
) -> tuple[str, str]:
    QC_NUMBERS.write(pd.DataFrame(rows, columns=QC_NUMBERS.column_names), folder / f"{name}.tsv")
    (folder / f"{name}.json").write_text(json.dumps(record))
    return str(folder / f"{name}.tsv"), str(folder / f"{name}.json")


def test_both_tables(tmp_path: Path) -> None:
    older = write(tmp_path, "older", [("merge", "all", "n", 5.0), ("ingest", "wgs", "n", 3.0)], RECORD)
    changed = {**RECORD, "settings": {"a": {"b": 2, "c": ["x"]}, "d": "/other/file", "e": None}}
    newer = write(tmp_path, "newer", [("ingest", "wgs", "n", 4.0), ("ingest", "wes", "n", 1.0)], changed)
    outputs = {"numbers": tmp_path / "numbers.tsv", "settings": tmp_path / "settings.tsv"}
    compare_numbers([older[0], newer[0]], [older[1], newer[1]], outputs)
    found = COMPARED_NUMBERS.read(outputs["numbers"])
    assert found[["stage", "unit"]].to_numpy().tolist() == [["ingest", "wes"], ["ingest", "wgs"], ["merge", "all"]]
    np.testing.assert_array_equal(found[["older", "newer"]].to_numpy(), [[np.nan, 1], [3, 4], [5, np.nan]])
    assert COMPARED_SETTINGS.read(outputs["settings"]).fillna("-").to_numpy().tolist() == [
        ["setting", "a.b", "1", "2"], ["setting", "e", "-", "null"],
    ]  # fmt: skip
    assert "secret" not in outputs["settings"].read_text()


def test_a_run_without_settings_is_named(tmp_path: Path) -> None:
    old = write(
        tmp_path, "old", [("merge", "all", "n", 5.0)], {key: RECORD[key] for key in ("freeze", "versions", "inputs")}
    )
    with pytest.raises(InputError, match=r"old.json, key settings: .* run this freeze again"):
        compare_numbers(
            [old[0], old[0]], [old[1], old[1]], {"numbers": tmp_path / "n.tsv", "settings": tmp_path / "s.tsv"}
        )
    assert not (tmp_path / "s.tsv").exists()
