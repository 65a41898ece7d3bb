"""Regressions on complete cases from one product: equal to a regression per variant, whatever is missing."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from alsreg.stats import complete_case
from alsreg.stats.linear import fit_linear_null, test_linear
from alsreg.stats.null import VariantTestOptions

EVERYTHING = VariantTestOptions(min_mac=0.0)


def simulate(seed: int, n: int = 60, m: int = 25, missing: float = 0.05) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hard calls ``(m, n)`` with every kind of variant, covariates, two traits."""
    rng = np.random.default_rng(seed)
    g = rng.binomial(2, rng.uniform(0.02, 0.98, (m, 1)), (m, n)).astype(np.int8)
    g[rng.random((m, n)) < missing * rng.integers(0, 3, (m, 1))] = -9
    return g, rng.normal(size=(n, 4)), rng.normal(size=(2, n))


@pytest.mark.parametrize("missing", [0.0, 0.01, 0.3])
def test_each_variant_is_a_regression(missing: float) -> None:
    g, covariates, y = simulate(1, missing=missing)
    nulls = [fit_linear_null(trait, covariates, np.arange(60)) for trait in y]
    for trait, tests in zip(y, test_linear(nulls, g, EVERYTHING), strict=True):
        n_compared = 0
        for j in np.flatnonzero(tests.status == "tested"):
            keep = g[j] >= 0
            fit = sm.OLS(trait[keep], np.column_stack([g[j], np.ones(60), covariates])[keep]).fit()
            ours = [tests.beta[j], tests.standard_error[j], tests.p_value[j]]
            np.testing.assert_allclose(ours, [fit.params[0], fit.bse[0], fit.pvalues[0]], rtol=1e-8)
            n_compared += tests.n[j] == keep.sum()
        assert n_compared > 20


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), tile=st.integers(1, 40_000), missing=st.sampled_from([0.0, 0.02, 0.2]))
def test_order_tiles_alleles_and_types_do_not_matter(seed: int, tile: int, missing: float) -> None:
    g, covariates, y = simulate(seed, missing=missing)
    rng = np.random.default_rng(seed)

    def run(genotypes: np.ndarray, order: np.ndarray, scale: float = 1.0) -> np.ndarray:
        null = fit_linear_null(y[0][order], covariates[order] * scale + 3.0, np.arange(60))
        tests = null.test_variants(np.ascontiguousarray(genotypes[:, order]), EVERYTHING)
        return np.array([tests.beta, tests.standard_error, tests.p_value])

    same = np.arange(60)
    first = run(g, same)
    dosages = np.where(g < 0, np.nan, g).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(complete_case, "TILE_BYTES", tile)
        np.testing.assert_allclose(run(g, same), first, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(run(dosages, same), first, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(run(g, rng.permutation(60), 1000.0), first, rtol=1e-8, atol=1e-11)
    swapped = run(np.where(g < 0, g, 2 - g).astype(np.int8), same)
    np.testing.assert_allclose(swapped * [[-1], [1], [1]], first, rtol=1e-9, atol=1e-11)


def test_covariates_collinear_among_the_typed_lose_a_rank() -> None:
    """An assay without the genotype: its indicator is constant among the others, as R's `lm` drops it."""
    g, covariates, y = simulate(3, missing=0.02)
    covariates[:, 0] = np.arange(60) < 20
    g[2, :20] = -9
    tests = fit_linear_null(y[0], covariates, np.arange(60)).test_variants(g, EVERYTHING)
    keep = g[2] >= 0
    fit = sm.OLS(y[0][keep], np.column_stack([g[2], np.ones(60), covariates[:, 1:]])[keep]).fit()
    assert tests.status[2] == "tested"
    np.testing.assert_allclose([tests.beta[2], tests.standard_error[2]], [fit.params[0], fit.bse[0]], rtol=1e-9)
    np.testing.assert_allclose(tests.p_value[2], fit.pvalues[0], rtol=1e-8)


def test_who_cannot_be_tested() -> None:
    g, covariates, y = simulate(4)
    g[0], g[1], g[2] = -9, 0, 2
    dosages = np.where(g < 0, np.nan, g).astype(float)
    dosages[3] = 1.0 + covariates[:, 0] / 5.0
    tests = fit_linear_null(y[0], covariates, np.arange(60)).test_variants(dosages, EVERYTHING)
    expected = ["no genotypes", "monomorphic", "monomorphic", "covariates leave no information on the effect"]
    assert list(tests.status[:4]) == expected and np.isnan(tests.beta[:4]).all()
