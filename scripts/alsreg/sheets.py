"""Read clinical tables as registries export them: CSV, TSV, Excel; every cell as text, with its line."""

from __future__ import annotations

import csv
import io
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from alsreg.config.freeze import ClinicalTable
from alsreg.errors import InputError

log = logging.getLogger(__name__)

_DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
_JAPANESE = "[\u3040-\u30ff\u3400-\u9fff]"
# What other encodings look like when read as CP932: half-width katakana, and lone kanji grown onto Latin letters.
_MISREAD = re.compile(
    rf"[\uff61-\uff9f]|(?<=[A-Za-z]){_JAPANESE}(?!{_JAPANESE})|(?<!{_JAPANESE}){_JAPANESE}(?=[A-Za-z])"
)


@dataclass(frozen=True)
class Sheet:
    """A table of text: columns under our names, index = line of the file (the header being line 1).

    `source` gives the file's own name of each column; `encoding` is what the file was read as.
    """

    file: str
    frame: pd.DataFrame
    source: dict[str, str]
    encoding: str

    def source_name(self, column: str) -> str:
        """What the file calls our `column`."""
        return self.source.get(column, column)


def read_sheet(path: str | Path, table: ClinicalTable, required: Sequence[str] = ()) -> Sheet:
    """Read `path`, rename its columns and translate its values as `table` says.

    Cells are text, trimmed except for identifiers' own sake: white space is kept in the columns ``person``
    and ``sample`` so that it can be reported.

    Raises
    ------
    InputError
        The file is missing, empty, of an unknown kind or encoding, has a ragged row, a merged cell or a
        repeated header, or lacks a mapped or required column.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("no such file", file=path, remedy="check the path in the freeze file")
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        encoding, rows = "excel", _read_excel(path, table.sheet)
    elif path.suffix.lower() in _DELIMITERS:
        text, encoding = decode(path.read_bytes(), path, table.encoding)
        rows = list(_split(text, _DELIMITERS[path.suffix.lower()], path))
    else:
        raise InputError("unknown kind of table", file=path, value=path.suffix, remedy="give .csv, .tsv, .txt or .xlsx")
    frame = _frame(rows, path)
    log.info("%s: read as %s, %d rows, %d columns", path.name, encoding, len(frame), frame.shape[1])
    frame, source = _rename(frame, table.columns, path)
    _require(frame, required, source, path)
    for column, values in table.values.items():
        if column not in frame.columns:
            raise InputError(
                "values are mapped for a column that is not there",
                file=path,
                value=column,
                remedy=f"columns: {', '.join(frame.columns)}",
            )
        frame[column] = frame[column].map(lambda text, values=values: values.get(text, text))
    return Sheet(path.name, frame, source, encoding)


def decode(content: bytes, path: Path, encoding: str | None = None) -> tuple[str, str]:
    """Text of `content` and its encoding: as given, by byte order mark, else UTF-8, else CP932.

    Most byte strings decode as CP932, though not into Japanese: a file with more signs of another encoding
    than Japanese letters is refused.
    """
    if encoding is not None:
        return _decode_as(content, encoding, path), encoding
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return _decode_as(content, name, path), name
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
    try:
        text = content.decode("cp932")
    except UnicodeDecodeError:
        text = ""
    n_misread = len(_MISREAD.findall(text))
    if n_misread >= len(re.findall(_JAPANESE, text)) or not text:
        raise InputError(
            "neither UTF-8 nor CP932",
            file=path,
            where=f"row {line}",
            remedy="save the file as UTF-8, or give its `encoding` in the freeze file",
        )
    return text, "cp932"


def _decode_as(content: bytes, encoding: str, path: Path) -> str:
    try:
        return content.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise InputError(f"cannot be read as {encoding}: {error}", file=path, remedy="correct `encoding`") from None


def _split(text: str, delimiter: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line it starts on; blank lines are passed over."""
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise InputError(
            "holds a null byte: not a text table", file=path, where=f"row {line}", remedy="export it again"
        )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield start, row
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"not a well-formed table: {error}", file=path, where=f"row {start}", remedy="mend the quotes"
        ) from None


