"""Upper tail of a weighted sum of chi-squares, exact in the far tail as in the body.

For ``Q = Σ (sqrt(λ_i) Z_i + a_i)²`` the tail is the inversion integral of the moment generating function,

    P(Q > q) = 1/(2πi) ∫ exp(K(s) - s q) / s ds,   K(s) = Σ [-1/2 log(1 - 2 λ_i s) + a_i² s / (1 - 2 λ_i s)],

taken along a curve through the saddlepoint ``c`` of the whole integrand, ``s(t) = c + b t² + i t``, which
bends around the branch cut that begins at ``1 / (2 max λ)``. There the integrand is one smooth hump whose
height is the size of p itself, so that the error is relative: no cancellation, no floor near 1e-9 as with
Davies' or Imhof's integrals along the imaginary axis, and none of the error of Kuonen's closed formula. With
``t = w sinh(u)`` the trapezoidal rule converges exponentially; the step is halved until two successive values
agree. Below the mean the lower tail is integrated instead.

Sources: Rice (1980) SIAM J Sci Stat Comput 1:438 (integration along a contour through the saddlepoint); Imhof
(1961) Biometrika 48:419 (the distribution); Trefethen & Weideman (2014) SIAM Review 56:385 (why the rule
converges so fast).
"""

from __future__ import annotations

import math

import numba
import numpy as np
from scipy.optimize import brentq

from alsreg.stats.null import FloatArray

# Eigenvalues this far below the largest are rounding of zero: a covariance of m variants has rank at most n.
MIN_RELATIVE_EIGENVALUE = 1e-12
# A covariance may be this far from positive semidefinite, relative to its largest eigenvalue, by rounding.
MAX_NEGATIVE_EIGENVALUE = 1e-8
# Smallest positive normal double: a p-value that would underflow is reported as this, never as zero.
SMALLEST_P = float(np.finfo(np.float64).tiny)
# Two successive step sizes must agree to this, relative to p. The error of the finer one is about its square.
_AGREEMENT = 1e-7
_MAX_HALVINGS = 12
# Bend of the curve in units of the hump's width: 1/b = 25 widths, beyond which a Gaussian hump is below
# 1e-130. A stronger bend leaves the valley of the integrand when there are hundreds of eigenvalues.
_BEND = 0.04
_LOG_ROUNDING = -40.0
_END = 12.0
_NEGLIGIBLE = 1e-17


def upper_tail(q: float, eigenvalues: FloatArray, shifts: FloatArray | None = None) -> float:
    """``P(Σ (sqrt(λ_i) Z_i + a_i)² > q)`` for independent standard normal ``Z``, within 1e-8.

    Parameters
    ----------
    q
        Observed value, on the scale of the eigenvalues.
    eigenvalues
        λ, ``(m,)``, not negative beyond rounding; those within rounding of zero are left out.
    shifts
        a, ``(m,)``; all zero when absent. A shift beside a zero eigenvalue counts in full.

    Returns
    -------
    p in (0, 1]; where it would underflow, `SMALLEST_P`.

    Raises
    ------
    ValueError
        If no eigenvalue is positive, one is clearly negative, something is not a number, or the integral
        fails to converge.
    """
    return max(math.exp(log_upper_tail(q, eigenvalues, shifts)), SMALLEST_P)


def log_upper_tail(q: float, eigenvalues: FloatArray, shifts: FloatArray | None = None) -> float:
    """Natural logarithm of `upper_tail`, without underflow."""
    q, weights, squares = _standardise(q, eigenvalues, shifts)
    if q <= 0:
        return 0.0
    log_p, has_converged = _log_tail(q, weights, squares)
    if not has_converged:
        raise ValueError(f"the tail at {q!r} of {len(weights)} eigenvalues did not converge")
    return min(float(log_p), 0.0)


def upper_quantile(p: float, eigenvalues: FloatArray) -> float:
    """The ``q`` with ``upper_tail(q, eigenvalues) = p``, to 1e-11 relative.

    Raises
    ------
    ValueError
        Unless ``0 < p < 1``.
    """
    if not 0 < p < 1:
        raise ValueError(f"p must lie between 0 and 1, not {p!r}")
    target, high = math.log(p), float(np.sum(eigenvalues))
    while log_upper_tail(high, eigenvalues) > target:
        high *= 2

    def excess(q: float) -> float:
        return log_upper_tail(q, eigenvalues) - target

    return float(brentq(excess, 0.0, high, xtol=1e-14 * high, rtol=1e-12))


