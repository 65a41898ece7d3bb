"""A prognostic survival model with delayed entry: how well it separates people, how well it is calibrated, and how much of
either is chance (Harrell, Lee & Mark 1996, Stat Med 15:361; Westeneng et al. 2018, Lancet Neurol 17:423).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alsreg.errors import AnalysisError
from alsreg.stats.concordance import Concordance, concordance
from alsreg.stats.cox_fit import CoxFit, fit_cox
from alsreg.stats.kaplan_meier import kaplan_meier
from alsreg.stats.null import FloatArray, IntArray
from alsreg.stats.risk_sets import build_risk_sets

TIES = "efron"
# ASSUME: with delayed entry the first risk sets hold a few people, and one early event among them would fix the whole
# curve: curves begin where this many people of a group are at risk.
MIN_AT_RISK = 10


@dataclass(frozen=True)
class Times:
    """Delayed-entry times of ``n`` people, in one unit; at risk means ``entry < t <= exit``."""

    entry: FloatArray
    exit: FloatArray
    is_event: NDArray[np.bool_]

    def take(self, rows: IntArray | NDArray[np.bool_]) -> Times:
        return Times(self.entry[rows], self.exit[rows], self.is_event[rows])

    def concordance(self, score: FloatArray) -> Concordance:
        return concordance(self.entry, self.exit, self.is_event, score)

    def fit(self, predictors: FloatArray) -> CoxFit:
        return fit_cox(build_risk_sets(self.entry, self.exit, self.is_event), predictors, TIES)


@dataclass(frozen=True)
class Optimism:
    """Means over bootstrap resamples of what a model gains in the people it was fitted to."""

    c: float  # C in the resample minus C in everybody
    slope: float  # calibration slope of a resample's model in everybody (in the resample it is 1)
    n_resamples: int  # resamples with a fit


@dataclass(frozen=True)
class GroupCurve:
    """A risk group: events observed and expected in all follow-up, and survival since `start` at later times."""

    n: int
    n_events: int
    expected_events: float
    start: float  # NaN if there are never enough people at risk
    times: FloatArray  # (t,)
    n_at_risk: IntArray  # (t,)
    observed: FloatArray  # (t,) Kaplan-Meier
    lower: FloatArray  # (t,) 95 % limits
    upper: FloatArray  # (t,)
    predicted: FloatArray  # (t,)


def linear_predictor(fit: CoxFit) -> FloatArray:
    """Log relative hazard of everybody fitted, ``(n,)``, 0 at the mean of the predictors."""
    return fit.standardised @ fit.covariates


def bootstrap_optimism(times: Times, predictors: FloatArray, n_resamples: int, rng: np.random.Generator) -> Optimism:
    """Optimism from resamples of people; one in which the model cannot be fitted is left out and not counted."""
    n = len(times.exit)
    found = []
    for _ in range(n_resamples):
        try:
            found.append(resample_once(times, predictors, rng.integers(0, n, n)))
        except AnalysisError:
            continue
    if not found:
        return Optimism(np.nan, np.nan, 0)
    inside, outside, slope = np.array(found).T
    return Optimism(float((inside - outside).mean()), float(slope.mean()), len(found))


def resample_once(times: Times, predictors: FloatArray, rows: IntArray) -> tuple[float, float, float]:
    """Of the model fitted to `rows`: C among them, C among everybody, calibration slope among everybody.

    Raises
    ------
    AnalysisError
        The model has no maximum there.
    """
    drawn = predictors[rows]
    if (np.ptp(drawn, axis=0) == 0).any():
        raise AnalysisError("a predictor is constant in the resample")
    fit = times.take(rows).fit(drawn)
    if not fit.is_converged:
        raise AnalysisError("the model has no finite maximum in the resample")
    score = predictors @ fit.coefficients
    slope = times.fit(score[:, None]).coefficients[0]
    return times.take(rows).concordance(score[rows]).c, times.concordance(score).c, float(slope)


def risk_groups(index: FloatArray, n_groups: int) -> IntArray:
    """Group 0 (lowest risk) … n_groups - 1 of each person, by quantiles of the prognostic index."""
    edges = np.quantile(index, np.arange(1, n_groups) / n_groups)
    return np.searchsorted(edges, index, side="left").astype(np.int64)


def calibrate_group(fit: CoxFit, members: NDArray[np.bool_], grid: FloatArray, start: float) -> GroupCurve:
    """Compare a group with the model, in survival from `start` on.

    Expected events are the sum of each member's cumulative hazard between entry and exit, so that late entry costs
    nothing. Predicted survival is the conditional (Ederer II) expectation ``exp(-Σ mean relative risk of the members at risk
    × baseline hazard)``: what Kaplan-Meier of the group estimates if the model holds, whoever enters when (Therneau &
    Grambsch 2000, section 10.3). Both curves are 1 at `start` (see `first_observable`); `grid` is cut to the times after it at
    which `MIN_AT_RISK` members are at risk.
    """
    sets, hazards = fit.sets, fit.hazards
    entry, exit, is_event = sets.entry[members], sets.exit[members], sets.is_event[members]
    totals = (int(members.sum()), int(is_event.sum()), float(hazards.expected[members].sum()))
    late = exit > start
    n_at_risk = np.array([np.sum((entry < t) & (exit >= t)) for t in grid], dtype=np.int64)
    kept = (grid > start) & (n_at_risk >= MIN_AT_RISK)
    empty = np.zeros(0)
    if not (is_event & late).any() or not kept.any():
        return GroupCurve(*totals, start, empty, empty.astype(np.int64), empty, empty, empty, empty)
    at, n_at_risk = grid[kept], n_at_risk[kept]
    curve = kaplan_meier(np.maximum(entry, start)[late], exit[late], is_event[late])
    place = np.searchsorted(curve.time, at, side="right")
    observed, lower, upper = (
        np.concatenate([[1.0], values])[place] for values in (curve.survival, curve.lower, curve.upper)
    )
    return GroupCurve(
        *totals, start, at, n_at_risk, observed, lower, upper, _predicted_survival(fit, members, start, at)
    )


def _predicted_survival(fit: CoxFit, members: NDArray[np.bool_], start: float, times: FloatArray) -> FloatArray:
    sets, hazards = fit.sets, fit.hazards
    risk, one = sets.sums(hazards.risk * members), sets.sums(members.astype(float))
    mean_risk = np.divide(risk, one, out=np.zeros_like(risk), where=one > 0)
    increments = np.where(sets.time > start, mean_risk * hazards.mass, 0.0)
    cumulated = np.concatenate([[0.0], np.cumsum(increments)])
    return np.exp(-cumulated[np.searchsorted(sets.time, times, side="right")])


def first_observable(entry: FloatArray, exit: FloatArray) -> float:
    """First entry after which `MIN_AT_RISK` people are under observation; NaN if never."""
    at = np.unique(entry)
    under = np.searchsorted(np.sort(entry), at, side="right") - np.searchsorted(np.sort(exit), at, side="right")
    enough = np.flatnonzero(under >= MIN_AT_RISK)
    return float(at[enough[0]]) if len(enough) else np.nan
