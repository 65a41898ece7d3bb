"""ALSFRS-R change at a month and the negative-control event: by hand, and against R (tests/reference/control/make_change.R)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.config.control import ControlConfig
from alsreg.engines.outcomes import Contrast, FollowUp, among_known
from alsreg.engines.score_change import ScoreChange, change_difference, score_change
from alsreg.errors import AnalysisError
from alsreg.stats.propensity import Weights, clustered_error, fit_propensity, propensity_weights, unit_weights
from alsreg.stats.weighted_ancova import fit_ancova

REFERENCE = Path(__file__).resolve().parents[2] / "reference/control"
KINDS = ["naive", "att", "ate", "overlap"]


@dataclass(frozen=True)
class Reference:
    """The people R saw, their changes by month 7, and R's answers."""

    people: pd.DataFrame
    change: ScoreChange
    missed: ScoreChange  # the same, had some of them missed the visit at month 6
    answers: dict[str, float]

    @property
    def treated(self) -> np.ndarray:
        return self.people["treated"].to_numpy() == 1

    def weights(self, kind: str) -> Weights:
        columns = ["age", "total", "bulbar", "months"]
        fit = fit_propensity(self.people[columns].to_numpy(float), self.treated, columns)
        return unit_weights(len(self.people)) if kind == "naive" else propensity_weights(fit, kind)

    def contrast(self, kind: str, people: np.ndarray, weights: np.ndarray) -> Contrast:
        return change_difference(getattr(self.change, kind), self.change, self.treated, 20)(people, weights)


@pytest.fixture(scope="module")
def reference() -> Reference:
    people, visits = (pd.read_csv(REFERENCE / name) for name in ("people.csv", "visits.csv"))
    aligned = people.rename(columns={"entry": "entry_months", "exit": "exit_months", "event": "is_event"})
    absent = visits["person"].isin(pd.read_csv(REFERENCE / "missed.csv")["person"]) & (visits["month"] == 6)
    change, missed = (
        score_change(
            aligned, seen.rename(columns={"month": "months"}), pd.Index(people["person"]).get_indexer(seen["person"]),
            ControlConfig(change_months=7),
        )
        for seen in (visits, visits[~absent])
    )  # fmt: skip
    answers = pd.read_csv(REFERENCE / "change_answers.csv").set_index("quantity")["value"]
    return Reference(people, change, missed, answers.to_dict())


def error_of(found: Contrast, weights: np.ndarray, cluster: np.ndarray | None = None) -> float:
    return clustered_error(
        weights * found.derivative + found.beside, np.arange(len(weights)) if cluster is None else cluster
    )


@pytest.mark.parametrize("strategy", ["composite", "while_free"])
@pytest.mark.parametrize("kind", KINDS)
def test_change_difference__is_lm_with_sandwich(reference: Reference, strategy: str, kind: str) -> None:
    weights, answers = reference.weights(kind).value, reference.answers
    assert reference.change.is_known.sum() == answers[f"n_{strategy}"]
    found = reference.contrast(strategy, np.arange(len(weights)), weights)
    assert found.value == pytest.approx(answers[f"{strategy}_{kind}_difference"], rel=1e-8)
    assert found.control == pytest.approx(answers[f"{strategy}_{kind}_control"], rel=1e-8)
    assert found.treated - found.control == pytest.approx(found.value)
    assert error_of(found, weights) == pytest.approx(answers[f"{strategy}_{kind}_se"], rel=1e-8)


@pytest.mark.parametrize("strategy", ["composite", "while_free"])
def test_change_difference__of_pairs_is_clustered_as_vcovcl(reference: Reference, strategy: str) -> None:
    pairs = pd.read_csv(REFERENCE / "pairs.csv")
    index = pd.Index(reference.people["person"])
    people = np.concatenate([index.get_indexer(pairs["treated"]), index.get_indexer(pairs["control"])])
    found = reference.contrast(strategy, people, np.ones(len(people)))
    assert found.value == pytest.approx(reference.answers[f"{strategy}_matched_difference"], rel=1e-8)
    error = error_of(found, np.ones(len(people)), np.tile(np.arange(len(pairs)), 2))
    assert error == pytest.approx(reference.answers[f"{strategy}_matched_se"], rel=1e-8)


@pytest.mark.parametrize("strategy", ["composite", "while_free"])
@pytest.mark.parametrize("kind", ["naive", "att"])
def test_change_difference__missed_visits_are_weighed_as_in_r(reference: Reference, strategy: str, kind: str) -> None:
    """R's errors are differences of refits, exact to about six digits."""
    weights, missed = reference.weights(kind).value, reference.missed
    assert (missed.fate == "unscored").sum() > 50
    outcome = change_difference(getattr(missed, strategy), missed, reference.treated, 20)
    found = outcome(np.arange(len(weights)), weights)
    assert found.value == pytest.approx(reference.answers[f"missed_{strategy}_{kind}_difference"], rel=1e-7)
    assert error_of(found, weights) == pytest.approx(reference.answers[f"missed_{strategy}_{kind}_se"], rel=1e-5)


