"""Traits of every person: what the clinical tables say, and the slopes of a mixed model."""

from __future__ import annotations

import logging
from datetime import date

import numpy as np
import pandas as pd

from alsreg.clinical.traits import SLOPES, derive_phenotypes
from alsreg.config.registry import RegistryConfig
from alsreg.errors import AnalysisError
from alsreg.stats.mixed import Visits
from alsreg.stats.slopes import predicted_slopes

log = logging.getLogger(__name__)

# Below this the four variance parameters are not identified well enough to describe anybody.
MIN_PERSONS = 20


def phenotypes_of(
    patients: pd.DataFrame,
    visits: pd.DataFrame,
    events: pd.DataFrame,
    samples: pd.DataFrame,
    settings: RegistryConfig,
    freeze_date: date,
) -> pd.DataFrame:
    """One row per person in the order of `patients`: the table `PHENOTYPES`."""
    slopes = pd.DataFrame({column: slopes_of(visits, score) for column, score in SLOPES.items()})
    return derive_phenotypes(patients, visits, events, samples, slopes, settings, freeze_date)


def slopes_of(visits: pd.DataFrame, score: str) -> pd.Series:
    """Predicted change of `score` by person, points per month; people with one visit stay in.

    Empty, with a warning in the log, when fewer than `MIN_PERSONS` people have two visits or there is no fit.
    """
    usable = visits[visits["months_since_registration"].notna() & visits[score].notna()]
    person, names = pd.factorize(usable["person"], sort=True)
    if (np.bincount(person, minlength=1) > 1).sum() < MIN_PERSONS:
        log.warning("no slopes of %s predicted: fewer than %d people have two visits", score, MIN_PERSONS)
        return pd.Series(dtype=float)
    value, months = (usable[name].to_numpy(dtype=float) for name in (score, "months_since_registration"))
    try:
        return pd.Series(predicted_slopes(Visits(value, months, person), len(names)), index=names)
    except AnalysisError as error:
        log.warning("no slopes of %s predicted: %s", score, error)
        return pd.Series(dtype=float)
