"""Order in time, for dates that may be intervals."""

from __future__ import annotations

import numpy as np

from alsreg.clinical.cells import CELL, Cells
from alsreg.clinical.dates import Dates, swap_day_and_month, whole_days


def is_after(first: Dates, second: Dates, *, is_strict: bool = False) -> np.ndarray:
    """Whether `first` certainly lies after `second`, shape (n,); unknown dates never do.

    With `is_strict` the same day is out of order too.
    """
    return _compare(first.earliest, second.latest, is_strict)


def is_middle_after(first: Dates, second: Dates, *, is_strict: bool = False) -> np.ndarray:
    """Whether only the middle of a partial date puts `first` after `second`, not the interval."""
    return _compare(first.value, second.value, is_strict) & ~is_after(first, second, is_strict=is_strict)


def reject_future(cells: Cells, column: str, dates: Dates, freeze_date: np.datetime64) -> Dates:
    """The dates without those after the freeze, which are noted; so are partial ones whose middle is."""
    end = whole_days(np.full(len(dates.value), freeze_date))
    late, doubtful = is_after(dates, end), is_middle_after(dates, end)
    cells.note("future_date", late, column, CELL)
    cells.note("partial_date_out_of_order", doubtful, column, f"{CELL}: its middle is after the freeze date")
    return dates.without(late | doubtful)


def hint_of_swap(first: Dates, second: Dates, which: str) -> np.ndarray:
    """Text for each pair out of order, shape (n,): that exchanging day and month of one would put it right, or ``""``.

    `which` is ``first`` or ``second``, the date to exchange.
    """
    moved = swap_day_and_month(first if which == "first" else second)
    pair = (moved, second) if which == "first" else (first, moved)
    fits = moved.is_known & (pair[0].is_known & pair[1].is_known) & ~_compare(pair[0].earliest, pair[1].latest, False)
    words = np.array([f"; in order if day and month are swapped: {day}" for day in moved.value], dtype=object)
    return np.where(fits, words, "")


def _compare(first: np.ndarray, second: np.ndarray, is_strict: bool) -> np.ndarray:
    return first >= second if is_strict else first > second
