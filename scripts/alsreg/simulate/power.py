"""Closed-form power of the four single-variant tests and of a burden test.

All tests are two-sided with one degree of freedom. `genotype_variance` is the variance of the allele count among the
people tested (2pq under Hardy-Weinberg).
"""

from __future__ import annotations

import numpy as np
from scipy import stats


def power_of_noncentrality(noncentrality: float, alpha: float, degrees: float | None = None) -> float:
    """Power of a chi-square test with one degree of freedom; of a t-test squared when `degrees` is given."""
    if degrees is None:
        return float(stats.ncx2.sf(stats.chi2.isf(alpha, 1), 1, noncentrality))
    return float(stats.ncf.sf(stats.f.isf(alpha, 1, degrees), 1, degrees, noncentrality))


def quantitative_noncentrality(effect: float, genotype_variance: float, residual_sd: float, n: int) -> float:
    """N var(g) beta² / sigma²: the t-test of a least-squares slope."""
    return n * genotype_variance * effect**2 / residual_sd**2


def binary_noncentrality(log_odds: float, frequency: float, prevalence: float, n: int) -> float:
    """Score (Cochran-Armitage) test of an additive log odds ratio, Hardy-Weinberg genotypes.

    ``N cov(g, y)² / (var(g) phi (1 - phi))`` with the covariance exact under the logistic alternative: an intercept is
    found for which the mean risk is `prevalence`.
    """
    count = np.arange(3)
    weight = np.array([(1 - frequency) ** 2, 2 * frequency * (1 - frequency), frequency**2])
    low, high = -50.0, 50.0
    for _ in range(200):
        middle = (low + high) / 2
        risk = 1 / (1 + np.exp(-(middle + log_odds * count)))
        low, high = (middle, high) if weight @ risk < prevalence else (low, middle)
    mean = weight @ count
    covariance = weight @ ((count - mean) * risk)
    variance = weight @ (count - mean) ** 2
    return float(n * covariance**2 / (variance * prevalence * (1 - prevalence)))


def survival_noncentrality(log_hazard_ratio: float, genotype_variance: float, n_events: int) -> float:
    """D var(g) beta² [Schoenfeld 1983; Hsieh & Lavori 2000]; delayed entry acts through the number of events."""
    return n_events * genotype_variance * log_hazard_ratio**2


def slope_information(times: np.ndarray, covariance: np.ndarray, residual_sd: float) -> np.ndarray:
    """Information (2, 2) of one person's visits on intercept and slope: Z' (Z G Z' + sigma² I)^-1 Z.

    times : months since registration; covariance : G, (2, 2) of the random intercept and slope.
    """
    design = np.column_stack([np.ones(len(times)), times])
    total = design @ covariance @ design.T + residual_sd**2 * np.eye(len(times))
    return design.T @ np.linalg.solve(total, design)


def slope_noncentrality(effect: float, genotype_variance: float, information: np.ndarray) -> float:
    """Variant x time in a mixed model, main effect adjusted; `information` is summed over people.

    The information on (variant, variant x time) is var(g) times the sum; the main effect is profiled out.
    """
    a, b, c = information[0, 0], information[0, 1], information[1, 1]
    return float(effect**2 * genotype_variance * (c - b**2 / a))
