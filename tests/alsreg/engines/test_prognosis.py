"""A prognostic model of a registry, whatever it holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alsreg.config.prognosis import Predictor, PrognosisConfig
from alsreg.engines.prognosis import Prognosis, predict_survival
from alsreg.errors import ConfigError
from alsreg.tables.prognosis import PROGNOSIS, PROGNOSIS_CALIBRATION, PROGNOSIS_COEFFICIENTS, PROGNOSIS_PERFORMANCE

SETTINGS = PrognosisConfig(n_resamples=10)


def registry(n: int = 400, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Phenotypes and patients. The hazard has log(delay + 1) at -0.8, bulbar onset at 0.5, definite ALS at 0.4."""
    rng = np.random.default_rng(seed)
    onset = pd.Timestamp("2010-01-01") + pd.to_timedelta(rng.integers(0, 2000, n), unit="D")
    delay = rng.lognormal(2.0, 0.5, n)
    entry = delay + rng.exponential(2.0, n)
    bulbar, definite = (rng.random(n) < 0.3).astype(int), rng.random(n) < 0.4
    hazard = -0.8 * np.log(delay + 1) + 0.5 * bulbar + 0.4 * definite
    event = entry + 12 * rng.exponential(size=n) * np.exp(-hazard)
    exit = np.minimum(event, entry + rng.exponential(60, n))
    phenotypes = pd.DataFrame(
        {
            "person": [f"P{k:03d}" for k in range(n)], "age_at_onset_years": rng.normal(60, 10, n), "is_bulbar_onset": bulbar,
            "delta_fs_per_month": rng.gamma(2, 0.3, n), "entry_months": entry, "exit_months": exit,
            "is_event": (event <= exit).astype(int), "survival_exclusion": "",
        }
    )  # fmt: skip
    patients = pd.DataFrame(
        {
            "person": phenotypes["person"], "onset_date": onset,
            "diagnosis_date": onset + pd.to_timedelta(np.floor(delay * 30.4375), unit="D"),
            "el_escorial": np.where(definite, "definite", "probable"),
        }
    )  # fmt: skip
    return phenotypes, patients.sample(frac=1, random_state=0)


def conform(found: Prognosis) -> Prognosis:
    tables = (PROGNOSIS, PROGNOSIS_COEFFICIENTS, PROGNOSIS_PERFORMANCE, PROGNOSIS_CALIBRATION)
    frames = (found.people, found.coefficients, found.performance, found.calibration)
    return Prognosis(
        *(table.conform(frame.reindex(columns=table.column_names)) for table, frame in zip(tables, frames, strict=True))
    )


@pytest.fixture(scope="module")
def found() -> Prognosis:
    phenotypes, patients = registry()
    phenotypes.loc[0, "delta_fs_per_month"] = np.nan
    phenotypes.loc[1, ["exit_months", "survival_exclusion"]] = [np.nan, "no_last_contact"]
    patients.loc[patients["person"] == "P002", "diagnosis_date"] += pd.Timedelta("4000 days")  # after entry
    return conform(predict_survival(phenotypes, patients, SETTINGS))


def test_coefficients__are_those_planted(found: Prognosis) -> None:
    rows = found.coefficients.set_index("predictor")
    planted = {"diagnostic_delay_months": -0.8, "is_bulbar_onset": 0.5, "el_escorial": 0.4, "age_at_onset_years": 0.0}
    for name, beta in planted.items():
        assert abs(rows.loc[name, "beta"] - beta) < 3.5 * rows.loc[name, "standard_error"], name
    assert rows.loc["diagnostic_delay_months", "enters_as"] == "log(diagnostic_delay_months + 1)"
    assert rows.loc["delta_fs_per_month", "enters_as"] == "1/sqrt(delta_fs_per_month + 0.1)"
    assert rows.loc["el_escorial", "enters_as"] == "el_escorial = definite"
    assert rows.loc["is_bulbar_onset", "hazard_ratio"] == pytest.approx(np.exp(rows.loc["is_bulbar_onset", "beta"]))
    age = rows.loc["age_at_onset_years"]
    assert age["hazard_ratio"] == pytest.approx(np.exp(age["beta"] * age["standard_deviation"]))
    assert (rows.loc[["fvc_percent", "has_ftd", "has_c9orf72"], "status"] == "not in the registry").all()
    assert (rows["n_missing"].dropna().tolist()) == [0, 0, 1, 1, 0]


