"""Every planted fault is where it says it is, and nowhere else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alsreg.simulate.faults import ClinicalTables, plan_samples, spoil_clinical
from alsreg.simulate.people import ASSAYS, draw_assays
from alsreg.simulate.sizes import FaultCounts, TooFewPeople

FAULTS = FaultCounts(swaps=4, duplicates=2, sex_mismatches=3, contaminated=6, low_call_rate=6)


@pytest.fixture(scope="module")
def has_assay() -> np.ndarray:
    return draw_assays(200, np.random.default_rng(1))


def test_labels_are_wrong_only_for_swaps_and_second_registrations(has_assay: np.ndarray) -> None:
    is_free = np.arange(200) < 190
    planned = plan_samples(has_assay, np.arange(200) % 2 == 0, is_free, FAULTS, np.random.default_rng(2))
    wrong = {
        (assay, column)
        for assay in ASSAYS
        for column in np.flatnonzero(planned.claimed[assay] != planned.columns[assay].person)
    }
    swapped = {(f["assay"], column) for f in planned.faults["swaps"] for column in f["columns"]}
    twins = {("wes", int(np.flatnonzero(planned.claimed["wes"] == f["row"])[0])) for f in planned.faults["duplicates"]}
    assert len(swapped) == 8 and len(twins) == 2 and wrong == swapped | twins
    for fault in planned.faults["swaps"]:
        first, second = fault["columns"]
        columns, claimed = planned.columns[fault["assay"]], planned.claimed[fault["assay"]]
        assert columns.person[first] == claimed[second] and columns.person[second] == claimed[first]
        assert has_assay[fault["persons"]].sum(axis=1).min() > 1, "a swap that no other assay can tell"
    for fault in planned.faults["duplicates"]:
        column = int(np.flatnonzero(planned.claimed["wes"] == fault["row"])[0])
        assert planned.columns["wes"].person[column] == fault["person"] and fault["row"] >= 200


def test_nobody_is_spoiled_twice_or_without_a_word(has_assay: np.ndarray) -> None:
    is_free = np.arange(200) < 190
    planned = plan_samples(has_assay, np.zeros(200, dtype=bool), is_free, FAULTS, np.random.default_rng(3))
    named = [person for fault in planned.faults["swaps"] for person in fault["persons"]]
    named += [f["person"] for kind in ("duplicates", "sex_mismatches", "contaminated", "low_call_rate") for f in planned.faults[kind]]  # fmt: skip
    assert len(named) == len(set(named)) == 8 + 2 + 3 + 6 + 6
    assert sorted(named) == np.flatnonzero(planned.spoiled).tolist()
    assert max(named) < 190


def test_contaminated_and_thin_samples_are_marked_in_the_columns(has_assay: np.ndarray) -> None:
    planned = plan_samples(
        has_assay, np.zeros(200, dtype=bool), np.ones(200, dtype=bool), FAULTS, np.random.default_rng(4)
    )
    for assay in ASSAYS:
        columns = planned.columns[assay]
        contaminated = {f["column"] for f in planned.faults["contaminated"] if f["assay"] == assay}
        assert (
            set(np.flatnonzero(columns.contaminant >= 0)) == contaminated == set(np.flatnonzero(columns.fraction > 0))
        )
        for column in contaminated:
            assert columns.person[columns.contaminant[column]] != columns.person[column]
        low = {f["column"] for f in planned.faults["low_call_rate"] if f["assay"] == assay}
        assert len(low) == 2
        thin = columns.missing_rate > 0.1 if assay == "array" else columns.depth < 5
        assert set(np.flatnonzero(thin)) == low


def test_too_few_people_are_refused(has_assay: np.ndarray) -> None:
    with pytest.raises(TooFewPeople, match="eligible"):
        plan_samples(has_assay[:8], np.zeros(8, dtype=bool), np.ones(8, dtype=bool), FAULTS, np.random.default_rng(5))


def _tables(n: int = 60) -> ClinicalTables:
    persons = [f"P{number:02d}" for number in range(n)]
    patients = pd.DataFrame(
        {
            "person_id": persons,
            "birth_date": "1950-02-03",
            "onset_date": "2012-05-06",
            "registration_date": "2013-01-01",
        }
    )
    rows = [(p, f"2013-0{m}-01", "4", "4") for p in persons for m in range(1, 5)]
    visits = pd.DataFrame(rows, columns=["person_id", "visit_date", "speech", "walking"])
    events = pd.DataFrame([(p, "death", "2016-03-04") for p in persons], columns=["person_id", "event", "event_date"])
    return ClinicalTables(patients, visits, events)


def test_clinical_faults_are_at_the_line_named_and_no_other_cell_changes() -> None:
    sound, is_spoilable = _tables(), np.arange(60) >= 20
    spoiled, found = spoil_clinical(sound, is_spoilable, 2, np.random.default_rng(1))
    kinds = pd.Series([fault["kind"] for fault in found]).value_counts()
    assert kinds.to_dict() == {
        "unreadable_date": 4, "onset_before_birth": 2, "registration_before_onset": 2, "item_out_of_range": 2,
        "item_not_integer": 2, "duplicate_visit": 2, "visit_after_death": 2, "event_without_date": 2,
    }  # fmt: skip
    persons = [fault["person"] for fault in found]
    assert len(set(persons)) == len(persons) == 18 and min(persons) >= "P20"
    for fault in found:
        frame = getattr(spoiled, str(fault["file"]).removesuffix(".csv"))
        row = frame.iloc[int(fault["row"]) - 2]
        assert row["person_id"] == fault["person"] and row[fault["column"]] == fault["value"]
    for name in ("patients", "visits", "events"):
        before, after = getattr(sound, name), getattr(spoiled, name)
        changed = (before != after.iloc[: len(before)]).to_numpy().sum()
        expected = [f for f in found if f["file"] == f"{name}.csv" and int(f["row"]) - 2 < len(before)]
        assert changed == len(expected)
        assert len(after) - len(before) == sum(f["file"] == f"{name}.csv" for f in found) - len(expected)


def test_clinical_faults_are_faults() -> None:
    spoiled, found = spoil_clinical(_tables(), np.ones(60, dtype=bool), 1, np.random.default_rng(2))
    row = {fault["kind"] + ":" + str(fault["column"]): fault for fault in found}
    patients = spoiled.patients.set_index("person_id")
    early = patients.loc[row["onset_before_birth:onset_date"]["person"]]
    assert early["onset_date"] < early["birth_date"]
    late = patients.loc[row["registration_before_onset:registration_date"]["person"]]
    assert late["registration_date"] < late["onset_date"]
    double = spoiled.visits[spoiled.visits["person_id"] == row["duplicate_visit:visit_date"]["person"]]
    assert double["visit_date"].duplicated().sum() == 1
    assert row["visit_after_death:visit_date"]["value"] > "2016-03-04"
    for date in (row["unreadable_date:birth_date"]["value"], row["unreadable_date:visit_date"]["value"]):
        with pytest.raises(ValueError, match=r".+"):
            np.datetime64(date)
