"""Parquet tables too large for memory, written block by block."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from alsreg.formats.atomic import atomic_path


class ParquetAppender:
    """Write blocks of rows; the file appears whole when the ``with`` block ends, or not at all.

    Parameters
    ----------
    path
        The file.
    empty
        A table without rows that fixes columns and types.
    metadata
        Words kept with the schema; `read_metadata` gives them back.
    """

    def __init__(self, path: str | Path, empty: pd.DataFrame, metadata: dict[str, str] | None = None) -> None:
        self._path, self._stack = path, ExitStack()
        fields = []
        for field in pa.Schema.from_pandas(empty, preserve_index=False):
            is_untyped = pa.types.is_null(field.type)  # an empty object column: bytes
            fields.append(pa.field(field.name, pa.binary() if is_untyped else field.type))
        self._schema = pa.schema(fields, metadata)

    def __enter__(self) -> ParquetAppender:
        temporary = self._stack.enter_context(atomic_path(self._path))
        self._writer = pq.ParquetWriter(temporary, self._schema, compression="zstd")
        return self

    def __exit__(self, kind: type | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._writer.close()
        self._stack.__exit__(kind, value, trace)

    def append(self, rows: pd.DataFrame) -> None:
        """Append rows with the columns of the table, in any order."""
        self._writer.write_table(pa.Table.from_pandas(rows, schema=self._schema, preserve_index=False))


def read_metadata(path: str | Path) -> dict[str, str]:
    """The words that `ParquetAppender` kept with a file."""
    return {key.decode(): value.decode() for key, value in (pq.read_schema(path).metadata or {}).items()}
