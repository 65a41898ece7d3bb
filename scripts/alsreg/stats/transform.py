"""Rank-based inverse normal transformation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from alsreg.stats.null import FloatArray

BLOM = 0.375  # Blom 1958: ranks become (r - 3/8) / (n + 1/4)


def rank_inverse_normal(values: ArrayLike, offset: float = BLOM) -> FloatArray:
    """Normal quantiles of ``(rank - offset) / (n - 2 offset + 1)``; ties share their mean rank, NaN stays NaN."""
    values = np.asarray(values, dtype=np.float64)
    transformed = np.full(values.shape, np.nan)
    known = ~np.isnan(values)
    ranks = stats.rankdata(values[known])
    transformed[known] = special.ndtri((ranks - offset) / (known.sum() - 2.0 * offset + 1.0))
    return transformed


def rank_inverse_normal_residuals(y: ArrayLike, covariates: ArrayLike | None) -> FloatArray:
    """Residuals of ``y (n,)`` on intercept and ``covariates (n, p)``, transformed and brought back to the spread of y.

    The first stage of the fully adjusted two-stage analysis (Sofer et al. 2019, Genet Epidemiol 43:263): the second,
    `fit_linear_null` on the result, adjusts for the same covariates again, because the transformation undoes part of the
    orthogonality of residuals and covariates, and genotypes correlate with covariates. The standard deviation is that of
    the residuals, so effects stay near trait units.
    """
    y = np.asarray(y, dtype=np.float64)
    columns = (
        [np.ones(len(y))]
        if covariates is None
        else [np.ones(len(y)), np.asarray(covariates, dtype=np.float64)]
    )
    basis, _ = np.linalg.qr(np.column_stack(columns))
    residuals = y - basis @ (basis.T @ y)
    return rank_inverse_normal(residuals) * residuals.std(ddof=basis.shape[1])
