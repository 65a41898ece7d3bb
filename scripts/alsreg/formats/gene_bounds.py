"""Where genes lie: a table of bounds or the gene lines of a GFF3."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.errors import InputError

BOUNDS = {
    "GENE_CHROMOSOME": "chromosome",
    "GENE_START": "start",
    "GENE_END": "end",
    "GENE_NAME": "gene",
}


def read_gene_bounds(path: str | Path) -> pd.DataFrame:
    """Read ``chromosome`` (text without chr), ``start``, ``end`` (1-based, inclusive), ``gene``; sorted.

    A name ending in .gff3 or .gff3.gz is read as GFF3 (lines of type gene, attribute Name or gene_name); anything else
    as a comma- or tab-separated table with the columns of `BOUNDS`.
    """
    path = Path(path)
    table = _read_gff3(path) if path.name.endswith((".gff3", ".gff3.gz")) else _read_table(path)
    if table.empty:
        raise InputError("no genes", file=path)
    table["chromosome"] = table["chromosome"].str.removeprefix("chr")
    return table.sort_values(["chromosome", "start", "end", "gene"], kind="stable").reset_index(drop=True)


def _read_table(path: Path) -> pd.DataFrame:
    with _open_text(path) as stream:
        header = stream.readline()
    separator = "\t" if "\t" in header else ","
    table = pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False, quoting=csv.QUOTE_MINIMAL)
    absent = [name for name in BOUNDS if name not in table.columns]
    if absent:
        raise InputError(f"columns {absent} are missing", file=path, remedy=f"give {', '.join(BOUNDS)}")
    return table[list(BOUNDS)].rename(columns=BOUNDS).astype({"start": np.int64, "end": np.int64})


def _read_gff3(path: Path) -> pd.DataFrame:
    rows = []
    with _open_text(path) as stream:
        for line in stream:
            fields = line.rstrip("\n").split("\t")
            if line.startswith("#") or len(fields) != 9 or fields[2] not in ("gene", "ncRNA_gene"):
                continue
            attributes = dict(item.split("=", 1) for item in fields[8].split(";") if "=" in item)
            name = attributes.get("Name") or attributes.get("gene_name")
            if name:
                rows.append((fields[0], int(fields[3]), int(fields[4]), name))
    return pd.DataFrame(rows, columns=["chromosome", "start", "end", "gene"])


def _open_text(path: Path):  # type: ignore[no-untyped-def]
    return gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8")


def nearest_gene(bounds: pd.DataFrame, chromosome: str, position: int) -> str | None:
    """The gene that holds the position (the shortest if several), otherwise the nearest; None without one."""
    genes = bounds[bounds["chromosome"] == chromosome]
    if genes.empty:
        return None
    distance = np.maximum(np.maximum(genes["start"] - position, position - genes["end"]), 0)
    order = pd.DataFrame({"d": distance, "length": genes["end"] - genes["start"], "gene": genes["gene"]})
    return str(order.sort_values(["d", "length", "gene"], kind="stable")["gene"].iloc[0])
