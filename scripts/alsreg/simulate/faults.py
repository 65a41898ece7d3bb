"""Faults that the pipeline has to find: spoiled samples and spoiled clinical rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from alsreg.simulate.assays import Samples
from alsreg.simulate.people import ASSAYS
from alsreg.simulate.sizes import FaultCounts, TooFewPeople

_LETTERS = {"array": "A", "wes": "E", "wgs": "G"}
_PLATFORMS = {"array": ("v1", "v2"), "wes": ("kit_a", "kit_b"), "wgs": ("pcr_free",)}
_CENTRES = {"array": ("centre_1",), "wes": ("centre_1", "centre_2"), "wgs": ("centre_2", "centre_3")}
_DEPTH = {"array": 0.0, "wes": 55.0, "wgs": 30.0}
_LOW_DEPTH = {"array": 0.0, "wes": 1.6, "wgs": 1.4}
_LOW_ARRAY_MISSING = 0.22
CONTAMINATION = 0.2


@dataclass(frozen=True)
class PlannedSamples:
    """VCF columns per assay, whom the registry claims each is from, and the sample faults for the truth file."""

    columns: dict[str, Samples]
    claimed: dict[str, np.ndarray]  # row of the patients table for each column
    faults: dict[str, list[dict[str, object]]]
    spoiled: np.ndarray  # people with a spoiled sample or twice in the registry


def plan_samples(
    has_assay: np.ndarray,
    is_male: np.ndarray,
    is_free: np.ndarray,
    faults: FaultCounts,
    rng: np.random.Generator,
) -> PlannedSamples:
    """Draw samples of people and spoil some.

    has_assay : (people, 3); is_male : (people,); is_free : people who may be spoiled (not planted relatives).
    Swaps are within an assay between two people who both have another assay, so that the genotypes can tell; the
    registry rows of unexpected duplicates follow those of the people, in the order of ``faults["duplicates"]``.
    """
    taken = ~is_free
    n_people = len(has_assay)
    many = has_assay.sum(axis=1) > 1

    def choose(eligible: np.ndarray, count: int) -> np.ndarray:
        pool = np.flatnonzero(eligible & ~taken)
        if len(pool) < count:
            raise TooFewPeople(f"{count} people are to be spoiled but only {len(pool)} are eligible")
        chosen = rng.choice(pool, count, replace=False)
        taken[chosen] = True
        return chosen

    person = {assay: np.flatnonzero(has_assay[:, number]) for number, assay in enumerate(ASSAYS)}
    twins = choose(has_assay[:, 0] & ~has_assay[:, 1], faults.duplicates)
    person["wes"] = np.concatenate([person["wes"], twins])
    claimed = {assay: people.copy() for assay, people in person.items()}
    claimed["wes"][len(person["wes"]) - len(twins) :] = n_people + np.arange(len(twins))
    for assay in ASSAYS:
        order = rng.permutation(len(person[assay]))
        person[assay], claimed[assay] = person[assay][order], claimed[assay][order]
    names = {
        assay: [f"{_LETTERS[assay]}{number:04d}" for number in range(1, len(person[assay]) + 1)] for assay in ASSAYS
    }

    found: dict[str, list[dict[str, object]]] = {
        "duplicates": [{"person": int(p), "row": n_people + k, "assay": "wes"} for k, p in enumerate(twins)]
    }
    found["swaps"] = []
    for number in range(faults.swaps):
        assay = ASSAYS[number % 2]
        pair = choose(many & has_assay[:, ASSAYS.index(assay)], 2)
        columns = [int(np.flatnonzero(claimed[assay] == one)[0]) for one in pair]
        person[assay][columns] = person[assay][columns[::-1]]
        found["swaps"].append({"assay": assay, "columns": columns, "persons": pair.tolist()})
    # A wrong sex can only be seen where X is dense: in sequence data.
    wrong = choose(has_assay[:, 1] | has_assay[:, 2], faults.sex_mismatches)
    found["sex_mismatches"] = [{"person": int(one)} for one in wrong]
    columns_of = {assay: _columns(assay, names[assay], person[assay], is_male, rng) for assay in ASSAYS}
    found["contaminated"] = []
    for number in range(faults.contaminated):
        assay = ASSAYS[(number + 2) % 3]
        one = int(choose(has_assay[:, ASSAYS.index(assay)], 1)[0])
        column = int(np.flatnonzero(claimed[assay] == one)[0])
        others = np.flatnonzero(person[assay] != person[assay][column])
        columns_of[assay].contaminant[column] = rng.choice(others)
        columns_of[assay].fraction[column] = CONTAMINATION
        found["contaminated"].append({"assay": assay, "column": column, "person": one, "fraction": CONTAMINATION,
                                      "contaminant_column": int(columns_of[assay].contaminant[column])})  # fmt: skip
    found["low_call_rate"] = []
    for number in range(faults.low_call_rate):
        assay = ASSAYS[number % 3]
        one = int(choose(has_assay[:, ASSAYS.index(assay)], 1)[0])
        column = int(np.flatnonzero(claimed[assay] == one)[0])
        columns_of[assay].depth[column] = _LOW_DEPTH[assay]
        columns_of[assay].missing_rate[column] = _LOW_ARRAY_MISSING if assay == "array" else 0.0
        found["low_call_rate"].append({"assay": assay, "column": column, "person": one})
    spoiled = taken & is_free
    return PlannedSamples(columns_of, claimed, found, spoiled)


def _columns(
    assay: str, names: list[str], person: np.ndarray, is_male: np.ndarray, rng: np.random.Generator
) -> Samples:
    """Sound samples of an assay."""
    n = len(names)
    return Samples(
        names=names,
        person=person,
        is_male=is_male[person],
        depth=_DEPTH[assay] * rng.gamma(40, 1 / 40, n),
        missing_rate=np.zeros(n),
        contaminant=np.full(n, -1),
        fraction=np.zeros(n),
        kit=rng.integers(0, 2, n),
    )


def samples_table(
    planned: PlannedSamples, persons: list[str], dna_dates: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """What the registry believes about the samples."""
    tables = []
    for assay, samples in planned.columns.items():
        n = len(samples.names)
        version = np.array(_PLATFORMS[assay])[samples.kit % len(_PLATFORMS[assay])]
        claimed = planned.claimed[assay]
        tables.append(pd.DataFrame({
            "sample_id": samples.names,
            "assay": assay,
            "person_id": [persons[row] for row in claimed],
            "platform_version": version if assay == "array" else "",
            "capture_kit": version if assay == "wes" else "",
            "centre": np.array(_CENTRES[assay])[rng.integers(0, len(_CENTRES[assay]), n)],
            "dna_date": dna_dates[claimed],
        }))  # fmt: skip
    return pd.concat(tables, ignore_index=True)


@dataclass(frozen=True)
class ClinicalTables:
    """The clinical tables as text."""

    patients: pd.DataFrame
    visits: pd.DataFrame
    events: pd.DataFrame


def spoil_clinical(
    tables: ClinicalTables, is_spoilable: np.ndarray, count: int, rng: np.random.Generator
) -> tuple[ClinicalTables, list[dict[str, object]]]:
    """Spoil `count` rows of each kind; returns the tables and what was done.

    is_spoilable : rows of the patients table that carry no other fault. Each fault names the file, the line (the header
    is line 1), the column, the person, the value and the kind.
    """
    patients, visits, events = (frame.copy() for frame in (tables.patients, tables.visits, tables.events))
    persons = iter(patients["person_id"].to_numpy()[rng.permutation(np.flatnonzero(is_spoilable))])
    n_visits = visits["person_id"].value_counts()
    died = set(events.loc[events["event"] == "death", "person_id"])
    found: list[dict[str, object]] = []
    new_visits: list[tuple[pd.Series, str, str]] = []
    new_events: list[dict[str, str]] = []

    def patient() -> tuple[str, int]:
        person = next(one for one in persons if n_visits.get(one, 0) >= 3)
        return person, int(np.flatnonzero(patients["person_id"] == person)[0])

    def note(file: str, row: int, column: str, person: str, value: str, kind: str) -> None:
        found.append({"file": file, "row": row + 2, "column": column, "person": person, "value": value, "kind": kind})

    def set_cell(frame: pd.DataFrame, file: str, row: int, column: str, value: str, person: str, kind: str) -> None:
        frame.loc[row, column] = value
        note(file, row, column, person, value, kind)

    def visit_row(person: str, number: int) -> int:
        return int(np.flatnonzero(visits["person_id"] == person)[number])

    for _ in range(count):
        person, row = patient()
        set_cell(patients, "patients.csv", row, "birth_date", "unknown 19", person, "unreadable_date")
        person, row = patient()
        earlier = np.datetime64(patients.loc[row, "birth_date"]) - np.timedelta64(400, "D")
        set_cell(patients, "patients.csv", row, "onset_date", str(earlier), person, "onset_before_birth")
        person, row = patient()
        earlier = np.datetime64(patients.loc[row, "onset_date"]) - np.timedelta64(200, "D")
        set_cell(
            patients,
            "patients.csv",
            row,
            "registration_date",
            str(earlier),
            person,
            "registration_before_onset",
        )
        for column, value, kind in (("walking", "5", "item_out_of_range"), ("speech", "2.5", "item_not_integer"),
                                    ("visit_date", "2015-13-45", "unreadable_date")):  # fmt: skip
            person, _ = patient()
            set_cell(visits, "visits.csv", visit_row(person, 1), column, value, person, kind)
        person, _ = patient()
        new_visits.append((visits.loc[visit_row(person, 1)].copy(), person, "duplicate_visit"))
        person = next(one for one in persons if one in died and n_visits.get(one, 0) >= 3)
        late = visits.loc[visit_row(person, -1)].copy()
        dead = events.loc[(events["person_id"] == person) & (events["event"] == "death"), "event_date"].iloc[0]
        late["visit_date"] = str(np.datetime64(dead) + np.timedelta64(60, "D"))
        new_visits.append((late, person, "visit_after_death"))
        person, _ = patient()
        new_events.append({"person_id": person, "event": "gastrostomy", "event_date": ""})
    for visit, person, kind in new_visits:
        note("visits.csv", len(visits), "visit_date", person, visit["visit_date"], kind)
        visits.loc[len(visits)] = visit
    for event in new_events:
        note("events.csv", len(events), "event_date", event["person_id"], "", "event_without_date")
        events.loc[len(events)] = event
    return replace(tables, patients=patients, visits=visits, events=events), found
