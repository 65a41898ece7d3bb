"""Two cohorts brought to one time zero and one set of eligibility criteria, every loss counted.

The rule against immortal time: a person enters at their time zero, chosen by what is known then, and only if they are alive,
free of the event and followed afterwards. Somebody first observed later enters the risk set then (delayed entry).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.clinical.baseline import (
    CohortTables,
    baseline_columns,
    exact_days,
    follow_up,
    negative_control_times,
    scored_visits,
    starts_as_candidates,
    visits_as_candidates,
    with_negative_control,
)
from alsreg.clinical.dates import months_between
from alsreg.clinical.survival_times import NOT_AT_RISK
from alsreg.clinical.traits import days_of
from alsreg.config.control import ControlConfig, Criterion
from alsreg.config.registry import RegistryConfig
from alsreg.errors import ConfigError
from alsreg.tables.control import ALIGNED, ATTRITION, FOLLOWED


@dataclass(frozen=True)
class Aligned:
    """The tables `ALIGNED`, `FOLLOWED` and `ATTRITION`."""

    people: pd.DataFrame
    followed: pd.DataFrame
    attrition: pd.DataFrame


def align_cohorts(
    treated: CohortTables, registry: CohortTables, settings: ControlConfig, clinical: RegistryConfig
) -> Aligned:
    """Bring both cohorts to time zero.

    Raises
    ------
    ConfigError
        A column that the settings name is in one of the cohorts not to be found.
    InputError
        The column of treatment starts is absent or unreadable.
    """
    starts, _ = exact_days(treated.patients, settings.treated_time_zero, treated.name)
    twins = _same_people(registry.patients, treated.patients)
    parts = []
    for tables, is_treated in ((treated, True), (registry, False)):
        followed, visits = follow_up(tables, clinical), scored_visits(tables)
        followed = with_negative_control(followed, tables, settings.negative_control_event)
        if is_treated:
            candidates = starts_as_candidates(
                tables.patients["person"], starts, visits, settings.max_days_before_time_zero
            )
            unusable = None
        else:
            is_first = settings.registry_time_zero == "first_visit"
            candidates = visits_as_candidates(visits, is_first_only=is_first)
            followed, unusable = _end_at_treatment(tables, followed, candidates, settings)
        known = baseline_columns(candidates, tables, visits, followed)
        _require_columns(known, settings, tables.name)
        filter_ = _Filter(tables, candidates, followed, is_treated)
        filter_.start(clinical.terminal_events, twins, unusable)
        filter_.judge(known, settings)
        parts.append(_rows(filter_, known, visits, settings))
    people, followed, attrition = (pd.concat(tables, ignore_index=True) for tables in zip(*parts, strict=True))
    return Aligned(ALIGNED.conform(people), FOLLOWED.conform(followed), ATTRITION.conform(attrition))


def named_columns(settings: ControlConfig) -> list[str]:
    """Baseline columns that the settings name, each once."""
    names = [criterion.column for criterion in settings.eligibility] + list(settings.covariates)
    return list(dict.fromkeys([*names, *([settings.negative_control] if settings.negative_control else [])]))


def _same_people(patients: pd.DataFrame, others: pd.DataFrame) -> set[str]:
    """Persons of `patients` with the sex and the whole birth and onset dates of one of `others`."""
    keys = ["sex", "birth_date", "onset_date"]
    found = []
    for table in (patients, others):
        partial = table[["is_birth_date_partial", "is_onset_date_partial"]].fillna(True).astype(bool).any(axis=1)
        found.append(table.loc[~partial, [*keys, "person"]].dropna(subset=keys))
    return set(found[0].merge(found[1][keys].drop_duplicates(), on=keys)["person"].astype(str))


def _end_at_treatment(
    tables: CohortTables, followed: pd.DataFrame, candidates: pd.DataFrame, settings: ControlConfig
) -> tuple[pd.DataFrame, NDArray[np.bool_] | None]:
    """Controls are followed until they start the treatment, where it is recorded; candidates at or after it are unusable."""
    if settings.registry_treatment_start is None:
        return followed, None
    day, is_filled = exact_days(tables.patients, settings.registry_treatment_start, tables.name)
    starts = pd.Series(day, index=followed.index)
    # A start whose day is not known may have been before any visit: such people are no controls.
    vague = pd.Series(is_filled & np.isnat(day), index=followed.index)
    is_earlier = (starts < followed["end"]).to_numpy()
    followed = followed.assign(
        end=followed["end"].where(~is_earlier, starts),
        is_event=followed["is_event"] & ~is_earlier,
        event_kind=followed["event_kind"].where(~is_earlier, ""),
    )
    person = candidates["person"]
    started = (person.map(starts) <= candidates["time_zero"]).to_numpy() | person.map(vague).to_numpy(dtype=bool)
    return followed, started


class _Filter:
    """Candidates of a cohort that pass one step after the other, and the account of persons."""

    def __init__(
        self, tables: CohortTables, candidates: pd.DataFrame, followed: pd.DataFrame, is_treated: bool
    ) -> None:
        self.candidates, self.followed, self.is_treated = candidates, followed, is_treated
        self.passes = np.ones(len(candidates), dtype=bool)
        self.account: list[dict[str, object]] = []
        self._note("registered", len(tables.patients), 0, 0)
        n_known = candidates["person"].nunique()
        step = "treatment start known to the day" if is_treated else "visit with an ALSFRS-R total"
        self._note(step, n_known, 0, len(tables.patients) - n_known)

    def start(self, terminal: list[str], twins: set[str], unusable: NDArray[np.bool_] | None) -> None:
        """Steps that do not depend on criteria."""
        person = self.candidates["person"]
        if not self.is_treated:
            self.step("not in the treated cohort", ~person.isin(twins).to_numpy())
            if unusable is not None:
                self.step("not yet treated at time zero", ~unusable)
        times = self.followed.loc[person]
        zero, onset, start, end = (
            days_of(values) for values in (self.candidates["time_zero"], times["onset"], times["start"], times["end"])
        )
        reason = times["exclusion"].to_numpy()
        is_known = (reason == "") | (reason == NOT_AT_RISK)
        self.step("follow-up known", is_known, ~is_known)
        self.step("time zero after onset", zero > onset)
        self.step(
            f"free of {events_in_words(terminal)}, and followed after time zero",
            (reason == "") & (end > zero) & (end > start),
        )
        has_visit = (self.candidates["visit"] >= 0).to_numpy()
        self.step("ALSFRS-R at baseline", has_visit, ~has_visit)

    def judge(self, known: pd.DataFrame, settings: ControlConfig) -> None:
        """Criteria in order, then what the comparison needs."""
        for criterion in settings.eligibility:
            self.step(describe_criterion(criterion), *_meets(known[criterion.column], criterion))
        complete = known[settings.covariates].notna().all(axis=1).to_numpy()
        self.step("covariates known", complete, ~complete)

    def step(self, name: str, passes: NDArray[np.bool_], unknown: NDArray[np.bool_] | None = None) -> None:
        """A person stays while one of their candidates does; of the lost, those with an unknown value are told apart."""
        person = self.candidates["person"]
        before = self.passes
        self.passes = before & passes
        stay = set(person[self.passes])
        lost = set(person[before]) - stay
        doubtful = set() if unknown is None else lost & set(person[before & unknown])
        self._note(name, len(stay), len(lost) - len(doubtful), len(doubtful))

    def chosen(self) -> NDArray[np.int64]:
        """Row of each person's first candidate that passed everything."""
        rows = self.candidates[self.passes].sort_values(["person", "time_zero"], kind="stable")
        return rows.drop_duplicates("person").index.to_numpy()

    def _note(self, step: str, n: int, n_failed: int, n_unknown: int) -> None:
        cohort = "treated" if self.is_treated else "control"
        self.account.append(
            {"cohort": cohort, "step": step, "n_persons": n, "n_failed": n_failed, "n_unknown": n_unknown}
        )


