"""Times known only to lie between two visits, with delayed entry: the nonparametric maximum likelihood estimate.

Person i is observed from ``entry_i`` on and known to have ``entry_i <= lower_i < T_i <= upper_i``; ``upper_i = inf`` is
right-censored at ``lower_i``, ``lower_i = upper_i`` an exact time. The likelihood is
``Π_i P(lower_i < T <= upper_i | T > entry_i)``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from alsreg.errors import AnalysisError
from alsreg.stats.null import FloatArray, IntArray

# A hazard of one would leave nobody behind, and conditional probabilities after it undefined (a small early risk set).
MAX_HAZARD = 1.0 - 1e-9
MAX_STEPS = 100_000


@dataclass(frozen=True)
class IntervalCurve:
    """Estimate on ``m`` support intervals ``(left, right]``; within one, where the mass lies is not determined."""

    left: FloatArray  # (m,)
    right: FloatArray  # (m,)
    hazard: FloatArray  # (m,) probability of an event in the interval, of those free at its start
    n_events: FloatArray  # (m,) expected
    n_at_risk: FloatArray  # (m,) expected number under observation and free at its start
    loglik: float

    def survival(self, times: FloatArray, since: float = -np.inf) -> FloatArray:
        """Probability of being free at `times` given free at `since`; the mass of an interval counts at its right end.

        NaN before `since`.
        """
        times = np.asarray(times, dtype=np.float64)
        after = self.right > since
        curve = np.concatenate([[1.0], np.cumprod(1.0 - self.hazard[after])])
        values = curve[np.searchsorted(self.right[after], times, side="right")]
        return np.where(times >= since, values, np.nan)

    def quantile(self, probability: float = 0.5, since: float = -np.inf) -> float:
        """Right end of the interval in which a share `probability` of those free at `since` had the event; NaN if none."""
        ends = self.right[self.right > since]
        reached = self.survival(ends, since) <= 1.0 - probability + 1e-9
        return float(ends[reached.argmax()]) if reached.any() else float("nan")


def turnbull(entry: FloatArray, lower: FloatArray, upper: FloatArray, tolerance: float = 1e-8) -> IntervalCurve:
    """The estimate of ``(n,)`` times, by expectation and maximisation over hazards.

    Mass lies only on the innermost intervals between a lower limit and the next upper limit or entry (Turnbull 1976, J R
    Stat Soc B 38:290; with truncation, Frydman 1994, J R Stat Soc B 56:71). Each step puts every event where the curve
    expects it and takes expected events over expected people at risk, so that times known exactly give the Kaplan–Meier
    curve with delayed entry in one step. It ends when a step gains less than `tolerance` in log-likelihood.

    Raises
    ------
    AnalysisError
        Nobody has an event; an entry does not precede what it should; no convergence.
    """
    entry, lower, upper = (np.asarray(values, dtype=np.float64) for values in (entry, lower, upper))
    if not (np.all(entry <= lower) and np.all(lower <= upper) and np.all(entry < upper)):
        raise AnalysisError("intervals need entry <= lower <= upper and entry < upper", remedy="leave out such people")
    is_event = np.isfinite(upper)
    if not is_event.any():
        raise AnalysisError(f"no event among {len(entry)} people, so there is no curve")
    starts, ends = _support(entry, lower, upper)
    first, last, base = _ranges(starts, ends, entry, lower, upper)
    hazard, events, at_risk, loglik = _maximise(first, last, base, tolerance)
    if not np.isfinite(loglik):
        raise AnalysisError("the interval-censored curve does not converge", remedy="look for implausible intervals")
    return IntervalCurve(starts[:, 0], ends[:, 0], hazard, events, at_risk, loglik)


def _support(entry: FloatArray, lower: FloatArray, upper: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Keys ``(m, 2)`` of left and right ends: time, and -1 just before, 0 at, 1 just after it."""
    finite = upper[np.isfinite(upper)]
    left = _keys(lower, np.where(lower == upper, -1.0, 1.0))
    right = np.concatenate([_keys(finite, 0.0), _keys(entry[np.isfinite(entry)], 0.0)])
    keys = np.concatenate([left, right])
    is_left = np.arange(len(keys)) < len(left)
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    keys, is_left = keys[order], is_left[order]
    inner = np.flatnonzero(is_left[:-1] & ~is_left[1:])
    starts, ends = keys[inner], keys[inner + 1]
    # An interval that no event can lie in (between a censoring and an entry) would only slow the search.
    can_hold = _coverage(starts, ends, lower, upper) > 0
    return starts[can_hold], ends[can_hold]


def _keys(times: FloatArray, side: FloatArray | float) -> FloatArray:
    return np.column_stack([times, np.broadcast_to(side, times.shape)])


