"""Foreign DNA from the reads, whatever genotypes were called from them.

The sequence model of VerifyBamID (Jun et al. 2012, Am J Hum Genet 91:839): at a common SNP the reads are a mixture of two
people whose genotypes follow from the allele frequency. Its log likelihood is summed for a few shares of foreign DNA
while records pass. Estimates from called homozygotes (CHARR) fail where coverage is low or the share is large: one
foreign read makes a heterozygote, and the homozygotes left over look clean.
"""

from __future__ import annotations

from functools import cache

import numba
import numpy as np
from scipy.special import expit, gammaln, logit, xlog1py, xlogy

from alsreg.tables.genotypes import FOREIGN_SHARES

# Shares of wrong reads tried; each chromosome of a sample takes the likeliest.
ERRORS = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032)
MIN_FREQUENCY = 0.01
MAX_DEPTH = 40  # deeper piles are thinned in proportion: the next site tells more than the next read
FREQUENCIES = expit(np.linspace(logit(MIN_FREQUENCY), logit(1 - MIN_FREQUENCY), 41))
# Support (natural log of the likelihood ratio) without which an estimate is noise.
MIN_SUPPORT = 10.0


def add_reads(sums: np.ndarray, n_sites: np.ndarray, alt: np.ndarray, depth: np.ndarray, frequency: np.ndarray) -> None:
    """Add the log likelihoods of reads at SNPs to `sums` ``(n, errors, shares)`` and sites used to `n_sites` ``(n,)``.

    Parameters
    ----------
    alt, depth
        ALT reads and all reads ``(m, n)``; sites without reads count nothing.
    frequency
        ALT frequency ``(m,)``; rarer alleles than `MIN_FREQUENCY` count nothing.
    """
    is_common = (frequency >= MIN_FREQUENCY) & (frequency <= 1 - MIN_FREQUENCY)
    if is_common.any():
        nearest = np.abs(logit(frequency[is_common])[:, None] - logit(FREQUENCIES)).argmin(axis=1)
        _add(sums, n_sites, alt[is_common], depth[is_common], nearest, _likelihoods())


def profile_over_error(sums: np.ndarray) -> np.ndarray:
    """Log likelihood at each share of foreign DNA under the error rate that suits it best: ``(n, shares)``."""
    return sums.max(axis=1)


def contamination_from_likelihood(log_likelihood: np.ndarray) -> np.ndarray:
    """Fraction of foreign DNA of each sample from its log likelihoods at `FOREIGN_SHARES`, ``(n, shares)``.

    The maximum is refined by the parabola through its neighbours. 0 where the likelihood ratio against a clean sample
    has support below `MIN_SUPPORT`; NaN where the reads say nothing (all likelihoods equal, or missing).
    """
    shares = np.array(FOREIGN_SHARES)
    out = np.full(len(log_likelihood), np.nan)
    for number, row in enumerate(log_likelihood):
        if not np.isfinite(row).all() or np.ptp(row) == 0:
            continue
        best = int(row.argmax())
        if row[best] - row[0] < MIN_SUPPORT:
            out[number] = 0.0
        elif best == len(shares) - 1:
            out[number] = shares[best]
        else:
            curve = np.polynomial.Polynomial.fit(shares[best - 1 : best + 2], row[best - 1 : best + 2], 2)
            out[number] = curve.deriv().roots()[0]
    return out


@cache
def _likelihoods() -> np.ndarray:
    """Log likelihoods: float32 ``(frequencies, MAX_DEPTH + 1, MAX_DEPTH + 1, errors, shares)`` by depth and ALT reads."""
    p, errors = FREQUENCIES, np.array(ERRORS)
    prior = np.array([(1 - p) ** 2, 2 * p * (1 - p), p**2])
    depth, alt = np.mgrid[0 : MAX_DEPTH + 1, 0 : MAX_DEPTH + 1][..., None]
    out = np.zeros((len(p), *depth.shape[:2], len(errors), len(FOREIGN_SHARES)), np.float32)
    for column, share in enumerate(FOREIGN_SHARES):
        total = np.zeros((len(p), *depth.shape[:2], len(errors)))
        for host in range(3):
            for guest in range(3):
                clean = (1 - share) * host / 2 + share * guest / 2
                reads = binomial_pmf(alt, depth, clean * (1 - errors) + (1 - clean) * errors)
                total += (prior[host] * prior[guest])[:, None, None, None] * reads
        out[..., column] = np.log(np.where(alt <= depth, total, 1))
    return out


@numba.njit(cache=True, nogil=True)
def _add(sums, n_sites, alt, depth, nearest, table):
    m, n = alt.shape
    for i in range(m):
        for j in range(n):
            d, a = depth[i, j], alt[i, j]
            if d <= 0 or a < 0 or a > d:
                continue
            if d > MAX_DEPTH:
                a = int(np.round(a * MAX_DEPTH / d))
                d = MAX_DEPTH
            n_sites[j] += 1
            for e in range(table.shape[3]):
                for k in range(table.shape[4]):
                    sums[j, e, k] += table[nearest[i], d, a, e, k]


def binomial_pmf(successes: np.ndarray, trials: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Binomial probabilities; scipy.special loads in a fraction of the time of scipy.stats."""
    ways = gammaln(trials + 1.0) - gammaln(successes + 1.0) - gammaln(trials - successes + 1.0)
    return np.exp(ways + xlogy(successes, probability) + xlog1py(trials - successes, -probability))
