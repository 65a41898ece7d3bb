"""Platform effect: does the allele frequency depend on the assay that gave the genotype?"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from alsreg.genotypes.batch import batch_p


def platform_p(
    genotypes: NDArray[np.int8],
    source: NDArray[np.uint8],
    stratum: NDArray[np.int64],
    copies: NDArray[np.int8],
    n_assays: int,
) -> NDArray[np.float64]:
    """Cochran-Mantel-Haenszel p-value of ALT frequency by source assay within strata of ancestry.

    Each person counts once, with the genotype that was kept: a person typed on two assays in both of them would make
    the groups dependent. Relatives must be left out (`stratum` -1) for the same reason.

    Parameters
    ----------
    genotypes, source
        Merged ALT counts and their sources (0 missing, else 1 + assay), ``(m, n)``.
    stratum
        Ancestry group of each person, ``(n,)``; negative leaves the person out.
    copies
        Chromosome copies of each person, ``(n,)``; 1 counts a homozygous call once.

    Returns
    -------
    float64 ``(m,)``; NaN where fewer than two assays gave genotypes.
    """
    n_strata = int(stratum.max(initial=-1)) + 1
    if n_assays < 2 or n_strata == 0:
        return np.full(len(genotypes), np.nan)
    alt, total = count_by_source(genotypes, source, stratum, copies, n_strata, n_assays)
    p = batch_p(alt, total)
    n_sources = (total.sum(axis=1) > 0).sum(axis=1)
    return np.where(n_sources >= 2, p, np.nan)


@numba.njit(cache=True, nogil=True)
def count_by_source(genotypes, source, stratum, copies, n_strata, n_assays):
    """ALT and all alleles by variant, stratum and assay: two int64 ``(m, n_strata, n_assays)``.

    A haploid heterozygote is an error and counts nothing.
    """
    m, n = genotypes.shape
    alt = np.zeros((m, n_strata, n_assays), np.int64)
    total = np.zeros((m, n_strata, n_assays), np.int64)
    for i in range(m):
        for j in range(n):
            s = stratum[j]
            if s >= 0 and source[i, j] > 0:
                k = source[i, j] - 1
                if copies[j] == 2:
                    alt[i, s, k] += genotypes[i, j]
                    total[i, s, k] += 2
                elif copies[j] == 1 and genotypes[i, j] != 1:
                    alt[i, s, k] += genotypes[i, j] // 2
                    total[i, s, k] += 1
    return alt, total
