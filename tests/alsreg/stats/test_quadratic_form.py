"""The tail is right to 1e-8 relative from the body down to 1e-300."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alsreg.stats.quadratic_form import SMALLEST_P, log_upper_tail, upper_quantile, upper_tail


def test_agrees_with_frozen_contour_column(oracles):
    eigenvalues = pd.read_csv(oracles / "davies_lambda.csv").groupby("set")["lambda"].apply(np.array)
    answers = pd.read_csv(oracles / "davies.csv")
    assert len(answers) == 56
    ours = [upper_tail(row.q, eigenvalues[row.set]) for row in answers.itertuples()]
    np.testing.assert_allclose(ours, answers["p_contour"], rtol=1e-8)


def test_agrees_with_davies_where_davies_converges(oracles):
    eigenvalues = pd.read_csv(oracles / "davies_lambda.csv").groupby("set")["lambda"].apply(np.array)
    answers = pd.read_csv(oracles / "davies.csv").query("ifault_acc1e9 == 0 and p_contour > 1e-4")
    assert len(answers) > 15
    ours = [upper_tail(row.q, eigenvalues[row.set]) for row in answers.itertuples()]
    np.testing.assert_allclose(ours, answers["p_davies_acc1e9"], rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("n_terms", [1, 2, 3, 20, 200, 1000])
@pytest.mark.parametrize("p", [0.999999, 0.9, 0.5, 0.05, 1e-5, 1e-15, 1e-60, 1e-300])
def test_equal_eigenvalues_are_chi_square(n_terms, p):
    q = stats.chi2.isf(p, n_terms)
    assert log_upper_tail(7 * q, np.full(n_terms, 7.0)) == pytest.approx(
        stats.chi2.logsf(q, n_terms), rel=1e-10, abs=1e-12
    )


@given(st.integers(1, 30), st.floats(0.01, 30), st.floats(1e-9, 0.999), st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_shifts_are_noncentral_chi_square(n_terms, noncentrality, p, seed):
    shifts = np.random.default_rng(seed).normal(size=n_terms)
    shifts *= math.sqrt(noncentrality) / np.linalg.norm(shifts)
    q = stats.ncx2.isf(p, n_terms, noncentrality)
    expected = stats.ncx2.sf(q, n_terms, noncentrality)
    assert upper_tail(q, np.ones(n_terms), shifts) == pytest.approx(expected, rel=1e-7)


def hypoexponential_tail(q: float, rates: list[float]) -> float:
    """Exact tail of a sum of exponentials with distinct means, in 100 digits."""
    with localcontext() as context:
        context.prec = 100
        means = [2 * Decimal(rate) for rate in rates]
        total = Decimal(0)
        for i, mean in enumerate(means):
            term = (-Decimal(q) / mean).exp()
            for j, other in enumerate(means):
                if j != i:
                    term *= mean / (mean - other)
            total += term
        return float(total)


@given(
    st.lists(st.floats(1e-5, 1.0), min_size=1, max_size=8, unique=True),
    st.floats(1e-3, 300.0),
)
@settings(max_examples=200, deadline=None)
def test_paired_eigenvalues_are_sums_of_exponentials(eigenvalues, multiple):
    q = multiple * max(eigenvalues)
    ours = upper_tail(q, np.repeat(eigenvalues, 2))
    assert ours == pytest.approx(hypoexponential_tail(q, eigenvalues), rel=1e-8)


def test_order_and_scale_do_not_matter():
    eigenvalues = np.random.default_rng(3).gamma(0.5, size=40)
    p = upper_tail(90.0, eigenvalues)
    assert upper_tail(90e6, 1e6 * eigenvalues[::-1]) == pytest.approx(p, rel=1e-12)


def test_underflow_is_the_smallest_double_and_its_logarithm_exact():
    assert upper_tail(3000.0, np.ones(1)) == SMALLEST_P > 0
    expected = math.log(2) + stats.norm.logsf(math.sqrt(3000.0))
    assert log_upper_tail(3000.0, np.ones(1)) == pytest.approx(expected, rel=1e-12)


def test_one_large_eigenvalue_over_many_small_ones_does_not_break_below_the_mean():
    """Below rounding of the lower tail the answer is one; above, it is an exact convolution."""
    eigenvalues = np.concatenate([[50.0, 50.0], np.full(1400, 0.3)])
    assert upper_tail(5.0, eigenvalues) == 1.0
    q, bulk = 300.0, np.linspace(0, 300, 200_001)
    density = stats.chi2.pdf(bulk / 0.3, 1400) / 0.3
    expected = stats.chi2.sf(q / 0.3, 1400) + np.trapezoid(density * np.exp(-(q - bulk) / 100), bulk)
    assert upper_tail(q, eigenvalues) == pytest.approx(expected, rel=1e-8)


def test_quantile_inverts_tail():
    eigenvalues = np.array([5.0, 1.0, 0.2, 0.2])
    for p in (0.99, 0.3, 1e-4, 1e-20):
        assert upper_tail(upper_quantile(p, eigenvalues), eigenvalues) == pytest.approx(p, rel=1e-8)


def test_rounding_of_zero_is_left_out_and_real_negatives_refused():
    assert upper_tail(4.0, np.array([1.0, 1e-17, -1e-16])) == pytest.approx(stats.chi2.sf(4, 1), rel=1e-12)
    with pytest.raises(ValueError, match="positive semidefinite"):
        upper_tail(4.0, np.array([1.0, -1e-3]))
    with pytest.raises(ValueError, match="no positive eigenvalue"):
        upper_tail(4.0, np.zeros(3))
    with pytest.raises(ValueError, match="not a number"):
        upper_tail(float("nan"), np.ones(3))
