"""A treated cohort against controls from the registry: balance, survival, decline, and how far to believe it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.config.control import ControlConfig
from alsreg.engines.groups_compared import (
    ESTIMATED,
    Analyses,
    Analysis,
    covariate_matrix,
    make_comparable,
    refuse_negative_control,
)
from alsreg.engines.outcomes import (
    Contrast,
    FollowUp,
    Outcome,
    among_known,
    decline,
    mean_difference,
)
from alsreg.engines.score_change import FATES, ScoreChange, change_difference, score_change
from alsreg.errors import AnalysisError
from alsreg.stats.balance import balance, pooled_spread
from alsreg.stats.cox_tests import two_sided
from alsreg.stats.e_value import e_value, risk_ratio_of_hazard_ratio
from alsreg.stats.mixed_fit import sum_visits
from alsreg.stats.null import Z_95
from alsreg.stats.propensity import (
    clustered_error,
    effective_n,
    fit_propensity,
    influence_of,
    propensity_weights,
)
from alsreg.stats.weighted_slopes import slope_model
from alsreg.stats.weighted_survival import log_log_limits
from alsreg.tables.control import BALANCE, COMPARISON, CURVES, EFFECTS, SCORE_CHANGE, SCORES

log = logging.getLogger(__name__)

GRID_MONTHS = 3.0
EXPLAINED = ("hazard_ratio", "hazard_ratio_since_onset")  # ratios with an E-value
RATIOS = (*EXPLAINED, "negative_control_hazard_ratio")
# With fewer events, a negative control says nothing either way.
MIN_NEGATIVE_EVENTS = 10
# Above this share of people with the event, a hazard ratio is no longer close to a risk ratio.
COMMON_EVENT = 0.15
MAX_FAILED_SAMPLES = 0.05


@dataclass(frozen=True)
class Compared:
    """The tables of `alsreg.tables.control` that the comparison makes."""

    scores: pd.DataFrame
    balance: pd.DataFrame
    comparison: pd.DataFrame
    effects: pd.DataFrame
    score_change: pd.DataFrame
    curves: pd.DataFrame


def compare(people: pd.DataFrame, visits: pd.DataFrame, settings: ControlConfig) -> Compared:
    """Compare the people of `ALIGNED`, with their `visits` of `FOLLOWED`.

    Raises
    ------
    AnalysisError
        A cohort has nobody left. What cannot be estimated otherwise is a status in the tables, with the reason.
    """
    analyses = make_comparable(people, settings)
    times = FollowUp(
        people["entry_months"].to_numpy(dtype=float), people["exit_months"].to_numpy(dtype=float),
        people["is_event"].to_numpy(dtype=float) == 1, people["is_treated"].to_numpy(dtype=bool),
    )  # fmt: skip
    row = _rows_of(people, visits)
    change = score_change(people, visits, row, settings)
    outcomes = {
        **_survival(people, times, settings),
        **_scores_over_time(people, visits, row, change, settings),
        **_negative_controls(people, times, settings),
    }
    effects, curves = [], []
    for analysis in analyses:
        for measure, outcome in outcomes.items():
            effects.append(
                {"analysis": analysis.name, "measure": measure} | _effect(analysis, measure, outcome, times, settings)
            )
        if analysis.status == ESTIMATED:
            curves += _curves(analysis, times, settings.horizon_months)
    summary = _balance(people, analyses, settings)
    return Compared(
        scores=SCORES.conform(_scores(people, analyses)),
        balance=BALANCE.conform(summary),
        comparison=COMPARISON.conform(pd.DataFrame([_count(a, times, summary) for a in analyses])),
        effects=EFFECTS.conform(pd.DataFrame(effects)),
        score_change=SCORE_CHANGE.conform(_fates(analyses, change, times.is_treated)),
        curves=CURVES.conform(pd.DataFrame(curves, columns=CURVES.column_names)),
    )


def _rows_of(people: pd.DataFrame, visits: pd.DataFrame) -> NDArray[np.int64]:
    """Place of each visit's person; a person is told by cohort and identifier."""
    index = pd.MultiIndex.from_frame(people[["is_treated", "person"]])
    return index.get_indexer(pd.MultiIndex.from_frame(visits[["is_treated", "person"]]))


# Each measure is a function of the analysis: variances of the mixed model come from its own people.
Measures = dict[str, Callable[[Analysis], Outcome]]


def _survival(people: pd.DataFrame, times: FollowUp, settings: ControlConfig) -> Measures:
    onset = people["months_since_onset"].to_numpy(dtype=float)
    return {
        "hazard_ratio": lambda _: times.log_hazard_ratio,
        "hazard_ratio_since_onset": lambda _: times.shifted(onset).log_hazard_ratio,
        "restricted_mean_difference": lambda _: times.restricted_mean(settings.horizon_months),
    }


