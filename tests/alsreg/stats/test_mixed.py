"""Longitudinal traits: lme4's answers, and the scan against generalised least squares written out in full."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alsreg.errors import AnalysisError
from alsreg.stats.mixed import MixedNull, Visits, fit_mixed_null
from alsreg.stats.mixed_fit import FixedDesign, PersonSums, fit_random_slopes, sum_visits
from alsreg.stats.null import VariantTestOptions

ALL = VariantTestOptions(min_mac=0.0)


@pytest.fixture(scope="module")
def null(oracle_cohort) -> MixedNull:
    visits = oracle_cohort.visits
    return fit_mixed_null(
        Visits(visits["score"], visits["months"], visits["row"]),
        oracle_cohort.covariates, oracle_cohort.people, oracle_cohort.names,
    )  # fmt: skip


def simulate(seed: int, n: int = 150, m: int = 6, slope_sd: float = 0.2):
    """Unbalanced visits; every fifth person has one visit only."""
    rng = np.random.default_rng(seed)
    g = rng.binomial(2, rng.uniform(0.1, 0.9, m)[:, None], (m, n)).astype(float)
    x = np.column_stack([rng.normal(size=n), rng.binomial(1, 0.5, n)])
    counts = np.where(np.arange(n) % 5 == 0, 1, rng.integers(2, 8, n))
    person = np.repeat(np.arange(n), counts)
    months = np.where(np.r_[True, np.diff(person) > 0], 0.0, rng.uniform(1, 40, len(person)))
    intercept, slope = rng.normal(size=(2, n))
    value = (
        40 + x[person, 0] + 4 * intercept[person]
        + (-0.8 + 0.1 * x[person, 1] + slope_sd * slope[person] + 0.05 * g[0, person]) * months
        + 2 * rng.normal(size=len(person))
    )  # fmt: skip
    return Visits(value, months, person), x, g


def fitted_with(null: MixedNull, g: np.ndarray, is_reml: bool):
    typed = ~np.isnan(g)
    sums = PersonSums(*(v[typed] for v in (null.sums.n_visits, null.sums.zz, null.sums.zy, null.sums.yy)))
    intercept = np.column_stack([null.design.intercept[typed], g[typed]])
    slope = np.column_stack([null.design.slope[typed], g[typed]])
    return fit_random_slopes(sums, FixedDesign(intercept, slope), is_reml=is_reml)


@pytest.mark.parametrize("is_reml", [True, False])
def test_agrees_with_lme4(oracles, oracle_cohort, null, is_reml):
    answers = pd.read_csv(oracles / "lmm_slope.csv").query("reml == @is_reml")
    assert len(answers) == 8
    for row in answers.itertuples():
        fit = fitted_with(null, oracle_cohort.dosage(row.variant), is_reml)
        beta, error = fit.beta, fit.standard_errors
        for ours, estimate, standard_error in (
            (8, row.b_months_g, row.se_months_g), (6, row.b_g, row.se_g),
            (7, row.b_months, row.se_months), (1, row.b_age, row.se_age),
        ):  # fmt: skip
            assert beta[ours] == pytest.approx(estimate, rel=1e-5, abs=1e-5 * standard_error)
            assert error[ours] == pytest.approx(standard_error, rel=1e-5)
        assert fit.random[0, 0] == pytest.approx(row.var_intercept, rel=1e-5)
        assert fit.random[1, 1] == pytest.approx(row.var_slope, rel=1e-5)
        assert fit.random[0, 1] == pytest.approx(row.cov_intercept_slope, rel=1e-5)
        assert fit.residual == pytest.approx(row.var_residual, rel=1e-5)
        # lme4's optimum is never above ours by more than rounding.
        assert -1e-7 < fit.loglik - row.loglik < 1e-5


def test_refit_agrees_with_lme4(oracles, oracle_cohort, null):
    answers = pd.read_csv(oracles / "lmm_slope.csv").set_index(["variant", "reml"])
    for variant in answers.index.get_level_values(0).unique():
        refit = null.refit(oracle_cohort.dosage(variant))
        reml, ml = answers.loc[(variant, True)], answers.loc[(variant, False)]
        assert refit.beta == pytest.approx(reml["b_months_g"], rel=1e-5, abs=1e-5 * reml["se_months_g"])
        assert refit.standard_error == pytest.approx(reml["se_months_g"], rel=1e-5)
        assert refit.p_wald == pytest.approx(reml["p_normal"], rel=1e-4)
        assert refit.p_lrt == pytest.approx(ml["p_lrt_months_g"], rel=1e-4)
        assert refit.n == reml["n_person"]


def test_scan_is_near_the_exact_refit(oracles, oracle_cohort, null):
    """At the null model's variance components: effects within a tenth of their error, errors within 2 %."""
    answers = pd.read_csv(oracles / "lmm_slope.csv").query("reml")
    tests = null.test_variants(np.array([oracle_cohort.dosage(v) for v in answers["variant"]]), ALL)
    np.testing.assert_allclose((tests.beta - answers["b_months_g"]) / answers["se_months_g"], 0.0, atol=0.1)
    np.testing.assert_allclose(tests.standard_error, answers["se_months_g"], rtol=0.02)
    np.testing.assert_allclose(np.log(tests.p_value), np.log(answers["p_satterthwaite"]), atol=0.1)


