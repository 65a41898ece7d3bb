"""Faults that the pipeline has to find: spoiled samples and spoiled clinical rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
_MIN_SOUND_DEPTH = 0.75  # of an assay's depth: a sample with less falls below the call rate without being planted
CONTAMINATION = 0.2


@dataclass(frozen=True)
class PlannedSamples:
    """VCF columns per assay, whom the registry claims each is from, and the sample faults for the truth file."""

    columns: dict[str, Samples]
    claimed: dict[str, np.ndarray]  # row of the patients table for each column
    faults: dict[str, list[dict[str, object]]]
    spoiled: np.ndarray  # people with a spoiled sample or twice in the registry


def plan_samples(
    has_assay: np.ndarray, is_male: np.ndarray, is_free: np.ndarray, faults: FaultCounts, rng: np.random.Generator
) -> PlannedSamples:
    """Draw samples of people and spoil some.

    has_assay : (people, 3); is_male : (people,); is_free : people who may be spoiled (not planted relatives).
    Swaps are within an assay between two people who both have another assay, so that the genotypes can tell; the
    registry rows of unexpected duplicates follow those of the people, in the order of ``faults["duplicates"]``.
    """
    planner = _SamplePlanner(has_assay, ~is_free, rng)
    found = {"duplicates": planner.register_twice(faults.duplicates)}
    planner.shuffle()
    found["swaps"] = [planner.swap(ASSAYS[number % 2]) for number in range(faults.swaps)]
    # A wrong sex can only be seen where X is dense: in sequence data.
    wrong = planner.choose(has_assay[:, 1] | has_assay[:, 2], faults.sex_mismatches)
    found["sex_mismatches"] = [{"person": int(one)} for one in wrong]
    columns = {assay: _columns(assay, planner.person[assay], is_male, rng) for assay in ASSAYS}
    found["contaminated"] = [
        planner.contaminate(ASSAYS[(number + 2) % 3], columns) for number in range(faults.contaminated)
    ]
    found["low_call_rate"] = [planner.thin(ASSAYS[number % 3], columns) for number in range(faults.low_call_rate)]
    return PlannedSamples(columns, planner.claimed, found, planner.is_taken & is_free)


class _SamplePlanner:
    """Whose DNA each VCF column holds (`person`), whom the registry claims (`claimed`), and who is spoiled already."""

    def __init__(self, has_assay: np.ndarray, is_taken: np.ndarray, rng: np.random.Generator) -> None:
        self.has_assay, self.is_taken, self.rng = has_assay, is_taken.copy(), rng
        self.person = {assay: np.flatnonzero(has_assay[:, number]) for number, assay in enumerate(ASSAYS)}
        self.claimed = {assay: people.copy() for assay, people in self.person.items()}

    def choose(self, is_eligible: np.ndarray, count: int) -> np.ndarray:
        """People not spoiled so far."""
        pool = np.flatnonzero(is_eligible & ~self.is_taken)
        if len(pool) < count:
            raise TooFewPeople(f"{count} people are to be spoiled but only {len(pool)} are eligible")
        chosen = self.rng.choice(pool, count, replace=False)
        self.is_taken[chosen] = True
        return chosen

    def register_twice(self, count: int) -> list[dict[str, object]]:
        """Give people with an array and no exome an exome under a second registration."""
        twins = self.choose(self.has_assay[:, 0] & ~self.has_assay[:, 1], count)
        rows = len(self.has_assay) + np.arange(count)
        self.person["wes"] = np.concatenate([self.person["wes"], twins])
        self.claimed["wes"] = np.concatenate([self.claimed["wes"], rows])
        return [{"person": int(one), "row": int(row), "assay": "wes"} for one, row in zip(twins, rows, strict=True)]

    def shuffle(self) -> None:
        """Columns in an order that tells nothing."""
        for assay in ASSAYS:
            order = self.rng.permutation(len(self.person[assay]))
            self.person[assay], self.claimed[assay] = self.person[assay][order], self.claimed[assay][order]

    def swap(self, assay: str) -> dict[str, object]:
        """Exchange the DNA of two people."""
        has_another = self.has_assay.sum(axis=1) > 1
        pair = self.choose(has_another & self.has_assay[:, ASSAYS.index(assay)], 2)
        columns = [int(np.flatnonzero(self.claimed[assay] == one)[0]) for one in pair]
        self.person[assay][columns] = self.person[assay][columns[::-1]]
        return {"assay": assay, "columns": columns, "persons": pair.tolist()}

    def _spoil_one(self, assay: str) -> tuple[int, int]:
        """A person and their column."""
        one = int(self.choose(self.has_assay[:, ASSAYS.index(assay)], 1)[0])
        return one, int(np.flatnonzero(self.claimed[assay] == one)[0])

    def contaminate(self, assay: str, columns: dict[str, Samples]) -> dict[str, object]:
        """Mix another person's DNA into a sample."""
        one, column = self._spoil_one(assay)
        others = np.flatnonzero(self.person[assay] != self.person[assay][column])
        contaminant = int(self.rng.choice(others))
        columns[assay].contaminant[column] = contaminant
        columns[assay].fraction[column] = CONTAMINATION
        return {"assay": assay, "column": column, "person": one, "fraction": CONTAMINATION,
                "contaminant_column": contaminant}  # fmt: skip

    def thin(self, assay: str, columns: dict[str, Samples]) -> dict[str, object]:
        """Make a sample so poor that many of its genotypes are missing."""
        one, column = self._spoil_one(assay)
        columns[assay].depth[column] = _LOW_DEPTH[assay]
        columns[assay].missing_rate[column] = _LOW_ARRAY_MISSING if assay == "array" else 0.0
        return {"assay": assay, "column": column, "person": one}


