"""Predicted slopes of single people, for description only: a predicted slope is no outcome for a genotype."""

from __future__ import annotations

import numpy as np

from alsreg.stats.mixed import Visits, fit_mixed_null
from alsreg.stats.null import FloatArray


def predicted_slopes(visits: Visits, n_persons: int) -> FloatArray:
    """Fixed plus random slope of each person, per unit of time, shape (n_persons,).

    A REML fit of ``value ~ time + (time | person)``; the random effects are ``D Z'V⁻¹(y - Xβ)``, the best linear
    unbiased predictions (Laird & Ware 1982, eq. 3.3) at the estimated variances.

    Raises
    ------
    AnalysisError
        Somebody has no visit; too few repeated visits; no maximum is found.
    """
    fit = fit_mixed_null(visits, None, np.arange(n_persons)).fit
    return fit.beta[1] + (fit.scores @ fit.random)[:, 1]
