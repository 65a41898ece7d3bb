"""The truth tables of King's and MiToS stages. Public scripts disagree on some lines: these are ours."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alsreg.clinical.staging import NOT_ASSESSABLE, kings_stage, mitos_stage
from alsreg.clinical.staging_truth import KINGS, KINGS_BY_ITEM, MITOS, MITOS_BY_ITEM

NAN = np.nan


def items(points: dict[int, float]) -> np.ndarray:
    """Twelve items of 4, but for the numbered ones."""
    row = np.full(12, 4.0)
    for number, value in points.items():
        row[number - 1] = value
    return row[None, :]


@pytest.mark.parametrize(("points", "gastrostomy", "stage"), KINGS)
def test_kings(points: dict[int, float], gastrostomy: float, stage: int) -> None:
    assert kings_stage(items(points), np.array([gastrostomy], dtype=float)).tolist() == [stage]


@pytest.mark.parametrize(("points", "stage"), MITOS)
def test_mitos(points: dict[int, float], stage: int) -> None:
    assert mitos_stage(items(points)).tolist() == [stage]


def test_each_item_alone_at_every_number_of_points() -> None:
    for item in range(1, 13):
        kings = [kings_stage(items({item: points}), np.zeros(1))[0] for points in range(5)]
        mitos = [mitos_stage(items({item: points}))[0] for points in range(5)]
        assert (tuple(kings), tuple(mitos)) == (KINGS_BY_ITEM[item], MITOS_BY_ITEM[item]), item


def test_communicating_is_lost_only_with_both_speech_and_writing() -> None:
    table = [[mitos_stage(items({1: speech, 4: writing}))[0] for writing in range(5)] for speech in range(5)]
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
