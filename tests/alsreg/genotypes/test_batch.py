"""Batch test: scipy's Fisher test, permutation, size and false alarms."""

import numpy as np
import pytest
from scipy.stats import fisher_exact

from alsreg.genotypes.batch import EXACT_BELOW, batch_p


@pytest.mark.parametrize(
    "table", [((5, 0), (95, 1900)), ((0, 30), (200, 170)), ((1, 12), (999, 988)), ((3, 0), (7, 990))]
)
def test_one_stratum_is_fishers_test(table):
    alt = np.array([[table[0]]])
    expected = fisher_exact(np.array(table)).pvalue
    assert expected < EXACT_BELOW
    assert batch_p(alt, alt + np.array([[table[1]]]))[0] == pytest.approx(expected, rel=1e-9)


def test_few_copies_in_a_small_batch_are_not_overstated():
    """Five carriers, all in the 5 % batch: chi-square says 1e-22, the exact answer is a hypergeometric term."""
    alt, total = np.array([[[5, 0]]]), np.array([[[100, 1900]]])
    p = batch_p(alt, total)[0]
    assert 1e-7 < p < 1e-6


def test_strata_against_permutation():
    rng = np.random.default_rng(5)
    batch = np.repeat([0, 1, 0, 1], [60, 20, 30, 70])
    stratum = np.repeat([0, 1], [80, 100])
    allele = rng.random(180) < np.where(batch == 0, 0.05, 0.3)
    alt = np.array([[[allele[(stratum == s) & (batch == b)].sum() for b in (0, 1)] for s in (0, 1)]])
    total = np.array([[[((stratum == s) & (batch == b)).sum() for b in (0, 1)] for s in (0, 1)]])
    draws = sum(
        rng.hypergeometric(alt[0, s].sum(), total[0, s].sum() - alt[0, s].sum(), total[0, s, 0], 2_000_000)
        for s in (0, 1)
    )
    values, frequency = np.unique(draws, return_counts=True)
    seen = alt[0, :, 0].sum()
    at = frequency[values == seen].sum()
    expected = frequency[frequency <= at * 1.0001].sum() / len(draws)
    assert expected < EXACT_BELOW
    assert batch_p(alt, total)[0] == pytest.approx(expected, rel=0.1)


def test_ancestry_that_differs_by_batch_is_no_batch_effect():
    alt, total = np.array([[[90, 10], [2, 18]]]), np.array([[[900, 100], [100, 900]]])
    assert batch_p(alt, total)[0] == 1
    pooled = batch_p(alt.sum(axis=1, keepdims=True), total.sum(axis=1, keepdims=True))[0]
    assert pooled < 1e-8


@pytest.mark.parametrize("n_batches", [2, 4])
def test_false_alarms(n_batches):
    """Under the null no more than the nominal share, for rare and common variants in unequal batches."""
    rng = np.random.default_rng(n_batches)
    size = np.array([[60, 600, 300, 40], [30, 200, 10, 500]])[:, :n_batches]
    frequency = rng.beta(0.2, 2, 40_000)[:, None, None]
    alt = rng.binomial(size, np.broadcast_to(frequency, (40_000, *size.shape)))
    p = batch_p(alt, np.broadcast_to(size, alt.shape))
    for level in (1e-2, 1e-3):
        assert (p < level).mean() <= level + 3 * np.sqrt(level / 40_000)
    assert (p < 1e-2).mean() > 2e-4  # it can speak


def test_degenerate_tables():
    assert batch_p(np.array([[[0, 0]], [[5, 5]]]), np.array([[[10, 10]], [[5, 5]]])).tolist() == [1, 1]
    assert np.isnan(batch_p(np.array([[[3]]]), np.array([[[10]]])))[0]
    assert batch_p(np.array([[[2000, 0]]]), np.array([[[2000, 2000]]]))[0] > 0
