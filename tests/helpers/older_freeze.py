"""An older release of a simulated registry: what it knew at an earlier date, one assay, and a few other values."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import yaml

ID, DATE = "mini-older", "2019-08-31"
DATES = {"patients": "registration_date", "visits": "visit_date", "events": "event_date"}


def write_older_freeze(newer: Path, assay: str = "array") -> Path:
    """The freeze file of the release of `DATE` beside `newer`'s: people, visits and events up to then, nobody withdrawn.

    The onset of the first person is a month earlier than the newer release says, and the site of the second another.
    """
    values = yaml.safe_load(newer.read_text())
    folder = newer.parent / "registry-older"
    folder.mkdir()
    clinical = {name: table for name, table in values["clinical"].items() if name != "withdrawn"}
    tables = {name: pd.read_csv(newer.parent / table["path"], dtype=str) for name, table in clinical.items()}
    for name, column in DATES.items():
        is_later = pd.to_datetime(tables[name][column], errors="coerce") > DATE
        tables[name] = tables[name][~is_later]
    people = tables["patients"]["person_id"]
    for name, table in tables.items():
        clinical[name]["path"] = f"registry-older/{Path(clinical[name]['path']).name}"
        tables[name] = table[table["person_id"].isin(people)]
    tables["samples"] = tables["samples"][tables["samples"]["assay"] == assay]
    first = pd.to_datetime(tables["patients"]["onset_date"].iloc[0]) - pd.Timedelta(days=30)
    tables["patients"].iloc[0, tables["patients"].columns.get_loc("onset_date")] = first.strftime("%Y-%m-%d")
    tables["patients"].iloc[1, tables["patients"].columns.get_loc("site")] = "Another"
    for name, table in tables.items():
        table.to_csv(newer.parent / clinical[name]["path"], index=False)
    values |= {"id": ID, "clinical": clinical, "assays": {assay: values["assays"][assay]}}
    values["freeze_date"] = DATE
    values["cohorts"] = {name: cohort for name, cohort in values["cohorts"].items() if cohort["assays"] == [assay]}
    path = newer.parent / f"{ID}.yaml"
    path.write_text(yaml.safe_dump(values, sort_keys=False))
    return path
