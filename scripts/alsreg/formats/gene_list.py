"""Lists of genes with their evidence: tab-separated ``gene tier source date``, below an optional ``# version:`` line."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from alsreg.errors import InputError

COLUMNS = ["gene", "tier", "source", "date"]


@dataclass(frozen=True)
class GeneList:
    """A list of genes: `table` holds `COLUMNS` as text."""

    table: pd.DataFrame
    version: str  # as the file says, or that it does not
    sha256: str


def read_gene_list(path: str | Path) -> GeneList:
    """Read a list.

    Raises
    ------
    InputError
        If the file is absent, is not UTF-8, lacks a column, has a row of another length, an empty gene, tier or source, a
        gene twice, or no gene.
    """
    path = Path(path)
    if not path.exists():
        raise InputError("no such list of genes", file=path, remedy="check `panel.genes`")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("not UTF-8 text", file=path, where=f"byte {error.start}", remedy="save it as UTF-8") from None
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    told = [line.partition("version:")[2].strip() for _, line in lines if line.startswith("#") and "version:" in line]
    rows = [
        (number, [field.strip() for field in line.split("\t")]) for number, line in lines if not line.startswith("#")
    ]
    if not rows:
        raise InputError("no genes", file=path, remedy=f"give columns {', '.join(COLUMNS)}")
    header = rows[0][1]
    if absent := [name for name in COLUMNS if name not in header]:
        raise InputError(f"columns {absent} are missing", file=path, where=f"line {rows[0][0]}", value=" ".join(header),
                         remedy=f"give {', '.join(COLUMNS)}, parted by tabs")  # fmt: skip
    table = _table(path, header, rows[1:])
    return GeneList(table, told[0] if told else "not told", hashlib.sha256(path.read_bytes()).hexdigest())


def _table(path: Path, header: list[str], rows: list[tuple[int, list[str]]]) -> pd.DataFrame:
    seen: dict[str, int] = {}
    place = header.index("gene")
    for number, fields in rows:
        if len(fields) != len(header):
            raise InputError(f"{len(fields)} fields where the header has {len(header)}", file=path, where=f"line {number}",
                             value="\t".join(fields)[:80], remedy="part columns by one tab each")  # fmt: skip
        for name in ("gene", "tier", "source"):
            if not fields[header.index(name)]:
                raise InputError(f"{name} is empty", file=path, where=f"line {number}",
                                 remedy="say of every gene on what evidence it is listed, and where that is written")  # fmt: skip
        if (first := seen.setdefault(fields[place], number)) != number:
            raise InputError("a gene stands twice", file=path, where=f"lines {first} and {number}", value=fields[place],
                             remedy="keep one row per gene")  # fmt: skip
    if not rows:
        raise InputError("no genes", file=path, remedy="give one row per gene")
    return pd.DataFrame([fields for _, fields in rows], columns=header, dtype=str)[COLUMNS]
