"""The platform test counts each person once, and is calibrated."""

import numpy as np
import pytest
from scipy.stats import fisher_exact

from alsreg.genotypes.platform import count_by_source, platform_p


def simulate(m: int, seed: int, shift: float = 0.0):
    """Two ancestries of unequal share on two assays; `shift` is added to the frequency on assay 2."""
    rng = np.random.default_rng(seed)
    stratum = np.repeat([0, 1], 200)
    source = np.where(rng.random(400) < np.where(stratum == 0, 0.2, 0.7), 1, 2).astype(np.uint8)
    p = rng.uniform(0.1, 0.8, (m, 2))
    frequency = np.clip(p[:, stratum] + shift * (source == 2), 0, 1)
    genotypes = rng.binomial(2, frequency).astype(np.int8)
    return genotypes, np.tile(source, (m, 1)), stratum


def test_counts_by_hand() -> None:
    genotypes = np.array([[0, 1, 2, 2, -9, 1]], dtype=np.int8)
    source = np.array([[1, 1, 2, 2, 0, 2]], dtype=np.uint8)
    copies = np.array([2, 2, 2, 1, 2, 1], dtype=np.int8)
    alt, total = count_by_source(genotypes, source, np.array([0, 0, 0, 0, 0, 0]), copies, 1, 2)
    np.testing.assert_array_equal(alt, [[[1, 3]]])
    np.testing.assert_array_equal(total, [[[4, 3]]])
    alt, total = count_by_source(genotypes, source, np.array([-1, 0, 1, 1, 0, 0]), copies, 2, 2)
    np.testing.assert_array_equal(total, [[[2, 0], [0, 3]]])


def test_one_stratum_is_fishers_exact_test() -> None:
    rng = np.random.default_rng(1)
    genotypes = rng.binomial(2, np.where(np.arange(60) < 30, 0.05, 0.6), (1, 60)).astype(np.int8)
    source = np.where(np.arange(60) < 30, 1, 2).astype(np.uint8)[None]
    alt = [genotypes[source == k].sum() for k in (1, 2)]
    expected = fisher_exact([[alt[0], 60 - alt[0]], [alt[1], 60 - alt[1]]])[1]
    found = platform_p(genotypes, source, np.zeros(60, np.int64), np.full(60, 2, np.int8), 2)
    assert expected < 0.01
    assert found[0] == pytest.approx(expected, rel=1e-6)


def test_calibrated_when_assays_differ_in_ancestry_only() -> None:
    genotypes, source, stratum = simulate(4000, 2)
    p = platform_p(genotypes, source, stratum, np.full(400, 2, np.int8), 2)
    # Binomial intervals at 99.9 %; the exact test may be a little conservative.
    assert 0.035 < (p < 0.05).mean() < 0.062
    assert (p < 0.001).mean() < 0.003
    # Without the strata the same data fail.
    pooled = platform_p(genotypes, source, np.zeros(400, np.int64), np.full(400, 2, np.int8), 2)
    assert (pooled < 0.05).mean() > 0.3


def test_finds_a_shifted_frequency() -> None:
    genotypes, source, stratum = simulate(200, 3, shift=0.2)
    assert (platform_p(genotypes, source, stratum, np.full(400, 2, np.int8), 2) < 1e-3).mean() > 0.9


def test_one_source_cannot_be_compared() -> None:
    genotypes, source, stratum = simulate(5, 4)
    copies = np.full(400, 2, np.int8)
    assert np.isnan(platform_p(genotypes, np.ones_like(source), stratum, copies, 2)).all()
    assert np.isnan(platform_p(genotypes, source, stratum, copies, 1)).all()
