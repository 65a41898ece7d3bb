"""Bias and coverage over many confounded cohorts (docs/control.md has the numbers); a small version that CI can afford."""

from __future__ import annotations

import numpy as np
import pytest

from alsreg.config.control import ControlConfig
from helpers.confounded import COVARIATES, Plan, study, summarise, true_changes, truth

SETTINGS = ControlConfig(covariates=COVARIATES)
SURVIVAL = ["hazard_ratio", "restricted_mean_difference"]
NULL = {"hazard_ratio": 0.0, "restricted_mean_difference": 0.0}
SCORES = ["score_change_difference", "score_change_difference_while_free", "negative_control_hazard_ratio"]
MISSED = 0.1


def test_comparison__removes_the_confounding_that_the_naive_one_shows() -> None:
    table = summarise(study(Plan(log_hazard_ratio=0.0), SETTINGS, range(30)), NULL)
    for measure in SURVIVAL:
        naive, weighted, matched = (table.loc[(name, measure)] for name in ("naive", "weighted", "matched"))
        assert abs(naive["bias"]) > 6 * naive["bias_error"], "the simulation is not confounded"
        assert naive["coverage"] < 0.7
        for found in (weighted, matched):
            assert abs(found["bias"]) < 3.5 * found["bias_error"]
            assert abs(found["bias"]) < 0.35 * abs(naive["bias"])
            assert found["coverage"] > 0.8
            assert 0.7 < found["mean_error"] / found["sd"] < 1.4


def test_comparison__changes_and_fractures_are_unbiased_where_the_naive_are_not() -> None:
    """Nothing acts on anything; visits are missed the more, the lower the score at baseline."""
    plan = Plan(log_hazard_ratio=0.0, slope_gain=0.0, missed_per_point=MISSED)
    table = summarise(study(plan, SETTINGS, range(200), with_scores=True), dict.fromkeys(SCORES, 0.0))
    for measure in SCORES:
        naive, weighted, matched = (table.loc[(name, measure)] for name in ("naive", "weighted", "matched"))
        assert abs(naive["bias"]) > 5 * naive["bias_error"], "the simulation is not confounded"
        assert abs(weighted["bias"]) < 3.5 * weighted["bias_error"]
        for found in (weighted, matched):
            assert abs(found["bias"]) < 0.35 * abs(naive["bias"])
            assert found["coverage"] > 0.9
            assert 0.85 < found["mean_error"] / found["sd"] < 1.2


def test_comparison__says_so_where_overlap_fails() -> None:
    statuses = study(Plan(strength=8.0), SETTINGS, range(8)).query("analysis != 'naive'")["status"]
    assert statuses.str.startswith("not estimable").all()


@pytest.mark.slow
def test_calibration__planted_effect() -> None:
    table = summarise(study(Plan(), SETTINGS, range(1000)), truth(Plan()))
    print(table.round(4).to_string())
    _check(table, SURVIVAL)


@pytest.mark.slow
def test_calibration__decline() -> None:
    table = summarise(study(Plan(), SETTINGS, range(200), with_decline=True), {"decline_difference": Plan().slope_gain})
    print(table.round(4).to_string())
    naive, weighted = (table.loc[(name, "decline_difference")] for name in ("naive", "weighted"))
    assert naive["coverage"] < 0.5
    assert abs(weighted["bias"]) < 0.02
    assert weighted["coverage"] > 0.9


@pytest.mark.slow
@pytest.mark.parametrize(
    "plan", [Plan(missed_per_point=MISSED), Plan(log_hazard_ratio=0.0, slope_gain=0.0, missed_per_point=MISSED)]
)
def test_calibration__changes_and_fractures(plan: Plan) -> None:
    true = true_changes(plan) if plan.slope_gain else dict.fromkeys(SCORES, 0.0)
    table = summarise(study(plan, SETTINGS, range(500), with_scores=True), true)
    print(plan, true, table.round(4).to_string(), sep="\n")
    for measure in SCORES:
        naive, weighted = (table.loc[(name, measure)] for name in ("naive", "weighted"))
        assert abs(weighted["bias"]) < 0.1 * abs(naive["bias"]) + 2.5 * weighted["bias_error"]
        assert 0.925 <= weighted["coverage"] <= 0.975


@pytest.mark.slow
@pytest.mark.parametrize("estimand", ["att", "ate", "overlap"])
def test_calibration__no_effect(estimand: str) -> None:
    settings = ControlConfig(covariates=COVARIATES, estimand=estimand)
    table = summarise(study(Plan(log_hazard_ratio=0.0), settings, range(500)), NULL)
    print(estimand, table.round(4).to_string(), sep="\n")
    _check(table, SURVIVAL)


@pytest.mark.slow
@pytest.mark.parametrize("strength", [2.0, 4.0])
def test_calibration__little_overlap_is_wide_or_refused(strength: float) -> None:
    plan = Plan(log_hazard_ratio=0.0, strength=strength)
    found = study(plan, SETTINGS, range(200))
    refused = found.groupby("analysis")["status"].apply(lambda status: status.str.startswith("not").mean())
    table = summarise(found, NULL)
    print(strength, refused.to_string(), table.round(4).to_string(), sep="\n")
    weighted = table.loc[("weighted", "hazard_ratio")] if ("weighted", "hazard_ratio") in table.index else None
    assert refused["weighted"] > 0.95 or weighted is None or weighted["coverage"] > 0.88


def _check(table, measures: list[str]) -> None:
    for measure in measures:
        naive, weighted, matched = (table.loc[(name, measure)] for name in ("naive", "weighted", "matched"))
        assert naive["coverage"] < 0.6
        for found, most in ((weighted, 0.1), (matched, 0.15)):
            assert abs(found["bias"]) < most * abs(naive["bias"]) + 2.5 * found["bias_error"]
        # 500 to 1,000 replicates: the Monte-Carlo error of a coverage is 0.7 to 1 %.
        assert 0.925 <= weighted["coverage"] <= 0.975
        assert 0.915 <= matched["coverage"] <= 0.98
        assert np.isclose(weighted["mean_error"], weighted["sd"], rtol=0.1)
