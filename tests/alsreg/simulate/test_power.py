"""Closed forms against statsmodels, exact enumeration and brute-force simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower

from alsreg.simulate import power


@pytest.mark.parametrize("alpha", [0.05, 5e-8])
@pytest.mark.parametrize(("effect", "n"), [(0.1, 200), (0.4, 150), (0.9, 60)])
def test_power_of_a_t_test_is_that_of_statsmodels(effect: float, n: int, alpha: float) -> None:
    expected = TTestPower().power(effect_size=effect, nobs=n, alpha=alpha, df=n - 2)
    found = power.power_of_noncentrality(n * effect**2, alpha, n - 2)
    assert found == pytest.approx(expected, rel=1e-6)


def test_power_without_effect_is_alpha() -> None:
    assert power.power_of_noncentrality(0.0, 5e-8) == pytest.approx(5e-8, rel=1e-6)
    # A z-test by hand: two normal tails.
    z = stats.norm.isf(0.025)
    assert power.power_of_noncentrality(9.0, 0.05) == pytest.approx(stats.norm.sf(z - 3) + stats.norm.cdf(-z - 3))


def test_quantitative_noncentrality_is_the_mean_excess_of_the_squared_t() -> None:
    rng = np.random.default_rng(1)
    n, effect, sd = 250, 0.35, 1.3
    genotypes = rng.binomial(2, 0.3, (4_000, n)).astype(float)
    values = effect * genotypes + rng.normal(0, sd, genotypes.shape)
    g = genotypes - genotypes.mean(axis=1, keepdims=True)
    beta = (g * values).sum(axis=1) / (g**2).sum(axis=1)
    residual = values - values.mean(axis=1, keepdims=True) - beta[:, None] * g
    squared = beta**2 * (g**2).sum(axis=1) / ((residual**2).sum(axis=1) / (n - 2))
    expected = power.quantitative_noncentrality(effect, 2 * 0.3 * 0.7, sd, n)
    assert squared.mean() == pytest.approx((expected + 1) * (n - 2) / (n - 4), rel=0.02)


@pytest.mark.parametrize(("log_odds", "prevalence"), [(1.7, 0.28), (0.3, 0.5), (-0.9, 0.1)])
def test_binary_power_is_that_of_simulated_trend_tests(log_odds: float, prevalence: float) -> None:
    rng = np.random.default_rng(2)
    n, frequency, replicates = 400, 0.35, 4_000
    genotypes = rng.binomial(2, frequency, (replicates, n))
    intercept = _intercept(log_odds, frequency, prevalence)
    ill = rng.random(genotypes.shape) < 1 / (1 + np.exp(-(intercept + log_odds * genotypes)))
    g = genotypes - genotypes.mean(axis=1, keepdims=True)
    share = ill.mean(axis=1)
    score = (g * ill).sum(axis=1) ** 2 / ((g**2).sum(axis=1) * share * (1 - share))
    noncentrality = power.binary_noncentrality(log_odds, frequency, prevalence, n)
    for alpha in (0.05, 1e-3, 5e-8):
        simulated = (score > stats.chi2.isf(alpha, 1)).mean()
        assert power.power_of_noncentrality(noncentrality, alpha) == pytest.approx(simulated, abs=0.05)


def _intercept(log_odds: float, frequency: float, prevalence: float) -> float:
    from scipy.optimize import brentq

    weight = stats.binom.pmf(np.arange(3), 2, frequency)
    return brentq(lambda a: weight @ (1 / (1 + np.exp(-(a + log_odds * np.arange(3))))) - prevalence, -20, 20)


def test_survival_noncentrality_is_that_of_simulated_score_tests_with_delayed_entry() -> None:
    rng = np.random.default_rng(3)
    effect, statistics, expected = 0.25, [], []
    for _ in range(400):
        g = rng.binomial(2, 0.4, 900).astype(float)
        time = rng.exponential(1, 900) * np.exp(-effect * (g - 0.8))
        entry, censored = rng.uniform(0, 0.5, 900), rng.uniform(0.5, 2.5, 900)
        seen = np.minimum(time, censored) > entry
        g, entry, exit_, event = g[seen], entry[seen], np.minimum(time, censored)[seen], (time <= censored)[seen]
        at_risk = (entry[None] < exit_[event][:, None]) & (exit_[None] >= exit_[event][:, None])
        mean = at_risk @ g / at_risk.sum(axis=1)
        variance = at_risk @ g**2 / at_risk.sum(axis=1) - mean**2
        statistics.append((g[event] - mean).sum() ** 2 / variance.sum())
        expected.append(power.survival_noncentrality(effect, g.var(), int(event.sum())))
    assert np.mean(statistics) - 1 == pytest.approx(np.mean(expected), rel=0.1)


def test_slope_noncentrality_is_the_information_of_generalised_least_squares() -> None:
    rng = np.random.default_rng(4)
    covariance, sd, effect, n = np.array([[9.0, 0.8], [0.8, 0.2]]), 1.2, 0.3, 120
    genotypes = rng.binomial(2, 0.4, n)
    times = [np.arange(3 + person % 5) * 3.0 for person in range(n)]
    information = np.zeros((4, 4))
    summed = np.zeros((2, 2))
    for g, t in zip(genotypes, times, strict=True):
        z = np.column_stack([np.ones(len(t)), t])
        design = np.column_stack([z, (g - genotypes.mean()) * z])
        inverse = np.linalg.inv(z @ covariance @ z.T + sd**2 * np.eye(len(t)))
        information += design.T @ inverse @ design
        summed += power.slope_information(t, covariance, sd)
    wald = effect**2 / np.linalg.inv(information)[3, 3]
    # Equal up to the chance association of genotype and visit schedule.
    assert power.slope_noncentrality(effect, genotypes.var(), summed) == pytest.approx(wald, rel=0.03)
