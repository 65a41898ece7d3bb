"""Who withdrew consent, and which rows and samples are theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.config.freeze import ClinicalTable
from alsreg.errors import InputError
from alsreg.sheets.identifiers import Identifiers, plain_identifier
from alsreg.sheets.read import Sheet, read_sheet

REQUIRED = ("person",)


@dataclass(frozen=True)
class Withdrawn:
    """Who and what is taken out: identifiers by `plain_identifier`, samples as (assay, sample).

    ASSUME that identifiers which differ in width, case, dashes or white space only are one person's: it is better to leave
    out somebody else than to keep somebody who withdrew.

    A row of the file names a person (all samples the registry claims for them go too), or a sample by itself, as when
    genotypes prove that a sample under another label is the person's.
    """

    persons: frozenset[str]
    samples: frozenset[tuple[str, str]]


def read_withdrawn(sheet: Sheet | None) -> Withdrawn:
    """The withdrawals of a table with columns person, and optionally assay and sample; none without a table.

    Raises
    ------
    InputError
        A row names neither a person nor a sample with its assay.
    """
    if sheet is None:
        return Withdrawn(frozenset(), frozenset())
    person, assay, sample = (column_of(sheet, name) for name in ("person", "assay", "sample"))
    unclear = [not p and not (a and s) for p, a, s in zip(person, assay, sample, strict=True)]
    if any(unclear):
        raise InputError(
            "neither a person nor a sample with its assay", file=sheet.file, where=f"row {sheet.frame.index[unclear][0]}",
            remedy="name the person, or the assay and the sample",
        )  # fmt: skip
    named = [(a, s) for a, s in zip(assay, sample, strict=True) if a and s]
    # A row that names a sample takes out that sample, not all of the person.
    persons = [p for p, s in zip(person, sample, strict=True) if p and not s]
    return Withdrawn(frozenset(persons), frozenset(named))


def samples_withdrawn(file: Sheet | None, samples: Sheet, assay: str) -> Identifiers:
    """Samples of `assay` that belong to people who withdrew, as the samples table claims or the file says."""
    withdrawn = read_withdrawn(file)
    is_of_assay = samples.frame["assay"].map(plain_identifier) == plain_identifier(assay)
    claimed = samples.frame.loc[rows_withdrawn(samples, withdrawn, set()) & is_of_assay.to_numpy(), "sample"]
    return Identifiers([*claimed, *(sample for named, sample in withdrawn.samples if named == plain_identifier(assay))])


def rows_withdrawn(sheet: Sheet, withdrawn: Withdrawn, seen: set[str | tuple[str, str]]) -> np.ndarray:
    """Rows of withdrawn people or samples; what was found is added to `seen`."""
    frame = sheet.frame
    persons = [plain_identifier(text) for text in frame["person"]]
    gone = np.array([person in withdrawn.persons for person in persons], dtype=bool)
    seen.update(set(persons) & withdrawn.persons)
    if {"assay", "sample"} <= set(frame.columns):
        pairs = list(zip(frame["assay"].map(plain_identifier), frame["sample"].map(plain_identifier), strict=True))
        gone |= np.array([pair in withdrawn.samples for pair in pairs], dtype=bool)
        seen.update(set(pairs) & withdrawn.samples)
    return gone


def read_samples_withdrawn(files: Sequence[str | Path], tables: Sequence[ClinicalTable], assay: str) -> Identifiers:
    """The same from the files: of withdrawals and of samples, the latter as `tables` describes it; none without files.

    Genotypes are read before the registry's tables are checked, and without asking what else is in them.
    """
    if not files:
        return Identifiers()
    withdrawn = read_sheet(files[0], ClinicalTable(path=Path(files[0])), REQUIRED, "withdrawn")
    samples = read_sheet(files[1], tables[0], ("person", "sample", "assay"))
    return samples_withdrawn(withdrawn, samples, assay)


def column_of(sheet: Sheet, name: str) -> pd.Series:
    """A column of identifiers in the form of `plain_identifier`; empty without the column."""
    if name not in sheet.frame.columns:
        return pd.Series("", index=sheet.frame.index)
    return sheet.frame[name].map(plain_identifier)
