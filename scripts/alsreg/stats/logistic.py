"""Binary traits: score test, saddlepoint where the normal tail would mislead, Firth's estimate for hits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from alsreg.errors import AnalysisError
from alsreg.stats.design import check_trait, design_matrix
from alsreg.stats.dosages import (
    DosageBlock,
    assemble_tests,
    centre_dosages,
    refuse_untestable,
    screen,
    sum_over_carriers,
)
from alsreg.stats.firth import LogisticFit, fit_logistic
from alsreg.stats.null import FloatArray, IntArray, Refit, Scores, VariantTestOptions, VariantTests
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

    def score(self, dosages: FloatArray) -> Scores:
        """Rao's score with missing genotypes at the variant's mean."""
        block = centre_dosages(dosages)
        _, v, _ = self._variance(block.centred)
        v = np.maximum(v, 0.0)  # rounding, where the covariates leave nothing
        return Scores(block.centred @ (self.y - self.mean), v, block.n_missing)

    def _variance(self, centred: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Projection on the covariates ``(m, k)``, variance of the score, and that without covariates."""
        projection = centred @ (self.weight[:, None] * self.basis)
        total = (centred * centred) @ self.weight
        return projection, total - np.sum(projection**2, axis=1), total

    def covariance(self, dosages: FloatArray) -> FloatArray:
        """``Φ = G̃ W G̃'``, ``G̃`` the dosages residualised on the covariates by weighted least squares."""
        rows = self.whiten(dosages)
        return rows @ rows.T

    def cross_covariance(self, dosages: FloatArray, other: LogisticNull, other_dosages: FloatArray) -> FloatArray:
        """``Φ_jk = Σ_i g̃_ij √(w_i w'_i) g̃'_ik`` over people of both, residualised in each."""
        return gram_of_common_people(self, dosages, other, other_dosages)

    def whiten(self, dosages: FloatArray) -> FloatArray:
        """``√w g̃``, ``(m, n)``: their Gram matrix is Φ."""
        centred = centre_dosages(dosages).centred
        return self._residualise(centred, self._variance(centred)[0]) * np.sqrt(self.weight)

    def _residualise(self, centred: FloatArray, projection: FloatArray) -> FloatArray:
        return centred - projection @ self.basis.T

    def test_variants(self, dosages: FloatArray, options: VariantTestOptions) -> VariantTests:
        """Score test; saddlepoint above ``min_z_correction``; Firth's estimate at or below ``max_p_refit``.

        Where no saddlepoint exists (the score sits on the edge of its support), p is that of Firth's
        penalised likelihood ratio. `p_method` says which it was.
        """
        block = centre_dosages(dosages)
        projection, v, total = self._variance(block.centred)
        status = self._screen(dosages, block, v / np.where(total > 0, total, 1.0), options)
        is_tested = status == "tested"
        u, v = block.centred @ (self.y - self.mean), np.where(is_tested, v, np.nan)
        beta, error = u / v, 1.0 / np.sqrt(v)
        p = special.erfc(np.abs(u) * error / np.sqrt(2.0))
        effect_method, p_method = np.full(len(u), "score", "<U5"), np.full(len(u), "score", "<U11")

        far = np.flatnonzero(is_tested & (np.abs(u) * error > options.min_z_correction))
        residualised = self._residualise(block.centred[far], projection[far])
        p[far] = self._saddlepoint_p(u[far], residualised)
        p_method[far] = "saddlepoint"
        for j in np.flatnonzero(is_tested & ~(p > options.max_p_refit)):
            full, null = self._fit_firth(self._residualise(block.centred[[j]], projection[[j]])[0])
            if full.is_converged:
                beta[j], error[j], effect_method[j] = full.beta[0], np.sqrt(full.covariance[0, 0]), "firth"
            if np.isnan(p[j]) and full.is_converged and null.is_converged:
                p[j], p_method[j] = likelihood_ratio_p(full.loglik, null.loglik), "firth_lrt"
        status = np.where(is_tested & np.isnan(p), "neither saddlepoint nor Firth fit converged", status)
        return assemble_tests(
            block, status, {"beta": beta, "standard_error": error, "p_value": p},
            {"effect_method": effect_method, "p_method": p_method},
            {"n": block.n_typed, "n_events": self._count_cases(dosages, block), "n_imputed": block.n_missing},
        )  # fmt: skip

    def _screen(
        self, dosages: FloatArray, block: DosageBlock, residual_share: FloatArray, options: VariantTestOptions
    ) -> NDArray[np.str_]:
        status = screen(block, residual_share, options)
        expected = sum_over_carriers(dosages, block, np.column_stack([self.mean, 1.0 - self.mean]))
        is_thin = (status == "tested") & (expected.min(axis=1) < options.min_expected_events)
        reason = f"expected cases or controls among carriers < {options.min_expected_events:g}"
        return np.where(is_thin, reason, status)

    def _count_cases(self, dosages: FloatArray, block: DosageBlock) -> IntArray:
        """Cases with a genotype."""
        cases = np.full(len(block.mean), int(self.y.sum()))
        some = np.flatnonzero(block.n_missing)
        cases[some] -= np.isnan(np.atleast_2d(dosages)[some][:, self.y == 1.0]).sum(axis=1)
        return cases

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
        block = centre_dosages(dosage[typed])
        residualised = model._residualise(block.centred, model._variance(block.centred)[0])[0]
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


def likelihood_ratio_p(full: float, null: float) -> float:
    """p of twice the log-likelihood difference, chi-square with one degree of freedom."""
    return float(special.chdtrc(1.0, max(2.0 * (full - null), 0.0)))
