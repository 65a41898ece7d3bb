"""Disclosure control: what a report hides so that no person can be recognised in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from alsreg.language import gettext


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
        hidden = {place for place, count in enumerate(counts) if 0 < count < self.min_cell}
        if hidden:
            others = sorted((count, place) for place, count in enumerate(counts) if place not in hidden and count > 0)
            for _, place in others:
                if len(hidden) > 1 and sum(counts[k] for k in hidden) >= self.min_cell:
                    break
                hidden.add(place)
            self.hide(what, len(hidden), gettext("cells below the minimum, and cells that would give them back"))
        return [None if place in hidden else int(count) for place, count in enumerate(counts)]

    def table(
        self, counts: NDArray[np.int64], what: str
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
        """Which cells of ``(r, c)`` counts are shown, and which of their row totals ``(r,)`` and column totals ``(c,)``.

        The sum of all is not published. A row keeps its total where that is large enough, and hides cells as `cells` does; a
        column's total goes where it would give back what the column hides, and one of them where together they would give back the
        row totals that are hidden.
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
        n = int((~has_row).sum() + (~has_column).sum())
        if n:
            self.hide(what, n, gettext("totals below the minimum, and totals that would give back what is hidden"))
        return shown, has_row, has_column

    def bins(self, counts: NDArray[np.int64], what: str) -> NDArray[np.float64]:
        """Counts of a figure's bins: those below `min_cell` become NaN."""
        small = (counts > 0) & (counts < self.min_cell)
        if small.any():
            self.hide(what, int(small.sum()), gettext("bins of a figure below the minimum cell"))
        return np.where(small, np.nan, counts).astype(float)

    def hide(self, what: str, n_hidden: int, rule: str) -> None:
        """Log what a caller has hidden by a rule of its own."""
        self.log.append(Hidden(what, n_hidden, rule))
