"""Cells of text files, each row with its line."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from alsreg.errors import InputError
from alsreg.sheets import excel

Rows = list[tuple[int, list[str]]]

_DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
SUFFIXES = (*_DELIMITERS, *excel.SUFFIXES)
_JAPANESE = "[\u3040-\u30ff\u3400-\u9fff]"
# What other encodings look like when read as CP932: half-width katakana, and lone kanji grown onto Latin letters.
_MISREAD = re.compile(
    rf"[\uff61-\uff9f]|(?<=[A-Za-z]){_JAPANESE}(?!{_JAPANESE})|(?<!{_JAPANESE}){_JAPANESE}(?=[A-Za-z])"
)
# Marks by which ISO-2022 encodings change between sets of letters: pure ASCII to every decoder.
_ESCAPE = re.compile(rb"\x1b[$(]")
# UTF-8 letters beyond ASCII; other encodings hardly ever hold several.
_WIDE_UTF8 = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")


class Page(NamedTuple):
    """`encoding` (`excel.EXCEL` or `excel.EXCEL_1904` for workbooks), `label` (file name, with the sheet of a workbook), and
    `rows` that are not blank, the header first.
    """

    encoding: str
    label: str
    rows: Rows


def read_rows(path: Path, sheet: str | None = None, encoding: str | None = None) -> Page:
    """Read a table as text.

    Raises
    ------
    InputError
        The file is missing, of an unknown kind or encoding, malformed, or a workbook that `excel` refuses.
    """
    if not path.is_file():
        raise InputError("no such file", file=path, remedy="check the path")
    if path.suffix.lower() in excel.SUFFIXES:
        kind, title, rows = excel.read_workbook(path, sheet)
        return Page(kind, f"{path.name} [{title}]", rows)
    if path.suffix.lower() not in _DELIMITERS:
        raise InputError("unknown kind of table", file=path, value=path.suffix, remedy="give .csv, .tsv, .txt or .xlsx")
    text, encoding = decode(path.read_bytes(), path, encoding)
    return Page(encoding, path.name, list(_split(text, _DELIMITERS[path.suffix.lower()], path)))


def sheet_names(path: Path) -> list[str | None]:
    """Sheets of a workbook that hold something; one None for a text file."""
    return [*excel.sheet_names(path)] if path.suffix.lower() in excel.SUFFIXES else [None]


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
    if found := _ESCAPE.search(content):
        raise InputError(
            "neither UTF-8 nor CP932: letters change by escape sequences, as in ISO-2022-JP", file=path,
            where=f"row {_line(content, found.start())}", remedy="save the file as UTF-8, or give `encoding: iso2022_jp` in the mapping",
        )  # fmt: skip
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        utf8 = error
    _refuse_damaged_utf8(content, utf8, path)
    try:
        text, at, remark = content.decode("cp932"), utf8.start, ""
    except UnicodeDecodeError as error:
        text, at, remark = "", error.start, f" (no CP932: bytes {content[error.start : error.start + 2].hex(' ')})"
    n_misread = len(_MISREAD.findall(text))
    if n_misread >= len(re.findall(_JAPANESE, text)) or not text:
        raise InputError(
            f"neither UTF-8 nor CP932{remark}",
            file=path,
            where=f"row {_line(content, at)}",
            remedy="save the file as UTF-8, or give its `encoding` in the mapping",
        )
    return text, "cp932"


def _refuse_damaged_utf8(content: bytes, error: UnicodeDecodeError, path: Path) -> None:
    """A file that is UTF-8 but for a few bytes is no CP932."""
    n_wrong = content.decode("utf-8", errors="replace").count("\ufffd") - content.count("\ufffd".encode())
    n_wide = len(_WIDE_UTF8.findall(content))
    if n_wide >= 10 * n_wrong:
        raise InputError(
            f"UTF-8 with damaged letters ({n_wrong} in all)", file=path, where=f"row {_line(content, error.start)}",
            value=content[max(0, error.start - 12) : error.start + 12].decode("utf-8", errors="replace"),
            remedy="export the file again, or correct the letters",
        )  # fmt: skip


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
