"""Difference in change between two groups of weighted people, adjusted for the baseline value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alsreg.errors import AnalysisError
from alsreg.stats.null import FloatArray


@dataclass(frozen=True)
class Ancova:
    """Mean changes of the two groups at the weighted mean of the baseline, and what the difference hangs on."""

    treated: float
    control: float
    derivative: (
        FloatArray  # (n,) of treated minus control in each weight; times the weight it is the sandwich's (HC0) part
    )


def fit_ancova(change: FloatArray, baseline: FloatArray, is_treated: NDArray[np.bool_], weights: FloatArray) -> Ancova:
    """Weighted least squares of `change` on group and `baseline`, all ``(n,)``: one slope on the baseline for both groups.

    ``β = (X'WX)⁻¹ X'Wy``, ``∂β/∂w_i = (X'WX)⁻¹ x_i (y_i - x_i'β)``. The derivative of the difference holds wherever the
    baseline is centred, and the estimate is consistent for the difference in weighted means though the line be wrong, as
    long as weights (or chance) balance the baseline (Yang & Tsiatis 2001, Am Stat 55:314).

    Raises
    ------
    AnalysisError
        A group holds nobody, or everybody has the same baseline.
    """
    if is_treated.all() or not is_treated.any() or np.ptp(baseline) == 0:
        raise AnalysisError("a group is empty, or everybody has the same baseline score")
    centred = baseline - np.average(baseline, weights=weights)
    design = np.column_stack([np.ones(len(change)), is_treated.astype(float), centred])
    inverse = np.linalg.inv((design * weights[:, None]).T @ design)
    beta = inverse @ (design.T @ (weights * change))
    derivative = (design @ inverse[1]) * (change - design @ beta)
    return Ancova(float(beta[0] + beta[1]), float(beta[0]), derivative)
