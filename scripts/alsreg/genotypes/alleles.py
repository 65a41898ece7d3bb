"""Alleles: strand, reference, normal form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

UNKNOWN = 4  # code of anything that is not A, C, G or T; the complement of code c is 3 - c
BASES = "ACGT"
_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
_CODE_OF_ASCII = np.full(256, UNKNOWN, np.uint8)
for _code, _base in enumerate(BASES):
    _CODE_OF_ASCII[ord(_base)] = _CODE_OF_ASCII[ord(_base.lower())] = _code

# What `resolve_strand` decides.
FORWARD, FLIPPED, MISMATCH, PALINDROMIC_UNDECIDED, PALINDROMIC_UNREFERENCED, UNREFERENCED = range(6)


def reverse_complement(allele: str) -> str:
    """The allele as read on the other strand."""
    return allele.translate(_COMPLEMENT)[::-1]


def kind_of_allele(allele: str) -> str:
    """``bases``, or why an ALT allele cannot be analysed: ``star``, ``symbolic``, ``breakend``, ``not_bases``."""
    if allele and not allele.strip("ACGT"):
        return "bases"
    if allele == "*" or allele == "<*>":
        return "star"
    if allele.startswith("<"):
        return "symbolic"
    if "[" in allele or "]" in allele or (len(allele) > 1 and (allele[0] == "." or allele[-1] == ".")):
        return "breakend"
    return "not_bases"


def base_codes(alleles: Sequence[str]) -> np.ndarray:
    """Codes of single-base alleles, ``(n,)`` uint8: A 0, C 1, G 2, T 3, all else `UNKNOWN`."""
    ascii_codes = np.fromiter((ord(a) if len(a) == 1 else 0 for a in alleles), np.uint32, len(alleles))
    return codes_of_ascii(np.where(ascii_codes < 256, ascii_codes, 0).astype(np.uint8))


def codes_of_ascii(ascii_codes: np.ndarray) -> np.ndarray:
    """Base codes of ASCII codes."""
    return _CODE_OF_ASCII[ascii_codes]


def is_palindromic(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """A/T and C/G pairs: their own complement, so that alleles do not tell the strand."""
    return (first < UNKNOWN) & (second == 3 - first.astype(np.int16))


def trim(position: int, ref: str, alt: str) -> tuple[int, str, str]:
    """Drop shared bases at the end, then at the start, keeping one base of each [Tan 2015]."""
    while len(ref) > 1 and len(alt) > 1 and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while len(ref) > 1 and len(alt) > 1 and ref[0] == alt[0]:
        position, ref, alt = position + 1, ref[1:], alt[1:]
    return position, ref, alt


def left_align(position: int, ref: str, alt: str, sequence: bytes) -> tuple[int, str, str]:
    """The leftmost, shortest form of a variant [Tan 2015, doi:10.1093/bioinformatics/btv112].

    Parameters
    ----------
    sequence
        The chromosome in capitals; `position` is 1-based on it.
    """
    is_growing = True
    while is_growing:
        is_growing = False
        if ref and alt and ref[-1] == alt[-1]:
            ref, alt, is_growing = ref[:-1], alt[:-1], True
        if (not ref or not alt) and position > 1:
            position -= 1
            base = chr(sequence[position - 1])
            ref, alt, is_growing = base + ref, base + alt, True
    if not ref or not alt:  # a deletion of the chromosome's first bases: anchored on the right
        base = chr(sequence[position - 1 + len(ref)])
        return position, ref + base, alt + base
    return trim(position, ref, alt)


@dataclass(frozen=True)
class StrandEvidence:
    """What is known at each SNP, arrays ``(n,)``.

    Attributes
    ----------
    genome
        Code of the genome's base; `UNKNOWN` where nothing tells.
    site_alt
        Code of the ALT allele that a sequencing assay saw there; `UNKNOWN` where none did.
    site_frequency
        Its frequency; NaN where unknown.
    """

    genome: np.ndarray
    site_alt: np.ndarray
    site_frequency: np.ndarray


def resolve_strand(
    first: np.ndarray,
    second: np.ndarray,
    second_frequency: np.ndarray,
    evidence: StrandEvidence,
    max_maf: float,
    max_difference: float,
) -> np.ndarray:
    """Decide the strand on which an array export names two alleles.

    Parameters
    ----------
    first, second
        Base codes of the two alleles as exported, ``(n,)``.
    second_frequency
        Frequency of the second among the array's called alleles.
    max_maf, max_difference
        For palindromic SNPs: highest minor allele frequency at which frequency tells the strand, and the largest
        difference from the sequencing assay's frequency that still counts as agreement.

    Returns
    -------
    uint8 ``(n,)``: `FORWARD`, `FLIPPED`, `MISMATCH` (no strand fits), `PALINDROMIC_UNDECIDED` (frequency does not tell),
    `PALINDROMIC_UNREFERENCED` (no frequency to compare with) or `UNREFERENCED` (not palindromic, nothing known).
    """
    genome, alt, first, second = (x.astype(np.int16) for x in (evidence.genome, evidence.site_alt, first, second))
    has_genome, has_site = genome < UNKNOWN, alt < UNKNOWN
    forward = (first == genome) | (second == genome)
    other = np.where(forward, first + second - genome, 3 - (first + second - (3 - genome)))
    out = np.where(forward, FORWARD, FLIPPED).astype(np.uint8)
    # A site that the sequencing assay saw with another pair of alleles is a contradiction, not a new allele.
    out[has_site & (other != alt)] = MISMATCH
    out[~forward & (first != 3 - genome) & (second != 3 - genome)] = MISMATCH
    out[~has_genome] = UNREFERENCED
    palindromic = is_palindromic(first, second)
    by_frequency = _strand_by_frequency(
        first, second_frequency, genome, evidence.site_frequency, max_maf, max_difference
    )
    known_pair = palindromic & has_genome & has_site & (out != MISMATCH)
    out[known_pair] = by_frequency[known_pair]
    out[palindromic & (~has_genome | ~has_site) & (out != MISMATCH)] = PALINDROMIC_UNREFERENCED
    return out


def _strand_by_frequency(
    first: np.ndarray,
    second_frequency: np.ndarray,
    genome: np.ndarray,
    site_frequency: np.ndarray,
    max_maf: float,
    max_difference: float,
) -> np.ndarray:
    """The strand on which the ALT frequency of a palindromic SNP agrees with the sequencing assay's."""
    forward = np.where(first == genome, second_frequency, 1 - second_frequency)
    with np.errstate(invalid="ignore"):
        is_clear = (np.minimum(forward, 1 - forward) <= max_maf) & (
            np.minimum(site_frequency, 1 - site_frequency) <= max_maf
        )
        fits_forward = np.abs(forward - site_frequency) <= max_difference
        fits_reverse = np.abs(1 - forward - site_frequency) <= max_difference
    out = np.full(first.shape, PALINDROMIC_UNDECIDED, np.uint8)
    out[is_clear & fits_forward & ~fits_reverse] = FORWARD
    out[is_clear & fits_reverse & ~fits_forward] = FLIPPED
    # Both fit near one half on both sides: the closer one decides, if both frequencies are clear of one half.
    both = is_clear & fits_forward & fits_reverse
    closer = np.where(np.abs(forward - site_frequency) < np.abs(1 - forward - site_frequency), FORWARD, FLIPPED)
    same_side = (forward < 0.5) == (site_frequency < 0.5)
    agrees = np.where(same_side, FORWARD, FLIPPED) == closer
    out[both & agrees] = closer[both & agrees]
    return out