def dense_gls(visits: Visits, x: np.ndarray, g: np.ndarray, by_time: list[int], null: MixedNull):
    """Estimate and standard error of g x months by generalised least squares, V and X written out."""
    person, months = np.asarray(visits.person), np.asarray(visits.months)
    z = np.column_stack([np.ones(len(months)), months])
    same = person[:, None] == person[None, :]
    v = np.where(same, z @ null.fit.random @ z.T, 0.0) + null.fit.residual * np.eye(len(months))
    fixed = np.column_stack(
        [
            np.ones(len(months)),
            x[person],
            months,
            x[person][:, by_time] * months[:, None],
            g[person],
            g[person] * months,
        ]
    )
    weighted = np.linalg.solve(v, fixed)
    covariance = np.linalg.inv(fixed.T @ weighted)
    return (covariance @ (weighted.T @ visits.value))[-1], np.sqrt(covariance[-1, -1])


@pytest.mark.parametrize("by_time", [[], [1], [0, 1]])
def test_scan_is_generalised_least_squares(by_time):
    visits, x, g = simulate(1)
    names = ["pc1", "sex"]
    null = fit_mixed_null(visits, x, np.arange(len(x)), names, [names[k] for k in by_time])
    tests = null.test_variants(g, ALL)
    for j, row in enumerate(g):
        beta, error = dense_gls(visits, x, row, by_time, null)
        assert tests.beta[j] == pytest.approx(beta, rel=1e-8)
        assert tests.standard_error[j] == pytest.approx(error, rel=1e-8)
        assert tests.p_value[j] == pytest.approx(2 * stats.norm.sf(abs(beta / error)), rel=1e-7)
    scores = null.score(g)
    np.testing.assert_allclose(scores.u / scores.v, tests.beta, rtol=1e-10)
    np.testing.assert_allclose(scores.v, tests.standard_error**-2, rtol=1e-10)
    np.testing.assert_allclose(np.diag(null.covariance(g)), scores.v, rtol=1e-9)
    np.testing.assert_allclose(null.cross_covariance(g, null, g), null.covariance(g), rtol=1e-8, atol=1e-9)


