"""What a run knows of the control stage before any job starts."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from alsreg.cli import main
from alsreg.errors import ConfigError, InputError
from alsreg.workflow.preflight import preflight
from alsreg.workflow.run import start_run

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("control") / "two"
    assert main(["simulate-comparison", "--people", "150", "--out", str(folder)]) == 0
    return folder


def settings(data: Path, **control: object) -> dict:
    values = yaml.safe_load((data / "config.yaml").read_text())
    return values | {"control": values["control"] | control}


def test_run__knows_mapping_and_tables_of_the_treated(data: Path) -> None:
    run = start_run(settings(data), ROOT)
    assert set(run.treated_files) == {"mapping", "patients", "visits", "events"}
    assert run.control_pages == ["report/two/control.html"]
    assert run.control_results(SimpleNamespace()) == ["report/two/control.html", "control/two/effects.tsv"]
    assert run.named_input_files["control.visits"] == str(data / "treated/visits.csv")


def test_run__stage_is_off_by_default(data: Path) -> None:
    run = start_run({"freeze": str(data / "freeze.yaml")}, ROOT)
    assert (run.treated_files, run.control_pages) == ({}, [])
    with pytest.raises(ConfigError, match="control stage is off"):
        run.control_results(SimpleNamespace())


def test_run__missing_files_of_the_treated_are_named(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        start_run(settings(data, treated=str(tmp_path / "none.yaml")), ROOT)
    mapping = yaml.safe_load((data / "treated/mapping.yaml").read_text())
    mapping["visits"]["path"] = "nowhere.csv"
    (tmp_path / "mapping.yaml").write_text(yaml.safe_dump(mapping))
    with pytest.raises(ConfigError, match=r"files of the treated cohort are missing.*nowhere\.csv"):
        start_run(settings(data, treated=str(tmp_path / "mapping.yaml")), ROOT)


def test_run__cohort_cannot_bear_the_name_of_the_page(data: Path, tmp_path: Path) -> None:
    freeze = yaml.safe_load((data / "freeze.yaml").read_text())
    freeze["cohorts"] = {"control": {"assays": ["wgs"]}}
    (tmp_path / "freeze.yaml").write_text(yaml.safe_dump(freeze))
    with pytest.raises(ConfigError, match="a cohort is called control"):
        start_run(settings(data) | {"freeze": str(tmp_path / "freeze.yaml")}, ROOT)


@pytest.mark.parametrize(
    ("changes", "words", "is_error"),
    [
        ({}, "treated and", False),
        ({"covariates": ["weight_kg"]}, "no baseline column weight_kg", True),
        ({"treated_time_zero": "start"}, "no column 'start'", True),
    ],
)
def test_preflight__aligns_the_cohorts(data: Path, tmp_path: Path, changes: dict, words: str, is_error: bool) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(settings(data, **changes)))
    found = [
        finding for finding in preflight(config, ROOT) if "control" in finding.message and words in finding.message
    ]
    assert [finding.is_error for finding in found] == [is_error]