def _standardise(q: float, eigenvalues: FloatArray, shifts: FloatArray | None) -> tuple[float, FloatArray, FloatArray]:
    """Divide by the largest eigenvalue; take what does not vary (zero eigenvalues) from `q`."""
    values = np.asarray(eigenvalues, dtype=np.float64)
    squares = np.zeros_like(values) if shifts is None else np.asarray(shifts, dtype=np.float64) ** 2
    largest = float(values.max(initial=0.0))
    if not (largest > 0 and math.isfinite(largest) and math.isfinite(q) and np.isfinite(squares).all()):
        raise ValueError(f"no positive eigenvalue, or not a number: q = {q!r}, largest eigenvalue = {largest!r}")
    if values.min() < -MAX_NEGATIVE_EIGENVALUE * largest:
        raise ValueError(f"the covariance is not positive semidefinite: eigenvalue {values.min()!r} beside {largest!r}")
    kept = values > MIN_RELATIVE_EIGENVALUE * largest
    return (q - float(squares[~kept].sum())) / largest, values[kept] / largest, squares[kept] / largest


@numba.njit(cache=True)
def _log_tail(q: float, weights: FloatArray, squares: FloatArray) -> tuple[float, bool]:
    """Log of the upper tail for eigenvalues scaled to a largest of 1, and whether the step sizes agreed."""
    if q >= weights.sum() + squares.sum():
        return _log_hump(q, weights, squares, 1.0)
    log_lower, has_converged = _log_hump(q, weights, squares, -1.0)
    return math.log1p(-min(math.exp(log_lower), 1.0 - 1e-16)), has_converged


@numba.njit(cache=True)
def _log_hump(q: float, weights: FloatArray, squares: FloatArray, sign: float) -> tuple[float, bool]:
    """Log of the upper (`sign` 1) or lower (-1) tail, through the saddlepoint on that side of 0."""
    centre = _saddlepoint(q, weights, squares, sign)
    height, curvature = -math.log(sign * centre) - centre * q, 1.0 / centre**2
    for weight, square in zip(weights, squares):  # noqa: B905
        rest = 1.0 - 2.0 * weight * centre
        height += square * centre / rest - 0.5 * math.log(rest)
        curvature += 2.0 * (weight / rest) ** 2 + 4.0 * weight * square / rest**3
    if sign < 0 and height + math.log(-centre) < _LOG_ROUNDING:
        return -math.inf, True  # Chernoff's bound: the lower tail is below the rounding of 1
    width = 1.0 / math.sqrt(curvature)
    shape = (centre, _BEND / width, width, height)
    step = 0.25
    total = _sum_of_nodes(0.0, step, q, weights, squares, shape) - 0.5 * sign * width
    value = total * step
    for _ in range(_MAX_HALVINGS):
        total += _sum_of_nodes(0.5 * step, step, q, weights, squares, shape)
        step *= 0.5
        previous, value = value, total * step
        if sign * value > 0 and abs(value - previous) <= _AGREEMENT * abs(value):
            return height + math.log(sign * value / math.pi), True
    return math.nan, False


@numba.njit(cache=True)
def _saddlepoint(q: float, weights: FloatArray, squares: FloatArray, sign: float) -> float:
    """Root of ``K'(s) - q - 1/s`` by bisection: in (0, 1/2) for the upper tail, below 0 for the lower one."""
    low, high = 0.0, 0.5
    if sign < 0:
        while _slope(-high, q, weights, squares) > 0:
            high *= 2.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        if sign * _slope(sign * middle, q, weights, squares) < 0:
            low = middle
        else:
            high = middle
        if high - low < 1e-6 * (low if sign < 0 else min(low, 0.5 - high)):
            break
    return sign * (low if low > 0 else high)


@numba.njit(cache=True)
def _slope(s: float, q: float, weights: FloatArray, squares: FloatArray) -> float:
    slope = -q - 1.0 / s
    for weight, square in zip(weights, squares):  # noqa: B905
        rest = 1.0 - 2.0 * weight * s
        slope += weight / rest + square / rest**2
    return slope


@numba.njit(cache=True)
def _sum_of_nodes(
    first: float,
    step: float,
    q: float,
    weights: FloatArray,
    squares: FloatArray,
    shape: tuple[float, float, float, float],
) -> float:
    """Sum of the integrand at ``u = first, first + step, ...``, relative to its height at the saddlepoint."""
    centre, bend, width, height = shape
    total, u = 0.0, first
    while u <= _END:
        t = width * math.sinh(u)
        s = complex(centre + bend * t * t, t)
        exponent = -s * q - height
        for weight, square in zip(weights, squares):  # noqa: B905
            rest = 1.0 - 2.0 * weight * s
            exponent += square * s / rest - 0.5 * np.log(rest)
        # exp(K - s q)/s ds/dt dt/du; by symmetry twice the imaginary part of the upper half, over 2πi.
        term = (np.exp(exponent) / s * complex(2.0 * bend * t, 1.0)).imag * width * math.cosh(u)
        total += term
        if exponent.real < -45.0 - math.log(abs(s)) and abs(term) < _NEGLIGIBLE * abs(total):
            break
        u += step
    return total
