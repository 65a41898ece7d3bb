"""Change of the ALSFRS-R from time zero to a month, and what became of those without a score then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.config.control import ControlConfig
from alsreg.stats.null import FloatArray

# What became of people by the month: in this order of precedence.
LATER, EVENT, SCORED, UNSCORED = FATES = ("observed_later", "event", "scored", "unscored")
EVENT_SCORE = 0.0  # the lowest total


@dataclass(frozen=True)
class ScoreChange:
    """One entry per person ``(n,)``, NaN where there is no change to be had.

    `composite` counts the event by the month as a score of 0; `while_free` takes the last score before it.
    """

    composite: FloatArray
    while_free: FloatArray
    fate: NDArray[np.object_]  # of `FATES`

    @property
    def is_known(self) -> NDArray[np.bool_]:
        """Whether there is a change, ``(n,)``; the same for both."""
        return np.isin(self.fate, (EVENT, SCORED))


def score_change(
    people: pd.DataFrame, visits: pd.DataFrame, row: NDArray[np.int64], settings: ControlConfig
) -> ScoreChange:
    """Changes of the people of `ALIGNED`; `row` is the place among them of each visit of `FOLLOWED`.

    The score at the month is that of the nearest visit after time zero within `change_window_months`, the earlier of two. Who was
    first observed after time zero takes no part: they would not have been seen, had they had the event before.
    """
    month, window = settings.change_months, settings.change_window_months
    baseline = people["total"].to_numpy(dtype=float)
    had_event = (people["is_event"] == 1).to_numpy(dtype=bool) & (people["exit_months"] <= month).to_numpy(dtype=bool)
    seen = pd.DataFrame(
        {"row": row, "months": visits["months"].to_numpy(float), "total": visits["total"].to_numpy(float)}
    )
    seen["distance"] = (seen["months"] - month).abs()
    near = seen[(seen["months"] > 0) & (seen["distance"] <= window)].sort_values(["distance", "months"])
    at_month = _first_of_each(near, len(people))
    last = _first_of_each(seen.sort_values("months", ascending=False), len(people))
    fate = np.select(
        [(people["entry_months"] > 0).to_numpy(dtype=bool), had_event, ~np.isnan(at_month)],
        [LATER, EVENT, SCORED],
        UNSCORED,
    ).astype(object)
    takes_part = fate != LATER
    scores = (np.where(had_event, at_event, at_month) for at_event in (EVENT_SCORE, last))
    return ScoreChange(*(np.where(takes_part, score - baseline, np.nan) for score in scores), fate)


def _first_of_each(visits: pd.DataFrame, n: int) -> FloatArray:
    """Total of the first visit of each person ``(n,)`` in the order given, NaN without one."""
    first = visits.drop_duplicates("row")
    totals = np.full(n, np.nan)
    totals[first["row"].to_numpy()] = first["total"].to_numpy()
    return totals
