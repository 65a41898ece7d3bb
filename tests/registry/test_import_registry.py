"""The script writes every table, and the real freeze gives exactly the planted faults."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import yaml

from alsreg.clinical.registry import Registry, check_registry, read_registry
from alsreg.config.freeze import Clinical, ClinicalTable
from alsreg.config.registry import RegistryConfig
from alsreg.errors import InputError
from alsreg.tables.registry import EVENTS, IMPORTS, ISSUES, ITEMS, PATIENTS, PEDIGREE, SAMPLES, VISITS
from registry import import_registry
from registry_tables import clean_tables, write_tables

ROOT = Path(__file__).resolve().parents[2]
TABLES = (PATIENTS, VISITS, EVENTS, SAMPLES, PEDIGREE, IMPORTS, ISSUES)


def outputs_in(folder: Path) -> dict[str, Path]:
    return {table.name: folder / Path(table.path).name for table in TABLES}


def test_writes_every_table(tmp_path: Path) -> None:
    inputs = write_tables(clean_tables(), tmp_path)
    source = import_registry.Source("f", "2022-02-28", Clinical(**{name: {"path": name} for name in inputs}), ["array"])
    outputs = outputs_in(tmp_path / "out")
    import_registry.import_registry(inputs, source, RegistryConfig(), "v1", outputs, tmp_path / "trail.jsonl")
    lengths = {table.name: len(table.read(outputs[table.name])) for table in TABLES}
    assert lengths == {
        "patients": 20,
        "visits": 60,
        "events": 30,
        "samples": 20,
        "pedigree": 0,
        "issues": 0,
        "imports": 4,
    }


def test_an_error_leaves_nothing_half_written(tmp_path: Path) -> None:
    inputs = write_tables(clean_tables(), tmp_path)
    inputs["events"].write_text("person,event\n", encoding="utf-8")
    source = import_registry.Source("f", "2022-02-28", Clinical(**{name: {"path": name} for name in inputs}), ["array"])
    with pytest.raises(InputError, match=r"events\.csv"):
        import_registry.import_registry(
            inputs, source, RegistryConfig(), "v1", outputs_in(tmp_path / "out"), tmp_path / "trail.jsonl"
        )
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def kg3(alsreg_data: Path) -> Registry:
    freeze = yaml.safe_load((ROOT / "config/freezes/kg3.yaml").read_text(encoding="utf-8"))
    tables = {name: ClinicalTable(**table) for name, table in freeze["clinical"].items()}
    sheets = read_registry({name: alsreg_data / table.path for name, table in tables.items()}, tables)
    return check_registry(sheets, RegistryConfig(), date(2022, 2, 28), list(freeze["assays"]))


@pytest.mark.real_data
def test_the_spoiled_rows_of_the_real_freeze_are_named_and_no_others(kg3: Registry) -> None:
    is_gap = kg3.issues["rule"].eq("missing_items")
    assert is_gap.sum() == kg3.visits["total"].isna().sum() - 1 == 471  # but for the visit with an item of 7
    found = kg3.issues.loc[~is_gap, ["file", "row", "person", "column", "value", "rule"]].to_numpy().tolist()
    assert found == [
        ["patients.csv", 13, "JAC00012", "onset_date", "2012-07-09", "dates_run_backwards"],
        ["patients.csv", 13, "JAC00012", "registration_date", "2012-05-30", "dates_run_backwards"],
        ["patients.csv", 137, "JAC00136", "person_id", "JAC00136", "probable_duplicate_person"],
        ["patients.csv", 1306, "JAC01305", "person_id", "JAC01305", "person_without_visits"],
        ["patients.csv", 1306, "JAC01305", "person_id", "JAC01305", "probable_duplicate_person"],
        ["visits.csv", 302, "JAC00047", "walking", "7", "item_out_of_range"],
        ["visits.csv", 10165, "JAC00124", "visit_date", "2010-09-21", "duplicate_visit"],
    ]
    assert (len(kg3.patients), len(kg3.visits), len(kg3.events), len(kg3.samples)) == (1305, 10163, 2346, 2137)


@pytest.mark.real_data
def test_the_japanese_export_gives_the_same_tables(kg3: Registry, alsreg_data: Path) -> None:
    folder = alsreg_data / "kg3/registry_ja"
    paths = {
        name: folder / f"{file}.csv"
        for name, file in (("patients", "患者基本情報"), ("visits", "ALSFRS-R"), ("events", "イベント"))
    }
    theirs = {name: path.read_text(encoding="cp932").split("\n", 1)[0].split(",") for name, path in paths.items()}
    ours = {
        "patients": ["person", "site", "sex", "birth_date", "onset_date", "registration_date", "onset_region",
                     "el_escorial", "family_history", "reported_ancestry"],
        "visits": ["person", "visit_date", *ITEMS],
        "events": ["person", "event", "event_date"],
    }  # fmt: skip
    values = {
        "patients": {
            "sex": {"男": "M", "女": "F"},
            "onset_region": {"上肢": "upper_limb", "下肢": "lower_limb", "球麻痺": "bulbar", "呼吸": "respiratory"},
        },
        "events": {
            "event": {
                "死亡": "death",
                "気管切開": "tracheostomy",
                "NIV23時間以上": "niv_23h",
                "最終確認": "last_contact",
            }
        },
    }
    tables = {
        name: ClinicalTable(
            path=path, columns=dict(zip(ours[name], theirs[name], strict=True)), values=values.get(name, {})
        )
        for name, path in paths.items()
    }
    japanese = check_registry(read_registry(paths, tables), RegistryConfig(), date(2022, 2, 28))
    for name in paths:
        pd.testing.assert_frame_equal(getattr(japanese, name), getattr(kg3, name))
    assert japanese.issues["rule"].value_counts()["not_utf8"] == 3
    assert japanese.issues.loc[1, ["column", "value"]].tolist() == ["発症日", "平成24年7月9日"]