def _columns(assay: str, person: np.ndarray, is_male: np.ndarray, rng: np.random.Generator) -> Samples:
    """Sound samples of an assay."""
    n = len(person)
    return Samples(
        assay=assay,
        names=[f"{_LETTERS[assay]}{number:04d}" for number in range(1, n + 1)],
        person=person,
        is_male=is_male[person],
        depth=_DEPTH[assay] * np.maximum(rng.gamma(40, 1 / 40, n), _MIN_SOUND_DEPTH),
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
    spoiler = _ClinicalSpoiler(tables, is_spoilable, rng)
    for _ in range(count):
        spoiler.spoil_patient("birth_date", lambda _: "unknown 19", "unreadable_date")
        spoiler.spoil_patient("onset_date", lambda row: _days_after(row["birth_date"], -400), "onset_before_birth")
        spoiler.spoil_patient(
            "registration_date", lambda row: _days_after(row["onset_date"], -200), "registration_before_onset"
        )
        spoiler.spoil_visit("walking", "5", "item_out_of_range")
        spoiler.spoil_visit("speech", "2.5", "item_not_integer")
        spoiler.spoil_visit("visit_date", "2015-13-45", "unreadable_date")
        spoiler.repeat_visit()
        spoiler.visit_the_dead()
        spoiler.leave_event_undated()
    return ClinicalTables(**spoiler.finish()), spoiler.found


def _days_after(date: str, days: int) -> str:
    return str(np.datetime64(date) + np.timedelta64(days, "D"))


class _ClinicalSpoiler:
    """Clinical tables being spoiled; each fault takes a person of its own with at least three visits."""

    def __init__(self, tables: ClinicalTables, is_spoilable: np.ndarray, rng: np.random.Generator) -> None:
        self.frames = {
            "patients": tables.patients.copy(),
            "visits": tables.visits.copy(),
            "events": tables.events.copy(),
        }
        patients = self.frames["patients"]["person_id"].to_numpy()
        self.persons = iter(patients[rng.permutation(np.flatnonzero(is_spoilable))])
        self.n_visits = self.frames["visits"]["person_id"].value_counts()
        events = tables.events
        self.deaths = events[events["event"] == "death"].set_index("person_id")["event_date"]
        self.found: list[dict[str, object]] = []
        self.added: list[tuple[str, dict[str, str], str, str]] = []

    def _next_person(self, is_dead: bool = False) -> str:
        for person in self.persons:
            if self.n_visits.get(person, 0) >= 3 and (not is_dead or person in self.deaths):
                return str(person)
        raise TooFewPeople("too few people have the visits that clinical faults need")

    def _rows(self, table: str, person: str) -> np.ndarray:
        return np.flatnonzero(self.frames[table]["person_id"] == person)

    def _set(self, table: str, row: int, column: str, value: str, kind: str) -> None:
        frame = self.frames[table]
        frame.loc[row, column] = value
        self._note(table, row, column, value, kind)

    def _note(self, table: str, row: int, column: str, value: str, kind: str) -> None:
        person = str(self.frames[table].loc[row, "person_id"])
        self.found.append({"file": f"{table}.csv", "row": row + 2, "column": column, "person": person,
                           "value": value, "kind": kind})  # fmt: skip

    def spoil_patient(self, column: str, value: Callable[[pd.Series], str], kind: str) -> None:
        """Overwrite a cell of the patients table."""
        row = int(self._rows("patients", self._next_person())[0])
        self._set("patients", row, column, value(self.frames["patients"].loc[row]), kind)

    def spoil_visit(self, column: str, value: str, kind: str) -> None:
        """Overwrite a cell of somebody's second visit."""
        self._set("visits", int(self._rows("visits", self._next_person())[1]), column, value, kind)

    def repeat_visit(self) -> None:
        """Write somebody's second visit twice."""
        visit = self.frames["visits"].loc[self._rows("visits", self._next_person())[1]]
        self.added.append(("visits", visit.to_dict(), "visit_date", "duplicate_visit"))

    def visit_the_dead(self) -> None:
        """Write a visit 60 days after a death."""
        person = self._next_person(is_dead=True)
        visit = self.frames["visits"].loc[self._rows("visits", person)[-1]].to_dict()
        visit["visit_date"] = _days_after(self.deaths[person], 60)
        self.added.append(("visits", visit, "visit_date", "visit_after_death"))

    def leave_event_undated(self) -> None:
        """Write an event without a date."""
        event = {"person_id": self._next_person(), "event": "gastrostomy", "event_date": ""}
        self.added.append(("events", event, "event_date", "event_without_date"))

    def finish(self) -> dict[str, pd.DataFrame]:
        """Append the added rows at the end, so that no line number named before moves."""
        for table, row, column, kind in self.added:
            frame = self.frames[table]
            frame.loc[len(frame)] = row
            self._note(table, len(frame) - 1, column, row[column], kind)
        return self.frames