def log_likelihood(visits: Visits, fixed: np.ndarray, random: np.ndarray, residual: float, is_reml: bool) -> float:
    """(Restricted) log-likelihood with V written out."""
    person, months = np.asarray(visits.person), np.asarray(visits.months)
    z = np.column_stack([np.ones(len(months)), months])
    v = np.where(person[:, None] == person[None, :], z @ random @ z.T, 0.0) + residual * np.eye(len(months))
    weighted = np.linalg.solve(v, fixed)
    information = fixed.T @ weighted
    remainder = visits.value - fixed @ np.linalg.solve(information, weighted.T @ visits.value)
    n, p = fixed.shape
    total = (n - p if is_reml else n) * np.log(2 * np.pi) + np.linalg.slogdet(v)[1]
    total += remainder @ np.linalg.solve(v, remainder)
    return -0.5 * (total + (np.linalg.slogdet(information)[1] if is_reml else 0.0))


@pytest.mark.parametrize("is_reml", [True, False])
@pytest.mark.parametrize("slope_sd", [0.2, 0.0])
def test_fit_is_the_maximum_of_the_likelihood(is_reml, slope_sd):
    """Also on the boundary, where the slopes do not vary."""
    visits, x, _ = simulate(2, slope_sd=slope_sd)
    person, months = np.asarray(visits.person), np.asarray(visits.months)
    design = FixedDesign(np.column_stack([np.ones(len(x)), x]), np.ones((len(x), 1)))
    fit = fit_random_slopes(sum_visits(visits.value, months, person, len(x)), design, is_reml=is_reml)
    fixed = np.column_stack([np.ones(len(months)), x[person], months])
    assert fit.loglik == pytest.approx(log_likelihood(visits, fixed, fit.random, fit.residual, is_reml), abs=1e-8)
    rng = np.random.default_rng(3)
    for _ in range(60):
        step = rng.normal(size=(2, 2)) * [[1.0, 0.0], [0.05, 0.05]] * 10 ** rng.uniform(-3, 0)
        root = np.linalg.cholesky(fit.random + 1e-12 * np.eye(2)) + step
        other = fit.residual * np.exp(rng.normal() * 10 ** rng.uniform(-3, -1))
        assert log_likelihood(visits, fixed, root @ root.T, other, is_reml) <= fit.loglik + 1e-7


def test_boundary_fit_gives_usable_tests():
    visits, x, g = simulate(4, slope_sd=0.0)
    null = fit_mixed_null(visits, x, np.arange(len(x)), ["pc1", "sex"], ["sex"])
    tests = null.test_variants(g, ALL)
    for j, row in enumerate(g):
        beta, error = dense_gls(visits, x, row, [1], null)
        assert tests.beta[j] == pytest.approx(beta, rel=1e-7)
        assert tests.standard_error[j] == pytest.approx(error, rel=1e-7)


def test_missing_genotypes_stand_at_the_mean():
    visits, x, g = simulate(5)
    g[:, ::7] = np.nan
    null = fit_mixed_null(visits, x, np.arange(len(x)))
    tests = null.test_variants(g, ALL)
    filled = null.test_variants(np.where(np.isnan(g), np.nanmean(g, axis=1)[:, None], g), ALL)
    np.testing.assert_allclose(tests.p_value, filled.p_value, rtol=1e-9)
    np.testing.assert_array_equal(tests.n_imputed, np.isnan(g).sum(axis=1))
    np.testing.assert_array_equal(tests.n, len(x) - tests.n_imputed)


def test_carriers_without_repeated_visits_are_untestable():
    visits, x, _ = simulate(6)
    carriers_seen_once = (np.arange(len(x)) % 10 == 0).astype(float)
    null = fit_mixed_null(visits, x, np.arange(len(x)))
    tests = null.test_variants(carriers_seen_once[None], VariantTestOptions(min_mac=1.0))
    assert tests.status[0] == "covariates leave no information on the effect"
    assert np.isnan(tests.p_value[0])


