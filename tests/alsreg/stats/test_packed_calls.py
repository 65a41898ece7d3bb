"""Sums of packed hard calls against the same sums written out."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alsreg.stats.packed_calls import CARRIED, LINEAR, SQUARED, pack_calls, sum_over_missing, sum_over_people


def draw(seed: int, n: int) -> np.ndarray:
    """Calls of every frequency; nobody typed, all alike either way, all heterozygous, nothing missing."""
    rng = np.random.default_rng(seed)
    calls = rng.binomial(2, [[0.0], [0.02], [0.3], [0.5], [0.8], [0.99], [1.0], [0.4], [0.4], [0.6]], (10, n))
    calls[rng.random(calls.shape) < 0.1] = -9
    calls[7], calls[8], calls[9] = -9, 1, rng.binomial(2, 0.6, n)
    return calls.astype(np.int8)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 140))
def test_counts_and_sums_are_those_written_out(seed: int, n: int) -> None:
    calls, rng = draw(seed, n), np.random.default_rng(seed)
    packed = pack_calls(calls)
    columns = rng.normal(size=(n, 16))
    kinds = rng.integers(0, 3, 16)
    values = np.array([LINEAR, SQUARED, CARRIED])[kinds].T
    sums, lost = sum_over_people(packed, columns, values), sum_over_missing(packed, columns)
    for j, row in enumerate(calls):
        typed = row >= 0
        is_flipped = row[typed].sum() > typed.sum()
        x = np.where(typed, 2 - row if is_flipped else row, 3)
        assert packed.is_flipped[j] == is_flipped and packed.n_missing[j] == (~typed).sum()
        assert (packed.n_one[j], packed.n_two[j]) == ((x == 1).sum(), (x == 2).sum())
        assert packed.is_constant[j] == (len(set(row[typed])) < 2)
        if typed.any():
            np.testing.assert_allclose([packed.mean[j], packed.mean_copies[j]], [row[typed].mean(), x[typed].mean()])
        expected = [np.array([LINEAR, SQUARED, CARRIED])[kind][x] @ columns[:, c] for c, kind in enumerate(kinds)]
        np.testing.assert_allclose(sums[j], expected, rtol=1e-12, atol=1e-11)
        np.testing.assert_allclose(lost[j], columns[~typed].sum(axis=0), rtol=1e-12, atol=1e-11)
    listed = np.concatenate([np.flatnonzero(row < 0) for row in calls])
    np.testing.assert_array_equal(packed.missing, listed)


def test_allele_swap_and_other_variants_change_no_bit() -> None:
    calls, columns = draw(1, 101), np.random.default_rng(1).normal(size=(101, 8))
    values = np.tile(np.array(LINEAR)[:, None], 8)
    whole = sum_over_people(pack_calls(calls), columns, values)
    swapped = np.where(calls < 0, calls, 2 - calls).astype(np.int8)
    is_even = pack_calls(calls).total == pack_calls(calls).n_typed  # neither allele is rarer
    np.testing.assert_array_equal(sum_over_people(pack_calls(swapped), columns, values)[~is_even], whole[~is_even])
    for j in range(len(calls)):
        np.testing.assert_array_equal(sum_over_people(pack_calls(calls[j : j + 1]), columns, values)[0], whole[j])
