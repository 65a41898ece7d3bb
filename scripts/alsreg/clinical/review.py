"""Reviewed decisions: what somebody decided about a cell or row, with name, reason and date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from alsreg.clinical.cells import REPLACED, ROW_LEFT_OUT
from alsreg.clinical.dates import parse_dates
from alsreg.clinical.findings import Findings
from alsreg.errors import InputError
from alsreg.sheets import Sheet

REQUIRED = ("table", "person", "column", "value", "decision", "replacement", "who", "why", "date")
DECISIONS = ("replace", "remove", "confirm")


@dataclass(frozen=True)
class Override:
    """One row of the file. `row` is ``""`` where the decision does not name it; `line` is its own line in the file."""

    line: int
    table: str
    person: str
    row: str
    column: str
    value: str
    decision: str
    replacement: str
    who: str
    why: str
    date: str

    @property
    def review(self) -> str:
        return f"{self.who}, {self.date}: {self.why}"


def apply_overrides(sheets: Mapping[str, Sheet], file: Sheet | None, findings: Findings) -> dict[str, Sheet]:
    """The tables with the decisions carried out; each is noted, and so is one that fits nothing.

    ``replace`` puts `replacement` in the place of the cell, ``remove`` leaves the row out, ``confirm`` changes nothing:
    findings on that cell then carry the decision. A decision holds only while the export still has the value reviewed.

    Raises
    ------
    InputError
        A decision is incomplete, names an unknown table or column, or fits several rows.
    """
    changed = dict(sheets)
    for override in _read(file, sheets) if file is not None else ():
        sheet = changed[override.table]
        column = _our_name(override, sheet, file)
        rows = _rows_meant(override, sheet, column)
        if len(rows) > 1:
            lines = ", ".join(str(line) for line in sheet.line_of(rows, column)[:5])
            raise InputError(
                f"the decision fits {len(rows)} rows", file=file.file, where=f"row {override.line}", value=lines,
                remedy="name the one meant in a column `row`",
            )  # fmt: skip
        if rows.empty:
            findings.add("override_unused", file, [override.line], "value", "no effect: no such cell")
        elif override.decision == "confirm":
            findings.confirm(sheet, rows, column, override.review, (file, override.line))
        else:
            changed[override.table] = _carry_out(override, sheet, rows, column, findings)
    return changed


def _read(file: Sheet, sheets: Mapping[str, Sheet]) -> list[Override]:
    overrides = []
    for line, cells in file.frame.iterrows():
        told = {name: cells.get(name, "") for name in Override.__dataclass_fields__ if name != "line"}
        override = Override(line=int(line), **told)
        _refuse_incomplete(override, file, sheets)
        overrides.append(override)
    return overrides


def _refuse_incomplete(override: Override, file: Sheet, sheets: Mapping[str, Sheet]) -> None:
    for name, is_wrong, remedy in (
        ("table", override.table not in sheets, f"one of {', '.join(sheets)}"),
        ("decision", override.decision not in DECISIONS, f"one of {', '.join(DECISIONS)}"),
        ("person", not override.person, "say whose row it is"),
        ("column", not override.column and override.decision != "remove", "say which cell it is"),
        ("row", override.decision == "remove" and not (override.row or override.column), "say which row is to go"),
        ("row", override.row != "" and not (override.row.isascii() and override.row.isdigit()), "a line of the file"),
        ("who", not override.who, "a decision without a name is none"),
        ("why", not override.why, "a decision without a reason is none"),
        ("date", not parse_dates([override.date]).is_known[0], "the day of the decision, YYYY-MM-DD"),
    ):
        if is_wrong:
            raise InputError(
                "an incomplete decision", file=file.file, where=f"row {override.line}, column {name}",
                value=getattr(override, name), remedy=remedy,
            )  # fmt: skip


def _our_name(override: Override, sheet: Sheet, file: Sheet) -> str:
    """Decisions may name a column as we do or as the file does."""
    ours = {sheet.source_name(name): name for name in sheet.frame.columns}
    column = ours.get(override.column, override.column) or "person"
    if column not in sheet.frame.columns:
        raise InputError(
            f"table {override.table} has no such column", file=file.file, where=f"row {override.line}, column column",
            value=override.column, remedy=f"columns: {', '.join(sheet.frame.columns)}",
        )  # fmt: skip
    return column


def _rows_meant(override: Override, sheet: Sheet, column: str) -> pd.Index:
    frame = sheet.frame
    meant = (frame["person"] == override.person).to_numpy()
    if override.column:
        meant &= (sheet.raw.loc[frame.index, column] == override.value).to_numpy()
    if override.row:
        meant &= np.asarray(sheet.line_of(frame.index, column)) == int(override.row)
    return frame.index[meant]


def _carry_out(override: Override, sheet: Sheet, rows: pd.Index, column: str, findings: Findings) -> Sheet:
    frame = sheet.frame.copy()
    if override.decision == "remove":
        action = f"{ROW_LEFT_OUT}: reviewed decision"
        frame = frame.drop(index=rows)
    else:
        action = f"{REPLACED} {override.replacement or 'an empty cell'}"
        frame.loc[rows, column] = override.replacement
    findings.add("override_applied", sheet, rows, column, action, review=override.review)
    return replace(sheet, frame=frame)
