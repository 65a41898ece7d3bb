"""Carriers against the rest: onset, slope, survival and whatever else is a trait, with delayed entry and few carriers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.engines.nulls import CARRIER_COLUMN, FITTED, FittedNull, NullModels
from alsreg.engines.variations import exclude_relatives, happened, restrict
from alsreg.errors import AnalysisError
from alsreg.stats.cox import CoxNull
from alsreg.stats.cox_firth import refit_firth
from alsreg.stats.logistic import LogisticNull
from alsreg.stats.multiple_testing import bonferroni
from alsreg.stats.null import Z_95, FloatArray, Refit

log = logging.getLogger("alsreg.panel")
COMPARED = "compared"
Group = tuple[str, str]  # kind and name


def keep_carriers(models: NullModels) -> NullModels:
    """Models that keep the carriers whom single-variant tests leave out."""
    table = models.people.table.drop(columns=CARRIER_COLUMN, errors="ignore")
    return replace(models, people=replace(models.people, table=table), _fitted={})


def compare_carriers(
    models: NullModels, groups: Mapping[Group, FloatArray], carrier_set: str, min_carriers: int, max_events_firth: int
) -> pd.DataFrame:
    """Rows of `PANEL_COMPARISONS`.

    Parameters
    ----------
    models
        Of the cohort; relatives are left out whatever `relatedness` says, since carriers come in families.
    groups
        By kind and name: 1 carriers, 0 the rest, NaN not assessed, ``(n,)`` over the person axis.
    carrier_set
        Assays that read sequence, joined by ``+``: each person counts with the first of them.
    """
    models = exclude_relatives(keep_carriers(models))
    # Null models are of the people assessed alone; most groups share them.
    known = {name: np.isfinite(values) for name, values in groups.items()}
    of_people = {mask.tobytes(): restrict(models, np.flatnonzero(mask)) for mask in known.values()}
    rows = [
        {"kind": kind, "carriers": name, **_compare(of_people[known[kind, name].tobytes()].fit(trait, carrier_set), carries, min_carriers, max_events_firth)}
        for trait in models.traits
        for (kind, name), carries in groups.items()
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    if len(table):
        table["p_bonferroni"] = table.groupby("trait")["p_value"].transform(
            lambda p: bonferroni(p.to_numpy(dtype=float))
        )
    return table


def _compare(fitted: FittedNull, carries: FloatArray, min_carriers: int, max_events_firth: int) -> dict[str, object]:
    row: dict[str, object] = {
        "trait": fitted.trait, "trait_kind": fitted.kind, "n": len(fitted.people), "n_events": fitted.n_events,
        "n_carriers": None, "n_carrier_events": None, "beta": np.nan, "standard_error": np.nan, "lower": np.nan,
        "upper": np.nan, "p_value": np.nan, "method": None, "status": fitted.status,
    }  # fmt: skip
    if fitted.status != FITTED:
        return row
    own = carries[fitted.people]
    row |= count_marked(fitted, own)
    n_carriers, n_rest = int((own == 1).sum()), int((own == 0).sum())
    if min(n_carriers, n_rest) < min_carriers:
        who = "carriers" if n_carriers <= n_rest else "others"
        return row | {"status": f"fewer than {min_carriers} {who} with the trait"}
    try:
        refit, p = _effect(fitted.with_one_spread(), own, int(row["n_carrier_events"] or 0) <= max_events_firth)
    except AnalysisError as error:
        return row | {"status": str(error)}
    half = Z_95 * refit.standard_error
    return row | {
        "beta": refit.beta, "standard_error": refit.standard_error, "lower": refit.beta - half, "upper": refit.beta + half,
        "p_value": p, "method": refit.effect_method, "status": COMPARED,
    }  # fmt: skip


def count_marked(fitted: FittedNull, own: FloatArray) -> dict[str, object]:
    """People assessed, carriers (marked 1), and events or cases among both."""
    typed, event, marked = np.isfinite(own), happened(fitted), own == 1
    return {
        "n": int(typed.sum()), "n_events": int(typed.sum() if event is None else (typed & event).sum()),
        "n_carriers": int(marked.sum()), "n_carrier_events": None if event is None else int((marked & event).sum()),
    }  # fmt: skip


def _effect(fitted: FittedNull, own: FloatArray, is_few: bool) -> tuple[Refit, float]:
    """The effect and its p: the exact t of least squares, a likelihood ratio, or Wald's of the mixed model."""
    model = fitted.model
    if isinstance(model, CoxNull):
        if is_few or not np.isfinite((refit := model.refit(own)).beta):
            refit = refit_firth(model.fit.sets, model.fit.covariates.T, own, model.fit.ties)
            return refit, refit.p_lrt
        return replace(refit, effect_method="cox"), refit.p_lrt
    assert model is not None
    refit = model.refit(own)
    return refit, refit.p_lrt if isinstance(model, LogisticNull) else refit.p_wald


def indicator(people: NDArray[np.object_], carriers: set[str], assessed: set[str]) -> FloatArray:
    """1 for carriers among those assessed, 0 for the others assessed, NaN for everybody else: ``(n,)``."""
    return np.array([np.nan if p not in assessed else float(p in carriers) for p in people])
