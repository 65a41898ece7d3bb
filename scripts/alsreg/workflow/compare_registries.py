"""``alsreg compare-registries``: who came, left and changed between two exports of a registry."""

from __future__ import annotations

import argparse
import sys

import pandas as pd

from alsreg.clinical.dates import parse_dates
from alsreg.sheets import Sheet
from alsreg.tables.base import write_tsv
from alsreg.workflow.registry_source import find_registry

# What identifies a row of each table.
KEYS = {
    "patients": ["person"],
    "visits": ["person", "visit_date"],
    "events": ["person", "event"],
    "samples": ["assay", "sample"],
    "pedigree": ["person"],
}
COLUMNS = ["table", "change", "key", "column", "old", "new"]


def run(options: argparse.Namespace) -> int:
    """Write the differences as tab-separated text, and count them on stderr."""
    old, new = find_registry(options.old).read(), find_registry(options.new).read()
    differences = compare_exports(old, new)
    if options.out is None:
        differences.to_csv(sys.stdout, sep="\t", index=False)
    else:
        write_tsv(differences, options.out)
    counts = differences.groupby(["table", "change"], sort=False).size()
    for (table, change), n in counts.items():
        print(f"{table}: {n} {change}", file=sys.stderr)
    return 0


def compare_exports(old: dict[str, Sheet], new: dict[str, Sheet]) -> pd.DataFrame:
    """One row per row that came or left and per cell that changed, columns `COLUMNS`.

    Cells are compared by meaning: a date written in another way has not changed. Rows with the same key are paired in
    the order of the file.
    """
    parts = [
        _compare(table, _keyed(old[table], keys), _keyed(new[table], keys))
        for table, keys in KEYS.items()
        if table in old and table in new
    ]
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def _keyed(sheet: Sheet, keys: list[str]) -> pd.DataFrame:
    frame = sheet.frame.reset_index(drop=True).copy()
    for column in frame.columns[frame.columns.str.endswith("_date")]:
        frame[column] = _canonical(frame[column], sheet.date_order.get(column))
    label = frame[keys].agg(" ".join, axis=1)
    number = label.groupby(label).cumcount()
    return frame.set_index(label.where(number == 0, label + " #" + (number + 1).astype(str)))


def _canonical(texts: pd.Series, order: str | None) -> list[str]:
    """ISO days, ``first..last`` for partial dates, the text where it is no date."""
    dates = parse_dates(texts.tolist(), order)
    days = zip(texts, dates.is_known, dates.earliest, dates.latest, strict=True)
    return [text if not known else str(a) if a == b else f"{a}..{b}" for text, known, a, b in days]


def _compare(table: str, old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    came, left = new.index.difference(old.index), old.index.difference(new.index)
    parts = [
        pd.DataFrame({"table": table, "change": word, "key": keys}) for word, keys in (("came", came), ("left", left))
    ]
    both = old.index.intersection(new.index).sort_values()
    for column in dict.fromkeys([*old.columns, *new.columns]):
        before, after = (
            frame.loc[both, column] if column in frame.columns else pd.Series("", index=both) for frame in (old, new)
        )
        changed = both[(before != after).to_numpy()]
        parts.append(pd.DataFrame({
            "table": table, "change": "changed", "key": changed, "column": column, "old": before[changed].to_numpy(),
            "new": after[changed].to_numpy(),
        }))  # fmt: skip
    return pd.concat(parts).reindex(columns=COLUMNS)
