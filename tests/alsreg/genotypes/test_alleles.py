"""Strand and normal form."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from alsreg.genotypes import alleles as al
from alsreg.genotypes.sites import ReferenceSites, site_keys

bases = st.sampled_from("ACGT")
words = st.text("ACGT", min_size=1, max_size=5)
COMPLEMENT = {"A": "T", "C": "G", "G": "C", "T": "A"}


@given(words)
def test_reverse_complement_twice_is_nothing(word: str) -> None:
    assert al.reverse_complement(al.reverse_complement(word)) == word
    assert al.reverse_complement("ACG") == "CGT"


def apply(sequence: str, position: int, ref: str, alt: str) -> str:
    assert sequence[position - 1 : position - 1 + len(ref)] == ref
    return sequence[: position - 1] + alt + sequence[position - 1 + len(ref) :]


@given(st.text("AC", min_size=12, max_size=40), st.data())
def test_left_alignment_keeps_the_haplotype_and_is_unique(sequence: str, data: st.DataObject) -> None:
    """All ways to write one change come to one form, the leftmost [Tan 2015]."""
    position = data.draw(st.integers(2, len(sequence) - 6))
    ref = sequence[position - 1 : position - 1 + data.draw(st.integers(1, 4))]
    alt = data.draw(st.text("AC", min_size=1, max_size=5).filter(lambda a: a != ref))
    haplotype = apply(sequence, position, ref, alt)
    got = al.left_align(*al.trim(position, ref, alt), sequence.encode())
    assert apply(sequence, *got) == haplotype
    assert al.left_align(*got, sequence.encode()) == got
    if 1 in (len(got[1]), len(got[2])) and len(got[1]) != len(got[2]):
        # The same lengths anywhere further left give another haplotype.
        for p in range(1, got[0]):
            moved = haplotype[p - 1 : p - 1 + len(got[2])]
            assert apply(sequence, p, sequence[p - 1 : p - 1 + len(got[1])], moved) != haplotype


def test_kinds() -> None:
    kinds = {"ACGT": "bases", "*": "star", "<*>": "star", "<DEL>": "symbolic", "N[chr2:3[": "breakend", "]1:2]A": "breakend",
             "A.": "breakend", ".A": "breakend", "R": "not_bases", "ANA": "not_bases", "": "not_bases", "I": "not_bases"}  # fmt: skip
    assert {allele: al.kind_of_allele(allele) for allele in kinds} == kinds


def resolve(
    export: tuple[str, str], frequency: float, genome: str, site: tuple[str, str] | None, site_frequency: float
):
    """Resolve one SNP through the sites; returns decision, REF and ALT."""
    key = site_keys(np.array([0]), np.array([7]))
    rows = [site] if site else []
    sites = ReferenceSites(
        np.zeros(len(rows)), np.full(len(rows), 7), ([r for r, _ in rows], [a for _, a in rows]),
        np.full(len(rows), site_frequency), np.ones(len(rows), bool), [""] * len(rows),
    )  # fmt: skip
    first, second = al.base_codes([export[0]]), al.base_codes([export[1]])
    codes = al.base_codes([genome]) if genome else np.array([al.UNKNOWN], np.uint8)
    evidence = sites.evidence(key, codes, first, second)
    return int(al.resolve_strand(first, second, np.array([frequency]), evidence, 0.4, 0.2)[0])


@given(bases, bases, st.booleans(), st.booleans(), st.floats(0, 1), st.booleans())
def test_alleles_tell_the_strand_of_all_but_palindromes(ref, alt, is_flipped, is_swapped, frequency, has_site) -> None:
    if alt in (ref, COMPLEMENT[ref]):
        return
    export = (alt, ref) if is_swapped else (ref, alt)
    if is_flipped:
        export = tuple(COMPLEMENT[b] for b in export)
    site = (ref, alt) if has_site else None
    assert resolve(export, frequency, ref, site, 0.5) == (al.FLIPPED if is_flipped else al.FORWARD)


@given(
    st.sampled_from(["AT", "TA", "CG", "GC"]),
    st.booleans(),
    st.booleans(),
    st.floats(0, 0.5),
    st.floats(-0.05, 0.05),
    st.booleans(),
)
def test_frequency_tells_the_strand_of_palindromes(pair, is_flipped, is_swapped, maf, noise, is_alt_minor) -> None:
    """Wherever a strand is named, it is the right one, for any error of the frequency up to 0.05."""
    site_frequency = maf if is_alt_minor else 1 - maf
    alt_frequency = min(max(site_frequency + noise, 0), 1)
    export, second_frequency = (
        ((pair[1], pair[0]), 1 - alt_frequency) if is_swapped else ((pair[0], pair[1]), alt_frequency)
    )
    if is_flipped:
        export = tuple(COMPLEMENT[b] for b in export)
    got = resolve(export, second_frequency, pair[0], (pair[0], pair[1]), site_frequency)
    assert got in (al.FLIPPED if is_flipped else al.FORWARD, al.PALINDROMIC_UNDECIDED)
    if maf < 0.34:
        assert got != al.PALINDROMIC_UNDECIDED
    if maf > 0.4:
        assert got == al.PALINDROMIC_UNDECIDED


def test_frequencies_that_fit_neither_strand_decide_nothing() -> None:
    assert resolve(("A", "T"), 0.02, "A", ("A", "T"), 0.35) == al.PALINDROMIC_UNDECIDED
    assert resolve(("A", "T"), 0.02, "A", ("A", "T"), float("nan")) == al.PALINDROMIC_UNDECIDED


def test_contradictions_and_gaps() -> None:
    assert resolve(("A", "C"), 0.1, "A", ("A", "G"), 0.1) == al.MISMATCH  # another ALT allele
    assert resolve(("A", "T"), 0.1, "C", ("C", "T"), 0.1) == al.MISMATCH  # no strand holds the genome's base
    assert resolve(("A", "T"), 0.1, "A", None, 0.1) == al.PALINDROMIC_UNREFERENCED
    assert resolve(("A", "T"), 0.1, "", None, 0.1) == al.PALINDROMIC_UNREFERENCED
    assert resolve(("A", "C"), 0.1, "", None, 0.1) == al.UNREFERENCED
