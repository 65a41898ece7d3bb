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
# Quantiles are sought until log p is as good as this.
_QUANTILE_ERROR = 1e-9
# Factors whose product exceeds this leave nothing of the integrand.
_LARGE = 1e300
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


def upper_tails(q: FloatArray, eigenvalues: FloatArray, shifts: FloatArray, scales: FloatArray) -> FloatArray:
    """``(k,)``: `upper_tail` at each of ``q (k,)`` with the shifts ``scales[i] * shifts``; 1 where q is not positive."""
    largest = float(eigenvalues.max(initial=0.0))
    _, weights, squares = _standardise(largest, eigenvalues, shifts)
    fixed = float(np.sum(shifts**2)) / largest - float(squares.sum())
    log_p, has_converged = _log_tails(q / largest - fixed * scales**2, weights, squares, scales**2)
    if not has_converged:
        raise ValueError(f"a tail of {len(weights)} eigenvalues did not converge")
    return np.exp(np.minimum(log_p, 0.0))


def upper_quantile(p: float, eigenvalues: FloatArray, low: float = 0.0) -> float:
    """The ``q`` with ``upper_tail(q, eigenvalues) = p``, to 1e-9 of p; it is known to be at least `low`.

    Raises
    ------
    ValueError
        Unless ``0 < p < 1``; if the tail does not converge.
    """
    if not 0 < p < 1:
        raise ValueError(f"p must lie between 0 and 1, not {p!r}")
    largest = float(eigenvalues.max(initial=0.0))
    _, weights, squares = _standardise(largest, eigenvalues, None)
    q, has_converged = _quantile(math.log(p), weights, squares, low / largest)
    if not has_converged:
        raise ValueError(f"the quantile at {p!r} of {len(weights)} eigenvalues did not converge")
    return float(q * largest)


def tails_of_spectra(q: FloatArray, spectra: FloatArray) -> FloatArray:
    """`upper_tail` at each of ``q (k,)`` of the eigenvalues in that row of ``spectra (k, m)``: ``(k,)``."""
    largest, weights = _standardise_rows(spectra)
    log_p, has_converged = _log_tails_of_rows(q / largest, weights)
    if not has_converged:
        raise ValueError(f"a tail of {spectra.shape[1]} eigenvalues did not converge")
    return np.maximum(np.exp(np.minimum(log_p, 0.0)), SMALLEST_P)


def quantiles_of_spectra(p: float, spectra: FloatArray, low: FloatArray) -> FloatArray:
    """`upper_quantile` at `p` of the eigenvalues in each row of ``spectra (k, m)``, each at least its `low`: ``(k,)``."""
    largest, weights = _standardise_rows(spectra)
    q, has_converged = _quantiles_of_rows(math.log(p), weights, low / largest)
    if not has_converged:
        raise ValueError(f"a quantile at {p!r} of {spectra.shape[1]} eigenvalues did not converge")
    return q * largest


