"""Adjusted p-values against statsmodels."""

from __future__ import annotations

import numpy as np
from statsmodels.stats.multitest import multipletests

from alsreg.stats.multiple_testing import benjamini_hochberg, bonferroni


def test_adjusted_p_values_are_those_of_statsmodels():
    rng = np.random.default_rng(4)
    p = np.concatenate([rng.random(200), rng.random(20) ** 6, [0.5, 0.5, 1.0, 1e-300]])
    np.testing.assert_allclose(benjamini_hochberg(p), multipletests(p, method="fdr_bh")[1], rtol=1e-12)
    np.testing.assert_allclose(bonferroni(p), multipletests(p, method="bonferroni")[1], rtol=1e-12)


def test_missing_p_values_stay_and_are_not_counted():
    p = np.array([np.nan, 0.01, np.nan, 0.04])
    np.testing.assert_allclose(bonferroni(p), [np.nan, 0.02, np.nan, 0.08])
    np.testing.assert_allclose(benjamini_hochberg(p), [np.nan, 0.02, np.nan, 0.04])
    assert len(benjamini_hochberg(np.array([]))) == 0 and np.isnan(bonferroni(np.array([np.nan]))).all()
