"""Propensity scores: the probability of treatment given baseline, weights made of it, and what they cost in precision.

Every weighted estimate θ here is a function of the weights, with derivatives ``∂θ/∂w_i``. Its influence function is
``w_i ∂θ/∂w_i`` (the infinitesimal jackknife, Efron 1982; for Cox the score residuals of Lin & Wei 1989), to which the
estimation of the score adds ``(Σ_j ∂θ/∂w_j ∂w_j/∂γ)' I(γ)⁻¹ s_i`` (Lunceford & Davidian 2004, eq. 20; for Cox Shu et al. 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy import special

from alsreg.errors import AnalysisError
from alsreg.stats.design import design_matrix
from alsreg.stats.null import FloatArray, IntArray

# Fitted log odds this far out mean that covariates tell who was treated.
MAX_LOG_ODDS = 25.0
ESTIMANDS = ("att", "ate", "overlap")


@dataclass(frozen=True)
class Propensity:
    """A fitted logistic model of treatment."""

    is_treated: NDArray[np.bool_]  # (n,)
    design: FloatArray  # (n, p) intercept and standardised covariates
    log_odds: FloatArray  # (n,)
    covariance: FloatArray  # (p, p) inverse information of the coefficients of `design`

    @property
    def score(self) -> FloatArray:
        """Probability of treatment, ``(n,)``."""
        return special.expit(self.log_odds)

    @property
    def influence(self) -> FloatArray:
        """Influence of each person on the coefficients, ``(n, p)``."""
        return (self.design * (self.is_treated - self.score)[:, None]) @ self.covariance


@dataclass(frozen=True)
class Weights:
    """Positive weights ``(n,)`` and their derivative in the log odds of treatment, ``(n,)`` (0 for weights of one)."""

    value: FloatArray
    slope: FloatArray

    def take(self, people: IntArray) -> Weights:
        return Weights(self.value[people], self.slope[people])


def fit_propensity(
    covariates: FloatArray, is_treated: NDArray[np.bool_], names: Sequence[str] | None = None
) -> Propensity:
    """Logistic regression of treatment on `covariates` ``(n, p)`` by statsmodels.

    Raises
    ------
    AnalysisError
        One group is empty, covariates are constant or collinear (named), or they separate the groups: no overlap.
    """
    is_treated = np.asarray(is_treated, dtype=bool)
    if not 0 < is_treated.sum() < len(is_treated):
        raise AnalysisError(f"{int(is_treated.sum())} of {len(is_treated)} people are treated: nothing to compare")
    design = design_matrix(covariates, len(is_treated), names)
    design[:, 1:] = (design[:, 1:] - design[:, 1:].mean(axis=0)) / design[:, 1:].std(axis=0)
    model = sm.GLM(is_treated.astype(float), design, family=sm.families.Binomial())
    with np.errstate(all="ignore"):
        fit = _fit_quietly(model)
    log_odds = design @ fit.params
    if not fit.converged or np.abs(log_odds).max() > MAX_LOG_ODDS:
        raise AnalysisError("no overlap: baseline covariates separate the treated from the controls")
    return Propensity(is_treated, design, log_odds, fit.cov_params())


def _fit_quietly(model: sm.GLM) -> sm.GLM:
    """Separation is found from the fit itself, not from warnings."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(maxiter=100, tol=1e-12, tol_criterion="params")


def propensity_weights(propensity: Propensity, estimand: str) -> Weights:
    """Weights that make both groups alike: the treated (``att``), all (``ate``, stabilised) or where they ``overlap``.

    Sources: Austin & Stuart 2015 (ATT, ATE); Li, Morgan & Zaslavsky 2018 (overlap).
    """
    treated, score = propensity.is_treated, propensity.score
    odds = np.exp(propensity.log_odds)
    if estimand == "att":
        return Weights(np.where(treated, 1.0, odds), np.where(treated, 0.0, odds))
    if estimand == "ate":
        share = treated.mean()  # known in the derivative: it scales a group and changes no contrast of means
        value = np.where(treated, share * (1.0 + 1.0 / odds), (1.0 - share) * (1.0 + odds))
        return Weights(value, np.where(treated, -share / odds, (1.0 - share) * odds))
    if estimand == "overlap":
        spread = score * (1.0 - score)
        return Weights(np.where(treated, 1.0 - score, score), np.where(treated, -spread, spread))
    raise ValueError(f"estimand must be one of {ESTIMANDS}, not {estimand!r}")


def unit_weights(n: int) -> Weights:
    """Everybody counts once."""
    return Weights(np.ones(n), np.zeros(n))


def trimmed(propensity: Propensity, quantile: float) -> NDArray[np.bool_]:
    """Who lies outside the common range of scores, ``(n,)``.

    The range runs from the `quantile` of scores of the treated to one minus it of the controls (Stürmer et al. 2010); at
    0 that is the smallest score of a treated person to the largest of a control.
    """
    score, treated = propensity.score, propensity.is_treated
    low, high = np.quantile(score[treated], quantile), np.quantile(score[~treated], 1.0 - quantile)
    return (score < low) | (score > high)


def effective_n(weights: FloatArray) -> float:
    """Kish's number of equally weighted people with the same precision, ``(Σw)² / Σw²``."""
    return float(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else 0.0


def influence_of(derivative: FloatArray, weights: Weights, propensity: Propensity | None) -> FloatArray:
    """Influence of each person on an estimate, ``(n,)``; the estimated score is allowed for when given.

    `derivative` is ``∂θ/∂w_i`` at the weights, in the order of `propensity`.
    """
    direct = weights.value * derivative
    if propensity is None:
        return direct
    gradient = (derivative * weights.slope) @ propensity.design
    return direct + propensity.influence @ gradient


def clustered_error(influence: FloatArray, cluster: IntArray) -> float:
    """Standard error from influences ``(n,)`` that add up within clusters (positions 0, 1, ...)."""
    return float(np.sqrt((np.bincount(cluster, weights=influence) ** 2).sum()))
