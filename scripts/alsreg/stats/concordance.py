"""Harrell's C with delayed entry: of two people under observation, does the one with the higher score fail first?"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from alsreg.errors import AnalysisError
from alsreg.stats.null import FloatArray


@dataclass(frozen=True)
class Concordance:
    """C and what it was counted from."""

    c: float  # (concordant + tied / 2) / pairs
    standard_error: float  # infinitesimal jackknife over people
    n_concordant: int
    n_discordant: int
    n_tied: int  # pairs with one score


def concordance(entry: FloatArray, exit: FloatArray, is_event: NDArray[np.bool_], score: FloatArray) -> Concordance:
    """C of a `score` ``(n,)`` that is higher where the event comes earlier.

    A pair counts when one has the event at t while the other is at risk, ``entry < t <= exit``, and has no event at t: the
    earlier event lies within both intervals of observation. This is `concordance` of R's survival on (start, stop] data
    with its default weights; the standard error is its infinitesimal jackknife (Therneau & Watson 2015, Mayo report 85).

    Raises
    ------
    AnalysisError
        No pair can be compared.
    """
    order = np.lexsort((~np.asarray(is_event, dtype=np.bool_), exit))  # by exit, events before those censored then
    agree, disagree, tied = _count_pairs(entry[order], exit[order], is_event[order], score[order])
    # Every pair stands once with either person.
    pairs = (agree + disagree + tied).sum() / 2.0
    if pairs == 0:
        raise AnalysisError("no two people can be compared: nobody is at risk when somebody else has the event")
    c = float((agree + tied / 2.0).sum() / 2.0 / pairs)
    influence = (agree + tied / 2.0 - c * (agree + disagree + tied)) / pairs
    counts = (int(counted.sum()) // 2 for counted in (agree, disagree, tied))
    return Concordance(c, float(np.sqrt(influence @ influence)), *counts)


@numba.njit(cache=True, nogil=True)
def _count_pairs(entry, exit, is_event, score):  # type: ignore[no-untyped-def]
    """Pairs of each person by what their scores say, three ``(n,)``; people in the order of exit."""
    n = len(exit)
    agree, disagree, tied = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    for i in range(n):
        if not is_event[i]:
            continue
        t, own = exit[i], score[i]
        above, below, same = 0, 0, 0
        first = i + 1
        while first < n and exit[first] == t and is_event[first]:
            first += 1
        for j in range(first, n):  # no branches: whether scores differ is a coin that no processor can guess
            is_at_risk = entry[j] < t
            is_above, is_below = is_at_risk & (own > score[j]), is_at_risk & (own < score[j])
            is_same = is_at_risk & (own == score[j])
            agree[j] += is_above
            disagree[j] += is_below
            tied[j] += is_same
            above += is_above
            below += is_below
            same += is_same
        agree[i] += above
        disagree[i] += below
        tied[i] += same
    return agree, disagree, tied
