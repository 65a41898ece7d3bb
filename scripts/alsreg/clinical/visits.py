"""Check the visits table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alsreg.clinical.alsfrs import MAX_ITEM, MAX_TOTAL, domain_scores, score_rise, total_score
from alsreg.clinical.cells import CELL, ONE_KEPT, ROW, Cells
from alsreg.clinical.cutting import WITH, WITHOUT, read_cutting
from alsreg.clinical.dates import Dates, date_columns, months_between, whole_days
from alsreg.clinical.order import hint_of_swap, is_after, is_middle_after
from alsreg.clinical.patients import Patients
from alsreg.config.registry import RegistryConfig
from alsreg.errors import InputError
from alsreg.sheets.identifiers import plain_identifier
from alsreg.tables.registry import ITEMS, VISITS

REQUIRED = ("person", "visit_date", *ITEMS)
_READ = {*REQUIRED, WITHOUT, WITH, "has_gastrostomy", "total"}


def check_visits(
    cells: Cells,
    patients: Patients,
    last_dates: dict[str, Dates],
    settings: RegistryConfig,
    freeze_date: np.datetime64,
) -> pd.DataFrame:
    """Usable visits, sorted by person and date.

    `last_dates` holds death and last_contact, aligned to the patients.

    Raises
    ------
    InputError
        A column of your own bears a name that the pipeline derives.
    """
    _refuse_derived_names(cells)
    cells.require_ids("person")
    reject_unknown_persons(cells, patients)
    dates = _usable_dates(cells, patients, last_dates, freeze_date)
    dates = _reject_duplicates(cells, dates)
    frame = _frame(cells, dates, patients, settings)
    order = np.lexsort((frame["visit_date"], frame["person"].to_numpy(dtype=str)))
    _note_improbable_rises(cells, frame.iloc[order], settings.max_score_rise)
    return VISITS.conform(frame.iloc[order].drop(columns="_line"))


def reject_unknown_persons(cells: Cells, patients: Patients) -> None:
    """Reject rows of persons whom the checked patients table does not hold."""
    persons = cells.text("person")
    unknown = patients.positions(persons) < 0
    contradicted = np.array([person in patients.rejected for person in persons], dtype=bool)
    cells.note(
        "contradicting_person",
        unknown & contradicted,
        "person",
        f"{ROW}: the person's rows contradict each other",
    )
    cells.note("unknown_person", unknown & ~contradicted, "person", _with_near_person(persons, patients))
    cells.keep(~unknown)


def _with_near_person(persons: np.ndarray, patients: Patients) -> np.ndarray:
    """The action for unknown persons, with the person whose identifier has the same letters in another width or case."""
    known = {plain_identifier(person): person for person in patients.frame["person"]}
    near = [known.get(plain_identifier(person), "") for person in persons]
    return np.array([f"{ROW}: did you mean {person}?" if person else ROW for person in near], dtype=object)


def _refuse_derived_names(cells: Cells) -> None:
    taken = sorted(set(cells.sheet.frame.columns) & {column.name for column in VISITS.columns} - _READ)
    if taken:
        raise InputError(
            f"columns bear names that the pipeline derives itself: {', '.join(taken)}",
            file=cells.sheet.file,
            where="row 1",
            remedy="rename them, or map them to other names under `columns`",
        )


def _usable_dates(cells: Cells, patients: Patients, last_dates: dict[str, Dates], freeze_date: np.datetime64) -> Dates:
    """Visit dates of the rows that can stand; the others are rejected."""
    dates = cells.dates("visit_date")
    cells.note("incomplete_row", cells.text("visit_date") == "", "visit_date", ROW)
    persons, positions = cells.text("person"), patients.positions(cells.text("person"))
    registration, onset = (
        patients.dates_of(persons, "registration_date"),
        patients.dates_of(persons, "onset_date"),
    )
    birth, death = patients.dates_of(persons, "birth_date"), last_dates["death"].take(positions)
    bad = ~dates.is_known
    end = whole_days(np.full(len(persons), freeze_date))
    for rule, first, second in (
        ("future_date", dates, end),
        ("dates_run_backwards", birth, dates),
        ("visit_before_registration", registration, dates),
        ("dates_run_backwards", onset, dates),
        ("visit_after_death", dates, death),
    ):
        wrong = is_after(first, second)
        doubtful = is_middle_after(first, second)
        if second is death:  # a partial death gives way to a whole visit
            doubtful &= dates.is_partial
        action = f"{ROW}; death doubted too: no survival time" if rule == "visit_after_death" else ROW
        hint = hint_of_swap(first, second, "first" if first is dates else "second")
        cells.note(rule, wrong & ~bad, "visit_date", np.array([action + words for words in hint], dtype=object))
        cells.note("partial_date_out_of_order", doubtful & ~bad, "visit_date", ROW)
        bad = bad | wrong | doubtful
    beyond = is_after(dates, last_dates["last_contact"].take(positions))
    cells.note(
        "visit_after_last_contact",
        beyond & ~bad,
        "visit_date",
        "visit kept; follow-up ends at the last contact",
    )
    cells.keep(~bad)
    return dates.take(np.flatnonzero(~bad))


def _reject_duplicates(cells: Cells, dates: Dates) -> Dates:
    """Of several identical visits of a person on one day the first is kept, of contradicting ones none."""
    held = cells.sheet.frame
    key = pd.DataFrame({"person": cells.text("person"), "day": dates.value}, index=held.index)
    content = held.drop(columns=["visit_date"]).assign(day=key["day"])
    repeated = content.duplicated(keep="first").to_numpy()
    contradicting = key[~repeated].duplicated(keep=False).reindex(key.index, fill_value=False).to_numpy()
    group = pd.MultiIndex.from_frame(key)
    contradicting = group.isin(group[contradicting])
    cells.note("contradicting_visit", contradicting, "visit_date", f"{ROW}: visits of one day contradict each other")
    cells.note("duplicate_visit", repeated & ~contradicting, "visit_date", ONE_KEPT)
    keep = ~(repeated | contradicting)
    cells.keep(keep)
    return dates.take(np.flatnonzero(keep))


def _frame(cells: Cells, dates: Dates, patients: Patients, settings: RegistryConfig) -> pd.DataFrame:
    persons = cells.text("person")
    items, has_gastrostomy = _items(cells, settings)
    total, is_prorated = total_score(items, settings.max_missing_items)
    _note_missing_items(cells, total)
    columns: dict[str, object] = {
        "person": persons,
        **date_columns("visit_date", dates),
        "months_since_registration": months_between(patients.dates_of(persons, "registration_date").value, dates.value),
        "months_since_onset": months_between(patients.dates_of(persons, "onset_date").value, dates.value),
        **{item: items[:, position] for position, item in enumerate(ITEMS)},
        "total": total,
        "is_prorated": is_prorated,
        **{f"{domain}_score": score for domain, score in domain_scores(items).items()},
    }
    if cells.has("has_gastrostomy") or cells.has(WITH):
        columns["has_gastrostomy"] = has_gastrostomy
    for name in cells.sheet.frame.columns.difference([*_READ]):
        columns[name] = cells.own_column(name, settings.min_numeric_fraction)
    if cells.has("total"):
        _compare_totals(cells, total)
    return pd.DataFrame(columns).assign(_line=cells.lines)


def _items(cells: Cells, settings: RegistryConfig) -> tuple[np.ndarray, pd.Series]:
    """Points, shape (n, 12), NaN where missing or rejected, and whether a gastrostomy was in use."""
    action = f"{CELL}: total " + ("scaled up or missing" if settings.max_missing_items else "missing")
    tube = cells.flags("has_gastrostomy")
    cutting, known = read_cutting(cells, tube.to_numpy(dtype=float, na_value=np.nan), action)
    items = [cutting if item == "cutting" else cells.items(item, MAX_ITEM, action) for item in ITEMS]
    return np.stack(items, axis=1), pd.Series(known).astype("boolean")


def _note_missing_items(cells: Cells, total: np.ndarray) -> None:
    """Visits with empty cells; rejected ones are noted by themselves."""
    empty = [(cells.text(WITHOUT) == "") & (cells.text(WITH) == "") & (cells.text("cutting") == "") if item == "cutting"
             else cells.text(item) == "" for item in ITEMS]  # fmt: skip
    n_empty = np.sum(empty, axis=0)
    cells.note("visit_without_items", n_empty == len(ITEMS), "visit_date", "visit kept without a total")
    told = np.where(np.isnan(total), "visit kept without a total", "total scaled up")
    action = np.array([f"{words}: {n} empty" for words, n in zip(told, n_empty, strict=True)], dtype=object)
    cells.note("missing_items", (n_empty > 0) & (n_empty < len(ITEMS)), "visit_date", action)


def _compare_totals(cells: Cells, total: np.ndarray) -> None:
    """The file's own total is read for comparison only."""
    theirs = cells.items("total", MAX_TOTAL)
    differs = ~np.isnan(theirs) & ~np.isnan(total) & (theirs != total)
    cells.note(
        "total_differs",
        differs,
        "total",
        np.array([f"sum of the items used: {value:g}" for value in total], dtype=object),
    )


def _note_improbable_rises(cells: Cells, frame: pd.DataFrame, max_rise: int) -> None:
    """`frame` is sorted by person and date."""
    rise = score_rise(frame[list(ITEMS)].to_numpy(dtype=float))
    same_person = frame["person"].to_numpy()[1:] == frame["person"].to_numpy()[:-1]
    steep = np.flatnonzero(same_person & (rise > max_rise)) + 1
    lines = frame["_line"].to_numpy()[steep]
    action = [f"visit kept: {rise[position - 1]:.3g} points above the visit before" for position in steep]
    cells.findings.add("improbable_rise", cells.sheet, lines, "visit_date", action)