def _meets(values: pd.Series, criterion: Criterion) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each value meets the criterion, and whether it is unknown."""
    unknown = values.isna().to_numpy()
    if criterion.values is not None:
        return values.map(_as_text).isin(criterion.values).to_numpy() & ~unknown, unknown
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
    if np.isnan(numbers[~unknown]).any():
        raise ConfigError(
            "bounds on a column that holds text", where=f"key control.eligibility, column {criterion.column}",
            value=values[~unknown].iloc[0], remedy="give the admitted `values` instead",
        )  # fmt: skip
    low = -np.inf if criterion.min is None else criterion.min
    high = np.inf if criterion.max is None else criterion.max
    with np.errstate(invalid="ignore"):
        return (numbers >= low) & (numbers <= high), unknown


def events_in_words(events: Sequence[str]) -> str:
    """``death, tracheostomy or NIV ≥ 23 h/day``."""
    names = {"niv_23h": "NIV ≥ 23 h/day", "niv": "NIV"}
    words = [names.get(event, event.replace("_", " ")) for event in events]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def column_in_words(column: str) -> str:
    """A baseline column as people call it; ``sex=F`` names one level of a column."""
    name, *level = column.split("=", 1)
    words = _LABELS.get(name, name.removeprefix("is_").replace("_", " "))
    return f"{words}: {level[0]}" if level else words


_LABELS = {
    "age_years": "age, years",
    "months_since_onset": "time since onset, months",
    "total": "ALSFRS-R total",
    "lowest_item": "lowest ALSFRS-R item",
    "delta_fs_per_month": "ΔFS, points/month",
    "time_zero_year": "calendar year",
    "el_escorial": "El Escorial category",
}


def _as_text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def describe_criterion(criterion: Criterion) -> str:
    """A criterion in words."""
    name = column_in_words(criterion.column)
    if criterion.values is not None:
        return f"{name}: {', '.join(criterion.values)}"
    if criterion.min is None or criterion.max is None:
        return f"{name} ≤ {criterion.max:g}" if criterion.min is None else f"{name} ≥ {criterion.min:g}"
    return f"{name}: {criterion.min:g} to {criterion.max:g}"


def _require_columns(known: pd.DataFrame, settings: ControlConfig, cohort: str) -> None:
    absent = [name for name in named_columns(settings) if name not in known.columns]
    if absent:
        raise ConfigError(
            f"the {cohort} has no baseline column {', '.join(absent)}", where="section control",
            remedy=f"known are: {', '.join(sorted(known.columns))}",
        )  # fmt: skip


def _rows(
    filter_: _Filter, known: pd.DataFrame, visits: pd.DataFrame, settings: ControlConfig
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """People, their visits and the account of one cohort."""
    rows = filter_.chosen()
    chosen = filter_.candidates.loc[rows]
    times = filter_.followed.loc[chosen["person"]]
    zero = days_of(chosen["time_zero"])
    entry, exit_ = (months_between(zero, days_of(times[name])) for name in ("start", "end"))
    people = pd.DataFrame(
        {
            "person": chosen["person"].to_numpy(),
            "is_treated": filter_.is_treated,
            "time_zero": chosen["time_zero"].to_numpy(),
            "entry_months": np.maximum(entry, 0.0),
            "exit_months": exit_,
            "is_event": times["is_event"].astype(int).to_numpy(),
            "event_kind": pd.Series(times["event_kind"].to_numpy(), dtype="string").replace("", pd.NA),
        }
    )
    always = [column.name for column in ALIGNED.columns if column.is_required and column.name not in people.columns]
    wanted = list(dict.fromkeys([*always, *named_columns(settings)]))
    if settings.negative_control_event is not None:
        people = people.assign(**negative_control_times(zero, times))
    people = pd.concat([people, known.loc[rows, wanted].reset_index(drop=True)], axis=1)
    joined = visits[["person", "visit_date", "total"]].merge(
        pd.DataFrame({"person": people["person"], "zero": zero, "exit": exit_, "visit": chosen["visit"].to_numpy()}),
        on="person",
    )
    joined["months"] = months_between(days_of(joined["zero"]), days_of(joined["visit_date"]))
    is_baseline = days_of(joined["visit_date"]) == days_of(
        visits["visit_date"].take(joined["visit"]).reset_index(drop=True)
    )
    last = max(settings.decline_months, settings.change_months + settings.change_window_months)
    is_after = (joined["months"] > 0) & (joined["months"] <= np.minimum(joined["exit"], last))
    followed = joined.loc[is_baseline | is_after, ["person", "months", "total"]].assign(is_treated=filter_.is_treated)
    return people, followed, pd.DataFrame(filter_.account)
