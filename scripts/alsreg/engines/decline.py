"""Decline of each score with and without the survival that ends it: is dropout informative, and what does it do?"""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from alsreg.clinical.alsfrs import DOMAINS
from alsreg.errors import AnalysisError
from alsreg.stats.joint_model import Survival, fit_joint_model
from alsreg.stats.mixed_fit import FixedDesign, PersonSums, fit_random_slopes, sum_visits
from alsreg.stats.null import Z_95, FloatArray
from alsreg.tables.registry import JOINT_MODEL

log = logging.getLogger(__name__)
SCORES = ("total", *(f"{domain}_score" for domain in DOMAINS))
# Below this the variances and associations are not identified well enough.
MIN_PERSONS = 50
FIXED = (("intercept", "points at onset"), ("slope", "points/month"))
ASSOCIATION = (
    ("association_intercept", "log hazard ratio per point"),
    ("association_slope", "log hazard ratio per point/month"),
)


def compare_decline(phenotypes: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """The table `JOINT_MODEL`: of each score the mixed model of visits alone, and the joint model, of the same people.

    Time is months since onset in both parts; visits count up to the end of follow-up. People need a survival time and a
    visit with the score. Neither model has covariates: they describe the registry.
    """
    people = phenotypes[phenotypes["exit_months"].notna()].set_index("person")
    known = visits[visits["months_since_onset"].notna() & visits["person"].isin(people.index)]
    known = known[known["months_since_onset"] <= known["person"].map(people["exit_months"])]
    rows = [row for score in SCORES for row in _compare(people, known[known[score].notna()], score)]
    return JOINT_MODEL.conform(pd.DataFrame(rows, columns=JOINT_MODEL.column_names))


def _compare(people: pd.DataFrame, visits: pd.DataFrame, score: str) -> list[dict[str, object]]:
    person, names = pd.factorize(visits["person"], sort=True)
    own = people.loc[names]
    event = own["is_event"].to_numpy(dtype=float) == 1
    size = {"score": score, "n": len(names), "n_visits": len(visits), "n_events": int(event.sum())}
    if (np.bincount(person, minlength=1) > 1).sum() < MIN_PERSONS:
        status = f"fewer than {MIN_PERSONS} people have two visits"
        return [size | {"model": model, "status": status} for model in ("mixed", "joint")]
    value, months = (visits[name].to_numpy(dtype=float) for name in (score, "months_since_onset"))
    sums = sum_visits(value, months, person, len(names))
    design = FixedDesign(np.ones((len(names), 1)), np.ones((len(names), 1)))
    times = (own[name].to_numpy(dtype=float) for name in ("entry_months", "exit_months"))
    survival = Survival(*times, event, np.empty((len(names), 0)))
    return [
        size | row
        for model, fit in (("mixed", lambda: _mixed(sums, design)), ("joint", lambda: _joint(sums, design, survival)))
        for row in _rows(model, score, fit)
    ]


def _rows(model: str, score: str, fit) -> list[dict[str, object]]:  # type: ignore[no-untyped-def]
    try:
        parameters = fit()
    except AnalysisError as error:
        log.warning("%s model of %s: %s", model, score, error)
        return [{"model": model, "status": str(error)}]
    return [
        {
            "model": model, "parameter": name, "unit": unit, "estimate": estimate, "standard_error": error,
            "lower": estimate - Z_95 * error, "upper": estimate + Z_95 * error, "status": "fitted",
        }
        for name, unit, estimate, error in parameters
    ]  # fmt: skip


def _mixed(sums: PersonSums, design: FixedDesign) -> list[tuple[str, str, float, float]]:
    fit = fit_random_slopes(sums, design, is_reml=False)
    return _name(FIXED, fit.beta, fit.standard_errors)


def _joint(sums: PersonSums, design: FixedDesign, survival: Survival) -> list[tuple[str, str, float, float]]:
    fit = fit_joint_model(sums, design, survival)
    return _name(FIXED, fit.beta, fit.beta_errors) + _name(ASSOCIATION, fit.association, fit.association_errors)


def _name(
    names: tuple[tuple[str, str], ...], estimates: FloatArray, errors: FloatArray
) -> list[tuple[str, str, float, float]]:
    return [(*name, float(b), float(e)) for name, b, e in zip(names, estimates, errors, strict=True)]
