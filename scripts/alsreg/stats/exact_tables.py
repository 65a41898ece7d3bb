"""Exact inference on 2 x 2 tables, one or several strata: Fisher's test and its stratified form, given all margins.

Source: Agresti 2002, Categorical Data Analysis, sections 3.5 and 6.7; Mehta, Patel & Gray 1985 (JASA 80:969). Equal to R's
`fisher.test` and `mantelhaen.test(exact = TRUE)`: two-sided p sums the probabilities no larger than the observed one's, the odds
ratio is the conditional maximum likelihood estimate, and the interval inverts the two one-sided tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from alsreg.stats.null import FloatArray, IntArray

# Probabilities within this of the observed one count as equal to it, as in R.
RELATIVE_ERROR = 1.0 + 1e-7
MAX_LOG_ODDS = 100.0


@dataclass(frozen=True)
class ExactTest:
    """Result for the odds of being a carrier in cases over controls."""

    odds_ratio: float  # conditional estimate; 0 or infinity at the edge of the support, NaN without carriers
    lower: float
    upper: float
    p_value: float
    p_mid: float  # two-sided, half of what is as probable as observed


@dataclass(frozen=True)
class Conditional:
    """Distribution of the cases' carriers, summed over strata, given all margins."""

    support: IntArray  # (k,)
    log_null: FloatArray  # (k,) log probabilities at odds ratio 1

    def probabilities(self, log_odds: float = 0.0) -> FloatArray:
        weights = self.log_null + log_odds * (self.support - self.support[0])
        out = np.exp(weights - weights.max())
        return out / out.sum()

    def mean(self, log_odds: float) -> float:
        return float(self.support @ self.probabilities(log_odds))

    def mid_p(self) -> FloatArray:
        """Two-sided mid-p at every point of the support, under the null: ``(k,)``."""
        p = self.probabilities()
        order = np.argsort(p, kind="stable")
        total = np.concatenate([[0.0], np.cumsum(p[order])])
        low = np.searchsorted(p[order], p / RELATIVE_ERROR, side="left")
        high = np.searchsorted(p[order], p * RELATIVE_ERROR, side="right")
        return np.minimum((total[low] + total[high]) / 2.0, 1.0)


def conditional_distribution(tables: IntArray) -> Conditional:
    """Of tables ``(s, 4)``: carriers and others among cases, carriers and others among controls."""
    start, log_null = 0, np.zeros(1)
    for a, b, c, d in np.asarray(tables, dtype=np.int64):
        n_cases, n_controls, carriers = a + b, c + d, a + c
        low, high = max(0, carriers - n_controls), min(carriers, n_cases)
        x = np.arange(low, high + 1)
        own = _log_choose(n_cases, x) + _log_choose(n_controls, carriers - x)
        own -= special.logsumexp(own)
        start += int(low)
        log_null = _log_convolve(log_null, own)
    return Conditional(start + np.arange(len(log_null)), log_null)


def _log_choose(n: int, k: IntArray) -> FloatArray:
    return special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)


def _log_convolve(left: FloatArray, right: FloatArray) -> FloatArray:
    if len(left) == 1:
        return right + left[0]
    with np.errstate(divide="ignore"):
        return np.log(np.convolve(np.exp(left), np.exp(right)))


def exact_test(tables: IntArray, level: float = 0.95) -> ExactTest:
    """Test tables ``(s, 4)`` of independent strata for a common odds ratio of 1."""
    tables = np.atleast_2d(np.asarray(tables, dtype=np.int64))
    if (tables < 0).any():
        raise ValueError(f"negative counts: {tables.tolist()}")
    null = conditional_distribution(tables)
    at = int(tables[:, 0].sum() - null.support[0])
    p = null.probabilities()
    same = p <= p[at] * RELATIVE_ERROR
    p_value = min(float(p[same].sum()), 1.0)
    if len(null.support) == 1:
        return ExactTest(np.nan, 0.0, np.inf, 1.0, 1.0)
    observed, half = null.support[at], (1.0 - level) / 2.0
    is_lowest, is_highest = at == 0, at == len(null.support) - 1
    odds = 0.0 if is_lowest else np.inf if is_highest else _root(lambda t: null.mean(t) - observed)
    lower = 0.0 if is_lowest else _root(lambda t: null.probabilities(t)[at:].sum() - half)
    upper = np.inf if is_highest else _root(lambda t: half - null.probabilities(t)[: at + 1].sum())
    return ExactTest(odds, lower, upper, p_value, float(null.mid_p()[at]))


def _root(difference) -> float:  # type: ignore[no-untyped-def]
    """Odds ratio at which an increasing function of its logarithm is zero."""
    return float(np.exp(optimize.brentq(difference, -MAX_LOG_ODDS, MAX_LOG_ODDS, xtol=1e-13, rtol=1e-14)))


def inflation(observed: FloatArray, nulls: list[Conditional]) -> float:
    """Median chi-square of mid-p over the median that the same margins give under the null; NaN if the latter is 0.

    Counts are discrete, so the null median is that of the mixture of all genes' exact distributions, not 0.4549.
    """
    if not nulls:
        return np.nan
    values = np.concatenate([special.chdtri(1, null.mid_p()) for null in nulls])
    weights = np.concatenate([null.probabilities() for null in nulls])
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weights[order])
    expected = values[order][np.searchsorted(cumulated, cumulated[-1] / 2.0)]
    return float(np.median(special.chdtri(1, observed)) / expected) if expected > 0 else np.nan
