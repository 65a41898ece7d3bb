"""Check the patients table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from alsreg.clinical.cells import CELL, Cells
from alsreg.clinical.dates import Dates, date_columns, years_between
from alsreg.clinical.order import hint_of_swap, is_after, is_middle_after, reject_future
from alsreg.config.registry import RegistryConfig
from alsreg.errors import InputError
from alsreg.sheets.identifiers import plain_identifier
from alsreg.tables.prognosis import PROGNOSIS
from alsreg.tables.registry import PATIENTS, PHENOTYPES
from alsreg.tables.trajectories import TRAJECTORIES

REQUIRED = ("person", "sex", "birth_date", "onset_date", "registration_date", "onset_region")
_DATES = ("birth_date", "onset_date", "diagnosis_date", "registration_date")
# (earlier, later, whether the same day is out of order)
_ORDER = (
    ("birth_date", "onset_date", True),
    ("birth_date", "diagnosis_date", True),
    ("birth_date", "registration_date", True),
    ("onset_date", "diagnosis_date", False),
    ("onset_date", "registration_date", False),
    ("diagnosis_date", "registration_date", False),
)
_OPTIONAL = ("site", "diagnosis_date", "el_escorial", "family_history", "reported_ancestry")
_TABLES = (PATIENTS, PHENOTYPES, TRAJECTORIES, PROGNOSIS)
_DERIVED = {column.name for table in _TABLES for column in table.columns} - {*REQUIRED, *_OPTIONAL}


@dataclass(frozen=True)
class Patients:
    """Checked patients.

    `dates` are aligned to the rows of `frame`; `rejected` are persons whose rows contradict each other.
    """

    frame: pd.DataFrame
    dates: dict[str, Dates]
    rejected: frozenset[str]

    def positions(self, persons: np.ndarray) -> np.ndarray:
        """Row of each person, -1 where unknown."""
        return pd.Index(self.frame["person"]).get_indexer(pd.Index(persons))

    def dates_of(self, persons: np.ndarray, column: str) -> Dates:
        """`column` for each of `persons`, unknown where the person is."""
        return self.dates[column].take(self.positions(persons))


def identify_people(cells: Cells) -> frozenset[str]:
    """Leave one row per person; people whose rows contradict each other are left out and returned.

    Raises
    ------
    InputError
        A column of your own bears a name that the pipeline derives.
    """
    _refuse_derived_names(cells)
    cells.require_ids("person")
    cells.drop_repeated_rows("duplicate_person", "person")
    is_contradicted = cells.sheet.frame.duplicated("person", keep=False).to_numpy()
    rejected = frozenset(cells.sheet.frame["person"][is_contradicted])
    cells.reject_rows("contradicting_person", is_contradicted, "person", "all rows of the person rejected")
    return rejected


def check_patients(
    cells: Cells, rejected: frozenset[str], settings: RegistryConfig, freeze_date: np.datetime64
) -> Patients:
    """One row per person, sorted by person, of the rows that `identify_people` left.

    Raises
    ------
    InputError
        Nobody is left, or a required cell is missing for everybody.
    """
    _require_any(cells, "person", cells.text("person") != "")
    _note_similar_identifiers(cells)
    dates = _check_dates(cells, settings, freeze_date)
    frame = _frame(cells, dates, settings)
    order = np.argsort(frame["person"].to_numpy(dtype=str), kind="stable")
    dates = {name: values.take(order) for name, values in dates.items()}
    return Patients(frame.iloc[order].reset_index(drop=True), dates, rejected)


def _note_similar_identifiers(cells: Cells) -> None:
    persons = pd.Series(cells.text("person"))
    form = persons.map(plain_identifier)
    others = persons.groupby(form).transform(lambda same: ", ".join(same))
    action = ("person kept; alike: " + others).to_numpy(dtype=object)
    cells.note("similar_id", form.duplicated(keep=False).to_numpy(), "person", action)


def _refuse_derived_names(cells: Cells) -> None:
    taken = sorted(set(cells.sheet.frame.columns) & _DERIVED)
    if taken:
        raise InputError(
            f"columns bear names that the pipeline derives itself: {', '.join(taken)}",
            file=cells.sheet.file,
            where="row 1",
            remedy="rename them, or map them to other names under `columns`",
        )


def _check_dates(cells: Cells, settings: RegistryConfig, freeze_date: np.datetime64) -> dict[str, Dates]:
    dates = {name: cells.dates(name) for name in _DATES}
    for name in _DATES:
        dates[name] = reject_future(cells, name, dates[name], freeze_date)
    dates = _reject_backwards(cells, dates)
    age = years_between(dates["birth_date"].value, dates["onset_date"].value)
    implausible = (age < settings.min_age_at_onset_years) | (age > settings.max_age_at_onset_years)
    action = np.array([f"{CELL}: age at onset {value:.1f} years" for value in age], dtype=object)
    for name in ("birth_date", "onset_date"):
        cells.note("implausible_age_at_onset", implausible, name, action)
        dates[name] = dates[name].without(implausible)
    for name in ("birth_date", "onset_date", "registration_date"):
        cells.note("missing_value", cells.text(name) == "", name, "cell missing: no trait that needs it")
        _require_any(cells, name, dates[name].is_known)
    return dates


def _require_any(cells: Cells, column: str, is_known: np.ndarray) -> None:
    if not is_known.any():
        raise InputError(
            "no usable value in the whole column",
            file=cells.sheet.file,
            where=f"column {cells.sheet.source_name(column)}",
            remedy="check the mapping of columns and values; write dates as YYYY-MM-DD",
        )


def _reject_backwards(cells: Cells, dates: dict[str, Dates]) -> dict[str, Dates]:
    """Of two dates in an impossible order neither is believed; a partial date gives way to a whole one."""
    rejected = {name: np.zeros(len(cells.lines), dtype=bool) for name in dates}
    for earlier, later, is_strict in _ORDER:
        first, second = dates[earlier], dates[later]
        wrong = is_after(first, second, is_strict=is_strict)
        doubtful = is_middle_after(first, second, is_strict=is_strict)
        for name, other, word in ((earlier, later, "not before"), (later, earlier, "not after")):
            action = np.array([f"{CELL}: {word} {other} {text}" for text in cells.text(other)], dtype=object)
            action = action + hint_of_swap(first, second, "first" if name == earlier else "second")
            cells.note("dates_run_backwards", wrong, name, action)
            cells.note("partial_date_out_of_order", doubtful & dates[name].is_partial, name, action)
            rejected[name] |= wrong | (doubtful & dates[name].is_partial)
    return {name: dates[name].without(rejected[name]) for name in dates}


def _frame(cells: Cells, dates: dict[str, Dates], settings: RegistryConfig) -> pd.DataFrame:
    known = {column.name: column for column in PATIENTS.columns}
    columns: dict[str, Any] = {"person": cells.text("person"), "site": _text(cells, "site")}
    for name in ("sex", "onset_region"):
        columns[name] = pd.Series(cells.codes(name, known[name].choices), dtype="string").replace("", pd.NA)
        cells.note("missing_value", cells.text(name) == "", name, "cell missing: no trait that needs it")
        _require_any(cells, name, columns[name].notna().to_numpy())
    for name in _DATES:
        if name != "diagnosis_date" or cells.has(name):
            columns |= date_columns(name, dates[name])
    for name in ("el_escorial", "reported_ancestry"):
        if cells.has(name):
            columns[name] = _text(cells, name)
    if cells.has("family_history"):
        columns["family_history"] = cells.flags("family_history")
    for name in cells.sheet.frame.columns.difference([*known]):
        columns[name] = cells.own_column(name, settings.min_numeric_fraction)
    frame = pd.DataFrame(columns)
    frame["probable_duplicate_of"] = _probable_duplicates(cells, frame, dates)
    return frame


def _text(cells: Cells, column: str) -> pd.Series:
    return pd.Series(cells.text(column), dtype="string").replace("", pd.NA)


def _probable_duplicates(cells: Cells, frame: pd.DataFrame, dates: dict[str, Dates]) -> pd.Series:
    """The first other person, by line, with the same sex and the same whole birth and onset dates."""
    key = frame[["sex", "birth_date", "onset_date"]]
    usable = key.notna().all(axis=1) & ~dates["birth_date"].is_partial & ~dates["onset_date"].is_partial
    same = usable & key.where(usable).duplicated(keep=False)
    twin = pd.Series(pd.NA, index=frame.index, dtype="string")
    for _, group in frame[same].groupby(["sex", "birth_date", "onset_date"], sort=False):
        first, *others = group["person"]
        twin[group.index] = [others[0], *[first] * len(others)]
    action = ("kept: may be the same person as " + twin.fillna("")).to_numpy(dtype=object)
    cells.note("probable_duplicate_person", same.to_numpy(dtype=bool), "person", action)
    return twin
