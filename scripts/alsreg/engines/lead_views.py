"""A lead by genotype, by period of follow-up, and without the person who moves it most."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

from alsreg.config.traits import BinaryTrait, LongitudinalTrait, QuantitativeTrait, SurvivalTrait
from alsreg.engines.nulls import FittedNull, NullModels, visits_with_curve
from alsreg.engines.sensitivity import TESTED, fit_endpoint
from alsreg.engines.variations import carries, exclude_relatives, null_of, relatives_in, restrict, set_endpoint
from alsreg.errors import AnalysisError
from alsreg.stats.cox import CoxNull
from alsreg.stats.firth import fit_logistic
from alsreg.stats.influence import change_cox, change_linear, change_logistic, change_mixed
from alsreg.stats.linear import LinearNull
from alsreg.stats.logistic import LogisticNull
from alsreg.stats.mixed import MixedNull
from alsreg.stats.mixed_fit import FixedDesign, fit_random_slopes
from alsreg.stats.null import FloatArray
from alsreg.stats.risk_sets import build_risk_sets
from alsreg.stats.robust import RobustLinearNull

BIN_MONTHS = 6
N_PERIODS = 3
CUT_MONTHS = 3  # periods end at whole quarters of a year, so that no event's own time is told


def means_by_genotype(
    models: NullModels, trait: str, variant: pd.Series, dosage: FloatArray
) -> Iterator[dict[str, object]]:
    """Rows of `LEAD_MEANS` without trait and variant; none for survival traits, which have curves.

    Means take no account of covariates, and leave out relatives. Dosages count as the nearest whole number of copies. A
    person with several visits in a half-year counts once there, with their mean.
    """
    described = models.specification.traits[trait]
    models = exclude_relatives(models)
    fitted = null_of(models, trait, variant)
    if fitted.model is None or isinstance(described, SurvivalTrait):
        return
    values = _values(models, described, fitted.people)
    copies = np.clip(np.floor(dosage[values["row"].to_numpy(dtype=np.int64)] + 0.5), 0, 2)
    known = values.assign(copies=copies)[np.isfinite(copies)]
    for (number, month), group in known.groupby(["copies", "month"], sort=True, dropna=False):
        n, value = len(group), group["value"]
        error = float(value.std(ddof=1) / np.sqrt(n)) if n > 1 else np.nan
        yield {"copies": int(number), "month": month, "n": n, "mean": float(value.mean()), "standard_error": error}


def _values(models: NullModels, trait: object, rows: np.ndarray) -> pd.DataFrame:
    """``row`` on the person axis, ``month`` and ``value``: one row per person, or per person and half-year."""
    if isinstance(trait, LongitudinalTrait):
        visits, _ = visits_with_curve(models.people, trait)
        used = visits[visits["row"].isin(rows)]
        month = np.floor(used[trait.time].to_numpy(dtype=float) / BIN_MONTHS) * BIN_MONTHS
        value = used[trait.value].astype(float).groupby([used["row"].to_numpy(), month]).mean()
        return value.rename_axis(["row", "month"]).rename("value").reset_index()
    assert isinstance(trait, QuantitativeTrait | BinaryTrait)
    is_binary = isinstance(trait, BinaryTrait)
    value = models.people.zero_or_one(trait.column) if is_binary else models.people.numbers(trait.column)
    return pd.DataFrame({"row": rows, "month": np.nan, "value": value[rows]})


def effects_by_period(
    models: NullModels, trait: str, variant: pd.Series, dosage: FloatArray
) -> Iterator[dict[str, object]]:
    """Rows of `LEAD_SENSITIVITY` without trait and variant: a survival lead while events are of one third each.

    Each period has its own Cox model of those at risk in it, with the scan's covariates and strata: where hazards are
    proportional, the effects agree.
    """
    described = models.specification.traits[trait]
    fitted = null_of(models, trait, variant)
    if not isinstance(described, SurvivalTrait) or not isinstance(fitted.independent, CoxNull):
        return
    sets = fitted.independent.fit.sets
    cuts = np.quantile(sets.exit[sets.is_event], np.arange(1, N_PERIODS) / N_PERIODS)
    ends = [0.0, *np.unique(np.round(cuts / CUT_MONTHS) * CUT_MONTHS), np.inf]
    people = models.people
    exit_, event = people.numbers(described.exit), people.zero_or_one(described.event)
    entry = people.numbers(described.entry) if described.entry else np.zeros(len(people))
    for low, high in pairwise(ends):
        inside = np.where(np.isnan(event), np.nan, (event == 1) & (exit_ <= high))
        start = np.where(np.isnan(entry), np.nan, np.maximum(entry, low))
        period = set_endpoint(models, trait, start, np.minimum(exit_, high), inside)
        name = f"events after {low:g} months" if np.isinf(high) else f"events after {low:g} to {high:g} months"
        row = fit_endpoint(null_of(period, trait, variant), dosage)
        yield row | {"analysis": name, "cause": "any", "relatives": relatives_in(models)}


def find_influence(models: NullModels, trait: str, variant: pd.Series, dosage: FloatArray) -> dict[str, object]:
    """A row of `LEAD_INFLUENCE` without trait and variant. Relatives are left out: who is related to whom moves many at once."""
    models = exclude_relatives(models)
    fitted = null_of(models, trait, variant)
    row: dict[str, object] = {"n": len(fitted.people), "status": fitted.status}
    if fitted.model is None:
        return row
    own = dosage[fitted.people]
    typed = np.isfinite(own)
    row |= {"n": int(typed.sum()), "n_carriers": int(carries(own).sum()) if typed.any() else 0}
    try:
        whole = fitted.model.refit(own)
        change = _changes(fitted, own, typed)
        if not np.isfinite(whole.beta):
            raise AnalysisError("the full model has no finite effect")
        share = np.abs(change / whole.standard_error)
        kept = np.delete(fitted.people[typed], int(share.argmax()))
        rest = null_of(restrict(models, kept), trait, variant)
        row |= {"max_change": float(share.max()), "n_influential": int((share > 2.0 / np.sqrt(len(share))).sum())}
        if rest.model is None:
            raise AnalysisError(f"without the most influential person: {rest.status}")
        found = rest.model.refit(dosage[rest.people])
    except AnalysisError as error:
        return row | {"status": str(error)}
    p = found.p_wald if fitted.kind == "quantitative" else found.p_lrt
    return row | {
        "beta": whole.beta, "standard_error": whole.standard_error, "beta_without": found.beta,
        "standard_error_without": found.standard_error, "p_without": p, "status": TESTED,
    }  # fmt: skip


def _changes(fitted: FittedNull, own: FloatArray, typed: np.ndarray) -> FloatArray:
    """What leaving takes from the effect, of those with the genotype."""
    model = fitted.model.model if isinstance(fitted.model, RobustLinearNull) else fitted.model
    g = own[typed]
    if isinstance(model, LinearNull):
        columns = np.column_stack([model.basis[typed], g])
        # The residuals differ from the trait by what the basis spans: the same last coefficient.
        return change_linear(columns, model.residuals[typed])
    if isinstance(model, LogisticNull):
        columns = np.column_stack([np.ones(len(g)), model.covariates[typed], g - g.mean()])
        columns, scale = np.linalg.qr(columns)
        fit = fit_logistic(columns, model.y[typed])
        return change_logistic(columns, model.y[typed], fit.mean) / scale[-1, -1]
    if isinstance(model, CoxNull):
        if model.fit.ties != "efron":
            raise AnalysisError("influence is known for Efron's ties only")
        sets = model.fit.sets
        parts = (sets.entry[typed], sets.exit[typed], sets.is_event[typed], sets.stratum[typed])
        return change_cox(build_risk_sets(*parts), np.column_stack([model.fit.covariates[:, typed].T, g]))
    assert isinstance(model, MixedNull)
    centred = g - g.mean()
    intercept = np.column_stack([model.design.intercept[typed], centred])
    design = FixedDesign(intercept, np.column_stack([model.design.slope[typed], centred]), model.design.n_curve)
    return change_mixed(fit_random_slopes(model.sums.of(typed), design), design)
