"""Does the time of entry depend on survival? Left truncation is only harmless if not."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import special

from alsreg.errors import AnalysisError
from alsreg.stats.null import FloatArray


@dataclass(frozen=True)
class EntryDependence:
    """Conditional Kendall's tau of entry and survival; positive: who enters late lives long."""

    tau: float
    p_value: float
    n_pairs: int  # orderable pairs that were both at risk at some time


def conditional_tau(entry: FloatArray, exit: FloatArray, is_event: NDArray[np.bool_]) -> EntryDependence:
    """Conditional Kendall's tau of quasi-independence (Tsai 1990; with censoring, Martin & Betensky 2005).

    A pair counts if both were under observation when the first of them left, that one had the event, and their entries
    differ. For the event of person i at t, with R the people at risk at t who leave later, the score is
    ``Σ_{j in R} sign(entry_j - entry_i)``. Under quasi-independence i is a random member of R and itself, which gives the
    score mean 0 and its variance, ties in entry included.

    Raises
    ------
    AnalysisError
        If no pair can be ordered.
    """
    score, n_pairs, variance = _sum_over_events(entry, exit, np.asarray(is_event, dtype=bool))
    if n_pairs == 0 or variance <= 0:
        raise AnalysisError("no two people with different entries were at risk together: dependence is not testable")
    p = special.erfc(abs(score) / np.sqrt(2.0 * variance))
    return EntryDependence(score / n_pairs, float(p), int(n_pairs))


@numba.njit(cache=True)
def _sum_over_events(entry, exit, is_event):  # type: ignore[no-untyped-def]
    """Score, number of pairs, and variance of the score."""
    n = len(entry)
    members = np.empty(n)
    score, n_pairs, variance = 0.0, 0, 0.0
    for i in range(n):
        if not is_event[i]:
            continue
        size = 1
        members[0] = entry[i]
        for j in range(n):
            leaves_later = exit[j] > exit[i] or (exit[j] == exit[i] and not is_event[j])
            if j != i and leaves_later and entry[j] < exit[i]:
                members[size] = entry[j]
                size += 1
                score += np.sign(entry[j] - entry[i])
                n_pairs += entry[j] != entry[i]
        variance += _mean_square_of_signs(np.sort(members[:size]))
    return score, n_pairs, variance


@numba.njit(cache=True)
def _mean_square_of_signs(ordered):  # type: ignore[no-untyped-def]
    """Mean over k of ``(Σ_j sign(x_j - x_k))²`` for sorted x."""
    size, total = len(ordered), 0.0
    for k in range(size):
        below = np.searchsorted(ordered, ordered[k], side="left")
        above = size - np.searchsorted(ordered, ordered[k], side="right")
        total += (above - below) ** 2
    return total / size
