"""One-to-one matching on the propensity score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alsreg.stats.null import FloatArray, IntArray


def match_pairs(log_odds: FloatArray, is_treated: NDArray[np.bool_], caliper: float) -> IntArray:
    """Pairs ``(m, 2)`` of positions: treated, control.

    Greedy nearest neighbours without replacement within `caliper` (on the log odds), the treated with the highest score
    first, as MatchIt's default. Equal scores and distances go by position: the same people give the same pairs.
    """
    treated, controls = np.flatnonzero(is_treated), np.flatnonzero(~is_treated)
    order = treated[np.argsort(-log_odds[treated], kind="stable")]
    is_free = np.ones(len(controls), dtype=bool)
    pairs = []
    for person in order:
        distance = np.where(is_free, np.abs(log_odds[controls] - log_odds[person]), np.inf)
        if len(distance) and distance.min() <= caliper:
            nearest = int(distance.argmin())
            is_free[nearest] = False
            pairs.append((person, controls[nearest]))
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def caliper_width(log_odds: FloatArray, is_treated: NDArray[np.bool_], share: float) -> float:
    """`share` of the pooled standard deviation of the log odds; 0.2 is Austin's (2011, Pharm Stat 10:150)."""
    variances = [log_odds[group].var(ddof=1) for group in (is_treated, ~is_treated)]
    return float(share * np.sqrt(np.mean(variances)))
