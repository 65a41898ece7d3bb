"""Groups of decline of the ALSFRS-R total: from visits to each person's class, and what speaks for the classes."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alsreg.config.trajectories import TrajectoriesConfig
from alsreg.errors import AnalysisError
from alsreg.stats.class_choice import Criteria, Stability, choose, criteria, resample_stability
from alsreg.stats.latent_classes import ClassFit, Moments, fit_classes, sum_moments
from alsreg.stats.null import Z_95

log = logging.getLogger(__name__)

# Below this a mixed model, let alone classes of it, says nothing of anybody.
MIN_PERSONS = 20
STEP_MONTHS = 3.0
ASSIGNED = "assigned"


@dataclass(frozen=True)
class Trajectories:
    """Rows of `TRAJECTORIES`, `TRAJECTORY_MODELS`, `TRAJECTORY_CLASSES` and `TRAJECTORY_CURVES`."""

    people: pd.DataFrame
    models: pd.DataFrame
    classes: pd.DataFrame
    curves: pd.DataFrame


def group_people(persons: pd.Series, visits: pd.DataFrame, settings: TrajectoriesConfig) -> Trajectories:
    """Group `persons` by the course of their total over months since registration.

    Who cannot be grouped, or a registry with too few visits, has a status instead of a class.
    """
    usable = visits[visits["months_since_registration"].notna() & visits["total"].notna()]
    n_visits = usable["person"].map(usable["person"].value_counts())
    usable = usable[n_visits >= settings.min_visits]
    person, names = pd.factorize(usable["person"], sort=True)
    if len(names) < MIN_PERSONS:
        reason = f"no classes: fewer than {MIN_PERSONS} people have {settings.min_visits} scored visits"
        return _without_classes(persons, reason)
    value, months = (usable[name].to_numpy(dtype=float) for name in ("total", "months_since_registration"))
    try:
        moments = sum_moments(value, months, person, len(names), settings.degree)
        found = _fit_numbers(moments, settings)
    except AnalysisError as error:
        return _without_classes(persons, f"no classes: {error}")
    last = np.zeros(len(names))
    np.maximum.at(last, person, months)
    fit, stability = found.fits[found.chosen], found.stability.get(found.chosen)
    assert fit is not None
    log.info("%d people, %d classes: %s", len(names), fit.n_classes, "; ".join(found.words))
    return Trajectories(
        people=_people(persons, fit, names, settings.min_visits),
        models=_models(found, moments),
        classes=_classes(fit, stability),
        curves=_curves(fit, last),
    )


@dataclass(frozen=True)
class _Numbers:
    """Fits of 1, 2, … classes and the number chosen, as a position; stability of usable numbers by position."""

    fits: list[ClassFit | None]
    values: list[Criteria | None]
    chosen: int
    words: list[str]
    stability: dict[int, Stability]


def _fit_numbers(moments: Moments, settings: TrajectoriesConfig) -> _Numbers:
    fits: list[ClassFit | None] = []
    for number in range(1, settings.max_classes + 1):
        try:
            fits.append(fit_classes(moments, number, np.random.default_rng([settings.seed, number]), settings.n_starts))
        except AnalysisError as error:
            log.warning("%d classes: %s", number, error)
            fits.append(None)
    values = [None if fit is None else criteria(fit) for fit in fits]
    chosen, words = choose(values, settings.min_class_share, settings.min_entropy)
    stability = {}
    for place, fit in enumerate(fits):
        if fit is not None and place and (place == chosen or words[place].startswith("larger BIC")):
            rng = np.random.default_rng([settings.seed, place + 1, 1])
            stability[place] = resample_stability(moments, fit, settings.n_resamples, rng)
    return _Numbers(fits, values, chosen, words, stability)


def _people(persons: pd.Series, fit: ClassFit, names: pd.Index, min_visits: int) -> pd.DataFrame:
    own = pd.DataFrame({"trajectory_class": fit.assigned + 1, "trajectory_posterior": fit.posterior.max(axis=1)}, names)
    if fit.n_classes > 1:
        own["is_fast_decline"] = (own["trajectory_class"] == fit.n_classes).astype(int)
        own["fast_decline_probability"] = fit.posterior[:, -1]
    own["trajectory_posteriors"] = [";".join(f"{p:.4f}" for p in row) for row in fit.posterior]
    own["trajectory_status"] = ASSIGNED
    rows = own.reindex(persons).reset_index(drop=True)
    rows["trajectory_status"] = rows["trajectory_status"].fillna(f"fewer than {min_visits} scored visits")
    return rows.assign(person=persons.to_numpy())


def _models(found: _Numbers, moments: Moments) -> pd.DataFrame:
    rows = []
    for place, (fit, value, word) in enumerate(zip(found.fits, found.values, found.words, strict=True)):
        row: dict[str, object] = {"n_classes": place + 1, "is_chosen": place == found.chosen, "status": word}
        row |= {"n_people": len(moments.yy), "n_visits": int(moments.n_visits.sum())}
        if fit is not None and value is not None:
            row |= vars(value) | {
                "n_parameters": fit.n_parameters, "log_likelihood": fit.log_likelihood, "n_starts": fit.n_starts,
                "n_starts_reached": fit.n_reached,
            }  # fmt: skip
        if place in found.stability:
            stable = found.stability[place]
            row |= {"rand_index": stable.rand_index, "n_resamples": stable.n_resamples}
            row |= {"min_jaccard": float(stable.jaccard.min())}
        rows.append(row)
    return pd.DataFrame(rows)


def _classes(fit: ClassFit, stability: Stability | None) -> pd.DataFrame:
    own = fit.posterior.max(axis=1)
    errors = np.sqrt(np.einsum("kpp->kp", fit.covariances))
    frame = pd.DataFrame(
        {
            "trajectory_class": np.arange(fit.n_classes) + 1,
            "n": np.bincount(fit.assigned, minlength=fit.n_classes),
            "share": fit.shares,
            "certainty": [own[fit.assigned == label].mean() for label in range(fit.n_classes)],
            "jaccard": np.nan if stability is None else stability.jaccard,
        }
    )
    for place, name in enumerate(("level", "change", "curvature")):
        is_there = place < fit.coefficients.shape[1]
        frame[name] = fit.coefficients[:, place] if is_there else np.nan
        frame[f"{name}_standard_error"] = errors[:, place] if is_there else np.nan
    return frame


def _curves(fit: ClassFit, last: np.ndarray) -> pd.DataFrame:
    """Each class from registration to the last time at which one of its people is seen, or to the end of the scale."""
    parts = []
    for label in range(fit.n_classes):
        seen = last[fit.assigned == label]
        if not len(seen):
            continue
        months = np.arange(0.0, seen.max() + 1e-9, STEP_MONTHS)
        mean, error = (values[label] for values in fit.curves(months))
        inside = np.logical_and.accumulate(mean >= 0)
        months, mean, error = months[inside], mean[inside], error[inside]
        parts.append(
            pd.DataFrame(
                {
                    "trajectory_class": label + 1, "months_since_registration": months,
                    "n": (seen[:, None] >= months).sum(axis=0), "mean": mean, "lower": mean - Z_95 * error,
                    "upper": mean + Z_95 * error,
                }
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _without_classes(persons: pd.Series, reason: str) -> Trajectories:
    log.warning("%s", reason)
    people = pd.DataFrame({"person": persons.to_numpy(), "trajectory_status": reason})
    models = pd.DataFrame([{"n_classes": 1, "is_chosen": False, "status": reason}])
    return Trajectories(people, models, pd.DataFrame(), pd.DataFrame())
