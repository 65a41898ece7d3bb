"""PLINK 2 filesets: ``PREFIX.pgen``, ``PREFIX.pvar.zst`` (or ``.pvar``), ``PREFIX.psam``.

A fileset holds biallelic variants. Counts are copies of ALT. Prefixes are plain strings because shard names may hold
dots. Format: https://www.cog-genomics.org/plink/2.0/formats
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType

import numpy as np
import pandas as pd
import pgenlib
import zstandard

from alsreg.errors import InputError
from alsreg.formats.atomic import atomic_path
from alsreg.formats.pvar import PVAR_COLUMNS, pvar_path, read_pvar

MISSING = -9
SEX_CODES = {"M": "1", "F": "2"}


def read_psam(prefix: str | Path) -> pd.DataFrame:
    """Read a sample table: ``IID`` (str), ``SEX`` (``M``, ``F`` or ``unknown``) and any further columns as text."""
    path = Path(f"{prefix}.psam")
    if not path.exists():
        raise InputError("no sample table", file=path, remedy="check the --pfile prefix")
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, quoting=csv.QUOTE_NONE)
    table.columns = [str(name).lstrip("#") for name in table.columns]
    if "IID" not in table.columns:
        raise InputError("no #IID column", file=path, where="row 1", remedy="write the fileset again with PLINK 2")
    names = {"1": "M", "2": "F", "M": "M", "F": "F"}
    table["SEX"] = table["SEX"].map(names).fillna("unknown") if "SEX" in table.columns else "unknown"
    return table


class PgenReader:
    """Read ALT counts of a fileset, a block of variants at a time.

    Attributes
    ----------
    samples
        As `read_psam` returns them.
    n_variants
        In the genotype file.
    """

    def __init__(self, prefix: str | Path) -> None:
        self.prefix = str(prefix)
        self.samples = read_psam(prefix)
        pvar_path(prefix)  # its absence is better told now
        path = Path(f"{prefix}.pgen")
        if not path.exists():
            raise InputError("no genotype file", file=path, remedy="check the --pfile prefix")
        # An empty file stands for a PGEN without variants.
        is_empty = path.stat().st_size == 0
        self._reader = None if is_empty else pgenlib.PgenReader(str(path).encode(), len(self.samples))
        self.n_variants = 0 if self._reader is None else int(self._reader.get_variant_ct())
        self._is_dosage = self._reader is not None and self.has_dosages

    @cached_property
    def variants(self) -> pd.DataFrame:
        """As `read_pvar` returns them, one row per variant of the genotype file."""
        table = read_pvar(self.prefix)
        self.check_table(len(table))
        return table

    def __enter__(self) -> PgenReader:
        return self

    def __exit__(self, kind: type | None, value: BaseException | None, trace: TracebackType | None) -> None:
        if self._reader is not None:
            self._reader.close()

    def check_table(self, n_rows: int) -> None:
        """Raise `InputError` unless a variant table has as many rows as the genotype file has variants."""
        if n_rows != self.n_variants:
            raise InputError(f"{self.n_variants} variants where the variant table has {n_rows}",
                             file=f"{self.prefix}.pgen", remedy="write the fileset again with PLINK 2")  # fmt: skip

    @property
    def n_samples(self) -> int:
        return len(self.samples)

    def hardcalls(self, start: int, stop: int) -> np.ndarray:
        """ALT counts of variants ``start:stop``: int8 ``(stop - start, n_samples)``, missing is -9."""
        block = np.empty((stop - start, self.n_samples), dtype=np.int8)
        if stop > start and self._reader is not None:
            self._reader.read_range(start, stop, block)
        return block

    def hardcalls_at(self, positions: Sequence[int] | np.ndarray) -> np.ndarray:
        """ALT counts of the variants at these row numbers: int8 ``(len(positions), n_samples)``, missing is -9."""
        index = np.asarray(positions, dtype=np.uint32)
        block = np.empty((len(index), self.n_samples), dtype=np.int8)
        if len(index) and self._reader is not None:
            self._reader.read_list(index, block)
        return block

    @property
    def has_dosages(self) -> bool:
        """Whether genotypes may be other than hard calls."""
        with Path(f"{self.prefix}.pgen").open("rb") as raw:
            head = raw.read(12)
        # Mode 2 and, in mode 16, record types of four bits have room for hard calls only.
        return not (head[2] == 2 or (head[2] == 16 and head[11] & 15 < 4))

    @property
    def dtype(self) -> np.dtype:
        """Of `genotypes`."""
        return np.dtype(np.float32 if self._is_dosage else np.int8)

    def genotypes(self, start: int, stop: int) -> np.ndarray:
        """Hard calls (int8, missing -9) if there is nothing else, else dosages (float32, missing NaN)."""
        return self.dosages(start, stop) if self._is_dosage else self.hardcalls(start, stop)

    def genotypes_at(self, positions: np.ndarray) -> np.ndarray:
        """The same of the variants at these row numbers."""
        if not self._is_dosage:
            return self.hardcalls_at(positions)
        index = np.asarray(positions, dtype=np.uint32)
        block = np.empty((len(index), self.n_samples), dtype=np.float32)
        if len(index) and self._reader is not None:
            self._reader.read_dosages_list(index, block)
        block[block < 0] = np.nan
        return block

    def dosages(self, start: int, stop: int) -> np.ndarray:
        """ALT dosages of variants ``start:stop``: float32 ``(stop - start, n_samples)``, missing is NaN."""
        block = np.empty((stop - start, self.n_samples), dtype=np.float32)
        if stop > start and self._reader is not None:
            self._reader.read_dosages_range(start, stop, block)
        block[block < 0] = np.nan
        return block

    def blocks(self, size: int) -> Iterator[tuple[int, int]]:
        """Successive ``(start, stop)`` ranges that cover all variants."""
        for start in range(0, self.n_variants, size):
            yield start, min(start + size, self.n_variants)


class PgenWriter:
    """Write a fileset block by block; it appears whole when the ``with`` block ends, or not at all.

    Parameters
    ----------
    prefix
        Path without suffix.
    samples
        One row per sample with ``IID`` and ``SEX`` (``M``, ``F``, ``unknown``).
    n_variants
        Exact number of variants to come, if known. Otherwise blocks wait, compressed, in a file beside the output,
        since pgenlib must know the number when it opens the file.
    has_dosages
        Whether `append` receives float dosages rather than counts.
    """

    def __init__(
        self, prefix: str | Path, samples: pd.DataFrame, n_variants: int | None = None, *, has_dosages: bool = False
    ) -> None:
        self.n_variants = 0
        self._prefix, self._samples, self._expected, self._has_dosages = prefix, samples, n_variants, has_dosages
        self._dtype = np.dtype(np.float32 if has_dosages else np.int8)
        self._stack = ExitStack()
        self._writer: pgenlib.PgenWriter | None = None

    def __enter__(self) -> PgenWriter:
        suffixes = (".pgen", ".pvar.zst", ".psam")
        self._pgen, pvar, psam = (self._stack.enter_context(atomic_path(f"{self._prefix}{s}")) for s in suffixes)
        write_psam(psam, self._samples)
        # Opened in a stack of its own: the text must be closed before atomic_path moves it into place.
        self._pvar = _ZstdText(pvar)
        self._pvar.write("#" + "\t".join(PVAR_COLUMNS) + "\n")
        if self._expected:
            self._writer = self._open_writer(self._expected)
        else:
            self._spool = self._pgen.with_suffix(".spool")
            self._spooled = _ZstdBlocks(self._spool, self._dtype, len(self._samples))
        return self

    def append(self, variants: pd.DataFrame, genotypes: np.ndarray) -> None:
        """Append variants (`PVAR_COLUMNS`) and ALT counts ``(len(variants), n_samples)``; missing is -9 or NaN."""
        if not len(variants):
            return
        if self._has_dosages:
            genotypes = np.where(np.isfinite(genotypes) & (genotypes >= 0), genotypes, MISSING)
        block = np.ascontiguousarray(genotypes, dtype=self._dtype)
        if block.shape != (len(variants), len(self._samples)):
            raise ValueError(
                f"genotypes {block.shape} do not fit {len(variants)} variants, {len(self._samples)} samples"
            )
        self.n_variants += len(variants)
        if self._expected is not None and self.n_variants > self._expected:
            raise ValueError(f"{self.n_variants} variants came, {self._expected} were announced")
        if self._writer is not None:
            self._append_block(block)
        else:
            self._spooled.write(block)
        rows = variants[PVAR_COLUMNS].astype(str)
        self._pvar.write("\n".join(map("\t".join, rows.itertuples(index=False, name=None))) + "\n")

    def __exit__(self, kind: type | None, value: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self._pvar.close()
            if kind is None:
                self._finish()
        except BaseException as error:
            self._stack.__exit__(type(error), error, error.__traceback__)
            raise
        self._stack.__exit__(kind, value, trace)

    def _finish(self) -> None:
        if self._expected is not None and self.n_variants != self._expected:
            raise ValueError(f"{self.n_variants} variants came, {self._expected} were announced")
        if self._writer is None:
            self._spooled.close()
            if self.n_variants:
                self._writer = self._open_writer(self.n_variants)
                for block in self._spooled.read():
                    self._append_block(block)
            self._spool.unlink()
        if self._writer is None:
            self._pgen.touch()  # a PGEN cannot hold zero variants: an empty file stands for that
        else:
            self._writer.close()

    def _open_writer(self, n_variants: int) -> pgenlib.PgenWriter:
        return pgenlib.PgenWriter(
            str(self._pgen).encode(),
            len(self._samples),
            variant_ct=n_variants,
            nonref_flags=False,
            dosage_present=self._has_dosages,
        )

    def _append_block(self, block: np.ndarray) -> None:
        if self._has_dosages:
            self._writer.append_dosages_batch(block)
        else:
            self._writer.append_biallelic_batch(block)


class _ZstdText:
    """A text file compressed with zstd."""

    def __init__(self, path: Path) -> None:
        self._raw = path.open("wb")
        self._stream = zstandard.ZstdCompressor(level=6).stream_writer(self._raw, closefd=True)

    def write(self, text: str) -> None:
        self._stream.write(text.encode("utf-8"))

    def close(self) -> None:
        self._stream.close()


class _ZstdBlocks:
    """Blocks of rows, compressed, in a temporary file."""

    def __init__(self, path: Path, dtype: np.dtype, n_columns: int) -> None:
        self._path, self._dtype, self._n_columns = path, dtype, n_columns
        self._stream = zstandard.ZstdCompressor(level=1).stream_writer(path.open("wb"), closefd=True)

    def write(self, block: np.ndarray) -> None:
        self._stream.write(block.tobytes())

    def close(self) -> None:
        self._stream.close()

    def read(self, n_rows: int = 4096) -> Iterator[np.ndarray]:
        row_bytes = self._dtype.itemsize * self._n_columns
        with self._path.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as reader:
            stream = io.BufferedReader(reader, buffer_size=1 << 20)
            while chunk := stream.read(n_rows * row_bytes):
                yield np.frombuffer(chunk, dtype=self._dtype).reshape(-1, self._n_columns).copy()


def write_psam(path: str | Path, samples: pd.DataFrame) -> None:
    """Write ``#IID`` and ``SEX`` (1, 2 or NA)."""
    sex = samples["SEX"].map(SEX_CODES).fillna("NA")
    lines = ["#IID\tSEX", *(f"{iid}\t{code}" for iid, code in zip(samples["IID"], sex, strict=True))]
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
