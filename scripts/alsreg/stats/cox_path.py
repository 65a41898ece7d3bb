"""The partial likelihood of one variant along the direction that leaves the covariates' score untouched.

With x the dosage minus ``I_gc I_cc⁻¹ c``, ``ℓ(b)`` of the null's linear predictor plus ``b x`` has at b = 0 exactly the
adjusted score U and variance V; it is the likelihood with covariates moved along by ``-b I_cc⁻¹ I_cg``, its least
favourable direction. One number to maximise over, so thousands of variants cost little.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from alsreg.stats.null import FloatArray
from alsreg.stats.risk_sets import Hazards, RiskSets

# exp(b x) is as good as 0 or infinite beyond this |b| (x is an allele count): the likelihood has levelled off.
MAX_EFFECT = 20.0


def maximise_paths(
    sets: RiskSets, hazards: Hazards, rows: FloatArray, start: FloatArray, ties: str
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Maximise ``ℓ(b)`` for each row of `rows` ``(m, n)`` from `start` ``(m,)``.

    Returns
    -------
    effect, likelihood_ratio, information
        ``(m,)`` each: b̂ (at ``±MAX_EFFECT`` where the likelihood only levels off), ``2(ℓ(b̂) - ℓ(0))``, ``-ℓ''(b̂)``.
    """
    return _maximise(
        np.ascontiguousarray(rows), start, hazards.risk, sets.first, sets.last, sets.is_event,
        sets.n_events, ties == "efron",
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def _maximise(rows, start, risk, first, last, is_event, n_events, is_efron):  # type: ignore[no-untyped-def]
    m = rows.shape[0]
    effect, ratio, information = np.empty(m), np.empty(m), np.empty(m)
    n_times = len(n_events)
    s, d = np.empty((3, n_times + 1)), np.empty((3, n_times + 1))
    for j in range(m):
        x = rows[j]
        null = _likelihood(0.0, x, risk, first, last, is_event, n_events, is_efron, s, d)
        b, value = 0.0, null
        step = min(max(start[j], -3.0), 3.0)
        for _ in range(60):
            reached = _likelihood(b + step, x, risk, first, last, is_event, n_events, is_efron, s, d)
            for _ in range(30):
                if reached[0] >= value[0] - 1e-12 * abs(value[0]):
                    break
                step /= 2.0
                reached = _likelihood(b + step, x, risk, first, last, is_event, n_events, is_efron, s, d)
            b, value = b + step, reached
            if abs(b) >= MAX_EFFECT or value[2] <= 0.0 or abs(step) < 1e-9:
                break
            step = min(max(value[1] / value[2], -3.0), 3.0)
            step = min(max(step, -MAX_EFFECT - b), MAX_EFFECT - b)
        effect[j], ratio[j], information[j] = b, 2.0 * (value[0] - null[0]), value[2]
    return effect, ratio, information


@numba.njit(cache=True, nogil=True)
def _likelihood(b, x, risk, first, last, is_event, n_events, is_efron, s, d):  # type: ignore[no-untyped-def]
    """Log likelihood, its slope and minus its curvature at `b`; `s` and `d` ``(3, k + 1)`` are room to work in."""
    s[:] = 0.0
    d[:] = 0.0
    likelihood, slope, curvature = 0.0, 0.0, 0.0
    for i in range(len(x)):
        weight = risk[i] * np.exp(b * x[i])
        low, high = first[i], last[i]
        for power in range(3):
            s[power, low] += weight
            s[power, high] -= weight
            if is_event[i]:
                d[power, high - 1] += weight
            weight *= x[i]
        if is_event[i]:
            likelihood += b * x[i]
            slope += x[i]
    s0, s1, s2 = 0.0, 0.0, 0.0
    for t in range(len(n_events)):
        s0 += s[0, t]
        s1 += s[1, t]
        s2 += s[2, t]
        for l in range(n_events[t]):
            a = l / n_events[t] if is_efron else 0.0
            den = s0 - a * d[0, t]
            mean = (s1 - a * d[1, t]) / den
            likelihood -= np.log(den)
            slope -= mean
            curvature += (s2 - a * d[2, t]) / den - mean * mean
    return likelihood, slope, curvature


def signed_root(effect: FloatArray, likelihood_ratio: FloatArray) -> FloatArray:
    """``sign(b̂) √LR``, standard normal under the null to order n^-1/2."""
    return np.sign(effect) * np.sqrt(np.maximum(likelihood_ratio, 0.0))


def modified_root(
    effect: FloatArray, likelihood_ratio: FloatArray, information: FloatArray
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """The saddlepoint tail of the score, as ``r* = r + log(w/r)/r`` with w the Wald statistic at b̂.

    With risk sets held fixed, each event is a multinomial draw from its risk set, and the score's cumulant generating
    function is ``b U - (ℓ(b) - ℓ(0))``: the saddlepoint is b̂ itself (Barndorff-Nielsen 1986; Lugannani & Rice 1980).

    Returns
    -------
    r*, and where it exists: not where the likelihood levels off, nor next to 0, where r stands in its place.
    """
    r, wald = signed_root(effect, likelihood_ratio), effect * np.sqrt(np.maximum(information, 0.0))
    exists = (np.abs(r) > 1e-3) & (np.abs(effect) < MAX_EFFECT) & (wald * r > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(exists, r + np.log(wald / r) / r, r), exists
