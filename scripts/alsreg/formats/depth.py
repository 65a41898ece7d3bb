"""Depth by base as gnomAD publishes it: the share of people with at least so many reads, for every base.

Layouts: ``chrom pos mean median over_1 over_5 ... over_20 ...`` (version 2; ``#chrom`` too) and ``locus mean median_approx total_DP
over_1 ...`` with ``chr1:12138`` (versions 3 and 4). Source: https://gnomad.broadinstitute.org/help/coverage
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.errors import InputError
from alsreg.formats.contigs import canonical_chromosome

CHUNK = 1_000_000


def read_depth(path: str | Path, column: str, places: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Shares at the places wanted: ``chromosome``, ``position``, ``share``.

    Parameters
    ----------
    column
        E.g. ``over_20``.
    places
        Ascending positions by canonical chromosome, in the file's build.

    Raises
    ------
    InputError
        If the file is absent or truncated, names no columns of either layout, or a share lies outside 0 to 1.
    """
    path = Path(path)
    parts = [
        pd.DataFrame(
            {
                "chromosome": pd.Series(dtype=object),
                "position": pd.Series(dtype=np.int64),
                "share": pd.Series(dtype=float),
            }
        )
    ]
    for block in _blocks(path, column):
        position = pd.to_numeric(block["position"], errors="coerce")
        if position.isna().any():
            raise InputError("not a position", file=path, value=block["position"][position.isna()].iloc[0],
                             remedy="give gnomAD's own file")  # fmt: skip
        names = {name: canonical_chromosome(name) for name in block["contig"].unique()}
        block = block.assign(chromosome=block["contig"].map(names), position=position.astype(np.int64))
        for chromosome, rows in block.groupby("chromosome", sort=False):
            inside = rows[np.isin(rows["position"], places.get(str(chromosome), np.empty(0)))]
            parts.append(inside[["chromosome", "position", "share"]])
    table = pd.concat(parts, ignore_index=True)
    table["share"] = pd.to_numeric(table["share"], errors="coerce").astype(float)
    wrong = ~table["share"].between(0, 1)
    if wrong.any():
        first = table[wrong].iloc[0]
        raise InputError("not a share between 0 and 1", file=path, where=f"{first['chromosome']}:{first['position']}, {column}",
                         value=first["share"], remedy="name the column that holds a share of people")  # fmt: skip
    return table.drop_duplicates(["chromosome", "position"], ignore_index=True)


def _blocks(path: Path, column: str) -> Iterator[pd.DataFrame]:
    """``contig, position, share`` as text, in blocks."""
    if not path.exists():
        raise InputError("no such file", file=path, remedy="check `annotation.controls` of the freeze")
    try:
        with path.open("rb") as raw:
            is_gzip = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rt", encoding="utf-8-sig") if is_gzip else path.open(encoding="utf-8-sig") as stream:
            header = stream.readline().rstrip("\r\n").lstrip("#").split("\t")
            place = ["locus"] if "locus" in header else ["chrom", "pos"]
            if absent := [name for name in (*place, column) if name not in header]:
                raise InputError(f"columns {absent} are missing", file=path, where="line 1", value=" ".join(header)[:80],
                                 remedy="give chrom and pos, or locus, and the column named by `coverage_column`")  # fmt: skip
            reader = pd.read_csv(
                stream, sep="\t", header=None, names=header, usecols=[*place, column], dtype=str, chunksize=CHUNK
            )
            for block in reader:
                if place == ["locus"]:
                    parts = block["locus"].str.rpartition(":")
                    yield pd.DataFrame({"contig": parts[0], "position": parts[2], "share": block[column]})
                else:
                    yield block.rename(columns={"chrom": "contig", "pos": "position", column: "share"})
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, pd.errors.ParserError) as error:
        raise InputError(f"not readable ({error})", file=path, remedy="copy the file again") from None