def _read_excel(path: Path, sheet: str | None) -> list[tuple[int, list[str]]]:
    from openpyxl import load_workbook

    try:
        book = load_workbook(path, data_only=True)
    except Exception as error:
        raise InputError(
            f"not readable as Excel: {error}", file=path, remedy="save it as .xlsx, without a password"
        ) from None
    if sheet is not None and sheet not in book.sheetnames:
        raise InputError("no such sheet", file=path, value=sheet, remedy=f"sheets: {', '.join(book.sheetnames)}")
    page = book[sheet] if sheet is not None else book.worksheets[0]
    if page.merged_cells.ranges:
        where = f"sheet {page.title}, cells {', '.join(sorted(str(area) for area in page.merged_cells.ranges))}"
        raise InputError("merged cells", file=path, where=where, remedy="unmerge them and fill every cell")
    rows = [
        (number, [_cell_text(cell) for cell in row]) for number, row in enumerate(page.iter_rows(values_only=True), 1)
    ]
    rows = [(number, row) for number, row in rows if any(cell.strip() for cell in row)]
    width = max((position + 1 for _, row in rows for position, cell in enumerate(row) if cell), default=0)
    return [(number, row[:width]) for number, row in rows]


def _cell_text(value: Any) -> str:
    """A cell as a careful typist would write it: whole numbers without a point, dates as ISO."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time().isoformat() == "00:00:00" else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _frame(rows: list[tuple[int, list[str]]], path: Path) -> pd.DataFrame:
    if not rows:
        raise InputError("the file is empty", file=path, remedy="export it again")
    header = [name.strip() for name in rows[0][1]]
    for position, name in enumerate(header):
        if not name:
            raise InputError(
                "a column has no name",
                file=path,
                where=f"row {rows[0][0]}, column {position + 1}",
                remedy="name it",
            )
        if name in header[:position]:
            raise InputError("two columns have the same name", file=path, value=name, remedy="rename one of them")
    if len(rows) == 1:
        raise InputError("the table has a header and no rows", file=path, remedy="export it again")
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise InputError(
                f"{len(row)} cells where the header has {len(header)}",
                file=path,
                where=f"row {line}",
                remedy="quote cells that hold the delimiter, or mend the row",
            )
    cells = np.array([row for _, row in rows[1:]], dtype=object).reshape(len(rows) - 1, len(header))
    return pd.DataFrame(cells, columns=header, index=pd.Index([line for line, _ in rows[1:]], name="row"), dtype=object)


def _rename(frame: pd.DataFrame, columns: Mapping[str, str], path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Our names for the mapped columns; the others keep theirs. Cells are trimmed, identifiers are not."""
    for ours, theirs in columns.items():
        if theirs not in frame.columns:
            raise InputError(
                f"no column {theirs!r}, which the freeze file maps to {ours}",
                file=path,
                remedy=f"columns found: {', '.join(frame.columns)}",
            )
        if ours != theirs and ours in frame.columns and ours not in columns.values():
            raise InputError(
                f"column {ours!r} is in the file, and the freeze file maps {theirs!r} to that name",
                file=path,
                remedy="map only one of them",
            )
    if len(set(columns.values())) < len(columns):
        raise InputError("the freeze file maps one column twice", file=path, value=dict(columns), remedy="map it once")
    names = {theirs: ours for ours, theirs in columns.items()}
    source = {names.get(name, name): name for name in frame.columns}
    frame = frame.rename(columns=names)
    for name in frame.columns.difference(["person", "sample", "father", "mother"]):
        frame[name] = frame[name].str.strip()
    return frame, source


def _require(frame: pd.DataFrame, required: Sequence[str], source: Mapping[str, str], path: Path) -> None:
    absent = [name for name in required if name not in frame.columns]
    if absent:
        raise InputError(
            f"required columns are missing: {', '.join(absent)}",
            file=path,
            remedy=f"map them under `columns` in the freeze; columns found: {', '.join(source.values())}",
        )
