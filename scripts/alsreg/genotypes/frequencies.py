"""Genotype counts by group, allele frequencies, and how many copies of a chromosome a person has."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

# Pseudoautosomal regions of X on GRCh38, 1-based, both ends included (Genome Reference Consortium).
PAR_GRCH38 = ((10_001, 2_781_479), (155_701_383, 156_030_895))
PLOIDIES = ("diploid", "x", "y", "mt")


def is_pseudoautosomal(position: np.ndarray) -> np.ndarray:
    """Whether positions on X (GRCh38) lie in a pseudoautosomal region: bool, same shape."""
    position = np.asarray(position)
    return np.logical_or.reduce([(position >= start) & (position <= stop) for start, stop in PAR_GRCH38])


def ploidy_class(chromosome: np.ndarray, position: np.ndarray) -> np.ndarray:
    """One of `PLOIDIES` for each variant: autosomes and the pseudoautosomal X are ``diploid``."""
    chromosome = np.asarray(chromosome, dtype=str)
    out = np.full(len(chromosome), "diploid", dtype="U7")
    out[(chromosome == "X") & ~is_pseudoautosomal(position)] = "x"
    out[chromosome == "Y"] = "y"
    out[chromosome == "MT"] = "mt"
    return out


def copies(ploidy: str, sex: np.ndarray) -> np.ndarray:
    """Chromosome copies of each person, int8: 0 where a person has none or an unknown sex leaves it open.

    Parameters
    ----------
    ploidy
        One of `PLOIDIES`.
    sex
        ``M``, ``F`` or anything else for unknown, ``(n,)``.
    """
    sex = np.asarray(sex, dtype=str)
    by_sex = {"diploid": (2, 2, 2), "x": (1, 2, 0), "y": (1, 0, 0), "mt": (1, 1, 1)}[ploidy]
    return np.select([sex == "M", sex == "F"], by_sex[:2], by_sex[2]).astype(np.int8)


def count_genotypes(genotypes: np.ndarray, group: np.ndarray, n_groups: int) -> np.ndarray:
    """Count genotypes within groups of samples.

    Parameters
    ----------
    genotypes
        ALT counts ``(m, n)``, int8, negative is missing.
    group
        Group of each sample, ``(n,)``; negative leaves the sample out.

    Returns
    -------
    int64 ``(m, n_groups, 4)``: homozygous REF, heterozygous, homozygous ALT, missing.
    """
    return _count(np.ascontiguousarray(genotypes, np.int8), np.asarray(group, np.int64), n_groups)


@numba.njit(cache=True, nogil=True)
def _count(genotypes, group, n_groups):
    m, n = genotypes.shape
    out = np.zeros((m, n_groups, 4), np.int64)
    for i in range(m):
        for j in range(n):
            if group[j] >= 0:
                g = genotypes[i, j]
                out[i, group[j], g if g >= 0 else 3] += 1
    return out


@dataclass(frozen=True)
class AlleleCounts:
    """ALT and all alleles of each variant, int64 ``(m,)`` (or with further axes)."""

    alt: np.ndarray
    total: np.ndarray

    @property
    def frequency(self) -> np.ndarray:
        """ALT allele frequency; NaN without alleles."""
        return np.divide(self.alt, self.total, out=np.full(self.alt.shape, np.nan), where=self.total > 0)

    @property
    def mac(self) -> np.ndarray:
        """Copies of the rarer allele."""
        return np.minimum(self.alt, self.total - self.alt)


def allele_counts(diploid: np.ndarray, haploid: np.ndarray | None = None) -> AlleleCounts:
    """Alleles of diploid and haploid people from genotype counts ``(..., 4)``.

    A haploid person's call counts once; a haploid heterozygote is an error and counts nothing.
    """
    alt = diploid[..., 1] + 2 * diploid[..., 2]
    total = 2 * diploid[..., :3].sum(axis=-1)
    if haploid is not None:
        alt = alt + haploid[..., 2]
        total = total + haploid[..., 0] + haploid[..., 2]
    return AlleleCounts(alt, total)
