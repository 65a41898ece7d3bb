"""The registry's CSV files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.simulate import clinical
from alsreg.simulate.cohort import Cohort
from alsreg.simulate.faults import ClinicalTables, PlannedSamples, samples_table, spoil_clinical
from alsreg.simulate.sizes import Plan, stream


@dataclass(frozen=True)
class RegistryTables:
    """What the CSV files hold.

    `persons` are the registry's identifiers, the people first and then second registrations; `visits` holds the days of
    each person's visits, `is_clean` (people,) is False where a row was spoiled; `bad_rows` are the spoiled rows.
    """

    persons: list[str]
    visits: list[np.ndarray]
    is_clean: np.ndarray
    bad_rows: list[dict[str, object]]


def write_tables(folder: Path, cohort: Cohort, planned: PlannedSamples, plan: Plan) -> RegistryTables:
    """Write patients, visits, events, samples and pedigree."""
    n, seed = cohort.n_people, plan.seed
    twins = np.array([fault["person"] for fault in planned.faults["duplicates"]], dtype=int)
    owner = np.concatenate([np.arange(n), twins])
    persons = [f"SYN{number:05d}" for number in stream(seed, "names").permutation(len(owner)) + 1]
    courses = cohort.courses.take(owner)
    visits, totals = clinical.draw_visits(courses, stream(seed, "visits"))
    items = clinical.draw_items(courses, totals, stream(seed, "items"))
    is_male = cohort.pedigree.is_male[owner]
    is_male[[fault["person"] for fault in planned.faults["sex_mismatches"]]] ^= True
    is_familial = cohort.pedigree.family[owner] >= 0
    sound = ClinicalTables(
        clinical.patients_table(persons, courses, is_male, is_familial, stream(seed, "patients")),
        clinical.visits_table(persons, visits, items),
        clinical.events_table(persons, courses),
    )
    is_spoilable = ~is_familial & ~planned.spoiled[owner]
    spoiled, bad_rows = spoil_clinical(sound, is_spoilable, plan.size.faults.bad_rows, stream(seed, "bad rows"))
    dna_dates = clinical.iso(courses.dna)
    tables = {
        "patients": spoiled.patients,
        "visits": spoiled.visits,
        "events": spoiled.events,
        "samples": samples_table(planned, persons, dna_dates, stream(seed, "sample table")),
        "pedigree": _pedigree_table(cohort, persons),
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    unclean = {row["person"] for row in bad_rows}
    is_clean = np.array([person not in unclean for person in persons[:n]])
    return RegistryTables(persons, visits[:n], is_clean, bad_rows)


def _pedigree_table(cohort: Cohort, persons: list[str]) -> pd.DataFrame:
    """Children with a registered parent."""
    rows = []
    for person in range(cohort.n_people):
        parents = [
            persons[parent] if 0 <= parent < cohort.n_people else ""
            for parent in (cohort.pedigree.father[person], cohort.pedigree.mother[person])
        ]
        if any(parents):
            rows.append((persons[person], *parents))
    return pd.DataFrame(rows, columns=["person_id", "father", "mother"])
