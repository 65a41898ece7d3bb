"""Binary traits: score test, saddlepoint where the normal tail would mislead, Firth's estimate for hits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from alsreg.errors import AnalysisError
from alsreg.stats.design import check_trait, design_matrix
from alsreg.stats.dosages import assemble_tests, centre_dosages, refuse_untestable, screen
from alsreg.stats.firth import LogisticFit, fit_logistic
from alsreg.stats.genotype_sums import Genotypes, GenotypeSums, PersonNumbers, as_block, sum_genotypes
from alsreg.stats.null import (
    FloatArray,
    IntArray,
    Refit,
    Scores,
    VariantTestOptions,
    VariantTests,
    allow_for_estimation,
)
from alsreg.stats.overlap import gram_of_common_people
from alsreg.stats.saddlepoint import bernoulli_cumulants, bernoulli_support, two_sided_p


def fit_logistic_null(
    y: ArrayLike, covariates: ArrayLike | None, people: ArrayLike, names: Sequence[str] | None = None
) -> LogisticNull:
    """Logistic regression of ``y (n,)`` in {0, 1} on an intercept and ``covariates (n, p)``.

    `people` are positions on the cohort's person axis, `names` those of the covariates (for messages).

    Raises
    ------
    AnalysisError
        Codes other than 0 and 1; nobody or everybody is a case; covariates collinear (named) or separating
        the groups.
    """
    values = np.unique(np.asarray(y, dtype=np.float64))
    if not np.isin(values, (0.0, 1.0)).all():
        raise AnalysisError(
            "a binary trait holds codes other than 0 and 1", value=values[:10].tolist(), remedy="recode it"
        )
    y, people = check_trait(y, people)
    design = design_matrix(covariates, len(y), names)
    # Orthonormal columns: the same fit, better conditioned.
    columns, _ = np.linalg.qr(design)
    fit = fit_logistic(columns, y)
    if not fit.is_converged:
        raise AnalysisError(
            f"the covariates separate the {int(y.sum())} cases from the {int((1 - y).sum())} others",
            remedy="leave out the covariate that holds cases only or controls only at some value",
        )
    weight = fit.mean * (1.0 - fit.mean)
    _, triangle = np.linalg.qr(np.sqrt(weight)[:, None] * columns)
    basis = np.linalg.solve(triangle.T, columns.T).T
    return LogisticNull(people, y, fit.mean, design[:, 1:], basis)


@dataclass(frozen=True)
class LogisticNull:
    """Fitted probabilities of a binary trait without the variant.

    `basis` spans intercept and covariates, orthonormal in the metric of the weights ``w = μ (1 - μ)``.
    """

    people: IntArray
    y: FloatArray
    mean: FloatArray
    covariates: FloatArray
    basis: FloatArray

    @property
    def weight(self) -> FloatArray:
        return self.mean * (1.0 - self.mean)

    @property
    def information(self) -> float:
        """Information on the log odds ratio per unit of genotype variance: ``Σ w``."""
        return float(self.weight.sum())

    @cached_property
    def variance_factor(self) -> float:
        """See `allow_for_estimation`: ``Σ (y - μ)²`` over the trace of the information left by covariates."""
        spent = float(self.weight**2 @ np.sum(self.basis**2, axis=1))
        return float(np.sum((self.y - self.mean) ** 2)) / (self.information - spent)

    def score(self, dosages: FloatArray) -> Scores:
        """Rao's score with missing genotypes at the variant's mean."""
        parts = self._sum(dosages)
        v = np.maximum(parts.v, 0.0)  # rounding, where the covariates leave nothing
        return Scores(parts.sums.sign * parts.u, v, parts.sums.n_missing)

    @cached_property
    def _people(self) -> PersonNumbers:
        linear = np.column_stack([self.y - self.mean, self.weight, self.weight[:, None] * self.basis])
        return PersonNumbers.of(linear, self.weight, self.mean, self.y == 1.0)

    def _sum(self, genotypes: Genotypes) -> _Parts:
        sums = sum_genotypes(genotypes, self._people)
        projection = sums.linear[:, 2 : 2 + self.basis.shape[1]]
        total = sums.squared[:, 0] - sums.linear[:, 1] ** 2 / self.information
        return _Parts(sums, sums.linear[:, 0], sums.squared[:, 0] - np.sum(projection**2, axis=1), projection, total)

    def covariance(self, dosages: FloatArray) -> FloatArray:
        """``Φ = G̃ W G̃'``, ``G̃`` the dosages residualised on the covariates by weighted least squares."""
        rows = self.whiten(dosages)
        return rows @ rows.T

    def cross_covariance(self, dosages: FloatArray, other: LogisticNull, other_dosages: FloatArray) -> FloatArray:
        """``Φ_jk = Σ_i g̃_ij √(w_i w'_i) g̃'_ik`` over people of both, residualised in each."""
        return gram_of_common_people(self, dosages, other, other_dosages)

    def whiten(self, dosages: FloatArray) -> FloatArray:
        """``√w g̃``, ``(m, n)``: their Gram matrix is Φ."""
        return self._residualise(centre_dosages(dosages).centred) * np.sqrt(self.weight)

    def _residualise(self, dosages: FloatArray) -> FloatArray:
        """What the covariates leave of complete dosages ``(m, n)``, by weighted least squares."""
        return dosages - (dosages @ (self.weight[:, None] * self.basis)) @ self.basis.T

    def test_variants(self, dosages: Genotypes, options: VariantTestOptions) -> VariantTests:
        """Test ``(m, n)`` dosages or hard calls (missing: NaN or negative, at the variant's mean, and counted).

        Score test; saddlepoint above ``min_z_correction``; Firth's estimate at or below ``max_p_refit``. Where no saddlepoint
        exists (the score sits on the edge of its support), p is that of Firth's penalised likelihood ratio. `p_method`
        says which it was.
        """
        dosages = as_block(dosages)
        parts = self._sum(dosages)
        sums, status = parts.sums, self._screen(parts, options)
        is_tested = status == "tested"
        u, v = parts.u, np.where(is_tested, parts.v, np.nan)
        beta, error = sums.sign * u / v, 1.0 / np.sqrt(v)
        p = special.erfc(np.abs(u) * error / np.sqrt(2.0))
        effect_method, p_method = np.full(len(u), "score", "<U5"), np.full(len(u), "score", "<U11")

        far = np.flatnonzero(np.abs(u) * error > options.min_z_correction)
        p[far] = self._saddlepoint_p(u[far], self._residualise(sums.copies(dosages, far)))
        p_method[far] = "saddlepoint"
        p = allow_for_estimation(p, self.variance_factor)
        for j in np.flatnonzero(is_tested & ~(p > options.max_p_refit)):
            full, null = self._fit_firth(self._residualise(sums.copies(dosages, np.array([j])))[0])
            if full.is_converged:
                beta[j], error[j] = sums.sign[j] * full.beta[0], np.sqrt(full.covariance[0, 0])
                effect_method[j] = "firth"
            if np.isnan(p[j]) and full.is_converged and null.is_converged:
                ratio_p = np.array(likelihood_ratio_p(full.loglik, null.loglik))
                p[j], p_method[j] = allow_for_estimation(ratio_p, self.variance_factor), "firth_lrt"
        status = np.where(is_tested & np.isnan(p), "neither saddlepoint nor Firth fit converged", status)
        return assemble_tests(
            sums, status, {"beta": beta, "standard_error": error, "p_value": p},
            {"effect_method": effect_method, "p_method": p_method},
            {"n": sums.n_typed, "n_events": sums.n_events, "n_imputed": sums.n_missing},
        )  # fmt: skip

    def _screen(self, parts: _Parts, options: VariantTestOptions) -> NDArray[np.str_]:
        status = screen(parts.sums, parts.v / np.where(parts.total > 0, parts.total, 1.0), options)
        cases = parts.sums.carried[:, 0]
        fewest = np.minimum(cases, parts.sums.n_carriers - cases)
        is_thin = (status == "tested") & (fewest < options.min_expected_events)
        reason = f"expected cases or controls among carriers < {options.min_expected_events:g}"
        return np.where(is_thin, reason, status)

    def _saddlepoint_p(self, u: FloatArray, residualised: FloatArray) -> FloatArray:
        """Two-sided p of the adjusted score; NaN where there is no saddlepoint."""
        support = bernoulli_support(residualised, self.mean)
        return two_sided_p(bernoulli_cumulants(residualised, self.mean), u, support).p_value

    def _fit_firth(self, residualised: FloatArray) -> tuple[LogisticFit, LogisticFit]:
        """Full and null (effect held at zero) penalised fits.

        The residualised genotype spans the same model as the genotype with the covariates, has the same
        coefficient, and is orthogonal to them under the null.
        """
        columns = np.column_stack([residualised, self.basis])
        start = np.concatenate([[0.0], self.basis.T @ (self.weight * special.logit(self.mean))])
        null = fit_logistic(columns, self.y, start=start, is_penalised=True, n_fixed=1)
        return fit_logistic(columns, self.y, start=null.beta, is_penalised=True), null

    def refit(self, dosage: FloatArray, method: Literal["firth", "ml"] = "firth") -> Refit:
        """The full model on the people who have the genotype: Firth's estimate, or maximum likelihood.

        Raises
        ------
        AnalysisError
            The fit does not converge: under ``"ml"``, the genotype separates cases from controls.
        """
        floors_off = VariantTestOptions(0.0, 0.0, min_z_correction=np.inf, max_p_refit=0.0)
        refuse_untestable(self.test_variants(dosage[None], floors_off).status[0])
        typed = ~np.isnan(dosage)
        model = fit_logistic_null(self.y[typed], self.covariates[typed], self.people[typed])
        residualised = model._residualise(centre_dosages(dosage[typed]).centred)[0]
        if method == "firth":
            full, null = model._fit_firth(residualised)
        else:
            start = np.concatenate([[0.0], model.basis.T @ (model.weight * special.logit(model.mean))])
            columns = np.column_stack([residualised, model.basis])
            null = fit_logistic(columns, model.y, start=start, n_fixed=1)
            full = fit_logistic(columns, model.y, start=start)
        if not (full.is_converged and null.is_converged):
            raise AnalysisError(
                f"the logistic model of this variant does not converge ({method})",
                remedy="use Firth's estimate" if method == "ml" else "drop the variant from the leads",
            )
        beta, error = float(full.beta[0]), float(np.sqrt(full.covariance[0, 0]))
        p_wald = float(special.erfc(abs(beta / error) / np.sqrt(2.0)))
        p_lrt = likelihood_ratio_p(full.loglik, null.loglik)
        return Refit(beta, error, p_wald, p_lrt, int(typed.sum()), "firth" if method == "firth" else "wald")


@dataclass(frozen=True)
class _Parts:
    sums: GenotypeSums
    u: FloatArray  # (m,) score of the rarer allele
    v: FloatArray  # (m,) its variance
    projection: FloatArray  # (m, k) of the rarer allele on the covariates
    total: FloatArray  # (m,) variance without covariates


def likelihood_ratio_p(full: float, null: float) -> float:
    """p of twice the log-likelihood difference, chi-square with one degree of freedom."""
    return float(special.chdtrc(1.0, max(2.0 * (full - null), 0.0)))