@pytest.mark.parametrize("n_missed", [0, 3, 30])
def test_change_difference__few_unscored_are_put_down_to_the_cohort(n_missed: int) -> None:
    """Those with a score stand for all without the event: with few unscored, each for as many."""
    rng = np.random.default_rng(1)
    treated, baseline = np.arange(200) < 100, rng.normal(38, 4, 200)
    fate = np.full(200, "scored", dtype=object)
    fate[:20] = "event"
    fate[20 : 20 + n_missed] = "unscored"
    values = rng.normal(-4, 2, 200)
    found = change_difference(values, ScoreChange(baseline, values, values, fate), treated, 20)(
        np.arange(200), np.ones(200)
    )
    assert np.any(found.beside != 0) == (n_missed > 0)
    share = 80 / (80 - n_missed)
    known = fate != "unscored"
    expected = fit_ancova(
        values[known], baseline[known], treated[known], np.where(treated & (fate == "scored"), share, 1.0)[known]
    )
    assert (found.value == pytest.approx(expected.treated - expected.control, rel=1e-9)) == (n_missed < 10)


@pytest.mark.parametrize("kind", KINDS)
def test_negative_control_event__is_coxph_among_those_without_it_before(reference: Reference, kind: str) -> None:
    fractures = pd.read_csv(REFERENCE / "fractures.csv")
    exit_, entry = fractures["exit"].to_numpy(float), reference.people["entry"].to_numpy(float)
    times = FollowUp(entry, exit_, fractures["event"].to_numpy() == 1, reference.treated)
    assert np.isnan(exit_).sum() == 5
    weights = reference.weights(kind).value
    outcome = among_known(times.log_hazard_ratio, ~np.isnan(exit_), reference.treated, 20)
    found = outcome(np.arange(len(weights)), weights)
    assert found.value == pytest.approx(reference.answers[f"fracture_{kind}_beta"], rel=1e-8)
    assert error_of(found, weights) == pytest.approx(reference.answers[f"fracture_{kind}_se"], rel=1e-8)


def test_fit_ancova__derivative_is_the_change_with_a_weight() -> None:
    rng = np.random.default_rng(3)
    baseline, treated, weights = rng.normal(38, 5, 60), rng.random(60) < 0.4, rng.uniform(0.5, 2, 60)
    change = -4 + treated + 0.1 * (baseline - 38) + rng.normal(0, 2, 60)
    fit = fit_ancova(change, baseline, treated, weights)
    for person in (0, 11, 45):
        step = np.zeros(60)
        step[person] = 1e-5
        up, down = (fit_ancova(change, baseline, treated, weights + sign * step) for sign in (1, -1))
        numeric = ((up.treated - up.control) - (down.treated - down.control)) / 2e-5
        assert fit.derivative[person] == pytest.approx(numeric, rel=1e-5, abs=1e-9)
    with pytest.raises(AnalysisError, match="same baseline"):
        fit_ancova(change, np.full(60, 38.0), treated, weights)


def test_score_change__each_fate_by_hand() -> None:
    """Month 6 ± 1.5; baseline 40 in everybody."""
    plan = [  # entry, exit, event, visits after baseline, fate, composite, while free
        (0, 24, 0, [(3.0, 38), (5.6, 36), (6.9, 35)], "scored", -4, -4),
        (0, 24, 0, [(5.5, 36), (6.5, 34)], "scored", -4, -4),  # equally near: the earlier
        (0, 24, 0, [(4.4, 36), (7.6, 34)], "unscored", np.nan, np.nan),
        (0, 5.0, 0, [(3.0, 38)], "unscored", np.nan, np.nan),  # lost
        (0, 6.0, 1, [(3.0, 38), (5.8, 30)], "event", -40, -10),
        (0, 2.0, 1, [], "event", -40, 0),  # the last score is the baseline
        (0, 6.2, 1, [(5.8, 30)], "scored", -10, -10),  # the event comes later
        (0.5, 24, 0, [(6.0, 36)], "observed_later", np.nan, np.nan),
    ]
    people = pd.DataFrame([{"total": 40.0, "entry_months": p[0], "exit_months": p[1], "is_event": p[2]} for p in plan])
    seen = [(k, months, total) for k, p in enumerate(plan) for months, total in [(-0.3, 40), *p[3]]]
    visits = pd.DataFrame(seen, columns=["row", "months", "total"]).sample(frac=1, random_state=2)
    found = score_change(people, visits, visits["row"].to_numpy(), ControlConfig())
    assert found.fate.tolist() == [p[4] for p in plan]
    np.testing.assert_array_equal(found.composite, [p[5] for p in plan])
    np.testing.assert_array_equal(found.while_free, [p[6] for p in plan])


def test_among_known__few_people_are_refused() -> None:
    treated, is_known = np.arange(40) < 20, np.arange(40) >= 5
    outcome = among_known(lambda people, weights: Contrast(0.0, np.zeros(len(people))), is_known, treated, 18)
    with pytest.raises(AnalysisError, match="fewer than 18 effective treated"):
        outcome(np.arange(40), np.ones(40))
