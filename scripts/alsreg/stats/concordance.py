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
    agree, disagree, tied = _count_pairs(
        np.asarray(entry, dtype=np.float64), np.asarray(exit, dtype=np.float64), np.asarray(is_event, dtype=np.bool_),
        np.asarray(score, dtype=np.float64),
    )  # fmt: skip
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
    """Pairs of each person by what their scores say, three ``(n,)``."""
    n = len(exit)
    agree, disagree, tied = np.zeros(n), np.zeros(n), np.zeros(n)
    for i in range(n):
        if not is_event[i]:
            continue
        t = exit[i]
        for j in range(n):
            if entry[j] < t and (exit[j] > t or (exit[j] == t and not is_event[j])):
                if score[i] > score[j]:
                    agree[i] += 1.0
                    agree[j] += 1.0
                elif score[i] < score[j]:
                    disagree[i] += 1.0
                    disagree[j] += 1.0
                else:
                    tied[i] += 1.0
                    tied[j] += 1.0
    return agree, disagree, tied
