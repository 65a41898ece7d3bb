"""A curve of mean decline: lme4 with R's natural spline, and the scan against least squares written out in full."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import interpolate, stats

from alsreg.errors import AnalysisError
from alsreg.stats.mixed import MixedNull, Visits, fit_mixed_null
from alsreg.stats.null import VariantTestOptions
from alsreg.stats.splines import natural_spline, place_knots

FROZEN = Path(__file__).resolve().parents[2] / "reference/decline_curve/lme4.csv"
ALL = VariantTestOptions(min_mac=0.0)


@pytest.mark.parametrize("n_knots", [3, 4, 5])
def test_natural_spline__spans_scipys(n_knots: int) -> None:
    """Every natural interpolant through the knots is a combination of 1, time and the columns."""
    time = np.linspace(-5.0, 60.0, 400)
    knots = place_knots(np.random.default_rng(1).exponential(15.0, 500), n_knots)
    basis = np.column_stack([np.ones_like(time), time, natural_spline(time, knots)])
    assert basis.shape[1] == n_knots
    inside = (time >= knots[0]) & (time <= knots[-1])
    for values in np.eye(n_knots):
        theirs = interpolate.CubicSpline(knots, values, bc_type="natural")(time[inside])
        coefficients, *_ = np.linalg.lstsq(basis[inside], theirs, rcond=None)
        np.testing.assert_allclose(basis[inside] @ coefficients, theirs, atol=1e-9)
        for tail in (time < knots[0], time > knots[-1]):
            np.testing.assert_allclose(np.diff(basis[tail] @ coefficients, n=2), 0.0, atol=1e-9)


def test_knots_that_coincide_are_refused() -> None:
    with pytest.raises(AnalysisError, match="coincide"):
        place_knots(np.repeat([0.0, 3.0], 50), 4)
    with pytest.raises(AnalysisError, match="no visit"):
        place_knots(np.empty(0), 4)


@pytest.fixture(scope="module", params=[3, 4, 5])
def null(request, oracle_cohort) -> MixedNull:  # type: ignore[no-untyped-def]
    table = oracle_cohort.visits
    months = table["months"].to_numpy(dtype=float)
    bent = table["score"].to_numpy() + 6 * np.exp(-months / 5)
    curve = natural_spline(months, place_knots(months, request.param))
    visits = Visits(bent, months, table["row"].to_numpy(), curve)
    return fit_mixed_null(visits, oracle_cohort.covariates, oracle_cohort.people, oracle_cohort.names)


def test_refit_agrees_with_lme4(oracle_cohort, null: MixedNull) -> None:  # type: ignore[no-untyped-def]
    answers = pd.read_csv(FROZEN).query("n_knots == @null.design.n_curve + 2")
    assert len(answers) == 3
    for row in answers.itertuples():
        refit = null.refit(oracle_cohort.dosage(row.variant))
        assert refit.n == row.n
        assert refit.beta == pytest.approx(row.beta, rel=1e-5, abs=1e-5 * row.se)
        assert refit.standard_error == pytest.approx(row.se, rel=1e-5)
        assert refit.p_lrt == pytest.approx(row.p_lrt, rel=1e-4)


def simulate(seed: int, n: int = 120) -> tuple[Visits, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    g = rng.binomial(2, [[0.3], [0.1], [0.5]], (3, n)).astype(float)
    x = rng.normal(size=(n, 2))
    person = np.repeat(np.arange(n), np.where(np.arange(n) % 5 == 0, 1, rng.integers(2, 7, n)))
    months = rng.uniform(0, 40, len(person))
    intercept, slope = rng.normal(size=(2, n))
    mean = 48 / (1 + np.exp((months - 25) / 6))  # a sigmoid
    value = mean + x[person, 0] + 2 * intercept[person] + (0.2 * slope + 0.05 * g[0])[person] * months
    curve = natural_spline(months, place_knots(months, 4))
    return Visits(value + rng.normal(size=len(person)), months, person, curve), x, g


def test_scan_and_covariance_are_generalised_least_squares() -> None:
    """V and X written out; the covariance of two variants is that of what X and the main effects leave of them."""
    visits, x, g = simulate(2)
    null = fit_mixed_null(visits, x, np.arange(len(x)), ["a", "b"], ["b"])
    person, months = np.asarray(visits.person), np.asarray(visits.months)
    z = np.column_stack([np.ones_like(months), months])
    v = np.where(person[:, None] == person[None, :], z @ null.fit.random @ z.T, 0.0)
    inverse = np.linalg.inv(v + null.fit.residual * np.eye(len(months)))
    fixed = np.column_stack([z, x[person], x[person, 1] * months, np.asarray(visits.curve)])
    left = []
    tests = null.test_variants(g, ALL)
    for j, row in enumerate(g[:, person]):
        adjusted = np.column_stack([fixed, row])
        q = row * months - adjusted @ np.linalg.solve(
            adjusted.T @ inverse @ adjusted, adjusted.T @ inverse @ (row * months)
        )
        information = q @ inverse @ q
        beta = q @ inverse @ visits.value / information
        assert tests.beta[j] == pytest.approx(beta, rel=1e-7)
        assert tests.standard_error[j] == pytest.approx(information**-0.5, rel=1e-7)
        assert tests.p_value[j] == pytest.approx(2 * stats.norm.sf(abs(beta) * information**0.5), rel=1e-6)
        left.append(q)
    phi = np.array(left) @ inverse @ np.array(left).T
    np.testing.assert_allclose(null.covariance(g), phi, rtol=1e-6, atol=1e-7 * np.trace(phi))
    np.testing.assert_allclose(null.cross_covariance(g, null, g), phi, rtol=1e-6, atol=1e-7 * np.trace(phi))


def test_units_do_not_matter() -> None:
    visits, x, g = simulate(3)
    null = fit_mixed_null(visits, x, np.arange(len(x)))
    years = Visits(visits.value, np.asarray(visits.months) / 12, visits.person, np.asarray(visits.curve) / 12)
    other = fit_mixed_null(years, x, np.arange(len(x)))
    np.testing.assert_allclose(other.test_variants(g, ALL).beta, 12 * null.test_variants(g, ALL).beta, rtol=1e-6)
    assert other.refit(g[0]).beta == pytest.approx(12 * null.refit(g[0]).beta, rel=1e-6)
    assert other.fit.loglik == pytest.approx(null.fit.loglik + 3 * np.log(12), abs=1e-6)  # REML: time and two bends


def test_curve_takes_what_a_line_leaves() -> None:
    """Of a sigmoid decline: residuals shrink, and the variant's effect is more precise."""
    visits, x, g = simulate(4, n=400)
    curved = fit_mixed_null(visits, x, np.arange(len(x)))
    straight = fit_mixed_null(Visits(visits.value, visits.months, visits.person), x, np.arange(len(x)))
    assert curved.fit.residual < 1.4  # planted: 1; four knots follow a sigmoid nearly
    assert straight.fit.residual > 2 * curved.fit.residual
    assert curved.refit(g[0]).standard_error < straight.refit(g[0]).standard_error
