"""Saddlepoint tails against exact distributions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from alsreg.stats.saddlepoint import bernoulli_cumulants, bernoulli_support, two_sided_p


def bernoulli_p(weights: np.ndarray, probabilities: np.ndarray, score: np.ndarray):
    weights = np.atleast_2d(weights)
    return two_sided_p(bernoulli_cumulants(weights, probabilities), score, bernoulli_support(weights, probabilities))


def test_cumulants_are_derivatives_of_the_log_moment_generating_function():
    rng = np.random.default_rng(1)
    weights, probabilities = rng.normal(size=(4, 30)), rng.uniform(0.01, 0.99, 30)
    cumulants = bernoulli_cumulants(weights, probabilities)
    t, rows = np.array([-3.0, 0.0, 0.7, 40.0]), np.array([0, 1, 2, 3])
    k, k1, k2 = cumulants(rows, t)
    scaled = weights * t[:, None]
    direct = np.log(1 - probabilities + probabilities * np.exp(scaled)).sum(axis=1) - scaled @ probabilities
    np.testing.assert_allclose(k, direct, rtol=1e-12, atol=1e-13)
    h = 1e-5
    up, down = cumulants(rows, t + h), cumulants(rows, t - h)
    np.testing.assert_allclose(k1, (up[0] - down[0]) / (2 * h), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(k2, (up[1] - down[1]) / (2 * h), rtol=1e-6, atol=1e-6)
    # Nothing overflows where exp(x) would.
    assert all(np.isfinite(x).all() for x in cumulants(rows, np.full(4, 1e5)))


def test_agrees_with_exact_enumeration():
    """All 2^18 outcomes of 18 people with unequal probabilities and dosages."""
    rng = np.random.default_rng(2)
    probabilities, weights = rng.uniform(0.05, 0.4, 18), rng.uniform(0.1, 2.0, 18)
    outcomes = np.array(list(itertools.product((0.0, 1.0), repeat=18)))
    chance = np.exp(outcomes @ np.log(probabilities) + (1 - outcomes) @ np.log1p(-probabilities))
    sums = (outcomes - probabilities) @ weights
    sd = np.sqrt(weights**2 @ (probabilities * (1 - probabilities)))
    z = np.array([-1.6, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0])
    exact = np.array([chance[np.abs(sums) >= abs(s)].sum() for s in z * sd])
    ours = bernoulli_p(np.tile(weights, (len(z), 1)), probabilities, z * sd)
    assert ours.is_converged.all()
    assert exact[-1] < 2e-4
    np.testing.assert_allclose(ours.p_value, exact, rtol=0.05)
    normal = stats.norm.sf(np.abs(z)) * 2
    assert abs(normal[-1] / exact[-1] - 1) > 0.5


def exact_two_sided(score: float, groups: list[tuple[int, float]], mu: float) -> float:
    """P(|S| >= |score|) for S = Σ weight (cases of group - size mu), by convolution over groups."""
    support, chance = np.zeros(1), np.ones(1)
    for size, weight in groups:
        cases = np.arange(size + 1)
        support = (support[:, None] + weight * (cases - size * mu)[None, :]).ravel()
        chance = (chance[:, None] * stats.binom.pmf(cases, size, mu)[None, :]).ravel()
        keep = chance > 1e-25
        support, chance = support[keep], chance[keep]
    return float(chance[np.abs(support) >= abs(score) * (1 - 1e-12)].sum())


@pytest.mark.parametrize(("n_het", "n_cases", "n_het_cases"), [(20, 64, 6), (40, 64, 11), (60, 100, 19), (30, 40, 9)])
def test_agrees_with_exact_binomials_in_an_unbalanced_cohort(n_het, n_cases, n_het_cases):
    """800 people, no covariates: the adjusted score has three values per person, so its law is a convolution."""
    n, n_hom = 800, 2
    g = np.concatenate([np.ones(n_het), np.full(n_hom, 2.0), np.zeros(n - n_het - n_hom)])
    mu, mean = n_cases / n, g.mean()
    score = n_het_cases * (1 - mean) - (n_cases - n_het_cases) * mean
    groups = [(n_het, 1 - mean), (n_hom, 2 - mean), (n - n_het - n_hom, -mean)]
    exact = exact_two_sided(score, groups, mu)
    ours = bernoulli_p(g - mean, np.full(n, mu), np.array([score]))
    assert ours.p_value[0] == pytest.approx(exact, rel=0.05)


def test_beyond_and_on_the_edge_of_the_support():
    weights, probabilities = np.array([1.0, 0.5, 0.0]), np.array([0.1, 0.2, 0.3])
    low, high = bernoulli_support(weights[None], probabilities)
    assert low[0] == pytest.approx(-0.2)
    assert high[0] == pytest.approx(1.3)
    beyond = bernoulli_p(weights, probabilities, np.array([1.31]))
    assert beyond.p_value[0] == 0.0
    assert beyond.is_converged[0]
    edge = bernoulli_p(weights, probabilities, high)
    assert not edge.is_converged[0]
    assert np.isnan(edge.p_value[0])


def test_one_tail_may_be_out_of_reach():
    """Rare exposures of likely controls: no outcome is as far below the mean as the observed one is above."""
    rng = np.random.default_rng(3)
    weights, probabilities = rng.uniform(0.5, 1.5, 14), rng.uniform(0.02, 0.08, 14)
    score = 2.2
    low, _ = bernoulli_support(weights[None], probabilities)
    assert -score < low[0]
    outcomes = np.array(list(itertools.product((0.0, 1.0), repeat=14)))
    chance = np.exp(outcomes @ np.log(probabilities) + (1 - outcomes) @ np.log1p(-probabilities))
    exact = chance[(outcomes - probabilities) @ weights >= score].sum()
    ours = bernoulli_p(weights, probabilities, np.array([score]))
    assert ours.is_converged[0]
    assert ours.p_value[0] == pytest.approx(exact, rel=0.05)


def test_gaussian_cumulants_give_normal_tails():
    variance = np.array([1.0, 4.0, 0.25, 9.0, 1.0])

    def cumulants(rows, t):
        return variance[rows] * t**2 / 2, variance[rows] * t, variance[rows]

    infinite = np.full(5, np.inf)
    z = np.array([0.001, 0.5, 2.0, 8.0, 30.0])
    tails = two_sided_p(cumulants, z * np.sqrt(variance), (-infinite, infinite))
    np.testing.assert_allclose(tails.p_value, 2 * stats.norm.sf(z), rtol=1e-8)
    assert tails.is_converged.all()


def test_exponential_sum_has_gamma_tails():
    """Centred sum of 8 exponentials: strongly skewed, unbounded above, bounded below."""
    shape = 8.0

    def cumulants(rows, t):
        inside = np.where(t < 1, t, np.nan)
        k = -shape * np.log1p(-inside) - shape * t
        return k, shape / (1 - inside) - shape, shape / (1 - inside) ** 2

    s = np.array([6.0, 8.5, 12.0])
    tails = two_sided_p(cumulants, s, (np.full(3, -shape), np.full(3, np.inf)))
    exact = stats.gamma.sf(shape + s, shape) + stats.gamma.cdf(shape - s, shape)
    np.testing.assert_allclose(tails.p_value, exact, rtol=2e-3)
