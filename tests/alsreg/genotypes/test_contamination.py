"""Foreign DNA from reads."""

import numpy as np
import pytest
from scipy.stats import binom

from alsreg.genotypes.contamination import (
    ERRORS,
    MAX_DEPTH,
    add_reads,
    contamination_from_likelihood,
    profile_over_error,
)
from alsreg.tables.genotypes import FOREIGN_COLUMNS, FOREIGN_SHARES


def empty(n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((n, len(ERRORS), len(FOREIGN_SHARES))), np.zeros(n, np.int64)


def simulate(truth: np.ndarray, m: int, depth: float, error: float, seed: int) -> np.ndarray:
    """Log likelihoods ``(n, shares)`` of samples with these shares of foreign DNA."""
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.02, 0.98, (m, 1))
    host, guest = rng.binomial(2, p, (m, len(truth))), rng.binomial(2, p, (m, len(truth)))
    chance = (1 - truth) * host / 2 + truth * guest / 2
    reads = rng.poisson(depth, chance.shape)
    alt = rng.binomial(reads, chance * (1 - error) + (1 - chance) * error)
    sums, n_sites = empty(len(truth))
    add_reads(sums, n_sites, alt, reads, p[:, 0])
    np.testing.assert_array_equal(n_sites, (reads > 0).sum(axis=0))
    return profile_over_error(sums)


@pytest.mark.parametrize(("depth", "error"), [(6, 0.002), (30, 0.002), (30, 0.01), (90, 0.002)])
def test_fractions_are_recovered(depth, error):
    truth = np.r_[np.zeros(60), 0.02, 0.05, 0.1, 0.2, 0.3, 0.5]
    estimate = contamination_from_likelihood(simulate(truth, 4000, depth, error, seed=depth))
    assert estimate[:60].max() < 0.01
    first = 61 if depth == 6 else 60  # 2 % of 24,000 reads is below what can be told from errors
    np.testing.assert_allclose(estimate[first:], truth[first:], rtol=0.3, atol=0.005)


def test_likelihood_written_out():
    p, shares = 0.5, np.array(FOREIGN_SHARES)
    sums, n_sites = empty(2)
    add_reads(sums, n_sites, np.array([[3, 2]]), np.array([[10, 0]]), np.array([p]))
    expected = np.zeros(len(shares))
    for host, guest in np.ndindex(3, 3):
        clean = (1 - shares) * host / 2 + shares * guest / 2
        chance = clean * (1 - ERRORS[3]) + (1 - clean) * ERRORS[3]
        expected += binom.pmf(host, 2, p) * binom.pmf(guest, 2, p) * binom.pmf(3, 10, chance)
    np.testing.assert_allclose(sums[0, 3], np.log(expected), rtol=1e-6)
    assert (sums[1] == 0).all()
    assert n_sites.tolist() == [1, 0]


def test_rare_alleles_and_impossible_counts_say_nothing():
    sums, n_sites = empty(1)
    add_reads(sums, n_sites, np.array([[3], [3], [12]]), np.array([[10], [10], [10]]), np.array([0.001, 0.9999, 0.5]))
    assert n_sites[0] == 0
    deep, thin = sums.copy(), sums.copy()
    add_reads(deep, n_sites, np.array([[5 * MAX_DEPTH]]), np.array([[10 * MAX_DEPTH]]), np.array([0.3]))
    add_reads(thin, n_sites, np.array([[MAX_DEPTH // 2]]), np.array([[MAX_DEPTH]]), np.array([0.3]))
    np.testing.assert_array_equal(deep, thin)


def test_no_reads_no_estimate():
    k = len(FOREIGN_SHARES)
    weak = -0.1 * np.abs(np.arange(k) - 4.0)
    rows = np.array([np.zeros(k), np.full(k, np.nan), weak, 200 * weak, np.arange(k) * 50.0])
    estimate = contamination_from_likelihood(rows)
    assert np.isnan(estimate[:2]).all()
    assert estimate[2] == 0  # no support
    assert 0.02 < estimate[3] < 0.05
    assert estimate[4] == 0.5


def test_columns_name_their_share():
    assert FOREIGN_COLUMNS[:3] == (
        "log_likelihood_foreign_000",
        "log_likelihood_foreign_005",
        "log_likelihood_foreign_010",
    )
    assert len(set(FOREIGN_COLUMNS)) == len(FOREIGN_SHARES)