def test_people__index_is_the_linear_predictor_of_who_has_all_predictors(found: Prognosis) -> None:
    people, rows = found.people, found.coefficients.set_index("predictor")
    assert people["prognosis_status"].tolist()[:4] == [
        "missing: delta_fs_per_month", "predicted only: no survival time, no_last_contact",
        "missing: diagnostic_delay_months", "in the model",
    ]  # fmt: skip
    assert people["prognostic_index"].isna().tolist()[:4] == [True, False, True, False]
    assert people["risk_group"].isna().tolist()[:4] == [True, True, True, False]
    inside = people[people["prognosis_status"] == "in the model"]
    assert inside["prognostic_index"].mean() == pytest.approx(0, abs=1e-10)
    phenotypes, _ = registry()
    by_hand = rows.loc["age_at_onset_years", "beta"] * phenotypes["age_at_onset_years"]
    by_hand += rows.loc["is_bulbar_onset", "beta"] * phenotypes["is_bulbar_onset"]
    by_hand += rows.loc["delta_fs_per_month", "beta"] / np.sqrt(phenotypes["delta_fs_per_month"] + 0.1)
    by_hand += rows.loc["diagnostic_delay_months", "beta"] * np.log(people["diagnostic_delay_months"] + 1)
    _, patients = registry()
    is_definite = patients.sort_values("person")["el_escorial"].eq("definite").to_numpy()
    by_hand += rows.loc["el_escorial", "beta"] * is_definite
    difference = (inside["prognostic_index"] - by_hand)[inside.index]
    assert np.ptp(difference) < 1e-9


def test_performance_and_calibration(found: Prognosis) -> None:
    c, slope = (row for _, row in found.performance.iterrows())
    assert 0.6 < c["corrected"] < c["apparent"] < 0.85 and c["n"] == 397 and c["n_resamples"] == 10
    assert 0.8 < slope["corrected"] < 1.0
    groups = found.calibration.drop_duplicates("risk_group")
    assert groups["risk_group"].tolist() == [1, 2, 3, 4] and groups["n"].sum() == 397
    assert groups["n_events"].sum() == c["n_events"] == pytest.approx(groups["expected_events"].sum())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda p: p.iloc[:30], "events are too few for 5 predictors"),
        (lambda p: p.assign(is_event=0), "0 events are too few"),
        (lambda p: p.assign(entry_months=np.nan), "no predictor can be used"),
        (lambda p: p.assign(age_at_onset_years=p["is_bulbar_onset"] * 10.0), "collinear"),
    ],
    ids=["few", "no events", "no times", "collinear"],
)
def test_too_little__is_a_status(change, reason: str) -> None:  # type: ignore[no-untyped-def]
    phenotypes, patients = registry()
    result = conform(predict_survival(change(phenotypes), patients, SETTINGS))
    assert result.people["prognosis_status"].str.contains(reason).all()
    assert result.people["prognostic_index"].isna().all()
    assert result.performance["status"].str.contains(reason).all() and len(result.calibration) == 0


def test_predictors__that_cannot_serve_are_left_out_and_said() -> None:
    phenotypes, patients = registry()
    phenotypes.loc[:200, "delta_fs_per_month"] = np.nan
    rows = predict_survival(phenotypes.assign(is_bulbar_onset=1), patients, SETTINGS).coefficients.set_index(
        "predictor"
    )
    assert rows.loc["delta_fs_per_month", "status"] == "left out: missing for more than 30 % of people"
    assert rows.loc["is_bulbar_onset", "status"] == "left out: everybody has one value"
    assert rows.loc["age_at_onset_years", "status"] == "fitted"


def test_predictors__faults_of_the_configuration_are_named() -> None:
    phenotypes, patients = registry()
    for predictors, words in (
        (
            {"age_at_onset": Predictor()},
            r"key registry\.prognosis\.predictors\.age_at_onset: no column.*age_at_onset_years",
        ),
        ({"el_escorial": Predictor()}, "column 'el_escorial' is text.*level"),
    ):
        with pytest.raises(ConfigError, match=f"(?s){words}"):
            predict_survival(phenotypes, patients, PrognosisConfig(predictors=predictors))


def test_values_outside_a_transform__count_as_missing() -> None:
    phenotypes, patients = registry()
    phenotypes.loc[:4, "delta_fs_per_month"] = 0.0
    settings = SETTINGS.model_copy(
        update={"predictors": {"delta_fs_per_month": Predictor(transform="log"), "is_bulbar_onset": Predictor()}}
    )
    result = predict_survival(phenotypes, patients, settings)
    assert result.coefficients["n_missing"].tolist() == [5, 0]
    assert (result.people["prognosis_status"].iloc[:5] == "missing: delta_fs_per_month").all()


def test_predictors__null_leaves_a_default_one_out() -> None:
    phenotypes, patients = registry()
    defaults = PrognosisConfig().predictors
    settings = PrognosisConfig(predictors={**defaults, "delta_fs_per_month": None}, n_resamples=2)
    rows = predict_survival(phenotypes, patients, settings).coefficients
    assert set(rows["predictor"]) == set(defaults) - {"delta_fs_per_month"}
