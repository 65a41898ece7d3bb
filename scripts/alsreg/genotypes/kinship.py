"""Kinship of every pair of samples from genotypes alone, and which degree of relation k SNPs can name.

KING-robust: Manichaikul et al. 2010, Bioinformatics 26:2867, between-family estimator (equation 11), with the smaller
of the two heterozygote counts, as KING and PLINK 2 use it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincc, ndtri

FloatArray = NDArray[np.float64]
Counts = NDArray[np.int8]

# Expected kinship and lower bound of each relation, closest first (KING: bounds at 2^-1.5, 2^-2.5, ...).
RELATIONS = ("same", "first", "second", "third")
EXPECTED = {"same": 0.5, "first": 0.25, "second": 0.125, "third": 0.0625}
LOWER_BOUNDS = {"same": 2**-1.5, "first": 2**-2.5, "second": 2**-3.5, "third": 2**-4.5}
# Share of SNPs at which genotyping errors may make a parent and a child opposite homozygotes.
MAX_OPPOSITE = 0.005


@dataclass(frozen=True)
class PairCounts:
    """Counts over the SNPs called in both samples of each pair, arrays ``(n_1, n_2)``.

    ``n_ibs0`` is opposite homozygotes; ``n_het_1`` and ``n_het_2`` heterozygotes of the first and second sample.
    """

    n_snps: FloatArray
    n_het_1: FloatArray
    n_het_2: FloatArray
    n_het_both: FloatArray
    n_ibs0: FloatArray
    n_same: FloatArray

    @classmethod
    def without_snps(cls, n_1: int, n_2: int) -> PairCounts:
        """Counts of pairs that share no SNP."""
        return cls(*(np.zeros((n_1, n_2)) for _ in range(6)))

    @property
    def concordance(self) -> FloatArray:
        """Share of identical genotypes; NaN without shared SNPs."""
        return _ratio(self.n_same, self.n_snps)

    @property
    def _n_het_min(self) -> FloatArray:
        return np.minimum(self.n_het_1, self.n_het_2)

    @property
    def _distance(self) -> FloatArray:
        """Sum of squared differences of the two ALT counts."""
        return 4 * self.n_ibs0 + self.n_het_1 + self.n_het_2 - 2 * self.n_het_both

    @property
    def kinship(self) -> FloatArray:
        """KING-robust kinship, 0.5 for identical genotypes; NaN where a sample has no heterozygote."""
        return 0.5 - 0.25 * _ratio(self._distance, self._n_het_min)

    @property
    def standard_error(self) -> FloatArray:
        """Standard error of `kinship` by the delta method, from the spread of the SNPs' own contributions.

        The kinship is 1/2 - R/4 with R a ratio of sums over SNPs of X (squared difference) and H (heterozygosity of
        the sample with fewer heterozygotes); var R = sum (X - R H)^2 / (sum H)^2.
        """
        # ASSUME: SNPs are independent; callers space them, since linkage disequilibrium would make this too small.
        h = self._n_het_min
        h_only = h - self.n_het_both  # that sample is heterozygous, the other homozygous: X = 1
        ratio = _ratio(self._distance, h)
        x_squared = 16 * self.n_ibs0 + self.n_het_1 + self.n_het_2 - 2 * self.n_het_both
        variance = _ratio(x_squared - 2 * ratio * h_only + ratio**2 * h, h**2)
        return 0.25 * np.sqrt(np.maximum(variance, 0.0))


@dataclass(frozen=True)
class Tile:
    """Counts of the pairs of samples from `first` and from `second` on."""

    first: int
    second: int
    counts: PairCounts

    @property
    def is_above_diagonal(self) -> NDArray[np.bool_]:
        """Which pairs of a set with itself come once and without self-comparisons."""
        n_1, n_2 = self.counts.n_snps.shape
        return np.arange(self.first, self.first + n_1)[:, None] < np.arange(self.second, self.second + n_2)


def count_pairs(blocks: Iterable[tuple[Counts, Counts]]) -> PairCounts:
    """Count over blocks of SNPs.

    Parameters
    ----------
    blocks
        ALT counts of the same SNPs in both sets of samples, int8 ``(m, n_1)`` and ``(m, n_2)``; negative is missing.

    Raises
    ------
    ValueError
        Without any block, or if a pair of blocks differs in its number of SNPs.
    """
    sums: list[FloatArray] | None = None
    for first, second in blocks:
        if len(first) != len(second):
            raise ValueError(f"blocks of {len(first)} and {len(second)} SNPs cannot be compared")
        called_1, het_1, hom_1 = _indicators(first)
        called_2, het_2, hom_2 = (called_1, het_1, hom_1) if second is first else _indicators(second)
        products = [
            called_1.T @ called_2, het_1.T @ called_2, called_1.T @ het_2, het_1.T @ het_2, hom_1.T @ hom_2,
        ]  # fmt: skip
        # float32 counts whole numbers exactly up to 2^24 SNPs a block; the sums are float64.
        if sums is None:
            sums = [product.astype(np.float64) for product in products]
        else:
            for total, product in zip(sums, products, strict=True):
                total += product
    if sums is None:
        raise ValueError("no blocks of SNPs to compare")
    n_snps, n_het_1, n_het_2, n_het_both, n_hom_net = sums
    n_hom_both = n_snps - n_het_1 - n_het_2 + n_het_both
    return PairCounts(
        n_snps=n_snps, n_het_1=n_het_1, n_het_2=n_het_2, n_het_both=n_het_both,
        n_ibs0=(n_hom_both - n_hom_net) / 2, n_same=n_het_both + (n_hom_both + n_hom_net) / 2,
    )  # fmt: skip


def count_tiles(first: Counts, second: Counts, tile: int = 1024, block: int = 2048) -> Iterator[Tile]:
    """Count pairs a tile of samples at a time, so that memory does not grow with the square of the samples.

    Parameters
    ----------
    first, second
        ALT counts ``(m, n_1)`` and ``(m, n_2)``; the same array compares a set with itself, and then only tiles on and
        above the diagonal come.
    """
    for i in range(0, first.shape[1], tile):
        for j in range(i if second is first else 0, second.shape[1], tile):
            left = first[:, i : i + tile]
            right = left if second is first and i == j else second[:, j : j + tile]
            starts = range(0, len(first), block)
            if len(first):
                counts = count_pairs((_rows(left, k, block), _rows(right, k, block)) for k in starts)
            else:
                counts = PairCounts.without_snps(left.shape[1], right.shape[1])
            yield Tile(i, j, counts)


def _rows(counts: Counts, start: int, size: int) -> Counts:
    return counts[start : start + size]


def _indicators(counts: Counts) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Called (0/1), heterozygous (0/1), homozygous (REF -1, ALT +1), all 0 where missing."""
    called = counts >= 0
    het = counts == 1
    hom = np.where(called & ~het, counts - np.int8(1), np.int8(0))
    return called.astype(np.float32), het.astype(np.float32), hom.astype(np.float32)


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    return np.divide(numerator, denominator, out=np.full_like(numerator, np.nan), where=denominator > 0)


