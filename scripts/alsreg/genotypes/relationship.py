"""Genetic relationship matrix, each pair over the variants both are typed for (Yang 2010, Nat Genet 42:565)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded where they are first used: half a second that most commands save
from numpy.typing import NDArray

from alsreg.genotypes.components import alt_frequency

FloatArray = NDArray[np.float64]
BLOCK = 1024
# ASSUME: people typed for fewer variants have relatives nobody knows; two people who share fewer count as unrelated.
MIN_SNPS = 200
# As in `alsreg.stats.retrospective`. ASSUME: a smaller relationship is chance (closer than third cousins have more); fastGWA draws the line here (Jiang 2019, Nat Genet 51:1749).
MIN_RELATIONSHIP = 0.05


@dataclass(frozen=True)
class RelationshipSums:
    """Sums over variants of products of standardised genotypes, and how many variants both people are typed for."""

    products: FloatArray  # (n, n)
    n_shared: FloatArray  # (n, n)

    @classmethod
    def without_variants(cls, n: int) -> RelationshipSums:
        return cls(np.zeros((n, n)), np.zeros((n, n)))

    def plus(self, other: RelationshipSums) -> RelationshipSums:
        """With the variants of `other`, which are not among these."""
        return RelationshipSums(self.products + other.products, self.n_shared + other.n_shared)

    def minus(self, other: RelationshipSums) -> RelationshipSums:
        """Without the variants of `other`, which are among these."""
        return RelationshipSums(self.products - other.products, self.n_shared - other.n_shared)

    def matrix(self, min_snps: int = MIN_SNPS) -> FloatArray:
        """Relationships ``(n, n)``: 1 + F on the diagonal, twice the kinship beside it; never indefinite.

        Where people miss different variants the pairwise means need not form a covariance; negative eigenvalues are set to
        zero then. People typed for fewer than `min_snps` variants have NaN, and pairs that share fewer 0.
        """
        is_known = self.n_shared >= min_snps
        relationship = np.divide(self.products, self.n_shared, out=np.zeros_like(self.products), where=is_known)
        relationship = (relationship + relationship.T) / 2.0
        typed = np.flatnonzero(np.diag(is_known))
        out = np.full_like(relationship, np.nan)
        if len(typed):
            out[np.ix_(typed, typed)] = _nearest_covariance(relationship[np.ix_(typed, typed)])
        return out


def sum_relationships(counts: NDArray[np.int8]) -> RelationshipSums:
    """Sums over ALT counts ``(m, n)``, negative is missing, standardised by their frequency among the typed.

    Variants that do not vary are left out. Blocks are multiplied in single precision and added in double.
    """
    n = counts.shape[1]
    frequency = alt_frequency(counts)
    rows = np.flatnonzero((frequency > 0) & (frequency < 1))
    products, n_shared = np.zeros((n, n)), np.zeros((n, n))
    for start in range(0, len(rows), BLOCK):
        chosen = rows[start : start + BLOCK]
        called = (counts[chosen] >= 0).astype(np.float32)
        p = frequency[chosen, None]
        scale = 1.0 / np.sqrt(2 * p * (1 - p))
        z = called * ((counts[chosen] - 2 * p) * scale).astype(np.float32)
        products += z.T @ z
        n_shared += called.T @ called
    return RelationshipSums(products, n_shared)


def keep_relatives(matrix: FloatArray, minimum: float = MIN_RELATIONSHIP) -> FloatArray:
    """Relationships ``(n, n)`` of relatives alone: smaller ones are 0, as are those of people with NaN; never indefinite.

    What thousands of variants say of a pair of strangers is noise. As part of a covariance it hides that of relatives, whose share of
    the variance is then estimated too low and whose tests reject too often (docs/calibration); fastGWA leaves it out, too.
    """
    kept = np.where(matrix >= minimum, matrix, 0.0)
    np.fill_diagonal(kept, np.nan_to_num(np.diag(matrix)))
    return _nearest_covariance(kept)


def _nearest_covariance(matrix: FloatArray) -> FloatArray:
    """The nearest positive semidefinite matrix (Frobenius norm)."""
    try:
        scipy.linalg.cholesky(matrix + 1e-9 * np.eye(len(matrix)))
        return matrix
    except np.linalg.LinAlgError:
        values, vectors = scipy.linalg.eigh(matrix, driver="evd")
        half = vectors[:, values > 0] * np.sqrt(values[values > 0])
        return half @ half.T