def _scores_over_time(
    people: pd.DataFrame, visits: pd.DataFrame, row: NDArray[np.int64], change: ScoreChange, settings: ControlConfig
) -> Measures:
    """Change at a month, and slope."""
    treated = people["is_treated"].to_numpy(dtype=bool)
    total, months = (visits[name].to_numpy(dtype=float) for name in ("total", "months"))
    counts = months <= settings.decline_months
    sums = sum_visits(total[counts], months[counts], row[counts], len(people))

    def declining(analysis: Analysis) -> Outcome:
        rows = analysis.people
        part = sums.of(rows)
        model, place = slope_model(part, treated[rows]), np.full(len(people), -1)
        place[rows] = np.arange(len(rows))
        outcome = decline(model)
        return lambda chosen, weights: outcome(place[chosen], weights)

    return {
        "score_change_difference": lambda _: change_difference(
            change.composite, change, treated, settings.min_effective_n
        ),
        "score_change_difference_while_free": lambda _: change_difference(
            change.while_free, change, treated, settings.min_effective_n
        ),
        "decline_difference": declining,
    }


def _negative_controls(people: pd.DataFrame, times: FollowUp, settings: ControlConfig) -> Measures:
    """What the treatment cannot have changed: a baseline value, and the time to an event."""
    found: Measures = {}
    if settings.negative_control is not None:
        refuse_negative_control(people, settings.negative_control)
        values = people[settings.negative_control].to_numpy(dtype=float, na_value=np.nan)
        mean = mean_difference(values, times.is_treated)
        found["negative_control_difference"] = lambda _: among_known(mean, ~np.isnan(values), times.is_treated, 2)
    if settings.negative_control_event is not None:
        exit_ = people["negative_control_exit_months"].to_numpy(dtype=float, na_value=np.nan)
        happened = people["is_negative_control_event"].to_numpy(dtype=float, na_value=np.nan) == 1
        other = FollowUp(times.entry, exit_, happened, times.is_treated)

        def ratio(chosen: NDArray[np.int64], weights: NDArray[np.float64]) -> Contrast:
            if happened[chosen].sum() < MIN_NEGATIVE_EVENTS:
                raise AnalysisError(f"fewer than {MIN_NEGATIVE_EVENTS} people had the event")
            return other.log_hazard_ratio(chosen, weights)

        found["negative_control_hazard_ratio"] = lambda _: among_known(
            ratio, ~np.isnan(exit_), times.is_treated, settings.min_effective_n
        )
    return found


def _fates(analyses: Analyses, change: ScoreChange, treated: NDArray[np.bool_]) -> pd.DataFrame:
    """What became of the people by the month of the change."""
    return pd.DataFrame([
        {"analysis": analysis.name, "cohort": cohort}
        | {f"n_{fate}": int((change.fate[analysis.people[treated[analysis.people] == is_treated]] == fate).sum()) for fate in FATES}
        for analysis in analyses for is_treated, cohort in ((True, "treated"), (False, "control"))
    ])  # fmt: skip


def _effect(
    analysis: Analysis,
    measure: str,
    outcome_of: Callable[[Analysis], Outcome],
    times: FollowUp,
    settings: ControlConfig,
) -> dict[str, object]:
    """A row of `EFFECTS` without its names."""
    if analysis.status != ESTIMATED:
        return {"status": analysis.status}
    try:
        outcome = outcome_of(analysis)
        contrast = outcome(analysis.people, analysis.weights.value)
        error = _standard_error(analysis, outcome, contrast, times.is_treated[analysis.people], settings)
    except AnalysisError as problem:
        return {"status": f"not estimable: {problem.problem}"}
    limits = np.array([contrast.value, contrast.value - Z_95 * error, contrast.value + Z_95 * error])
    shown = np.exp(limits) if measure in RATIOS else limits
    row = {
        "status": ESTIMATED, "estimate": shown[0], "standard_error": error, "lower": shown[1], "upper": shown[2],
        "p_value": float(two_sided(np.array(contrast.value / error))),
        "value_treated": contrast.treated, "value_control": contrast.control,
    }  # fmt: skip
    if measure in EXPLAINED:
        is_common = times.is_event[analysis.people].mean() > COMMON_EVENT
        ratios = [risk_ratio_of_hazard_ratio(ratio) for ratio in shown] if is_common else shown
        row["e_value"], row["e_value_limit"] = e_value(*ratios)
    return row


def _standard_error(
    analysis: Analysis, outcome: Outcome, contrast: Contrast, treated: NDArray[np.bool_], settings: ControlConfig
) -> float:
    """By sandwich; by bootstrap where settings ask for it, but not of pairs (Abadie & Imbens 2008)."""
    if settings.variance == "sandwich" or analysis.name == "matched":
        influence = influence_of(contrast.derivative, analysis.weights, analysis.propensity) + contrast.beside
        return clustered_error(influence, analysis.cluster)
    return _bootstrap_error(analysis, outcome, treated, settings)


