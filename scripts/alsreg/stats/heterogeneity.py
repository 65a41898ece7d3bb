"""Disjoint groups of people: scores summed, and whether the groups agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special


@dataclass(frozen=True)
class SummedGroups:
    """Effect of the summed score, and the spread of the groups' one-step effects ``u / v`` about it."""

    beta: float
    standard_error: float
    p_value: float
    n_groups: int
    q: float  # Cochran's Q, chi-square with n_groups - 1 degrees of freedom; NaN with one group
    q_p: float
    i2: float  # share of the spread beyond chance (Higgins & Thompson 2002)


def sum_groups(u: ArrayLike, v: ArrayLike) -> SummedGroups:
    """Sum scores ``u (k,)`` and variances ``v (k,)`` of disjoint groups with null models of their own.

    ``Σu / Σv`` is the fixed-effect mean of the one-step estimates ``u / v`` with weights v, and
    ``Q = Σ u²/v - (Σu)² / Σv`` its heterogeneity (Cochran 1954). Groups must have ``v > 0``.
    """
    u, v = np.asarray(u, dtype=np.float64), np.asarray(v, dtype=np.float64)
    total, weight, k = float(u.sum()), float(v.sum()), len(u)
    beta, error = total / weight, 1.0 / np.sqrt(weight)
    p_value = float(special.erfc(abs(beta / error) / np.sqrt(2.0)))
    if k < 2:
        return SummedGroups(beta, error, p_value, k, np.nan, np.nan, np.nan)
    q = float(np.sum(v * (u / v - beta) ** 2))
    return SummedGroups(beta, error, p_value, k, q, float(special.chdtrc(k - 1, q)), max(0.0, 1.0 - (k - 1) / q))


def shift_of_overlapping(
    beta_a: ArrayLike, error_a: ArrayLike, beta_b: ArrayLike, error_b: ArrayLike, correlation: float
) -> NDArray[np.float64]:
    """z of ``beta_b - beta_a`` of estimates ``(k,)`` that share people.

    The variance is ``a² + b² - 2 r a b`` of the standard errors. `correlation` r of the estimates under the null is
    ``n_both / √(n_a n_b)`` for one trait, in people of whom some are in both [Lin & Sullivan 2009, Am J Hum Genet 85:862].
    NaN where the variance vanishes: the same people give the same estimate.
    """
    a, b = (np.asarray(error, dtype=np.float64) for error in (error_a, error_b))
    variance = a**2 + b**2 - 2 * correlation * a * b
    is_known = variance > 1e-12 * (a**2 + b**2)
    with np.errstate(invalid="ignore"):
        z = (np.asarray(beta_b, dtype=np.float64) - np.asarray(beta_a, dtype=np.float64)) / np.sqrt(
            np.where(is_known, variance, 1.0)
        )
    return np.where(is_known, z, np.nan)
