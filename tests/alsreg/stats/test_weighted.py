"""Weighted comparisons against R: glm, survival, MatchIt, lme4 (tests/reference/control)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.errors import AnalysisError
from alsreg.stats.balance import balance, pooled_spread
from alsreg.stats.matching import caliper_width, match_pairs
from alsreg.stats.mixed_fit import sum_visits
from alsreg.stats.propensity import (
    Propensity,
    Weights,
    clustered_error,
    effective_n,
    fit_propensity,
    influence_of,
    propensity_weights,
    trimmed,
    unit_weights,
)
from alsreg.stats.risk_sets import build_risk_sets
from alsreg.stats.weighted_cox import fit_weighted_cox
from alsreg.stats.weighted_slopes import slope_model
from alsreg.stats.weighted_survival import WeightedCurve, log_log_limits, weighted_curve

REFERENCE = Path(__file__).resolve().parents[2] / "reference/control"
COVARIATES = ["age", "total", "bulbar", "months"]
KINDS = ["naive", "att", "ate", "overlap"]


@dataclass(frozen=True)
class Reference:
    """The cohorts that R saw, and its answers by name."""

    people: pd.DataFrame
    answers: dict[str, float]

    @cached_property
    def treated(self) -> np.ndarray:
        return self.people["treated"].to_numpy() == 1

    @cached_property
    def propensity(self) -> Propensity:
        return fit_propensity(self.people[COVARIATES].to_numpy(float), self.treated, COVARIATES)

    def weights(self, kind: str) -> Weights:
        return unit_weights(len(self.people)) if kind == "naive" else propensity_weights(self.propensity, kind)

    def times(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        frame = self.people[rows]
        return frame["entry"].to_numpy(float), frame["exit"].to_numpy(float), frame["event"].to_numpy() == 1

    def curve(self, kind: str, group: int) -> tuple[WeightedCurve, np.ndarray]:
        rows = self.treated == bool(group)
        weights = self.weights(kind).value[rows]
        return weighted_curve(*self.times(rows), weights), weights


@pytest.fixture(scope="module")
def reference() -> Reference:
    answers = pd.read_csv(REFERENCE / "answers.csv").set_index("quantity")["value"]
    return Reference(pd.read_csv(REFERENCE / "people.csv"), answers.to_dict())


def hazard_ratio(reference: Reference, weights: np.ndarray, rows: np.ndarray | None = None):
    rows = np.ones(len(reference.people), dtype=bool) if rows is None else rows
    sets = build_risk_sets(*reference.times(rows))
    return fit_weighted_cox(sets, reference.treated[rows, None].astype(float), weights)


def test_fit_propensity__is_glm(reference: Reference) -> None:
    log_odds = reference.propensity.log_odds
    assert log_odds[0] == pytest.approx(reference.answers["log_odds_1"], rel=1e-8)
    assert (log_odds**2).sum() == pytest.approx(reference.answers["log_odds_sum_of_squares"], rel=1e-8)
    design, covariance = reference.propensity.design, reference.propensity.covariance
    spread = np.einsum("np,pq,nq->", design, covariance, design)
    assert spread == pytest.approx(reference.answers["covariance_trace_of_log_odds"], rel=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_fit_weighted_cox__is_coxph_with_weights_and_cluster(reference: Reference, kind: str) -> None:
    weights = reference.weights(kind)
    fit = hazard_ratio(reference, weights.value)
    assert fit.coefficients[0] == pytest.approx(reference.answers[f"{kind}_beta"], rel=1e-8)
    assert fit.information[0, 0] == pytest.approx(reference.answers[f"{kind}_information"], rel=1e-8)
    influence = influence_of(fit.derivative[:, 0], weights, None)
    error = clustered_error(influence, np.arange(len(influence)))
    assert error == pytest.approx(reference.answers[f"{kind}_robust_se"], rel=1e-8)
    theirs = pd.read_csv(REFERENCE / "dfbeta.csv")[kind].to_numpy()
    np.testing.assert_allclose(influence, theirs, rtol=1e-7, atol=1e-11)


def test_fit_weighted_cox__derivative_is_the_change_with_a_weight(reference: Reference) -> None:
    weights = reference.weights("ate").value
    fit = hazard_ratio(reference, weights)
    for person in (0, 7, 100, 301):
        step = np.zeros(len(weights))
        step[person] = 1e-4
        up, down = (hazard_ratio(reference, weights + sign * step).coefficients[0] for sign in (1, -1))
        assert fit.derivative[person, 0] == pytest.approx((up - down) / 2e-4, rel=1e-5, abs=1e-9)


def test_fit_weighted_cox__group_without_event_has_no_estimate() -> None:
    sets = build_risk_sets(np.zeros(6), np.arange(1.0, 7.0), np.array([1, 1, 1, 0, 0, 0]) == 1)
    with pytest.raises(AnalysisError, match="no finite estimate"):
        fit_weighted_cox(sets, np.array([1.0, 1, 1, 0, 0, 0])[:, None], np.ones(6))


@pytest.mark.parametrize("group", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_weighted_curve__is_survfit(reference: Reference, kind: str, group: int) -> None:
    curve, weights = reference.curve(kind, group)
    for month in (6, 12, 24):
        assert curve.at(np.array([month]))[0] == pytest.approx(
            reference.answers[f"{kind}_{group}_survival_{month}"], rel=1e-9
        )
        error = np.linalg.norm(weights * curve.derivative_at(month))
        assert error == pytest.approx(reference.answers[f"{kind}_{group}_survival_se_{month}"], rel=1e-8)
    mean, derivative = curve.restricted_mean(24.0)
    assert mean == pytest.approx(reference.answers[f"{kind}_{group}_rmst_24"], rel=1e-9)
    assert np.linalg.norm(weights * derivative) == pytest.approx(
        reference.answers[f"{kind}_{group}_rmst_24_se"], rel=1e-8
    )


def test_weighted_curve__emptied_before_others_enter_is_refused() -> None:
    entry, exit = np.array([0.0, 0.0, 5.0, 5.0]), np.array([2.0, 3.0, 8.0, 9.0])
    with pytest.raises(AnalysisError, match="others enter later"):
        weighted_curve(entry, exit, np.array([True, True, True, False]), np.ones(4))


def test_log_log_limits__hold_the_curve_and_end_with_it() -> None:
    lower, upper = log_log_limits(np.array([1.0, 0.5, 0.0]), np.array([0.0, 0.1, 0.0]), 1.96)
    assert (lower[0], upper[0]) == (1.0, 1.0)
    assert 0.29 < lower[1] < 0.5 < upper[1] < 0.69
    assert np.isnan([lower[2], upper[2]]).all()


def test_match_pairs__are_matchits(reference: Reference) -> None:
    log_odds = reference.propensity.log_odds
    caliper = caliper_width(log_odds, reference.treated, 0.2)
    assert caliper == pytest.approx(reference.answers["caliper"], rel=1e-8)
    pairs = match_pairs(log_odds, reference.treated, caliper)
    theirs = pd.read_csv(REFERENCE / "pairs.csv")
    person = reference.people["person"].to_numpy()
    assert set(zip(person[pairs[:, 0]], person[pairs[:, 1]], strict=True)) == set(
        theirs.itertuples(index=False, name=None)
    )
    rows = np.zeros(len(person), dtype=bool)
    rows[pairs.ravel()] = True
    fit = hazard_ratio(reference, np.ones(rows.sum()), rows)
    pair = np.empty(len(person), dtype=int)
    pair[pairs[:, 0]] = pair[pairs[:, 1]] = np.arange(len(pairs))
    assert fit.coefficients[0] == pytest.approx(reference.answers["matched_beta"], rel=1e-8)
    assert clustered_error(fit.derivative[:, 0], pair[rows]) == pytest.approx(
        reference.answers["matched_robust_se"], rel=1e-8
    )


def test_match_pairs__nobody_within_the_caliper() -> None:
    assert match_pairs(np.array([0.0, 5.0]), np.array([True, False]), 0.1).shape == (0, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_effective_n__is_kish(reference: Reference, kind: str) -> None:
    weights = reference.weights(kind).value
    for group, name in ((True, "treated"), (False, "control")):
        assert effective_n(weights[reference.treated == group]) == pytest.approx(
            reference.answers[f"{kind}_ess_{name}"]
        )


def test_balance__is_the_formula(reference: Reference) -> None:
    values = reference.people[COVARIATES].to_numpy(float)
    spread = pooled_spread(values, reference.treated)
    for prefix, kind in (("smd", "naive"), ("smd_att", "att")):
        found = balance(values, reference.treated, reference.weights(kind).value, spread).difference
        for name, value in zip(COVARIATES[:3], found[:3], strict=True):
            assert value == pytest.approx(reference.answers[f"{prefix}_{name}"], rel=1e-7)


def test_slope_model__unweighted_is_lme4(reference: Reference) -> None:
    visits = pd.read_csv(REFERENCE / "visits.csv")
    codes = pd.Index(reference.people["person"]).get_indexer(visits["person"])
    sums = sum_visits(visits["total"].to_numpy(float), visits["month"].to_numpy(float), codes, len(reference.people))
    model = slope_model(sums, reference.treated)
    ones = np.ones(len(reference.people))
    treated, control, derivative = model.slopes(ones)
    assert treated - control == pytest.approx(reference.answers["slope_difference"], rel=1e-5)
    for person in (0, 200):
        step = np.zeros(len(ones))
        step[person] = 1e-5
        up, down = (np.subtract(*model.slopes(ones + sign * step)[:2]) for sign in (1, -1))
        assert derivative[person] == pytest.approx((up - down) / 2e-5, rel=1e-5, abs=1e-10)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_propensity_weights__slope_is_the_derivative(reference: Reference, kind: str) -> None:
    fit = reference.propensity
    up, down = (
        propensity_weights(Propensity(fit.is_treated, fit.design, fit.log_odds + step, fit.covariance), kind).value
        for step in (1e-6, -1e-6)
    )
    np.testing.assert_allclose(propensity_weights(fit, kind).slope, (up - down) / 2e-6, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_propensity_weights__mean_of_a_covariate_in_the_model_has_little_error_left(
    reference: Reference, kind: str
) -> None:
    """Allowing for the estimated score, the difference in a covariate of the model is known nearly exactly for overlap."""
    fit, weights = reference.propensity, reference.weights(kind)
    x, treated = fit.design[:, 1], fit.is_treated
    derivative = np.zeros(len(x))
    for group, sign in ((treated, 1.0), (~treated, -1.0)):
        w = weights.value[group]
        derivative[group] = sign * (x[group] - np.average(x[group], weights=w)) / w.sum()
    errors = [np.linalg.norm(influence_of(derivative, weights, score)) for score in (None, fit)]
    assert errors[1] < (1e-6 if kind == "overlap" else 0.7) * errors[0]


def test_fit_propensity__separation_is_no_overlap() -> None:
    x = np.arange(40.0)[:, None]
    with pytest.raises(AnalysisError, match="no overlap"):
        fit_propensity(x, x[:, 0] > 19.5)
    with pytest.raises(AnalysisError, match="nothing to compare"):
        fit_propensity(x, np.zeros(40))


def test_trimmed__outside_the_common_range(reference: Reference) -> None:
    fit = reference.propensity
    out = trimmed(fit, 0.0)
    kept = fit.score[~out]
    assert kept.min() >= fit.score[fit.is_treated].min()
    assert kept.max() <= fit.score[~fit.is_treated].max()
    assert out.any()
    assert trimmed(fit, 0.05).sum() > out.sum()
