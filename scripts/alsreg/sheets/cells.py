"""Cells of text files and workbooks, each row with its line."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from alsreg.errors import InputError

Rows = list[tuple[int, list[str]]]

_DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
EXCEL = (".xlsx", ".xlsm")
_JAPANESE = "[\u3040-\u30ff\u3400-\u9fff]"
# What other encodings look like when read as CP932: half-width katakana, and lone kanji grown onto Latin letters.
_MISREAD = re.compile(
    rf"[\uff61-\uff9f]|(?<=[A-Za-z]){_JAPANESE}(?!{_JAPANESE})|(?<!{_JAPANESE}){_JAPANESE}(?=[A-Za-z])"
)


def read_rows(path: Path, sheet: str | None = None, encoding: str | None = None) -> tuple[str, Rows]:
    """Encoding (``excel`` for workbooks) and rows that are not blank, the header first.

    Raises
    ------
    InputError
        The file is missing, of an unknown kind or encoding, malformed, or has merged cells.
    """
    if not path.is_file():
        raise InputError("no such file", file=path, remedy="check the path")
    if path.suffix.lower() in EXCEL:
        return "excel", _read_excel(path, sheet)
    if path.suffix.lower() not in _DELIMITERS:
        raise InputError("unknown kind of table", file=path, value=path.suffix, remedy="give .csv, .tsv, .txt or .xlsx")
    text, encoding = decode(path.read_bytes(), path, encoding)
    return encoding, list(_split(text, _DELIMITERS[path.suffix.lower()], path))


def sheet_names(path: Path) -> list[str | None]:
    """Sheets of a workbook that hold something; one None for a text file."""
    if path.suffix.lower() not in EXCEL:
        return [None]
    return [page.title for page in _workbook(path).worksheets if page.max_row > 1]


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
        line = _line(content, error.start)
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
        text = content.decode(encoding)
    except LookupError:
        raise InputError("no such encoding", file=path, value=encoding, remedy="correct `encoding`") from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"cannot be read as {encoding}: {error.reason}", file=path, where=f"row {_line(content, error.start)}",
            remedy="correct `encoding`, or leave it out: UTF-8, UTF-16 with a mark and CP932 are recognised",
        ) from None  # fmt: skip
    if codecs.lookup(encoding).name not in ("utf-8", "utf-8-sig") and _is_wide_utf8(content):
        first = next(position for position, byte in enumerate(content) if byte > 127)
        raise InputError(
            "the file is UTF-8, and another encoding is named", file=path, where=f"row {_line(content, first)}",
            value=encoding, remedy="correct `encoding`, or leave it out",
        )  # fmt: skip
    return text


def _is_wide_utf8(content: bytes) -> bool:
    """Whether `content` is UTF-8 with letters beyond ASCII: other encodings hardly ever look so by chance."""
    try:
        return not content.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False


def _line(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1


def _split(text: str, delimiter: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line it starts on; blank lines are passed over."""
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise InputError(
            "holds a null byte: not a text table",
            file=path,
            where=f"row {line}",
            remedy="export it as UTF-8; for UTF-16 without a mark, give `encoding: utf-16-le`",
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


def _workbook(path: Path) -> Any:
    from openpyxl import load_workbook

    try:
        return load_workbook(path, data_only=True)
    except Exception as error:
        raise InputError(
            f"not readable as Excel: {error}", file=path, remedy="save it as .xlsx, without a password"
        ) from None


def _read_excel(path: Path, sheet: str | None) -> Rows:
    book = _workbook(path)
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
