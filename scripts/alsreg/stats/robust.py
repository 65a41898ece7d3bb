"""Least squares with standard errors that allow errors to differ in spread from person to person.

The sandwich in its HC2 form (MacKinnon & White 1985) and Student's t with the degrees of freedom of Bell & McCaffrey (2002,
Surv Methodol 28:169), as Imbens & Kolesár (2016, Rev Econ Stat 98:701) advise. The usual HC1 and HC3 with n - p degrees of
freedom reject far too often where few people carry an allele (docs/calibration/robust.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from alsreg.stats.complete_case import MIN_PIVOT, complete_cases
from alsreg.stats.dosages import assemble_tests, refuse_untestable, screen
from alsreg.stats.genotype_sums import as_dosages
from alsreg.stats.linear import LinearNull, t_test_p
from alsreg.stats.null import FloatArray, IntArray, Refit, Scores, VariantTestOptions, VariantTests, test_in_tiles

# Of a person's own genotype and trait, below this share is left to judge the spread of the error by.
MIN_LEFT = 1e-8
DECIDED_BY_ONE = "one person decides the effect: no robust standard error"


@dataclass(frozen=True)
class RobustLinearNull:
    """A quantitative trait whose single variants are tested with robust standard errors.

    Scores, Φ and information are those of `model`, which takes the spread of errors for the same in everybody: they are
    what power and sums over variants or groups need.
    """

    model: LinearNull

    @property
    def people(self) -> IntArray:
        return self.model.people

    @property
    def information(self) -> float:
        """Information on the effect per unit of genotype variance: ``n / σ²``."""
        return self.model.information

    def score(self, dosages: FloatArray) -> Scores:
        """Scores with missing genotypes at the variant's mean."""
        return self.model.score(dosages)

    def covariance(self, dosages: FloatArray) -> FloatArray:
        """Φ of `model`."""
        return self.model.covariance(dosages)

    def cross_covariance(self, dosages: FloatArray, other: RobustLinearNull, other_dosages: FloatArray) -> FloatArray:
        """Φ between variants of two models of the trait."""
        return self.model.cross_covariance(dosages, other.model, other_dosages)

    def whiten(self, dosages: FloatArray) -> FloatArray:
        """Residualised dosages whose Gram matrix is Φ."""
        return self.model.whiten(dosages)

    def test_variants(self, dosages: NDArray[np.number], options: VariantTestOptions) -> VariantTests:
        """Least squares on the people who have each genotype, ``(m, n)`` hard calls or dosages; robust errors and t."""
        return test_in_tiles(lambda tile: self._test_tile(tile, options), np.atleast_2d(dosages))

    def _test_tile(self, dosages: NDArray[np.number], options: VariantTestOptions) -> VariantTests:
        basis, residuals = self.model.basis, self.model.residuals
        genotypes = np.ascontiguousarray(as_dosages(dosages))
        counts, _ = complete_cases(genotypes, basis, residuals[None])
        u, v, variance, dof, rank = sandwich(genotypes, basis, residuals)
        share = v / np.where(counts.sum_of_squares > 0, counts.sum_of_squares, 1.0)
        status = screen(counts, share, options)
        n_left = counts.n_typed - rank - 1
        status = np.where((status == "tested") & (n_left < 1), "fewer people with a genotype than parameters", status)
        status = np.where((status == "tested") & ~np.isfinite(dof), DECIDED_BY_ONE, status)
        v = np.where(status == "tested", v, np.nan)
        beta, error = u / v, np.sqrt(variance)
        numbers = {"beta": beta, "standard_error": error, "p_value": t_test_p(beta / error, dof)}
        labels = {"effect_method": np.array("ols"), "p_method": np.array("robust_t")}
        typed = counts.n_typed
        return assemble_tests(
            counts, status, numbers, labels, {"n": typed, "n_events": typed, "n_imputed": np.zeros_like(typed)}
        )

    def refit(self, dosage: FloatArray) -> Refit:
        """Least squares with the variant: the scan's robust test; the likelihood ratio is that of `model`."""
        tests = self.test_variants(np.atleast_2d(dosage), VariantTestOptions(min_mac=0.0))
        refuse_untestable(str(tests.status[0]))
        beta, error, p = (float(x[0]) for x in (tests.beta, tests.standard_error, tests.p_value))
        return Refit(beta, error, p, self.model.refit(dosage).p_lrt, int(tests.n[0]), "ols")


@numba.njit(cache=True, nogil=True)
def sandwich(genotypes, basis, residuals):  # type: ignore[no-untyped-def]
    """Per variant: g̃'y, g̃'g̃, HC2 variance of the effect, its degrees of freedom (NaN: none), rank of the covariates.

    `genotypes` ``(m, n)`` with NaN; `basis` ``(n, k)`` orthonormal; `residuals` ``(n,)`` on it.
    """
    m, (n, k) = len(genotypes), basis.shape
    u, v, variance, dof = np.zeros(m), np.zeros(m), np.full(m, np.nan), np.full(m, np.nan)
    rank = np.full(m, k)
    columns, y, is_typed = np.empty((n, k + 1)), np.empty(n), np.empty(n)
    leverage, weight = np.empty(n), np.empty(n)
    for j in range(m):
        g = _complete(genotypes[j], basis, residuals, columns, y, is_typed, rank, j)
        v[j], u[j] = g @ g, g @ y
        if not v[j] > 0.0:
            continue
        columns[:, k] = g / np.sqrt(v[j])
        is_decided, sandwich, own = False, 0.0, 0.0
        for i in range(n):
            leverage[i] = 0.0
            for c in range(k + 1):
                leverage[i] += columns[i, c] ** 2
            left = 1.0 - leverage[i]
            weight[i] = 0.0
            if left > MIN_LEFT:
                weight[i] = g[i] * g[i] / left
            else:
                is_decided = is_decided or columns[i, k] ** 2 > MIN_LEFT
            error = y[i] - g[i] * u[j] / v[j]
            sandwich += weight[i] * error * error
            own += weight[i] * weight[i] * (1.0 - 2.0 * leverage[i])
        if is_decided:
            continue
        product = columns.T @ (columns * weight.reshape(n, 1))
        variance[j] = sandwich / v[j] ** 2
        dof[j] = v[j] ** 2 / (own + np.sum(product * product))
    return u, v, variance, dof, rank


@numba.njit(cache=True, nogil=True)
def _complete(genotype, basis, residuals, columns, y, is_typed, rank, j):  # type: ignore[no-untyped-def]
    """Fill `columns`, an orthonormal basis, and `y` for the people typed (0 for others); return the residualised genotype."""
    n, k = basis.shape
    g = np.empty(n)
    for i in range(n):
        is_typed[i] = 1.0 if genotype[i] >= 0.0 else 0.0
        g[i] = genotype[i] if genotype[i] >= 0.0 else 0.0
    own, y[:] = basis, residuals
    missing = basis[is_typed == 0.0]
    if len(missing):
        values, vectors = np.linalg.eigh(np.eye(k) - missing.T @ missing)
        for c in range(k):  # directions that those typed leave empty are dropped, as R's `lm` does
            scale = 1.0 / np.sqrt(values[c]) if values[c] > MIN_PIVOT else 0.0
            rank[j] -= scale == 0.0
            vectors[:, c] *= scale
        own = (basis @ vectors) * is_typed.reshape(n, 1)
        y[:] = y * is_typed
        y[:] = y - own @ (own.T @ y)
    columns[:, :k] = own
    g = g - own @ (own.T @ g)
    return g - own @ (own.T @ g)  # twice: what is left may be small
