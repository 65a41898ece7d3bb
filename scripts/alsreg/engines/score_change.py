"""Change of the ALSFRS-R from time zero to a month, and what became of those without a score then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.config.control import ControlConfig
from alsreg.engines.outcomes import Contrast, Outcome, refuse_few
from alsreg.errors import AnalysisError
from alsreg.stats.null import FloatArray, IntArray
from alsreg.stats.propensity import Propensity, fit_propensity
from alsreg.stats.weighted_ancova import fit_ancova

# What became of people by the month: in this order of precedence.
LATER, EVENT, SCORED, UNSCORED = FATES = ("observed_later", "event", "scored", "unscored")
EVENT_SCORE = 0.0  # the lowest total
# With fewer of them, whether a score was taken is put down to the cohort alone: a model on the baseline may have no maximum.
MIN_UNSCORED = 10


@dataclass(frozen=True)
class ScoreChange:
    """One entry per person ``(n,)``, NaN where there is no change to be had.

    `composite` counts the event by the month as a score of 0; `while_free` takes the last score before it.
    """

    baseline: FloatArray
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
    return ScoreChange(baseline, *(np.where(takes_part, score - baseline, np.nan) for score in scores), fate)


def _first_of_each(visits: pd.DataFrame, n: int) -> FloatArray:
    """Total of the first visit of each person ``(n,)`` in the order given, NaN without one."""
    first = visits.drop_duplicates("row")
    totals = np.full(n, np.nan)
    totals[first["row"].to_numpy()] = first["total"].to_numpy()
    return totals


def change_difference(values: FloatArray, change: ScoreChange, is_treated: NDArray[np.bool_], min_n: float) -> Outcome:
    """Difference in the mean of `values` (one of the changes), adjusted for the baseline score.

    Events are known without a visit, scores only with one. Those with a score therefore stand for those like them without
    (inverse probability of a score given cohort and baseline, among people without the event; Seaman & White 2013, Stat Methods
    Med 22:278), else the share of events would be too large. That the probability is estimated is allowed for in `Contrast.beside`.
    """

    def difference(people: IntArray, weights: FloatArray) -> Contrast:
        fate, treated, baseline = change.fate[people], is_treated[people], change.baseline[people]
        is_known, is_scored = change.is_known[people], fate == SCORED
        models = _score_models(baseline, treated, fate)
        probability = np.ones(len(people))
        for rows, model in models:
            probability[rows] = model.score
        known = np.flatnonzero(is_known)
        whole = weights / probability
        refuse_few(whole[known], treated[known], min_n)
        fit = fit_ancova(values[people[known]], baseline[known], treated[known], whole[known])
        derivative, beside = np.zeros(len(people)), np.zeros(len(people))
        derivative[known] = fit.derivative / probability[known]
        for rows, model in models:
            # d(1/π)/dγ = -(1 - π)/π x
            gradient = -(derivative * weights * (1 - probability) * is_scored)[rows] @ model.design
            beside[rows] = model.influence @ gradient
        return Contrast(fit.treated - fit.control, derivative, fit.treated, fit.control, beside)

    return difference


def _score_models(
    baseline: FloatArray, treated: NDArray[np.bool_], fate: NDArray[np.object_]
) -> list[tuple[IntArray, Propensity]]:
    """By cohort, whose rows, and the probability of a score among those without the event; none where all have one."""
    models = []
    for group in (True, False):
        rows = np.flatnonzero((treated == group) & np.isin(fate, (SCORED, UNSCORED)))
        is_scored = fate[rows] == SCORED
        n_fewer = min(is_scored.sum(), (~is_scored).sum())
        if n_fewer:
            covariates = baseline[rows, None] if n_fewer >= MIN_UNSCORED else np.empty((len(rows), 0))
            try:
                models.append((rows, fit_propensity(covariates, is_scored)))
            except AnalysisError as problem:
                raise AnalysisError(f"no model of who has a score at the month ({problem.problem})") from None
    return models
