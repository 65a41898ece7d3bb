"""Declare a table once: its columns, and from them how it is read, written, checked and documented."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from alsreg.errors import InputError
from alsreg.formats.atomic import atomic_path

# The pandas type behind each declared type. All of them hold missing values.
DTYPES = {
    "text": "string",
    "integer": "Int64",
    "number": "float64",
    "flag": "boolean",
    "date": "datetime64[s]",
    "bytes": "object",
}

ARROW_TYPES = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "date": pa.timestamp("s"),
    "bytes": pa.binary(),
}


@dataclass(frozen=True)
class Column:
    """One column: `kind` is a key of `DTYPES`; `unit` and `choices` where they apply."""

    name: str
    kind: str
    description: str
    unit: str = ""
    is_required: bool = True  # False: the whole column may be absent
    is_nullable: bool = True
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A contract between stages.

    `path` is relative to the results folder, with wildcards in braces. ``has_extra_columns`` admits columns that only
    the freeze knows (clinical columns, principal components).
    """

    name: str
    path: str
    description: str
    columns: tuple[Column, ...]
    has_extra_columns: bool = False

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def schema(self) -> pa.Schema:
        """Types of a Parquet file, with what pandas wants to know to make its own of them."""
        of_pandas = pa.Schema.from_pandas(self.empty(), preserve_index=False).metadata
        return pa.schema([(column.name, ARROW_TYPES[column.kind]) for column in self.columns], of_pandas)

    def empty(self) -> pd.DataFrame:
        """A table without rows."""
        return pd.DataFrame({c.name: pd.Series(dtype=DTYPES[c.kind]) for c in self.columns})

    def conform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Order the columns and give them their types, then `check`. Absent optional columns stay absent."""
        frame = frame.reset_index(drop=True)
        known = [c for c in self.columns if c.name in frame.columns]
        extra = [n for n in frame.columns if n not in self.column_names] if self.has_extra_columns else []
        typed = {c.name: frame[c.name].astype(DTYPES[c.kind]) for c in known}
        out = pd.DataFrame({**typed, **{name: frame[name] for name in extra}})
        unknown = [n for n in frame.columns if n not in out.columns]
        if unknown:
            raise InputError(f"table {self.name} has undeclared columns {unknown}")
        self.check(out)
        return out

    def check(self, frame: pd.DataFrame, file: str | Path | None = None) -> None:
        """Raise `InputError` naming the column and row that break the contract."""
        for column in self.columns:
            if column.name not in frame.columns:
                if column.is_required:
                    raise InputError(
                        f"table {self.name} lacks column {column.name!r}",
                        file=file,
                        remedy=f"columns declared: {', '.join(self.column_names)}",
                    )
                continue
            self._check_column(frame[column.name], column, file)

    def _check_column(self, values: pd.Series, column: Column, file: str | Path | None) -> None:
        missing = values.isna().to_numpy()
        if not column.is_nullable and missing.any():
            row = int(missing.argmax()) + 2
            raise InputError(f"{column.name} is empty", file=file or self.name, where=f"row {row}")
        if column.choices:
            wrong = ~(values.isin(column.choices).to_numpy(dtype=bool) | missing)
            if wrong.any():
                row = int(wrong.argmax())
                raise InputError(
                    f"{column.name} must be one of {', '.join(column.choices)}",
                    file=file or self.name,
                    where=f"row {row + 2}, column {column.name}",
                    value=values.iloc[row],
                )

    def write(self, frame: pd.DataFrame, path: str | Path) -> None:
        """Check and write atomically; ``.parquet`` or tab-separated text (``NA`` for missing) by suffix."""
        frame = self.conform(frame)
        with atomic_path(path) as temporary:
            if temporary.suffix == ".parquet":
                frame.to_parquet(temporary, index=False, compression="zstd")
            else:
                write_tsv(frame, temporary)

    @contextmanager
    def stream(self, path: str | Path) -> Iterator[Callable[[pd.DataFrame | pa.Table], None]]:
        """Write a Parquet file part by part, all declared columns in each; it appears whole or not at all.

        An Arrow table has the declared columns and types already.
        """
        schema = self.schema
        with (
            atomic_path(path) as temporary,
            pq.ParquetWriter(temporary, schema, compression="zstd") as writer,
        ):

            def write_part(part: pd.DataFrame | pa.Table) -> None:
                if isinstance(part, pd.DataFrame):
                    part = pa.Table.from_pandas(self.conform(part), schema, preserve_index=False)
                if empty := [c.name for c in self.columns if not c.is_nullable and part[c.name].null_count]:
                    raise InputError(f"{empty[0]} is empty", file=path)
                writer.write_table(part.select(schema.names).replace_schema_metadata(schema.metadata))

            yield write_part

    def read(self, path: str | Path) -> pd.DataFrame:
        """Read and check."""
        path = Path(path)
        if not path.exists():
            raise InputError(f"table {self.name} is missing", file=path, remedy="run the stage that writes it")
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
        else:
            frame = pd.read_csv(
                path, sep="\t", dtype=self._text_dtypes(), keep_default_na=False, na_values=["NA"],
                float_precision="round_trip",
            )  # fmt: skip
        for column in self.columns:
            if column.name in frame.columns:
                frame[column.name] = frame[column.name].astype(DTYPES[column.kind])
        self.check(frame, path)
        return frame

    def _text_dtypes(self) -> dict[str, str]:
        return {c.name: DTYPES[c.kind] for c in self.columns if c.kind not in ("date", "bytes")}


def write_tsv(frame: pd.DataFrame, path: str | Path | TextIO) -> None:
    """Write tab-separated text, ``NA`` for missing, shortest digits that read back to the same number."""
    # Gzip would write the time of day into its header.
    is_gzip = isinstance(path, str | Path) and Path(path).suffix == ".gz"
    compression = {"method": "gzip", "mtime": 0} if is_gzip else None
    frame.to_csv(
        path, sep="\t", index=False, na_rep="NA", date_format="%Y-%m-%d", lineterminator="\n", compression=compression
    )
