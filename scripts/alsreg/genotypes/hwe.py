"""Exact test of Hardy-Weinberg equilibrium.

Wigginton, Cutler and Abecasis 2005, Am J Hum Genet 76:887; mid-p: Graffelman and Moreno 2013, Stat Appl Genet Mol
Biol 12:433.
"""

from __future__ import annotations

import numba
import numpy as np

# Relative difference below which two probabilities of the recursion count as equal.
TIE = 1e-10
SMALLEST_P = float(np.finfo(np.float64).tiny)


def hwe_exact(n_hom_ref: np.ndarray, n_het: np.ndarray, n_hom_alt: np.ndarray, *, is_mid_p: bool = False) -> np.ndarray:
    """P-value of each variant: the share of all heterozygote counts, given the alleles, no likelier than the one seen.

    Parameters
    ----------
    n_hom_ref, n_het, n_hom_alt
        Genotype counts, integer, any one shape.
    is_mid_p
        Count half the probability of what was seen: less conservative where alleles are few.

    Returns
    -------
    float64 of the same shape; 1 (mid-p: 0.5) for monomorphic variants, NaN without genotypes. A p-value below the
    smallest normal number (2.2e-308) is given as that number.
    """
    shape = np.broadcast_shapes(np.shape(n_hom_ref), np.shape(n_het), np.shape(n_hom_alt))
    counts = [np.broadcast_to(np.asarray(n, np.int64), shape).ravel() for n in (n_hom_ref, n_het, n_hom_alt)]
    if any((count < 0).any() for count in counts):
        raise ValueError("genotype counts are negative")
    return _exact(*counts, is_mid_p).reshape(shape)


@numba.njit(cache=True, nogil=True)
def _exact(n_hom_ref, n_het, n_hom_alt, is_mid_p):
    out = np.empty(len(n_het))
    for i in range(len(n_het)):
        out[i] = _exact_one(n_hom_ref[i], n_het[i], n_hom_alt[i], is_mid_p)
    return out


@numba.njit(cache=True, nogil=True)
def _exact_one(n_hom_ref, n_het, n_hom_alt, is_mid_p):
    """Sum P(het) outward from its mode, where it is set to 1; what was seen may underflow, the sum does not."""
    n = n_hom_ref + n_het + n_hom_alt
    if n == 0:
        return np.nan
    rare = 2 * min(n_hom_ref, n_hom_alt) + n_het
    mode = _mode(rare, n)
    seen = _relative_probability(mode, n_het, rare, n)
    total, tail = 1.0, 1.0 if seen * (1 + TIE) >= 1 else 0.0
    for step in (-2, 2):
        het, p = mode, 1.0
        while 0 <= het + step <= rare and p > 0:
            p *= _ratio(het, step, rare, n)
            het += step
            total += p
            if p <= seen * (1 + TIE):
                tail += p
    if is_mid_p:
        tail -= 0.5 * seen
    return max(min(tail / total, 1.0), SMALLEST_P)


@numba.njit(cache=True, nogil=True)
def _mode(rare, n):
    """Likeliest number of heterozygotes: of the parity of `rare`, next to its expectation."""
    mode = rare * (2 * n - rare) // (2 * n)
    if (mode - rare) % 2:
        mode += 1
    while mode + 2 <= rare and _ratio(mode, 2, rare, n) > 1:
        mode += 2
    while mode - 2 >= 0 and _ratio(mode, -2, rare, n) > 1:
        mode -= 2
    return mode


@numba.njit(cache=True, nogil=True)
def _ratio(het, step, rare, n):
    """P(het + step) / P(het) for step +-2, given `rare` copies of the rarer allele in `n` people."""
    hom_rare = (rare - het) // 2
    hom_common = n - het - hom_rare
    if step > 0:
        return 4.0 * hom_rare * hom_common / ((het + 2.0) * (het + 1.0))
    return het * (het - 1.0) / (4.0 * (hom_rare + 1.0) * (hom_common + 1.0))


@numba.njit(cache=True, nogil=True)
def _relative_probability(mode, het, rare, n):
    """P(het) / P(mode), multiplied in the same order as the sum over the tails multiplies it."""
    p, at, step = 1.0, mode, 2 if het > mode else -2
    while at != het:
        p *= _ratio(at, step, rare, n)
        at += step
    return p
