"""Allele frequency by batch within ancestry: Cochran-Mantel-Haenszel, exact where it matters.

With few copies of an allele the chi-square approximation errs by many orders of magnitude in the tail, so every p-value
that could matter is the exact conditional one (Mehta, Patel and Gray 1985, J Am Stat Assoc 80:969, for 2 x 2 x K
tables): sums of independent hypergeometric variables, one per stratum.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from scipy.special import chdtrc

# Below this the approximation is replaced by the exact p-value.
EXACT_BELOW = 0.01
TIE = 1e-7
SMALLEST_P = float(np.finfo(np.float64).tiny)


def batch_p(alt: np.ndarray, total: np.ndarray) -> np.ndarray:
    """P-value of each variant for allele frequency by batch, given stratum.

    Each batch is compared with all others together; the smallest p is multiplied by the number of comparisons.

    # ASSUME the two alleles of a person are independent, given ancestry.

    Parameters
    ----------
    alt, total
        ALT and all alleles by variant, stratum and batch: integer ``(m, strata, batches)``.

    Returns
    -------
    float64 ``(m,)``; 1 where no stratum holds two batches and two alleles (a table that can take one form only),
    NaN with fewer than two batches.
    """
    n_batches = alt.shape[2]
    if n_batches < 2:
        return np.full(len(alt), np.nan)
    compared = range(1) if n_batches == 2 else range(n_batches)
    smallest = np.min([_one_against_rest(alt, total, batch) for batch in compared], axis=0)
    return np.minimum(smallest * len(compared), 1.0)


def _one_against_rest(alt: np.ndarray, total: np.ndarray, batch: int) -> np.ndarray:
    seen, size = alt[:, :, batch], total[:, :, batch]
    all_alt, all_total = alt.sum(axis=2), total.sum(axis=2)
    n = np.maximum(all_total, 1).astype(float)
    expected = size * all_alt / n
    variance = size * (n - size) * all_alt * (n - all_alt) / (n**2 * np.maximum(n - 1, 1))
    sum_variance = variance.sum(axis=1)
    deviation = (seen - expected).sum(axis=1) ** 2
    statistic = np.divide(deviation, sum_variance, out=np.zeros(len(alt)), where=sum_variance > 0)
    p = chdtrc(1, statistic)
    rows = np.flatnonzero(p < EXACT_BELOW)
    arrays = (np.ascontiguousarray(a[rows], dtype=np.int64) for a in (seen, size, all_alt, all_total))
    p[rows] = _exact(*arrays)
    return p


@numba.njit(cache=True, nogil=True)
def _exact(seen, size, all_alt, all_total):
    out = np.empty(len(seen))
    for i in range(len(seen)):
        distribution = np.ones(1)
        lowest = 0
        for s in range(seen.shape[1]):
            low, pmf = _hypergeometric(size[i, s], all_alt[i, s], all_total[i, s])
            lowest += low
            distribution = np.convolve(distribution, pmf)
        at = distribution[seen[i].sum() - lowest]
        p = 0.0
        for value in distribution:
            if value <= at * (1 + TIE):
                p += value
        out[i] = max(min(p, 1.0), SMALLEST_P)
    return out


@numba.njit(cache=True, nogil=True)
def _hypergeometric(size, alt, total):
    """Smallest value, and the probabilities from there on, of ALT alleles in a batch of `size` out of `total`."""
    low, high = max(0, size + alt - total), min(size, alt)
    pmf = np.empty(high - low + 1)
    constant = _log_choose(total, size)
    for k in range(low, high + 1):
        pmf[k - low] = math.exp(_log_choose(alt, k) + _log_choose(total - alt, size - k) - constant)
    return low, pmf


@numba.njit(cache=True, nogil=True)
def _log_choose(n, k):
    return math.lgamma(n + 1.0) - math.lgamma(k + 1.0) - math.lgamma(n - k + 1.0)
