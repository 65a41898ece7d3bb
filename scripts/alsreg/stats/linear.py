"""Quantitative traits: least squares, exact for every pattern of missing genotypes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse, special

from alsreg.errors import AnalysisError
from alsreg.stats.design import check_trait, design_matrix
from alsreg.stats.dosages import DosageBlock, assemble_tests, centre_dosages, refuse_untestable, screen
from alsreg.stats.null import FloatArray, IntArray, Refit, Scores, VariantTestOptions, VariantTests
from alsreg.stats.overlap import gram_of_common_people


def fit_linear_null(
    y: ArrayLike, covariates: ArrayLike | None, people: ArrayLike, names: Sequence[str] | None = None
) -> LinearNull:
    """Least squares of ``y (n,)`` on an intercept and ``covariates (n, p)``.

    `people` are positions on the cohort's person axis, `names` those of the covariates (for messages).

    Raises
    ------
    AnalysisError
        The trait is constant or explained by the covariates; covariates are collinear (named).
    """
    y, people = check_trait(y, people)
    basis, _ = np.linalg.qr(design_matrix(covariates, len(y), names))
    residuals = y - basis @ (basis.T @ y)
    residuals -= basis @ (basis.T @ residuals)
    if residuals @ residuals < 1e-20 * np.sum((y - y.mean()) ** 2):
        raise AnalysisError("the covariates explain the trait completely", remedy="do not adjust a trait for itself")
    return LinearNull(people, basis, residuals)


@dataclass(frozen=True)
class LinearNull:
    """Residuals of a quantitative trait and an orthonormal basis ``(n, k)`` of intercept and covariates."""

    people: IntArray
    basis: FloatArray
    residuals: FloatArray

    @property
    def variance(self) -> float:
        """Residual variance, ``RSS / (n - k)``."""
        n, k = self.basis.shape
        return float(self.residuals @ self.residuals) / (n - k)

    @property
    def information(self) -> float:
        """Information on the effect per unit of genotype variance: ``n / σ²``."""
        return len(self.people) / self.variance

    def score(self, dosages: FloatArray) -> Scores:
        """Scores with missing genotypes at the variant's mean."""
        block = centre_dosages(dosages)
        v = block.sum_of_squares - np.sum((block.centred @ self.basis) ** 2, axis=1)
        v = np.maximum(v, 0.0)  # rounding, where the covariates leave nothing
        return Scores(block.centred @ self.residuals / self.variance, v / self.variance, block.n_missing)

    def covariance(self, dosages: FloatArray) -> FloatArray:
        """``Φ = G̃ G̃' / σ²`` with ``G̃`` the dosages residualised on the covariates."""
        rows = self.whiten(dosages)
        return rows @ rows.T

    def cross_covariance(self, dosages: FloatArray, other: LinearNull, other_dosages: FloatArray) -> FloatArray:
        """``Φ_jk = Σ_i g̃_ij g̃'_ik / (σ σ')`` over people of both, residualised in each."""
        return gram_of_common_people(self, dosages, other, other_dosages)

    def whiten(self, dosages: FloatArray) -> FloatArray:
        """Residualised dosages in units of the trait's error, ``(m, n)``: their Gram matrix is Φ."""
        centred = centre_dosages(dosages).centred
        return (centred - (centred @ self.basis) @ self.basis.T) / np.sqrt(self.variance)

    def test_variants(self, dosages: FloatArray, options: VariantTestOptions) -> VariantTests:
        """The t-test of ordinary least squares on the people who have each genotype (Frisch–Waugh–Lovell)."""
        block = centre_dosages(dosages)
        u, v, rss, dof = self._complete_case(block, np.isnan(dosages))
        status = screen(block, v / np.where(block.sum_of_squares > 0, block.sum_of_squares, 1.0), options)
        status = np.where((status == "tested") & (dof < 1), "fewer people with a genotype than parameters", status)
        with np.errstate(divide="ignore", invalid="ignore"):
            beta = u / v
            error = np.sqrt(np.maximum(rss - u * beta, 0.0) / dof / v)
            p = t_test_p(beta / error, dof)
        typed = block.n_typed
        return assemble_tests(
            block, status, {"beta": beta, "standard_error": error, "p_value": p},
            {"effect_method": np.array("ols"), "p_method": np.array("t")},
            {"n": typed, "n_events": typed, "n_imputed": np.zeros_like(typed)},
        )  # fmt: skip

    def _complete_case(self, block: DosageBlock, is_missing: FloatArray) -> tuple[FloatArray, ...]:
        """``g̃'y``, ``g̃'g̃``, null RSS and degrees of freedom of each variant's complete cases.

        With M the people without the genotype, ``Q_S'Q_S = I - Q_M'Q_M``; all else that depends on M is a sum
        over M of per-person numbers, so one sparse product of the missingness with those numbers gives every
        variant at once.
        """
        n, k = self.basis.shape
        u, v = block.centred @ self.residuals, block.sum_of_squares.copy()
        a = block.centred @ self.basis
        rss = np.full(len(u), self.residuals @ self.residuals)
        rank = np.full(len(u), k)
        full = block.n_missing == 0
        v[full] -= np.sum(a[full] ** 2, axis=1)
        some = np.flatnonzero(~full)
        if len(some):
            missing = sparse.csr_array(is_missing[some].astype(np.float64))
            products = (self.basis[:, :, None] * self.basis[:, None, :]).reshape(n, k * k)
            gram = np.eye(k) - (missing @ products).reshape(-1, k, k)
            b = -(missing @ (self.basis * self.residuals[:, None]))
            solved, rank[some] = _solve(gram, np.stack([a[some], b], axis=2))
            u[some] -= np.einsum("jk,jk->j", b, solved[:, :, 0])
            v[some] -= np.einsum("jk,jk->j", a[some], solved[:, :, 0])
            rss[some] -= missing @ self.residuals**2 + np.einsum("jk,jk->j", b, solved[:, :, 1])
        return u, v, rss, block.n_typed - rank - 1

    def refit(self, dosage: FloatArray) -> Refit:
        """Least squares with the variant; the likelihood ratio is ``n log(RSS₀/RSS₁)``."""
        tests = self.test_variants(np.atleast_2d(dosage), VariantTestOptions(min_mac=0.0))
        refuse_untestable(tests.status[0])
        beta, error, p, n = (float(x[0]) for x in (tests.beta, tests.standard_error, tests.p_value, tests.n))
        *_, dof = self._complete_case(centre_dosages(dosage), np.isnan(np.atleast_2d(dosage)))
        lrt = n * np.log1p((beta / error) ** 2 / dof[0])
        return Refit(beta, error, p, float(special.chdtrc(1, lrt)), int(n), "ols")


def t_test_p(t: FloatArray, dof: FloatArray) -> FloatArray:
    """Two-sided p of Student's t, accurate in the far tail."""
    return special.betainc(dof / 2.0, 0.5, dof / (dof + t**2))


def _solve(gram: FloatArray, right: FloatArray) -> tuple[FloatArray, IntArray]:
    """``gram⁻ right`` for a stack ``(m, k, k)``, and the rank.

    Where the missing people leave the covariates collinear (an assay without genotypes), the aliased
    direction is dropped and the rank counts it, as R's `lm` does.
    """
    values, vectors = np.linalg.eigh(gram)
    keep = values > 1e-9
    inverse = np.where(keep, 1.0 / np.where(keep, values, 1.0), 0.0)
    solved = vectors @ (inverse[:, :, None] * (np.swapaxes(vectors, 1, 2) @ right))
    return solved, keep.sum(axis=1)
