"""Approximate credible sets under a single causal variant (Wakefield 2009, Genet Epidemiol 33:79)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from alsreg.stats.null import FloatArray


def log_bayes_factor(z: ArrayLike, standard_error: ArrayLike, prior_sd: float) -> FloatArray:
    """Natural log of Wakefield's approximate Bayes factor of an effect ``N(0, prior_sd²)`` against none.

    ``½ log(1 - r) + ½ z² r``, ``r = W / (V + W)``.
    """
    z, variance = np.asarray(z, dtype=np.float64), np.asarray(standard_error, dtype=np.float64) ** 2
    share = prior_sd**2 / (variance + prior_sd**2)
    return 0.5 * (np.log1p(-share) + z**2 * share)


def posterior(log_factor: FloatArray) -> FloatArray:
    """Probability of each variant to be the causal one, if exactly one is and all are as likely beforehand."""
    return np.exp(log_factor - special.logsumexp(log_factor))


def credible_set(probability: FloatArray, coverage: float) -> NDArray[np.int64]:
    """Positions of the fewest variants that reach `coverage` together, most probable first."""
    order = np.argsort(-probability, kind="stable")
    reached = np.searchsorted(np.cumsum(probability[order]), coverage * (1.0 - 1e-12)) + 1
    return order[:reached]
