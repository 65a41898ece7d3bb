"""The treated cohort's tables go through the registry's own checks."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import yaml

from alsreg.config.registry import RegistryConfig
from alsreg.errors import InputError
from alsreg.tables.registry import EVENTS, IMPORTS, ISSUES, PATIENTS, VISITS
from control.import_treated import Source, import_treated
from registry_tables import clean_tables, write_tables

TABLES = (PATIENTS, VISITS, EVENTS, ISSUES, IMPORTS)


def mapping(folder: Path, **changes: object) -> Path:
    tables = clean_tables()
    tables["patients"]["treatment_start_date"] = "2015-03-20"
    write_tables(tables, folder)
    path = folder / "mapping.yaml"
    path.write_text(yaml.safe_dump({name: {"path": f"{name}.csv"} for name in tables} | changes))
    return path


def run(path: Path, folder: Path, outputs: dict) -> None:
    source = Source("f1: treated cohort", path, date(2022, 2, 28))
    import_treated(source, RegistryConfig(), "rules", outputs, folder / "trail.jsonl")


def test_import_treated__keeps_the_start_and_reports_issues(tmp_path: Path) -> None:
    outputs = {table.name: tmp_path / f"out/{Path(table.path).name}" for table in TABLES}
    run(mapping(tmp_path / "data"), tmp_path, outputs)
    patients = PATIENTS.read(outputs["patients"])
    assert len(patients) == 20
    assert set(patients["treatment_start_date"]) == {"2015-03-20"}
    assert len(VISITS.read(outputs["visits"])) == 60
    assert set(EVENTS.read(outputs["events"])["event"]) == {"death", "last_contact"}
    assert set(ISSUES.read(outputs["issues"])["severity"]) <= {"error", "warning"}


def test_import_treated__is_on_the_trail(tmp_path: Path) -> None:
    outputs = {table.name: tmp_path / f"out/{Path(table.path).name}" for table in TABLES}
    run(mapping(tmp_path / "data"), tmp_path, outputs)
    record = json.loads((tmp_path / "trail.jsonl").read_text())
    assert record["freeze"] == "f1: treated cohort"
    assert {file["table"] for file in record["files"]} == {"patients", "visits", "events"}
    assert IMPORTS.read(outputs["imports"])["n_rows"].tolist() == [20, 60, 30]


def test_import_treated__wrong_mapping_writes_nothing(tmp_path: Path) -> None:
    outputs = {table.name: tmp_path / f"out/{Path(table.path).name}" for table in TABLES}
    wrong = mapping(tmp_path / "data", patients={"path": "patients.csv", "columns": {"person": "nobody"}})
    with pytest.raises(InputError, match="nobody"):
        run(wrong, tmp_path, outputs)
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "trail.jsonl").exists()
