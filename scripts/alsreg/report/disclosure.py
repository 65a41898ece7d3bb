"""Disclosure control: what a report hides so that no person can be recognised in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from alsreg.language import gettext
from alsreg.report.audit import determined


@dataclass(frozen=True)
class Hidden:
    """One entry of the disclosure log."""

    what: str
    n_hidden: int
    rule: str


@dataclass
class Disclosure:
    """Applies the cell rules and keeps the log of what they hid."""

    min_cell: int
    log: list[Hidden] = field(default_factory=list)

    def count(self, value: int, what: str) -> int | None:
        """A count of people on its own: None when it is positive and below `min_cell`."""
        if 0 < value < self.min_cell:
            self.hide(what, 1, gettext("count below the minimum cell"))
            return None
        return value

    def cells(self, counts: Sequence[int], what: str) -> list[int | None]:
        """Counts that add up to a published total: small ones are hidden, and enough others to hide them.

        Hidden cells are never alone if another cell is filled, and take in others until together they hold `min_cell`
        people or no cell is left, so that the total minus the shown cells gives none of them back.
        """
        hidden = _hidden_cells(counts, self.min_cell)
        if hidden:
            self.hide(what, len(hidden), gettext("cells below the minimum, and cells that would give them back"))
        return [None if place in hidden else int(count) for place, count in enumerate(counts)]

    def table(
        self, counts: NDArray[np.int64], what: str
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
        """Which cells of ``(r, c)`` counts are shown, and which of their row totals ``(r,)`` and column totals ``(c,)``.

        The sum of all is not published. A row keeps its total where that is large enough, and hides cells as `cells` does; a
        column's total goes where it would give back what the column hides, and one of them where together they would give back the
        row totals that are hidden. What all totals together still determine costs further column totals.
        """
        shown, rows, columns = counts >= self.min_cell, counts.sum(axis=1), counts.sum(axis=0)
        has_row = (rows == 0) | (rows >= self.min_cell)
        for k, row in enumerate(counts):
            shown[k] = [n is not None for n in self.cells(row.tolist(), what)] if has_row[k] else False
        hidden = np.where(shown, 0, counts)
        n_hidden = ((hidden > 0) & ~shown).sum(axis=0)
        is_given_back = (n_hidden > 0) & ((n_hidden == 1) | (hidden.sum(axis=0) < self.min_cell))
        has_column = ((columns == 0) | (columns >= self.min_cell)) & ~is_given_back
        lost = rows[~has_row]
        if has_column.all() and len(lost) and (len(lost) == 1 or lost.sum() < self.min_cell):
            has_column[np.argmin(np.where(columns > 0, columns, columns.max() + 1))] = False
        while determined(counts, shown, has_row, has_column).any() and has_column.any():
            has_column[np.argmin(np.where(has_column, columns, columns.max() + 1))] = False
        n = int((~has_row).sum() + (~has_column).sum())
        if n:
            self.hide(what, n, gettext("totals below the minimum, and totals that would give back what is hidden"))
        return shown, has_row, has_column

    def bins(self, counts: NDArray[np.int64], what: str) -> NDArray[np.float64]:
        """Counts of a figure's bins: those below `min_cell` become NaN, and others that the number of all would give back with them."""
        hidden = _hidden_cells(counts.ravel().tolist(), self.min_cell)
        if hidden:
            self.hide(
                what,
                len(hidden),
                gettext("bins of a figure below the minimum cell, and bins that would give them back"),
            )
        shown = counts.astype(float).ravel()
        shown[sorted(hidden)] = np.nan
        return shown.reshape(counts.shape)

    def hide(self, what: str, n_hidden: int, rule: str) -> None:
        """Log what a caller has hidden by a rule of its own."""
        self.log.append(Hidden(what, n_hidden, rule))


def _hidden_cells(counts: Sequence[int], min_cell: int) -> set[int]:
    """Places of counts that small ones, and the sum of all, make it necessary to hide."""
    hidden = {place for place, count in enumerate(counts) if 0 < count < min_cell}
    others = sorted((count, place) for place, count in enumerate(counts) if count >= min_cell) if hidden else []
    for _, place in others:
        together = sum(counts[k] for k in hidden)
        if len(hidden) > 1 and together >= min_cell and together > len(hidden):  # or each would be known to be one
            break
        hidden.add(place)
    return hidden


def disclosed_steps(
    times: NDArray[np.float64], at_risk: NDArray[np.int64], event_times: NDArray[np.float64], min_cell: int
) -> list[int]:
    """Positions on the grid at which a survival curve may be drawn.

    The first always; a later one if at least `min_cell` remain under observation there and none or at least `min_cell` events
    happened since the one drawn before.
    """
    so_far = np.searchsorted(np.sort(event_times), times, side="right")
    kept = [0]
    for place in range(1, len(times)):
        if at_risk[place] < min_cell:
            break
        n_events = so_far[place] - so_far[kept[-1]]
        if n_events == 0 or n_events >= min_cell:
            kept.append(place)
    return kept


def apart(counts: Sequence[int], min_cell: int) -> list[bool]:
    """Which of several groups of people that may lie in one another can be described: none differs by few from a larger one.

    `counts` are their sizes. The largest is kept, then each that differs from all kept by nobody or by at least `min_cell`.
    """
    kept: list[int] = []
    for place in sorted(range(len(counts)), key=lambda k: (-counts[k], k)):
        if all(counts[k] - counts[place] == 0 or counts[k] - counts[place] >= min_cell for k in kept):
            kept.append(place)
    return [place in kept for place in range(len(counts))]
