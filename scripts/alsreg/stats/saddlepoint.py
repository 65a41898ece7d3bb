"""Saddlepoint tails of scores whose cumulant generating function is known.

Source: Barndorff-Nielsen's form of the Lugannani-Rice formula, ``P(S >= s) = Φ(-r*)`` with ``r* = w + log(v /
w) / w``, as in Dey et al. 2017 (AJHG 101:37, SPAtest). Unlike Lugannani-Rice itself it stays within (0, 1)
however far the tail. It describes a continuous law: a score that takes few values (a handful of carriers, no
covariates) needs a floor on the events expected among carriers, which the callers have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import special

from alsreg.stats.null import FloatArray, IntArray

# Rows of the block to evaluate and one argument t per row; K(t), K'(t) and K''(t) of the centred score, one
# each per row.
Cumulants = Callable[[IntArray, FloatArray], tuple[FloatArray, FloatArray, FloatArray]]

# Below this |z| the formula divides two vanishing numbers, and both tails together are 1 to the same
# accuracy.
MIN_Z = 0.01
MAX_ITERATIONS = 100


@dataclass(frozen=True)
class Tails:
    """Two-sided p-values of ``m`` scores, and whether the saddlepoint was found for both tails."""

    p_value: FloatArray
    is_converged: NDArray[np.bool_]


def two_sided_p(cumulants: Cumulants, score: FloatArray, support: tuple[FloatArray, FloatArray]) -> Tails:
    """``P(S >= |s|) + P(S <= -|s|)`` for every score, S centred.

    Parameters
    ----------
    cumulants
        K and its two derivatives; ``K'(0) = 0``.
    score
        ``(m,)`` observed, centred scores.
    support
        The least and the greatest value each score can take, ``(m,)`` each, infinite if unbounded. Beyond it
        a tail is exactly zero; on its edge there is no saddlepoint, which is reported, never guessed.
    """
    size = np.abs(np.asarray(score, dtype=np.float64))
    lowest, highest = support
    _, _, variance = cumulants(np.arange(len(size)), np.zeros(len(size)))
    upper, upper_found = _upper_tail(cumulants, size, highest, variance)
    lower, lower_found = _upper_tail(_reflected(cumulants), size, -lowest, variance)
    is_small = size < MIN_Z * np.sqrt(variance)
    normal = special.erfc(size / np.sqrt(2.0 * variance))
    p = np.where(is_small, normal, np.minimum(upper + lower, 1.0))
    found = (upper_found & lower_found) | is_small
    return Tails(np.where(found, p, np.nan), found)


def _reflected(cumulants: Cumulants) -> Cumulants:
    def of_negative(rows: IntArray, t: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        k, k1, k2 = cumulants(rows, -t)
        return k, -k1, k2

    return of_negative


def _upper_tail(
    cumulants: Cumulants, size: FloatArray, highest: FloatArray, variance: FloatArray
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """``P(S >= size)`` and whether it was found."""
    is_beyond = size > highest * (1.0 + 1e-10)
    is_edge = ~is_beyond & (size > highest * (1.0 - 1e-10))
    is_small = size < MIN_Z * np.sqrt(variance)
    rows = np.flatnonzero(~is_beyond & ~is_edge & ~is_small)
    p, found = np.zeros(len(size)), is_beyond.copy()
    t, is_root = _solve(cumulants, rows, size[rows], variance[rows])
    k, _, k2 = cumulants(rows, t)
    with np.errstate(invalid="ignore", divide="ignore"):
        w = np.sqrt(2.0 * (t * size[rows] - k))
        r = w + np.log(t * np.sqrt(k2) / w) / w
    p[rows] = special.ndtr(-r)
    found[rows] = is_root & np.isfinite(r)
    return p, found


def _solve(
    cumulants: Cumulants, rows: IntArray, size: FloatArray, variance: FloatArray
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """The root of ``K'(t) = size > 0``: Newton's steps, kept in a bracket that grows until it holds it."""
    low, high = np.zeros(len(rows)), np.full(len(rows), np.inf)
    t = size / variance
    found = np.zeros(len(rows), dtype=bool)
    for _ in range(MAX_ITERATIONS):
        active = np.flatnonzero(~found)
        if len(active) == 0:
            break
        _, k1, k2 = cumulants(rows[active], t[active])
        # Beyond the domain of K (an unbounded score) lies beyond the root.
        gap = np.where(np.isfinite(k1), k1 - size[active], np.inf)
        low[active] = np.where(gap <= 0, t[active], low[active])
        high[active] = np.where(gap >= 0, t[active], high[active])
        with np.errstate(divide="ignore", invalid="ignore"):
            step = gap / k2
        newton = t[active] - step
        is_inside = (newton > low[active]) & (newton < high[active]) & (newton <= 2.0 * t[active])
        bisect = np.where(np.isfinite(high[active]), 0.5 * (low[active] + high[active]), 2.0 * t[active])
        found[active] = np.abs(gap) <= 1e-10 * size[active]
        t[active] = np.where(found[active], t[active], np.where(is_inside, newton, bisect))
    return t, found


def bernoulli_cumulants(weights: FloatArray, probabilities: FloatArray) -> Cumulants:
    """Cumulants of ``S_j = Σ_i weights_ji (Y_i - μ_i)``, ``Y_i ~ Bernoulli(μ_i)`` independent.

    `weights` is ``(m, n)``, `probabilities` ``(n,)``.
    """

    def cumulants(rows: IntArray, t: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        return _bernoulli(weights, probabilities, rows, t)

    return cumulants


def bernoulli_support(weights: FloatArray, probabilities: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Least and greatest value of the same sums."""
    mean = weights @ probabilities
    return np.minimum(weights, 0.0).sum(axis=1) - mean, np.maximum(weights, 0.0).sum(axis=1) - mean


@numba.njit(cache=True)
def _bernoulli(weights, probabilities, rows, t):  # type: ignore[no-untyped-def]
    k, k1, k2 = np.zeros(len(rows)), np.zeros(len(rows)), np.zeros(len(rows))
    for r in range(len(rows)):
        for i in range(len(probabilities)):
            g, mu = weights[rows[r], i], probabilities[i]
            x = g * t[r]
            # Either branch keeps exp() below one, whatever the sign of x.
            if x > 0:
                e = np.exp(-x)
                share = mu + (1.0 - mu) * e
                tilted = mu / share
                k[r] += x + np.log(share) - x * mu
                rest = (1.0 - mu) * e / share
            else:
                e = np.exp(x)
                share = 1.0 - mu + mu * e
                tilted = mu * e / share
                k[r] += np.log(share) - x * mu
                rest = (1.0 - mu) / share
            k1[r] += g * (tilted - mu)
            k2[r] += g * g * tilted * rest
    return k, k1, k2
