"""Interval-censored times: R's Turnbull estimate, the likelihood maximised outright, and Kaplan–Meier where times are exact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.errors import AnalysisError
from alsreg.stats.interval_censoring import turnbull
from alsreg.stats.kaplan_meier import kaplan_meier

FROZEN = Path(__file__).resolve().parents[2] / "reference/interval_censoring"


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(FROZEN / name)


def test_agrees_with_survfit_without_entry() -> None:
    """survfit stops its own iterations early: at 1e-3 of the curve."""
    data, answer = read("visits.csv").fillna(np.inf), read("turnbull.csv")
    curve = turnbull(np.full(len(data), -np.inf), data["lower"], data["upper"])
    np.testing.assert_allclose(curve.survival(answer["time"]), answer["survival"], atol=1e-3)
    assert len(answer) > 10 and answer["survival"].iloc[-1] < 0.3


def test_agrees_with_the_maximised_likelihood_with_entry() -> None:
    """What happens before anybody is at risk is not determined: curves are compared from the first entry on."""
    data, answer = read("delayed.csv").fillna(np.inf), read("delayed_curve.csv").set_index("time")["survival"]
    curve = turnbull(data["entry"], data["lower"], data["upper"], tolerance=1e-12)
    assert curve.loglik == pytest.approx(read("delayed_curve.csv")["loglik"].iloc[0], abs=1e-7)
    since = data["entry"].min()
    ends = np.array([t for t in curve.right if t in answer.index])
    assert len(ends) == len(curve.right)
    np.testing.assert_allclose(
        curve.survival(ends, since), answer[ends] / answer[answer.index <= since].iloc[-1], atol=2e-4
    )


def test_exact_times_give_kaplan_meier_with_entry() -> None:
    data, answer = read("exact.csv"), read("exact_curve.csv")
    exit, event = data["exit"].to_numpy(), data["event"].to_numpy()
    curve = turnbull(data["entry"], exit, np.where(event, exit, np.inf))
    np.testing.assert_allclose(curve.survival(answer["time"]), answer["survival"], atol=2e-9)
    ours = kaplan_meier(data["entry"].to_numpy(), exit, event)
    np.testing.assert_array_equal(curve.right, ours.time)
    np.testing.assert_allclose(curve.n_at_risk, ours.n_at_risk)


def simulate(seed: int, n: int, gap: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weibull times seen at visits `gap` apart from a registration before which people with the event are lost."""
    rng = np.random.default_rng(seed)
    time, entry = 30 * rng.weibull(1.5, 4 * n), rng.uniform(0, 20, 4 * n)
    kept = np.flatnonzero(time > entry)[:n]
    time, entry = time[kept], entry[kept]
    end = entry + rng.uniform(5, 50, n)
    passed = np.floor((np.minimum(time, end) - entry) / gap)
    lower = entry + gap * passed
    return entry, lower, np.where((time > lower) & (lower + gap <= end) & (time <= end), lower + gap, np.inf)


def test_recovers_the_curve_and_needs_the_entry() -> None:
    entry, lower, upper = simulate(1, 4000, 4.0)
    times = np.array([10.0, 20.0, 30.0, 40.0])
    truth = np.exp(-((times / 30) ** 1.5))
    curve = turnbull(entry, lower, upper, tolerance=1e-4)
    # Mass counts at the right end of its interval, so the curve is late by less than a gap between distinct visits.
    np.testing.assert_allclose(curve.survival(times), truth, atol=0.03)
    ignored = turnbull(np.full(len(entry), -np.inf), lower, upper, tolerance=1e-4)
    assert ignored.survival(times[:1])[0] > truth[0] + 0.05
    assert curve.quantile() == pytest.approx(30 * np.log(2) ** (1 / 1.5), abs=1.5)
    given = curve.survival(times, since=20.0)
    assert np.isnan(given[0]) and given[1] == 1.0
    assert given[2] == pytest.approx(truth[2] / truth[1], abs=0.03)


def test_a_first_person_who_reaches_it_alone_does_not_end_the_curve() -> None:
    curve = turnbull(np.array([1.0, 5.0, 5.0]), np.array([2.0, 6.0, 9.0]), np.array([3.0, 8.0, np.inf]))
    assert curve.survival(np.array([10.0]))[0] < 1e-8
    assert curve.survival(np.array([8.0]), since=5.0)[0] == pytest.approx(0.5)
    assert np.isnan(curve.quantile(0.9, since=5.0))


@pytest.mark.parametrize(
    ("entry", "lower", "upper"),
    [
        ([2.0], [1.0], [3.0]),
        ([0.0], [3.0], [2.0]),
        ([2.0], [2.0], [2.0]),
        ([0.0], [np.nan], [2.0]),
        ([0.0], [1.0], [np.inf]),
    ],
)
def test_impossible_intervals_are_refused(entry: list[float], lower: list[float], upper: list[float]) -> None:
    with pytest.raises(AnalysisError):
        turnbull(np.array(entry), np.array(lower), np.array(upper))
