"""How alike two groups are at baseline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alsreg.stats.null import FloatArray


@dataclass(frozen=True)
class Balance:
    """One entry per covariate ``(p,)``."""

    mean_treated: FloatArray
    mean_control: FloatArray
    difference: FloatArray  # standardised mean difference


def balance(covariates: FloatArray, is_treated: NDArray[np.bool_], weights: FloatArray, spread: FloatArray) -> Balance:
    """Weighted means of ``(n, p)`` and their difference over `spread` ``(p,)``, which stays the same before and after.

    Austin 2009, Stat Med 28:3083: the standard deviation is that before weighting, see `pooled_spread`.
    """
    means = [np.average(covariates[group], axis=0, weights=weights[group]) for group in (is_treated, ~is_treated)]
    with np.errstate(divide="ignore", invalid="ignore"):
        return Balance(means[0], means[1], (means[0] - means[1]) / spread)


def pooled_spread(covariates: FloatArray, is_treated: NDArray[np.bool_]) -> FloatArray:
    """``sqrt((s₁² + s₀²) / 2)`` of each column; for 0/1 columns ``s² = p (1 - p)``."""
    is_binary = np.isin(covariates, (0.0, 1.0)).all(axis=0)
    groups = [covariates[is_treated], covariates[~is_treated]]
    variances = [np.where(is_binary, g.mean(axis=0) * (1 - g.mean(axis=0)), g.var(axis=0, ddof=1)) for g in groups]
    return np.sqrt((variances[0] + variances[1]) / 2.0)
