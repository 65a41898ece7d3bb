"""Layouts of one file that holds several tables, or one value per row, or events as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.config.freeze import EntryColumns
from alsreg.errors import InputError

# REDCap's own columns: they say which row this is, not what was found.
_BOOKKEEPING = "redcap_"


@dataclass(frozen=True)
class Cells:
    """Text under the file's names. `lines`: the line of each cell (NaN: none), where the index is not the line."""

    frame: pd.DataFrame
    lines: pd.DataFrame | None = None


def rows_from_entries(cells: Cells, entries: EntryColumns, path: Path) -> Cells:
    """One row per record and event from one row per value (REDCap's EAV export).

    Raises
    ------
    InputError
        A column is missing, or a field of one row has two values.
    """
    frame = cells.frame
    _refuse_absent([entries.field, entries.value], frame, path)
    keys = [name for name in frame.columns if name not in (entries.field, entries.value)]
    if not keys:
        raise InputError("no column says which row an entry belongs to", file=path, remedy="keep the record's column")
    if taken := sorted(set(frame[entries.field]) & set(keys)):
        raise InputError("a field bears the name of a column", file=path, value=taken[0], remedy="rename the field")
    frame = frame[frame[entries.field].str.strip() != ""].drop_duplicates()
    twice = frame.duplicated([*keys, entries.field])
    if twice.any():
        line = frame.index[twice][0]
        raise InputError(
            f"a second value of field {frame.loc[line, entries.field]!r} for the same row", file=path,
            where=f"row {line}", value=frame.loc[line, entries.value],
            remedy="keep the right one (choose-all-that-apply fields: leave them out of the export)",
        )  # fmt: skip
    row = frame.groupby(keys, sort=False).ngroup().to_numpy()
    long = pd.DataFrame({"row": row, "field": frame[entries.field], "value": frame[entries.value], "line": frame.index})
    order = list(dict.fromkeys(long["field"]))
    held = frame[keys].assign(row=row).drop_duplicates("row").set_index("row")
    # Each pair is there once: nothing is aggregated.
    value = long.pivot(index="row", columns="field", values="value").reindex(columns=order).fillna("")  # noqa: PD010
    line = long.pivot(index="row", columns="field", values="line").reindex(columns=order).astype(float)  # noqa: PD010
    first = pd.DataFrame({name: line.min(axis=1) for name in keys})
    return Cells(held.join(value), first.join(line))


def select_rows(cells: Cells, rows: Mapping[str, Sequence[str]], mapped: Sequence[str], path: Path) -> Cells:
    """Rows of one table in a file of several; other tables' columns, empty here, go with REDCap's bookkeeping.

    Raises
    ------
    InputError
        A column is missing, or no row is left.
    """
    _refuse_absent(list(rows), cells.frame, path)
    chosen = np.ones(len(cells.frame), dtype=bool)
    for column, values in rows.items():
        chosen &= cells.frame[column].str.strip().isin(values).to_numpy()
        if not chosen.any():
            found = sorted(set(cells.frame[column].str.strip()))
            raise InputError(
                "no row has the values that `rows` names", file=path, where=f"column {column}", value=list(values),
                remedy=f"values found: {', '.join(found[:20])}",
            )  # fmt: skip
    frame = cells.frame[chosen]
    is_empty = (frame == "").all()
    others = [n for n in frame.columns if n not in mapped and (is_empty[n] or n in rows or n.startswith(_BOOKKEEPING))]
    lines = None if cells.lines is None else cells.lines[chosen].drop(columns=others)
    return Cells(frame.drop(columns=others), lines)


def events_from_columns(
    cells: Cells, event_columns: Mapping[str, str], columns: Mapping[str, str], path: Path
) -> Cells:
    """One row per event and date from one column per event; empty cells are no event.

    Raises
    ------
    InputError
        A column is missing.
    """
    frame, person = cells.frame, columns.get("person", "person")
    _refuse_absent([person, *event_columns.values()], frame, path)
    lines = cells.lines
    if lines is None:
        lines = pd.DataFrame({name: frame.index.astype(float) for name in frame.columns}, index=frame.index)
    parts, places = [], []
    for event, column in event_columns.items():
        filled = frame[column].str.strip() != ""
        part = pd.DataFrame({person: frame[person], "event": event, "event_date": frame[column]})[filled]
        parts.append(part)
        place = {person: lines[person], "event": lines[column], "event_date": lines[column]}
        places.append(pd.DataFrame(place)[filled])
    return Cells(pd.concat(parts, ignore_index=True), pd.concat(places, ignore_index=True))


def _refuse_absent(names: Sequence[str], frame: pd.DataFrame, path: Path) -> None:
    for name in names:
        if name not in frame.columns:
            raise InputError(
                f"no column {name!r}", file=path, where="row 1", remedy=f"columns found: {', '.join(frame.columns)}"
            )
