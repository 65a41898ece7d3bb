"""Survival curves with delayed entry: Kaplan–Meier, Nelson–Aalen, Aalen–Johansen, and what is read off them.

At risk at ``t`` means ``entry < t <= exit``. Without entry, give ``-inf`` or 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from alsreg.errors import AnalysisError
from alsreg.stats.null import FloatArray, IntArray

# Two survival probabilities closer than this are equal (R's survfit uses the square root of the machine epsilon).
SAME_PROBABILITY = 1.5e-8


@dataclass(frozen=True)
class SurvivalCurve:
    """A step function that changes at each of ``k`` event times. Intervals are log-log, pointwise."""

    time: FloatArray  # (k,)
    n_at_risk: IntArray  # (k,)
    n_events: IntArray  # (k,)
    survival: FloatArray  # (k,)
    standard_error: FloatArray  # (k,) of `survival` (Greenwood); NaN once everybody at risk has had the event
    lower: FloatArray  # (k,)
    upper: FloatArray  # (k,)
    cumulative_hazard: FloatArray  # (k,) Nelson–Aalen

    def at(self, times: FloatArray) -> FloatArray:
        """Survival at `times`."""
        return np.concatenate([[1.0], self.survival])[np.searchsorted(self.time, times, side="right")]

    def quantile(self, probability: float = 0.5) -> tuple[float, float, float]:
        """Time by which a share `probability` had the event, and its limits (inverting the band); NaN if not reached."""
        level = 1.0 - probability
        limits = (_first_time(self.time, curve, level) for curve in (self.survival, self.lower, self.upper))
        return tuple(limits)

    def restricted_mean(self, tau: float) -> tuple[float, float]:
        """Area under the curve from 0 to `tau` and its standard error (Greenwood; Klein & Moeschberger 2003, 4.5.1)."""
        inside = self.time < tau
        edges = np.concatenate([[0.0], self.time[inside], [tau]])
        areas = np.concatenate([[1.0], self.survival[inside]]) * np.diff(edges)
        still_to_come = areas[::-1].cumsum()[::-1][1:]
        d, n = self.n_events[inside], self.n_at_risk[inside]
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.where(still_to_come > 0, still_to_come**2 * d / (n * (n - d)), 0.0)
        return float(areas.sum()), float(np.sqrt(terms.sum()))


def kaplan_meier(
    entry: FloatArray, exit: FloatArray, is_event: NDArray[np.bool_], confidence: float = 0.95
) -> SurvivalCurve:
    """Kaplan–Meier curve of ``(n,)`` times.

    Raises
    ------
    AnalysisError
        If there is no event.
    """
    is_event = np.asarray(is_event, dtype=bool)
    if not is_event.any():
        raise AnalysisError(f"no event among {len(exit)} people, so there is no survival curve")
    time, d = np.unique(exit[is_event], return_counts=True)
    n = count_at_risk(entry, exit, time)
    survival = np.cumprod(1.0 - d / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(d / (n * (n - d)))
        log_survival = np.log(survival)
        width = special.ndtri(0.5 + confidence / 2.0) * np.sqrt(greenwood) / np.abs(log_survival)
        lower, upper = survival ** np.exp(width), survival ** np.exp(-width)
        error = survival * np.sqrt(greenwood)
    is_end = survival <= 0.0
    lower, upper, error = (np.where(is_end, np.nan, values) for values in (lower, upper, error))
    return SurvivalCurve(time, n, d, survival, error, lower, upper, np.cumsum(d / n))


def count_at_risk(entry: FloatArray, exit: FloatArray, times: FloatArray) -> IntArray:
    """People with ``entry < t <= exit`` at each of `times`."""
    entered = np.searchsorted(np.sort(entry), times, side="left")
    return entered - np.searchsorted(np.sort(exit), times, side="left")


def _first_time(time: FloatArray, curve: FloatArray, level: float) -> float:
    """First time the curve falls to `level`; the middle of the step if it runs exactly at `level`."""
    reached = np.flatnonzero(curve <= level + SAME_PROBABILITY)
    if not len(reached):
        return float("nan")
    k = int(reached[0])
    if abs(curve[k] - level) <= SAME_PROBABILITY:
        later = np.flatnonzero(curve < level - SAME_PROBABILITY)
        return float((time[k] + time[later[0]]) / 2.0) if len(later) else float(time[k])
    return float(time[k])


@dataclass(frozen=True)
class Incidence:
    """Cumulative incidence of each cause, changing at ``k`` times when any of them happens."""

    time: FloatArray  # (k,)
    causes: IntArray  # (c,) labels
    probability: FloatArray  # (c, k)

    def at(self, times: FloatArray) -> FloatArray:
        """Probability of each cause by `times`: ``(c, len(times))``."""
        padded = np.concatenate([np.zeros((len(self.causes), 1)), self.probability], axis=1)
        return padded[:, np.searchsorted(self.time, times, side="right")]


def aalen_johansen(entry: FloatArray, exit: FloatArray, cause: IntArray) -> Incidence:
    """Cumulative incidence with delayed entry; `cause` ``(n,)`` is 0 for censored, otherwise the cause's label."""
    causes = np.unique(cause[cause > 0])
    time = np.unique(exit[cause > 0])
    n = count_at_risk(entry, exit, time)
    events = np.array([[np.sum((exit == t) & (cause == c)) for t in time] for c in causes], dtype=float)
    before = np.concatenate([[1.0], np.cumprod(1.0 - events.sum(axis=0) / n)[:-1]])
    return Incidence(time, causes, np.cumsum(before * events / n, axis=1))
