"""Sums per sample over variants, a block of variants at a time."""

from __future__ import annotations

import numba
import numpy as np
import pandas as pd

from alsreg.genotypes.frequencies import allele_counts, count_genotypes
from alsreg.genotypes.groups import AncestryGroups
from alsreg.genotypes.heterozygosity import BLOCK_BP, expected_heterozygosity

AUTOSOMES = tuple(str(number) for number in range(1, 23))
TRANSITIONS = frozenset({("A", "G"), ("G", "A"), ("C", "T"), ("T", "C")})
BASES = frozenset("ACGT")
NO_SNP, TRANSITION, TRANSVERSION = 0, 1, 2


class AutosomeSums:
    """Sums over the autosomes for each of n samples; memory does not grow with the number of variants.

    Variants called in fewer than `min_variant_call_rate` of the samples are passed over: the edges of capture regions
    are missing in good samples too, and would hide the bad ones.

    Attributes
    ----------
    n_variants, n_poorly_called
        Autosomal variants that count, and those passed over.
    called_by_chromosome, variants_by_chromosome
        Genotypes called ``(22, n)`` and variants ``(22,)``.
    observed, expected
        Heterozygotes by stretch of `BLOCK_BP` and sample, as dictionaries of stretch to ``(n,)``.
    n_transitions, n_transversions, n_singletons
        SNPs at which the sample carries ALT, and variants that no other sample carries.
    """

    def __init__(self, groups: AncestryGroups, min_variant_call_rate: float = 0.0) -> None:
        n = len(groups.index)
        self.groups, self.min_variant_call_rate = groups, min_variant_call_rate
        self.n_poorly_called = 0
        self.called_by_chromosome = np.zeros((len(AUTOSOMES), n), np.int64)
        self.variants_by_chromosome = np.zeros(len(AUTOSOMES), np.int64)
        self._stretches: dict[tuple[str, int], tuple[np.ndarray, np.ndarray]] = {}
        self._counts = np.zeros((4, n), np.int64)  # no SNP, transitions, transversions, singletons

    @property
    def n_variants(self) -> int:
        return int(self.variants_by_chromosome.sum())

    @property
    def observed(self) -> np.ndarray:
        """Heterozygotes ``(stretches, n)``, stretches in order of chromosome and position."""
        return np.array([self._stretches[key][0] for key in sorted(self._stretches)])

    @property
    def expected(self) -> np.ndarray:
        """Expected heterozygotes ``(stretches, n)`` under the allele frequencies of a sample's ancestry group."""
        return np.array([self._stretches[key][1] for key in sorted(self._stretches)])

    @property
    def n_transitions(self) -> np.ndarray:
        return self._counts[TRANSITION]

    @property
    def n_transversions(self) -> np.ndarray:
        return self._counts[TRANSVERSION]

    @property
    def n_singletons(self) -> np.ndarray:
        return self._counts[3]

    def add(self, variants: pd.DataFrame, genotypes: np.ndarray) -> None:
        """Add consecutive variants (``CHROM``, ``POS``, ``REF``, ``ALT``) and their ALT counts ``(m, n)``.

        Variants off the autosomes are passed over.
        """
        is_autosomal = variants["CHROM"].isin(AUTOSOMES).to_numpy()
        counts_here = is_autosomal & ((genotypes >= 0).mean(axis=1) >= self.min_variant_call_rate)
        self.n_poorly_called += int(is_autosomal.sum() - counts_here.sum())
        if not counts_here.any():
            return
        variants, genotypes = variants[counts_here], np.ascontiguousarray(genotypes[counts_here])
        counts = count_genotypes(genotypes, self.groups.index, len(self.groups.names))
        pooled = allele_counts(self.groups.pool(counts))
        expected = expected_heterozygosity(pooled.alt, pooled.total)
        everyone = counts.sum(axis=1)
        is_singleton = everyone[:, 1] + everyone[:, 2] == 1
        kind = snp_kinds(variants["REF"].to_numpy(), variants["ALT"].to_numpy())
        _add_counts(genotypes, kind, is_singleton, self._counts)
        for key, rows in _stretches(variants):
            called, observed, hoped = _add_stretch(genotypes[rows], expected[rows], self.groups.index)
            number = AUTOSOMES.index(key[0])
            self.called_by_chromosome[number] += called
            self.variants_by_chromosome[number] += rows.stop - rows.start
            zero = np.zeros(len(called))
            before = self._stretches.get(key, (zero, zero))
            self._stretches[key] = (before[0] + observed, before[1] + hoped)


def snp_kinds(ref: np.ndarray, alt: np.ndarray) -> np.ndarray:
    """`TRANSITION`, `TRANSVERSION` or `NO_SNP` of each variant, int8."""
    kinds = [
        NO_SNP if r not in BASES or a not in BASES else TRANSITION if (r, a) in TRANSITIONS else TRANSVERSION
        for r, a in zip(ref, alt, strict=True)
    ]
    return np.array(kinds, dtype=np.int8)


def _stretches(variants: pd.DataFrame) -> list[tuple[tuple[str, int], slice]]:
    """Runs of consecutive variants in one stretch of the genome, with their (chromosome, number)."""
    chromosome, number = variants["CHROM"].to_numpy(), variants["POS"].to_numpy() // BLOCK_BP
    is_start = np.r_[True, (chromosome[1:] != chromosome[:-1]) | (number[1:] != number[:-1])]
    starts = np.flatnonzero(is_start)
    stops = np.r_[starts[1:], len(chromosome)]
    return [((chromosome[i], int(number[i])), slice(int(i), int(j))) for i, j in zip(starts, stops, strict=True)]


@numba.njit(cache=True, nogil=True)
def _add_counts(genotypes, kind, is_singleton, counts):
    m, n = genotypes.shape
    for i in range(m):
        for j in range(n):
            if genotypes[i, j] > 0:
                counts[kind[i], j] += 1
                if is_singleton[i]:
                    counts[3, j] += 1


@numba.njit(cache=True, nogil=True)
def _add_stretch(genotypes, expected, group):
    m, n = genotypes.shape
    called, observed, hoped = np.zeros(n, np.int64), np.zeros(n), np.zeros(n)
    for i in range(m):
        for j in range(n):
            g = genotypes[i, j]
            if g >= 0:
                called[j] += 1
                hoped[j] += expected[i, group[j]]
                if g == 1:
                    observed[j] += 1
    return called, observed, hoped
