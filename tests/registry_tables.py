"""A small registry without faults, as text, and what the checks make of it after one change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd

from alsreg.clinical.registry import Registry, check_registry, read_registry
from alsreg.config.freeze import ClinicalTable
from alsreg.config.registry import RegistryConfig
from alsreg.tables.registry import ITEMS

FREEZE_DATE = date(2022, 2, 28)
N_PERSONS = 20
N_VISITS = 3
BESIDE = ("overrides", "withdrawn")
Tables = dict[str, pd.DataFrame]


def clean_tables() -> Tables:
    """Twenty persons P01 to P20, each with three visits, a last contact, one array sample; every second died."""
    persons = [f"P{number:02d}" for number in range(1, N_PERSONS + 1)]
    patients = pd.DataFrame({
        "person": persons, "site": "S1", "sex": ["M", "F"] * 10, "birth_date": [f"19{50 + n}-05-01" for n in range(N_PERSONS)],
        "onset_date": "2014-01-10", "registration_date": "2015-03-02", "onset_region": ["bulbar", "upper_limb"] * 10,
    })  # fmt: skip
    visits = pd.DataFrame(
        [
            {"person": person, "visit_date": day, **dict.fromkeys(ITEMS, str(item))}
            for person in persons
            for day, item in (("2015-03-02", 3), ("2015-06-02", 3), ("2015-09-02", 2))
        ]
    )
    events = pd.DataFrame(
        [
            row
            for number, person in enumerate(persons)
            for row in (
                *([{"person": person, "event": "death", "event_date": "2017-07-01"}] if number % 2 else []),
                {"person": person, "event": "last_contact", "event_date": "2017-07-01"},
            )
        ]
    )
    samples = pd.DataFrame({"sample": [f"A{person}" for person in persons], "assay": "array", "person": persons})
    return {"patients": patients, "visits": visits, "events": events, "samples": samples}


def write_tables(tables: Tables, folder: Path) -> dict[str, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / (f"{name}.tsv" if name in BESIDE else f"{name}.csv") for name in tables}
    for name, frame in tables.items():
        frame.to_csv(paths[name], index=False, sep="\t" if name in BESIDE else ",")
    return paths


def check(folder: Path, change: Callable[[Tables], object] | None = None, **settings: object) -> Registry:
    """Write the tables after `change`, read and check them."""
    tables = clean_tables()
    if change is not None:
        change(tables)
    sheets = read_registry(write_tables(tables, folder), {name: ClinicalTable(path=Path(name)) for name in tables})
    return check_registry(sheets, RegistryConfig(**settings), FREEZE_DATE, assays=["array", "wgs"])


def append(table: str, **cells: str) -> Callable[[Tables], None]:
    """A change that adds a copy of the first row with other `cells`."""

    def change(tables: Tables) -> None:
        row = tables[table].iloc[[0]].assign(**cells)
        tables[table] = pd.concat([tables[table], row], ignore_index=True)

    return change


def put(table: str, row: int, **cells: str) -> Callable[[Tables], None]:
    """A change that writes `cells` into the row on line `row` of the file."""

    def change(tables: Tables) -> None:
        for column, value in cells.items():
            if column not in tables[table].columns:
                tables[table][column] = ""
            tables[table].loc[row - 2, column] = value

    return change


def together(*changes: Callable[[Tables], object]) -> Callable[[Tables], None]:
    """Several changes, one after the other."""

    def change(tables: Tables) -> None:
        for single in changes:
            single(tables)

    return change
