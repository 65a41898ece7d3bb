"""Variant tables of PLINK 2 filesets, ``PREFIX.pvar.zst`` or ``PREFIX.pvar``, whole or in parts.

Format: https://www.cog-genomics.org/plink/2.0/formats
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import csv

from alsreg.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

PVAR_COLUMNS = ["CHROM", "POS", "ID", "REF", "ALT"]
PART_BYTES = 1 << 21


def pvar_path(prefix: str | Path) -> Path:
    """The variant table of a fileset."""
    for suffix in (".pvar.zst", ".pvar"):
        if (path := Path(f"{prefix}{suffix}")).exists():
            return path
    raise InputError("no variant table", file=f"{prefix}.pvar[.zst]", remedy="check the --pfile prefix")


def stream_pvar(prefix: str | Path, columns: Sequence[str] | None = PVAR_COLUMNS) -> Iterator[pa.RecordBatch]:
    """Parts of a variant table in file order: ``POS`` int64, all else text; `columns` None: all there are.

    ``CHROM`` is as the file has it.
    """
    path = pvar_path(prefix)
    with io.BufferedReader(pa.input_stream(str(path)), PART_BYTES) as stream:
        names = _read_header(stream, path)
        if not stream.peek(1):
            return
        reader = csv.open_csv(
            stream,
            csv.ReadOptions(column_names=names, block_size=PART_BYTES, use_threads=False),
            csv.ParseOptions(delimiter="\t", quote_char=False),
            csv.ConvertOptions(
                column_types={name: pa.int64() if name == "POS" else pa.string() for name in names},
                include_columns=list(columns or names), strings_can_be_null=False,
            ),
        )  # fmt: skip
        yield from reader


def _read_header(stream: io.BufferedReader, path: Path) -> list[str]:
    line = stream.readline()
    while line.startswith(b"##"):
        line = stream.readline()
    if not line.startswith(b"#CHROM"):
        raise InputError("no #CHROM header line", file=path, remedy="write the fileset again with PLINK 2")
    names = line.decode("utf-8").rstrip("\r\n").lstrip("#").split("\t")
    if absent := [name for name in PVAR_COLUMNS if name not in names]:
        raise InputError(f"columns {absent} are missing", file=path, remedy="write the fileset again with PLINK 2")
    return names


def read_pvar(prefix: str | Path) -> pd.DataFrame:
    """Read a variant table.

    Returns
    -------
    DataFrame with ``CHROM`` (str, without ``chr``), ``POS`` (int64), ``ID``, ``REF``, ``ALT`` (str) and any further
    columns of the file as text, in file order.
    """
    import pandas as pd

    parts = list(stream_pvar(prefix, None))
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype="int64" if name == "POS" else object) for name in PVAR_COLUMNS})
    table = pa.Table.from_batches(parts).to_pandas()
    table["CHROM"] = table["CHROM"].str.removeprefix("chr")
    return table