def test_random_effects_are_best_linear_unbiased_predictions():
    visits, x, _ = simulate(7)
    null = fit_mixed_null(visits, x, np.arange(len(x)))
    person, months = np.asarray(visits.person), np.asarray(visits.months)
    fixed = np.column_stack([np.ones(len(months)), x[person], months])
    z = np.zeros((len(months), 2 * len(x)))
    z[np.arange(len(months)), 2 * person] = 1.0
    z[np.arange(len(months)), 2 * person + 1] = months
    # Henderson's mixed model equations.
    prior = np.kron(np.eye(len(x)), np.linalg.inv(null.fit.random)) * null.fit.residual
    left = np.block([[fixed.T @ fixed, fixed.T @ z], [z.T @ fixed, z.T @ z + prior]])
    solution = np.linalg.solve(left, np.concatenate([fixed.T @ visits.value, z.T @ visits.value]))
    np.testing.assert_allclose(null.predict_random_effects().ravel(), solution[4:], rtol=1e-6, atol=1e-8)


def test_faulty_visits_are_refused():
    visits, x, _ = simulate(8)
    people = np.arange(len(x))
    value, months, person = (np.asarray(v) for v in (visits.value, visits.months, visits.person))
    with pytest.raises(AnalysisError, match="1 people have no visit"):
        fit_mixed_null(Visits(value[person != 3], months[person != 3], person[person != 3]), x, people)
    once = np.r_[True, np.diff(person) > 0]
    with pytest.raises(AnalysisError, match="too few to tell residual from slope"):
        fit_mixed_null(Visits(value[once], months[once], person[once]), x, people)
    with pytest.raises(AnalysisError, match=r"not among the covariates \(value: \['PC9'\]\)"):
        fit_mixed_null(visits, x, people, ["pc1", "sex"], ["PC9"])
    with pytest.raises(AnalysisError, match="missing or infinite"):
        fit_mixed_null(Visits(np.where(person == 3, np.nan, value), months, person), x, people)
    seen_once = (people % 5 == 0).astype(float)
    with pytest.raises(AnalysisError, match=r"\['site x time'\]"):
        fit_mixed_null(visits, np.column_stack([x, seen_once]), people, ["pc1", "sex", "site"], ["site"])


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.05, 20.0), shift=st.floats(-100, 100))
def test_invariances(seed, scale, shift):
    visits, x, g = simulate(seed, n=80)
    people, names = np.arange(len(x)), ["pc1", "sex"]
    null = fit_mixed_null(visits, x, people, names, ["sex"])
    tests = null.test_variants(g, ALL)

    swapped = null.test_variants(2.0 - g, ALL)
    np.testing.assert_allclose(swapped.beta, -tests.beta, rtol=1e-7, atol=1e-10)
    np.testing.assert_allclose(swapped.p_value, tests.p_value, rtol=1e-6)

    order = np.random.default_rng(seed).permutation(len(x))
    position = np.argsort(order)
    moved_visits = Visits(visits.value, visits.months, position[np.asarray(visits.person)])
    shuffled = fit_mixed_null(moved_visits, x[order], people[order], names, ["sex"]).test_variants(g[:, order], ALL)
    np.testing.assert_allclose(shuffled.p_value, tests.p_value, rtol=1e-5)

    # Covariates on another scale, time in other units and from another origin, values on another scale.
    other = Visits(scale * np.asarray(visits.value) + shift, np.asarray(visits.months) / 12 + 3, visits.person)
    rescaled = fit_mixed_null(other, scale * x + shift, people, names, ["sex"]).test_variants(g, ALL)
    np.testing.assert_allclose(rescaled.beta, 12 * scale * tests.beta, rtol=1e-4, atol=1e-6 * scale)
    np.testing.assert_allclose(rescaled.p_value, tests.p_value, rtol=1e-4)

    parts = [null.test_variants(g[rows], ALL) for rows in ([0], [1, 2, 3], [4, 5])]
    np.testing.assert_allclose(np.concatenate([p.beta for p in parts]), tests.beta, rtol=1e-10)
