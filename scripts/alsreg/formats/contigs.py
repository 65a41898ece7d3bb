"""Names and lengths of the human chromosomes."""

from __future__ import annotations

from collections.abc import Iterable

from alsreg.config.freeze import CHROMOSOMES
from alsreg.errors import InputError

_NUMBERED = {"23": "X", "24": "Y", "25": "X", "26": "MT", "XY": "X", "PAR1": "X", "PAR2": "X", "M": "MT"}
# PLINK's and UCSC's names; where both copies of a sex are alike, XY or PAR1 and PAR2.
PAR_NAMES = frozenset({"25", "XY", "PAR1", "PAR2"})
ORDER = {name: rank for rank, name in enumerate(CHROMOSOMES)}
# In results, as GWAS-SSF numbers them.
CHROMOSOME_NUMBERS = {**{str(number): number for number in range(1, 23)}, "X": 23, "Y": 24, "MT": 25}
_NAMES = {number: name for name, number in CHROMOSOME_NUMBERS.items()}

# Lengths that differ between all three builds. Source: the assembly reports of NCBI36, GRCh37 and GRCh38.
LENGTHS = {
    "NCBI36": {
        "1": 247249719,
        "2": 242951149,
        "3": 199501827,
        "10": 135374737,
        "22": 49691432,
        "X": 154913754,
    },
    "GRCh37": {
        "1": 249250621,
        "2": 243199373,
        "3": 198022430,
        "10": 135534747,
        "22": 51304566,
        "X": 155270560,
    },
    "GRCh38": {
        "1": 248956422,
        "2": 242193529,
        "3": 198295559,
        "10": 133797422,
        "22": 50818468,
        "X": 156040895,
    },
}
# First and last base of the pseudoautosomal regions of X. Source: the assembly reports of NCBI36, GRCh37 and GRCh38.
PSEUDOAUTOSOMAL = {
    "NCBI36": ((1, 2709520), (154584238, 154913754)),
    "GRCh37": ((60001, 2699520), (154931044, 155260560)),
    "GRCh38": ((10001, 2781479), (155701383, 156030895)),
}
ALIASES = {
    "NCBI36": ("NCBI36", "hg18"),
    "GRCh37": ("GRCh37", "hg19", "hs37d5", "b37"),
    "GRCh38": ("GRCh38", "hg38", "hs38"),
}


def chromosome_name(number: int) -> str:
    """``1``-``22``, ``X``, ``Y`` or ``MT`` for the number that stands in results."""
    return _NAMES[number]


def canonical_chromosome(contig: str) -> str | None:
    """``1``-``22``, ``X``, ``Y`` or ``MT`` for a contig of the primary assembly under any usual name, else None."""
    name = contig[3:] if contig[:3].lower() == "chr" else contig
    name = _NUMBERED.get(name.upper(), name.upper())
    return name if name in ORDER else None


def is_pseudoautosomal(contig: str, position: int, build: str) -> bool:
    """Whether males have two copies there although the chromosome is X."""
    name = contig[3:] if contig[:3].lower() == "chr" else contig
    if name.upper() in PAR_NAMES:
        return True
    return any(first <= position <= last for first, last in PSEUDOAUTOSOMAL[build])


def check_naming(contigs: Iterable[str], file: str) -> None:
    """Raise `InputError` if contigs in use mix ``chr1`` with ``1`` or give one chromosome two names."""
    names = [name for name in contigs if canonical_chromosome(name)]
    prefixed = [name for name in names if name.lower().startswith("chr")]
    plain = [name for name in names if not name.lower().startswith("chr")]
    if prefixed and plain:
        raise InputError(
            "contig naming is mixed: some names begin with chr, others do not", file=file,
            where=f"contigs {prefixed[0]} and {plain[0]}", value=sorted(names),
            remedy="give all contigs one style with `bcftools annotate --rename-chrs`",
        )  # fmt: skip
    first: dict[str, str] = {}
    for name in sorted(set(names)):
        other = first.setdefault(str(canonical_chromosome(name)), name)
        if other != name:
            raise InputError("one chromosome has two names", file=file, where=f"contigs {other} and {name}",
                             remedy="give each chromosome one name with `bcftools annotate --rename-chrs`")  # fmt: skip


def build_of_lengths(lengths: dict[str, int]) -> str | None:
    """The build whose chromosome lengths these are; None if they are nobody's or contradict each other."""
    fits = {
        build
        for name, length in lengths.items()
        for build, known in LENGTHS.items()
        if known.get(canonical_chromosome(name) or "") == length
    }
    return fits.pop() if len(fits) == 1 else None


def build_of_text(text: str) -> str | None:
    """The one build a free text names, if it names exactly one."""
    found = {build for build, names in ALIASES.items() for name in names if name.lower() in text.lower()}
    return found.pop() if len(found) == 1 else None
