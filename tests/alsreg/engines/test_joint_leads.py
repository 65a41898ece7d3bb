"""Longitudinal leads together with survival: R's brute-force integration, and an effect planted under informative dropout."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy import stats

from alsreg.config.traits import TraitSpecification
from alsreg.engines import joint_leads
from alsreg.engines.joint_leads import refit_jointly
from alsreg.engines.nulls import NullModels
from alsreg.engines.people import read_people
from alsreg.stats.joint_model import fit_joint_model
from recovery import registries

FROZEN = Path(__file__).resolve().parents[2] / "reference/joint_model"
SURVIVAL = {"type": "survival", "entry": "entry", "exit": "exit", "event": "event"}
LEAD = pd.Series({"chromosome": 1, "base_pair_location": 1, "carrier_set": ""})
EFFECTS = ["beta", "standard_error", "log_hazard_ratio", "log_hazard_ratio_error"]


def specify(**slope: object) -> TraitSpecification:
    described = {
        "type": "longitudinal", "time": "months_since_registration", "value": "score",
        "joint": {"survival": "survival", "time": "months"}, **slope,
    }  # fmt: skip
    return TraitSpecification(traits={"survival": SURVIVAL, "slope": described})


def models_of(
    folder: Path, people: pd.DataFrame, visits: pd.DataFrame, specification: TraitSpecification
) -> NullModels:
    """`people`: entry, exit, event and more; `visits`: person (position), months, score."""
    names = np.array([f"P{k:03d}" for k in range(len(people))])
    people.assign(**{"#IID": names}).to_csv(folder / "samples.tsv", sep="\t", index=False, na_rep="NA")
    row = visits["person"].to_numpy()
    since = visits["months"].to_numpy() - visits.groupby("person")["months"].transform("min")
    visits.assign(**{"#IID": names[row]}, months_since_registration=since).drop(columns="person").to_csv(
        folder / "visits.tsv", sep="\t", index=False, na_rep="NA"
    )
    return NullModels(read_people(names, folder / "samples.tsv", folder / "visits.tsv"), specification)


@pytest.fixture(scope="module")
def frozen() -> tuple[pd.DataFrame, pd.DataFrame]:
    visits = pd.read_csv(FROZEN / "visits.csv")
    return pd.read_csv(FROZEN / "people.csv"), visits.assign(person=visits["person"] - 1)


def test_joint_row_is_rs(tmp_path: Path, frozen, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    """With the baseline hazard of the frozen answer (three pieces, no Weibull shape)."""
    monkeypatch.setattr(joint_leads, "fit_joint_model", partial(fit_joint_model, n_pieces=3, shape=1.0))
    people, visits = frozen
    models = models_of(tmp_path, people.drop(columns="person"), visits, specify())
    rows = {row["analysis"]: row for row in refit_jointly(models, "slope", LEAD, people["g"].to_numpy(dtype=float))}
    assert list(rows) == ["as analysed", "same people and visits", "jointly with survival"]
    joint, answer = rows["jointly with survival"], pd.read_csv(FROZEN / "fit.csv").set_index("parameter")
    for name, estimate, error in (
        ("months_g", "beta", "standard_error"), ("gamma", "log_hazard_ratio", "log_hazard_ratio_error"),
        ("alpha_slope", "association_slope", "association_slope_error"),
    ):  # fmt: skip
        assert (joint[estimate] - answer.loc[name, "estimate"]) / answer.loc[name, "standard_error"] == pytest.approx(
            0, abs=0.01
        )
        assert joint[error] == pytest.approx(answer.loc[name, "standard_error"], rel=0.01)
    assert joint["n"] == len(people) and joint["n_visits"] == len(visits) and joint["n_events"] == people["event"].sum()


def test_who_is_not_there_is_said(tmp_path: Path, frozen) -> None:  # type: ignore[no-untyped-def]
    """Each for a reason of its own; the rows beside survival are those of the others alone."""
    people, visits = (table.copy() for table in frozen)
    g = people["g"].to_numpy(dtype=float)
    g[0] = np.nan
    people.loc[1, "exit"] = np.nan
    people.loc[2, "entry"] = people.loc[2, "exit"]
    visits.loc[visits["person"] == 3, "months"] += people.loc[3, "exit"]
    people.loc[4, "entry"] = -1.0
    rows = list(refit_jointly(models_of(tmp_path, people.drop(columns="person"), visits, specify()), "slope", LEAD, g))
    assert {row["status"] for row in rows} == {"tested"}
    assert [row["n"] for row in rows] == [len(g) - 1, len(g) - 5, len(g) - 5]
    assert (
        rows[1]["left_out"]
        == rows[2]["left_out"]
        == (
            "1 no genotype; 1 no survival time; 1 entry before the origin; 1 entry at or after exit; "
            "1 no visit with months up to the end of follow-up"
        )
    )
    folder = tmp_path / "others"
    folder.mkdir()
    visits = visits[visits["person"] > 4].assign(person=lambda table: table["person"] - 5)
    others = models_of(folder, people.iloc[5:].drop(columns="person"), visits, specify())
    alone = list(refit_jointly(others, "slope", LEAD, g[5:]))
    for ours, theirs in zip(rows[1:], alone[1:], strict=True):
        # Covariates are centred in the people analysed; nothing else differs.
        names = EFFECTS if ours["model"] == "joint" else EFFECTS[:2]
        np.testing.assert_allclose([ours[name] for name in names], [theirs[name] for name in names], rtol=1e-5)


def test_what_cannot_be_fitted_has_a_status(tmp_path: Path, frozen) -> None:  # type: ignore[no-untyped-def]
    people, visits = frozen
    g = people["g"].to_numpy(dtype=float)
    censored = people.drop(columns="person").assign(event=0)
    rows = list(refit_jointly(models_of(tmp_path, censored, visits, specify()), "slope", LEAD, g))
    assert [row["status"] for row in rows[:2]] == ["tested", "tested"]
    assert "too few for the joint model" in str(rows[2]["status"]) and "beta" not in rows[2]
    unknown = people.drop(columns="person").assign(exit=np.nan)
    rows = list(refit_jointly(models_of(tmp_path, unknown, visits, specify()), "slope", LEAD, g))
    assert [row["analysis"] for row in rows] == ["as analysed", "jointly with survival"]
    assert rows[1]["status"] == "nobody has the genotype, visits and a survival time"
    models = models_of(tmp_path, people.drop(columns="person"), visits, specify(joint=None))
    assert list(refit_jointly(models, "slope", LEAD, g)) == []


def test_another_survival_trait_must_exist() -> None:
    with pytest.raises(ValidationError, match=r"joint\.survival names 'death', but the survival traits are survival"):
        specify(joint={"survival": "death"})


@pytest.mark.parametrize("n_knots", [0, 4])
def test_planted_effect_under_informative_dropout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_knots: int
) -> None:
    """Who declines fast dies first, and carriers die early for another reason too: of them the slow are left to be seen.

    The mixed model is short of the effect, the joint model is not (coverage over many registries: docs/recovery.md).
    """
    monkeypatch.setattr(registries, "LOG_RATIO", 1.2)
    registry = registries.simulate(4, registries.SCENARIOS[1], n=2000)
    people = pd.DataFrame({"entry": registry.entry, "exit": registry.exit, "event": registry.is_event.astype(int)})
    visits = pd.DataFrame({"person": registry.person, "months": registry.months, "score": registry.score})
    models = models_of(tmp_path, people, visits, specify(n_knots=n_knots))
    rows = {row["analysis"]: row for row in refit_jointly(models, "slope", LEAD, registry.copies)}
    mixed, joint = rows["same people and visits"], rows["jointly with survival"]
    truth = registries.SLOPE_PER_COPY
    assert (mixed["beta"] - truth) / mixed["standard_error"] > 3.5
    assert abs(joint["beta"] - truth) / joint["standard_error"] < 1.5
    assert abs(joint["log_hazard_ratio"] - registries.LOG_RATIO) / joint["log_hazard_ratio_error"] < 2
    assert abs(joint["association_slope"] + 1.3) / joint["association_slope_error"] < 2
    for row in (mixed, joint):
        assert row["p_value"] == pytest.approx(2 * stats.norm.sf(abs(row["beta"]) / row["standard_error"]), rel=1e-9)
    z = abs(joint["log_hazard_ratio"]) / joint["log_hazard_ratio_error"]
    assert joint["p_hazard"] == pytest.approx(2 * stats.norm.sf(z), rel=1e-9)
