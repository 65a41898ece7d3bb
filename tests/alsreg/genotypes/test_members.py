"""Who belongs to a cohort, and whom to leave out as a relative."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alsreg.config.freeze import Cohort
from alsreg.errors import AnalysisError
from alsreg.genotypes.members import cohort_members, left_out
from alsreg.tables.genotypes import PAIRS, PERSONS

PATIENTS = pd.DataFrame(
    {
        "person": ["P1", "P2", "P3", "P4"],
        "sex": ["M", "F", None, "F"],
        "site": ["S1", "S1", "S2", None],
        "reported_ancestry": ["EUR", "AFR", "EUR", None],
        "family_history": pd.array([True, False, None, False], dtype="boolean"),
    }
)
LEDGER = PERSONS.conform(
    pd.DataFrame(
        [
            ("P2", "wgs", "g2", "P2", True), ("P1", "array", "a1", "P1", True), ("P1", "wgs", "g1", "P1", True),
            ("P3", "array", "a3", "P3", True), (None, "array", "a4", "P4", False), ("P4", "wes", "e4", "P4", True),
        ],
        columns=["person", "assay", "sample", "claimed_person", "is_usable"],
    ).assign(reason="")
)  # fmt: skip


def pairs(*rows: tuple[str, str, str, str, str]) -> pd.DataFrame:
    columns = ["assay_1", "sample_1", "assay_2", "sample_2", "relation"]
    frame = pd.DataFrame(rows, columns=columns).assign(n_snps=1000, kinship=0.2, concordance=0.5)
    return PAIRS.conform(frame.assign(expected="false", finding="relative"))


def test_people_samples_and_strata() -> None:
    members = cohort_members(LEDGER, PATIENTS, pairs(), Cohort(assays=["wgs", "array"]))
    assert members.names == ["P1", "P2", "P3"]
    assert list(members.psam["SEX"]) == ["M", "F", "unknown"]
    assert list(members.stratum) == [1, 0, 1]
    people, columns = members.columns("array", ["a0", "a3", "a1"])
    np.testing.assert_array_equal(people, [0, 2])
    np.testing.assert_array_equal(columns, [2, 1])
    assert len(members.columns("wes", ["e4"])[0]) == 0


@pytest.mark.parametrize(
    ("filters", "expected"),
    [({"site": ["S1"]}, ["P1", "P2"]), ({"family_history": False}, ["P2", "P4"]),
     ({"reported_ancestry": ["EUR"], "site": ["S2"]}, ["P3"])],
)  # fmt: skip
def test_filters_admit_only_known_values(filters: dict, expected: list[str]) -> None:
    cohort = Cohort(assays=["wgs", "array", "wes"], filters=filters)
    assert cohort_members(LEDGER, PATIENTS, pairs(), cohort).names == expected


def test_empty_cohort_and_unknown_column_say_so() -> None:
    with pytest.raises(AnalysisError, match="no people"):
        cohort_members(LEDGER, PATIENTS, pairs(), Cohort(assays=["wgs"], filters={"site": ["S9"]}))
    with pytest.raises(AnalysisError, match="site"):
        cohort_members(LEDGER, PATIENTS.drop(columns="site"), pairs(), Cohort(assays=["wgs"], filters={"site": ["S1"]}))


def test_relatives_leave_the_strata() -> None:
    related = pairs(("array", "a3", "wgs", "g1", "first"))
    members = cohort_members(LEDGER, PATIENTS, related, Cohort(assays=["wgs", "array"]))
    assert list(members.stratum) == [1, 0, -1]


def test_the_hub_of_a_family_goes() -> None:
    names = ["a", "b", "c", "d", "e"]
    star = [("a", "b"), ("a", "c"), ("a", "d")]
    assert list(left_out(names, star)) == [True, False, False, False, False]
    assert list(left_out(names, [("b", "c")])) == [False, False, True, False, False]
    assert list(left_out(names, [("b", "c")], worth=[1, 1, 2, 1, 1])) == [False, True, False, False, False]


@given(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] < pair[1]), max_size=20))
def test_who_stays_is_unrelated_and_nobody_goes_in_vain(edges: set[tuple[int, int]]) -> None:
    names = [f"p{i}" for i in range(10)]
    out = left_out(names, [(f"p{i}", f"p{j}") for i, j in edges])
    assert not any(not out[i] and not out[j] for i, j in edges)
    for person in np.flatnonzero(out):
        assert any(not out[j if i == person else i] for i, j in edges if person in (i, j))
    assert list(out) == list(left_out(names, [(f"p{j}", f"p{i}") for i, j in sorted(edges, reverse=True)]))
