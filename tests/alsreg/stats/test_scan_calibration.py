"""Null simulation: p-values of the scans are uniform, also in cohorts of a registry's size."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from alsreg.stats.linear import fit_linear_null
from alsreg.stats.logistic import fit_logistic_null
from alsreg.stats.mixed import Visits, fit_mixed_null
from alsreg.stats.null import VariantTestOptions

LEVELS = (5e-2, 1e-3, 1e-4)
N, BLOCK, COHORTS = 500, 2000, 100
OPTIONS = VariantTestOptions(max_p_refit=0.0)


def quantitative(x, rng):
    return fit_linear_null(x @ [0.5, 0.5, 0.0, 0.0] + rng.normal(size=N), x, np.arange(N))


def binary(x, rng, prevalence=0.3):
    y = (rng.random(N) < special.expit(special.logit(prevalence) + 0.5 * x[:, 0])).astype(float)
    return fit_logistic_null(y, x, np.arange(N))


def unbalanced(x, rng):
    return binary(x, rng, prevalence=0.05)


def longitudinal(x, rng):
    person = np.repeat(np.arange(N), np.clip(rng.poisson(3.5, N), 1, 9))
    months = np.where(np.r_[True, np.diff(person) > 0], 0.0, rng.uniform(1, 36, len(person)))
    slope = -0.8 + 0.5 * rng.normal(size=N) + 0.1 * x[:, 1]
    value = 40 + x[person, 0] + 5 * rng.normal(size=N)[person] + slope[person] * months
    visits = Visits(value + 2 * rng.normal(size=len(person)), months, person)
    return fit_mixed_null(visits, x, np.arange(N), ["a", "b", "c", "d"], ["a", "b"])


@pytest.mark.slow
@pytest.mark.parametrize("fit", [quantitative, binary, unbalanced, longitudinal])
@pytest.mark.parametrize("is_rare", [False, True])
def test_type_one_error(fit, is_rare):
    """No rate above the Monte-Carlo interval (one in 1,000 by chance); conservative cells may lie below."""
    rng = np.random.default_rng(20)
    found, n_tests = np.zeros(len(LEVELS)), 0
    for _ in range(COHORTS):
        x = np.column_stack([rng.normal(size=N), rng.binomial(1, 0.5, N), rng.normal(size=(N, 2))])
        low, high = (0.003, 0.05) if is_rare else (0.05, 0.5)
        g = rng.binomial(2, rng.uniform(low, high, BLOCK)[:, None], (BLOCK, N)).astype(np.float32)
        p = fit(x, rng).test_variants(g, OPTIONS).p_value
        p = p[np.isfinite(p)]
        n_tests += len(p)
        found += [(p < level).sum() for level in LEVELS]
    assert n_tests > 40_000
    # Variants of one cohort share its trait, which widens the interval of the largest level a little.
    limits = stats.binom.isf(1e-3, n_tests, LEVELS) * (1.02, 1.0, 1.0)
    assert (found <= limits).all(), f"{n_tests} tests, found {found}, at most {limits}"
    if not is_rare:
        assert found[0] >= stats.binom.ppf(1e-3, n_tests, LEVELS[0]) * 0.98
