"""Survival: Cox regression with delayed entry, ties and strata; the exact score test of the partial likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from alsreg.errors import AnalysisError
from alsreg.stats import cox_tests
from alsreg.stats.cox_overlap import predictable_covariation
from alsreg.stats.design import design_matrix
from alsreg.stats.dosages import centre_dosages
from alsreg.stats.null import FloatArray, IntArray, Refit, Scores, VariantTestOptions, VariantTests
from alsreg.stats.risk_sets import (
    Hazards,
    RiskSets,
    breslow_efron_hazards,
    information,
    information_weights,
    squared_means,
)

MAX_ITERATIONS = 60
# Newton's decrement U'I⁻¹U at which the fit is at rounding error: it falls quadratically, so the step after is below 1e-12.
DECREMENT = 1e-20
# A standardised effect this large in a model without the variant means a covariate that separates events.
MAX_STANDARDISED_EFFECT = 25.0


@dataclass(frozen=True)
class CoxFit:
    """A maximised partial likelihood; `covariates` ``(p, n)`` are the standardised rows it was fitted on."""

    sets: RiskSets
    ties: str
    covariates: FloatArray  # (p, n) each with mean 0 and standard deviation 1
    scale: FloatArray  # (p,) standard deviations taken out
    standardised: FloatArray  # (p,) effects per standard deviation
    log_likelihood: float
    hazards: Hazards
    is_converged: bool

    @property
    def coefficients(self) -> FloatArray:
        """Log hazard ratios per unit of the covariates as given, ``(p,)``."""
        return self.standardised / self.scale

    @property
    def information(self) -> FloatArray:
        """Observed information of the standardised effects, ``(p, p)``."""
        return information(self.sets, self.hazards, self.covariates, self.covariates)

    @property
    def standard_errors(self) -> FloatArray:
        """Model-based standard errors of `coefficients`, ``(p,)``."""
        return np.sqrt(np.diag(np.linalg.inv(self.information))) / self.scale


def fit_cox(sets: RiskSets, covariates: FloatArray, ties: str, start: FloatArray | None = None) -> CoxFit:
    """Maximise the partial likelihood over covariates ``(n, p)`` by Newton's method with step halving.

    `start` are effects on the covariates' own scale. The fit may fail to converge when the likelihood has no maximum
    (separation): see ``is_converged``.
    """
    centred = (covariates - covariates.mean(axis=0)).T
    scale = centred.std(axis=1)
    rows = centred / scale[:, None]
    beta = np.zeros(len(rows)) if start is None else start * scale
    hazards, likelihood = _evaluate(sets, rows, beta, ties)
    is_converged = len(rows) == 0
    for _ in range(MAX_ITERATIONS if len(rows) else 0):
        score = rows @ (sets.is_event - hazards.expected)
        try:
            step = np.linalg.solve(information(sets, hazards, rows, rows), score)
        except np.linalg.LinAlgError:
            break
        is_flat = bool(score @ step < DECREMENT * max(1.0, abs(likelihood)))
        # Where covariates separate the events the likelihood levels off, yet the steps never get shorter.
        is_converged = is_flat and np.abs(step).max() < 1e-6
        beta, hazards, likelihood = _climb(sets, rows, ties, (beta, hazards, likelihood), step)
        if is_flat or np.abs(beta).max() > MAX_STANDARDISED_EFFECT:
            break
    return CoxFit(sets, ties, rows, scale, beta, likelihood, hazards, is_converged)


def _evaluate(sets: RiskSets, rows: FloatArray, beta: FloatArray, ties: str) -> tuple[Hazards, float]:
    eta = beta @ rows
    hazards = breslow_efron_hazards(sets, eta, ties)
    return hazards, float(eta[sets.is_event].sum()) - hazards.log_denominator


def _climb(
    sets: RiskSets, rows: FloatArray, ties: str, current: tuple[FloatArray, Hazards, float], step: FloatArray
) -> tuple[FloatArray, Hazards, float]:
    """Take the step, halved until the likelihood does not fall by more than rounding."""
    beta, _, likelihood = current
    for _ in range(30):
        hazards, reached = _evaluate(sets, rows, beta + step, ties)
        if reached >= likelihood - 1e-12 * abs(likelihood):
            return beta + step, hazards, reached
        step = step / 2.0
    return current


def fit_cox_null(
    sets: RiskSets, covariates: ArrayLike | None, people: ArrayLike, names: Sequence[str] | None = None,
    ties: str = "efron",
) -> CoxNull:  # fmt: skip
    """Fit covariates ``(n, p)`` alone. `people` are positions on the cohort's person axis, `names` the covariates'.

    Raises
    ------
    AnalysisError
        All events fall at one time; covariates are constant, collinear (within strata) or have no finite effect: each
        named.
    """
    if ties not in ("efron", "breslow"):
        raise ValueError(f"ties must be efron or breslow, not {ties!r}")
    if len(np.unique(sets.time)) == 1:
        raise AnalysisError(
            f"all {int(sets.is_event.sum())} events happen at one time ({sets.time[0]:g}), so order says nothing",
            remedy="check the exit times",
        )
    n = len(sets.first)
    matrix = design_matrix(covariates, n, names)[:, 1:]
    names = list(names) if names is not None else [f"covariate {k + 1}" for k in range(matrix.shape[1])]
    if len(np.unique(sets.stratum)) > 1 and matrix.shape[1]:
        _refuse_collinear_within_strata(matrix, sets, names)
    fit = fit_cox(sets, matrix, ties)
    if not fit.is_converged:
        worst = names[int(np.abs(fit.standardised).argmax())]
        raise AnalysisError(
            "the survival model without the variant has no finite maximum: a covariate separates the events",
            value=worst, remedy="drop it, or join rare levels",
        )  # fmt: skip
    return CoxNull(np.asarray(people, dtype=np.int64), fit, *_projection(fit))


def _refuse_collinear_within_strata(matrix: FloatArray, sets: RiskSets, names: list[str]) -> None:
    within = matrix.copy()
    for label in np.unique(sets.stratum):
        inside = sets.stratum == label
        within[inside] -= within[inside].mean(axis=0)
    try:
        design_matrix(within, len(within), names)
    except AnalysisError as error:
        raise AnalysisError(f"within strata, {error.problem}", value=error.value, remedy=error.remedy) from None


def _projection(fit: CoxFit) -> tuple[FloatArray, FloatArray]:
    """K ``(n, p)`` with ``I_gc = g K``, and the inverse ``(p, p)`` of I_cc."""
    weights = information_weights(fit.sets, fit.hazards, fit.covariates)
    return weights, np.linalg.inv(fit.information) if len(fit.covariates) else np.zeros((0, 0))


@dataclass(frozen=True)
class CoxNull:
    """The Cox model without the variant. All covariate quantities are per standard deviation."""

    people: IntArray
    fit: CoxFit
    weights: FloatArray  # (n, p) K: I_gc = g K
    inverse: FloatArray  # (p, p) I_cc⁻¹

    @property
    def residuals(self) -> FloatArray:
        """Martingale residuals, ``(n,)``: events minus expected events."""
        return self.fit.sets.is_event - self.fit.hazards.expected

    @property
    def n_events(self) -> int:
        return int(self.fit.sets.is_event.sum())

    @property
    def information(self) -> float:
        """Information on the effect per unit of genotype variance: about the number of events."""
        return float(self.n_events)

    def score(self, dosages: FloatArray) -> Scores:
        """U and V of ``(m, n)`` dosages, missing ones at the variant's mean.

        ``V = I_gg - I_gc I_cc⁻¹ I_cg`` with the observed information at (0, null estimates): U²/V is the score test of
        R's `coxph`.
        """
        block = centre_dosages(dosages)
        u, v, _ = self._score_centred(block.centred)
        return Scores(u, v, block.n_missing)

    def _score_centred(self, centred: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """U, V and I_gc of centred dosages."""
        sets, hazards = self.fit.sets, self.fit.hazards
        means = squared_means(
            centred, hazards.risk, sets.first, sets.last, sets.is_event, hazards.q0, hazards.q1, hazards.q2
        )
        cross = centred @ self.weights
        v = centred**2 @ hazards.expected - means - np.einsum("jp,pq,jq->j", cross, self.inverse, cross)
        return centred @ self.residuals, v, cross

    def residualise(self, centred: FloatArray, cross: FloatArray | None = None) -> FloatArray:
        """Centred dosages minus ``I_gc I_cc⁻¹ c``: rows ``(m, n)`` whose score is orthogonal to the covariates'."""
        cross = centred @ self.weights if cross is None else cross
        return centred - (cross @ self.inverse) @ self.fit.covariates

    def covariance(self, dosages: FloatArray) -> FloatArray:
        """``Φ = I_gg - I_gc I_cc⁻¹ I_cg`` among the variants, ``(m, m)``."""
        centred = centre_dosages(dosages).centred
        cross = centred @ self.weights
        phi = information(self.fit.sets, self.fit.hazards, centred, centred) - cross @ self.inverse @ cross.T
        return (phi + phi.T) / 2.0

    def cross_covariance(self, dosages: FloatArray, other: CoxNull, other_dosages: FloatArray) -> FloatArray:
        """Φ ``(m, k)`` with variants of another carrier set, from the people in both: see `predictable_covariation`."""
        left = self.residualise(centre_dosages(dosages).centred)
        right = other.residualise(centre_dosages(other_dosages).centred)
        return predictable_covariation(
            (self.people, self.fit.sets, self.fit.hazards, left),
            (other.people, other.fit.sets, other.fit.hazards, right),
        )

    def test_variants(self, dosages: FloatArray, options: VariantTestOptions) -> VariantTests:
        """Score test; where |z| is large, the small-count correction of `cox_tests`; below a p, the full model's effect."""
        return cox_tests.test_variants(self, dosages, options)

    def refit(self, dosage: FloatArray) -> Refit:
        """The full model of one variant ``(n,)`` on the people who have its genotype; equal to R's `coxph`."""
        return cox_tests.refit_variant(self, dosage)
