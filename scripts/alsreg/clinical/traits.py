"""Traits and stages from the checked tables of the registry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from alsreg.clinical.alsfrs import DOMAINS, delta_fs
from alsreg.clinical.dates import months_between, years_between
from alsreg.clinical.staging import DEATH, NOT_ASSESSABLE, kings_stage, mitos_stage
from alsreg.clinical.survival_times import SurvivalTimes, survival_times
from alsreg.config.registry import RegistryConfig
from alsreg.tables.registry import ITEMS, PATIENTS, PHENOTYPES, STAGES

# Events that are one cause, competing with death.
VENTILATION = ("tracheostomy", "niv_23h", "niv")
# Column of the predicted slope: score of the visits table.
SLOPES = {"slope_blup_per_month": "total"} | {f"{domain}_slope_blup_per_month": f"{domain}_score" for domain in DOMAINS}


def derive_phenotypes(
    patients: pd.DataFrame,
    visits: pd.DataFrame,
    events: pd.DataFrame,
    samples: pd.DataFrame,
    slopes: pd.DataFrame,
    settings: RegistryConfig,
    freeze_date: date,
) -> pd.DataFrame:
    """One row per person in the order of `patients`: the table `PHENOTYPES`, with your own columns.

    `slopes` has the columns of `SLOPES` and persons as index.
    """
    person = patients["person"]
    scored = visits[visits["total"].notna()]
    terminal = settings.terminal_events
    times = survival_of(patients, events, samples, settings.entry, terminal, np.datetime64(freeze_date, "D"))
    lifetime = survival_of(patients, events, samples, settings.entry, ["death"], np.datetime64(freeze_date, "D"))
    kind = pd.Series(times.event_kind, dtype="string").replace("", pd.NA)
    region = patients["onset_region"]
    frame = pd.DataFrame(
        {
            "person": person,
            "sex": patients["sex"],
            "site": patients["site"],
            "age_at_onset_years": years_between(days_of(patients["birth_date"]), days_of(patients["onset_date"])),
            "delta_fs_per_month": person.map(_delta_fs(scored, patients, settings.max_registration_visit_days)),
            **{name: person.map(slopes[name]).astype(float) for name in SLOPES},
            "entry_months": times.entry_months,
            "exit_months": times.exit_months,
            "is_event": times.is_event,
            "event_kind": kind,
            "event_cause": kind.where(~kind.isin(VENTILATION), "ventilation"),
            "death_entry_months": lifetime.entry_months,
            "death_exit_months": lifetime.exit_months,
            "is_death": lifetime.is_event,
            "onset_region": region,
            "is_bulbar_onset": region.eq("bulbar").astype("Int64").where(region.notna()),
            "n_visits": person.map(scored["person"].value_counts()).fillna(0),
            "survival_exclusion": times.exclusion,
        }
    )
    carried = [name for name in ("reported_ancestry", "family_history") if name in patients.columns]
    own = [name for name in patients.columns if name not in PATIENTS.column_names]
    return PHENOTYPES.conform(frame.assign(**{name: patients[name] for name in carried + own}))


def derive_stages(patients: pd.DataFrame, visits: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """King's and MiToS stages at visits with a known time since onset, and 5 at death: the table `STAGES`."""
    known = visits[visits["months_since_onset"].notna()]
    items = known[list(ITEMS)].to_numpy(dtype=float, na_value=np.nan)
    at_visits = pd.DataFrame(
        {
            "person": known["person"],
            "months": known["months_since_onset"],
            "kings": _stage_names(kings_stage(items, gastrostomy_at(known, events))),
            "mitos": _stage_names(mitos_stage(items)),
        }
    )
    deaths = events[events["event"] == "death"]
    onset = deaths["person"].map(patients.set_index("person")["onset_date"])
    at_death = pd.DataFrame(
        {
            "person": deaths["person"],
            "months": months_between(days_of(onset), days_of(deaths["event_date"])),
            "kings": str(DEATH),
            "mitos": str(DEATH),
        }
    ).dropna(subset="months")
    stages = pd.concat([at_visits, at_death], ignore_index=True)
    return STAGES.conform(stages.sort_values(["person", "months"], kind="stable"))


def survival_of(
    patients: pd.DataFrame, events: pd.DataFrame, samples: pd.DataFrame, entry: str, terminal: Sequence[str],
    freeze_date: np.datetime64,
) -> SurvivalTimes:  # fmt: skip
    """Delayed-entry times to the first of the `terminal` events; whatever else happens does not end follow-up."""
    person = patients["person"]
    first = events.pivot_table(index="person", columns="event", values="event_date", aggfunc="min")
    happened = {
        kind: days_of(person.map(first[kind]))
        if kind in first.columns
        else np.full(len(person), np.datetime64("NaT", "D"))
        for kind in (*terminal, "last_contact")
    }
    unusable = patients["unusable_events"].fillna("").str.split("+")
    doubtful = {*terminal, "unknown"}
    return survival_times(
        onset=days_of(patients["onset_date"]),
        entry=observation_start(patients, samples, entry),
        events={kind: happened[kind] for kind in terminal},
        last_contact=happened["last_contact"],
        freeze_date=freeze_date,
        has_unusable_event=np.array([bool(doubtful.intersection(kinds)) for kinds in unusable], dtype=bool),
    )


def observation_start(patients: pd.DataFrame, samples: pd.DataFrame, entry: str) -> np.ndarray:
    """Registration, or the last DNA sampling if that is later and counts."""
    registration = days_of(patients["registration_date"])
    if entry == "registration" or "dna_date" not in samples.columns:
        return registration
    # ASSUME of several samples the last: entering later than necessary loses follow-up and biases nothing.
    dna = days_of(patients["person"].map(samples.groupby("person")["dna_date"].max()))
    return np.where(np.isnat(registration), registration, np.fmax(registration, dna))


def _delta_fs(scored: pd.DataFrame, patients: pd.DataFrame, max_days: int) -> pd.Series:
    """Progression rate by person, from the first visit with a total within `max_days` of registration."""
    registration = scored["person"].map(patients.set_index("person")["registration_date"])
    days = (scored["visit_date"] - registration).dt.days
    first = scored[(days >= 0) & (days <= max_days)].sort_values(["person", "visit_date"], kind="stable")
    first = first.drop_duplicates("person")
    rate = delta_fs(first["total"].to_numpy(), first["months_since_onset"].to_numpy())
    return pd.Series(rate, index=first["person"].to_numpy())


def gastrostomy_at(visits: pd.DataFrame, events: pd.DataFrame) -> np.ndarray:
    """1 where a gastrostomy is recorded by the day of the visit, 0 where its absence is, else NaN."""
    recorded = np.full(len(visits), np.nan)
    if "has_gastrostomy" in visits.columns:
        recorded = visits["has_gastrostomy"].to_numpy(dtype=float, na_value=np.nan)
    placed = events[events["event"] == "gastrostomy"].groupby("person")["event_date"].min()
    is_placed = (visits["person"].map(placed) <= visits["visit_date"]).to_numpy(dtype=bool)
    return np.where(is_placed & np.isnan(recorded), 1.0, recorded)


def _stage_names(stages: np.ndarray) -> np.ndarray:
    return np.where(stages == NOT_ASSESSABLE, "not assessable", stages.astype(str)).astype(object)


def days_of(values: pd.Series) -> np.ndarray:
    """Dates as ``datetime64[D]``."""
    return pd.to_datetime(values).to_numpy(dtype="datetime64[s]").astype("datetime64[D]")
