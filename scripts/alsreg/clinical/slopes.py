"""Predicted decline of each person, for description only: a predicted slope is no outcome for a genotype."""

from __future__ import annotations

import logging
import warnings

import numpy as np

log = logging.getLogger(__name__)

# Below this the four variance parameters are not identified well enough to describe anybody.
MIN_PERSONS = 20


def predicted_slopes(person: np.ndarray, months: np.ndarray, total: np.ndarray) -> dict[object, float]:
    """Fixed plus random slope of each person, points per month.

    A REML fit of ``total ~ months + (months | person)``.

    Parameters
    ----------
    person, months, total
        One entry per visit, shape (n,); visits with a missing number are left out. Persons with one visit
        stay in.

    Returns
    -------
    dict
        Person: slope. Empty, with a warning in the log, when fewer than `MIN_PERSONS` persons have two
        visits or the fit does not converge.
    """
    usable = ~(np.isnan(months) | np.isnan(total))
    person, months, total = person[usable], months[usable], total[usable]
    names, code = np.unique(person.astype(str), return_inverse=True)
    if (np.bincount(code, minlength=1) > 1).sum() < MIN_PERSONS:
        log.warning("no slopes predicted: fewer than %d persons have two visits", MIN_PERSONS)
        return {}
    return _fit(names, code, months, total)


def _fit(names: np.ndarray, code: np.ndarray, months: np.ndarray, total: np.ndarray) -> dict[object, float]:
    from statsmodels.regression.mixed_linear_model import MixedLM

    # Years, so that intercept and slope have variances of like size.
    design = np.column_stack([np.ones_like(months), months / 12])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = MixedLM(total, design, groups=code, exog_re=design).fit(reml=True, method=["lbfgs", "bfgs"])
    if not fit.converged:
        log.warning("no slopes predicted: the mixed model did not converge")
        return {}
    return {names[group]: float(fit.fe_params[1] + effect.iloc[1]) / 12 for group, effect in fit.random_effects.items()}