def _coverage(starts: FloatArray, ends: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    is_event = np.isfinite(upper)
    first, last = _places(starts, ends, lower[is_event], upper[is_event])
    change = np.bincount(first, minlength=len(starts) + 1) - np.bincount(last + 1, minlength=len(starts) + 1)
    return np.cumsum(change)[:-1]


def _places(
    starts: FloatArray, ends: FloatArray, lower: FloatArray, upper: FloatArray
) -> tuple[IntArray, IntArray]:  # fmt: skip
    """First and last support interval inside ``(lower, upper]``, or ``[x, x]``."""
    # Support intervals are disjoint and ordered, so the keys fold into one number each: just after t is the float above.
    left = _keys(lower, np.where(lower == upper, -1.0, 1.0))
    first = np.searchsorted(_fold(starts), _fold(left), side="left")
    last = np.searchsorted(ends[:, 0], upper, side="right") - 1
    return first, last


def _fold(keys: FloatArray) -> FloatArray:
    return np.where(keys[:, 1] > 0, np.nextafter(keys[:, 0], np.inf), keys[:, 0])


def _ranges(
    starts: FloatArray, ends: FloatArray, entry: FloatArray, lower: FloatArray, upper: FloatArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Support intervals of each event, and the number of people at each who are at risk for certain."""
    m, is_event = len(starts), np.isfinite(upper)
    entered = np.searchsorted(_fold(starts), _fold(_keys(entry, 1.0)), side="left")
    first, last = _places(starts, ends, lower[is_event], upper[is_event])
    censored = np.searchsorted(_fold(starts), _fold(_keys(lower[~is_event], 1.0)), side="left")
    leaves = np.concatenate([first + 1, censored])
    change = np.bincount(entered, minlength=m + 2) - np.bincount(leaves, minlength=m + 2)
    return first, last, np.cumsum(change)[:m].astype(np.float64)


@numba.njit(cache=True, nogil=True)
def _maximise(first, last, base, tolerance):  # type: ignore[no-untyped-def]
    """Hazards, expected events and people at risk, and the log-likelihood; NaN without convergence.

    Event i lies in one of the intervals ``first[i] ... last[i]``; at the first it is at risk for certain and counted in
    `base`; at later ones with the probability that it has not happened yet. Two steps of EM are extrapolated (SQUAREM,
    Varadhan & Roland 2008, scheme S3) unless the likelihood would fall.
    """
    m = len(base)
    events, at_risk = np.zeros(m), np.empty(m)
    hazard, once, twice, far = np.full(m, 0.5), np.empty(m), np.empty(m), np.empty(m)
    _step(first, last, base, hazard, once, events, at_risk)
    hazard[:] = once
    loglik = _loglik(first, last, base, hazard)
    for _ in range(MAX_STEPS):
        _step(first, last, base, hazard, once, events, at_risk)
        _step(first, last, base, once, twice, events, at_risk)
        along, bend = 0.0, 0.0
        for j in range(m):
            along += (once[j] - hazard[j]) ** 2
            bend += (twice[j] - 2.0 * once[j] + hazard[j]) ** 2
        length = max(1.0, np.sqrt(along / bend)) if bend > 0 else 1.0
        for j in range(m):
            moved = hazard[j] + 2 * length * (once[j] - hazard[j])
            moved += length**2 * (twice[j] - 2.0 * once[j] + hazard[j])
            far[j] = moved if 0.0 < moved < MAX_HAZARD else twice[j]
        _step(first, last, base, far, once, events, at_risk)
        reached = _loglik(first, last, base, once)
        if not reached >= loglik:
            once[:] = twice
            reached = _loglik(first, last, base, once)
        gain, loglik = reached - loglik, reached
        hazard[:] = once
        if gain < tolerance:
            _step(first, last, base, hazard, once, events, at_risk)
            return hazard, events, at_risk, loglik
    return hazard, events, at_risk, np.nan


@numba.njit(cache=True, nogil=True)
def _step(first, last, base, hazard, new, events, at_risk):  # type: ignore[no-untyped-def]
    """One step of EM from `hazard` to `new`, with the events and people at risk it expects."""
    events[:] = 0.0
    at_risk[:] = base
    for i in range(len(first)):
        total, free = 0.0, 1.0
        for j in range(first[i], last[i] + 1):
            total += free * hazard[j]
            free *= 1.0 - hazard[j]
        free, before = 1.0 / total, 1.0
        for j in range(first[i], last[i] + 1):
            share = free * hazard[j]
            events[j] += share
            if j > first[i]:
                at_risk[j] += max(before, 0.0)
            before -= share
            free *= 1.0 - hazard[j]
    for j in range(len(base)):
        new[j] = min(events[j] / at_risk[j], MAX_HAZARD) if at_risk[j] > 0 else 0.0


@numba.njit(cache=True, nogil=True)
def _loglik(first, last, base, hazard):  # type: ignore[no-untyped-def]
    """Log-likelihood: free of the event at the intervals passed for certain, then the event within its range."""
    passed = base.copy()
    total = 0.0
    for i in range(len(first)):
        passed[first[i]] -= 1.0
        inside, free = 0.0, 1.0
        for j in range(first[i], last[i] + 1):
            inside += free * hazard[j]
            free *= 1.0 - hazard[j]
        total += np.log(inside)
    for j in range(len(hazard)):
        if passed[j] > 0:
            total += passed[j] * np.log1p(-hazard[j])
    return total
