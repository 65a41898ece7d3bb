"""Stages and dropout of the page: counts hidden where small, curves only where enough people are at risk."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alsreg.report.disclosure import Disclosure
from alsreg.report.longitudinal import longitudinal
from alsreg.report.longitudinal_model import StageRow
from alsreg.tables.leads import LEAD_DECLINE
from alsreg.tables.registry import JOINT_MODEL, STAGE_TIMES
from helpers import report_tables as tables


def many(n: int, n_reached: int) -> pd.DataFrame:
    """MiToS stage 1 of `n` people seen from month 6 on; the first reach it in months 18 to 21, the others leave at 36."""
    k = np.arange(n)
    return tables.fill(STAGE_TIMES, pd.DataFrame({
        "person": [f"P{j}" for j in k], "scale": "mitos", "stage": 1, "is_reversed": k < 3, "entry_months": 6.0,
        "status": np.where(k < n_reached, "reached", "not reached"),
        "lower_months": np.where(k < n_reached, 18.0, 36.0), "upper_months": np.where(k < n_reached, 21.0, np.nan),
    }))  # fmt: skip


def test_stages__counts_median_and_picture() -> None:
    found = longitudinal(many(60, 40), tables.joint_model(), tables.lead_decline(), Disclosure(5))
    (row,) = [row for row in found.stages if row.scale == "mitos"]
    assert row == StageRow("mitos", 1, (40, 20, 0, 0), None, 6.0, 21.0)
    assert [picture.title for picture in found.pictures] == ["MiToS stages"]
    # Nobody was staged by King's: a row without people and no curve.
    (other,) = [row for row in found.stages if row.scale == "kings"]
    assert other == StageRow("kings", 1, (0, 0, 0, 0), 0, None, None)


@pytest.mark.parametrize(("n", "n_reached"), [(19, 10), (60, 4)])
def test_stages__no_curve_of_few(n: int, n_reached: int) -> None:
    found = longitudinal(many(n, n_reached), tables.joint_model(), tables.lead_decline(), Disclosure(5))
    assert found.pictures == () and all(row.median_months is None for row in found.stages)


def test_stages__small_cells_are_hidden_with_another(monkeypatch: pytest.MonkeyPatch) -> None:
    hide = Disclosure(5)
    found = longitudinal(many(60, 57), tables.joint_model(), tables.lead_decline(), hide)
    (row,) = [row for row in found.stages if row.scale == "mitos"]
    assert row.counts == (None, None, 0, 0) and row.n_reversed is None
    assert {"MiToS stage 1: people by what is known", "MiToS stage 1: seen in an earlier stage later"} <= {
        entry.what for entry in hide.log
    }


def test_median__is_not_shown_where_too_few_are_left() -> None:
    """Half reach it only at month 60, when three are followed."""
    table = many(60, 20)
    late = table.index >= 57
    table.loc[late, ["lower_months", "upper_months", "status"]] = [57.0, 60.0, "reached"]
    found = longitudinal(table, tables.joint_model(), tables.lead_decline(), Disclosure(5))
    (row,) = [row for row in found.stages if row.scale == "mitos"]
    assert row.since_months == 6.0 and row.median_months is None


def test_decline__both_models_or_why_not() -> None:
    total, respiratory = longitudinal(many(60, 40), tables.joint_model(), tables.lead_decline(), Disclosure(5)).decline
    assert (total.mixed, total.joint) == ((-0.7, -0.92, -0.88), (-0.9, -0.92, -0.88))
    assert total.association == (-2.0, -0.92, -0.88) and total.status == "fitted"
    assert (respiratory.mixed, respiratory.n_events, respiratory.status) == (
        None,
        None,
        "mixed: too few; joint: too few",
    )


def test_leads__with_and_without_survival() -> None:
    hide = Disclosure(5)
    first, second = longitudinal(many(60, 40), tables.joint_model(), tables.lead_decline(), hide).leads
    assert (first.trait, first.variant, first.n, first.n_events, first.status) == (
        "slope",
        "2_50_A_G",
        11,
        None,
        "tested",
    )
    assert "2_50_A_G beside survival: events" in {entry.what for entry in hide.log}
    assert first.joint is not None and first.hazard_ratio is not None and first.as_analysed is not None
    assert first.as_analysed[0] == -0.5 and first.mixed is not None and first.mixed[0] == -0.375
    assert first.joint == pytest.approx((-0.625, -0.821, -0.429), abs=1e-3) and first.joint_p == 0.25
    assert first.hazard_ratio == pytest.approx((2.0, 0.751, 5.329), abs=1e-3)
    assert (second.mixed, second.joint, second.joint_p, second.hazard_ratio) == (None, None, None, None)
    assert second.status == "jointly with survival: too few events" and second.n is None


def test_nothing() -> None:
    found = longitudinal(STAGE_TIMES.empty(), JOINT_MODEL.empty(), LEAD_DECLINE.empty(), Disclosure(5))
    assert (found.stages, found.pictures, found.decline, found.leads) == ((), (), (), ())
