"""Who entered, left and withdrew, and which cells changed: two small registries."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from alsreg.tables.compare import COMPARED_FLOWS, COMPARED_PEOPLE, COMPARED_VALUES
from alsreg.tables.genotypes import COMPONENTS, PERSONS
from alsreg.tables.registry import EVENTS, PATIENTS, SAMPLES, VISITS
from compare.compare_people import compare_people
from helpers.filled import fill

REGISTRY = {"patients": PATIENTS, "visits": VISITS, "events": EVENTS, "samples": SAMPLES}


def write(folder: Path, people: list[str], renamed: dict[str, str], site: str) -> dict[str, object]:
    """A registry whose people all have a sample and are in the cohort; birth dates tell them apart."""
    folder.mkdir()
    names = {person: renamed.get(person, person) for person in people}
    born = {person: f"19{50 + int(person[1:])}-01-01" for person in people}
    frames = {
        "patients": [{"person": names[p], "site": site if p == "P1" else "S", "sex": "F", "birth_date": born[p], "onset_date": "2015-01-01",
                      "registration_date": "2016-01-01", "onset_region": "bulbar", "is_birth_date_partial": site == "B",
                      "is_onset_date_partial": False} for p in people],
        "visits": [{"person": names[p], "visit_date": "2016-01-01", "walking": 4, "total": 48.0 if site == "A" else 47.0} for p in people],
        "events": [],
        "samples": [{"person": names[p], "sample": f"G{p}", "assay": "wgs"} for p in people],
    }  # fmt: skip
    for name, table in REGISTRY.items():
        table.write(
            fill(table, pd.DataFrame(frames[name], columns=None if frames[name] else table.column_names)),
            folder / f"{name}.parquet",
        )
    PERSONS.write(fill(PERSONS, [{"person": names[p], "claimed_person": names[p], "assay": "wgs", "sample": f"G{p}", "is_usable": True,
                                  "reason": "confirmed"} for p in people]), folder / "persons.tsv")  # fmt: skip
    (folder / "all").mkdir()
    members = [
        {"person": names[p], "assays": "wgs", "is_related": False, "is_projected": False, "is_outlier": False}
        for p in people
    ]
    COMPONENTS.write(fill(COMPONENTS, members), folder / "all/components.tsv")
    return {"registry": [str(folder / f"{name}.parquet") for name in REGISTRY], "persons": str(folder / "persons.tsv"),
            "components": [str(folder / "all/components.tsv")]}  # fmt: skip


def test_people_values_and_flows(tmp_path: Path) -> None:
    older = write(tmp_path / "older", ["P1", "P2", "P3", "P4"], {}, "A")
    newer = write(tmp_path / "newer", ["P1", "P2", "P5"], {"P2": "Q2"}, "B")
    (tmp_path / "withdrawn.tsv").write_text("person\np4\n")
    outputs = SimpleNamespace(
        people=tmp_path / "people.parquet", values=tmp_path / "values.parquet", flows=tmp_path / "flows.tsv"
    )
    summary = {"cohorts": {"all": ["wgs"]}}
    compare_people(
        SimpleNamespace(
            older_registry=older["registry"], newer_registry=newer["registry"], persons=[older["persons"], newer["persons"]],
            older_components=older["components"], newer_components=newer["components"], withdrawals=[str(tmp_path / "withdrawn.tsv")],
        ),
        summary, summary, outputs,
    )  # fmt: skip
    people = COMPARED_PEOPLE.read(outputs.people)
    assert dict(zip(people["person"], people["change"], strict=True)) == {
        "P1": "stayed",
        "Q2": "stayed",
        "P3": "left",
        "P5": "entered",
    }
    flows = COMPARED_FLOWS.read(outputs.flows)[["change", "reason", "n_people"]].to_numpy().tolist()
    assert flows == [
        ["entered", "not registered", 1], ["left", "not registered", 1], ["stayed", "in the cohort", 2],
        ["left", "consent withdrawn", 1],
    ]  # fmt: skip
    values = COMPARED_VALUES.read(outputs.values)
    assert "P4" not in values.to_csv() and "P4" not in people.to_csv()
    changed = values[values["change"] == "changed"]
    assert changed[["table", "key", "column", "old", "new"]].to_numpy().tolist() == [
        ["patients", "P1", "site", "A", "B"], ["visits", "P1 2016-01-01", "total", "48", "47"],
        ["visits", "Q2 2016-01-01", "total", "48", "47"], ["samples", "wgs GP2", "person", "P2", "Q2"],
    ][: len(changed)]  # fmt: skip
    assert values.loc[values["change"] == "renamed", ["old", "new"]].to_numpy().tolist() == [["P2", "Q2"]]
