"""Contamination from reads of homozygotes."""

import numpy as np
import pytest

from alsreg.genotypes.contamination import contamination_from_reads


def simulate(contamination: np.ndarray, n_variants: int, rng: np.random.Generator, depth: int = 30) -> np.ndarray:
    """Mean ALT share at homozygous REF genotypes, and their mean frequency, for each sample."""
    p = rng.beta(0.3, 2, n_variants)
    rows = []
    for fraction in contamination:
        host, guest = rng.binomial(2, p), rng.binomial(2, p)
        chance = np.clip((1 - fraction) * host / 2 + fraction * guest / 2, 0.002, 0.998)
        share = rng.binomial(depth, chance) / depth
        chosen = host == 0
        rows.append((share[chosen].mean(), p[chosen].mean()))
    return np.array(rows).T


def test_fractions_are_recovered():
    rng = np.random.default_rng(11)
    truth = np.r_[np.zeros(40), 0.02, 0.05, 0.1, 0.3]
    estimate, background = contamination_from_reads(*simulate(truth, 20_000, rng))
    assert background == pytest.approx(0.002, rel=0.05)
    assert estimate[:40].max() < 0.005
    np.testing.assert_allclose(estimate[40:], truth[40:], rtol=0.15)


def test_no_reads_no_estimate():
    estimate, background = contamination_from_reads(np.full(3, np.nan), np.full(3, 0.1))
    assert np.isnan(estimate).all()
    assert np.isnan(background)
    estimate, _ = contamination_from_reads(np.array([0.01, np.nan, 0.02, 0.01]), np.array([0.1, 0.1, 0.1, np.nan]))
    assert np.isnan(estimate[[1, 3]]).all()
    assert estimate[2] == pytest.approx(0.05)
