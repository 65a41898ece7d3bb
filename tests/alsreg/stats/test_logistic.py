"""Binary traits: Rao's score, saddlepoint, Firth and maximum likelihood against R."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from alsreg.errors import AnalysisError
from alsreg.stats.logistic import LogisticNull, fit_logistic_null
from alsreg.stats.null import VariantTestOptions, VariantTests, allow_for_estimation

NO_FLOORS = {"min_mac": 0.0, "min_expected_events": 0.0}
SCORE_ONLY = VariantTestOptions(**NO_FLOORS, min_z_correction=np.inf, max_p_refit=0.0)
SADDLEPOINT = VariantTestOptions(**NO_FLOORS, min_z_correction=2.0, max_p_refit=0.0)


@pytest.fixture(scope="module")
def null(oracle_cohort) -> LogisticNull:
    cohort = oracle_cohort
    return fit_logistic_null(cohort.phenotypes["case"], cohort.covariates, cohort.people, cohort.names)


def plain_p(null: LogisticNull, tests: VariantTests) -> np.ndarray:
    """p as other software has it, which does not allow for the estimation of the null model."""
    return allow_for_estimation(tests.p_value, 1.0 / null.variance_factor)


def simulate(seed: int, n: int = 300, m: int = 6, missing: float = 0.0):
    rng = np.random.default_rng(seed)
    g = rng.binomial(2, rng.uniform(0.05, 0.95, m)[:, None], (m, n)).astype(float)
    g[m // 2 :] = np.clip(g[m // 2 :] + rng.uniform(-0.3, 0.3, g[m // 2 :].shape), 0.0, 2.0)
    x = np.column_stack([rng.normal(size=n), rng.binomial(1, 0.5, n), 60 + 10 * rng.normal(size=n)])
    eta = -1.5 + x @ [0.5, -0.6, 0.0] + 0.8 * (g[0] - g[0].mean())
    y = (rng.random(n) < special.expit(eta)).astype(float)
    g[rng.random(g.shape) < missing] = np.nan
    return y, x, g


def test_null_model_agrees_with_statsmodels(oracle_cohort, null):
    fit = sm.Logit(oracle_cohort.phenotypes["case"].to_numpy(), sm.add_constant(oracle_cohort.covariates)).fit(
        disp=0, tol=1e-14, method="newton", maxiter=50
    )
    np.testing.assert_allclose(null.mean, fit.predict(), rtol=1e-10)
    residual = null.y - null.mean
    np.testing.assert_allclose(null.basis.T @ residual, 0.0, atol=1e-12)
    np.testing.assert_allclose((null.basis.T * null.weight) @ null.basis, np.eye(6), atol=1e-12)


@pytest.mark.parametrize("missing", ["complete_case", "mean"])
def test_refit_and_score_agree_with_glm(oracles, oracle_cohort, null, missing):
    answers = pd.read_csv(oracles / "logit.csv").query("missing == @missing").set_index("variant")
    assert answers["converged"].all()
    dosages = {v: oracle_cohort.dosage(v, missing) for v in answers.index}
    refits = [null.refit(g, "ml") for g in dosages.values()]
    np.testing.assert_allclose([r.beta for r in refits], answers["beta"], rtol=1e-8)
    np.testing.assert_allclose([r.standard_error for r in refits], answers["se"], rtol=1e-8)
    np.testing.assert_allclose([r.p_wald for r in refits], answers["p_wald"], rtol=1e-8)
    np.testing.assert_allclose([r.p_lrt for r in refits], answers["p_lrt"], rtol=1e-8)
    assert [r.n for r in refits] == answers["n"].tolist()
    for variant, g in dosages.items():
        typed = ~np.isnan(g)
        model = fit_logistic_null(null.y[typed], null.covariates[typed], null.people[typed])
        tests = model.test_variants(g[None, typed], SCORE_ONLY)
        assert plain_p(model, tests)[0] == pytest.approx(answers.loc[variant, "p_score"], rel=1e-6)
        scores = model.score(g[None, typed])
        assert scores.u[0] / scores.v[0] == pytest.approx(tests.beta[0], rel=1e-12)


@pytest.mark.parametrize("missing", ["complete_case", "mean"])
def test_firth_agrees_with_logistf(oracles, oracle_cohort, null, missing):
    answers = pd.read_csv(oracles / "firth.csv").query("missing == @missing").set_index("variant")
    refits = [null.refit(oracle_cohort.dosage(v, missing)) for v in answers.index]
    np.testing.assert_allclose([r.beta for r in refits], answers["beta"], rtol=1e-4)
    np.testing.assert_allclose([r.standard_error for r in refits], answers["se_fisher"], rtol=1e-4)
    np.testing.assert_allclose([r.p_lrt for r in refits], answers["p_plr_logistf"], rtol=1e-6)


def test_scan_reports_firth_and_saddlepoint(oracles, oracle_cohort, null):
    """In the scan missing genotypes are at their mean, as in the frozen rows `mean`."""
    firth = pd.read_csv(oracles / "firth.csv").query("missing == 'mean'").set_index("variant")
    spa = pd.read_csv(oracles / "spa.csv").set_index("variant")
    dosages = np.array([oracle_cohort.dosage(v) for v in firth.index])
    tests = null.test_variants(dosages, VariantTestOptions(**NO_FLOORS, max_p_refit=0.05))
    is_small = tests.p_value <= 0.05
    assert is_small.sum() > 3
    assert (tests.effect_method == np.where(is_small, "firth", "score")).all()
    np.testing.assert_allclose(tests.beta[is_small], firth["beta"][is_small], rtol=1e-4)
    np.testing.assert_allclose(tests.standard_error[is_small], firth["se_fisher"][is_small], rtol=1e-4)
    np.testing.assert_allclose(plain_p(null, tests), spa.loc[firth.index, "p_spa_cutoff2"], rtol=1e-4)
    np.testing.assert_array_equal(tests.n_imputed, np.isnan(dosages).sum(axis=1))
    np.testing.assert_array_equal(tests.n, (~np.isnan(dosages)).sum(axis=1))
    np.testing.assert_array_equal(tests.n_events, (~np.isnan(dosages) * null.y).sum(axis=1))


def test_saddlepoint_agrees_with_spatest(oracles, oracle_cohort, null):
    answers = pd.read_csv(oracles / "spa.csv").set_index("variant")
    dosages = np.array([oracle_cohort.dosage(v) for v in answers.index])
    tests = null.test_variants(dosages, SADDLEPOINT)
    assert (tests.p_method == "saddlepoint").sum() >= 8
    # SPAtest stops its root search at 1e-4 of the argument.
    np.testing.assert_allclose(plain_p(null, tests), answers["p_spa_cutoff2"], rtol=1e-4)
    everywhere = null.test_variants(dosages, VariantTestOptions(**NO_FLOORS, min_z_correction=0.1, max_p_refit=0.0))
    scores = null.score(dosages)
    # Nearer to the mean SPAtest adds the wrong side of a skewed tail, so that p falls below 1 at the score's mode.
    is_clear = np.abs(scores.u) > np.sqrt(scores.v)
    assert is_clear.sum() > 15
    np.testing.assert_allclose(plain_p(null, everywhere)[is_clear], answers["p_spa_cutoff0.1"][is_clear], rtol=1e-4)
    assert (everywhere.p_value <= 1.0).all()


def test_separation_by_the_genotype():
    """All carriers are cases: maximum likelihood is infinite, Firth's estimate is not."""
    y, x, _ = simulate(1)
    g = np.zeros(len(y))
    g[np.flatnonzero(y == 1)[:6]] = 1.0
    null = fit_logistic_null(y, x, np.arange(len(y)))
    with pytest.raises(AnalysisError, match="does not converge"):
        null.refit(g, "ml")
    refit = null.refit(g)
    assert 1.0 < refit.beta < 10.0
    assert 0.0 < refit.p_lrt < 0.05
    tests = null.test_variants(g[None], VariantTestOptions(min_expected_events=0.5, max_p_refit=0.05))
    assert tests.effect_method[0] == "firth"
    assert tests.p_method[0] == "saddlepoint"
    assert tests.beta[0] == pytest.approx(refit.beta, rel=1e-6)


