"""Survival curves with delayed entry against R's survfit, survRM2 and cmprsk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.errors import AnalysisError
from alsreg.stats.kaplan_meier import aalen_johansen, count_at_risk, kaplan_meier

FOLDER = Path(__file__).parents[2] / "reference/oracles"
ANSWERS = pd.read_csv(FOLDER / "km_rmst.csv")
CASES = sorted({pair for pair in zip(ANSWERS["time_scale"], ANSWERS["group"], strict=True) if "minus" not in pair[1]})


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "survival.csv").merge(pd.read_csv(FOLDER / "covariates.csv"), on="person")


def times(cohort: pd.DataFrame, scale: str, group: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    people = cohort if group == "all" else cohort[cohort["sex"] == int(group[-1])]
    suffix = "_cont" if scale.startswith("continuous") else ""
    exit = people[f"exit{suffix}"].to_numpy(dtype=float)
    entry = people[f"entry{suffix}"].to_numpy(dtype=float)
    if scale.endswith("noentry"):
        entry = np.zeros(len(exit))
    return entry, exit, people["event"].to_numpy(dtype=bool), people["status_cr"].to_numpy()


@pytest.mark.parametrize(("scale", "group"), CASES)
def test_curve_equals_survfit(cohort: pd.DataFrame, scale: str, group: str) -> None:
    entry, exit, event, _ = times(cohort, scale, group)
    curve = kaplan_meier(entry, exit, event)
    rows = ANSWERS.query("time_scale == @scale and group == @group")
    survival = rows.query("quantity == 'survival'")
    step = np.searchsorted(curve.time, survival["at"], side="right") - 1
    assert len(step) and (step >= 0).all()
    for ours, theirs in (("survival", "estimate"), ("standard_error", "se"), ("lower", "lower"), ("upper", "upper")):
        np.testing.assert_allclose(getattr(curve, ours)[step], survival[theirs], rtol=1e-10)
    np.testing.assert_allclose(curve.at(survival["at"].to_numpy()), survival["estimate"], rtol=1e-12)
    hazard = rows.query("quantity == 'cumhaz_nelson_aalen'")
    step = np.searchsorted(curve.time, hazard["at"], side="right") - 1
    np.testing.assert_allclose(curve.cumulative_hazard[step], hazard["estimate"], rtol=1e-12)


@pytest.mark.parametrize(("scale", "group"), CASES)
def test_quantiles_and_restricted_means_equal_r(cohort: pd.DataFrame, scale: str, group: str) -> None:
    curve = kaplan_meier(*times(cohort, scale, group)[:3])
    rows = ANSWERS.query("time_scale == @scale and group == @group")
    for row in rows.query("quantity == 'time_quantile'").itertuples():
        expected = (row.estimate, row.lower, row.upper)
        np.testing.assert_allclose(curve.quantile(row.at), expected, rtol=1e-12, equal_nan=True)
    for row in rows.query("quantity == 'rmst'").itertuples():
        np.testing.assert_allclose(curve.restricted_mean(row.at), (row.estimate, row.se), rtol=1e-10)


@pytest.mark.parametrize(("scale", "group"), CASES)
def test_incidence_equals_r(cohort: pd.DataFrame, scale: str, group: str) -> None:
    entry, exit, _, status = times(cohort, scale, group)
    incidence = aalen_johansen(entry, exit, status)
    rows = ANSWERS.query("time_scale == @scale and group == @group and quantity == 'cif'")
    assert len(rows)
    for row in rows.itertuples():
        cause = int(row.state.removeprefix("event")) - 1
        np.testing.assert_allclose(incidence.at(np.array([row.at]))[cause, 0], row.estimate, rtol=1e-10, atol=1e-14)


def test_at_risk_means_entry_before_and_exit_at_or_after(cohort: pd.DataFrame) -> None:
    entry, exit, event, _ = times(cohort, "monthly_entry", "all")
    curve = kaplan_meier(entry, exit, event)
    brute = [np.sum((entry < t) & (t <= exit)) for t in curve.time]
    np.testing.assert_array_equal(curve.n_at_risk, brute)
    np.testing.assert_array_equal(count_at_risk(entry, exit, curve.time), brute)


def test_a_flat_stretch_at_one_half_gives_its_middle() -> None:
    curve = kaplan_meier(np.zeros(4), np.array([1.0, 2.0, 5.0, 7.0]), np.ones(4, dtype=bool))
    assert curve.quantile(0.5)[0] == 3.5  # R: quantile(survfit(Surv(c(1, 2, 5, 7)) ~ 1), 0.5)
    assert curve.survival[-1] == 0.0 and np.isnan(curve.standard_error[-1])


def test_no_event_is_refused() -> None:
    with pytest.raises(AnalysisError, match="no event among 3 people"):
        kaplan_meier(np.zeros(3), np.ones(3), np.zeros(3, dtype=bool))
