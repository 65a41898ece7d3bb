"""Numbers of the people, registry and traits sections."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.language import gettext, noop
from alsreg.plots.people import Curve, decline, histogram, kaplan_meier
from alsreg.report.disclosure import Disclosure, disclosed_steps
from alsreg.report.model import Breakdown, Level, Picture, Quantity, RuleCount, Step, SurvivalSummary
from alsreg.report.pictures import picture
from alsreg.report.results import number
from alsreg.stats.kaplan_meier import SurvivalCurve
from alsreg.stats.kaplan_meier import kaplan_meier as estimate

AGE_BIN_YEARS = 5
DECLINE_BIN_MONTHS = 6
STEP_MONTHS = 3  # survival curves are drawn on this grid, so that no single event shows
RISK_MONTHS = 24
QUANTITIES = (
    ("age_at_onset_years", noop("age at onset"), noop("years")),
    ("delta_fs_per_month", noop("ΔFS at registration"), noop("points/month")),
    ("entry_months", noop("onset to registration"), noop("months")),
    ("n_visits", noop("ALSFRS-R visits"), noop("visits")),
)


def people_flow(
    n_registered: int,
    persons: pd.DataFrame,
    assays: Sequence[str],
    components: pd.DataFrame,
    relatedness: str = "exclude",
    carriers: tuple[Collection[str], int] | None = None,
) -> tuple[Step, ...]:
    """People from the registry to the tests; every loss is shown, for the totals give it anyway.

    `carriers` are those whom single-variant tests leave out, and the smallest number of them that is shown: unlike what befell
    samples, it is what somebody has.
    """
    ledger = persons[persons["assay"].isin(list(assays))]
    claimed = set(ledger["claimed_person"].dropna())
    usable = set(ledger.loc[ledger["is_usable"].astype(bool), "person"].dropna())
    cohort = set(components["person"])
    unrelated = people_tested(components, "exclude")

    def loss(label: str, n: int) -> tuple[tuple[str, int], ...]:
        return ((label, n),) if n else ()

    tested = (
        Step(
            gettext("Unrelated, tested"),
            len(unrelated),
            loss(gettext("relative of somebody who stays"), len(cohort - unrelated)),
        )
        if relatedness == "exclude"
        else Step(gettext("Tested, relatives among them"), len(cohort))
    )
    alone: tuple[Step, ...] = ()
    if carriers is not None:
        stay = people_tested(components, relatedness)
        n = len(stay & set(carriers[0]))
        is_hidden = 0 < n < carriers[1]
        reason = (
            gettext("carrier in a definitive gene (fewer than {n}, not shown)", n=carriers[1])
            if is_hidden
            else gettext("carrier in a definitive gene")
        )
        shown = None if is_hidden else len(stay) - n
        alone = (Step(gettext("In single-variant tests"), shown, ((reason, None if is_hidden else n),)),)
    return (
        Step(gettext("Registered"), n_registered),
        Step(gettext("With a sample on these assays"), len(claimed), loss(gettext("no sample"), n_registered - len(claimed))),
        Step(gettext("With a usable sample"), len(usable), loss(gettext("no sample passed QC and identity"), len(claimed - usable))
             + loss(gettext("established by genotype only"), len(usable - claimed))),
        Step(gettext("In the cohort"), len(cohort), loss(gettext("outside the cohort's filters"), len(usable - cohort))),
        tested,
        *alone,
    )  # fmt: skip


def people_tested(components: pd.DataFrame, relatedness: str) -> set[str]:
    """People of the cohort whom tests may use, by what is done with relatives."""
    stays = ~components["is_related"].astype(bool) if relatedness == "exclude" else slice(None)
    return set(components.loc[stays, "person"])


def rule_counts(issues: pd.DataFrame) -> tuple[RuleCount, ...]:
    """Clinical findings by rule; what was done is told per row in issues.tsv, where it may name people."""
    groups = issues.groupby(["severity", "rule"], sort=True)
    return tuple(RuleCount(str(rule), str(severity), len(rows)) for (severity, rule), rows in groups)


def breakdown(title: str, values: pd.Series, disclosure: Disclosure) -> Breakdown:
    """Counts of people by level, most frequent first, small cells hidden."""
    counts = values.astype("string").fillna("not known").value_counts()
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = disclosure.cells([int(n) for _, n in ordered], title)
    return Breakdown(title, tuple(Level(str(name), n) for (name, _), n in zip(ordered, shown, strict=True)))


def quantities(people: pd.DataFrame, disclosure: Disclosure) -> tuple[Quantity, ...]:
    """Mean, spread and quartiles of the continuous traits that enough people have."""
    found = []
    for column, title, unit in QUANTITIES:
        values = people[column].dropna().to_numpy(dtype=float)
        if disclosure.count(len(values), gettext(title)) is not None and len(values) > 1:
            lower, median, upper = np.quantile(values, [0.25, 0.5, 0.75])
            mean, sd = float(values.mean()), float(values.std(ddof=1))
            found.append(
                Quantity(
                    gettext(title), gettext(unit), len(values), mean, sd, float(median), float(lower), float(upper)
                )
            )
    return tuple(found)


def survival(people: pd.DataFrame, diagnostics: pd.Series | None, disclosure: Disclosure) -> SurvivalSummary:
    """Follow-up with delayed entry, beside what ignoring it would have said."""
    followed = people[people["exit_months"].notna() & people["entry_months"].notna() & people["is_event"].notna()]
    limits = {True: (None, None, None), False: (None, None, None)}
    if (followed["is_event"] == 1).any():
        limits = {delayed: _estimate(followed, delayed=delayed).quantile(0.5) for delayed in (True, False)}
    events = followed.loc[followed["is_event"] == 1, "event_kind"]
    excluded = people["survival_exclusion"].replace("", pd.NA).dropna()
    return SurvivalSummary(
        n=len(followed),
        n_events=disclosure.count(int((followed["is_event"] == 1).sum()), gettext("survival events")),
        events=breakdown(gettext("Events that ended follow-up"), events, disclosure) if len(events) else Breakdown("", ()),
        exclusions=breakdown(gettext("People without survival time, by reason"), excluded, disclosure)
        if len(excluded) else Breakdown("", ()),
        median_months=_finite(limits[True][0]),
        median_lower=_finite(limits[True][1]),
        median_upper=_finite(limits[True][2]),
        naive_median_months=_finite(limits[False][0]),
        entry_tau=None if diagnostics is None else number(diagnostics["entry_tau"]),
        entry_tau_p=None if diagnostics is None else number(diagnostics["entry_tau_p"]),
    )  # fmt: skip


def pictures(people: pd.DataFrame, visits: pd.DataFrame, disclosure: Disclosure) -> tuple[Picture, ...]:
    """Age at onset, survival and decline."""
    found = []
    ages = people["age_at_onset_years"].dropna().to_numpy(dtype=float)
    if len(ages):
        edges = np.arange(np.floor(ages.min() / AGE_BIN_YEARS), np.ceil(ages.max() / AGE_BIN_YEARS) + 1) * AGE_BIN_YEARS
        edges = edges if len(edges) > 1 else np.array([edges[0], edges[0] + AGE_BIN_YEARS])
        counts = disclosure.bins(np.histogram(ages, edges)[0], gettext("age at onset"))
        alt = gettext("Histogram of age at onset; mean and quartiles stand in the table.")
        found.append(picture(gettext("Age at onset"), alt, histogram(edges, counts, gettext("age at onset, years"))))
    followed = people[people["exit_months"].notna() & people["is_event"].notna()]
    if (followed["is_event"] == 1).sum() >= disclosure.min_cell:
        curve = _curve(_estimate(followed, delayed=True), followed, disclosure)
        alt = gettext("Kaplan–Meier curve with delayed entry, 95 % band and numbers at risk.")
        found.append(
            picture(gettext("Survival with delayed entry"), alt, kaplan_meier([curve], gettext("months since onset")))
        )
    months, mean, half = _mean_decline(visits, disclosure)
    if len(months):
        alt = gettext(
            "Mean ALSFRS-R total with 95 % interval by half-year; people who left follow-up are not in later means."
        )
        found.append(picture(gettext("ALSFRS-R since registration"), alt, decline(months, mean, half)))
    return tuple(found)


def _estimate(followed: pd.DataFrame, *, delayed: bool) -> SurvivalCurve:
    exit_, event = followed["exit_months"].to_numpy(dtype=float), followed["is_event"].to_numpy(dtype=float)
    entry = followed["entry_months"].to_numpy(dtype=float) if delayed else np.zeros(len(followed))
    return estimate(entry, exit_, event == 1)


def _curve(fit: SurvivalCurve, followed: pd.DataFrame, disclosure: Disclosure) -> Curve:
    """The estimate on a coarse grid from the first time at which enough people are under observation while they are, each step the
    work of none or of enough events."""
    entry = followed["entry_months"].to_numpy(dtype=float)
    exit_ = followed["exit_months"].to_numpy(dtype=float)
    grid = np.arange(0, exit_.max() + STEP_MONTHS, STEP_MONTHS, dtype=float)
    n_observed = ((entry[None, :] <= grid[:, None]) & (exit_[None, :] > grid[:, None])).sum(axis=1)
    enough = np.flatnonzero(n_observed >= disclosure.min_cell)
    inside = slice(enough[0], enough[-1] + 1) if len(enough) else slice(0, 1)
    events = exit_[followed["is_event"].to_numpy(dtype=float) == 1]
    kept = disclosed_steps(grid[inside], n_observed[inside], events, disclosure.min_cell)
    if n_left := len(grid[inside]) - len(kept):
        disclosure.hide(gettext("survival"), n_left, gettext("steps of a curve with too few events or people"))
    grid = grid[inside][kept]
    place = np.searchsorted(fit.time, grid, side="right") - 1
    steps = [np.where(place >= 0, values[np.maximum(place, 0)], 1.0) for values in (fit.survival, fit.lower, fit.upper)]
    risk_times = np.arange(0, grid[-1] + 1, RISK_MONTHS)
    at_risk = [int(((entry < time) & (exit_ >= time)).sum()) for time in risk_times]
    shown = [
        disclosure.count(n, gettext("at risk at {time} months", time=f"{time:.0f}"))
        for n, time in zip(at_risk, risk_times, strict=True)
    ]
    return Curve(gettext("all"), grid, *steps, risk_times.tolist(), shown)


def _mean_decline(visits: pd.DataFrame, disclosure: Disclosure) -> tuple[NDArray, NDArray, NDArray]:
    known = visits[visits["total"].notna() & visits["months_since_registration"].notna()]
    bins = np.floor(known["months_since_registration"].to_numpy(dtype=float) / DECLINE_BIN_MONTHS)
    groups = known["total"].astype(float).groupby(bins).agg(["size", "mean", "std"])
    people = known.groupby(bins)["person"].nunique()
    enough = people >= disclosure.min_cell
    groups = groups[enough]
    half = 1.96 * groups["std"] / np.sqrt(people[enough])
    return (groups.index.to_numpy() + 0.5) * DECLINE_BIN_MONTHS, groups["mean"].to_numpy(), half.to_numpy()


def _finite(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)
