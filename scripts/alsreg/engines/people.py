"""The people of an analysis on the genotype file's person axis, their traits, covariates and visits."""

from __future__ import annotations

import csv
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.errors import InputError

log = logging.getLogger("alsreg.engines")


@dataclass(frozen=True)
class People:
    """``n`` people in the order of the genotype file.

    `table` has one row per person and every column of the samples table, numbers where all its values are numbers and
    text otherwise; `visits` the visits, with ``row`` the person's position.
    """

    table: pd.DataFrame
    visits: pd.DataFrame | None
    is_listed: NDArray[np.bool_]  # (n,) in the samples table
    file: str
    visits_file: str

    def __len__(self) -> int:
        return len(self.table)

    def column(self, name: str) -> pd.Series:
        """A column of the samples table; an `InputError` names it if it is absent."""
        if name not in self.table.columns:
            raise InputError(
                f"no column {name!r}",
                file=self.file,
                remedy=f"columns there: {', '.join(self.table.columns)}",
            )
        return self.table[name]

    def numbers(self, name: str) -> NDArray[np.float64]:
        """A column of numbers, NaN where missing."""
        values = self.column(name)
        if not pd.api.types.is_numeric_dtype(values):
            wrong = next(v for v in values.dropna() if not _is_number(v))
            raise InputError("a number is expected", file=self.file, where=f"column {name}", value=wrong)
        return values.to_numpy(dtype=float)

    def zero_or_one(self, name: str) -> NDArray[np.float64]:
        """A column of 0 and 1, NaN where missing; any other code is an error that names the values seen."""
        values = self.column(name)
        seen = sorted({str(v).removesuffix(".0") for v in values.dropna()})
        if not set(seen) <= {"0", "1"}:
            raise InputError(
                "0 and 1 are expected (1 = happened)", file=self.file, where=f"column {name}",
                value=", ".join(seen[:10]), remedy="recode the column",
            )  # fmt: skip
        return values.to_numpy(dtype=float)

    def has_assay(self, carrier_set: str) -> NDArray[np.object_]:
        """First assay of `carrier_set` that each person has a usable sample in; empty text where none.

        The empty carrier set, or a samples table without ``assays``, means that everybody is observed.
        """
        if not carrier_set or "assays" not in self.table.columns:
            return np.where(self.is_listed, carrier_set or "all", "").astype(object)
        wanted = carrier_set.split("+")
        found = (
            next((assay for assay in wanted if assay in str(own).split("+")), "")
            for own in self.table["assays"].fillna("")
        )
        return np.array(list(found), dtype=object)


def read_people(ids: Sequence[str], samples: str | Path, visits: str | Path | None) -> People:
    """Read the samples table and, if there is one, the visits table, for the people `ids` of a genotype file."""
    table = _read_text(samples)
    if table["#IID"].duplicated().any():
        twice = table.loc[table["#IID"].duplicated(), "#IID"].iloc[0]
        raise InputError("a person stands there twice", file=samples, where="column #IID", value=twice)
    is_listed = np.isin(np.asarray(ids, dtype=str), table["#IID"].to_numpy(dtype=str))
    unknown = ~table["#IID"].isin(ids)
    if unknown.any():
        log.info("%d of %d people of %s have no genotypes", unknown.sum(), len(table), samples)
    if not is_listed.any():
        raise InputError(
            "none of its people is in the genotype file", file=samples, where="column #IID",
            remedy="give the same identifiers in both",
        )  # fmt: skip
    aligned = _as_numbers(table.set_index("#IID").reindex(ids))
    return People(aligned.reset_index(drop=True), _read_visits(ids, visits), is_listed, str(samples), str(visits))


def _read_visits(ids: Sequence[str], path: str | Path | None) -> pd.DataFrame | None:
    if path is None:
        return None
    table = _read_text(path)
    position = pd.Series(np.arange(len(ids)), index=list(ids))
    table["row"] = table["#IID"].map(position)
    table = table[table["row"].notna()].astype({"row": np.int64})
    return _as_numbers(table.drop(columns="#IID")).reset_index(drop=True)


def _read_text(path: str | Path) -> pd.DataFrame:
    if not Path(path).exists():
        raise InputError("no such file", file=path)
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, na_values=["NA", ""], quoting=csv.QUOTE_NONE)
    if "#IID" not in table.columns:
        raise InputError("no column #IID", file=path, remedy="name the column of person identifiers #IID")
    return table


def _as_numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Columns whose values are all numbers become numbers; True and False become 1 and 0."""
    out = {}
    for name in table.columns:
        text = table[name].where(~table[name].isin(["True", "False"]), table[name].map({"True": "1", "False": "0"}))
        is_number = name not in ("#IID", "assays") and all(_is_number(value) for value in text.dropna().unique())
        out[name] = text.astype(float) if is_number else table[name]
    return pd.DataFrame(out)


def _is_number(value: object) -> bool:
    try:
        return bool(np.isfinite(float(str(value))))
    except ValueError:
        return False


def encode_covariates(people: People, names: Sequence[str], rows: NDArray[np.int64]) -> tuple[np.ndarray, list[str]]:
    """Design columns ``(len(rows), p)`` and their names.

    Text becomes one 0/1 column per level but the most frequent (first in alphabet among equals), named ``column=level``.
    """
    columns, labels = [], []
    for name in names:
        values = people.column(name).iloc[rows]
        if pd.api.types.is_numeric_dtype(values):
            columns.append(values.to_numpy(dtype=float))
            labels.append(name)
            continue
        for level in levels_but_first(values):
            columns.append((values == level).to_numpy(dtype=float))
            labels.append(f"{name}={level}")
    return (np.column_stack(columns) if columns else np.zeros((len(rows), 0))), labels


def levels_but_first(values: pd.Series) -> list[str]:
    """Levels in alphabetical order without the most frequent, the reference."""
    counts = values.astype(str).value_counts().sort_index()
    reference = counts.idxmax() if len(counts) else None
    return [level for level in counts.index if level != reference]
