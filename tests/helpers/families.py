"""Families of three generations, their relationships by pedigree, and genotypes dropped through them."""

from __future__ import annotations

import numpy as np

# Parents of each member, -1 for founders: a couple, two children with spouses, three grandchildren.
FAMILY = ((-1, -1), (-1, -1), (0, 1), (0, 1), (-1, -1), (2, 4), (2, 4), (-1, -1), (3, 7))


def family_relationship(family: tuple[tuple[int, int], ...] = FAMILY) -> np.ndarray:
    """Twice the kinship of the members, ``(k, k)``, by recursion over generations."""
    phi = np.eye(len(family))
    for i, (father, mother) in enumerate(family):
        if father >= 0:
            phi[i, :i] = phi[:i, i] = (phi[father, :i] + phi[mother, :i]) / 2
            phi[i, i] = 1 + phi[father, mother] / 2
    return phi


def pedigree_relationship(n_families: int, n_unrelated: int = 0) -> np.ndarray:
    """Twice the kinship of `n_families` families, one after another, and then unrelated people."""
    one = family_relationship()
    n = n_families * len(one)
    phi = np.eye(n + n_unrelated)
    phi[:n, :n] = np.kron(np.eye(n_families), one)
    return phi


def drop_genes(rng: np.random.Generator, frequency: np.ndarray, n_families: int, n_unrelated: int = 0) -> np.ndarray:
    """ALT counts ``(m, n)``, int8, of independent variants; people in the order of `pedigree_relationship`."""
    m = len(frequency)
    people: list[np.ndarray] = []

    def founder() -> np.ndarray:
        return rng.random((m, 2)) < frequency[:, None]

    def gamete(parent: np.ndarray) -> np.ndarray:
        return np.where(rng.random(m) < 0.5, parent[:, 0], parent[:, 1])

    for _ in range(n_families):
        members: list[np.ndarray] = []
        for father, mother in FAMILY:
            is_founder = father < 0
            alleles = founder() if is_founder else np.stack([gamete(members[father]), gamete(members[mother])], axis=1)
            members.append(alleles)
        people += members
    people += [founder() for _ in range(n_unrelated)]
    return np.stack([alleles.sum(axis=1) for alleles in people], axis=1).astype(np.int8)
