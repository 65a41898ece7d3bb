"""Cox regression with weights, delayed entry and Efron ties, and the derivative of its estimate in each weight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alsreg.errors import AnalysisError
from alsreg.stats.null import FloatArray
from alsreg.stats.risk_sets import Hazards, RiskSets, breslow_efron_hazards

MAX_ITERATIONS = 50
MAX_LOG_HAZARD_RATIO = 15.0


@dataclass(frozen=True)
class WeightedCoxFit:
    """A maximised weighted partial likelihood."""

    coefficients: FloatArray  # (p,) log hazard ratios
    information: FloatArray  # (p, p)
    derivative: FloatArray  # (n, p) of the coefficients in each weight; times the weight it is R's weighted dfbeta


def fit_weighted_cox(sets: RiskSets, covariates: FloatArray, weights: FloatArray) -> WeightedCoxFit:
    """Maximise the weighted partial likelihood over ``(n, p)`` covariates by Newton's method; weights are positive.

    As R's ``coxph(weights=, ties = "efron")``: of ``d`` tied events each carries their mean weight in the denominators
    (Therneau & Grambsch 2000, section 7.1).

    Raises
    ------
    AnalysisError
        The likelihood has no maximum, as when a group has no event.
    """
    rows = np.ascontiguousarray((covariates - covariates.mean(axis=0)).T)
    beta = np.zeros(len(rows))
    for _ in range(MAX_ITERATIONS):
        parts = _Parts.at(sets, rows, weights, beta)
        try:
            step = np.linalg.solve(parts.information, parts.score)
        except np.linalg.LinAlgError:
            break
        step *= min(1.0, 2.0 / max(np.abs(step).max(), 1e-300))
        beta = beta + step
        if np.abs(beta).max() > MAX_LOG_HAZARD_RATIO:
            break
        if np.abs(step).max() < 1e-11 * max(1.0, np.abs(beta).max()):
            parts = _Parts.at(sets, rows, weights, beta)
            derivative = np.linalg.solve(parts.information, parts.residuals()).T
            return WeightedCoxFit(beta, parts.information, derivative)
    raise AnalysisError("the hazard ratio has no finite estimate: a group has no event where the other is at risk")


@dataclass(frozen=True)
class _Parts:
    """Score, information and residuals at one `beta`; names as in `Hazards`, sums over risk sets carry the weights."""

    sets: RiskSets
    rows: FloatArray  # (p, n)
    risk: FloatArray  # (n,) exp(eta), without the weight
    hazards: Hazards
    mean_weight: FloatArray  # (k,) of the events at each time
    s1: FloatArray  # (p, k)
    d1: FloatArray  # (p, k)
    score: FloatArray  # (p,)
    information: FloatArray  # (p, p)

    @classmethod
    def at(cls, sets: RiskSets, rows: FloatArray, weights: FloatArray, beta: FloatArray) -> _Parts:
        eta = beta @ rows
        hazards = breslow_efron_hazards(sets, eta + np.log(weights), "efron")
        mean_weight = sets.event_sums(weights) / sets.n_events
        s1, d1 = sets.sums(rows * hazards.risk), sets.event_sums(rows * hazards.risk)
        lost = hazards.mass - hazards.event_mass  # Σ a_l / den_l
        score = (rows * weights)[:, sets.is_event].sum(axis=1) - (s1 * hazards.mass - d1 * lost) @ mean_weight
        squares = rows[:, None] * rows[None] * hazards.risk
        second = sets.sums(squares) * hazards.mass - sets.event_sums(squares) * lost
        means = (s1 * hazards.q0 - d1 * hazards.q1) * mean_weight @ s1.T
        means += (d1 * hazards.q2 - s1 * hazards.q1) * mean_weight @ d1.T
        return cls(sets, rows, np.exp(eta), hazards, mean_weight, s1, d1, score, second @ mean_weight - means)

    def residuals(self) -> FloatArray:
        """Derivative of the score in each weight, ``(p, n)``: R's unweighted score residuals."""
        sets, h, w = self.sets, self.hazards, self.mean_weight
        at = sets.last[sets.is_event] - 1
        expected = (self.s1 * h.mass - self.d1 * (h.mass - h.event_mass)) / sets.n_events
        shift = w * (self.s1 * h.q0 - self.d1 * h.q1)
        mass, moved = _over_risk_time(sets, w * h.mass), _over_risk_time(sets, shift)
        # At their own event time the events count for 1 - l/d in the l-th denominator.
        mass[sets.is_event] -= (w * (h.mass - h.event_mass))[at]
        moved[:, sets.is_event] -= (w * (self.s1 * h.q1 - self.d1 * h.q2))[:, at]
        residuals = -self.risk * (self.rows * mass - moved)
        residuals[:, sets.is_event] += self.rows[:, sets.is_event] - expected[:, at]
        return residuals


def _over_risk_time(sets: RiskSets, values: FloatArray) -> FloatArray:
    """Sum ``(..., k)`` over the event times at which each person is at risk: ``(..., n)``."""
    zeros = np.zeros((*values.shape[:-1], 1))
    cumulated = np.concatenate([zeros, np.cumsum(values, axis=-1)], axis=-1)
    return cumulated[..., sets.last] - cumulated[..., sets.first]
