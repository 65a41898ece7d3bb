"""Totals, rises and the progression rate."""

from __future__ import annotations

import numpy as np
import pytest

from alsreg.clinical.alsfrs import delta_fs, score_rise, total_score

NAN = np.nan


def test_totals_need_all_items_unless_prorating_is_allowed() -> None:
    items = np.full((3, 12), 3.0)
    items[1, 0] = NAN
    items[2, :2] = NAN
    total, is_prorated = total_score(items)
    assert total[0] == 36 and np.isnan(total[1:]).all() and not is_prorated.any()
    total, is_prorated = total_score(items, max_missing_items=1)
    assert total[:2].tolist() == [36, 36] and np.isnan(total[2])
    assert is_prorated.tolist() == [False, True, False]
    items[1, 1] = 0
    assert total_score(items, max_missing_items=1)[0][1] == 30 * 12 / 11


def test_items_must_be_twelve() -> None:
    with pytest.raises(ValueError, match="12"):
        total_score(np.zeros((2, 11)))


def test_rise_is_over_the_items_known_at_both_visits() -> None:
    items = np.full((3, 12), 2.0)
    items[1] = 3
    items[1, :4] = NAN
    items[2, :7] = NAN
    assert score_rise(items)[0] == 8
    assert np.isnan(score_rise(items)[1])
    assert score_rise(items[:1]).shape == (0,)


def test_delta_fs() -> None:
    assert delta_fs(np.array([36.0]), np.array([12.0])).tolist() == [1.0]
    assert np.isnan(delta_fs(np.array([36.0, 36.0, NAN, 36.0]), np.array([0.0, -1.0, 12.0, NAN]))).all()
