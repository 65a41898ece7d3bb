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

from alsreg.stats.exponentials import exponentiate
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


@numba.njit(cache=True, nogil=True)
def _bernoulli(weights, probabilities, rows, t):  # type: ignore[no-untyped-def]
    k, k1, k2 = np.empty(len(rows)), np.empty(len(rows)), np.empty(len(rows))
    n = len(probabilities)
    e, power, share = np.empty(n), np.empty(n, np.int64), np.empty(n)
    for r in range(len(rows)):
        x = weights[rows[r]] * t[r]
        # exp() of minus the size, so that nothing overflows.
        e[:] = -np.abs(x)
        exponentiate(e, power)
        k[r], k1[r], k2[r] = _bernoulli_sums(weights[rows[r]], probabilities, x, e, share)
        k[r] += _sum_of_logarithms(share)
    return k, k1, k2


@numba.njit(cache=True, nogil=True, fastmath={"reassoc"})
def _bernoulli_sums(weights, probabilities, x, e, share):  # type: ignore[no-untyped-def]
    """K without the logarithms of `share`, K' and K''."""
    k, k1, k2 = 0.0, 0.0, 0.0
    for i in range(len(x)):
        g, mu = weights[i], probabilities[i]
        # The outcome that the tilt favours, and the other.
        favoured, other = (mu, 1.0 - mu) if x[i] > 0 else (1.0 - mu, mu)
        share[i] = favoured + other * e[i]
        likely, unlikely = favoured / share[i], other * e[i] / share[i]
        k += (x[i] if x[i] > 0 else 0.0) - x[i] * mu
        k1 += g * ((likely if x[i] > 0 else unlikely) - mu)
        k2 += g * g * likely * unlikely
    return k, k1, k2


@numba.njit(cache=True, nogil=True)
def _sum_of_logarithms(factors):  # type: ignore[no-untyped-def]
    """Of numbers in (0, 1]: one logarithm for many, since logarithms are dear."""
    total, product = 0.0, 1.0
    for i in range(len(factors)):
        product *= factors[i]
        if product < 1e-100:
            total += np.log(product)
            product = 1.0
    return total + np.log(product)
