"""Quantitative traits: least squares, exact for every pattern of missing genotypes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from alsreg.errors import AnalysisError
from alsreg.stats.complete_case import MIN_PIVOT, CompleteCases, Counts, complete_cases
from alsreg.stats.design import check_trait, design_matrix
from alsreg.stats.dosages import assemble_tests, centre_dosages, refuse_untestable, screen
from alsreg.stats.genotype_sums import Block, Genotypes, as_block, dosages_of
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
    def excess_kurtosis(self) -> float:
        """Fourth moment of the residuals over the squared second, less 3: 0 for normal errors."""
        squares = self.residuals**2
        return float(np.mean(squares**2) / np.mean(squares) ** 2 - 3.0)

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

    def test_variants(self, dosages: Genotypes, options: VariantTestOptions) -> VariantTests:
        """The t-test of ordinary least squares on the people who have each genotype: see `test_linear`."""
        return test_linear([self], dosages, options)[0]

    def refit(self, dosage: FloatArray) -> Refit:
        """Least squares with the variant; the likelihood ratio is ``n log(RSS₀/RSS₁)``."""
        dosage = np.atleast_2d(dosage)
        tests = self.test_variants(dosage, VariantTestOptions(min_mac=0.0))
        refuse_untestable(tests.status[0])
        beta, error, p, n = (float(x[0]) for x in (tests.beta, tests.standard_error, tests.p_value, tests.n))
        _, sums = _complete_cases([self], as_block(dosage))
        dof = n - int(sums.rank[0]) - 1
        lrt = n * np.log1p((beta / error) ** 2 / dof)
        return Refit(beta, error, p, float(special.chdtrc(1, lrt)), int(n), "ols")


def test_linear(nulls: Sequence[LinearNull], dosages: Genotypes, options: VariantTestOptions) -> list[VariantTests]:
    """The t-test of ordinary least squares on the people who have each genotype (Frisch–Waugh–Lovell).

    `nulls` share people and basis, so that one matrix product serves all; `dosages` are ``(m, n)`` hard calls (int8, missing
    negative) or dosages (missing NaN).
    """
    counts, sums = _complete_cases(nulls, as_block(dosages))
    share = sums.v / np.where(counts.sum_of_squares > 0, counts.sum_of_squares, 1.0)
    dof = counts.n_typed - sums.rank - 1
    status = screen(counts, share, options)
    status = np.where((status == "tested") & (dof < 1), "fewer people with a genotype than parameters", status)
    is_tested = status == "tested"
    v = np.where(is_tested, sums.v, np.nan)
    typed, none = counts.n_typed, np.zeros_like(counts.n_typed)
    tests = []
    for u, rss in zip(sums.u, sums.rss, strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            beta = u / v
            error = np.sqrt(np.maximum(rss - u * beta, 0.0) / dof / v)
            p = t_test_p(beta / error, dof)
        numbers = {"beta": beta, "standard_error": error, "p_value": p}
        labels = {"effect_method": np.array("ols"), "p_method": np.array("t")}
        tests.append(
            assemble_tests(counts, status, numbers, labels, {"n": typed, "n_events": typed, "n_imputed": none})
        )
    return tests


test_linear.__test__ = False  # type: ignore[attr-defined]  # the name is not that of a test


def _complete_cases(nulls: Sequence[LinearNull], block: Block) -> tuple[Counts, CompleteCases]:
    basis, residuals = nulls[0].basis, np.stack([null.residuals for null in nulls])
    counts, sums = complete_cases(block, basis, residuals)
    for j in np.flatnonzero(sums.is_singular):
        u, sums.v[j], rss, sums.rank[j] = _aliased(dosages_of(block, j), basis, residuals)
        sums.u[:, j], sums.rss[:, j] = u, rss
    return counts, sums


def _aliased(dosage: FloatArray, basis: FloatArray, residuals: FloatArray) -> tuple[FloatArray, float, FloatArray, int]:
    """One variant whose missing people leave the covariates collinear (an assay without genotypes).

    The aliased direction is dropped and the rank counts it, as R's `lm` does.
    """
    typed = ~np.isnan(dosage)
    values, vectors = np.linalg.eigh(basis[typed].T @ basis[typed])
    keep = values > MIN_PIVOT
    own = basis[typed] @ (vectors[:, keep] / np.sqrt(values[keep]))
    g, y = dosage[typed], residuals[:, typed]
    g = g - own @ (own.T @ g)
    y = y - (y @ own) @ own.T
    return y @ g, float(g @ g), np.sum(y * y, axis=1), int(keep.sum())


def t_test_p(t: FloatArray, dof: FloatArray) -> FloatArray:
    """Two-sided p of Student's t, accurate in the far tail."""
    return special.betainc(dof / 2.0, 0.5, dof / (dof + t**2))
