"""Relationships of a cohort's people by chromosome, ``relationships.npz``: a zip of NumPy arrays that ``numpy.load`` opens.

| member | content |
|---|---|
| `people` | identifiers, n |
| `chromosomes` | names of the chromosomes that have variants, in order |
| `n_variants` | how many each has |
| `min_snps` | people who share fewer variants count as unrelated; who is typed for fewer has no relationships |
| `{chromosome}.products` | float32, sums over the chromosome's variants of products of standardised genotypes |
| `{chromosome}.n_shared` | int32, variants that both people are typed for |

The last two hold the lower triangle with the diagonal, row by row, n(n + 1)/2 numbers: the order of GCTA's and PLINK 2's ``.grm.bin``.
``products / n_shared`` is a chromosome's relationship matrix; the ratio of sums over all chromosomes but one is that without it.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from alsreg.errors import InputError
from alsreg.formats.atomic import atomic_path

FloatArray = NDArray[np.float64]


class RelationshipWriter:
    """Write chromosome by chromosome; the file appears whole when the ``with`` block ends, or not at all."""

    def __init__(self, path: str | Path, people: Sequence[str], min_snps: int) -> None:
        self._path, self._people, self._min_snps = path, list(people), min_snps
        self._chromosomes: list[str] = []
        self._n_variants: list[int] = []
        self._stack = ExitStack()

    def __enter__(self) -> RelationshipWriter:
        temporary = self._stack.enter_context(atomic_path(self._path))
        self._zip = self._stack.enter_context(zipfile.ZipFile(temporary, "w"))
        return self

    def append(self, chromosome: str, n_variants: int, products: FloatArray, n_shared: FloatArray) -> None:
        """Add a chromosome's sums, symmetric ``(n, n)``."""
        self._add(f"{chromosome}.products", _lower_triangle(products, np.float32), zipfile.ZIP_STORED)
        self._add(f"{chromosome}.n_shared", _lower_triangle(n_shared, np.int32), zipfile.ZIP_DEFLATED)
        self._chromosomes.append(chromosome)
        self._n_variants.append(n_variants)

    def __exit__(self, kind: type | None, value: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            heads = {
                "people": np.array(self._people, dtype=np.str_), "chromosomes": np.array(self._chromosomes, dtype=np.str_),
                "n_variants": np.array(self._n_variants, dtype=np.int64), "min_snps": np.array(self._min_snps),
            }  # fmt: skip
            for name, values in heads.items():
                self._add(name, values, zipfile.ZIP_STORED)
        self._stack.__exit__(kind, value, trace)

    def _add(self, name: str, values: np.ndarray, compression: int) -> None:
        member = zipfile.ZipInfo(f"{name}.npy")  # of 1980: the time of day would make other bytes
        member.compress_type = compression
        with self._zip.open(member, "w", force_zip64=True) as out:
            npy.write_array(out, values, allow_pickle=False)


class RelationshipFile:
    """Read sums by chromosome; nothing stays open, so that processes may share it.

    Attributes
    ----------
    people, chromosomes
        Names.
    n_variants
        By chromosome.
    min_snps
        See the module.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        if not Path(path).exists():
            raise InputError("no relationships", file=path, remedy="run the structure stage")
        try:
            with np.load(path) as held:
                self.people = [str(name) for name in held["people"]]
                self.chromosomes = [str(name) for name in held["chromosomes"]]
                self.n_variants = dict(zip(self.chromosomes, held["n_variants"].tolist(), strict=True))
                self.min_snps = int(held["min_snps"])
        except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
            raise InputError(f"no file of relationships: {error}", file=path, remedy="write it again") from None

    def read(self, chromosome: str) -> tuple[FloatArray, FloatArray]:
        """``products`` and ``n_shared`` of a chromosome, symmetric ``(n, n)``."""
        with np.load(self.path) as held:
            parts = (held[f"{chromosome}.products"], held[f"{chromosome}.n_shared"])
        products, n_shared = (_symmetric(part, len(self.people)) for part in parts)
        if not np.isfinite(products).all():
            raise InputError("relationships have missing values", file=self.path, where=f"chromosome {chromosome}")
        return products, n_shared


def _lower_triangle(matrix: FloatArray, kind: type) -> np.ndarray:
    n = len(matrix)
    out = np.empty(n * (n + 1) // 2, dtype=kind)
    for i in range(n):
        out[i * (i + 1) // 2 : (i + 1) * (i + 2) // 2] = matrix[i, : i + 1]
    return out


def _symmetric(triangle: np.ndarray, n: int) -> FloatArray:
    out = np.empty((n, n))
    for i in range(n):
        row = triangle[i * (i + 1) // 2 : (i + 1) * (i + 2) // 2]
        out[i, : i + 1] = row
        out[: i + 1, i] = row
    return out
