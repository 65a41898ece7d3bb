"""Repeat numbers from VCFs as ExpansionHunter writes them.

One record per repeat: INFO ``REPID`` and ``VARID`` name it as the catalogue does, FORMAT ``REPCN`` holds the number of repeat units
of each allele (``2/349``; one number where there is one copy) and ``REPCI`` their intervals (``2-2/323-376``). FILTER and
FORMAT ``FT`` say what cannot be trusted (``LowDepth``).
Source: https://github.com/Illumina/ExpansionHunter/blob/master/docs/05_OutputVcfFiles.md
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path

import pandas as pd

from alsreg.errors import InputError

COLUMNS = ["sample", "gene", "shorter", "longer", "lower", "upper", "status"]
CALLED = "called"
_INFO = re.compile(r"(?:^|;)(REPID|VARID)=([^;]*)")
_NUMBER = re.compile(r"\d+")


def read_repeats(path: str | Path, genes: Collection[str]) -> pd.DataFrame:
    """Repeat numbers of these genes' repeats, one row per sample and gene: `COLUMNS`.

    ``shorter`` and ``longer`` are the alleles (equal where there is one copy), ``lower`` and ``upper`` the limits of the longer;
    ``status`` is ``called``, or why there is no number. Repeats are told by VARID, or REPID without one, in any case:
    one locus (REPID) may hold several repeats.

    Raises
    ------
    InputError
        If the file is absent or truncated, has no header line, a record has no REPCN, or a value is no number.
    """
    path = Path(path)
    known = {gene.upper(): gene for gene in genes}
    rows, samples = [], None
    for number, line in _lines(path):
        if line.startswith("##"):
            continue
        fields = line.split("\t")
        if line.startswith("#CHROM"):
            samples = fields[9:]
            continue
        if samples is None or len(fields) != 9 + len(samples):
            raise InputError("not a VCF with samples", file=path, where=f"line {number}", value=line[:80],
                             remedy="give ExpansionHunter's own VCF")  # fmt: skip
        names = dict(_INFO.findall(fields[7]))
        gene = known.get(names.get("VARID", names.get("REPID", "")).upper())
        if gene is not None:
            rows += [_read(path, number, fields, sample, k, gene) for k, sample in enumerate(samples, start=9)]
    table = pd.DataFrame(rows, columns=COLUMNS)
    twice = table.duplicated(["sample", "gene"])
    if twice.any():
        first = table[twice].iloc[0]
        raise InputError(f"two records of {first['gene']}", file=path, value=first["sample"],
                         remedy="keep one record per repeat")  # fmt: skip
    return table


def _read(path: Path, number: int, fields: list[str], sample: str, place: int, gene: str) -> tuple:
    keys = fields[8].split(":")
    if "REPCN" not in keys:
        raise InputError("a repeat without REPCN", file=path, where=f"line {number}", value=fields[8],
                         remedy="give ExpansionHunter's own VCF (version 2 or later)")  # fmt: skip
    told = dict(zip(keys, fields[place].split(":"), strict=False))
    filters = [f for f in (fields[6], told.get("FT", "PASS")) if f not in ("PASS", ".", "")]
    alleles = [part for part in re.split("[/|]", told.get("REPCN", ".")) if part not in (".", "")]
    if filters or not alleles:
        return sample, gene, None, None, None, None, f"filter {filters[0]}" if filters else "not called"
    where = f"line {number}, sample {sample}"
    sizes = [_whole(path, where, part) for part in alleles]
    limits = [part for part in re.split("[/|]", told.get("REPCI", ".")) if part not in (".", "")]
    longest = sizes.index(max(sizes))
    low, high = sizes[longest], sizes[longest]
    if len(limits) == len(sizes):
        low, _, high = limits[longest].partition("-")
        low, high = (_whole(path, where, part) for part in (low, high or low))
    return sample, gene, min(sizes), max(sizes), low, high, CALLED


def _whole(path: Path, where: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise InputError("not a number of repeats", file=path, where=where, value=text,
                         remedy="give ExpansionHunter's own VCF")  # fmt: skip
    return int(text)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    if not path.exists():
        raise InputError("no such file", file=path, remedy="check `repeats` of the freeze")
    try:
        with path.open("rb") as raw:
            is_gzip = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rt", encoding="utf-8") if is_gzip else path.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(
            f"not readable ({error})", file=path, remedy="copy the file again; BCF: `bcftools view -Oz`"
        ) from None