@pytest.mark.parametrize("carrier_cases", [0, 1, 3, 6])
def test_odds_ratio_of_a_two_by_two_table_at_extreme_counts(carrier_cases):
    """Without covariates Firth's odds ratio is that of the table with ½ added to every cell, and finite with an empty one."""
    n, n_carriers, n_cases = 120, 6, 40
    g = (np.arange(n) < n_carriers).astype(float)
    y = np.zeros(n)
    y[:carrier_cases] = 1.0
    y[n_carriers : n_carriers + n_cases - carrier_cases] = 1.0
    refit = fit_logistic_null(y, None, np.arange(n)).refit(g)
    a, b = carrier_cases + 0.5, n_carriers - carrier_cases + 0.5
    c, d = n_cases - carrier_cases + 0.5, n - n_carriers - n_cases + carrier_cases + 0.5
    assert refit.beta == pytest.approx(np.log(a * d / (b * c)), rel=1e-7, abs=1e-9)
    variance = (a + b) ** 2 / (n_carriers * a * b) + (c + d) ** 2 / ((n - n_carriers) * c * d)
    assert refit.standard_error == pytest.approx(np.sqrt(variance), rel=1e-7)


def test_score_on_the_edge_of_its_support_uses_the_penalised_likelihood_ratio():
    """No covariates, all carriers and nobody else are cases: there is no saddlepoint."""
    g = (np.arange(200) < 6).astype(float)
    null = fit_logistic_null(g, None, np.arange(200))
    tests = null.test_variants(g[None], VariantTestOptions(**NO_FLOORS))
    assert tests.p_method[0] == "firth_lrt"
    assert plain_p(null, tests)[0] == pytest.approx(null.refit(g).p_lrt, rel=1e-8)
    assert 0 < tests.p_value[0] < 1e-8


