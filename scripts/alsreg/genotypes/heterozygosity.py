"""Heterozygosity against expectation, with an error that knows linkage; robust outliers within groups.

Long haplotypes, admixture and consanguinity move heterozygosity in a few stretches of the genome, contamination and
allelic dropout everywhere. The block jackknife tells them apart: the former widen a sample's own standard error.
"""

from __future__ import annotations

import numpy as np

# As long as a homozygous stretch in a child of cousins (about 20 Mb), and longer than the linkage disequilibrium that
# admixture leaves: shorter blocks take one such stretch for several findings.
BLOCK_BP = 25_000_000
MAD_TO_SD = 1.482602218505602


def expected_heterozygosity(alt: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Expected share of heterozygotes from allele counts, unbiased (Nei 1978); 0 with fewer than two alleles."""
    p = np.divide(alt, total, out=np.zeros(np.shape(alt)), where=total > 0)
    correction = np.divide(total, total - 1, out=np.zeros(np.shape(alt)), where=total > 1)
    return 2 * p * (1 - p) * correction


def jackknife_ratio(observed: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Observed / expected heterozygotes and the standard error over blocks left out one at a time.

    Parameters
    ----------
    observed, expected
        Sums per block of the genome and sample, ``(blocks, n)``.

    Returns
    -------
    ratio, standard error, each ``(n,)``; NaN where nothing is expected; the error is NaN with fewer than two blocks.
    Blocks are not weighted by size: a dense gene region is one block of many variants but few haplotypes, and a
    weighted jackknife (Busing et al. 1999) would take its variants for evidence.
    """
    total_observed, total_expected = observed.sum(axis=0), expected.sum(axis=0)
    ratio = _divide(total_observed, total_expected)
    rest = _divide(total_observed - observed, total_expected - expected)
    n_blocks = (expected > 0).sum(axis=0)
    squares = np.nansum((rest - ratio) ** 2, axis=0)
    is_known = n_blocks > 1
    variance = squares * (n_blocks - 1) / np.maximum(n_blocks, 1)
    return ratio, np.where(is_known, np.sqrt(variance), np.nan)


def robust_z(
    values: np.ndarray, standard_errors: np.ndarray, group: np.ndarray, is_reference: np.ndarray
) -> np.ndarray:
    """Deviation of each value from the median of its group.

    The unit is the group's robust SD (scaled median absolute deviation) or the value's own standard error, whichever
    is larger: nobody is an outlier by noise of their own.

    Parameters
    ----------
    values, standard_errors
        ``(n,)``.
    group
        Row of `is_reference` that each value is judged by, ``(n,)``.
    is_reference
        Which values make up each group, bool ``(groups, n)``.

    Returns
    -------
    ``(n,)``; NaN where the value, or any spread to judge it by, is absent.
    """
    out = np.full(len(values), np.nan)
    for number, members in enumerate(is_reference):
        reference = values[members & np.isfinite(values)]
        if len(reference) == 0:
            continue
        median = np.median(reference)
        spread = np.fmax(MAD_TO_SD * np.median(np.abs(reference - median)), standard_errors)
        mine = group == number
        out[mine] = _divide(values - median, np.where(spread > 0, spread, 0))[mine]
    return out


def _divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    return np.divide(numerator, denominator, out=np.full(np.shape(numerator), np.nan), where=denominator > 0)
