"""What one person does to an estimate: its change when the person leaves."""

from __future__ import annotations

import numpy as np

from alsreg.stats.mixed_fit import FixedDesign, MixedFit
from alsreg.stats.null import FloatArray
from alsreg.stats.risk_sets import RiskSets
from alsreg.stats.weighted_cox import fit_weighted_cox


def change_linear(columns: FloatArray, y: FloatArray) -> FloatArray:
    """Least squares of ``y (n,)`` on ``columns (n, p)``: last coefficient less that without each person, ``(n,)``; exact.

    Belsley, Kuh & Welsch 1980, eq. 2.1 (R's ``dfbeta`` of ``lm``).
    """
    inverse = np.linalg.inv(columns.T @ columns)
    residual = y - columns @ (inverse @ (columns.T @ y))
    leverage = np.einsum("ip,pq,iq->i", columns, inverse, columns)
    return columns @ inverse[-1] * residual / (1.0 - leverage)


def change_logistic(columns: FloatArray, y: FloatArray, mean: FloatArray) -> FloatArray:
    """The same of a logistic regression with fitted ``mean (n,)``, by one step from its maximum (Pregibon 1981, eq. 11)."""
    weight = mean * (1.0 - mean)
    inverse = np.linalg.inv(columns.T @ (columns * weight[:, None]))
    leverage = weight * np.einsum("ip,pq,iq->i", columns, inverse, columns)
    return columns @ inverse[-1] * (y - mean) / (1.0 - leverage)


def change_cox(sets: RiskSets, covariates: FloatArray) -> FloatArray:
    """The same of a Cox model with Efron ties and ``covariates (n, p)``, to first order (R's ``residuals(type = "dfbeta")``).

    Raises
    ------
    AnalysisError
        The likelihood has no maximum.
    """
    return fit_weighted_cox(sets, covariates, np.ones(len(covariates))).derivative[:, -1]


def change_mixed(fit: MixedFit, design: FixedDesign) -> FloatArray:
    """The same of a mixed model of visits, with its variance components kept: exact but for these."""
    columns = design.columns()
    score = np.einsum("ndp,nd->np", columns, fit.scores)
    own = np.einsum("ndp,nde,neq->npq", columns, fit.weights, columns)
    rest = np.linalg.inv(fit.root @ fit.root.T) - own
    return np.linalg.solve(rest, score[:, :, None])[:, -1, 0]