def test_faulty_traits_are_refused():
    y, x, _ = simulate(2)
    people = np.arange(len(y))
    with pytest.raises(AnalysisError, match=r"codes other than 0 and 1 \(value: \[1.0, 2.0\]\)"):
        fit_logistic_null(y + 1, x, people)
    with pytest.raises(AnalysisError, match="codes other than 0 and 1"):
        fit_logistic_null(np.where(people == 3, np.nan, y), x, people)
    with pytest.raises(AnalysisError, match="constant among the 300 people"):
        fit_logistic_null(np.zeros(len(y)), x, people)
    with pytest.raises(AnalysisError, match=f"separate the {int(y.sum())} cases"):
        fit_logistic_null(y, np.column_stack([x, y * 2 + 0.1 * x[:, 0]]), people)
    with pytest.raises(AnalysisError, match="site2 is a linear combination of sex"):
        fit_logistic_null(y, np.column_stack([x, 1 - x[:, 1]]), people, ["pc1", "sex", "age", "site2"])


def test_an_outlying_covariate_is_not_separation():
    """A fitted probability of 1e-20 is no reason to refuse a fit whose maximum is finite."""
    y, x, _ = simulate(11)
    x = 2.0 * x[:, :1]
    y = (np.random.default_rng(11).random(len(y)) < special.expit(x[:, 0])).astype(float)
    x[5], y[5] = -60.0, 0.0
    null = fit_logistic_null(y, x, np.arange(len(y)))
    assert null.mean[5] < 1e-12
    fit = sm.Logit(y, sm.add_constant(x)).fit(disp=0, tol=1e-14, method="newton", maxiter=60)
    np.testing.assert_allclose(null.mean, fit.predict(), rtol=1e-8)


def test_refit_refuses_what_cannot_be_tested():
    y, x, _ = simulate(12)
    null = fit_logistic_null(y, x, np.arange(len(y)))
    with pytest.raises(AnalysisError, match="cannot be refitted: monomorphic"):
        null.refit(np.ones(len(y)))
    with pytest.raises(AnalysisError, match="cannot be refitted: covariates leave no information"):
        null.refit(x[:, 1])
    with pytest.raises(AnalysisError, match="cannot be refitted: no genotypes"):
        null.refit(np.full(len(y), np.nan))


