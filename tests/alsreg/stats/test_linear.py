"""Quantitative traits equal per-variant least squares on the people who have the genotype."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from alsreg.errors import AnalysisError
from alsreg.stats.linear import fit_linear_null
from alsreg.stats.null import VariantTestOptions

ALL = VariantTestOptions(min_mac=0.0)
NUMBERS = ("beta", "standard_error", "p_value")


def simulate(seed: int, n: int = 120, m: int = 9, missing: float = 0.0):
    rng = np.random.default_rng(seed)
    g = rng.binomial(2, rng.uniform(0.05, 0.95, m)[:, None], (m, n)).astype(float)
    g[m // 2 :] = np.clip(g[m // 2 :] + rng.uniform(-0.3, 0.3, g[m // 2 :].shape), 0.0, 2.0)
    g[rng.random(g.shape) < missing] = np.nan
    x = np.column_stack([rng.normal(size=n), rng.binomial(1, 0.5, n), 60 + 10 * rng.normal(size=n)])
    y = 55 + x @ [0.5, -1.0, 0.1] + 0.3 * np.nan_to_num(g[0]) + rng.normal(size=n)
    return y, x, g


@pytest.mark.parametrize("missing", ["complete_case", "mean"])
def test_agrees_with_lm(oracles, oracle_cohort, missing):
    answers = pd.read_csv(oracles / "ols.csv").query("missing == @missing").set_index("variant")
    null = fit_linear_null(oracle_cohort.phenotypes["qt"], oracle_cohort.covariates, oracle_cohort.people)
    dosages = np.array([oracle_cohort.dosage(v, missing) for v in answers.index])
    tests = null.test_variants(dosages, ALL)
    np.testing.assert_allclose(tests.beta, answers["beta"], rtol=1e-8)
    np.testing.assert_allclose(tests.standard_error, answers["se"], rtol=1e-8)
    np.testing.assert_allclose(tests.p_value, answers["p_t"], rtol=1e-8)
    np.testing.assert_array_equal(tests.n, answers["n"])
    refits = [null.refit(g) for g in dosages]
    np.testing.assert_allclose([r.p_lrt for r in refits], answers["p_lrt"], rtol=1e-8)
    np.testing.assert_allclose([r.beta for r in refits], answers["beta"], rtol=1e-8)


@pytest.mark.parametrize("missing", [0.0, 0.01, 0.3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_agrees_with_statsmodels_for_sporadic_missing(missing, dtype):
    y, x, g = simulate(3, missing=missing)
    tests = fit_linear_null(y, x, np.arange(len(y))).test_variants(g.astype(dtype), ALL)
    for j, row in enumerate(g.astype(dtype).astype(float)):
        typed = ~np.isnan(row)
        fit = sm.OLS(y[typed], sm.add_constant(np.column_stack([row, x])[typed])).fit()
        assert tests.status[j] == "tested"
        assert tests.beta[j] == pytest.approx(fit.params[1], rel=1e-8)
        assert tests.standard_error[j] == pytest.approx(fit.bse[1], rel=1e-8)
        assert tests.p_value[j] == pytest.approx(fit.pvalues[1], rel=1e-8)
        assert tests.n[j] == typed.sum()
        frequency = row[typed].mean() / 2
        assert tests.effect_allele_frequency[j] == pytest.approx(frequency)
        assert tests.mac[j] == pytest.approx(2 * typed.sum() * min(frequency, 1 - frequency))
        rarer = row[typed] if frequency <= 0.5 else 2 - row[typed]
        assert tests.n_carriers[j] == (rarer >= 0.5).sum()


def test_a_covariate_emptied_by_missing_genotypes_is_dropped_as_lm_does():
    y, x, g = simulate(4)
    assay = (np.arange(len(y)) < 30).astype(float)
    g[:, :30] = np.nan
    tests = fit_linear_null(y, np.column_stack([x, assay]), np.arange(len(y))).test_variants(g, ALL)
    for j, row in enumerate(g):
        fit = sm.OLS(y[30:], sm.add_constant(np.column_stack([row, x])[30:])).fit()
        assert tests.beta[j] == pytest.approx(fit.params[1], rel=1e-8)
        assert tests.standard_error[j] == pytest.approx(fit.bse[1], rel=1e-8)
        assert tests.p_value[j] == pytest.approx(fit.pvalues[1], rel=1e-8)


def test_p_is_right_far_in_the_tail():
    y, x, g = simulate(5, n=400)
    tests = fit_linear_null(y + 3 * g[0], x, np.arange(len(y))).test_variants(g[:1], ALL)
    t, dof = tests.beta[0] / tests.standard_error[0], len(y) - 5
    # I_x(a, 1/2) by its hypergeometric series, every term positive.
    a, x_t, term, series = dof / 2, dof / (dof + t * t), 1.0, 1.0
    for k in range(5000):
        term *= (a + 0.5 + k) / (a + 1 + k) * x_t
        series += term
    log_beta = math.lgamma(a) + math.lgamma(0.5) - math.lgamma(a + 0.5)
    expected = math.exp(a * math.log(x_t) + 0.5 * math.log1p(-x_t) - math.log(a) - log_beta) * series
    assert expected < 1e-100
    assert tests.p_value[0] == pytest.approx(expected, rel=1e-9)


def test_untestable_variants_say_why():
    y, x, g = simulate(6)
    n = len(y)
    block = np.array([np.full(n, np.nan), np.full(n, 2.0), np.eye(n)[0], x[:, 1], g[0]])
    null = fit_linear_null(y, x, np.arange(n))
    tests = null.test_variants(block, VariantTestOptions(min_mac=2.0))
    assert tests.status.tolist() == [
        "no genotypes", "monomorphic", "mac < 2", "covariates leave no information on the effect", "tested",
    ]  # fmt: skip
    for name in NUMBERS:
        assert np.isnan(getattr(tests, name)[:4]).all()
        assert np.isfinite(getattr(tests, name)[4])
    assert tests.p_method.tolist() == ["", "", "", "", "t"]
    with pytest.raises(AnalysisError, match="monomorphic"):
        null.refit(block[1])


def test_faulty_designs_are_refused_by_name():
    y, x, _ = simulate(7)
    people = np.arange(len(y))
    with pytest.raises(AnalysisError, match="pc2 is a linear combination of pc1, age"):
        fit_linear_null(y, np.column_stack([x, x[:, 0] - 2 * x[:, 2]]), people, ["pc1", "sex", "age", "pc2"])
    with pytest.raises(AnalysisError, match=r"constant.*\['site'\]"):
        fit_linear_null(y, np.column_stack([x[:, 0], np.full(len(y), 3.0)]), people, ["pc1", "site"])
    with pytest.raises(AnalysisError, match=r"missing or infinite.*\['sex'\]"):
        fit_linear_null(y, np.where(np.arange(3) == 1, np.nan, x), people, ["pc1", "sex", "age"])
    with pytest.raises(AnalysisError, match="trait is constant among the 120 people"):
        fit_linear_null(np.full(len(y), 4.2), x, people)
    with pytest.raises(AnalysisError, match="explain the trait completely"):
        fit_linear_null(3 * x[:, 0] + 1, x, people)
    with pytest.raises(ValueError, match="distinct"):
        fit_linear_null(y, x, np.zeros(len(y), dtype=int))


def test_no_covariates():
    y, _, g = simulate(8)
    tests = fit_linear_null(y, None, np.arange(len(y))).test_variants(g[:1], ALL)
    fit = sm.OLS(y, sm.add_constant(g[0])).fit()
    assert tests.p_value[0] == pytest.approx(fit.pvalues[1], rel=1e-8)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.01, 100.0), shift=st.floats(-1e3, 1e3))
def test_invariances(seed, scale, shift):
    y, x, g = simulate(seed, missing=0.05)
    people = np.arange(len(y))
    tests = fit_linear_null(y, x, people).test_variants(g, ALL)

    swapped = fit_linear_null(y, x, people).test_variants(2.0 - g, ALL)
    np.testing.assert_allclose(swapped.beta, -tests.beta, rtol=1e-8)
    np.testing.assert_allclose(swapped.p_value, tests.p_value, rtol=1e-8)
    np.testing.assert_array_equal(swapped.n_carriers[tests.mac > 0], tests.n_carriers[tests.mac > 0])

    order = np.random.default_rng(seed).permutation(len(y))
    shuffled = fit_linear_null(y[order], x[order], people[order]).test_variants(g[:, order], ALL)
    np.testing.assert_allclose(shuffled.p_value, tests.p_value, rtol=1e-8)

    moved = fit_linear_null(scale * y + shift, scale * x + shift, people).test_variants(g, ALL)
    np.testing.assert_allclose(moved.beta, scale * tests.beta, rtol=1e-7, atol=1e-9 * scale)
    np.testing.assert_allclose(moved.p_value, tests.p_value, rtol=1e-6)

    null = fit_linear_null(y, x, people)
    parts = [null.test_variants(g[rows], ALL) for rows in ([0], [1, 2, 3], [4, 5, 6, 7, 8])]
    np.testing.assert_allclose(np.concatenate([p.beta for p in parts]), tests.beta, rtol=1e-10)


def test_score_and_covariance_agree():
    y, x, g = simulate(9, missing=0.05)
    null = fit_linear_null(y, x, np.arange(len(y)))
    scores = null.score(g)
    np.testing.assert_allclose(np.diag(null.covariance(g)), scores.v, rtol=1e-10)
    np.testing.assert_allclose(null.cross_covariance(g, null, g), null.covariance(g), rtol=1e-10, atol=1e-10)
    np.testing.assert_array_equal(scores.n_imputed, np.isnan(g).sum(axis=1))
    filled = np.where(np.isnan(g), np.nanmean(g, axis=1)[:, None], g)
    tests = null.test_variants(filled, ALL)
    np.testing.assert_allclose(scores.u / scores.v, tests.beta, rtol=1e-10)
    # Scores use the null residual variance, the t-test that of the full model.
    k, n = 4, len(y)
    t2 = (tests.beta / tests.standard_error) ** 2
    np.testing.assert_allclose(scores.u**2 / scores.v, (n - k) * t2 / (n - k - 1 + t2), rtol=1e-9)


def test_cross_covariance_is_that_of_scores_over_repeated_traits():
    rng = np.random.default_rng(10)
    n, people_a, people_b = 90, np.arange(60), np.arange(20, 90)
    x, g = rng.normal(size=(n, 2)), rng.binomial(2, 0.3, (3, n)).astype(float)
    draws = []
    for _ in range(4000):
        y = x @ [1.0, -1.0] + 2.0 * rng.normal(size=n)
        a, b = (fit_linear_null(y[rows], x[rows], rows) for rows in (people_a, people_b))
        # Times the residual variances, so that only the numerator varies.
        draws.append([*a.score(g[:, people_a]).u * a.variance, *b.score(g[:, people_b]).u * b.variance])
    empirical = np.cov(np.array(draws).T)[:3, 3:]
    expected = a.cross_covariance(g[:, people_a], b, g[:, people_b]) * np.sqrt(a.variance * b.variance) * 4.0
    sizes = np.sqrt(np.outer(np.var(draws, axis=0)[:3], np.var(draws, axis=0)[3:]))
    np.testing.assert_allclose(empirical / sizes, expected / sizes, atol=4.0 / np.sqrt(4000))
    assert np.abs(expected / sizes).max() > 0.3
