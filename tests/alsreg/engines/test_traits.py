"""Predicted slopes, for description."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.mixed_linear_model import MixedLM

from alsreg.engines.traits import MIN_PERSONS, slopes_of


def predicted_slopes(person: np.ndarray, months: np.ndarray, total: np.ndarray) -> dict[str, float]:
    visits = pd.DataFrame({"person": person, "months_since_registration": months, "total": total})
    return slopes_of(visits, "total").to_dict()


def simulate(n_persons: int, n_visits: int, seed: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    slope = rng.normal(-0.8, 0.3, n_persons)
    intercept = rng.normal(38, 4, n_persons)
    person = np.repeat(np.arange(n_persons), n_visits)
    months = np.tile(np.arange(n_visits) * 3.0, n_persons)
    total = intercept[person] + slope[person] * months + rng.normal(0, 1.5, person.size)
    return slope, np.char.mod("P%04d", person), months, total


def test_predictions_are_the_truth_shrunk_towards_the_mean() -> None:
    slope, person, months, total = simulate(300, 8)
    predicted = np.array(list(predicted_slopes(person, months, total).values()))
    assert predicted.size == 300
    assert np.corrcoef(predicted, slope)[0, 1] > 0.97
    assert predicted.mean() == pytest.approx(slope.mean(), abs=0.03)
    assert predicted.std() < np.polyfit(months[:8], total.reshape(300, 8).T, 1)[0].std()


def test_balanced_prediction_is_henderson_at_the_true_variances() -> None:
    _, person, months, total = simulate(800, 6)
    predicted = predicted_slopes(person, months, total)
    design = np.column_stack([np.ones(6), months[:6]])
    covariance = design @ np.diag([16, 0.09]) @ design.T + 2.25 * np.eye(6)
    fixed = np.linalg.lstsq(design, total.reshape(800, 6).mean(axis=0), rcond=None)[0]
    gain = np.diag([16, 0.09]) @ design.T @ np.linalg.inv(covariance)
    expected = fixed[1] + (gain @ (total.reshape(800, 6) - design @ fixed).T)[1]
    # The variances are estimated from 800 people: within about 5 %.
    np.testing.assert_allclose(list(predicted.values()), expected, atol=0.03)


def test_people_with_one_visit_stay_in_and_missing_numbers_do_not_matter() -> None:
    _, person, months, total = simulate(60, 5)
    person, months, total = (
        np.append(person, ["single", "none"]),
        np.append(months, [0, 3]),
        np.append(total, [40, np.nan]),
    )
    predicted = predicted_slopes(person, months, total)
    assert "none" not in predicted and len(predicted) == 61
    assert predicted["single"] == pytest.approx(np.mean(list(predicted.values())), abs=0.1)


def test_too_few_people_give_no_slopes(caplog: pytest.LogCaptureFixture) -> None:
    _, person, months, total = simulate(MIN_PERSONS - 1, 5)
    assert predicted_slopes(person, months, total) == {}
    assert f"fewer than {MIN_PERSONS}" in caplog.text


def test_the_predictions_are_those_of_statsmodels() -> None:
    _, person, months, total = simulate(120, 6)
    design = np.column_stack([np.ones_like(months), months / 12])
    fit = MixedLM(total, design, groups=person, exog_re=design).fit(reml=True, method=["lbfgs", "bfgs"])
    theirs = {name: (fit.fe_params[1] + effect.iloc[1]) / 12 for name, effect in fit.random_effects.items()}
    ours = predicted_slopes(person, months, total)
    # statsmodels stops when the likelihood is flat to about 1e-5.
    np.testing.assert_allclose([ours[name] for name in theirs], [*theirs.values()], rtol=2e-3)


def test_visits_that_cannot_be_fitted_give_no_slopes(caplog: pytest.LogCaptureFixture) -> None:
    person = np.repeat(np.char.mod("P%02d", np.arange(30)), 2)
    assert predicted_slopes(person, np.tile([0.0, 3.0], 30), np.tile([40.0, 38.0], 30)) == {}
    assert "no slopes of total predicted" in caplog.text
