"""The partial likelihood of one variant along the direction that leaves the covariates' score untouched.

With x the dosage minus ``I_gc I_cc⁻¹ c``, ``ℓ(b)`` of the null's linear predictor plus ``b x`` has at b = 0 exactly the
adjusted score U and variance V; it is the likelihood with covariates moved along by ``-b I_cc⁻¹ I_cg``, its least
favourable direction. One number to maximise over, so thousands of variants cost little.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from alsreg.stats.exponentials import exponentiate
from alsreg.stats.null import FloatArray
from alsreg.stats.risk_sets import Hazards, RiskSets

# exp(b x) is as good as 0 or infinite beyond this |b| (x is an allele count): the likelihood has levelled off.
MAX_EFFECT = 20.0
MAX_STEP = 3.0
# A step this short, in standard errors, is taken along the likelihood's cubic: what is left over is its fourth power.
LAST_STEP = 1e-4


def maximise_paths(
    sets: RiskSets, hazards: Hazards, rows: FloatArray, start: FloatArray, ties: str
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Maximise ``ℓ(b)`` for each row of `rows` ``(m, n)`` from `start` ``(m,)``.

    ``ℓ`` is concave: its slope brackets the maximum, and Halley's steps find it in two or three evaluations.

    Returns
    -------
    effect, likelihood_ratio, information
        ``(m,)`` each: b̂ (at ``±MAX_EFFECT`` where the likelihood only levels off), ``2(ℓ(b̂) - ℓ(0))``, ``-ℓ''(b̂)``.
    """
    seen = sets.first < sets.last
    return _maximise(
        np.ascontiguousarray(rows[:, seen]), start, hazards.risk[seen], sets.first[seen], sets.last[seen],
        sets.is_event[seen], sets.n_events, ties == "efron",
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def _maximise(rows, start, risk, first, last, is_event, n_events, is_efron):  # type: ignore[no-untyped-def]
    m, n = rows.shape
    effect, ratio, information = np.empty(m), np.empty(m), np.empty(m)
    weights, power = np.empty(n), np.empty(n, np.int64)
    at_risk, dying = np.empty((len(n_events) + 1, 4)), np.empty((len(n_events) + 1, 4))
    _sum_powers(rows[0] if m else risk, risk, first, last, is_event, at_risk, dying)
    inverse = _inverse_denominators(at_risk, dying, n_events, is_efron)
    for j in range(m):
        x = rows[j]
        b, low, high = 0.0, -np.inf, np.inf
        step = min(max(start[j], -MAX_STEP), MAX_STEP)
        for _ in range(60):
            b += step
            weights[:] = b * x
            exponentiate(weights, power)
            weights *= risk
            events = _sum_powers(x, weights, first, last, is_event, at_risk, dying)
            value, slope, curvature, third = _derivatives(at_risk, dying, n_events, is_efron, inverse)
            value, slope = value + b * events, slope + events
            low, high = (b, high) if slope > 0.0 else (low, b)
            if abs(b) >= MAX_EFFECT or curvature <= 0.0:
                step = 0.0
                break
            step = slope / curvature
            bend = 1.0 - 0.5 * step * third / curvature
            step = step / bend if 0.5 < bend < 2.0 else step
            if abs(step) * np.sqrt(curvature) < LAST_STEP:
                break
            step = min(max(step, -MAX_STEP), MAX_STEP)
            if not low < b + step < high:
                step = 0.5 * (low + high) - b
            step = min(max(step, -MAX_EFFECT - b), MAX_EFFECT - b)
        effect[j] = b + step
        ratio[j] = 2.0 * (value + step * (slope + step * (third * step / 6.0 - 0.5 * curvature)))
        information[j] = curvature - third * step
    return effect, ratio, information


@numba.njit(cache=True, nogil=True)
def _sum_powers(x, weights, first, last, is_event, at_risk, dying):  # type: ignore[no-untyped-def]
    """Sums of ``w x^0..3`` over those at risk and those with the event, by event time; and of x over all events."""
    at_risk[:] = 0.0
    dying[:] = 0.0
    events = 0.0
    for i in range(len(x)):
        w0 = weights[i]
        w1 = w0 * x[i]
        w2 = w1 * x[i]
        w3 = w2 * x[i]
        t = first[i]
        at_risk[t, 0] += w0
        at_risk[t, 1] += w1
        at_risk[t, 2] += w2
        at_risk[t, 3] += w3
        t = last[i]
        at_risk[t, 0] -= w0
        at_risk[t, 1] -= w1
        at_risk[t, 2] -= w2
        at_risk[t, 3] -= w3
        if is_event[i]:
            t -= 1
            dying[t, 0] += w0
            dying[t, 1] += w1
            dying[t, 2] += w2
            dying[t, 3] += w3
            events += x[i]
    s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
    for t in range(len(at_risk)):
        s0 += at_risk[t, 0]
        s1 += at_risk[t, 1]
        s2 += at_risk[t, 2]
        s3 += at_risk[t, 3]
        at_risk[t, 0], at_risk[t, 1], at_risk[t, 2], at_risk[t, 3] = s0, s1, s2, s3
    return events


@numba.njit(cache=True, nogil=True)
def _inverse_denominators(at_risk, dying, n_events, is_efron):  # type: ignore[no-untyped-def]
    """``1 / den`` of every event in the order of times and ties."""
    inverse = np.empty(n_events.sum())
    k = 0
    for t in range(len(n_events)):
        for l in range(n_events[t]):
            a = l / n_events[t] if is_efron else 0.0
            inverse[k] = 1.0 / (at_risk[t, 0] - a * dying[t, 0])
            k += 1
    return inverse


@numba.njit(cache=True, nogil=True)
def _derivatives(at_risk, dying, n_events, is_efron, inverse):  # type: ignore[no-untyped-def]
    """Minus the logarithms of the denominators over those at b = 0: sum, slope, minus curvature, third derivative."""
    value, slope, curvature, third = 0.0, 0.0, 0.0, 0.0
    product, k = 1.0, 0
    for t in range(len(n_events)):
        s0, s1, s2, s3 = at_risk[t, 0], at_risk[t, 1], at_risk[t, 2], at_risk[t, 3]
        d0, d1, d2, d3 = dying[t, 0], dying[t, 1], dying[t, 2], dying[t, 3]
        for l in range(n_events[t]):
            a = l / n_events[t] if is_efron else 0.0
            den = s0 - a * d0
            product *= den * inverse[k]
            k += 1
            scale = 1.0 / den
            m1, m2, m3 = (s1 - a * d1) * scale, (s2 - a * d2) * scale, (s3 - a * d3) * scale
            slope -= m1
            curvature += m2 - m1 * m1
            third -= m3 - m1 * (3.0 * m2 - 2.0 * m1 * m1)
            # Logarithms are dear: one for many factors.
            if not 1e-100 < product < 1e100:
                value -= np.log(product)
                product = 1.0
    return value - np.log(product), slope, curvature, third


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
