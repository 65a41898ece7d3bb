"""Longitudinal traits: a linear mixed model with random intercept and slope, and the score of variant x time.

For person i with visits at times t, ``y_i = X_i β + Z_i b_i + e_i``, ``Z_i = [1, t]``, ``b_i ~ N(0, D)`` with
D unstructured, ``e_i ~ N(0, σ² I)``, ``V_i = Z_i D Z_i' + σ² I``. Every fixed effect is a person's covariate
or one times t, so ``X_i = Z_i K_i`` and people enter through ``S_i = Z_i'Z_i``, ``Z_i'y_i``, ``y_i'y_i`` and
the number of visits alone (Laird & Ware 1982). A curve of mean decline adds columns of t to ``Z_i`` that have no random
effects: D is bordered with zeros. With ``A_i = Z_i' V_i⁻¹ Z_i`` (d x d; d = 2 without a curve), a variant's scores and
information are sums over people of ``g_i`` and ``g_i²`` times numbers of the null model: one matrix product
per block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from alsreg.errors import AnalysisError
from alsreg.stats.design import check_people, design_matrix, refuse_collinear
from alsreg.stats.dosages import assemble_tests, refuse_untestable, screen
from alsreg.stats.genotype_sums import Genotypes, GenotypeSums, PersonNumbers, sum_genotypes
from alsreg.stats.logistic import likelihood_ratio_p
from alsreg.stats.mixed_fit import FixedDesign, MixedFit, PersonSums, fit_random_slopes, sum_visits
from alsreg.stats.null import FloatArray, IntArray, Refit, Scores, VariantTestOptions, VariantTests
from alsreg.stats.overlap import gram_of_common_people


@dataclass(frozen=True)
class Visits:
    """Repeated measures, one element per visit."""

    value: ArrayLike  # (v,)
    months: ArrayLike  # (v,) time
    person: ArrayLike  # (v,) row of the covariates, 0 ... n-1; everybody has at least one visit
    curve: ArrayLike | None = None  # (v, k) columns, in units of time, that bend the mean decline


def fit_mixed_null(
    visits: Visits,
    covariates: ArrayLike | None,
    people: ArrayLike,
    names: Sequence[str] = (),
    by_time: Sequence[str] = (),
) -> MixedNull:
    """Mixed model of the visits on intercept, time, ``covariates (n, p)`` and those of `by_time` times time.

    `people` are positions on the cohort's person axis, `names` those of the covariates. Variance components
    are REML. A curve of the visits bends the mean decline of everybody alike; random effects stay intercept and slope.

    Raises
    ------
    AnalysisError
        Somebody has no visit; too few repeated visits; covariates collinear (named); no maximum is found.
    """
    people = check_people(people)
    sums = _check_visits(visits, len(people))
    intercept = design_matrix(covariates, len(people), names or None)
    if unknown := [name for name in by_time if name not in names]:
        raise AnalysisError(
            "covariates by time are not among the covariates",
            value=unknown,
            remedy="add them to `covariates`",
        )
    slope = intercept[:, [0, *(1 + list(names).index(name) for name in by_time)]]
    person = np.asarray(visits.person)
    by_visit = np.column_stack([intercept[person, 1:], slope[person] * np.asarray(visits.months)[:, None]])
    labels = [*(names or [f"covariate {k}" for k in range(1, intercept.shape[1])]), "time"]
    labels += [f"{name} x time" for name in by_time]
    n_curve = sums.zy.shape[1] - 2
    if n_curve:
        by_visit = np.column_stack([by_visit, np.asarray(visits.curve)])
    refuse_collinear(by_visit, [*labels, *(f"curve of time {k}" for k in range(1, n_curve + 1))])
    return _build(people, sums, FixedDesign(intercept, slope, n_curve))


def _check_visits(visits: Visits, n: int) -> PersonSums:
    value, months = (np.asarray(x, dtype=np.float64) for x in (visits.value, visits.months))
    person = np.asarray(visits.person, dtype=np.int64)
    if not value.shape == months.shape == person.shape:
        raise ValueError(
            f"visits must have one value, time and person each: {value.shape}, {months.shape}, {person.shape}"
        )
    curve = None if visits.curve is None else np.asarray(visits.curve, dtype=np.float64)
    if curve is not None and (curve.ndim != 2 or len(curve) != len(value)):
        raise ValueError(f"a curve of {len(value)} visits must be ({len(value)}, k), got {curve.shape}")
    if not (np.isfinite(value).all() and np.isfinite(months).all()):
        raise AnalysisError("visits have missing or infinite values or times", remedy="leave out such visits")
    sums = sum_visits(value, months, person, n, curve)
    if (without := int((sums.n_visits == 0).sum())) > 0:
        raise AnalysisError(f"{without} people have no visit", remedy="analyse people with visits only")
    spread = np.linalg.det(sums.zz[:, :2, :2]) > 1e-9 * sums.zz[:, 0, 0] * np.maximum(sums.zz[:, 1, 1], 1e-300)
    if (sums.n_visits - 1 - spread).sum() < 1:
        raise AnalysisError(
            f"{value.size} visits of {n} people are too few to tell residual from slope",
            remedy="leave out the trait",
        )
    return sums


def _build(people: IntArray, sums: PersonSums, design: FixedDesign) -> MixedNull:
    fit = fit_random_slopes(sums, design)
    # Fixed effects made orthonormal in the metric of the fit.
    basis = design.columns() @ fit.root
    return MixedNull(people, sums, design, fit, basis)


@dataclass(frozen=True)
class MixedNull:
    """A longitudinal trait without the variant: everybody's trajectory given covariates."""

    people: IntArray
    sums: PersonSums
    design: FixedDesign
    fit: MixedFit
    basis: FloatArray  # (n, d, p) for p fixed effects, orthonormal: Σ_i basis_i' A_i basis_i = I

    @property
    def information(self) -> float:
        """Information on the effect (points per month) per unit of genotype variance."""
        a = self.fit.weights.sum(axis=0)
        return float(a[1, 1] - a[0, 1] ** 2 / a[0, 0])

    def predict_random_effects(self) -> FloatArray:
        """Best linear unbiased predictions ``D Z'V⁻¹(y - Xβ)`` of intercepts and slopes, ``(n, 2)``.

        For description only: as an outcome they would bias effects towards zero.
        """
        return self.fit.scores[:, :2] @ self.fit.random

    def score(self, dosages: FloatArray) -> Scores:
        """Score of variant x time given the main effect; missing genotypes at the variant's mean."""
        parts = self._sum(dosages)
        return Scores(parts.sums.sign * parts.u, parts.v, parts.sums.n_missing)

    @cached_property
    def _people(self) -> PersonNumbers:
        n, a = len(self.basis), self.fit.weights
        # The variant and variant x time lie in the first two of the d columns.
        linear = np.column_stack([self.fit.scores[:, :2], a[:, 1, 1], (a[:, :2] @ self.basis).reshape(n, -1)])
        squared = np.stack([a[:, 0, 0], a[:, 0, 1], a[:, 1, 1]], axis=1)
        return PersonNumbers.of(linear, squared, np.zeros((n, 0)), np.ones(n, dtype=bool))

    def _sum(self, genotypes: Genotypes) -> _Parts:
        sums = sum_genotypes(genotypes, self._people)
        p = self.basis.shape[2]
        u, squared = sums.linear[:, :2], sums.squared
        projection = sums.linear[:, 3 : 3 + 2 * p].reshape(-1, 2, p)
        i00 = squared[:, 0] - np.sum(projection[:, 0] ** 2, axis=1)
        i01 = squared[:, 1] - np.sum(projection[:, 0] * projection[:, 1], axis=1)
        i11 = squared[:, 2] - np.sum(projection[:, 1] ** 2, axis=1)
        is_regular = i00 > 1e-9 * squared[:, 0]
        main = np.divide(i01, i00, out=np.zeros_like(i00), where=is_regular)
        # Rounding may leave a negative trace where nothing is left.
        v = np.maximum(np.where(is_regular, i11 - main * i01, 0.0), 0.0)
        total = squared[:, 2] - sums.linear[:, 2] ** 2 / self.fit.weights[:, 1, 1].sum()
        return _Parts(sums, u[:, 1] - main * u[:, 0], v, main, projection, total)

    def covariance(self, dosages: FloatArray) -> FloatArray:
        """``Φ_jk = Σ_i q_ij' A_i q_ik``, q what covariates and main effects leave of variant x time."""
        rows = self.whiten(dosages).reshape(len(np.atleast_2d(dosages)), -1)
        return rows @ rows.T

    def cross_covariance(self, dosages: FloatArray, other: MixedNull, other_dosages: FloatArray) -> FloatArray:
        """``Φ_jk = Σ_i (A_i^½ q_ij)' (A'_i^½ q'_ik)`` over people of both models."""
        return gram_of_common_people(self, dosages, other, other_dosages)

    def residualise(self, dosages: FloatArray) -> FloatArray:
        """q ``(m, n, d)``: what covariates and main effects leave of variant x time. A score is ``Σ_i q_i' s_i``, s of the fit."""
        dosages = np.atleast_2d(dosages)
        parts = self._sum(dosages)
        copies = parts.sums.copies(dosages, np.arange(len(dosages)))
        residual = np.zeros((*copies.shape, self.basis.shape[1]))
        residual[:, :, 0], residual[:, :, 1] = -parts.main[:, None] * copies, copies
        coefficients = parts.projection[:, 1] - parts.main[:, None] * parts.projection[:, 0]
        residual -= np.einsum("mp,nip->mni", coefficients, self.basis, optimize=True)
        return residual * parts.sums.sign[:, None, None]

    def whiten(self, dosages: FloatArray) -> FloatArray:
        """``A^½ q``, ``(m, n, d)``: their Gram matrix is Φ."""
        return np.einsum("nij,mnj->mni", square_roots(self.fit.weights), self.residualise(dosages))

    def test_variants(self, dosages: Genotypes, options: VariantTestOptions) -> VariantTests:
        """Test ``(m, n)`` dosages or hard calls (missing: NaN or negative, at the variant's mean, and counted).

        One-step estimate and score test of variant x time at the null model's variance components. p is normal. The null
        components hold what the variant explains, so the test errs on the safe side in its far tail (as R² tests do); a t
        reference on top would err twice.
        """
        parts = self._sum(dosages)
        sums = parts.sums
        status = screen(sums, parts.v / np.where(parts.total > 0, parts.total, 1.0), options)
        v = np.where(status == "tested", parts.v, np.nan)
        return assemble_tests(
            sums,
            status,
            {
                "beta": sums.sign * parts.u / v,
                "standard_error": 1.0 / np.sqrt(v),
                "p_value": special.erfc(np.abs(parts.u) / np.sqrt(2.0 * v)),
            },
            {"effect_method": np.array("score"), "p_method": np.array("score")},
            {"n": sums.n_typed, "n_events": sums.n_typed, "n_imputed": sums.n_missing},
        )

    def refit(self, dosage: FloatArray) -> Refit:
        """The full model by REML on the people who have the genotype; the likelihood ratio is by ML.

        The ratio compares variant and variant x time with the variant alone.
        """
        refuse_untestable(self.test_variants(dosage[None], VariantTestOptions(min_mac=0.0)).status[0])
        typed = ~np.isnan(dosage)
        sums = self.sums.of(typed)
        g = dosage[typed] - dosage[typed].mean()
        intercept = np.column_stack([self.design.intercept[typed], g])
        slope = self.design.slope[typed]
        n_curve = self.design.n_curve
        full = FixedDesign(intercept, np.column_stack([slope, g]), n_curve)
        fit = fit_random_slopes(sums, full)
        beta, error = float(fit.beta[-1]), float(fit.standard_errors[-1])
        p_lrt = likelihood_ratio_p(
            fit_random_slopes(sums, full, is_reml=False).loglik,
            fit_random_slopes(sums, FixedDesign(intercept, slope, n_curve), is_reml=False).loglik,
        )
        return Refit(beta, error, float(special.erfc(abs(beta / error) / np.sqrt(2.0))), p_lrt, len(g), "reml")


@dataclass(frozen=True)
class _Parts:
    """Of the rarer allele."""

    sums: GenotypeSums
    u: FloatArray  # (m,) score of variant x time given the main effect
    v: FloatArray  # (m,) its variance
    main: FloatArray  # (m,) regression of variant x time on the variant
    projection: FloatArray  # (m, 2, p) on the fixed effects
    total: FloatArray  # (m,) about the variance before any adjustment


def square_roots(matrices: FloatArray) -> FloatArray:
    """Symmetric square roots of positive semidefinite matrices ``(n, d, d)``; 2 x 2 by Cayley-Hamilton."""
    if matrices.shape[1] > 2:
        values, vectors = np.linalg.eigh(matrices)
        return (vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]) @ vectors.swapaxes(1, 2)
    root_det = np.sqrt(np.maximum(np.linalg.det(matrices), 0.0))
    trace = matrices[:, 0, 0] + matrices[:, 1, 1]
    return (matrices + root_det[:, None, None] * np.eye(2)) / np.sqrt(trace + 2.0 * root_det)[:, None, None]
