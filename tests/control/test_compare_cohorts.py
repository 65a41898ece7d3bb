"""From aligned people to tables: estimates, honest refusals, and what changes nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.config.control import ControlConfig
from alsreg.engines.external_control import Compared, compare
from alsreg.engines.groups_compared import covariate_matrix
from alsreg.errors import AnalysisError, ConfigError
from alsreg.tables.control import ALIGNED, BALANCE, COMPARISON, CURVES, EFFECTS, FOLLOWED, SCORE_CHANGE, SCORES
from control.compare_cohorts import compare_cohorts
from helpers.confounded import COVARIATES, Plan, draw_cohorts

Tables = tuple[pd.DataFrame, pd.DataFrame]


def settings(**changes: object) -> ControlConfig:
    return ControlConfig(**{"covariates": COVARIATES, **changes})


@pytest.fixture(scope="module")
def cohorts() -> Tables:
    return draw_cohorts(Plan(n=500), np.random.default_rng(5))


@pytest.fixture(scope="module")
def compared(cohorts: Tables) -> Compared:
    return compare(*cohorts, settings(negative_control="earlier", negative_control_event="fracture_date"))


def effect(found: Compared, analysis: str, measure: str) -> pd.Series:
    return found.effects.set_index(["analysis", "measure"]).loc[(analysis, measure)]


def test_compare_cohorts__writes_tables_that_read_back(cohorts: Tables, compared: Compared, tmp_path: Path) -> None:
    inputs = {"aligned": tmp_path / "aligned.parquet", "followed": tmp_path / "followed.parquet"}
    ALIGNED.write(cohorts[0], inputs["aligned"])
    FOLLOWED.write(cohorts[1], inputs["followed"])
    tables = (SCORES, BALANCE, COMPARISON, EFFECTS, SCORE_CHANGE, CURVES)
    outputs = {table.name: tmp_path / Path(table.path).name for table in tables}
    compare_cohorts(inputs, settings(negative_control="earlier", negative_control_event="fracture_date"), outputs)
    for table in tables:
        pd.testing.assert_frame_equal(table.read(outputs[table.name]), getattr(compared, table.name), rtol=1e-12)


def test_compare__weights_balance_and_shrink_the_sample(compared: Compared) -> None:
    rows = compared.comparison.set_index("analysis")
    assert rows.loc["naive", "max_standardised_difference"] > 0.3
    assert rows.loc["weighted", "max_standardised_difference"] < 0.1
    assert rows.loc["weighted", "effective_n_control"] < rows.loc["weighted", "n_control"]
    assert rows.loc["matched", "n_treated"] == rows.loc["matched", "n_control"]
    weight = compared.scores["weight"]
    treated = compared.scores["is_treated"].astype(bool)
    assert (weight[treated].dropna() == 1).all()
    assert weight.isna().sum() == compared.scores["is_trimmed"].sum()


def test_compare__negative_control_shows_confounding_and_that_it_is_gone(compared: Compared) -> None:
    """`earlier` depends on age, which decides treatment: naively it differs, in the weighted it does not."""
    assert effect(compared, "naive", "negative_control_difference")["p_value"] < 0.01
    assert effect(compared, "weighted", "negative_control_difference")["p_value"] > 0.05


def test_compare__negative_control_event_is_one_hazard_in_both(compared: Compared) -> None:
    """Fractures hang on age and score, which decide treatment."""
    naive, weighted = (effect(compared, name, "negative_control_hazard_ratio") for name in ("naive", "weighted"))
    assert naive["upper"] < 1 < weighted["upper"]
    assert weighted["lower"] < 1
    assert pd.isna(naive["value_treated"])


def test_compare__few_negative_control_events_are_refused(cohorts: Tables) -> None:
    people = cohorts[0].assign(is_negative_control_event=pd.array([1] * 9 + [0] * (len(cohorts[0]) - 9), dtype="Int64"))
    found = compare(people, cohorts[1], settings(negative_control_event="fracture_date"))
    assert "fewer than 10 people had the event" in effect(found, "naive", "negative_control_hazard_ratio")["status"]


def test_compare__change_rests_on_everybody_accounted_for(compared: Compared) -> None:
    counts = compared.score_change.set_index(["analysis", "cohort"])
    rows = compared.comparison.set_index("analysis")
    for analysis in ("naive", "weighted", "matched"):
        for cohort in ("treated", "control"):
            assert counts.loc[(analysis, cohort)].sum() == rows.loc[analysis, f"n_{cohort}"]
    row = effect(compared, "weighted", "score_change_difference")
    assert row["value_treated"] - row["value_control"] == pytest.approx(row["estimate"])
    # An event counts as losing every point: worse than the last score before it.
    assert row["value_control"] < effect(compared, "weighted", "score_change_difference_while_free")["value_control"]


def test_compare__e_values_stand_with_ratios_only(compared: Compared) -> None:
    has_e_value = compared.effects["e_value"].notna()
    assert (has_e_value == compared.effects["measure"].str.startswith("hazard")).all()
    row = effect(compared, "weighted", "hazard_ratio")
    assert 1.0 <= row["e_value_limit"] <= row["e_value"]


def test_compare__matched_curve_of_pairs_is_kaplan_meier(cohorts: Tables, compared: Compared) -> None:
    from lifelines import KaplanMeierFitter

    people = cohorts[0][compared.scores["pair"].notna() & ~compared.scores["is_treated"].astype(bool)]
    fit = KaplanMeierFitter().fit(people["exit_months"].to_numpy(float), people["is_event"].to_numpy(float))
    ours = compared.curves.query("analysis == 'matched' and cohort == 'control'")
    np.testing.assert_allclose(ours["survival"], fit.predict(ours["months"].to_numpy()), rtol=1e-12)
    at_12 = ours.set_index("months").loc[12.0]
    assert at_12["n_at_risk"] == (people["exit_months"] > 12).sum()
    assert at_12["lower"] < at_12["survival"] < at_12["upper"]


def test_compare__order_of_people_changes_nothing(cohorts: Tables, compared: Compared) -> None:
    mixed = cohorts[0].sample(frac=1, random_state=1).reset_index(drop=True)
    again = compare(mixed, cohorts[1], settings(negative_control="earlier", negative_control_event="fracture_date"))
    numbers = ["estimate", "standard_error"]
    np.testing.assert_allclose(again.effects[numbers], compared.effects[numbers], rtol=1e-6)


def test_compare__bootstrap_agrees_with_the_sandwich(cohorts: Tables) -> None:
    found = [compare(*cohorts, settings(variance=kind, n_bootstrap=100)) for kind in ("sandwich", "bootstrap")]
    for measure in ("hazard_ratio", "restricted_mean_difference", "score_change_difference", "decline_difference"):
        errors = [effect(each, "weighted", measure)["standard_error"] for each in found]
        assert errors[1] == pytest.approx(errors[0], rel=0.25)
        assert errors[1] != errors[0]
    assert effect(found[0], "matched", "hazard_ratio")["standard_error"] == effect(found[1], "matched", "hazard_ratio")["standard_error"]  # fmt: skip


def test_compare__without_overlap_only_the_naive_is_estimated() -> None:
    found = compare(*draw_cohorts(Plan(n=300, strength=10.0), np.random.default_rng(2)), settings())
    status = found.comparison.set_index("analysis")["status"]
    assert status["naive"] == "estimated"
    assert status["weighted"].startswith("not estimable: no overlap")
    assert status["matched"].startswith("not estimable")
    rows = found.effects[found.effects["analysis"] != "naive"]
    assert rows["estimate"].isna().all()
    assert (rows["status"].str.startswith("not estimable")).all()
    assert set(found.curves["analysis"]) == {"naive"}


def test_compare__less_overlap_is_wider(compared: Compared) -> None:
    found = compare(*draw_cohorts(Plan(n=500, strength=3.0), np.random.default_rng(5)),
                    settings(max_trimmed_fraction=0.9, min_effective_n=5))  # fmt: skip
    wide, narrow = (effect(each, "weighted", "hazard_ratio")["standard_error"] for each in (found, compared))
    assert wide > 1.2 * narrow


def test_compare__level_of_one_cohort_only_is_no_overlap(cohorts: Tables) -> None:
    people = cohorts[0].copy()
    people["site"] = np.where(people["is_treated"].astype(bool) & (people.index % 3 == 0), "S9", "S1")
    found = compare(people, cohorts[1], settings(covariates=[*COVARIATES, "site"]))
    assert "site=S9 occurs in one cohort only" in found.comparison.set_index("analysis").loc["weighted", "status"]


def test_compare__horizon_beyond_follow_up_is_refused_by_measure(cohorts: Tables) -> None:
    found = compare(*cohorts, settings(horizon_months=200))
    assert "before 200" in effect(found, "weighted", "restricted_mean_difference")["status"]
    assert effect(found, "weighted", "hazard_ratio")["status"] == "estimated"


def test_compare__nobody_left_and_text_as_negative_control(cohorts: Tables) -> None:
    people = cohorts[0]
    with pytest.raises(AnalysisError, match="nobody of the treated cohort"):
        compare(people[~people["is_treated"].astype(bool)].reset_index(drop=True), cohorts[1], settings())
    with pytest.raises(ConfigError, match="negative control holds text"):
        compare(*cohorts, settings(negative_control="sex"))


def test_covariate_matrix__indicators_but_for_the_most_frequent() -> None:
    people = pd.DataFrame({"age": [1.0, 2, 3, 4], "site": pd.array(["b", "a", "b", "c"], dtype="string")})
    matrix, names = covariate_matrix(people, ["age", "site"])
    assert names == ["age", "site=a", "site=c"]
    assert matrix.tolist() == [[1, 0, 0], [2, 1, 0], [3, 0, 0], [4, 0, 1]]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"treated": "cohort.yaml"}, "treated_freeze_date"),
        ({"negative_control": "total"}, "among the covariates"),
        ({"covariates": ["total", "total"]}, "named twice"),
        ({"change_months": 1, "change_window_months": 1.5}, "below change_months"),
    ],
)
def test_settings__that_contradict_themselves(changes: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ControlConfig(**changes)
