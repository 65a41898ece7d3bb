"""Check the samples and pedigree tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alsreg.clinical.cells import CELL, ROW, Cells
from alsreg.clinical.dates import Dates, date_columns
from alsreg.clinical.order import is_after, reject_future
from alsreg.clinical.patients import Patients
from alsreg.tables.registry import PEDIGREE, SAMPLES

REQUIRED = ("person", "sample", "assay")
PEDIGREE_REQUIRED = ("person", "father", "mother")
_OPTIONAL_TEXT = ("platform_version", "capture_kit", "centre")


def check_samples(
    cells: Cells, patients: Patients, death: Dates, assays: Sequence[str], freeze_date: np.datetime64
) -> pd.DataFrame:
    """Samples the registry claims, sorted by assay (as in `assays`) and sample.

    `death` is aligned to the patients.
    """
    cells.require_ids("sample", "person")
    cells.reject_rows(
        "unknown_assay",
        ~np.isin(cells.text("assay"), list(assays)),
        "assay",
        f"{ROW}: not one of {', '.join(assays)}",
    )
    cells.drop_repeated_rows("duplicate_sample", "sample")
    claimed_twice = cells.sheet.frame.duplicated(["assay", "sample"], keep=False).to_numpy()
    cells.reject_rows(
        "contradicting_sample", claimed_twice, "sample", f"{ROW}: rows of the sample contradict each other"
    )
    unknown = patients.positions(cells.text("person")) < 0
    cells.note("sample_of_unknown_person", unknown, "person", "sample kept for the identity stage; no traits")
    again = cells.sheet.frame.duplicated(["assay", "person"], keep=False).to_numpy()
    cells.note("person_sampled_twice", again, "sample", "both kept")
    frame = pd.DataFrame({name: cells.text(name) for name in ("sample", "assay", "person")})
    for name in _OPTIONAL_TEXT:
        if cells.has(name):
            frame[name] = pd.Series(cells.text(name), dtype="string").replace("", pd.NA)
    if cells.has("dna_date"):
        frame = frame.assign(**date_columns("dna_date", _dna_dates(cells, patients, death, freeze_date)))
    rank = frame["assay"].map({assay: position for position, assay in enumerate(assays)})
    return SAMPLES.conform(frame.assign(_rank=rank).sort_values(["_rank", "sample"]).drop(columns="_rank"))


def _dna_dates(cells: Cells, patients: Patients, death: Dates, freeze_date: np.datetime64) -> Dates:
    dates, persons = reject_future(cells, "dna_date", cells.dates("dna_date"), freeze_date), cells.text("person")
    early = is_after(patients.dates_of(persons, "birth_date"), dates)
    cells.note("dates_run_backwards", early, "dna_date", f"{CELL}: before birth_date")
    cells.note(
        "dna_after_death",
        is_after(dates, death.take(patients.positions(persons))),
        "dna_date",
        "kept; no survival time if entry follows registration or DNA",
    )
    return dates.without(early)


def check_pedigree(cells: Cells, patients: Patients) -> pd.DataFrame:
    """Parents, where known, sorted by child."""
    cells.require_ids("person")
    cells.drop_repeated_rows("duplicate_child", "person")
    twice = cells.sheet.frame.duplicated("person", keep=False).to_numpy()
    cells.reject_rows("contradicting_child", twice, "person", f"{ROW}: rows of the child contradict each other")
    for parent in ("father", "mother"):
        blank = np.array([any(letter.isspace() for letter in text) for text in cells.text(parent)], dtype=bool)
        cells.reject_rows("whitespace_in_id", blank, parent)
    sexes = patients.frame.set_index("person")["sex"]
    for parent, other, wrong_sex in (("father", "mother", "F"), ("mother", "father", "M")):
        name = cells.text(parent)
        is_wrong_sex = pd.Series(name).map(sexes).eq(wrong_sex).fillna(False).to_numpy(dtype=bool)
        same = (name != "") & ((name == cells.text("person")) | (name == cells.text(other)))
        cells.reject_rows("impossible_parent", is_wrong_sex | same, parent)
    frame = pd.DataFrame({name: cells.text(name) for name in PEDIGREE_REQUIRED}).replace("", pd.NA)
    # PLINK writes 0 for an unknown parent.
    return PEDIGREE.conform(frame.replace({"father": {"0": pd.NA}, "mother": {"0": pd.NA}}).sort_values("person"))
