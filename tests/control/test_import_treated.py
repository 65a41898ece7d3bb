"""The treated cohort's tables go through the registry's own checks."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from alsreg.config.registry import RegistryConfig
from alsreg.errors import InputError
from alsreg.tables.registry import EVENTS, ISSUES, PATIENTS, VISITS
from control.import_treated import import_treated
from registry_tables import clean_tables, write_tables

TABLES = (PATIENTS, VISITS, EVENTS, ISSUES)


def mapping(folder: Path, **changes: object) -> Path:
    tables = clean_tables()
    tables["patients"]["treatment_start_date"] = "2015-03-20"
    write_tables(tables, folder)
    path = folder / "mapping.yaml"
    path.write_text(yaml.safe_dump({name: {"path": f"{name}.csv"} for name in tables} | changes))
    return path


def test_import_treated__keeps_the_start_and_reports_issues(tmp_path: Path) -> None:
    outputs = {table.name: tmp_path / f"out/{Path(table.path).name}" for table in TABLES}
    import_treated(mapping(tmp_path / "data"), "2022-02-28", RegistryConfig(), outputs)
    patients = PATIENTS.read(outputs["patients"])
    assert len(patients) == 20
    assert set(patients["treatment_start_date"]) == {"2015-03-20"}
    assert len(VISITS.read(outputs["visits"])) == 60
    assert set(EVENTS.read(outputs["events"])["event"]) == {"death", "last_contact"}
    assert ISSUES.read(outputs["issues"]) is not None


def test_import_treated__wrong_mapping_writes_nothing(tmp_path: Path) -> None:
    outputs = {table.name: tmp_path / f"out/{Path(table.path).name}" for table in TABLES}
    wrong = mapping(tmp_path / "data", patients={"path": "patients.csv", "columns": {"person": "nobody"}})
    with pytest.raises(InputError, match="nobody"):
        import_treated(wrong, "2022-02-28", RegistryConfig(), outputs)
    assert not (tmp_path / "out").exists()
