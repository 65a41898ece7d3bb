"""Disclosure control: what a report hides so that no person can be recognised in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


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
            self.hide(what, 1, "count below the minimum cell")
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
            self.hide(what, len(hidden), "cells below the minimum, and cells that would give them back")
        return [None if place in hidden else int(count) for place, count in enumerate(counts)]

    def table(
        self, counts: NDArray[np.int64], what: str
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
        """Which cells of ``(r, c)`` counts are shown, and which of their row totals ``(r,)`` and column totals ``(c,)``.

        Cells and totals below `min_cell` are hidden. Along every row and column, others are hidden with them, the smallest first,
        until the hidden cells of a line whose total is shown are two or more and hold `min_cell` people together, and a line
        whose total is hidden has a hidden cell.
        """
        whole = np.block(
            [[counts, counts.sum(axis=1, keepdims=True)], [counts.sum(axis=0, keepdims=True), counts.sum()]]
        )
        hidden = (whole > 0) & (whole < self.min_cell)
        while any(self._cover(whole[at], hidden, at) for at in _lines_of(whole.shape)):
            pass
        if hidden[:-1, :-1].any():
            self.hide(what, int(hidden[:-1, :-1].sum()), "cells below the minimum, and cells that would give them back")
        return ~hidden[:-1, :-1], ~hidden[:-1, -1], ~hidden[-1, :-1]

    def _cover(self, line: NDArray[np.int64], hidden: NDArray[np.bool_], at: tuple) -> bool:  # type: ignore[type-arg]
        """Hide one more cell of a line (its last is the total) if the others give one back; whether that was so."""
        is_hidden, cells = hidden[at], line[:-1]
        inside = is_hidden[:-1]
        if is_hidden[-1]:
            is_safe = bool(inside.any())
        else:
            is_safe = not inside.any() or (inside.sum() > 1 and int(cells[inside].sum()) >= self.min_cell)
        others = np.flatnonzero(~inside & (cells > 0))
        if is_safe or not len(others):
            return False
        is_hidden[others[np.argmin(cells[others])]] = True  # a view: the table itself
        return True

    def bins(self, counts: NDArray[np.int64], what: str) -> NDArray[np.float64]:
        """Counts of a figure's bins: those below `min_cell` become NaN."""
        small = (counts > 0) & (counts < self.min_cell)
        if small.any():
            self.hide(what, int(small.sum()), "bins of a figure below the minimum cell")
        return np.where(small, np.nan, counts).astype(float)

    def hide(self, what: str, n_hidden: int, rule: str) -> None:
        """Log what a caller has hidden by a rule of its own."""
        self.log.append(Hidden(what, n_hidden, rule))


def _lines_of(shape: tuple[int, ...]) -> list[tuple]:  # type: ignore[type-arg]
    """Index of every row and column."""
    return [(row, slice(None)) for row in range(shape[0])] + [(slice(None), column) for column in range(shape[1])]
