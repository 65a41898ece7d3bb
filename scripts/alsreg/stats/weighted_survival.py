"""Weighted Kaplan–Meier curves with delayed entry, restricted means, and their derivatives in each weight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alsreg.errors import AnalysisError
from alsreg.stats.null import FloatArray
from alsreg.stats.risk_sets import RiskSets, build_risk_sets


@dataclass(frozen=True)
class WeightedCurve:
    """A step function that changes at ``k`` event times; at risk means ``entry < t <= exit``."""

    sets: RiskSets
    at_risk: FloatArray  # (k,) sum of weights
    events: FloatArray  # (k,) sum of weights
    survival: FloatArray  # (k,)

    def at(self, times: FloatArray) -> FloatArray:
        """Survival at `times`."""
        return np.concatenate([[1.0], self.survival])[np.searchsorted(self.sets.time, times, side="right")]

    def derivative_at(self, time: float) -> FloatArray:
        """``∂S(time)/∂w_i``, ``(n,)``."""
        inside = (self.sets.time <= time).astype(float)
        return float(self.at(np.array([time]))[0]) * self._sum_log_derivative(inside)

    def restricted_mean(self, tau: float) -> tuple[float, FloatArray]:
        """Area under the curve from 0 to `tau`, and its derivative in each weight ``(n,)``."""
        time = self.sets.time
        edges = np.concatenate([[0.0], np.minimum(time, tau), [tau]])
        areas = np.concatenate([[1.0], self.survival]) * np.diff(edges)
        still_to_come = areas[::-1].cumsum()[::-1][1:]
        return float(areas.sum()), self._sum_log_derivative(still_to_come)

    def _sum_log_derivative(self, values: FloatArray) -> FloatArray:
        """``Σ_u values_u ∂log(1 - D_u/N_u)/∂w_i``; where the curve reaches 0 it stays there whatever the weights."""
        left = self.at_risk - self.events
        alive = left > 1e-12 * self.at_risk
        scaled = np.where(alive, values / np.where(alive, left, 1.0), 0.0)
        cumulated = np.concatenate([[0.0], np.cumsum(scaled * self.events / self.at_risk)])
        out = cumulated[self.sets.last] - cumulated[self.sets.first]
        events = self.sets.is_event
        out[events] -= scaled[self.sets.last[events] - 1]
        return out


def weighted_curve(
    entry: FloatArray, exit: FloatArray, is_event: NDArray[np.bool_], weights: FloatArray
) -> WeightedCurve:
    """Weighted Kaplan–Meier curve of ``(n,)`` times, as R's ``survfit(weights=)``.

    Raises
    ------
    AnalysisError
        There is no event, or everybody at risk at an early time has the event while others enter later: the curve falls to
        zero for want of people.
    """
    sets = build_risk_sets(entry, exit, is_event)
    at_risk, events = sets.sums(weights), sets.event_sums(weights)
    emptied = np.flatnonzero(at_risk - events <= 1e-12 * at_risk)
    if len(emptied) and (sets.entry >= sets.time[emptied[0]]).any():
        raise AnalysisError(
            f"at {sets.time[emptied[0]]:g} months everybody under observation has the event, and others enter later",
            remedy="the curve cannot be estimated from these entries; let observation begin at time zero",
        )
    survival = np.cumprod(np.maximum(1.0 - events / at_risk, 0.0))
    return WeightedCurve(sets, at_risk, events, survival)


def log_log_limits(survival: FloatArray, error: FloatArray, z: float) -> tuple[FloatArray, FloatArray]:
    """Pointwise limits on the log-log scale; NaN where the curve is at 0, no width where it is at 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        width = z * error / (survival * np.abs(np.log(survival)))
        lower, upper = survival ** np.exp(width), survival ** np.exp(-width)
    at_one = survival >= 1.0
    lower, upper = np.where(at_one, 1.0, lower), np.where(at_one, 1.0, upper)
    return np.where(survival > 0, lower, np.nan), np.where(survival > 0, upper, np.nan)
