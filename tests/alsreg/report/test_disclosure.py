"""What is hidden stays hidden."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from alsreg.report.disclosure import Disclosure


@given(st.lists(st.integers(0, 60), min_size=1, max_size=12), st.integers(2, 10))
def test_cells__cannot_be_recovered_from_the_total(counts: list[int], min_cell: int) -> None:
    shown = Disclosure(min_cell).cells(counts, "table")
    hidden = [count for count, value in zip(counts, shown, strict=True) if value is None]
    assert all(value is None or value == 0 or value >= min_cell for value in shown)
    assert all(value == count for value, count in zip(shown, counts, strict=True) if value is not None)
    small_exist = any(0 < count < min_cell for count in counts)
    assert bool(hidden) == small_exist
    remainder = sum(counts) - sum(value for value in shown if value is not None)
    others_exist = sum(count > 0 for count in counts) > 1
    if small_exist and others_exist:
        assert len(hidden) > 1, "one hidden cell equals the total minus the shown cells"
    if small_exist and sum(counts) >= min_cell:
        assert remainder >= min_cell


def test_cells__large_counts_are_untouched_and_unlogged() -> None:
    hide = Disclosure(5)
    assert hide.cells([10, 0, 7], "table") == [10, 0, 7]
    assert hide.log == []


def test_count__small_ones_are_hidden_and_logged() -> None:
    hide = Disclosure(5)
    assert [hide.count(n, f"n = {n}") for n in (0, 1, 4, 5)] == [0, None, None, 5]
    assert [entry.what for entry in hide.log] == ["n = 1", "n = 4"]


def test_bins__small_ones_become_nan_and_the_number_of_all_gives_none_back() -> None:
    hide = Disclosure(5)
    np.testing.assert_array_equal(hide.bins(np.array([0, 3, 9, 20]), "figure"), [0, np.nan, np.nan, 20])
    np.testing.assert_array_equal(hide.bins(np.array([[3, 4], [0, 20]]), "figure"), [[np.nan, np.nan], [0, 20]])
    assert [entry.n_hidden for entry in hide.log] == [2, 2]
