"""Files of intervals: BED, and the coding bases of genes from GFF3 or UCSC's genePred tables."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from alsreg.errors import InputError
from alsreg.formats.contigs import canonical_chromosome

# Columns of genePred by number of fields: strand, gene symbol. Extended with and without bin; refFlat.
# https://genome.ucsc.edu/FAQ/FAQformat.html#format9
_GENE_PRED = {16: (3, 12), 15: (2, 11), 11: (3, 0)}


def read_bed(path: str | Path) -> pd.DataFrame:
    """Read ``chromosome`` (canonical), ``start``, ``end`` (1-based, inclusive); other contigs are left out.

    Raises
    ------
    InputError
        If the file is absent, a line is no interval, or none lies on a chromosome.
    """
    rows = []
    for number, line in _lines(path):
        fields = line.split()
        if fields[0] in ("track", "browser") or line.startswith("#"):
            continue
        if len(fields) < 3 or not (fields[1].isdigit() and fields[2].isdigit()) or int(fields[1]) >= int(fields[2]):
            raise InputError("not an interval", file=path, where=f"line {number}", value=line[:80],
                             remedy="give BED: contig, 0-based start, end")  # fmt: skip
        rows.append((canonical_chromosome(fields[0]), int(fields[1]) + 1, int(fields[2])))
    return _known(pd.DataFrame(rows, columns=["chromosome", "start", "end"]), path)


def read_coding(path: str | Path) -> pd.DataFrame:
    """Read the coding intervals of all transcripts: ``gene``, ``chromosome``, ``start``, ``end`` (1-based, inclusive).

    Raises
    ------
    InputError
        If the file is absent, is neither GFF3 nor genePred, or has no coding interval on a chromosome.
    """
    is_gff3 = ".gff" in Path(path).name.lower()
    rows = _coding_of_gff3(path) if is_gff3 else _coding_of_gene_pred(path)
    return _known(pd.DataFrame(rows, columns=["gene", "chromosome", "start", "end"]), path)


def _coding_of_gff3(path: str | Path) -> Iterator[tuple[str, str | None, int, int]]:
    """CDS lines, named by the gene of their transcript. A parent may stand anywhere before its children."""
    gene_name: dict[str, str] = {}
    gene_of: dict[str, str] = {}
    for _, line in _lines(path):
        fields = line.split("\t")
        if line.startswith("#") or len(fields) != 9:
            continue
        told = dict(item.split("=", 1) for item in fields[8].split(";") if "=" in item)
        name = told.get("gene_name") or (told.get("Name") if "Parent" not in told else None)
        if fields[2] == "CDS":
            transcript = told.get("Parent", "").split(",")[0]
            gene = name or gene_name.get(gene_of.get(transcript, transcript), "")
            if gene:
                yield gene, canonical_chromosome(fields[0]), int(fields[3]), int(fields[4])
        elif "ID" in told and "Parent" in told:
            gene_of[told["ID"]] = told["Parent"].split(",")[0]
        elif "ID" in told:
            gene_name[told["ID"]] = name or told.get("gene_id") or told["ID"].removeprefix("gene:")


def _coding_of_gene_pred(path: str | Path) -> Iterator[tuple[str, str | None, int, int]]:
    """Exons cut to the coding part of their transcript."""
    for number, line in _lines(path):
        fields = line.split("\t")
        if line.startswith("#"):
            continue
        strand, symbol = _GENE_PRED.get(len(fields), (-1, -1))
        if strand < 0 or fields[strand] not in ("+", "-"):
            raise InputError("neither GFF3 nor genePred", file=path, where=f"line {number}", value=line[:80],
                             remedy="give Ensembl GFF3 (name ending in .gff3), or UCSC genePred or refFlat")  # fmt: skip
        first, last = int(fields[strand + 3]), int(fields[strand + 4])
        chromosome = canonical_chromosome(fields[strand - 1])
        starts, ends = (fields[strand + k].strip(",").split(",") for k in (6, 7))
        for start, end in zip(map(int, starts), map(int, ends), strict=True):
            if max(start, first) < min(end, last):
                yield fields[symbol], chromosome, max(start, first) + 1, min(end, last)


def _known(table: pd.DataFrame, path: str | Path) -> pd.DataFrame:
    """Intervals on chromosomes, each once."""
    table = table[table["chromosome"].notna()].drop_duplicates(ignore_index=True)
    if table.empty:
        raise InputError("no interval on a chromosome", file=path, remedy="check that the file is what the freeze says")
    return table


def _lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, with their number; plain or gzipped."""
    path = Path(path)
    if not path.exists():
        raise InputError("no such file", file=path, remedy="check the path in the freeze")
    with path.open("rb") as raw:
        is_gzip = raw.read(2) == b"\x1f\x8b"
    with gzip.open(path, "rt", encoding="utf-8-sig") if is_gzip else path.open(encoding="utf-8-sig") as stream:
        for number, line in enumerate(stream, start=1):
            text = line.rstrip("\r\n")
            if text.strip():
                yield number, text
