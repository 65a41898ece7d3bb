"""Jackknife and robust outliers."""

import numpy as np
import pytest

from alsreg.genotypes.heterozygosity import expected_heterozygosity, jackknife_ratio, robust_z


def test_expected_heterozygosity_is_unbiased():
    rng = np.random.default_rng(1)
    alt = rng.binomial(10, 0.3, 400_000)
    assert expected_heterozygosity(alt, np.full(400_000, 10)).mean() == pytest.approx(0.42, abs=6e-4)
    assert expected_heterozygosity(np.array([0, 1]), np.array([0, 1])).tolist() == [0, 0]


def test_jackknife_error_matches_the_spread_of_ratios():
    rng = np.random.default_rng(2)
    expected = np.tile(rng.gamma(2, 5, (200, 1)), (1, 3000))
    observed = rng.poisson(expected * rng.gamma(20, 1 / 20, expected.shape))
    ratio, error = jackknife_ratio(observed, expected)
    assert ratio.mean() == pytest.approx(1, abs=0.002)
    assert np.sqrt((error**2).mean()) == pytest.approx(ratio.std(), rel=0.05)


def test_one_dense_block_is_one_piece_of_evidence():
    """A long haplotype in a dense gene region raises heterozygosity a lot, and the error with it."""
    expected = np.full((500, 1), 2.0)
    expected[7] = 400
    observed = expected.copy()
    observed[7] = 700
    ratio, error = jackknife_ratio(observed, expected)
    assert ratio[0] == pytest.approx(1 + 300 / 1398)
    assert (ratio[0] - 1) / error[0] < 1.5
    everywhere = expected * ratio[0] + np.random.default_rng(1).normal(0, 0.1, expected.shape)
    ratio, error = jackknife_ratio(everywhere, expected)
    assert (ratio[0] - 1) / error[0] > 10


def test_nothing_expected_is_nothing_said():
    ratio, error = jackknife_ratio(np.zeros((3, 2)), np.array([[0.0, 1], [0, 0], [0, 0]]))
    assert np.isnan(ratio[0])
    assert ratio[1] == 0
    assert np.isnan(error).all()


def test_robust_z_by_group():
    values = np.array([1.0, 2, 3, 4, 100, 10, 20, 30, np.nan])
    group = np.array([0] * 5 + [1] * 4)
    is_reference = np.array([group == 0, group == 1])
    z = robust_z(values, np.zeros(9), group, is_reference)
    assert z[4] == pytest.approx(97 / 1.4826022)
    assert z[:2] == pytest.approx(np.array([-2, -1]) / 1.4826022)
    assert z[7] == pytest.approx(10 / 14.826022)
    assert np.isnan(z[8])


def test_own_error_shields():
    values, errors = np.array([1.0, 2, 3, 4, 100]), np.array([0, 0, 0, 0, 50.0])
    group = np.zeros(5, int)
    assert robust_z(values, errors, group, np.ones((1, 5), bool))[4] == pytest.approx(97 / 50)
