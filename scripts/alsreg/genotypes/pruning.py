"""Choose variants: far apart, evenly spread, or in approximate linkage equilibrium."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]


def thin_by_distance(chromosome: NDArray, position: IntArray, min_distance: float) -> BoolArray:
    """Keep the first variant of each chromosome and every one at least `min_distance` base pairs after the last kept.

    Variants must be sorted by position within runs of one chromosome.
    """
    keep = np.zeros(len(position), dtype=bool)
    last_chromosome, last = None, 0
    for row, (name, place) in enumerate(zip(chromosome, position, strict=True)):
        if name != last_chromosome or place - last >= min_distance:
            keep[row] = True
            last_chromosome, last = name, place
    return keep


def thin_evenly(n: int, n_max: int) -> IntArray:
    """Row numbers of at most `n_max` of `n` variants, evenly spread."""
    if n <= n_max:
        return np.arange(n)
    return np.unique(np.floor((np.arange(n_max) + 0.5) * n / n_max).astype(np.int64))


def outside_regions(chromosome: NDArray, position: IntArray, regions: list[tuple[str, int, int]]) -> BoolArray:
    """Whether variants lie in none of the regions ``(chromosome, start, end)``, 1-based, both ends included."""
    outside = np.ones(len(position), dtype=bool)
    for name, start, end in regions:
        outside &= ~((chromosome == name) & (position >= start) & (position <= end))
    return outside


def squared_correlation(first: NDArray[np.int8], second: NDArray[np.int8], min_overlap: int) -> FloatArray:
    """Squared correlation of ALT counts over the people called for both variants.

    Parameters
    ----------
    first, second
        ALT counts, ``(m_1, n)`` and ``(m_2, n)``; negative is missing.
    min_overlap
        With fewer people called for both, the correlation is taken as 1: an unknown correlation must not let two
        variants of one haplotype through.

    Returns
    -------
    ``(m_1, m_2)``; 0 where a variant does not vary among the people called for both.
    """
    called_1, called_2 = (first >= 0).astype(np.float32), (second >= 0).astype(np.float32)
    x, y = np.maximum(first, 0).astype(np.float32), np.maximum(second, 0).astype(np.float32)
    # Sums of small whole numbers: float32 products are exact below 2^24.
    n, sum_x, sum_y, sum_xx, sum_yy, sum_xy = (
        product.astype(np.float64)
        for product in (
            called_1 @ called_2.T, x @ called_2.T, called_1 @ y.T, x**2 @ called_2.T, called_1 @ (y**2).T, x @ y.T,
        )
    )  # fmt: skip
    covariance = n * sum_xy - sum_x * sum_y
    variances = (n * sum_xx - sum_x**2) * (n * sum_yy - sum_y**2)
    r2 = np.divide(covariance**2, variances, out=np.zeros_like(n), where=variances > 0)
    r2[n < min_overlap] = 1.0
    return r2


def prune_by_correlation(
    read: Callable[[int, int], NDArray[np.int8]], position: IntArray, rank: FloatArray, window: float,
    max_r2: float, min_overlap: int, block: int = 512,
) -> BoolArray:  # fmt: skip
    """Keep variants of one chromosome so that no two within `window` base pairs correlate above `max_r2`.

    From the first variant on, each variant still kept is compared with the later ones in its window; of a pair in
    linkage disequilibrium the one with the lower `rank` goes (the later one, if equal). This is PLINK's
    ``--indep-pairwise`` with a window in base pairs that moves by one variant.

    Parameters
    ----------
    read
        ALT counts of variants ``start:stop`` of the chromosome, ``(stop - start, n)``.
    position
        Sorted, ``(m,)``.
    rank
        What makes a variant worth keeping, ``(m,)``.
    """
    keep = np.ones(len(position), dtype=bool)
    for start in range(0, len(position), block):
        stop = min(start + block, len(position))
        end = int(np.searchsorted(position, position[stop - 1] + window, side="right"))
        left = read(start, stop)
        for other in range(start, end, block):
            other_stop = min(other + block, end)
            right = left if other == start else read(other, other_stop)
            linked = squared_correlation(left, right, min_overlap) > max_r2
            linked &= position[None, other:other_stop] - position[start:stop, None] <= window
            _drop_linked(linked, keep, rank, start, other)
    return keep


@njit(cache=True)
def _drop_linked(linked: BoolArray, keep: BoolArray, rank: FloatArray, start: int, other: int) -> None:
    """Go through the pairs of a block in order and drop the lesser of each pair still kept."""
    for row in range(linked.shape[0]):
        i = start + row
        for column in range(linked.shape[1]):
            j = other + column
            if not keep[i]:
                break
            if linked[row, column] and j > i and keep[j]:
                if rank[i] < rank[j]:
                    keep[i] = False
                else:
                    keep[j] = False
