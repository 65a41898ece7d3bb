"""Natural cubic splines: straight before the first knot and after the last."""

from __future__ import annotations

import numpy as np

from alsreg.errors import AnalysisError
from alsreg.stats.null import FloatArray

# Harrell 2015, Regression Modeling Strategies, 2nd ed., table 2.3.
QUANTILES = {3: (0.10, 0.50, 0.90), 4: (0.05, 0.35, 0.65, 0.95), 5: (0.05, 0.275, 0.50, 0.725, 0.95)}


def place_knots(time: FloatArray, n_knots: int) -> FloatArray:
    """``(n_knots,)`` at Harrell's quantiles of the times.

    Raises
    ------
    AnalysisError
        Too many times are alike for the knots to differ.
    """
    if not len(time):
        raise AnalysisError("there is no visit to place knots by", remedy="leave out the trait")
    knots = np.quantile(time, QUANTILES[n_knots])
    if not np.all(np.diff(knots) > 1e-9 * np.ptp(time)):
        raise AnalysisError(
            "knots of the spline coincide: too many visits are at one time", value=[round(float(k), 3) for k in knots],
            remedy="give fewer `n_knots`, or 0 for a straight mean decline",
        )  # fmt: skip
    return knots


def natural_spline(time: FloatArray, knots: FloatArray) -> FloatArray:
    """What bends: ``(v, k - 2)`` columns that with 1 and time span the natural cubic splines with ``k`` knots.

    Truncated cubes in units of time (Harrell 2015, eq. 2.25): the same space as R's ``splines::ns`` with the outer knots as
    boundary.
    """
    cubes = np.maximum(np.asarray(time)[:, None] - knots, 0.0) ** 3 / (knots[-1] - knots[0]) ** 2
    inner, last = cubes[:, :-2], knots[-1] - knots[-2]
    to_last, to_second = (knots[-1] - knots[:-2]) / last, (knots[-2] - knots[:-2]) / last
    return inner - cubes[:, -2:-1] * to_last + cubes[:, -1:] * to_second
