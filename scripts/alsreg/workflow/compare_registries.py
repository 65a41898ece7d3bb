"""``alsreg compare-registries``: who came, left and changed between two exports of a registry."""

from __future__ import annotations

import argparse
import sys

import numpy as np
import pandas as pd

from alsreg.clinical.cells import as_numbers
from alsreg.clinical.changes import KEYS, compare_tables
from alsreg.clinical.cutting import WITH, WITHOUT
from alsreg.clinical.dates import parse_dates
from alsreg.clinical.findings import Findings
from alsreg.clinical.withdrawal import remove_withdrawn
from alsreg.sheets import Sheet
from alsreg.tables.base import write_tsv
from alsreg.tables.registry import ITEMS
from alsreg.workflow.registry_source import find_registry

Exports = dict[str, Sheet]


def run(options: argparse.Namespace) -> int:
    """Write the differences as tab-separated text, and count them on stderr."""
    old, new, n_withdrawn = without_withdrawn(find_registry(options.old).read(), find_registry(options.new).read())
    differences = compare_exports(old, new)
    write_tsv(differences, sys.stdout if options.out is None else options.out)
    counts = differences.groupby(["table", "change"], sort=False).size()
    for (table, change), n in counts.items():
        print(f"{table}: {n} {change}", file=sys.stderr)
    if n_withdrawn:
        print(f"{n_withdrawn} rows of people who withdrew consent are not compared", file=sys.stderr)
    return 0


def without_withdrawn(old: Exports, new: Exports) -> tuple[Exports, Exports, int]:
    """Both exports without the people who withdrew by either; and how many rows were theirs."""
    n_rows = _n_rows(old) + _n_rows(new)
    for file in (old.pop("withdrawn", None), new.pop("withdrawn", None)):
        old, new = (remove_withdrawn(tables, file, Findings()) for tables in (old, new))
    return old, new, n_rows - _n_rows(old) - _n_rows(new)


def compare_exports(old: Exports, new: Exports) -> pd.DataFrame:
    """One row per row and column that came or left, per person under a new identifier, and per cell that changed.

    The columns are those of `compare_tables`. Cells are compared by meaning: a date or a number written in another way has not changed.
    Rows with the same key are paired in the order of the file. A table that one export lacks came or left whole.
    """
    return compare_tables(
        {name: (_canonical(old.get(name)), _canonical(new.get(name))) for name in KEYS if name in old or name in new}
    )


def _n_rows(tables: Exports) -> int:
    return sum(len(sheet.frame) for name, sheet in tables.items() if name in KEYS)


def _canonical(sheet: Sheet | None) -> pd.DataFrame:
    """The table with dates as ISO days (``first..last`` where partial) and whole numbers of points without a point."""
    if sheet is None:
        return pd.DataFrame()
    frame = sheet.frame.reset_index(drop=True).copy()
    for column in frame.columns[frame.columns.str.endswith("_date")]:
        frame[column] = _days(frame[column], sheet.date_order.get(column))
    for column in {*ITEMS, "total", WITHOUT, WITH} & set(frame.columns):
        number = as_numbers(frame[column].to_numpy(dtype=object))
        frame[column] = frame[column].where(np.isnan(number), [f"{value:g}" for value in number])
    return frame


def _days(texts: pd.Series, order: str | None) -> list[str]:
    dates = parse_dates(texts.tolist(), order)
    days = zip(texts, dates.is_known, dates.earliest, dates.latest, strict=True)
    return [text if not known else str(a) if a == b else f"{a}..{b}" for text, known, a, b in days]
