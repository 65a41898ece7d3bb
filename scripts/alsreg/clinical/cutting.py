"""Question 5 is asked in two ways: Q5a of people without a gastrostomy, Q5b of people with one."""

from __future__ import annotations

import numpy as np

from alsreg.clinical.alsfrs import MAX_ITEM
from alsreg.clinical.cells import CELL, Cells

WITHOUT, WITH = "cutting_without_gastrostomy", "cutting_with_gastrostomy"


def read_cutting(cells: Cells, has_gastrostomy: np.ndarray, action: str) -> tuple[np.ndarray, np.ndarray]:
    """Points of Q5, and whether a gastrostomy is in use, each of shape (n,), NaN where unknown.

    With both columns the one that was asked counts: the one that is filled, or of two the one that `has_gastrostomy` (1, 0,
    NaN) names. The item asked tells of a gastrostomy where nothing else does. With a single column `cutting` nothing is
    inferred. `action` says what becomes of a total without the item.
    """
    if not (cells.has(WITHOUT) and cells.has(WITH)):
        return cells.items("cutting", MAX_ITEM, action), has_gastrostomy
    asked_a, asked_b = (cells.text(name) != "" for name in (WITHOUT, WITH))
    is_known, tube = ~np.isnan(has_gastrostomy), has_gastrostomy == 1
    unclear = asked_a & asked_b & ~is_known
    cells.note("cutting_and_gastrostomy", unclear, WITH, f"{CELL}: Q5a is filled too; {action}")
    against = is_known & np.where(tube, asked_a & ~asked_b, asked_b & ~asked_a)
    for name, asked in ((WITHOUT, asked_a), (WITH, asked_b)):
        cells.note("cutting_and_gastrostomy", against & asked, name, f"{CELL}: against has_gastrostomy; {action}")
    points = [cells.items(name, MAX_ITEM, action) for name in (WITHOUT, WITH)]
    uses_b = np.where(is_known, tube, asked_b)
    cutting = np.where(unclear | against, np.nan, np.where(uses_b, points[1], points[0]))
    told = np.where(unclear | ~(asked_a | asked_b), np.nan, asked_b.astype(float))
    return cutting, np.where(is_known, has_gastrostomy, told)
