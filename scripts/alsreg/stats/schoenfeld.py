"""Proportional hazards: does an effect change with time?"""

from __future__ import annotations

import numpy as np
from scipy import special

from alsreg.stats.cox import CoxFit
from alsreg.stats.kaplan_meier import kaplan_meier
from alsreg.stats.null import FloatArray
from alsreg.stats.risk_sets import RiskSets
from alsreg.stats.transform import average_ranks


def proportional_hazards(fit: CoxFit, column: int = -1, transform: str = "km") -> tuple[float, float]:
    """Score test that covariate `column` times ``g(t)`` adds nothing to a converged fit: (chi-square on 1 df, p).

    g is 1 - Kaplan–Meier just before t (``km``), time itself (``identity``) or its rank among all exits (``rank``), centred
    on the events. This is the test on scaled Schoenfeld residuals of Grambsch & Therneau (1994) with the variance of each
    event time instead of their average: equal to `cox.zph` of R's survival >= 3.0.
    """
    sets, hazards, rows = fit.sets, fit.hazards, fit.covariates
    g = _transform(sets, transform)
    g = g - np.average(g, weights=sets.n_events)
    s, d = sets.sums(rows * hazards.risk), sets.event_sums(rows * hazards.risk)
    tied_mass = hazards.mass - hazards.event_mass  # Σ a_l / den_l
    x = rows[column]
    schoenfeld = sets.event_sums(x) - (hazards.mass * s[column] - tied_mass * d[column])
    products = rows * x * hazards.risk
    variance = hazards.mass * sets.sums(products) - tied_mass * sets.event_sums(products)
    variance -= hazards.q0 * s * s[column] - hazards.q1 * (s * d[column] + d * s[column]) + hazards.q2 * d * d[column]
    size = len(rows) + 1
    information, score = np.empty((size, size)), np.zeros(size)
    information[:-1, :-1] = fit.information
    information[-1, :-1] = information[:-1, -1] = variance @ g
    information[-1, -1] = variance[column] @ g**2
    score[-1] = g @ schoenfeld
    chi_square = float(score @ np.linalg.solve(information, score))
    return chi_square, float(special.chdtrc(1, chi_square))


def _transform(sets: RiskSets, transform: str) -> FloatArray:
    """g at each event time, ``(k,)``."""
    if transform == "identity":
        return sets.time
    if transform == "rank":
        order = np.sort(sets.exit)
        ranks = average_ranks(sets.exit)
        return ranks[np.argsort(sets.exit, kind="stable")][np.searchsorted(order, sets.time)]
    if transform == "km":
        curve = kaplan_meier(sets.entry, sets.exit, sets.is_event)
        before = np.searchsorted(curve.time, sets.time, side="left")
        return 1.0 - np.concatenate([[1.0], curve.survival])[before]
    raise ValueError(f"transform must be km, identity or rank, not {transform!r}")