def test_too_few_expected_cases_is_said():
    y, x, g = simulate(3)
    rare = np.zeros(len(y))
    rare[:3] = 1.0
    null = fit_logistic_null(y, x, np.arange(len(y)))
    tests = null.test_variants(np.array([rare, g[0]]), VariantTestOptions(min_mac=1.0, min_expected_events=2.0))
    assert null.mean[:3].sum() < 2.0
    assert tests.status.tolist() == ["expected cases or controls among carriers < 2", "tested"]
    assert np.isnan(tests.p_value[0])
    # The same when the rarer allele is the other one, and when controls are the few.
    tests = null.test_variants(np.array([2.0 - rare]), VariantTestOptions(min_mac=1.0))
    assert tests.status[0].startswith("expected cases")
    flipped = fit_logistic_null(1.0 - y, x, np.arange(len(y)))
    assert flipped.test_variants(rare[None], VariantTestOptions(min_mac=1.0)).status[0].startswith("expected cases")


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.01, 100.0), shift=st.floats(-1e3, 1e3))
def test_invariances(seed, scale, shift):
    y, x, g = simulate(seed, missing=0.05)
    people, options = np.arange(len(y)), VariantTestOptions(**NO_FLOORS, min_z_correction=1.0, max_p_refit=0.05)
    null = fit_logistic_null(y, x, people)
    tests = null.test_variants(g, options)

    swapped = null.test_variants(2.0 - g, options)
    np.testing.assert_allclose(swapped.beta, -tests.beta, rtol=1e-6)
    np.testing.assert_allclose(swapped.p_value, tests.p_value, rtol=1e-7)

    order = np.random.default_rng(seed).permutation(len(y))
    shuffled = fit_logistic_null(y[order], x[order], people[order]).test_variants(g[:, order], options)
    np.testing.assert_allclose(shuffled.p_value, tests.p_value, rtol=1e-7)

    moved = fit_logistic_null(y, scale * x + shift, people).test_variants(g, options)
    np.testing.assert_allclose(moved.p_value, tests.p_value, rtol=1e-5)
    np.testing.assert_allclose(moved.beta, tests.beta, rtol=1e-5, atol=1e-8)

    controls = fit_logistic_null(1.0 - y, x, people).test_variants(g, options)
    np.testing.assert_allclose(controls.beta, -tests.beta, rtol=1e-6)
    np.testing.assert_allclose(controls.p_value, tests.p_value, rtol=1e-7)

    parts = [null.test_variants(g[rows], options) for rows in ([0], [1, 2, 3, 4], [5])]
    np.testing.assert_allclose(np.concatenate([p.p_value for p in parts]), tests.p_value, rtol=1e-10)
    hard = np.where(np.isnan(g), -9, np.round(g)).astype(np.int8)
    as_float = null.test_variants(np.where(np.isnan(g), g, np.round(g)), options)
    np.testing.assert_allclose(null.test_variants(hard, options).p_value, as_float.p_value, rtol=1e-11)


def test_covariance_agrees_with_score_and_with_repeated_traits():
    rng = np.random.default_rng(10)
    n, people_a, people_b = 240, np.arange(170), np.arange(60, 240)
    x, g = rng.normal(size=(n, 2)), rng.binomial(2, 0.3, (3, n)).astype(float)
    mean = special.expit(-0.5 + x @ [0.7, -0.4])
    draws, expected = [], []
    for _ in range(1500):
        y = (rng.random(n) < mean).astype(float)
        a, b = (fit_logistic_null(y[rows], x[rows], rows) for rows in (people_a, people_b))
        draws.append([*a.score(g[:, people_a]).u, *b.score(g[:, people_b]).u])
        expected.append(a.cross_covariance(g[:, people_a], b, g[:, people_b]))
    np.testing.assert_allclose(np.diag(a.covariance(g[:, people_a])), a.score(g[:, people_a]).v, rtol=1e-10)
    sizes = np.sqrt(np.outer(np.var(draws, axis=0)[:3], np.var(draws, axis=0)[3:]))
    empirical = np.cov(np.array(draws).T)[:3, 3:]
    np.testing.assert_allclose(empirical / sizes, np.mean(expected, axis=0) / sizes, atol=4.0 / np.sqrt(1500))
    assert np.diag(empirical / sizes).min() > 0.4
