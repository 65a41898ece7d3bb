"""Tests of several variants together, all from their scores ``U`` and the covariance ``Φ`` of the scores.

Under the null ``U ~ N(0, Φ)``. With weights ``w``: burden is ``(w'U)² / w'Φw``; SKAT is ``Σ (w_j U_j)²``;
SKAT-O is the smallest p over mixtures of both; ACAT-V combines single-variant p-values. The trait only
matters through U and Φ, so that the versions for survival with delayed entry need nothing of their own.

Sources: Wu 2011 AJHG 89:82 (SKAT); Lee 2012 Biostatistics 13:762 (SKAT-O); Liu 2019 AJHG 104:410 (ACAT);
Chen 2014 Genet Epidemiol 38:191 (survival at small counts); Zhao 2020 AJHG 106:3 (binary traits, calibrated
variance); Zhou 2022 Nat Genet 54:1466 (collapsing of ultra-rare variants).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from scipy import special

from alsreg.stats.null import FloatArray
from alsreg.stats.quadratic_form import (
    MAX_NEGATIVE_EIGENVALUE,
    MIN_RELATIVE_EIGENVALUE,
    SMALLEST_P,
    quantiles_of_spectra,
    tails_of_spectra,
    upper_tail,
    upper_tails,
)

# Mixing weights of SKAT-O: 0 is SKAT, 1 is burden (the grid of Lee 2012's adjusted version).
RHO_GRID = (0.0, 0.1**2, 0.2**2, 0.3**2, 0.4**2, 0.5**2, 0.5, 1.0)
_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(32)


@dataclass(frozen=True)
class BurdenTest:
    """``beta`` is the one-step estimate per weighted copy, ``w'U / w'Φw``; its test is the score test."""

    beta: float
    standard_error: float
    p_value: float


def beta_weights(frequency: FloatArray, alpha: float, beta: float) -> FloatArray:
    """Beta density at the rarer allele's frequency: ``(m,)``. ``alpha = beta = 1`` weighs all alike."""
    log_density = special.xlogy(alpha - 1, frequency) + special.xlog1py(beta - 1, -np.asarray(frequency))
    return np.asarray(np.exp(log_density - special.betaln(alpha, beta)), dtype=np.float64)


def burden(u: FloatArray, phi: FloatArray, weights: FloatArray) -> BurdenTest:
    """Score test of the weighted sum of copies.

    Raises
    ------
    ValueError
        If the weighted sum has no variance.
    """
    score, variance = float(weights @ u), float(weights @ phi @ weights)
    if not variance > 0:
        raise ValueError("the weighted sum of copies does not vary")
    return BurdenTest(score / variance, variance**-0.5, chi_square_p(score**2 / variance))


def skat(u: FloatArray, phi: FloatArray, weights: FloatArray) -> float:
    """P-value of SKAT: the tail of ``Σ λ_i χ²_1`` at ``Σ (w_j U_j)²``, λ the eigenvalues of ``WΦW``.

    Raises
    ------
    ValueError
        As `alsreg.stats.quadratic_form.upper_tail`.
    """
    scores, covariance = _weigh(u, phi, weights)
    return upper_tail(float(scores @ scores), np.linalg.eigvalsh(covariance))


def skat_o(u: FloatArray, phi: FloatArray, weights: FloatArray, rhos: tuple[float, ...] = RHO_GRID) -> float:
    """P-value of SKAT-O: how often, under the null, the smallest p over `rhos` is as small as here.

    With ``S = WU`` and ``B = 1'S``, ``Q_ρ = (1 - ρ) S'S + ρ B²``. Given B, ``S = cB + R`` where ``c = Cov(S,
    B) / Var B`` and R is independent of B; all conditions ``Q_ρ < q_ρ`` with ρ < 1 are one condition on
    ``S'S``, whose tail given B is that of a shifted quadratic form. What is left is an integral over the one
    normal variable B. This is the decomposition of Lee 2012 with both of its approximations taken out: the
    quantiles ``q_ρ`` are exact, not moment matched, and the part of S'S that depends on both B and R keeps
    its distribution, not just its variance.

    Raises
    ------
    ValueError
        As `skat` and `burden`.
    """
    scores, covariance = _weigh(u, phi, weights)
    total, variance = float(scores.sum()), float(covariance.sum())
    if not variance > 0:
        raise ValueError("the weighted sum of copies does not vary")
    rho = np.array([r for r in rhos if r < 1])
    spectra = mixture_spectra(covariance, rho)
    if spectra.shape[1] == 1:
        return chi_square_p(total**2 / variance)  # one direction only: every mixture is the same test
    observed = (1 - rho) * float(scores @ scores) + rho * total**2
    smallest = float(np.min(tails_of_spectra(observed, spectra)))
    if 1.0 in rhos:
        smallest = min(smallest, chi_square_p(total**2 / variance))
    if smallest >= 1:
        return 1.0
    quantiles = quantiles_of_spectra(smallest, spectra, observed)
    burden_limit = float(-special.ndtri(smallest / 2)) if 1.0 in rhos else np.inf
    return _probability_of_any(covariance, rho, quantiles, burden_limit)


