"""A clinical table as the registry exports it: every cell as text, under our names, with its line."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.config.freeze import BESIDE, ClinicalTable
from alsreg.errors import InputError
from alsreg.sheets.cells import Rows, read_rows
from alsreg.sheets.layout import Cells, events_from_columns, rows_from_entries, select_rows

log = logging.getLogger(__name__)

_IDENTIFIERS = ("person", "sample", "father", "mother")


@dataclass(frozen=True)
class Sheet:
    """A table of text under our names.

    The index of `frame` is the line of the file (the header being line 1), unless `lines` gives the line of each cell:
    then rows are numbered. `table` says which table of the registry it is: a file may hold several. `file` is the
    file's name, with the sheet of a workbook. `raw` has the cells as the file holds them, `frame` as `values` translates
    them. `source` gives the file's own name of each column; `encoding` is what the file was read as; `date_order` says how
    dates like 3/2/2015 are meant, by column.
    """

    table: str
    file: str
    frame: pd.DataFrame
    source: dict[str, str]
    encoding: str
    raw: pd.DataFrame
    lines: pd.DataFrame | None
    date_order: Mapping[str, str]

    def source_name(self, column: str) -> str:
        """What the file calls our `column`."""
        return self.source.get(column, column)

    def line_of(self, rows: pd.Index, column: str) -> np.ndarray:
        """Lines of the file that hold `column` of `rows`; of the row's first cell where it has none."""
        if self.lines is None:
            return rows.to_numpy()
        own = self.lines.loc[rows]
        first = own.min(axis=1).to_numpy()
        found = own[column].to_numpy(dtype=float) if column in own.columns else np.full(len(rows), np.nan)
        return np.where(np.isnan(found), first, found).astype(np.int64)


def read_sheet(path: str | Path, table: ClinicalTable, required: Sequence[str] = (), name: str = "") -> Sheet:
    """Read `path` in the layout that `table` describes, rename its columns and translate its values; `name` is the table's.

    Cells are text, trimmed except for identifiers' own sake: white space is kept in identifiers so that it can be
    reported. Decisions and withdrawals may be none yet: of them a header alone will do.

    Raises
    ------
    InputError
        The file is missing, empty, of an unknown kind or encoding, has a ragged row, a merged cell or a repeated
        header, or lacks a mapped or required column.
    """
    path = Path(path)
    encoding, label, rows = read_rows(path, table.sheet, table.encoding)
    cells = Cells(_frame(rows, path.with_name(label), may_be_empty=name in BESIDE))
    if table.entries is not None:
        cells = rows_from_entries(cells, table.entries, path)
    if table.rows:
        cells = select_rows(cells, table.rows, list(table.columns.values()), path)
    columns = dict(table.columns)
    if table.event_columns:
        cells = events_from_columns(cells, table.event_columns, columns, path)
        columns |= {"event": "event", "event_date": "event_date"}
    frame = cells.frame
    log.info("%s: read as %s, %d rows, %d columns", label, encoding, len(frame), frame.shape[1])
    raw, source = _rename(frame, columns, path)
    lines = (
        None if cells.lines is None else cells.lines.rename(columns={theirs: ours for ours, theirs in columns.items()})
    )
    _require(raw, required, source, path)
    for where, named in (("values", table.values), ("date_order", table.date_order)):
        for column in set(named) - set(raw.columns):
            raise InputError(
                f"`{where}` names a column that is not there",
                file=path,
                value=column,
                remedy=f"columns: {', '.join(raw.columns)}",
            )
    translated = _translate(raw, table.values)
    return Sheet(name, label, translated, source, encoding, raw, lines, dict(table.date_order))


