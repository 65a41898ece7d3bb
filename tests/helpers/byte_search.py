"""Every file below a folder that holds one of some words, however it is packed: independent of what `alsreg purge` looks at."""

from __future__ import annotations

import gzip
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq
import zstandard


def files_with(folder: Path, words: Sequence[str]) -> list[str]:
    """Paths, relative to `folder`; a word counts where no letter, digit or dash continues it."""
    names = rb"(?<![\w-])(?:" + b"|".join(re.escape(word.encode()) for word in words) + rb")(?![\w-])"
    wide = b"|".join(re.escape(word.encode("utf-32-le")) for word in words)  # text in NumPy's files
    found = re.compile(names + b"|" + wide)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [str(path.relative_to(folder)) for path in files if any(found.search(text) for text in _contents(path))]


def _contents(path: Path) -> Iterator[bytes]:
    raw = path.read_bytes()
    yield raw
    yield path.name.encode()
    if raw.startswith(b"\x1f\x8b"):
        yield gzip.decompress(raw)
    if path.suffix == ".zst":
        yield zstandard.ZstdDecompressor().decompressobj().decompress(raw)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        yield from ("\n".join(map(str, column.unique().to_pylist())).encode() for column in table.columns)
        yield repr(table.schema.metadata).encode()
