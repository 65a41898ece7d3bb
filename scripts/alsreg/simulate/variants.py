"""From segregating sites to VCF alleles: substitutions, short indels and a few sites with two ALT alleles."""

from __future__ import annotations

from dataclasses import dataclass

import msprime
import numpy as np

from alsreg.simulate.coalescent import simulate_haplotypes
from alsreg.simulate.genome import BASES, Chromosome, Locus
from alsreg.simulate.sizes import stream, stream_seed

# ASSUME: Ti/Tv near 2.1, 4 % short indels, 0.5 % of sites with a second ALT allele.
_TRANSITION = 0.68
_INDEL = 0.04
_SECOND_ALT = 0.005
_TRANSITION_OF = np.array([2, 3, 0, 1], dtype=np.uint8)


@dataclass(frozen=True)
class LocusVariants:
    """Variants of one locus: positions (1-based, ascending), VCF alleles and haplotypes.

    `alleles` (variants, 2 * founders) holds 0 for REF, 1 and 2 for the ALT alleles; `alt` joins ALT alleles by comma.
    `alt_base` is the base code of a plain SNP and -1 for anything else.
    """

    positions: np.ndarray
    ref: list[bytes]
    alt: list[bytes]
    alt_base: np.ndarray
    alleles: np.ndarray

    @property
    def is_snp(self) -> np.ndarray:
        return self.alt_base >= 0

    def alt_frequency(self) -> np.ndarray:
        """Frequency of all ALT alleles together among the founder haplotypes."""
        return (self.alleles > 0).mean(axis=1)

    def founders(self, index: np.ndarray) -> LocusVariants:
        """The same variants in some of the founders."""
        columns = np.stack([2 * index, 2 * index + 1], axis=1).ravel()
        return LocusVariants(self.positions, self.ref, self.alt, self.alt_base, self.alleles[:, columns])


def simulate_locus(
    model: msprime.Demography,
    chromosome: Chromosome,
    locus: Locus,
    n_founders: int,
    seed: int,
    attempt: int = 0,
) -> LocusVariants:
    """Haplotypes and alleles of a locus; another `attempt` is another draw."""
    name = (chromosome.name, locus.start, attempt)
    offsets, alleles = simulate_haplotypes(model, n_founders, locus.length, stream_seed(seed, "coalescent", *name))
    rng = stream(seed, "alleles", *name)
    # The reference genome is one haplotype of the population: it carries the derived allele with its frequency.
    is_derived = rng.random(len(alleles)) < alleles.mean(axis=1)
    alleles[is_derived] = 1 - alleles[is_derived]
    positions = locus.start + offsets
    reference = chromosome.bases[positions - 1]
    alternate = _draw_alternates(reference, rng)
    ref = [bytes([base]) for base in BASES[reference]]
    alt = [bytes([base]) for base in BASES[alternate]]
    alt_base = alternate.astype(np.int8)
    _make_indels(ref, alt, alt_base, chromosome, positions, rng)
    keep = _make_second_alts(ref, alt, alt_base, alleles, rng)
    chosen = np.flatnonzero(keep)
    return LocusVariants(
        positions[chosen],
        [ref[i] for i in chosen],
        [alt[i] for i in chosen],
        alt_base[chosen],
        alleles[chosen],
    )


def _draw_alternates(reference: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A base other than the reference, transitions twice as often as transversions."""
    is_transition = rng.random(len(reference)) < _TRANSITION
    transversion = (reference + np.where(rng.random(len(reference)) < 0.5, 1, 3)) % 4
    return np.where(is_transition, _TRANSITION_OF[reference], transversion).astype(np.uint8)


def _make_indels(
    ref: list[bytes],
    alt: list[bytes],
    alt_base: np.ndarray,
    chromosome: Chromosome,
    positions: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Turn some sites into insertions and deletions of 1 to 4 bases, in place."""
    for index in np.flatnonzero(rng.random(len(ref)) < _INDEL):
        length = int(rng.integers(1, 5))
        position = int(positions[index])
        if rng.random() < 0.5:
            alt[index] = ref[index] + BASES[rng.integers(0, 4, length)].tobytes()
        else:
            alt[index] = ref[index]
            ref[index] = BASES[chromosome.bases[position - 1 : position + length]].tobytes()
        alt_base[index] = -1


def _make_second_alts(
    ref: list[bytes], alt: list[bytes], alt_base: np.ndarray, alleles: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Move some SNPs onto the SNP before them as its second ALT allele, in place; returns which sites remain."""
    keep = np.ones(len(ref), dtype=bool)
    for index in np.flatnonzero(rng.random(len(ref)) < _SECOND_ALT):
        second = index + 1
        if second >= len(ref) or not keep[index] or alt_base[index] < 0 or alt_base[second] < 0:
            continue
        other = next(base for base in (0, 1, 2, 3) if bytes([BASES[base]]) not in (ref[index], alt[index]))
        row = alleles[index]
        row[alleles[second] == 1] = 2
        if not (row == 1).any() or not (row == 2).any():
            row[row == 2] = 1  # the first ALT vanished beneath the second: keep one ALT allele
        else:
            alt[index] += b"," + bytes([BASES[other]])
            alt_base[index] = -1
        keep[second] = False
    return keep
