"""C with delayed entry, optimism and calibration against R's survival, and planted coefficients."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.errors import AnalysisError
from alsreg.stats.concordance import concordance
from alsreg.stats.cox_fit import CoxFit
from alsreg.stats.prognosis import (
    MIN_AT_RISK,
    Times,
    bootstrap_optimism,
    calibrate_group,
    first_observable,
    linear_predictor,
    resample_once,
    risk_groups,
)

REFERENCE = Path(__file__).resolve().parents[2] / "reference"
FROZEN = REFERENCE / "prognosis"


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    parts = [pd.read_csv(REFERENCE / "oracles" / name) for name in ("covariates.csv", "survival.csv")]
    return parts[0].merge(parts[1], on="person").sort_values("person")


@pytest.fixture(scope="module")
def predictors(people: pd.DataFrame) -> np.ndarray:
    return people[["age", "sex", "pc1", "pc2"]].to_numpy(dtype=float)


@pytest.fixture(scope="module")
def times(people: pd.DataFrame) -> Times:
    return Times(*(people[name].to_numpy(dtype=float) for name in ("entry", "exit")), people["event"].to_numpy() == 1)


@pytest.fixture(scope="module")
def fit(times: Times, predictors: np.ndarray) -> CoxFit:
    return times.fit(predictors)


@pytest.mark.parametrize("has_entry", [True, False])
@pytest.mark.parametrize("name", ["index", "rounded", "sex"])
def test_concordance__is_r_s(times: Times, fit: CoxFit, predictors: np.ndarray, name: str, has_entry: bool) -> None:
    frozen = pd.read_csv(FROZEN / "concordance.csv").set_index(["entry", "score"]).loc[(has_entry, name)]
    index = linear_predictor(fit)
    score = {"index": index, "rounded": np.round(index, 1), "sex": predictors[:, 1]}[name]
    entry = times.entry if has_entry else np.full(len(index), -np.inf)
    found = concordance(entry, times.exit, times.is_event, score)
    assert (found.n_concordant, found.n_discordant, found.n_tied) == tuple(frozen[["concordant", "discordant", "tied"]])
    assert found.c == pytest.approx(frozen["c"], rel=1e-12)
    assert found.standard_error == pytest.approx(frozen["se"], rel=1e-10)


def test_concordance__pairs_by_hand() -> None:
    """B and C are at risk when A dies at 5; D enters at 5, too late; C leaves at 5 alive, and counts as later."""
    entry, exit = np.array([0.0, 1.0, 0.0, 5.0]), np.array([5.0, 9.0, 5.0, 8.0])
    is_event, score = np.array([True, False, False, True]), np.array([2.0, 1.0, 2.0, 3.0])
    found = concordance(entry, exit, is_event, score)
    assert (found.n_concordant, found.n_discordant, found.n_tied) == (2, 0, 1)  # A-B, D-B; A-C
    assert found.c == pytest.approx(2.5 / 3)
    with pytest.raises(AnalysisError, match="no two people can be compared"):
        concordance(np.array([0.0, 6.0]), np.array([5.0, 9.0]), np.array([True, False]), np.array([1.0, 2.0]))


def test_resample__is_that_of_r(times: Times, predictors: np.ndarray) -> None:
    frozen = pd.read_csv(FROZEN / "resamples.csv")
    for row in frozen.itertuples():
        found = resample_once(times, predictors, np.array(row.rows.split(), dtype=np.int64) - 1)
        assert found == pytest.approx((row.c_resample, row.c_everybody, row.slope), rel=1e-9)


def test_calibration__is_that_of_r(fit: CoxFit) -> None:
    group = risk_groups(linear_predictor(fit), 4)
    curves, expected = (pd.read_csv(FROZEN / f"{name}.csv") for name in ("curves", "expected"))
    for label in range(4):
        found = calibrate_group(fit, group == label, np.array([36.0, 48.0, 60.0]), start=24.0)
        frozen = curves[curves["group"] == label + 1]
        for name in ("observed", "lower", "upper", "predicted"):
            np.testing.assert_allclose(getattr(found, name), frozen[name], rtol=1e-10)
        row = expected.iloc[label]
        assert (found.n, found.n_events) == (row["n"], row["n_events"])
        assert found.expected_events == pytest.approx(row["expected"], rel=1e-9)


def test_calibration__begins_and_ends_where_enough_are_at_risk() -> None:
    entry = np.repeat([0.0, 10.0], [MIN_AT_RISK - 1, 30])
    exit = np.concatenate([np.full(MIN_AT_RISK - 1, 40.0), np.linspace(11.5, 30.5, 30)])
    assert first_observable(entry, exit) == 10.0
    assert np.isnan(first_observable(entry[:5], exit[:5]))
    times = Times(entry, exit, np.ones(len(exit), dtype=bool))
    fit = times.fit(np.random.default_rng(0).normal(size=(len(exit), 1)))
    everybody = np.ones(len(exit), dtype=bool)
    found = calibrate_group(fit, everybody, np.array([5.0, 12.0, 20.0, 39.0]), 10.0)
    assert list(found.times) == [12.0, 20.0]
    empty = calibrate_group(fit, everybody, np.array([5.0]), np.nan)
    assert len(empty.times) == 0 and empty.n == len(exit)


def plant(n: int, seed: int) -> tuple[Times, np.ndarray, np.ndarray]:
    """A Weibull hazard from onset, entry months later, whatever happened before it is not seen."""
    rng = np.random.default_rng(seed)
    beta = np.array([0.6, -0.4, 0.0])
    x = np.column_stack([rng.random(n) < 0.3, rng.normal(size=n), rng.normal(size=n)])
    event = 45.0 * (rng.exponential(size=n) * np.exp(-x @ beta)) ** (1 / 1.5)
    entry = np.floor(rng.lognormal(2.3, 0.6, n))
    end = np.ceil(np.minimum(event, entry + rng.exponential(60, n)))
    is_seen = end > entry
    return Times(entry[is_seen], end[is_seen], (event <= end)[is_seen]), x[is_seen], beta


def test_planted_coefficients__are_recovered_and_calibrated() -> None:
    times, x, beta = plant(4000, 11)
    fit = times.fit(x)
    assert np.abs((fit.coefficients - beta) / fit.standard_errors).max() < 3.5
    group = risk_groups(linear_predictor(fit), 4)
    for label in range(4):
        members = group == label
        curve = calibrate_group(
            fit, members, np.array([24.0, 36.0, 48.0]), first_observable(times.entry[members], times.exit[members])
        )
        assert len(curve.times) == 3
        # A standard error on the log-log scale is a quarter of the interval: within 3.5 of it.
        for observed, lower, upper, predicted in zip(
            curve.observed, curve.lower, curve.upper, curve.predicted, strict=True
        ):
            assert abs(predicted - observed) < 3.5 * (upper - lower) / 4
        assert abs(curve.n_events - curve.expected_events) < 3.5 * np.sqrt(curve.expected_events)


def test_optimism__small_samples_flatter_themselves() -> None:
    """Eight noise predictors and ten events for each: C lies above 1/2, most of that is taken off, predictions are too wide.

    Not all of it: a resample shares people with everybody (in the mean over 16 samples 0.594 and 0.528 remain).
    """
    apparent, corrected, slopes = [], [], []
    for seed in range(16):
        times, x, _ = plant(150, seed)
        noise = np.random.default_rng(seed).normal(size=(len(x), 8))
        apparent.append(times.concordance(linear_predictor(times.fit(noise))).c)
        found = bootstrap_optimism(times, noise, 20, np.random.default_rng(seed))
        assert found.n_resamples == 20
        corrected.append(apparent[-1] - found.c)
        slopes.append(found.slope)
    assert np.mean(apparent) > 0.56
    assert 0.5 < np.mean(corrected) < 0.5 + 0.45 * (np.mean(apparent) - 0.5)
    assert np.mean(slopes) < 0.75
    assert bootstrap_optimism(times, noise, 20, np.random.default_rng(15)) == found


def test_optimism__resamples_without_a_model_are_not_counted() -> None:
    times, x, _ = plant(60, 3)
    rare = np.zeros((len(x), 1))
    rare[:2] = 1.0
    found = bootstrap_optimism(times, rare, 40, np.random.default_rng(5))
    assert 0 < found.n_resamples < 40


def test_risk_groups__are_even_and_ordered() -> None:
    index = np.random.default_rng(0).normal(size=200)
    group = risk_groups(index, 4)
    assert list(np.bincount(group)) == [50] * 4
    assert index[group == 0].max() < index[group == 3].min()
