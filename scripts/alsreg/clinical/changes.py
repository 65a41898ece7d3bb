"""Who came, left and changed between two states of the registry's tables."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

# What identifies a row of each table.
KEYS = {
    "patients": ["person"],
    "visits": ["person", "visit_date"],
    "events": ["person", "event"],
    "samples": ["assay", "sample"],
    "pedigree": ["person"],
}
COLUMNS = ["table", "change", "key", "column", "old", "new"]


def compare_tables(tables: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]]) -> pd.DataFrame:
    """One row per row and column that came or left, per person under a new identifier, and per cell that changed.

    Parameters
    ----------
    tables
        Name (a key of `KEYS`; patients among them): the table then and now, of text, where the same text is the same value.
        A table without columns is one that was not there.

    Returns
    -------
    pd.DataFrame
        `COLUMNS`. Rows with the same key are paired in their order. A table that one side lacks came or left whole.
    """
    renamed = _renamed(*tables["patients"])
    parts = [pd.DataFrame({"table": "patients", "change": "renamed", "key": [*renamed], "column": "person",
                           "old": [*renamed], "new": [*renamed.values()]})]  # fmt: skip
    for name, (before, after) in tables.items():
        before = before.copy()
        for column in {"person", "father", "mother"} & set(before.columns):
            before[column] = before[column].replace(renamed)
        parts += _compare(name, _keyed(before, KEYS[name]), _keyed(after, KEYS[name]))
    return pd.concat(parts, ignore_index=True).reindex(columns=COLUMNS)


def renamed_persons(changes: pd.DataFrame) -> dict[str, str]:
    """Identifier then: identifier now, of the people that `compare_tables` found under a new one."""
    rows = changes[changes["change"] == "renamed"]
    return dict(zip(rows["old"], rows["new"], strict=True))


def _renamed(old: pd.DataFrame, new: pd.DataFrame) -> dict[str, str]:
    """Identifiers of people who are the same in all other columns, where only one of those gone and come is."""
    shared = [name for name in old.columns if name in new.columns and name != "person"]
    gone, come = old[~old["person"].isin(new["person"])], new[~new["person"].isin(old["person"])]
    gone, come = (part[~part.duplicated(shared, keep=False)] for part in (gone, come))
    if not {"birth_date", "onset_date"} <= set(shared):
        return {}
    pairs = gone[(gone[["birth_date", "onset_date"]] != "").all(axis=1)].merge(come, on=shared, suffixes=("", "_new"))
    return dict(zip(pairs["person"], pairs["person_new"], strict=True))


def _keyed(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    if frame.empty:
        return frame
    label = frame[keys].agg(" ".join, axis=1)
    number = label.groupby(label).cumcount()
    return frame.set_index(label.where(number == 0, label + " #" + (number + 1).astype(str)))


def _compare(table: str, old: pd.DataFrame, new: pd.DataFrame) -> list[pd.DataFrame]:
    came, left = new.index.difference(old.index), old.index.difference(new.index)
    parts = [
        pd.DataFrame({"table": table, "change": word, "key": keys}) for word, keys in (("came", came), ("left", left))
    ]
    both = old.index.intersection(new.index).sort_values()
    for column in dict.fromkeys([*old.columns, *new.columns]) if len(both) else ():
        if column in old.columns and column in new.columns:
            before, after = old.loc[both, column], new.loc[both, column]
            changed = both[(before != after).to_numpy()]
            cells = {"old": before[changed].to_numpy(), "new": after[changed].to_numpy()}
            parts.append(pd.DataFrame({"table": table, "change": "changed", "key": changed, "column": column, **cells}))
        else:
            word = "column came" if column in new.columns else "column left"
            parts.append(pd.DataFrame({"table": table, "change": word, "column": [column]}))
    return parts
