"""Scores U and covariances Φ of the rare variants of genes, in one file per cohort and trait: all that a meta-analysis needs.

Text, gzip: header lines ``##key=value`` (`HEADER_KEYS`), a line of column names, then one row per variant, the rows of a gene
together. Row j of a gene's k rows holds ``Φ_jj, Φ_j,j+1, … Φ_jk`` in ``covariances``. See docs/gene-meta-analysis.md.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.errors import InputError
from alsreg.formats.atomic import atomic_path

VERSION = "1"
HEADER_KEYS = ("alsreg_gene_scores", "trait", "type", "build", "n_people", "n_events", "min_mac", "definition")
COLUMNS = ["gene", "chromosome", "position", "effect_allele", "other_allele", "annotation", "n_variants", "n", "n_carriers",
           "mac", "effect_allele_frequency", "expected_events", "score", "p_value", "p_method", "status", "covariances"]  # fmt: skip
_NUMBERS = ("n_variants", "n", "n_carriers", "mac", "effect_allele_frequency", "expected_events", "score", "p_value")
SCORED, TOO_COMMON = "scored", "too common"


@dataclass(frozen=True)
class GeneScores:
    """A gene's rows: `table` has `COLUMNS` without ``covariances``, which are in ``phi (k, k)``; NaN where not scored."""

    gene: str
    table: pd.DataFrame
    phi: NDArray[np.float64]

    def lines(self) -> list[str]:
        """As they stand in the file."""
        numbers = {name: [_number(x) for x in self.table[name]] for name in _NUMBERS}
        covariances = [
            ",".join(map(_number, row[j:])) if status == SCORED else ""
            for j, (row, status) in enumerate(zip(self.phi, self.table["status"], strict=True))
        ]
        columns = [covariances if c == "covariances" else numbers.get(c, self.table[c].astype(str)) for c in COLUMNS]
        return ["\t".join(fields) + "\n" for fields in zip(*columns, strict=True)]


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.15g}"


def write_gene_scores(header: dict[str, str], lines: Iterable[str], path: str | Path) -> None:
    """Write a file whole or not at all; the same rows give the same bytes."""
    head = "".join(f"##{key}={header[key]}\n" for key in HEADER_KEYS) + "\t".join(COLUMNS) + "\n"
    with (
        atomic_path(path) as temporary,
        temporary.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as stream,
    ):
        stream.write(head.encode())
        for line in lines:
            stream.write(line.encode())


class GeneScoresFile:
    """A file's header, and its genes in order.

    Raises
    ------
    InputError
        If the file is absent, of another kind or version, or a line is malformed: with its number.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.exists():
            raise InputError("no such file", file=path, remedy="give files that `alsreg genes --export` wrote")
        lines = self._lines()
        self.header, self._first = self._read_header(lines)
        lines.close()

    def _lines(self) -> Generator[tuple[int, str], None, None]:
        """Lines by number, without their ends."""
        try:
            with gzip.open(self.path, "rt", encoding="utf-8", newline=None) as stream:
                for number, line in enumerate(stream, start=1):
                    yield number, line.rstrip("\n")
        except (OSError, UnicodeDecodeError, EOFError, zlib.error) as error:
            raise InputError(f"cannot be read: {error}", file=self.path, remedy="have the file sent again") from None

    def _read_header(self, lines: Iterable[tuple[int, str]]) -> tuple[dict[str, str], int]:
        header: dict[str, str] = {}
        for number, line in lines:
            if line.startswith("##"):
                key, _, value = line[2:].partition("=")
                header[key] = value
                continue
            missing = [key for key in HEADER_KEYS if key not in header]
            if missing or line.split("\t") != COLUMNS:
                break
            if header["alsreg_gene_scores"] != VERSION:
                raise InputError("another version of the format", file=self.path, value=header["alsreg_gene_scores"],
                                 remedy=f"this is for version {VERSION}: use one release of alsreg everywhere")  # fmt: skip
            return header, number + 1
        raise InputError(
            "not a file of gene scores", file=self.path, remedy="give files that `alsreg genes --export` wrote"
        )

    def genes(self) -> Iterator[GeneScores]:
        """Genes in the file's order, one in memory at a time."""
        seen: set[str] = set()
        rows = ((number, line.split("\t")) for number, line in self._lines() if number >= self._first)
        for gene, part in groupby(rows, key=lambda row: row[1][0]):
            if gene in seen:
                raise InputError("the rows of a gene do not stand together", file=self.path, value=gene,
                                 remedy="do not sort or edit the file")  # fmt: skip
            seen.add(gene)
            yield self._gene(gene, list(part))

    def _gene(self, gene: str, rows: list[tuple[int, list[str]]]) -> GeneScores:
        for number, fields in rows:
            if len(fields) != len(COLUMNS):
                raise self._fault(number, f"{len(fields)} fields where {len(COLUMNS)} are expected")
        table = pd.DataFrame([fields for _, fields in rows], columns=COLUMNS)
        phi = np.full((len(rows), len(rows)), np.nan)
        for j, (number, fields) in enumerate(rows):
            if fields[COLUMNS.index("status")] != SCORED:
                continue
            try:
                values = [float(text) if text else np.nan for text in fields[-1].split(",")]
            except ValueError:
                raise self._fault(number, "a covariance is not a number") from None
            if len(values) != len(rows) - j:
                raise self._fault(number, f"{len(values)} covariances where {len(rows) - j} are expected")
            phi[j, j:] = phi[j:, j] = values
        try:
            numbers = {name: table[name].where(table[name] != "", "nan").astype(float) for name in _NUMBERS}
        except ValueError as error:
            raise self._fault(rows[0][0], f"a number is none: {error}") from None
        return GeneScores(gene, table.drop(columns="covariances").assign(**numbers), phi)

    def _fault(self, number: int, problem: str) -> InputError:
        return InputError(problem, file=self.path, where=f"line {number}", remedy="have the file sent again, whole")
