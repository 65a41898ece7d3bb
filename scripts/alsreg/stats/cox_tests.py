"""Single variants beyond the score test of a Cox null model: small-count correction, full refit.

Where |z| exceeds the threshold the normal tail of the score is far too heavy in small samples (up to 50 times at 1e-4: see
``docs/calibration``). Two corrections from one maximisation replace it: the signed root r of the likelihood ratio
and its saddlepoint modification r*. The one nearer to zero gives p, since r alone is too bold for carriers who live long
and r* alone for carriers who die early.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy import special

from alsreg.stats.cox_fit import CoxFit, fit_cox
from alsreg.stats.cox_path import maximise_paths, modified_root, signed_root
from alsreg.stats.null import FloatArray, IntArray, Refit
from alsreg.stats.risk_sets import RiskSets, keep_genotyped


class Fitted(Protocol):
    """Anything that holds the fit without the variant: a `CoxNull`."""

    @property
    def fit(self) -> CoxFit: ...


def two_sided(z: FloatArray) -> FloatArray:
    """Two-sided normal p, accurate in the far tail."""
    return special.erfc(np.abs(z) / np.sqrt(2.0))


def corrected_p(fit: CoxFit, rows: FloatArray, start: FloatArray) -> tuple[FloatArray, FloatArray]:
    """p and its method ``(m,)`` for residualised dosages ``(m, n)`` whose score is large; `start` are effects."""
    effect, ratio, information = maximise_paths(fit.sets, fit.hazards, rows, start, fit.ties)
    r = signed_root(effect, ratio)
    modified, exists = modified_root(effect, ratio, information)
    is_modified = exists & (np.abs(modified) < np.abs(r))
    method = np.where(is_modified, "saddlepoint", "signed_root_lrt")
    return two_sided(np.where(is_modified, modified, r)), method


def full_model(null: Fitted, dosage: FloatArray, effect: float = 0.0) -> CoxFit:
    """The model with the variant, its last covariate, on the people who have its genotype ``(n,)``; `effect` is a first guess."""
    return _fit_with(null, dosage, *keep_genotyped(null.fit.sets, dosage), effect)


def model_without(null: Fitted, dosage: FloatArray) -> CoxFit:
    """The model without the variant on the people who have its genotype ``(n,)``."""
    return _fit_without(null, *keep_genotyped(null.fit.sets, dosage))


def _fit_with(null: Fitted, dosage: FloatArray, typed: IntArray, sets: RiskSets, effect: float = 0.0) -> CoxFit:
    covariates = np.column_stack([null.fit.covariates[:, typed].T, dosage[typed]])
    return fit_cox(sets, covariates, null.fit.ties, np.append(null.fit.standardised, effect))


def _fit_without(null: Fitted, typed: IntArray, sets: RiskSets) -> CoxFit:
    if sets is null.fit.sets:
        return null.fit
    return fit_cox(sets, null.fit.covariates[:, typed].T, null.fit.ties, null.fit.standardised)


def refit_variant(null: Fitted, dosage: FloatArray) -> Refit:
    """The full model of one variant: Wald effect and likelihood ratio.

    Where all events fall on one side (separation), the likelihood only levels off: the effect is then not estimable
    (NaN), the likelihood ratio is, and ``effect_method`` says ``separated``.
    """
    typed, sets = keep_genotyped(null.fit.sets, dosage)
    without, full = _fit_without(null, typed, sets), _fit_with(null, dosage, typed, sets)
    ratio = 2.0 * (full.log_likelihood - without.log_likelihood)
    p_lrt, n = float(special.chdtrc(1, max(ratio, 0.0))), len(typed)
    if not full.is_converged:
        return Refit(np.nan, np.nan, np.nan, p_lrt, n, "separated")
    beta, error = float(full.coefficients[-1]), float(full.standard_errors[-1])
    return Refit(beta, error, float(two_sided(np.array(beta / error))), p_lrt, n, "wald")
