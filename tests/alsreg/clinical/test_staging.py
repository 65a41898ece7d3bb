"""The truth tables of King's and MiToS stages. Public scripts disagree on some lines: these are ours."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alsreg.clinical.staging import NOT_ASSESSABLE, kings_stage, mitos_stage

NAN = np.nan


def items(**changes: float) -> np.ndarray:
    """Twelve items of 4, but for the named ones (q1 to q12)."""
    row = np.full(12, 4.0)
    for name, value in changes.items():
        row[int(name[1:]) - 1] = value
    return row[None, :]


# items that are not 4; gastrostomy (1, 0, unknown); King's stage
KINGS = [
    ({}, 0, 0),
    ({"q1": 3}, 0, 1), ({"q2": 3}, 0, 1), ({"q3": 3}, 0, 1), ({"q1": 0, "q2": 0, "q3": 0}, 0, 1),
    ({"q4": 3}, 0, 1), ({"q5": 3}, 0, 1), ({"q8": 3}, 0, 1),
    ({"q6": 0}, 0, 0), ({"q7": 0}, 0, 0), ({"q9": 0}, 0, 0), ({"q11": 0}, 0, 0),
    ({"q1": 3, "q4": 3}, 0, 2), ({"q1": 3, "q8": 3}, 0, 2), ({"q5": 3, "q8": 3}, 0, 2), ({"q4": 3, "q5": 3}, 0, 1),
    ({"q3": 3, "q4": 3, "q8": 3}, 0, 3),
    ({"q10": 1}, 0, 0), ({"q10": 0}, 0, 4), ({"q12": 3}, 0, 4), ({"q12": 0}, 0, 4),
    ({}, 1, 4), ({"q1": 3, "q4": 3, "q8": 3}, 1, 4),
    # Nobody recorded gastrostomy: only stage 4 by breathing is certain.
    ({}, NAN, NOT_ASSESSABLE), ({"q1": 3}, NAN, NOT_ASSESSABLE), ({"q1": 3, "q4": 3, "q8": 3}, NAN, NOT_ASSESSABLE),
    ({"q10": 0}, NAN, 4), ({"q12": 3}, NAN, 4), ({"q12": 3, "q10": NAN, "q1": NAN}, NAN, 4),
    # Missing items matter only where they could change the stage.
    ({"q1": 3, "q2": NAN}, 0, 1), ({"q2": NAN}, 0, NOT_ASSESSABLE), ({"q6": NAN, "q7": NAN, "q9": NAN, "q11": NAN}, 0, 0),
    ({"q10": NAN}, 0, NOT_ASSESSABLE), ({"q12": NAN}, 0, NOT_ASSESSABLE), ({"q8": NAN}, 1, 4),
]  # fmt: skip

MITOS = [
    ({}, 0),
    ({"q8": 1}, 1), ({"q8": 2}, 0), ({"q6": 1}, 1), ({"q6": 2}, 0), ({"q8": 0, "q6": 0}, 1),
    ({"q3": 1}, 1), ({"q3": 2}, 0),
    ({"q1": 1}, 0), ({"q4": 1}, 0), ({"q1": 1, "q4": 1}, 1), ({"q1": 2, "q4": 1}, 0), ({"q1": 1, "q4": 2}, 0),
    ({"q10": 1}, 1), ({"q10": 2}, 0), ({"q12": 2}, 1), ({"q12": 3}, 0), ({"q10": 0, "q12": 0}, 1),
    ({"q8": 1, "q3": 1}, 2), ({"q8": 1, "q3": 1, "q10": 1}, 3), ({"q8": 1, "q3": 1, "q10": 1, "q1": 0}, 3),
    ({"q8": 1, "q3": 1, "q10": 1, "q1": 0, "q4": 0}, 4),
    ({"q2": 0, "q5": 0, "q7": 0, "q9": 0, "q11": 0}, 0), ({"q2": NAN, "q5": NAN, "q7": NAN, "q9": NAN, "q11": NAN}, 0),
    ({"q8": NAN}, NOT_ASSESSABLE), ({"q8": NAN, "q6": 1}, 1), ({"q3": NAN}, NOT_ASSESSABLE),
    ({"q1": NAN}, 0), ({"q1": NAN, "q4": 1}, NOT_ASSESSABLE), ({"q12": NAN, "q10": 1}, 1), ({"q12": NAN}, NOT_ASSESSABLE),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "gastrostomy", "stage"), KINGS)
def test_kings(changes: dict[str, float], gastrostomy: float, stage: int) -> None:
    assert kings_stage(items(**changes), np.array([gastrostomy], dtype=float)).tolist() == [stage]


@pytest.mark.parametrize(("changes", "stage"), MITOS)
def test_mitos(changes: dict[str, float], stage: int) -> None:
    assert mitos_stage(items(**changes)).tolist() == [stage]


def test_communicating_is_lost_only_with_both_speech_and_writing() -> None:
    table = [[mitos_stage(items(q1=speech, q4=writing))[0] for writing in range(5)] for speech in range(5)]
    assert table == [[1, 1, 0, 0, 0], [1, 1, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]


@given(
    st.lists(st.integers(0, 4), min_size=12, max_size=12),
    st.sets(st.integers(0, 11), max_size=3),
    st.sampled_from([0.0, 1.0, NAN]),
)
def test_a_stage_is_assessable_exactly_when_every_completion_agrees(
    scores: list[int], unknown: set[int], gastrostomy: float
) -> None:
    row = np.array([scores], dtype=float)
    row[0, list(unknown)] = NAN
    completions = list(itertools.product(range(5), repeat=len(unknown)))
    full = np.repeat(row, len(completions), axis=0)
    full[:, sorted(unknown)] = np.array(completions).reshape(len(completions), -1)
    tubes = [0.0, 1.0] if np.isnan(gastrostomy) else [gastrostomy]
    kings = {stage for tube in tubes for stage in kings_stage(full, np.full(len(full), tube))}
    mitos = set(mitos_stage(full))
    expected = [stages.pop() if len(stages) == 1 else NOT_ASSESSABLE for stages in (kings, mitos)]
    assert [kings_stage(row, np.array([gastrostomy]))[0], mitos_stage(row)[0]] == expected
