"""Covariance of Cox scores between models fitted on different people."""

from __future__ import annotations

import numpy as np

from alsreg.stats.null import FloatArray, IntArray
from alsreg.stats.risk_sets import Hazards, RiskSets

Model = tuple[IntArray, RiskSets, Hazards, FloatArray]  # people, risk sets, hazards, residualised dosages (m, n)


def predictable_covariation(left: Model, right: Model) -> FloatArray:
    """Φ_jk between variant j under the left model and variant k under the right one: ``(m, k)``.

    A covariate-adjusted score is a sum of martingale integrals ``U_j = Σ_i ∫ h_ij(t) dM_i(t)`` with
    ``h_ij(t) = x_ij - x̄_j(t)``, where x is the dosage minus ``I_gc I_cc⁻¹ c`` and x̄ its risk-set mean in the person's
    stratum of that model. Martingales of different people are orthogonal, so

        Φ_jk = Σ_{i in both} ∫ h_ij(t) h'_ik(t) Y_i(t) dΛ_i(t)     (Fleming & Harrington 1991, theorem 2.4.4)

    dΛ_i is estimated by either model; we take the mean of the two. With one model on both sides and Breslow ties this is
    exactly ``I_gg - I_gc I_cc⁻¹ I_cg``; with Efron ties it differs by the spread of the mean within a tied time, of
    order (events at that time / people at risk)².
    """
    _, here, there = np.intersect1d(left[0], right[0], assume_unique=True, return_indices=True)
    if not len(here):
        return np.zeros((len(left[3]), len(right[3])))
    forward = _under_hazard_of_left(left, here, right, there)
    backward = _under_hazard_of_left(right, there, left, here)
    return (forward + backward.T) / 2.0


def _under_hazard_of_left(left: Model, here: IntArray, right: Model, there: IntArray) -> FloatArray:
    _, sets, hazards, rows = left
    _, other_sets, other_hazards, other_rows = right
    grid = np.unique(sets.time)
    weights = _person_hazards(sets, hazards, here, grid)
    total = np.zeros((len(rows), len(other_rows)))
    for a in np.unique(sets.stratum[here]):
        means = _risk_set_means(sets, hazards, rows, a, grid)
        for b in np.unique(other_sets.stratum[there]):
            both = np.flatnonzero((sets.stratum[here] == a) & (other_sets.stratum[there] == b))
            if not len(both):
                continue
            other_means = _risk_set_means(other_sets, other_hazards, other_rows, b, grid)
            x, y, w = rows[:, here[both]], other_rows[:, there[both]], weights[both]
            total += (x * w.sum(axis=1)) @ y.T - (x @ w) @ other_means.T - means @ (y @ w).T
            total += (means * w.sum(axis=0)) @ other_means.T
    return total


def _person_hazards(sets: RiskSets, hazards: Hazards, people: IntArray, grid: FloatArray) -> FloatArray:
    """dΛ_i at each time of `grid` for these people, zero where not at risk: ``(n, len(grid))``."""
    strata = np.unique(sets.stratum)
    mass, event_mass = np.zeros((2, len(strata), len(grid)))
    row, column = np.searchsorted(strata, sets.time_stratum), np.searchsorted(grid, sets.time)
    mass[row, column], event_mass[row, column] = hazards.mass, hazards.event_mass
    stratum = np.searchsorted(strata, sets.stratum[people])
    entry, exit = sets.entry[people, None], sets.exit[people, None]
    at_risk = (entry < grid) & (grid <= exit)
    has_event = (grid == exit) & sets.is_event[people, None]
    return hazards.risk[people, None] * np.where(has_event, event_mass[stratum], mass[stratum] * at_risk)


def _risk_set_means(sets: RiskSets, hazards: Hazards, rows: FloatArray, stratum: int, grid: FloatArray) -> FloatArray:
    """Mean of `rows` over those of a stratum at risk at each time of `grid`: ``(m, len(grid))``; 0 where nobody is."""
    inside = np.flatnonzero(sets.stratum == stratum)
    at_risk = (sets.entry[inside, None] < grid) & (grid <= sets.exit[inside, None])
    weights = hazards.risk[inside, None] * at_risk
    s0 = weights.sum(axis=0)
    return (rows[:, inside] @ weights) / np.where(s0 > 0, s0, 1.0)