def mixture_spectra(covariance: FloatArray, rho: FloatArray) -> FloatArray:
    """Eigenvalues of each ``Q_ρ = (1 - ρ) S'S + ρ (1'S)²``, S of this covariance ``(k, k)``: a row for each of ``rho < 1``.

    They are those of ``(1 - ρ) D + ρ ss'``, D the eigenvalues of the covariance beyond rounding: one decomposition for all ρ.
    """
    values, vectors = np.linalg.eigh(covariance)
    kept = values > len(values) * np.finfo(np.float64).eps * values[-1]
    sums = vectors[:, kept].sum(axis=0) * np.sqrt(values[kept])
    return np.linalg.eigvalsh(
        (1 - rho)[:, None, None] * np.diag(values[kept]) + rho[:, None, None] * np.outer(sums, sums)
    )


def acat_v(p_values: FloatArray, frequency: FloatArray, weights: FloatArray) -> float:
    """ACAT-V: Cauchy combination of single-variant p-values (and of the collapsed rare ones as one member).

    A p-value's weight is ``w² f (1 - f)``, with f the rarer allele's frequency and w its weight in the other
    tests; for the collapsed member f and w are those at the mean frequency of what it collapses (Liu 2019).
    """
    return cauchy_combination(p_values, weights**2 * frequency * (1 - frequency))


def cauchy_combination(p_values: FloatArray, weights: FloatArray | None = None) -> float:
    """Cauchy combination of p-values, stable for p near 0 and near 1.

    A p of exactly one counts as ``1 - 1/d`` for d p-values, as the ACAT authors advise.

    Raises
    ------
    ValueError
        If there is none, one lies outside (0, 1], or weights are negative or all zero.
    """
    p = np.asarray(p_values, dtype=np.float64)
    share = np.ones_like(p) if weights is None else np.asarray(weights, dtype=np.float64)
    if p.size == 0 or not np.all((p > 0) & (p <= 1)):
        raise ValueError(f"p-values must lie in (0, 1], at least one: {p!r}")
    if not (np.all(share >= 0) and share.sum() > 0):
        raise ValueError(f"weights must not be negative, nor all zero: {share!r}")
    return float(cauchy_p(cauchy_statistics(p[None], share))[0])


def cauchy_statistics(p_values: FloatArray, weights: FloatArray) -> FloatArray:
    """``Σ w_j cot(π p_j)`` of each row of ``p_values (b, d)``, weights ``(d,)`` scaled to a sum of one: ``(b,)``."""
    d = p_values.shape[1]
    p = np.where((p_values == 1) & (d > 1), 1 - 1 / d, p_values)
    with np.errstate(divide="ignore"):  # cot(πp); beyond 1/2 by reflection, where 1 - p is exact
        cotangent = np.where(p <= 0.5, 1, -1) / np.tan(np.pi * np.minimum(p, 1 - p))
    return np.asarray(cotangent @ (weights / weights.sum()))


def cauchy_p(statistics: FloatArray) -> FloatArray:
    """Upper tail of the standard Cauchy distribution, stable on both sides."""
    with np.errstate(divide="ignore"):
        tail = np.arctan(1 / np.abs(statistics)) / np.pi
    return np.where(statistics > 0, np.maximum(tail, SMALLEST_P), 1 - tail)


def calibrate_scores(u: FloatArray, v: FloatArray, p_values: FloatArray) -> FloatArray:
    """Scores whose chi-square reproduces the better p-values: ``sign(U) sqrt(χ²(p) V)``.

    With p from the likelihood ratio these are the signed roots of Chen 2014, for survival at small counts.
    The covariance is left as it is.
    """
    return np.sign(u) * np.sqrt(special.chdtri(1, p_values) * v)


def calibrate_covariance(u: FloatArray, phi: FloatArray, p_values: FloatArray) -> FloatArray:
    """Φ with variances that reproduce the better p-values: ``V_j = U_j² / χ²(p_j)``, correlations kept (Zhao
    2020).

    Variants whose p says no more than the score's own (a difference within rounding) keep their variance.
    """
    v = np.diag(phi)
    own = score_p(u, v)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(np.isclose(p_values, own, rtol=1e-9, atol=0), 1.0, u**2 / special.chdtri(1, p_values) / v)
    scale = np.sqrt(ratio)
    return phi * np.outer(scale, scale)