def _bootstrap_error(
    analysis: Analysis, outcome: Outcome, treated: NDArray[np.bool_], settings: ControlConfig
) -> float:
    """Standard deviation over samples of people drawn within cohorts; the score is fitted anew in each."""
    rng = np.random.default_rng(settings.seed)
    propensity, values = analysis.propensity, []
    groups = [np.flatnonzero(treated), np.flatnonzero(~treated)]
    for _ in range(settings.n_bootstrap):
        drawn = np.concatenate([rng.choice(group, len(group)) for group in groups])
        try:
            weights = np.ones(len(drawn))
            if propensity is not None:
                refit = fit_propensity(propensity.design[drawn, 1:], treated[drawn])
                weights = propensity_weights(refit, settings.estimand).value
            values.append(outcome(analysis.people[drawn], weights).value)
        except AnalysisError:
            continue
    n_failed = settings.n_bootstrap - len(values)
    if n_failed > MAX_FAILED_SAMPLES * settings.n_bootstrap:
        raise AnalysisError(f"{n_failed} of {settings.n_bootstrap} bootstrap samples have no estimate")
    return float(np.std(values, ddof=1))


def _curves(analysis: Analysis, times: FollowUp, horizon: float) -> list[dict[str, object]]:
    """Both groups on a grid from time zero to past the horizon, with limits by sandwich."""
    rows: list[dict[str, object]] = []
    grid = np.arange(0.0, horizon + GRID_MONTHS, GRID_MONTHS)
    for treated, cohort in ((True, "treated"), (False, "control")):
        try:
            curve, inside = times.curve(analysis.people, analysis.weights.value, treated=treated)
        except AnalysisError as problem:
            log.warning("no curve of the %s analysis, %s: %s", analysis.name, cohort, problem)
            continue
        entry, exit_ = (values[analysis.people[inside]] for values in (times.entry, times.exit))
        survival, errors = curve.at(grid), np.zeros(len(grid))
        for place, month in enumerate(grid):
            derivative = np.zeros(len(analysis.people))
            derivative[inside] = curve.derivative_at(month)
            errors[place] = clustered_error(
                influence_of(derivative, analysis.weights, analysis.propensity), analysis.cluster
            )
        lower, upper = log_log_limits(survival, errors, Z_95)
        at_risk = ((entry <= grid[:, None]) & (exit_ > grid[:, None])).sum(axis=1)
        columns = zip(grid, survival, lower, upper, at_risk, strict=True)
        rows += [{"analysis": analysis.name, "cohort": cohort} | dict(zip(CURVES.column_names[2:], row, strict=True)) for row in columns]  # fmt: skip
    return rows


def _balance(people: pd.DataFrame, analyses: Analyses, settings: ControlConfig) -> pd.DataFrame:
    """Covariates of the score first, then calendar time, which cohorts from different years cannot share."""
    treated = people["is_treated"].to_numpy(dtype=bool)
    matrix, names = covariate_matrix(people, settings.covariates)
    if "time_zero_year" not in settings.covariates:
        matrix = np.column_stack([matrix, people["time_zero_year"].to_numpy(dtype=float)])
        names = [*names, "time_zero_year"]
    spread = pooled_spread(matrix, treated)
    parts = []
    for analysis in analyses:
        if analysis.status == ESTIMATED:
            rows = analysis.people
            found = balance(matrix[rows], treated[rows], analysis.weights.value, spread)
            parts.append(pd.DataFrame({
                "analysis": analysis.name, "covariate": names,
                "is_in_score": [name.split("=")[0] in settings.covariates for name in names],
                "mean_treated": found.mean_treated, "mean_control": found.mean_control,
                "standardised_difference": found.difference,
            }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _scores(people: pd.DataFrame, analyses: Analyses) -> pd.DataFrame:
    weight, pair = np.full(len(people), np.nan), np.full(len(people), np.nan)
    weight[analyses.weighted.people] = analyses.weighted.weights.value
    pair[analyses.matched.people] = analyses.matched.cluster + 1
    return pd.DataFrame({
        "person": people["person"], "is_treated": people["is_treated"], "propensity": analyses.score,
        "is_trimmed": analyses.weighted.is_trimmed, "weight": weight, "pair": pair,
    })  # fmt: skip


def _count(analysis: Analysis, times: FollowUp, summary: pd.DataFrame) -> dict[str, object]:
    """A row of `COMPARISON`."""
    rows, weights = analysis.people, analysis.weights.value
    treated = times.is_treated[rows]
    apart = summary[(summary["analysis"] == analysis.name) & summary["is_in_score"]]["standardised_difference"].abs()
    row: dict[str, object] = {"analysis": analysis.name, "status": analysis.status,
                              "max_standardised_difference": apart.max() if len(apart) else np.nan}  # fmt: skip
    for group, everybody, name in ((treated, times.is_treated, "treated"), (~treated, ~times.is_treated, "control")):
        row |= {
            f"n_{name}": int(group.sum()),
            f"n_trimmed_{name}": int(analysis.is_trimmed[everybody].sum()),
            f"effective_n_{name}": effective_n(weights[group]),
            f"n_events_{name}": int(times.is_event[rows][group].sum()),
        }
    return row
