"""What the external-control page hides, and what it says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alsreg.config.control import ControlConfig
from alsreg.report.control import balance_rows, disclosed_steps, fates, flow, measures
from alsreg.report.control_words import cautions, estimand, limits, time_zero
from alsreg.report.disclosure import Disclosure
from alsreg.tables.control import ATTRITION, BALANCE, COMPARISON, EFFECTS, SCORE_CHANGE
from helpers.filled import fill

GRID = np.arange(0.0, 16.0, 3.0)


def test_disclosed_steps__each_step_is_the_work_of_enough_events() -> None:
    at_risk = np.array([50, 48, 40, 30, 20, 10])
    events = np.array([1.0, 4, 4, 5, 5, 5, 14, 14, 14, 14, 14])
    kept = disclosed_steps(GRID, at_risk, events, 5)
    # One event by 3 months is hidden; six by 6; none by 9 and 12; five by 15.
    assert kept == [0, 2, 3, 4, 5]
    counts = np.searchsorted(events, GRID[kept], side="right")
    assert all(n == 0 or n >= 5 for n in np.diff(counts))


def test_disclosed_steps__end_when_too_few_remain() -> None:
    at_risk = np.array([50, 40, 30, 4, 3, 0])
    assert disclosed_steps(GRID, at_risk, np.empty(0), 5) == [0, 1, 2]


def account(*losses: tuple[int, int], n: int = 100) -> pd.DataFrame:
    rows = [{"cohort": "control", "step": "registered", "n_persons": n, "n_failed": 0, "n_unknown": 0}]
    for number, (failed, unknown) in enumerate(losses):
        n -= failed + unknown
        rows.append(
            {"cohort": "control", "step": f"s{number}", "n_persons": n, "n_failed": failed, "n_unknown": unknown}
        )
    return ATTRITION.conform(pd.DataFrame(rows))


def test_flow__small_losses_cannot_be_taken_from_what_remains() -> None:
    hide = Disclosure(5)
    steps = flow(account((20, 0), (2, 0), (0, 0), (6, 0), (10, 10)), "control", hide)
    assert [step.n for step in steps] == [100, 80, None, None, 72, 52]
    assert [step.n_failed for step in steps] == [0, 20, None, 0, None, 10]
    assert hide.log


def test_flow__reason_of_few_is_hidden_with_the_other() -> None:
    steps = flow(account((20, 2)), "control", Disclosure(5))
    assert (steps[1].n, steps[1].n_failed, steps[1].n_unknown) == (78, None, None)


def test_balance_rows__share_of_few_people_is_hidden() -> None:
    rows = [
        {"analysis": name, "covariate": covariate, "is_in_score": True, "mean_treated": mean, "mean_control": 0.3, "standardised_difference": 0.2}
        for name in ("naive", "weighted") for covariate, mean in (("sex=F", 0.02), ("age_years", 60.0), ("is_bulbar_onset", 0.3))
    ]  # fmt: skip
    comparison = fill(COMPARISON, [{"analysis": "naive", "status": "estimated", "n_treated": 100, "n_control": 100}])
    hide = Disclosure(5)
    sex, age, bulbar = balance_rows(BALANCE.conform(pd.DataFrame(rows)), comparison, hide)
    assert (sex.mean_treated, sex.mean_control, sex.differences) == (None, None, (None, None, None))
    assert (age.mean_treated, age.differences) == (60.0, (0.2, 0.2, None))
    assert bulbar.mean_treated == 0.3
    assert [entry.what for entry in hide.log] == ["shares of sex: F"]


def test_measures__negative_control_stands_apart() -> None:
    effects = fill(EFFECTS, [
        {"analysis": "naive", "measure": "hazard_ratio", "status": "estimated", "estimate": 0.5},
        {"analysis": "naive", "measure": "score_change_difference", "status": "estimated", "estimate": 1.0},
        {"analysis": "naive", "measure": "negative_control_difference", "status": "not estimable: x"},
        {"analysis": "naive", "measure": "negative_control_hazard_ratio", "status": "estimated", "estimate": 1.0},
    ])  # fmt: skip
    settings = ControlConfig(negative_control="height_cm", negative_control_event="fracture_date", change_months=9)
    shown, (value, event) = measures(effects, settings)
    titles = [measure.title for measure in shown]
    assert titles == ["Hazard ratio", "Difference in change of the ALSFRS-R from baseline to month 9"]
    assert value.title == "Negative control: height cm"
    assert (value.rows[0].is_estimated, value.rows[0].estimate) == (False, None)
    assert event.title == "Negative control, time to an event: fracture date"
    assert [(measure.has_e_values, measure.has_groups) for measure in (*shown, value, event)] == [
        (True, False), (False, True), (False, True), (False, False),
    ]  # fmt: skip


def test_fates__small_counts_are_hidden_and_the_weighted_stand_for_all() -> None:
    rows = [
        {"analysis": analysis, "cohort": cohort, "n_scored": 40, "n_event": n, "n_unscored": 10, "n_observed_later": 0}
        for analysis, n in (("naive", 9), ("weighted", 3)) for cohort in ("treated", "control")
    ]  # fmt: skip
    statuses = [{"analysis": "naive", "status": "estimated"}, {"analysis": "weighted", "status": "estimated"}]
    found = SCORE_CHANGE.conform(pd.DataFrame(rows))
    analysis, (treated, _) = fates(found, fill(COMPARISON, statuses), Disclosure(5))
    assert (analysis, treated.n_event, treated.n_scored) == ("weighted", None, 40)
    assert treated.n_unscored is None  # or the total would give the other back
    statuses[1]["status"] = "not estimable: x"
    assert fates(found, fill(COMPARISON, statuses), Disclosure(5))[0] == "naive"


def test_cautions__refusals_imbalance_and_a_negative_control_that_differs() -> None:
    comparison = fill(COMPARISON, [
        {"analysis": "naive", "status": "estimated", "max_standardised_difference": 0.5},
        {"analysis": "weighted", "status": "estimated", "max_standardised_difference": 0.15},
        {"analysis": "matched", "status": "not estimable: 3 pairs, fewer than 20"},
    ])  # fmt: skip
    effects = fill(
        EFFECTS,
        [
            {"analysis": "weighted", "measure": f"negative_control_{kind}", "status": "estimated", "p_value": 0.01}
            for kind in ("difference", "hazard_ratio")
        ],
    )
    found = " ".join(cautions(comparison, effects, ControlConfig()))
    for words in (
        "matched comparison was not made — 3 pairs",
        "After weighting",
        "negative control differs",
        "negative-control event differs",
    ):
        assert words in found


@pytest.mark.parametrize(("chosen", "words"), [("att", "like those who were treated"), ("ate", "both cohorts together"), ("overlap", "equipoise")])  # fmt: skip
def test_words__say_what_the_settings_chose(chosen: str, words: str) -> None:
    settings = ControlConfig(
        estimand=chosen, registry_treatment_start="drug", negative_control="height_cm", treatment="drug X"
    )
    attributes = {item.name: item.words for item in estimand(settings, ["death", "niv_23h"])}
    assert list(attributes) == ["Population", "Treatment", "Variables", "Intercurrent events", "Summary measure"]
    assert words in attributes["Population"]
    assert "death or NIV ≥ 23 h/day" in attributes["Variables"]
    assert "0 points for the ALSFRS-R change" in attributes["Intercurrent events"]
    assert "month 6" in attributes["Variables"]
    assert "censored that day" in attributes["Intercurrent events"]
    assert "first registry visit at which all criteria hold" in " ".join(time_zero(settings))
    assert "height cm" in limits(settings)[0].words
