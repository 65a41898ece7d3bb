"""Variance components of a polygenic model, in the basis where the relationship matrix is diagonal.

``y = X β + u + e`` with ``u ~ N(0, σ²_g K)`` and ``e ~ N(0, σ²_e I)``. With ``K = Q D Q'`` the rotated ``Q'y`` has independent
elements of variance ``σ²_e (λ d_i + 1)``, ``λ = σ²_g / σ²_e``, so that every likelihood costs O(n k²) (Kang 2008, Genetics 178:1709;
Lippert 2011, Nat Methods 8:833; Zhou & Stephens 2012, Nat Genet 44:821).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded where they are first used: half a second that most commands save

from alsreg.errors import AnalysisError
from alsreg.stats.null import FloatArray

# The range of λ searched for a K of mean eigenvalue 1 (GEMMA's): beyond it the data do not tell λ from 0 or from infinity.
# 0 itself is tried too. For another K it moves, so that the unit of K does not matter.
LOG_RATIOS = np.linspace(np.log(1e-5), np.log(1e5), 61)
# Eigenvalues further below zero than this share of the largest are not rounding.
MAX_NEGATIVE_EIGENVALUE = 1e-6


@dataclass(frozen=True)
class Eigenbasis:
    """Eigenvalues ``(n,)``, none negative, and eigenvectors, the columns of ``(n, n)``, of a relationship matrix."""

    values: FloatArray
    vectors: FloatArray


def decompose(relationship: FloatArray) -> Eigenbasis:
    """Eigenbasis of ``(n, n)``; a singular matrix (twins, fewer SNPs than people) is welcome.

    Raises
    ------
    AnalysisError
        The matrix has a negative eigenvalue or is not finite: it is no covariance.
    """
    if not np.isfinite(relationship).all():
        raise AnalysisError("the relationship matrix has missing values", remedy="leave out people with few genotypes")
    values, vectors = scipy.linalg.eigh(relationship, driver="evd")
    if values[0] < -MAX_NEGATIVE_EIGENVALUE * max(values[-1], 1e-300):
        raise AnalysisError("the relationship matrix is not positive semidefinite", value=float(values[0]))
    return Eigenbasis(np.maximum(values, 0.0), vectors)


@dataclass(frozen=True)
class VarianceComponents:
    """A maximum of the likelihood over ``λ``. `ratio` is exactly 0 where no share of the variance follows relatedness."""

    ratio: float  # λ = σ²_g / σ²_e
    residual: float  # σ²_e: RSS / (n - k) under REML, RSS / n under ML
    log_likelihood: float
    mean_eigenvalue: float  # of K with its mean taken out: the variance of u per unit of σ²_g

    @property
    def genetic(self) -> float:
        """``σ²_g``."""
        return self.ratio * self.residual

    @property
    def heritability(self) -> float:
        """Share of the variance given covariates that follows relatedness (GEMMA's pve)."""
        share = self.ratio * self.mean_eigenvalue
        return share / (share + 1.0)

    @property
    def is_at_boundary(self) -> bool:
        """Whether the maximum is at 0 or at the largest ratio searched."""
        return self.ratio == 0.0 or self.ratio * self.mean_eigenvalue > np.exp(LOG_RATIOS[-1] - 1e-9)


def estimate_components(
    values: FloatArray, y: FloatArray, design: FloatArray, *, is_restricted: bool = True
) -> VarianceComponents:
    """Maximise the (restricted) likelihood over ``λ``.

    Parameters
    ----------
    values
        Eigenvalues of K, ``(n,)``.
    y, design
        The trait ``Q'y (n,)`` and fixed effects ``Q'X (n, k)`` with the intercept first, rotated.
    """

    def slope(log_ratio: float) -> float:
        return _likelihood(np.exp(log_ratio), values, y, design, is_restricted)[1]

    intercept = design[:, 0]
    mean = (values.sum() - intercept @ (values * intercept) / (intercept @ intercept)) / len(values)
    grid = LOG_RATIOS - np.log(max(mean, 1e-300))
    slopes = np.array([slope(x) for x in grid])
    peaks = [
        np.exp(_root(slope, left, right))
        for left, right, before, after in zip(grid, grid[1:], slopes, slopes[1:], strict=False)
        if before > 0 >= after
    ]
    ends = [0.0] + ([np.exp(grid[-1])] if slopes[-1] > 0 else [])
    fits = [(_likelihood(ratio, values, y, design, is_restricted), ratio) for ratio in [*ends, *peaks]]
    (log_likelihood, _, residual), ratio = max(fits, key=lambda fit: fit[0][0])
    return VarianceComponents(float(ratio), residual, log_likelihood, float(mean))


def _root(slope: Callable[[float], float], left: float, right: float) -> float:
    return float(scipy.optimize.brentq(slope, left, right, xtol=1e-13, rtol=1e-14))


def _likelihood(
    ratio: float, values: FloatArray, y: FloatArray, design: FloatArray, is_restricted: bool
) -> tuple[float, float, float]:
    """Log-likelihood at ``λ`` maximised over β and σ²_e, its derivative in ``λ``, and σ²_e."""
    n, k = design.shape
    weight = 1.0 / (ratio * values + 1.0)
    weighted = design * weight[:, None]
    gram = design.T @ weighted
    residual = y - design @ np.linalg.solve(gram, weighted.T @ y)
    rss = float(residual @ (weight * residual))
    pull = values * weight  # d log(λ d + 1) / dλ
    dof = n - k if is_restricted else n
    log_determinant, trace = -np.log(weight).sum(), pull.sum()
    if is_restricted:
        log_determinant += np.linalg.slogdet(gram)[1] - np.linalg.slogdet(design.T @ design)[1]
        trace -= np.trace(np.linalg.solve(gram, weighted.T @ (pull[:, None] * design)))
    likelihood = -0.5 * (dof * (np.log(2.0 * np.pi * rss / dof) + 1.0) + log_determinant)
    derivative = 0.5 * (dof * float(residual @ (weight * pull * residual)) / rss - trace)
    return float(likelihood), float(derivative), rss / dof
