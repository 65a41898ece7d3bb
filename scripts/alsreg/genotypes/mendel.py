"""Mendelian errors in trios."""

from __future__ import annotations

import numpy as np

from alsreg.genotypes.frequencies import copies

# In a true trio fewer than 1 % of informative variants are errors; among strangers far more (in 1000 Genomes > 10 %).
MAX_TRIO_ERROR_RATE = 0.05


def mendelian_errors(
    genotypes: np.ndarray, trios: np.ndarray, sex: np.ndarray, ploidy: str
) -> tuple[np.ndarray, np.ndarray]:
    """Where a child's genotype cannot come from its parents.

    Parameters
    ----------
    genotypes
        ALT counts ``(m, n)``, negative is missing; haploid people are coded 0 and 2.
    trios
        Columns of child, father and mother, ``(trios, 3)``.
    sex
        Of each column, ``(n,)``; a child of unknown sex is not judged on X.
    ploidy
        ``diploid`` or ``x`` (non-pseudoautosomal); nothing is judged on ``y`` and ``mt``.

    Returns
    -------
    is_error, is_informative, bool ``(m, trios)``. A trio with a missing genotype or a heterozygous call in a haploid
    person is not judged; it is informative where it is judged and somebody carries ALT.
    """
    is_error = np.zeros((len(genotypes), len(trios)), bool)
    is_informative = np.zeros_like(is_error)
    if ploidy not in ("diploid", "x"):
        return is_error, is_informative
    n_copies = copies(ploidy, sex)
    for number, (child, father, mother) in enumerate(trios):
        c, f, m = (genotypes[:, column].astype(np.int64) for column in (child, father, mother))
        is_judged = (c >= 0) & (f >= 0) & (m >= 0)
        is_informative[:, number] = c + f + m > 0
        low, high = (m == 2).astype(int), (m > 0).astype(int)  # fewest and most ALT from the mother
        if ploidy == "x":
            is_judged &= (f != 1) & (n_copies[child] > 0)
        if ploidy == "x" and n_copies[child] == 1:
            is_judged &= c != 1
            c = c // 2
        else:
            low, high = low + (f == 2), high + (f > 0)
        is_error[:, number] = is_judged & ((c < low) | (c > high))
        is_informative[:, number] &= is_judged
    return is_error, is_informative


def is_true_trio(n_errors: np.ndarray, n_informative: np.ndarray) -> np.ndarray:
    """Whether the genotypes of each claimed trio fit together, bool; without informative variants the claim stands."""
    return n_errors <= MAX_TRIO_ERROR_RATE * n_informative
