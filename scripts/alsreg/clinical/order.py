"""Order in time, for dates that may be intervals."""

from __future__ import annotations

import numpy as np

from alsreg.clinical.dates import Dates


def is_after(first: Dates, second: Dates, *, is_strict: bool = False) -> np.ndarray:
    """Whether `first` certainly lies after `second`, shape (n,); unknown dates never do.

    With `is_strict` the same day is out of order too.
    """
    return _compare(first.earliest, second.latest, is_strict)


def is_middle_after(first: Dates, second: Dates, *, is_strict: bool = False) -> np.ndarray:
    """Whether only the middle of a partial date puts `first` after `second`, not the interval."""
    return _compare(first.value, second.value, is_strict) & ~is_after(first, second, is_strict=is_strict)


def _compare(first: np.ndarray, second: np.ndarray, is_strict: bool) -> np.ndarray:
    return first >= second if is_strict else first > second