def _translate(raw: pd.DataFrame, values: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """Values by the mapping; a half-width or full-width variant of a mapped value is that value."""
    frame = raw.copy()
    for column, known in values.items():
        wide = {unicodedata.normalize("NFKC", theirs): ours for theirs, ours in known.items()}
        told = {text: known.get(text, wide.get(unicodedata.normalize("NFKC", text), text)) for text in set(raw[column])}
        frame[column] = raw[column].map(told)
    return frame


def _frame(rows: Rows, path: Path, *, may_be_empty: bool) -> pd.DataFrame:
    if not rows:
        raise InputError("the file is empty", file=path, remedy="export it again")
    rows = _without_nameless_ends(rows)
    line, header = rows[0][0], [name.strip() for name in rows[0][1]]
    for position, name in enumerate(header, 1):
        if not name:
            raise InputError(
                "a column has no name", file=path, where=f"row {line}, column {position}",
                remedy="name the column; the row of names must be the first of the table: delete titles above it",
            )  # fmt: skip
        if name in header[: position - 1]:
            raise InputError(
                "two columns have the same name", file=path,
                where=f"row {line}, columns {header.index(name) + 1} and {position}", value=name, remedy="rename one of them",
            )  # fmt: skip
    if len(rows) == 1 and not may_be_empty:
        raise InputError("the table has a header and no rows", file=path, remedy="export it again")
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise InputError(
                f"{len(row)} cells where the header has {len(header)}", file=path, where=f"row {line}",
                value=",".join(row)[:80],
                remedy="quote cells that hold the delimiter, mend the row, or delete titles above the row of names",
            )  # fmt: skip
    cells = np.array([row for _, row in rows[1:]], dtype=object).reshape(len(rows) - 1, len(header))
    return pd.DataFrame(cells, columns=header, index=pd.Index([line for line, _ in rows[1:]], name="row"), dtype=object)


def _without_nameless_ends(rows: Rows) -> Rows:
    """Spreadsheets end every row of a CSV file with delimiters: columns without a name or any cell hold nothing."""
    header = rows[0][1]
    width = len(header)
    while width and not header[width - 1].strip() and not any(row[width - 1 : width] != [""] for _, row in rows[1:]):
        width -= 1
    return [(line, row[:width] + row[len(header) :]) for line, row in rows]


def _rename(frame: pd.DataFrame, columns: Mapping[str, str], path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Our names for the mapped columns; the others keep theirs. Cells are trimmed, identifiers are not."""
    for ours, theirs in columns.items():
        if theirs not in frame.columns:
            near = get_close_matches(theirs, frame.columns, n=1) or [_same_letters(theirs, frame.columns)]
            hint = f"did you mean {near[0]!r}? " if near[0] else ""
            raise InputError(
                f"no column {theirs!r}, which is mapped to {ours}",
                file=path,
                where="row 1",
                remedy=f"{hint}columns found: {', '.join(frame.columns)}",
            )
        if ours != theirs and ours in frame.columns and ours not in columns.values():
            raise InputError(
                f"column {ours!r} is in the file, and {theirs!r} is mapped to that name",
                file=path,
                remedy="map only one of them",
            )
    if len(set(columns.values())) < len(columns):
        raise InputError("one column is mapped twice", file=path, value=dict(columns), remedy="map it once")
    names = {theirs: ours for ours, theirs in columns.items()}
    source = {names.get(name, name): name for name in frame.columns}
    frame = frame.rename(columns=names)
    for name in frame.columns.difference(_IDENTIFIERS):
        frame[name] = frame[name].str.strip()
    return frame, source


def _same_letters(name: str, columns: pd.Index) -> str | None:
    """The column that is `name` in half-width or full-width letters."""
    wanted = unicodedata.normalize("NFKC", name)
    return next((column for column in columns if unicodedata.normalize("NFKC", column) == wanted), None)


def _require(frame: pd.DataFrame, required: Sequence[str], source: Mapping[str, str], path: Path) -> None:
    absent = [name for name in required if name not in frame.columns]
    if absent:
        raise InputError(
            f"required columns are missing: {', '.join(absent)}",
            file=path,
            remedy=f"{hint_of_delimiter([*source.values()])}map them under `columns`; columns found: {', '.join(source.values())}",
        )


def hint_of_delimiter(header: Sequence[str]) -> str:
    """What to say of a table with one column whose name holds another delimiter; ``""`` otherwise."""
    found = next((mark for mark in ";\t," if len(header) == 1 and mark in header[0]), None)
    if found is None:
        return ""
    name = {";": "semicolons", "\t": "tabs", ",": "commas"}[found]
    return f"cells seem to be separated by {name}: write commas in .csv, tabs in .tsv and .txt; "