def _standardise_rows(spectra: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Largest eigenvalue of each row, and the rows divided by it; what is within rounding of zero becomes zero."""
    largest = spectra.max(axis=1)
    if not (np.all(largest > 0) and np.isfinite(spectra).all()):
        raise ValueError("no positive eigenvalue, or not a number")
    weights = spectra / largest[:, None]
    if weights.min() < -MAX_NEGATIVE_EIGENVALUE:
        raise ValueError("the covariance is not positive semidefinite")
    return largest, np.where(weights > MIN_RELATIVE_EIGENVALUE, weights, 0.0)


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


@numba.njit(cache=True, nogil=True)
def _log_tail(q: float, weights: FloatArray, squares: FloatArray) -> tuple[float, bool]:
    """Log of the upper tail for eigenvalues scaled to a largest of 1, and whether the step sizes agreed."""
    if q >= weights.sum() + squares.sum():
        return _log_hump(q, weights, squares, 1.0)
    log_lower, has_converged = _log_hump(q, weights, squares, -1.0)
    return math.log1p(-min(math.exp(log_lower), 1.0 - 1e-16)), has_converged


@numba.njit(cache=True, nogil=True)
def _log_hump(q: float, weights: FloatArray, squares: FloatArray, sign: float) -> tuple[float, bool]:
    """Log of the upper (`sign` 1) or lower (-1) tail, through the saddlepoint on that side of 0."""
    centre = _saddlepoint(q, weights, squares, sign)
    height, curvature = -math.log(sign * centre) - centre * q, 1.0 / centre**2
    slopes, lifts = np.empty(len(weights)), np.empty(len(weights))
    for j in range(len(weights)):
        rest = 1.0 - 2.0 * weights[j] * centre
        height += squares[j] * centre / rest - 0.5 * math.log(rest)
        curvature += 2.0 * (weights[j] / rest) ** 2 + 4.0 * weights[j] * squares[j] / rest**3
        slopes[j], lifts[j] = 2.0 * weights[j] / rest, squares[j] / (rest * rest)
    if sign < 0 and height + math.log(-centre) < _LOG_ROUNDING:
        return -math.inf, True  # Chernoff's bound: the lower tail is below the rounding of 1
    width = 1.0 / math.sqrt(curvature)
    shape = (centre, _BEND / width, width)
    step = 0.25
    total = _sum_of_nodes(0.0, step, q, slopes, lifts, shape) - 0.5 * sign * width
    value = total * step
    for _ in range(_MAX_HALVINGS):
        total += _sum_of_nodes(0.5 * step, step, q, slopes, lifts, shape)
        step *= 0.5
        previous, value = value, total * step
        if sign * value > 0 and abs(value - previous) <= _AGREEMENT * abs(value):
            return height + math.log(sign * value / math.pi), True
    return math.nan, False


@numba.njit(cache=True, nogil=True)
def _log_tails(q: FloatArray, weights: FloatArray, squares: FloatArray, scales: FloatArray) -> tuple[FloatArray, bool]:
    """Log tails at each q, with the squared shifts multiplied by each of `scales`."""
    log_p, has_converged = np.zeros(len(q)), True
    for i in range(len(q)):
        if q[i] > 0:
            log_p[i], is_good = _log_tail(q[i], weights, squares * scales[i])
            has_converged = has_converged and is_good
    return log_p, has_converged


@numba.njit(cache=True, nogil=True)
def _log_tails_of_rows(q: FloatArray, weights: FloatArray) -> tuple[FloatArray, bool]:
    log_p, has_converged, nothing = np.zeros(len(q)), True, np.zeros(weights.shape[1])
    for i in range(len(q)):
        if q[i] > 0:
            log_p[i], is_good = _log_tail(q[i], weights[i], nothing)
            has_converged = has_converged and is_good
    return log_p, has_converged


@numba.njit(cache=True, nogil=True)
def _quantiles_of_rows(target: float, weights: FloatArray, low: FloatArray) -> tuple[FloatArray, bool]:
    q, has_converged, nothing = np.empty(len(low)), True, np.zeros(weights.shape[1])
    for i in range(len(low)):
        q[i], is_good = _quantile(target, weights[i], nothing, low[i])
        has_converged = has_converged and is_good
    return q, has_converged


@numba.njit(cache=True, nogil=True)
def _quantile(target: float, weights: FloatArray, squares: FloatArray, low: float) -> tuple[float, bool]:
    """Where the log tail equals `target`: secants within a bracket (Illinois' rule), bisection where they are slow."""
    at_low, has_converged = -target, True
    if low > 0:
        log_p, has_converged = _log_tail(low, weights, squares)
        at_low = log_p - target
    if at_low <= 0:
        return low, has_converged
    # Far out log p falls by a half per unit of q, nearer by less: the first step falls short, or just reaches.
    width = 2.5 * at_low
    high, at_high = low, at_low
    while at_high > 0 and has_converged:
        low, at_low = high, at_high
        high += width
        width *= 2.0
        log_p, has_converged = _log_tail(high, weights, squares)
        at_high = log_p - target
    side = 0
    for _ in range(200):
        middle = high - at_high * (high - low) / (at_high - at_low)
        log_p, is_good = _log_tail(middle, weights, squares)
        at_middle, has_converged = log_p - target, has_converged and is_good
        if abs(at_middle) <= _QUANTILE_ERROR or high - low <= 1e-14 * high:
            return middle, has_converged
        if at_middle > 0:
            low, at_low = middle, at_middle
            at_high *= 0.5 if side > 0 else 1.0
            side = 1
        else:
            high, at_high = middle, at_middle
            at_low *= 0.5 if side < 0 else 1.0
            side = -1
    return high, False


@numba.njit(cache=True, nogil=True)
def _saddlepoint(q: float, weights: FloatArray, squares: FloatArray, sign: float) -> float:
    """Near the root of ``K'(s) - q - 1/s``, in (0, 1/2) for the upper tail, below 0 for the lower one.

    Newton's method within a bracket. Any point near the root will do: the curve need not pass through it.
    """
    low, high = 0.0, 0.5
    if sign < 0:
        while _slope(-high, q, weights, squares)[0] > 0:
            high *= 2.0
    middle = 0.5 * (low + high)
    for _ in range(100):
        slope, curvature = _slope(sign * middle, q, weights, squares)
        if sign * slope < 0:
            low = middle
        else:
            high = middle
        step = slope / curvature * sign
        following = middle - step
        if not low < following < high:
            following = 0.5 * (low + high)
            step = following - middle
        middle = following
        if abs(step) < 1e-3 * (middle if sign < 0 else min(middle, 0.5 - middle)):
            break
    return sign * middle


@numba.njit(cache=True, nogil=True)
def _slope(s: float, q: float, weights: FloatArray, squares: FloatArray) -> tuple[float, float]:
    """First and second derivative of the integrand's logarithm."""
    slope, curvature = -q - 1.0 / s, 1.0 / s**2
    for weight, square in zip(weights, squares):  # noqa: B905
        rest = 1.0 - 2.0 * weight * s
        ratio = weight / rest
        slope += ratio + square / rest**2
        curvature += 2.0 * ratio * ratio + 4.0 * ratio * square / rest**2
    return slope, curvature


@numba.njit(cache=True, nogil=True)
def _sum_of_nodes(
    first: float,
    step: float,
    q: float,
    slopes: FloatArray,
    lifts: FloatArray,
    shape: tuple[float, float, float],
) -> float:
    """Sum of the integrand at ``u = first, first + step, ...``, relative to its height at the saddlepoint.

    With c the centre, `slopes` are ``2λ/(1 - 2λc)`` and `lifts` ``a²/(1 - 2λc)²``: ``1 - 2λs`` is ``1 - slope (s - c)``
    times what it is at the centre.
    """
    centre, bend, width = shape
    total, u = 0.0, first
    while u <= _END:
        t = width * math.sinh(u)
        x, y = bend * t * t, t  # s - centre
        exponent, is_beyond = complex(-x * q, -y * q), False
        # The product of all factors, and the sign of its square root: each factor's argument lies between -π and
        # 0, so that the product's passes -π whenever its imaginary part turns positive.
        real, imaginary, sign = 1.0, 0.0, 1.0
        for j in range(len(slopes)):
            a, b = 1.0 - slopes[j] * x, -slopes[j] * y
            if lifts[j] > 0.0:
                exponent += lifts[j] * complex(x, y) / complex(a, b)
            real, following = real * a - imaginary * b, real * b + imaginary * a
            if imaginary <= 0.0 and following > 0.0:
                sign = -sign
            imaginary = following
            if abs(real) + abs(imaginary) > _LARGE:
                is_beyond = True
                break
        if is_beyond:
            break
        # exp(K - s q)/s ds/dt dt/du; by symmetry twice the imaginary part of the upper half, over 2πi.
        value = np.exp(exponent) * (sign * abs(centre)) / (np.sqrt(complex(real, imaginary)) * complex(centre + x, y))
        term = (value * complex(2.0 * bend * t, 1.0)).imag * width * math.cosh(u)
        total += term
        if abs(value) < 1e-19 and abs(term) < _NEGLIGIBLE * abs(total):
            break
        u += step
    return total