def burden_inflation(u: FloatArray, phi: FloatArray, weights: FloatArray, p_value: float) -> float:
    """What Φ is to be multiplied by, at least 1, for the burden's chi-square to be no smaller in p than
    `p_value`.

    The second step of Zhao 2020: a burden p from the saddlepoint bounds the joint variance from below.
    """
    chi_square = float(special.chdtri(1, p_value))
    if not chi_square > 0:
        return 1.0
    return max(1.0, float(weights @ u) ** 2 / chi_square / float(weights @ phi @ weights))


def collapse(copies: FloatArray) -> FloatArray:
    """One pseudo-variant from rare ones: a person's largest number of copies of any; ``(m, n)`` to ``(n,)``.

    Missing where all are missing.
    """
    known = ~np.isnan(copies)
    return np.where(known.any(axis=0), np.max(np.where(known, copies, 0.0), axis=0), np.nan)


def score_p(u: FloatArray, v: FloatArray) -> FloatArray:
    """Two-sided p of scores against their normal variance; 1 where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(v > 0, special.chdtrc(1, u**2 / v), 1.0)


def chi_square_p(statistic: float) -> float:
    """Upper tail of χ²_1, never zero."""
    return max(float(special.chdtrc(1, statistic)), SMALLEST_P)


def is_covariance(phi: FloatArray) -> bool:
    """Whether Φ is finite, symmetric and positive semidefinite up to rounding."""
    if not np.isfinite(phi).all() or not np.allclose(phi, phi.T, rtol=1e-8, atol=1e-8 * np.abs(phi).max(initial=0)):
        return False
    values = np.linalg.eigvalsh(phi)
    return bool(values[-1] > 0 and values[0] >= -MAX_NEGATIVE_EIGENVALUE * values[-1])


def _weigh(u: FloatArray, phi: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    covariance = phi * np.outer(weights, weights)
    return weights * u, 0.5 * (covariance + covariance.T)


def _probability_of_any(covariance: FloatArray, rho: FloatArray, quantiles: FloatArray, burden_limit: float) -> float:
    """``P(any Q_ρ > q_ρ)``, integrated over ``B = sqrt(Var B) z``, z standard normal, by symmetry over z > 0.

    Where z alone decides (beyond `edge`) the probability is one and its share is a normal tail.
    """
    variance = float(covariance.sum())
    slope = covariance.sum(axis=1) / variance
    values, vectors = np.linalg.eigh(covariance - variance * np.outer(slope, slope))
    values = np.clip(values, 0, None)
    shifts = vectors.T @ slope * np.sqrt(variance)
    # S'S is at most (q_ρ - ρ Var B z²) / (1 - ρ): straight lines in z², of which the lowest counts.
    intercepts, slopes = quantiles / (1 - rho), -rho * variance / (1 - rho)
    # In the directions where R does not vary S'S is at least `fixed` z²: past `edge` some condition fails.
    fixed = float(np.sum(shifts[values <= MIN_RELATIVE_EIGENVALUE * values[-1]] ** 2))
    edge = min(burden_limit, float(np.sqrt(np.min(intercepts / (fixed - slopes)))))
    inside = 0.0
    for low, high in itertools.pairwise(_kinks(intercepts, slopes, edge)):
        z = 0.5 * (high - low) * _NODES + 0.5 * (high + low)
        limits = np.min(intercepts[:, None] + slopes[:, None] * z**2, axis=0)
        density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
        inside += 0.5 * (high - low) * float(_NODE_WEIGHTS @ (density * upper_tails(limits, values, shifts, z)))
    return min(max(2 * inside + 2 * float(special.ndtr(-edge)), SMALLEST_P), 1.0)


def _kinks(intercepts: FloatArray, slopes: FloatArray, edge: float) -> FloatArray:
    """0, the z below `edge` where the lowest of the lines changes, and `edge`."""
    first, second = np.triu_indices(len(slopes), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        square = (intercepts[second] - intercepts[first]) / (slopes[first] - slopes[second])
    crosses = (square > 0) & (square < edge**2)
    first, square = first[crosses], square[crosses]
    heights = intercepts[:, None] + slopes[:, None] * square
    lowest, own = heights.min(axis=0), heights[first, np.arange(len(first))]
    return np.unique(np.concatenate([[0.0, edge], np.sqrt(square[own <= lowest + 1e-12 * np.abs(own)])]))
