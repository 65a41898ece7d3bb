"""How well each hospital fills the registry: completeness, delays, visits kept."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from alsreg.clinical.dates import DAYS_PER_MONTH
from alsreg.tables.registry import QUALITY

ALL_SITES = "all"
_CORE = ("birth_date", "onset_date", "registration_date", "sex", "onset_region")


def registry_quality(
    patients: pd.DataFrame,
    visits: pd.DataFrame,
    events: pd.DataFrame,
    issues: pd.DataFrame,
    freeze_date: date,
    visit_interval_months: float,
) -> pd.DataFrame:
    """One row for all hospitals, then one per hospital by name, then people without one: the table `QUALITY`."""
    people = _people(patients, visits, events, issues, np.datetime64(freeze_date, "D"), visit_interval_months)
    delays = _visit_delays(visits, visit_interval_months)
    by_site = people.groupby("site", dropna=False, sort=True)
    parts = [_summary(people, ALL_SITES, delays)] + [_summary(part, site, delays) for site, part in by_site]
    return QUALITY.conform(pd.DataFrame(parts))


def _visit_delays(visits: pd.DataFrame, interval: float) -> pd.Series:
    """Months from the nearest day due to each visit, without those at registration; the index is the person."""
    months = visits["months_since_registration"]
    window = (months / interval + 0.5).floordiv(1)
    return (months - window * interval)[window >= 1].set_axis(visits["person"][window >= 1])


def _people(
    patients: pd.DataFrame,
    visits: pd.DataFrame,
    events: pd.DataFrame,
    issues: pd.DataFrame,
    freeze_date: np.datetime64,
    interval: float,
) -> pd.DataFrame:
    """What is counted, person by person."""
    person = patients["person"]
    death, contact = (
        _last(events[events["event"] == kind], "event_date", person) for kind in ("death", "last_contact")
    )
    visit = _last(visits, "visit_date", person)
    news = pd.concat([death, contact, visit], axis=1).max(axis=1)
    end = pd.concat([death, news.where(death.isna())], axis=1).min(axis=1).clip(upper=pd.Timestamp(freeze_date))
    # ASSUME that a ventilated person is no longer expected at ALSFRS-R visits.
    ventilated = events[events["event"].isin(["tracheostomy", "niv_23h"])].groupby("person")["event_date"].min()
    stop = pd.concat([end, person.map(ventilated)], axis=1).min(axis=1)
    planned, kept = _planned_and_kept(patients, visits, stop, interval)
    by_person = visits.groupby("person")["total"]
    severity = pd.crosstab(issues["person"], issues["severity"])
    diagnosis = (
        patients["diagnosis_date"] if "diagnosis_date" in patients.columns else pd.Series(pd.NaT, index=patients.index)
    )
    return pd.DataFrame({
        "person": person,
        "site": patients["site"],
        "is_complete": patients[list(_CORE)].notna().all(axis=1),
        "n_visits": person.map(by_person.size()).fillna(0),
        "n_scored": person.map(by_person.count()).fillna(0),
        "has_follow_up_end": death.notna() | contact.notna(),
        "onset_to_diagnosis": _months(patients["onset_date"], diagnosis),
        "onset_to_registration": _months(patients["onset_date"], patients["registration_date"]),
        "silence": _months(news, pd.Series(pd.Timestamp(freeze_date), index=patients.index)).where(death.isna()),
        "n_planned": planned, "n_kept": kept,
        **{f"n_{kind}s": person.map(severity[kind]).fillna(0) if kind in severity else 0.0 for kind in ("error", "warning")},
    })  # fmt: skip


def _planned_and_kept(
    patients: pd.DataFrame, visits: pd.DataFrame, stop: pd.Series, interval: float
) -> tuple[np.ndarray, np.ndarray]:
    """Visits planned every `interval` months from registration to `stop`, and those with a visit within half an interval."""
    observed = _months(patients["registration_date"], stop).to_numpy(dtype=float)
    planned = np.where(observed >= 0, np.floor(np.where(observed >= 0, observed, 0) / interval) + 1, np.nan)
    window = (visits["months_since_registration"] / interval + 0.5).floordiv(1)
    last = visits["person"].map(pd.Series(planned - 1, index=patients["person"]))
    held = visits.assign(window=window)[(window <= last).to_numpy()].drop_duplicates(["person", "window"])
    kept = patients["person"].map(held["person"].value_counts()).fillna(0).to_numpy(dtype=float)
    return planned, np.where(np.isnan(planned), np.nan, kept)


def _summary(people: pd.DataFrame, site: object, delays: pd.Series) -> dict[str, object]:
    n_visits, n_planned = people["n_visits"].sum(), people["n_planned"].sum()
    return {
        "site": site,
        "n_persons": len(people),
        "n_visits": n_visits,
        "complete_fraction": people["is_complete"].mean(),
        "with_visit_fraction": (people["n_visits"] > 0).mean(),
        "scored_visit_fraction": people["n_scored"].sum() / n_visits if n_visits else np.nan,
        "known_end_fraction": people["has_follow_up_end"].mean(),
        "median_onset_to_diagnosis_months": _median(people["onset_to_diagnosis"]),
        "median_onset_to_registration_months": _median(people["onset_to_registration"]),
        "median_months_without_news": _median(people["silence"]),
        "n_visits_planned": n_planned,
        "visit_adherence": people["n_kept"].sum() / n_planned if n_planned else np.nan,
        "median_visit_delay_months": _median(delays[delays.index.isin(people["person"])]),
        "n_errors": people["n_errors"].sum(),
        "n_warnings": people["n_warnings"].sum(),
    }


def _median(values: pd.Series) -> float:
    return values.median() if values.notna().any() else np.nan


def _last(table: pd.DataFrame, column: str, person: pd.Series) -> pd.Series:
    return pd.to_datetime(person.map(table.groupby("person")[column].max()))


def _months(start: pd.Series, end: pd.Series) -> pd.Series:
    return (pd.to_datetime(end) - pd.to_datetime(start)).dt.days / DAYS_PER_MONTH
