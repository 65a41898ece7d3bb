"""Difference in slope between two groups of weighted people: generalised least squares under a random-slope model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alsreg.stats.mixed_fit import FixedDesign, PersonSums, fit_random_slopes
from alsreg.stats.null import FloatArray


@dataclass(frozen=True)
class SlopeModel:
    """What each of ``n`` people's visits say, at fixed variances: ``A = Z'V⁻¹Z`` and ``u = Z'V⁻¹y``, ``Z = [1, time]``."""

    precision: FloatArray  # (n, 2, 2)
    response: FloatArray  # (n, 2)
    is_treated: NDArray[np.bool_]  # (n,)

    def slopes(self, weights: FloatArray) -> tuple[float, float, FloatArray]:
        """Slope of the treated, of the others, and the derivative of their difference in each weight ``(n,)``.

        The groups share no parameter, so each is a regression of its own:
        ``β = (Σ w A)⁻¹ Σ w u``, ``∂β/∂w_i = (Σ w A)⁻¹ (u_i - A_i β)``. Whatever the variances, the estimate is
        consistent where visits are missing completely at random; where missing depends on recorded scores it leans on
        them, as any mixed model does.
        """
        derivative, slopes = np.zeros(len(weights)), []
        for group, sign in ((self.is_treated, 1.0), (~self.is_treated, -1.0)):
            a, u, w = self.precision[group], self.response[group], weights[group]
            inverse = np.linalg.inv(np.einsum("n,nij->ij", w, a))
            beta = inverse @ (w @ u)
            slopes.append(beta[1])
            derivative[group] = sign * (u - a @ beta) @ inverse[1]
        return float(slopes[0]), float(slopes[1]), derivative


def slope_model(sums: PersonSums, is_treated: NDArray[np.bool_]) -> SlopeModel:
    """Variances from an unweighted REML fit with an intercept and slope per group, then the sums of each person.

    Raises
    ------
    AnalysisError
        The mixed model has no maximum that can be found.
    """
    groups = np.column_stack([np.ones(len(is_treated)), is_treated.astype(float)])
    fit = fit_random_slopes(sums, FixedDesign(groups, groups))
    # Z'V⁻¹ = (I + Z'Z D/σ²)⁻¹ Z'/σ² (Woodbury).
    shrink = np.linalg.inv(np.eye(2) + sums.zz @ fit.random / fit.residual)
    return SlopeModel(
        shrink @ sums.zz / fit.residual, np.einsum("nij,nj->ni", shrink, sums.zy) / fit.residual, is_treated
    )