@dataclass(frozen=True)
class RelationRule:
    """When a relation may be named.

    Parameters
    ----------
    min_snps
        Fewer SNPs called in both: not testable.
    n_comparisons, max_false_relatives
        Among this many unrelated pairs at most so many are expected to pass as relatives by chance.
    degree_confidence
        A degree is named only if a pair of that degree reaches its lower bound with this probability.
    """

    min_snps: int
    n_comparisons: int
    max_false_relatives: float
    degree_confidence: float

    @property
    def z_chance(self) -> float:
        """Standard errors above 0 that chance does not reach."""
        return float(-ndtri(min(0.5, self.p_chance)))

    @property
    def p_chance(self) -> float:
        """Smallest p-value that chance gives, for each of the two tests of a pair: kinship and opposite homozygotes."""
        return self.max_false_relatives / 2 / max(self.n_comparisons, 1)

    @property
    def z_degree(self) -> float:
        """Standard errors below its expectation that a degree's kinship stays above."""
        return float(ndtri(self.degree_confidence))


def call_relations(counts: PairCounts, rule: RelationRule) -> NDArray[np.str_]:
    """Name the relation of each pair, as far as its SNPs allow.

    The kinship must exceed what chance gives unrelated people at the pair's SNPs, or opposite homozygotes must be fewer
    than chance leaves. The degree follows KING's bounds, and is named if the standard error separates it from the next
    one, or if the pair are parent and child by their opposite homozygotes; otherwise it is only ``related``.

    Returns
    -------
    Array ``(n_1, n_2)`` of ``same``, ``first``, ``second``, ``third``, ``related``; ``unrelated`` (nothing beyond
    chance); ``not_testable`` (fewer than `min_snps` SNPs, or too few to tell even the same person from chance).
    """
    kinship, error = counts.kinship, counts.standard_error
    noise = rule.z_chance * null_standard_error(counts)
    is_close = (kinship > LOWER_BOUNDS["second"]) & (_poisson_below(counts.n_ibs0, null_ibs0(counts)) < rule.p_chance)
    relation = np.full(kinship.shape, "unrelated", dtype="<U12")
    for name in reversed(RELATIONS):
        is_named = rule.z_degree * error <= EXPECTED[name] - LOWER_BOUNDS[name]
        reached = (kinship > LOWER_BOUNDS[name]) & ((kinship > noise) | is_close)
        relation[reached] = np.where(is_named, name, "related")[reached]
    relation[(relation != "unrelated") & _is_parent_child(counts, rule)] = "first"
    relation[(counts.n_snps < rule.min_snps) | ~(noise <= LOWER_BOUNDS["same"])] = "not_testable"
    return relation


