"""Rank-based inverse normal transformation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from alsreg.stats.design import design_matrix
from alsreg.stats.null import FloatArray

BLOM = 0.375  # Blom 1958: ranks become (r - 3/8) / (n + 1/4)


def rank_inverse_normal(y: ArrayLike, covariates: ArrayLike | None = None) -> FloatArray:
    """Normal quantiles of the ranks of y's residuals on ``covariates (n, p)``; ties share a rank.

    The first stage of the fully adjusted two-stage analysis (Sofer et al. 2019, Genet Epidemiol 43:263): the
    second, `fit_linear_null` on the result, adjusts for the same covariates again, because ranks are no
    longer orthogonal to the covariates, and genotypes correlate with them. Effects are in standard
    deviations.
    """
    y = np.asarray(y, dtype=np.float64)
    basis, _ = np.linalg.qr(design_matrix(covariates, len(y)))
    residuals = y - basis @ (basis.T @ y)
    # People with the same trait and covariates tie; rounding must not part them.
    ranks = average_ranks(np.round(residuals / np.ptp(y), 12))
    return special.ndtri((ranks - BLOM) / (len(y) - 2.0 * BLOM + 1.0))


def average_ranks(values: FloatArray) -> FloatArray:
    """Ranks from 1; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2.0)[place]
