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

    def bins(self, counts: NDArray[np.int64], what: str) -> NDArray[np.float64]:
        """Counts of a figure's bins: those below `min_cell` become NaN."""
        small = (counts > 0) & (counts < self.min_cell)
        if small.any():
            self.hide(what, int(small.sum()), "bins of a figure below the minimum cell")
        return np.where(small, np.nan, counts).astype(float)

    def hide(self, what: str, n_hidden: int, rule: str) -> None:
        """Log what a caller has hidden by a rule of its own."""
        self.log.append(Hidden(what, n_hidden, rule))
