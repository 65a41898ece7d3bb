"""Possible times zero of a cohort, and what was known of each person then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

import numpy as np
import pandas as pd

from alsreg.clinical.alsfrs import delta_fs
from alsreg.clinical.dates import DAYS_PER_MONTH, DAYS_PER_YEAR, months_between, parse_dates, years_between
from alsreg.clinical.traits import days_of, survival_of
from alsreg.config.registry import RegistryConfig
from alsreg.errors import InputError
from alsreg.tables.registry import ITEMS, PATIENTS, VISITS

UNKNOWN_DAY = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class CohortTables:
    """The checked clinical tables of one cohort, `name` as messages call it."""

    name: str
    patients: pd.DataFrame
    visits: pd.DataFrame
    events: pd.DataFrame
    samples: pd.DataFrame
    freeze_date: date


def exact_days(patients: pd.DataFrame, column: str, cohort: str) -> tuple[np.ndarray, np.ndarray]:
    """A date column of the freeze's own, by row of `patients`: days (NaT where empty or partial), and where it is filled.

    Raises
    ------
    InputError
        There is no such column, or a value in it cannot be read as a date.
    """
    if column not in patients.columns:
        near = ", ".join(get_close_matches(column, list(patients.columns), n=1)) or "map it under `columns`"
        raise InputError(f"the patients table of the {cohort} has no column {column!r}", remedy=f"did you mean {near}?")
    values = patients[column]
    if pd.api.types.is_numeric_dtype(values):  # Excel serial days
        values = values.map(lambda number: "" if pd.isna(number) else f"{number:.0f}")
    texts = values.astype("string").fillna("").to_numpy(dtype=object)
    dates = parse_dates(texts.tolist())
    wrong = np.flatnonzero(dates.problem != "")
    if len(wrong):
        raise InputError(
            f"{len(wrong)} dates in column {column} of the {cohort} cannot be used ({dates.problem[wrong[0]]})",
            where=f"person {patients['person'].iloc[wrong[0]]}", value=texts[wrong[0]], remedy="write dates as YYYY-MM-DD",
        )  # fmt: skip
    return np.where(dates.is_partial, UNKNOWN_DAY, dates.value), texts != ""


def follow_up(tables: CohortTables, settings: RegistryConfig) -> pd.DataFrame:
    """Start and end of observation of every person, as days: index person; `exclusion` empty for the usable.

    The same definitions as the survival trait of the registry: see `alsreg.clinical.survival_times`.
    """
    times = survival_of(
        tables.patients, tables.events, tables.samples, settings.entry, settings.terminal_events,
        np.datetime64(tables.freeze_date, "D"),
    )  # fmt: skip
    onset = days_of(tables.patients["onset_date"])
    return pd.DataFrame(
        {
            "onset": onset,
            "birth": days_of(tables.patients["birth_date"]),
            "start": _later(onset, times.entry_months),
            "end": _later(onset, times.exit_months),
            "is_event": times.is_event == 1,
            "event_kind": times.event_kind,
            "exclusion": times.exclusion,
        },
        index=pd.Index(tables.patients["person"].astype(str), name="person"),
    )


def with_negative_control(followed: pd.DataFrame, tables: CohortTables, column: str | None) -> pd.DataFrame:
    """The follow-up with the day of the negative-control event, and whether it happened on a day not known."""
    if column is None:
        return followed
    day, is_filled = exact_days(tables.patients, column, tables.name)
    return followed.assign(negative_control_day=day, is_negative_control_vague=is_filled & np.isnat(day))


def negative_control_times(zero: np.ndarray, times: pd.DataFrame) -> dict[str, np.ndarray]:
    """Months from `zero` to the event or the end of follow-up, and whether it is the event.

    Missing in those who had it before observation began, or on a day not known: they are not at risk of a first one.
    """
    day, start, end = (days_of(times[name]) for name in ("negative_control_day", "start", "end"))
    is_out = (day <= np.maximum(zero, start)) | times["is_negative_control_vague"].to_numpy(dtype=bool)
    happened = day <= end
    months = months_between(zero, np.where(happened, day, end))
    return {
        "negative_control_exit_months": np.where(is_out, np.nan, months),
        "is_negative_control_event": np.where(is_out, np.nan, happened),
    }


def _later(start: np.ndarray, months: np.ndarray) -> np.ndarray:
    days = np.round(np.nan_to_num(months) * DAYS_PER_MONTH).astype("timedelta64[D]")
    return np.where(np.isnan(months), UNKNOWN_DAY, start + days)


def scored_visits(tables: CohortTables) -> pd.DataFrame:
    """Visits with a total on a known day, by person and day."""
    visits = tables.visits
    known = visits["total"].notna()
    if "is_visit_date_partial" in visits.columns:
        known &= ~visits["is_visit_date_partial"].fillna(False).astype(bool)
    chosen = visits[known].assign(person=visits["person"].astype(str))
    return chosen.sort_values(["person", "visit_date"], kind="stable").reset_index(drop=True)


def visits_as_candidates(visits: pd.DataFrame, *, is_first_only: bool) -> pd.DataFrame:
    """Each visit as a possible time zero: columns person, time_zero, visit (row of `visits`)."""
    rows = pd.DataFrame(
        {"person": visits["person"], "time_zero": visits["visit_date"], "visit": np.arange(len(visits))}
    )
    return rows.drop_duplicates("person").reset_index(drop=True) if is_first_only else rows


def starts_as_candidates(persons: pd.Series, starts: np.ndarray, visits: pd.DataFrame, max_days: int) -> pd.DataFrame:
    """Treatment starts as time zero, each with the last visit of the `max_days` before it or on it (-1: none)."""
    rows = pd.DataFrame({"person": persons.astype(str), "time_zero": starts.astype("datetime64[s]")})
    rows = rows[rows["time_zero"].notna()].sort_values("time_zero", kind="stable")
    seen = pd.DataFrame({"person": visits["person"], "day": visits["visit_date"], "visit": np.arange(len(visits))})
    found = pd.merge_asof(
        rows, seen.sort_values("day", kind="stable"), left_on="time_zero", right_on="day", by="person",
        tolerance=pd.Timedelta(days=max_days),
    )  # fmt: skip
    found["visit"] = found["visit"].fillna(-1).astype(int)
    return found[["person", "time_zero", "visit"]].sort_values("person", kind="stable").reset_index(drop=True)


def baseline_columns(
    candidates: pd.DataFrame, tables: CohortTables, visits: pd.DataFrame, followed: pd.DataFrame
) -> pd.DataFrame:
    """All that is known at each candidate: of the person, of the time, of the baseline visit; in the order of `candidates`."""
    person = candidates["person"]
    zero = days_of(candidates["time_zero"])
    onset, birth = (days_of(person.map(followed[name])) for name in ("onset", "birth"))
    patient = tables.patients.assign(person=tables.patients["person"].astype(str)).set_index("person").loc[person]
    own = [name for name in patient.columns if name not in PATIENTS.column_names]
    carried = ("site", "sex", "onset_region", "el_escorial", "family_history", "reported_ancestry")
    columns = {name: _plain(patient[name]) for name in (*carried, *own) if name in patient.columns}
    region = patient["onset_region"]
    at = visits.take(candidates["visit"].clip(lower=0)) if len(visits) else visits.reindex(range(len(candidates)))
    has_visit = (candidates["visit"] >= 0).to_numpy()
    measured = {
        name: np.where(has_visit, _plain(at[name]), np.nan if pd.api.types.is_numeric_dtype(at[name]) else None)
        for name in visits.columns
        if name in (*ITEMS, "total", *_SCORES) or name not in (*VISITS.column_names, *columns)
    }
    visit_months = np.where(has_visit, months_between(onset, days_of(at["visit_date"])), np.nan)
    derived = {
        "time_zero_year": 1970.0 + (zero - np.datetime64("1970-01-01")).astype(float) / DAYS_PER_YEAR,
        "age_years": years_between(birth, zero),
        "months_since_onset": months_between(onset, zero),
        "is_bulbar_onset": region.eq("bulbar")
        .astype("Int64")
        .where(region.notna())
        .to_numpy(dtype=float, na_value=np.nan),
        "lowest_item": np.min([np.asarray(measured[item], dtype=float) for item in ITEMS], axis=0),
        "delta_fs_per_month": delta_fs(np.asarray(measured["total"], dtype=float), visit_months),
    }
    return pd.DataFrame({**columns, **measured, **derived}, index=candidates.index)


_SCORES = ("bulbar_score", "fine_motor_score", "gross_motor_score", "respiratory_score")


def _plain(values: pd.Series) -> np.ndarray:
    """Numbers and flags as floats, anything else as text with None for missing."""
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(dtype=float, na_value=np.nan)
    return values.astype("string").astype(object).where(values.notna(), None).to_numpy()
