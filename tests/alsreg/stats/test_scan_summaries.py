"""Inflation, power and the normal-score transformation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alsreg.stats.cox import fit_cox_null
from alsreg.stats.inflation import effective_n, expected_hits, lambda_1000, lambda_gc
from alsreg.stats.linear import fit_linear_null
from alsreg.stats.logistic import fit_logistic_null
from alsreg.stats.mixed import Visits, fit_mixed_null
from alsreg.stats.null import VariantTestOptions
from alsreg.stats.power import detectable_effect, power
from alsreg.stats.risk_sets import build_risk_sets
from alsreg.stats.transform import rank_inverse_normal


def test_lambda_gc_recovers_a_known_inflation():
    chi2 = 1.13 * stats.chi2.ppf((np.arange(1, 100_001) - 0.5) / 100_000, 1)
    p = stats.chi2.sf(chi2, 1)
    assert lambda_gc(p) == pytest.approx(1.13, rel=1e-4)
    assert lambda_gc(np.append(p, np.full(50, np.nan))) == lambda_gc(p)
    assert np.isnan(lambda_gc([]))


def test_lambda_1000_and_effective_n():
    assert lambda_1000(1.2, 2000) == pytest.approx(1.1)
    assert lambda_1000(1.1, 4000, 2000) == pytest.approx(1.05)
    assert lambda_1000(1.1, 2000, 1000) == pytest.approx(1.1)
    assert effective_n(1300) == 1300
    assert lambda_1000(1.05, 500) == pytest.approx(1.1)
    assert effective_n(1000, 500) == pytest.approx(1000)
    assert effective_n(1000, 100) == pytest.approx(4 / (1 / 100 + 1 / 900))
    assert effective_n(1000, 0) == 0.0
    assert expected_hits(2_000_000, 5e-8) == pytest.approx(0.1)


def test_power_agrees_with_noncentral_chi_square():
    information, frequency = 1500.0, np.array([0.01, 0.05, 0.25, 0.5])
    effect = detectable_effect(frequency, information)
    np.testing.assert_allclose(power(effect, frequency, information), 0.8, rtol=1e-8)
    noncentrality = effect**2 * 2 * frequency * (1 - frequency) * information
    critical = stats.chi2.isf(5e-8, 1)
    np.testing.assert_allclose(stats.ncx2.sf(critical, 1, noncentrality), 0.8, rtol=1e-6)
    # The noncentrality of 80 % power at 5e-8 that design papers quote.
    np.testing.assert_allclose(noncentrality, 39.59, atol=0.02)
    assert power(0.0, 0.3, information, alpha=0.05) == pytest.approx(0.05)


def simulated_power(kind: str, n_cohorts: int, rng: np.random.Generator) -> tuple[float, float]:
    """Share of simulated cohorts that find an effect at 0.05, and what the formula says."""
    n, frequency, people, found, promised = 400, 0.3, np.arange(400), 0, []
    person = np.repeat(people, 5)
    months = np.tile([0.0, 3.0, 8.0, 14.0, 25.0], n)
    for _ in range(n_cohorts):
        g = rng.binomial(2, frequency, n).astype(float)
        x = rng.normal(size=(n, 1))
        if kind == "quantitative":
            y = x[:, 0] + 2.0 * rng.normal(size=n) + 0.30 * g
            null, effect = fit_linear_null(y, x, people), 0.30
        elif kind == "binary":
            y = (rng.random(n) < 1 / (1 + np.exp(1.0 - 0.5 * x[:, 0] - 0.38 * (g - 0.6)))).astype(float)
            null, effect = fit_logistic_null(y, x, people), 0.38
        elif kind == "survival":  # monthly, delayed entry, a third censored
            time = rng.exponential(40 * np.exp(-0.4 * x[:, 0] - 0.22 * g))
            entry, leave = rng.integers(0, 10, n), rng.integers(15, 70, n)
            exit, keep = np.ceil(np.minimum(time, leave)), time > entry
            sets = build_risk_sets(entry[keep], exit[keep], (time <= leave)[keep])
            null, effect, g = fit_cox_null(sets, x[keep], people[keep]), 0.22, g[keep]
        else:
            slope = -0.8 + 0.2 * rng.normal(size=n) + 0.035 * g
            value = 40 + x[person, 0] + 3 * rng.normal(size=n)[person] + slope[person] * months
            null = fit_mixed_null(Visits(value + 2 * rng.normal(size=len(person)), months, person), x, people)
            effect = 0.035
        p = null.test_variants(g[None], VariantTestOptions(max_p_refit=0.0)).p_value[0]
        found += p < 0.05
        promised.append(float(power(effect, frequency, null.information, alpha=0.05)))
    return found / n_cohorts, float(np.mean(promised))


@pytest.mark.parametrize(
    ("kind", "n_cohorts"), [("quantitative", 600), ("binary", 600), ("survival", 300), ("longitudinal", 80)]
)
def test_power_is_what_simulated_cohorts_show(kind, n_cohorts):
    observed, promised = simulated_power(kind, n_cohorts, np.random.default_rng(5))
    assert 0.3 < promised < 0.95
    # Four standard errors of the draws, and a percent for the approximation.
    assert observed == pytest.approx(promised, abs=4 * np.sqrt(promised * (1 - promised) / n_cohorts) + 0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "n_cohorts"), [("quantitative", 4000), ("binary", 4000), ("survival", 4000), ("longitudinal", 1000)]
)
def test_power_is_what_many_simulated_cohorts_show(kind, n_cohorts):
    """The closed form that the power table rests on, to 2.5 % (docs/calibration/power-and-bias.md has the numbers)."""
    observed, promised = simulated_power(kind, n_cohorts, np.random.default_rng(6))
    print(f"{kind}: {observed:.3f} of {n_cohorts} cohorts, {promised:.3f} promised")
    assert observed == pytest.approx(promised, abs=0.025 + 3 * np.sqrt(0.25 / n_cohorts))


def test_rank_inverse_normal_of_residuals():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(500, 2))
    y = x @ [1.0, 2.0] + rng.exponential(size=500)
    z = rank_inverse_normal(y, x)
    residuals = (
        y - np.column_stack([np.ones(500), x]) @ np.linalg.lstsq(np.column_stack([np.ones(500), x]), y, rcond=None)[0]
    )
    np.testing.assert_array_equal(np.argsort(z), np.argsort(residuals))
    np.testing.assert_allclose(np.sort(z), stats.norm.ppf((np.arange(1, 501) - 0.375) / 500.25), rtol=1e-12)
    assert stats.shapiro(z).pvalue > 0.5 > 1e-6 > stats.shapiro(residuals).pvalue


def test_rank_inverse_normal_ties_share_a_value():
    y = np.repeat([1.0, 2.0, 3.0, 4.0, 5.0], 20)
    x = np.repeat([0.1, 0.7, 0.3, 0.9], 25)[:, None]
    assert len(np.unique(np.column_stack([y, x]), axis=0)) == 8
    table = pd.DataFrame({"y": y, "x": x[:, 0], "z": rank_inverse_normal(y, x)})
    assert (table.groupby(["y", "x"])["z"].agg(np.ptp) == 0).all()
    assert len(set(table["z"])) == 8
