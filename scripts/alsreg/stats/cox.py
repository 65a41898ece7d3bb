"""Survival: Cox regression with delayed entry, ties and strata; the exact score test of the partial likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alsreg.errors import AnalysisError
from alsreg.stats.cox_fit import CoxFit, fit_cox
from alsreg.stats.cox_overlap import predictable_covariation
from alsreg.stats.cox_tests import corrected_p, full_model, refit_variant, two_sided
from alsreg.stats.design import design_matrix
from alsreg.stats.dosages import assemble_tests, centre_dosages, screen
from alsreg.stats.genotype_sums import (
    Genotypes,
    GenotypeSums,
    PersonNumbers,
    as_block,
    dosages_of,
    sum_genotypes_over_risk_sets,
)
from alsreg.stats.null import (
    FloatArray,
    IntArray,
    Refit,
    Scores,
    VariantTestOptions,
    VariantTests,
    allow_for_estimation,
)
from alsreg.stats.risk_sets import RiskSets, information, information_weights


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

    @cached_property
    def variance_factor(self) -> float:
        """See `allow_for_estimation`: ``Σ M²`` of the residuals over the trace of the information left by covariates."""
        sets, hazards = self.fit.sets, self.fit.hazards
        squares = hazards.risk**2
        s, d = sets.sums(squares), sets.event_sums(squares)
        # Σ over events of Σ_i (share of i in the risk set)²: events weigh (1 - a) there, everybody else 1.
        shares = float(hazards.q0 @ s - 2.0 * hazards.q1 @ d + hazards.q2 @ d)
        spent = float(np.einsum("ip,pq,iq->", self.weights, self.inverse, self.weights))
        return float(self.residuals @ self.residuals) / (self.n_events - shares - spent)

    def score(self, dosages: FloatArray) -> Scores:
        """U and V of ``(m, n)`` dosages, missing ones at the variant's mean.

        ``V = I_gg - I_gc I_cc⁻¹ I_cg`` with the observed information at (0, null estimates): U²/V is the score test of
        R's `coxph`.
        """
        parts = self._sum(dosages)
        return Scores(parts.sums.sign * parts.u, parts.v, parts.sums.n_missing)

    @cached_property
    def _people(self) -> PersonNumbers:
        expected = self.fit.hazards.expected
        linear = np.column_stack([self.residuals, expected, self.weights])
        return PersonNumbers.of(linear, expected, expected, self.fit.sets.is_event)

    def _sum(self, genotypes: Genotypes) -> _Parts:
        sets, hazards = self.fit.sets, self.fit.hazards
        weights = (hazards.q0, hazards.q1, hazards.q2)
        sums, means = sum_genotypes_over_risk_sets(
            genotypes, self._people, hazards.risk, sets.first, sets.last, weights
        )
        cross = sums.linear[:, 2 : 2 + len(self.inverse)]
        v = sums.squared[:, 0] - means - np.einsum("jp,jp->j", cross @ self.inverse, cross)
        total = sums.squared[:, 0] - sums.linear[:, 1] ** 2 / self.n_events
        return _Parts(sums, sums.linear[:, 0], v, cross, total)

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

    def test_variants(self, dosages: Genotypes, options: VariantTestOptions) -> VariantTests:
        """Test ``(m, n)`` dosages or hard calls (missing: NaN or negative, at the variant's mean, and counted).

        Score test; where |z| is large, the small-count correction of `cox_tests`; below a p, the full model's effect.
        """
        dosages = as_block(dosages)
        parts = self._sum(dosages)
        status = self._screen(parts, options)
        is_tested = status == "tested"
        u, v = parts.u, np.where(is_tested, parts.v, np.nan)
        numbers = {
            "beta": parts.sums.sign * u / v, "standard_error": 1.0 / np.sqrt(v), "p_value": two_sided(u / np.sqrt(v))
        }  # fmt: skip
        labels = {name: np.full(len(u), "score", dtype="<U15") for name in ("effect_method", "p_method")}
        large = np.flatnonzero(u * u > options.min_z_correction**2 * v)
        if len(large):
            rows = self.residualise(parts.sums.copies(dosages, large), parts.cross[large])
            numbers["p_value"][large], labels["p_method"][large] = corrected_p(self.fit, rows, u[large] / v[large])
        numbers["p_value"] = allow_for_estimation(numbers["p_value"], self.variance_factor)
        for j in np.flatnonzero(numbers["p_value"] <= options.max_p_refit):
            full = full_model(self, dosages_of(dosages, j), numbers["beta"][j])
            if full.is_converged:  # else there is no maximum, and the score's one-step effect stays
                numbers["beta"][j], numbers["standard_error"][j] = full.coefficients[-1], full.standard_errors[-1]
                labels["effect_method"][j] = "wald"
        counts = {"n": parts.sums.n_typed, "n_events": parts.sums.n_events, "n_imputed": parts.sums.n_missing}
        return assemble_tests(parts.sums, status, numbers, labels, counts)

    def _screen(self, parts: _Parts, options: VariantTestOptions) -> NDArray[np.str_]:
        status = screen(parts.sums, parts.v / np.where(parts.total > 0, parts.total, 1.0), options)
        too_few = (status == "tested") & (parts.sums.carried[:, 0] < options.min_expected_events)
        return np.where(too_few, f"fewer than {options.min_expected_events:g} events expected among carriers", status)

    def refit(self, dosage: FloatArray) -> Refit:
        """The full model of one variant ``(n,)`` on the people who have its genotype; equal to R's `coxph`."""
        return refit_variant(self, dosage)


@dataclass(frozen=True)
class _Parts:
    sums: GenotypeSums
    u: FloatArray  # (m,) score of the rarer allele
    v: FloatArray  # (m,) its variance
    cross: FloatArray  # (m, p) I_gc of the rarer allele
    total: FloatArray  # (m,) about the variance before any adjustment
