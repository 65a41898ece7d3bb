"""The people of an analysis on the genotype file's person axis, their traits, covariates and visits."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.errors import InputError
from alsreg.formats.pgen import read_psam

log = logging.getLogger("alsreg.engines")


@dataclass(frozen=True)
class People:
    """``n`` people in the order of the genotype file.

    `table` has one row per person and every column of the samples table, numbers where all its values are numbers and
    text otherwise; `visits` holds the visits tables by file, with ``row`` the person's position.
    """

    table: pd.DataFrame
    visits: Mapping[str, pd.DataFrame]
    is_listed: NDArray[np.bool_]  # (n,) in the samples table
    sex: NDArray[np.str_]  # (n,) M, F or unknown
    file: str

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

    def visits_of(self, file: str) -> tuple[pd.DataFrame, str]:
        """The visits table of this name, or the only one there is, and its file."""
        if len(self.visits) == 1:
            file = next(iter(self.visits))
        if file not in self.visits:
            raise InputError("a longitudinal trait needs a visits table", file=self.file, value=file)
        return self.visits[file], file

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


def people_of_fileset(prefix: str | Path, samples: str | Path, *visits: str | Path) -> People:
    """The people of a PLINK 2 fileset with what the tables say of them."""
    fileset = read_psam(prefix)
    return read_people(fileset["IID"], samples, *visits, sex=fileset["SEX"])


def read_people(
    ids: Sequence[str], samples: str | Path, *visits: str | Path, sex: Sequence[str] | None = None
) -> People:
    """Read the samples table and the visits tables, if any, for the people `ids` of a genotype file.

    `sex` (M, F, unknown) is that of the genotype file; a column ``sex`` or ``SEX`` of the samples table goes before it.
    """
    _refuse_twice(pd.Series(list(ids)), "the genotype file's sample table")
    table = _read_text(samples)
    _refuse_twice(table["#IID"], samples)
    is_listed = np.isin(np.asarray(ids, dtype=str), table["#IID"].to_numpy(dtype=str))
    unknown = ~table["#IID"].isin(ids)
    if unknown.any():
        log.info("%d of %d people of %s have no genotypes", unknown.sum(), len(table), samples)
    if not is_listed.all():
        log.info("%d of %d people with genotypes are not in %s", (~is_listed).sum(), len(ids), samples)
    if not is_listed.any():
        raise InputError(
            "none of its people is in the genotype file", file=samples, where="column #IID",
            remedy="give the same identifiers in both",
        )  # fmt: skip
    aligned = _as_numbers(table.set_index("#IID").reindex(ids))
    table = aligned.reset_index(drop=True)
    by_file = {str(path): _read_visits(ids, path) for path in visits}
    return People(table, by_file, is_listed, _sex(table, sex), str(samples))


def _refuse_twice(names: pd.Series, file: str | Path) -> None:
    if names.duplicated().any():
        raise InputError("a person stands there twice", file=file, where="column #IID",
                         value=names[names.duplicated()].iloc[0])  # fmt: skip


def _sex(table: pd.DataFrame, of_genotypes: Sequence[str] | None) -> NDArray[np.str_]:
    """M, F or unknown, by the samples table and, where that is silent, by the genotype file."""
    known = pd.Series("unknown", index=table.index) if of_genotypes is None else pd.Series(list(of_genotypes))
    for name in ("sex", "SEX"):
        if name in table.columns:
            text = table[name].astype(str).str.removesuffix(".0").str.lower()
            known = text.map(SEX_WORDS).fillna(known)
    return known.to_numpy(dtype="<U7")


# PLINK codes males 1 and females 2; a column of 0 and 1 says nothing about which is which.
SEX_WORDS = {"m": "M", "male": "M", "f": "F", "female": "F"}


def _read_visits(ids: Sequence[str], path: str | Path) -> pd.DataFrame:
    table = _read_text(path)
    position = pd.Series(np.arange(len(ids)), index=list(ids))
    table["row"] = table["#IID"].map(position)
    table = table[table["row"].notna()].astype({"row": np.int64})
    return _as_numbers(table.drop(columns="#IID")).reset_index(drop=True)


def _read_text(path: str | Path) -> pd.DataFrame:
    if not Path(path).exists():
        raise InputError("no such file", file=path)
    rows = [line.split("\t") for line in _lines(path)]
    if not rows or "#IID" not in rows[0]:
        raise InputError(
            "no column #IID in the first line", file=path, value="\t".join(rows[0])[:80] if rows else None,
            remedy="name the column of person identifiers #IID, and part columns by tabs",
        )  # fmt: skip
    header = rows[0]
    if twice := [name for name in header if header.count(name) > 1]:
        raise InputError("two columns have one name", file=path, where="line 1", value=twice[0])
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise InputError(f"{len(row)} fields where the header has {len(header)}", file=path, where=f"line {number}",
                             value="\t".join(row)[:80], remedy="part columns by one tab each")  # fmt: skip
    table = pd.DataFrame(rows[1:], columns=header, dtype=object)
    return table.where(~table.isin(MISSING_TEXT), np.nan)


MISSING_TEXT = ["NA", "", "nan", "NaN"]


def _lines(path: str | Path) -> list[str]:
    """Lines without their ends, Windows or not; blank lines at the end are passed over."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("not UTF-8 text", file=path, where=f"byte {error.start}", remedy="save it as UTF-8") from None
    return text.rstrip("\n").splitlines()


def _as_numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Columns whose values are all numbers become numbers; True and False become 1 and 0."""
    out = {}
    for name in table.columns:
        is_word = table[name].isin(["True", "False"])
        text = (
            table[name].where(~is_word, table[name].map({"True": "1", "False": "0"})) if is_word.any() else table[name]
        )
        numbers = None if name in ("#IID", "assays") else _numbers(text)
        out[name] = table[name] if numbers is None else numbers
    return pd.DataFrame(out)


def _numbers(text: pd.Series) -> pd.Series | None:
    """Numbers, NaN where missing; None if some value is no finite number."""
    try:
        numbers = text.astype(float)
    except ValueError:
        return None
    return numbers if np.isfinite(numbers[text.notna()]).all() else None


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
