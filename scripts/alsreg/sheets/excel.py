"""Cells of a workbook as text; what Excel lost or never worked out is an error, not a guess."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

from alsreg.errors import InputError

SUFFIXES = (".xlsx", ".xlsm")
# What a workbook is read as: `EXCEL_1904` where days are counted from 1904 (old Macintosh workbooks).
EXCEL, EXCEL_1904 = "excel", "excel-1904"
_FIRST_LOST = 10**15  # Excel keeps fifteen digits


def sheet_names(path: Path) -> list[str]:
    """Sheets that hold something."""
    return [page.title for page in _workbook(path).worksheets if page.max_row > 1]


def read_workbook(path: Path, sheet: str | None) -> tuple[str, str, list[tuple[int, list[str]]]]:
    """`EXCEL` or `EXCEL_1904`, title of the sheet (the first unless named), and its rows that are not blank.

    Raises
    ------
    InputError
        Not a workbook, no such sheet, merged cells, a formula without a value, or a number that lost digits.
    """
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    book = _workbook(path)
    if sheet is not None and sheet not in book.sheetnames:
        raise InputError("no such sheet", file=path, value=sheet, remedy=f"sheets: {', '.join(book.sheetnames)}")
    page = book[sheet] if sheet is not None else book.worksheets[0]
    if page.merged_cells.ranges:
        where = f"sheet {page.title}, cells {', '.join(sorted(str(area) for area in page.merged_cells.ranges))}"
        raise InputError("merged cells", file=path, where=where, remedy="unmerge them and fill every cell")
    _refuse_unworked_formulas(path, page)
    rows = [(number, [_text(cell, path) for cell in row]) for number, row in enumerate(page.iter_rows(), 1)]
    rows = [(number, row) for number, row in rows if any(cell.strip() for cell in row)]
    width = max((position + 1 for _, row in rows for position, cell in enumerate(row) if cell), default=0)
    kind = EXCEL_1904 if book.epoch == CALENDAR_MAC_1904 else EXCEL
    return kind, page.title, [(number, row[:width]) for number, row in rows]


def _workbook(path: Path, *, values: bool = True) -> Any:
    from openpyxl import load_workbook

    try:
        return load_workbook(path, data_only=values)
    except Exception as error:
        raise InputError(
            f"not readable as Excel: {error}", file=path, remedy="save it as .xlsx, without a password"
        ) from None


def _refuse_unworked_formulas(path: Path, page: Any) -> None:
    """A formula that no spreadsheet has worked out looks like an empty cell."""
    with zipfile.ZipFile(path) as parts:
        names = [name for name in parts.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")]
        if not any(b"<f" in parts.read(name) for name in names):
            return
    for row in _workbook(path, values=False)[page.title].iter_rows():
        for formula in row:
            cell = page[formula.coordinate]
            if formula.data_type == "f" and cell.value is None and cell.data_type == "n":
                raise InputError(
                    "a formula without a value", file=path, where=_place(cell), value=formula.value,
                    remedy="open the file in a spreadsheet and save it, or write values instead of formulas",
                )  # fmt: skip


def _place(cell: Any) -> str:
    return f"sheet {cell.parent.title}, row {cell.row}, column {cell.column_letter}"


def _text(cell: Any, path: Path) -> str:
    """A cell as a careful typist would write it: whole numbers without a point, dates as ISO."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time().isoformat() == "00:00:00" else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float) and abs(value) >= _FIRST_LOST:
        raise InputError(
            "a number of more than 15 digits, of which Excel keeps only 15", file=path, where=_place(cell), value=value,
            remedy="export identifiers as text, or as CSV",
        )  # fmt: skip
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
