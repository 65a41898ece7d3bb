"""Robust standard errors: R's sandwich and clubSandwich, statsmodels, and how often null tests reject."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from alsreg.errors import AnalysisError
from alsreg.stats.linear import fit_linear_null
from alsreg.stats.null import VariantTestOptions
from alsreg.stats.robust import DECIDED_BY_ONE, RobustLinearNull

FROZEN = Path(__file__).resolve().parents[2] / "reference/robust/hc2.csv"
ALL = VariantTestOptions(min_mac=0.0)


@pytest.mark.parametrize("trait", ["qt", "spread"])
def test_scan_and_refit_equal_r(oracle_cohort, trait: str) -> None:
    """Effect, HC2 error and p with Bell and McCaffrey's degrees of freedom, with and without missing genotypes."""
    theirs = pd.read_csv(FROZEN).query("trait == @trait").set_index("variant")
    x, y = oracle_cohort.covariates, oracle_cohort.phenotypes["qt"].to_numpy()
    if trait == "spread":
        design = np.column_stack([np.ones(len(x)), x])
        fitted = design @ np.linalg.lstsq(design, y, rcond=None)[0]
        y = fitted + (y - fitted) * 2 ** np.nan_to_num(oracle_cohort.dosage("C01"))
    null = RobustLinearNull(fit_linear_null(y, x, oracle_cohort.people))
    dosages = np.array([oracle_cohort.dosage(variant) for variant in theirs.index])
    assert np.isnan(dosages).any(axis=1).sum() > 5 and (theirs["mac"] < 20).sum() > 5
    ours = null.test_variants(dosages, ALL)
    assert set(ours.status) == {"tested"} and set(ours.p_method) == {"robust_t"}
    np.testing.assert_array_equal(ours.n, theirs["n"])
    np.testing.assert_allclose(ours.beta, theirs["beta"], rtol=1e-8)
    np.testing.assert_allclose(ours.standard_error, theirs["se"], rtol=1e-8)
    np.testing.assert_allclose(ours.p_value, theirs["p"], rtol=1e-7)
    refits = [null.refit(dosage) for dosage in dosages[:5]]
    np.testing.assert_allclose([refit.standard_error for refit in refits], theirs["se"][:5], rtol=1e-8)
    np.testing.assert_allclose([refit.p_wald for refit in refits], theirs["p"][:5], rtol=1e-7)
    calls = np.where(np.isnan(dosages), -9, dosages).astype(np.int8)
    np.testing.assert_array_equal(null.test_variants(calls, ALL).p_value, ours.p_value)


def test_covariates_emptied_by_missing_genotypes_are_dropped() -> None:
    """As least squares without the column that is constant among those typed."""
    rng = np.random.default_rng(0)
    n = 200
    x = np.column_stack([np.arange(n) < 40, rng.normal(size=n)]).astype(float)
    g = rng.binomial(2, 0.3, n).astype(float)
    y = x[:, 1] + rng.normal(size=n) * (1 + g)
    g[:40] = np.nan
    ours = RobustLinearNull(fit_linear_null(y, x, np.arange(n))).test_variants(g[None], ALL)
    fit = sm.OLS(y[40:], np.column_stack([np.ones(160), x[40:, 1], g[40:]])).fit(cov_type="HC2")
    np.testing.assert_allclose([ours.beta[0], ours.standard_error[0]], [fit.params[2], fit.bse[2]], rtol=1e-9)


def test_who_cannot_be_tested() -> None:
    """A single carrier's residual is zero whatever the truth: no standard error instead of one that is zero."""
    rng = np.random.default_rng(1)
    n = 60
    x = rng.normal(size=(n, 2))
    dosages = np.zeros((4, n))
    dosages[0, 5] = 1.0
    dosages[1, [5, 9]] = 1.0
    dosages[2] = x[:, 0]
    null = RobustLinearNull(fit_linear_null(rng.normal(size=n), x, np.arange(n)))
    tests = null.test_variants(dosages, ALL)
    assert list(tests.status) == [
        DECIDED_BY_ONE, "tested", "covariates leave no information on the effect", "monomorphic"
    ]  # fmt: skip
    assert np.isnan(tests.p_value[[0, 2, 3]]).all() and 0 < tests.p_value[1] <= 1
    assert null.test_variants(dosages, VariantTestOptions(min_mac=3)).status[1] == "mac < 3"
    with pytest.raises(AnalysisError, match="one person decides"):
        null.refit(dosages[0])


def test_errors_that_grow_with_the_allele_reject_as_often_as_they_should() -> None:
    """Twice the spread in 30 carriers among 400: least squares rejects four times as often as it should."""
    rng = np.random.default_rng(2)
    n, n_cohorts = 400, 600
    g = (np.arange(n) < 30).astype(float)[None]
    n_rejected = np.zeros(2)
    for _ in range(n_cohorts):
        linear = fit_linear_null(rng.normal(size=n) * (1.0 + g[0]), rng.normal(size=(n, 3)), np.arange(n))
        p = [null.test_variants(g, ALL).p_value[0] for null in (linear, RobustLinearNull(linear))]
        n_rejected += np.array(p) < 0.05
    assert n_rejected[0] > 0.15 * n_cohorts
    # Four standard errors of a rate of 5 %.
    assert n_rejected[1] == pytest.approx(0.05 * n_cohorts, abs=4 * np.sqrt(0.05 * 0.95 * n_cohorts))
