"""Exact Hardy-Weinberg test: R HardyWeinberg, exact integers, properties."""

from fractions import Fraction
from math import comb, factorial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alsreg.genotypes.hwe import SMALLEST_P, hwe_exact


@pytest.mark.parametrize(("is_mid_p", "column"), [(False, "p_exact_stats"), (True, "p_midp_stats")])
def test_r_answers(oracles, is_mid_p, column):
    expected = pd.read_csv(oracles / "hwe.csv")
    found = hwe_exact(expected["n_hom_ref"], expected["n_het"], expected["n_hom_alt"], is_mid_p=is_mid_p)
    assert len(found) == 70
    np.testing.assert_allclose(found, expected[column], rtol=1e-9)


def exact_by_integers(a: int, h: int, b: int) -> Fraction:
    """Levene's distribution written out."""
    n, rare = a + h + b, 2 * a + h

    def weight(het: int) -> int:
        hom = (rare - het) // 2
        return 2**het * factorial(n) // (factorial(hom) * factorial(het) * factorial(n - hom - het))

    total = comb(2 * n, rare)
    weights = [weight(het) for het in range(rare % 2, min(rare, 2 * n - rare) + 1, 2)]
    assert sum(weights) == total
    return Fraction(sum(w for w in weights if w <= weight(h)), total)


counts = st.integers(0, 60)


@given(counts, counts, counts)
def test_exact_integers(a, h, b):
    if a + h + b:
        assert hwe_exact(a, h, b) == pytest.approx(float(exact_by_integers(a, h, b)), rel=1e-9)


@given(st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 5000))
def test_allele_swap(a, h, b):
    p, swapped = hwe_exact(a, h, b), hwe_exact(b, h, a)
    np.testing.assert_array_equal(p, swapped)
    assert np.isnan(p) if a + h + b == 0 else SMALLEST_P <= p <= 1


def test_never_a_silent_zero():
    assert hwe_exact(100_000, 0, 100_000) == SMALLEST_P
    assert hwe_exact(0, 100_000, 0) == SMALLEST_P


def test_shape_and_edges():
    p = hwe_exact(np.array([[10, 0], [0, 4]]), np.array([[0, 0], [1, 2]]), np.array([[0, 0], [0, 4]]))
    assert p.shape == (2, 2)
    assert p[0, 0] == 1
    assert np.isnan(p[0, 1])
    with pytest.raises(ValueError, match="negative"):
        hwe_exact(-1, 2, 3)
