"""Variants that sequencing assays of the freeze have on GRCh38: the reference where there is no FASTA."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from alsreg.genotypes.alleles import UNKNOWN, StrandEvidence, base_codes

_POSITION_BITS = 32


def site_keys(chromosome: np.ndarray, position: np.ndarray) -> np.ndarray:
    """One int64 per place on the genome; -1 where the chromosome rank is negative."""
    chromosome = np.asarray(chromosome, np.int64)
    return np.where(chromosome < 0, -1, chromosome << _POSITION_BITS | np.asarray(position, np.int64))


class ReferenceSites:
    """Looked up by place and alleles; where assays disagree, the one given first is believed.

    Parameters
    ----------
    chromosome
        Ranks, ``(n,)``.
    position
        1-based, GRCh38.
    ref, alt
        Alleles.
    frequency
        ALT frequency; NaN where unknown.
    is_verified
        REF is known to be the genome's.
    rs_id
        rs number or an empty string.
    """

    def __init__(
        self, chromosome: np.ndarray, position: np.ndarray, alleles: tuple[Sequence[str], Sequence[str]],
        frequency: np.ndarray, is_verified: np.ndarray, rs_id: Sequence[str],
    ) -> None:  # fmt: skip
        keys = site_keys(chromosome, position)
        ref, alt = alleles
        first_base = base_codes([allele[:1] for allele in ref])
        # np.unique returns first occurrences: the earlier assay wins.
        self.keys, index = np.unique(keys, return_index=True)
        self._genome, self._is_verified = first_base[index], np.asarray(is_verified, bool)[index]
        ref_codes, alt_codes = base_codes(ref), base_codes(alt)
        snps = np.flatnonzero((ref_codes < UNKNOWN) & (alt_codes < UNKNOWN))
        self._snps, index = np.unique(_snp_keys(keys[snps], ref_codes[snps], alt_codes[snps]), return_index=True)
        self._frequency = np.asarray(frequency, float)[snps][index]
        self._snp_places, index = np.unique(keys[snps], return_index=True)
        self._some_alt = alt_codes[snps][index]
        self._others = {
            (key, r, a) for key, r, a in zip(keys.tolist(), ref, alt, strict=True) if len(r) > 1 or len(a) > 1
        }
        self._key_of_rs: dict[str, int] = {}
        for name, key in zip(rs_id, keys.tolist(), strict=True):
            if name:
                self._key_of_rs.setdefault(name, key)

    def __len__(self) -> int:
        return len(self.keys)

    def genome_base(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Code of the genome's base at each place (`UNKNOWN` where no site is), and whether that is verified."""
        found, index = _find(self.keys, keys)
        return np.where(found, self._genome[index] if len(self) else UNKNOWN, UNKNOWN).astype(np.uint8), (
            found & (self._is_verified[index] if len(self) else False)
        )

    def evidence(self, keys: np.ndarray, genome: np.ndarray, first: np.ndarray, second: np.ndarray) -> StrandEvidence:
        """What the sites say about SNPs at `keys` whose alleles, on an unknown strand, are `first` and `second`.

        Of several ALT alleles at a place, the one that fits the pair is taken.
        """
        g, a, b = (x.astype(np.int16) for x in (genome, first, second))
        other = np.where((a == g) | (b == g), a + b - g, 6 - a - b - g)
        wanted = _snp_keys(keys, genome, np.clip(other, 0, UNKNOWN).astype(np.uint8))
        fits, index = _find(self._snps, wanted)
        here, place = _find(self._snp_places, keys)
        some = np.where(here, self._some_alt[place] if len(self._some_alt) else UNKNOWN, UNKNOWN)
        frequency = self._frequency[index] if len(self._frequency) else np.full(keys.shape, np.nan)
        return StrandEvidence(genome, np.where(fits, other, some).astype(np.uint8), np.where(fits, frequency, np.nan))

    def holds(self, key: int, ref: str, alt: str) -> bool:
        """Whether a sequencing assay has this indel or multi-base variant."""
        return (key, ref, alt) in self._others

    def keys_of_rs(self, names: Sequence[str]) -> np.ndarray:
        """Place of each rs number; -1 where unknown."""
        return np.fromiter((self._key_of_rs.get(name, -1) if name else -1 for name in names), np.int64, len(names))

    def overlap(self, keys: np.ndarray) -> int:
        """How many of these places hold a site."""
        return int(_find(self.keys, keys)[0].sum())


def _snp_keys(keys: np.ndarray, ref: np.ndarray, alt: np.ndarray) -> np.ndarray:
    return keys << 6 | ref.astype(np.int64) << 3 | alt.astype(np.int64)


def _find(table: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether each key stands in the sorted table, and a valid row number for it."""
    if not len(table):
        return np.zeros(keys.shape, bool), np.zeros(keys.shape, np.int64)
    index = np.minimum(np.searchsorted(table, keys), len(table) - 1)
    return table[index] == keys, index
