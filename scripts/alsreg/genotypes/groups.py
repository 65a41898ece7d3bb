"""Ancestry groups: whom a sample's genotypes are judged by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

OTHER, ALL = "other", "all"


@dataclass(frozen=True)
class AncestryGroups:
    """Disjoint groups of samples.

    Attributes
    ----------
    names
        One per group, sorted; `OTHER` gathers small and unreported groups, `ALL` stands for a single group.
    index
        Group of each sample, ``(n,)``.
    pools
        bool ``(groups, groups)``: the groups whose samples make up each one's reference. `OTHER` is no population:
        its reference is everybody.
    """

    names: tuple[str, ...]
    index: np.ndarray
    pools: np.ndarray

    @property
    def is_reference(self) -> np.ndarray:
        """Which samples make up each group's reference, bool ``(groups, n)``."""
        return self.pools[:, self.index]

    @property
    def labels(self) -> np.ndarray:
        """Name of each sample's group, ``(n,)``."""
        return np.asarray(self.names, dtype=object)[self.index]

    def pool(self, counts: np.ndarray) -> np.ndarray:
        """Sum counts ``(m, groups, ...)`` over each group's reference: same shape."""
        return np.einsum("gh,mh...->mg...", self.pools.astype(counts.dtype), counts)


def ancestry_groups(reported: np.ndarray, min_size: int) -> AncestryGroups:
    """Group samples by reported ancestry (empty text is unreported), each group of at least `min_size`."""
    reported = np.asarray(reported, dtype=str)
    names, inverse, sizes = np.unique(reported, return_inverse=True, return_counts=True)
    is_large = (sizes >= min_size) & (names != "")
    large = sorted(str(name) for name in names[is_large])
    if OTHER in large:
        large.remove(OTHER)
        is_large &= names != OTHER
    is_other = ~is_large[inverse]
    if len(large) + bool(is_other.any()) <= 1:
        return AncestryGroups((large[0] if large else ALL,), np.zeros(len(reported), np.int64), np.ones((1, 1), bool))
    all_names = (*large, OTHER) if is_other.any() else tuple(large)
    position = {name: number for number, name in enumerate(large)}
    index = np.array([position.get(name, len(large)) for name in reported], dtype=np.int64)
    pools = np.eye(len(all_names), dtype=bool)
    if is_other.any():
        pools[-1] = True
    return AncestryGroups(all_names, index, pools)