def first_degree_kinds(counts: PairCounts, relation: NDArray[np.str_], rule: RelationRule) -> NDArray[np.str_]:
    """Which pairs called ``first`` are ``parent_child`` and which ``siblings``; empty where the SNPs do not tell.

    Parent and child share an allele everywhere and so are opposite homozygotes by error alone; siblings share none at a
    quarter of the genome (KING: IBS0, Manichaikul et al. 2010, section 2.4).
    """
    is_first = relation == "first"
    is_parent = _is_parent_child(counts, rule)
    by_error = MAX_OPPOSITE * counts.n_snps
    is_sibling = gammainc(np.maximum(counts.n_ibs0, 1), by_error) <= 1 - rule.degree_confidence
    is_sibling &= counts.n_ibs0 > 0
    return np.where(is_first & is_parent, "parent_child", np.where(is_first & ~is_parent & is_sibling, "siblings", ""))


def _is_parent_child(counts: PairCounts, rule: RelationRule) -> NDArray[np.bool_]:
    """So few opposite homozygotes that neither siblings nor anybody further would have them, and no one person."""
    n, by_error = counts.n_ibs0, MAX_OPPOSITE * counts.n_snps
    kinship = counts.kinship
    is_within = (kinship > LOWER_BOUNDS["second"]) & (kinship < LOWER_BOUNDS["same"])
    is_error = _poisson_below(n, by_error) <= rule.degree_confidence
    return is_within & (is_error | (n == 0)) & (_poisson_below(n, null_ibs0(counts) / 4) <= 1 - rule.degree_confidence)


def null_ibs0(counts: PairCounts) -> FloatArray:
    """Opposite homozygotes to expect of two unrelated people; at least so many, given where both are homozygous.

    At a SNP of heterozygosity h unrelated people are opposite homozygotes with probability h^2 / 2 and both homozygous
    with (1 - h)^2. Over SNPs the ratio of the means is at least that at the mean h, which is below 1/2. Of the two
    people's h the smaller is taken: their noise would otherwise raise the expectation as often as lower it.
    """
    n_both = counts.n_snps - counts.n_het_1 - counts.n_het_2 + counts.n_het_both
    h = np.minimum(_ratio(counts._n_het_min, counts.n_snps), 0.5)
    return np.nan_to_num(n_both * h**2 / (2 * (1 - h) ** 2))


def _poisson_below(n: FloatArray, mean: FloatArray) -> FloatArray:
    """Probability of `n` or fewer events."""
    return gammaincc(n + 1, mean)


def null_standard_error(counts: PairCounts) -> FloatArray:
    """Standard error of the kinship of two unrelated people at the pair's SNPs; NaN without heterozygotes.

    With h the heterozygosity of a SNP, unrelated people of one population have E[X] = 2h, E[X^2] = 2h + 6h^2 and
    E[XH] = h(1 - h), so that E[(X - 2H)^2] = 2h + 10h^2, which is at most 7h since h <= 1/2. Over k SNPs of mean
    heterozygosity h the standard error is thus at most sqrt(7 / (16 k h)).
    """
    return np.sqrt(7.0 / 16.0 * _ratio(np.ones_like(counts.n_snps), (counts.n_het_1 + counts.n_het_2) / 2))
