"""The script reads what derive_traits writes: a registry with planted decline, and one too small."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.tables.registry import JOINT_MODEL, PHENOTYPES, VISITS
from helpers.filled import fill
from recovery.registries import SCENARIOS, SLOPE, simulate
from registry.fit_joint_model import fit_joint_model


def write_registry(folder: Path, n: int) -> tuple[Path, Path]:
    """The total declines as planted; of the bulbar score there are ten values, the other domains are constant."""
    registry = simulate(3, SCENARIOS[1], n)
    names = np.array([f"P{k}" for k in range(n)])
    people = pd.DataFrame({
        "person": [*names, "lost"], "entry_months": [*registry.entry, np.nan], "exit_months": [*registry.exit, np.nan],
        "is_event": [*registry.is_event.astype(float), np.nan],
    })  # fmt: skip
    visits = pd.DataFrame({
        "person": names[registry.person], "visit_date": "2020-01-01", "months_since_onset": registry.months,
        "total": registry.score, "bulbar_score": np.where(np.arange(len(registry.score)) < 10, 9.0, np.nan),
        "fine_motor_score": 9.0, "gross_motor_score": 9.0, "respiratory_score": registry.score / 4,
    })  # fmt: skip
    after = visits.iloc[[0]].assign(months_since_onset=registry.exit[0] + 1, total=0.0)
    paths = (folder / "phenotypes.parquet", folder / "visits.parquet")
    PHENOTYPES.write(fill(PHENOTYPES, people), paths[0])
    VISITS.write(fill(VISITS, pd.concat([visits, after])), paths[1])
    return paths


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("joint")
    fit_joint_model(*write_registry(folder, 200), folder / "joint_model.tsv")
    return JOINT_MODEL.read(folder / "joint_model.tsv").set_index(["score", "model"])


def test_joint_model__tells_more_decline_than_the_mixed_model(table: pd.DataFrame) -> None:
    joint = table.loc[("total", "joint")].set_index("parameter")
    mixed = table.loc[("total", "mixed")].set_index("parameter")
    assert list(joint.index) == ["intercept", "slope", "association_intercept", "association_slope"]
    assert joint.loc["slope", "estimate"] < mixed.loc["slope", "estimate"]
    assert joint.loc["slope", "lower"] < SLOPE - 0.15 * 0.6 < joint.loc["slope", "upper"]
    assert joint.loc["association_slope", "upper"] < 0
    assert set(joint["n"]) == {200} and set(joint["status"]) == {"fitted"}


def test_units__follow_the_score(table: pd.DataFrame) -> None:
    whole, quarter = (table.loc[(score, "joint")].set_index("parameter") for score in ("total", "respiratory_score"))
    np.testing.assert_allclose(quarter.loc["slope", "estimate"] * 4, whole.loc["slope", "estimate"], rtol=1e-4)
    for name in ("estimate", "standard_error"):
        ours = quarter.loc["association_slope", name]
        np.testing.assert_allclose(ours / 4, whole.loc["association_slope", name], rtol=1e-3)


def test_scores_without_a_fit__have_the_reason(table: pd.DataFrame) -> None:
    rare = table.loc["bulbar_score"]
    assert (
        rare["status"].unique().tolist() == ["fewer than 50 people have two visits"] and rare["estimate"].isna().all()
    )
    assert (table.loc["fine_motor_score", "status"] != "fitted").all()


def test_nobody(tmp_path: Path) -> None:
    PHENOTYPES.write(PHENOTYPES.empty(), tmp_path / "p.parquet")
    VISITS.write(VISITS.empty(), tmp_path / "v.parquet")
    fit_joint_model(tmp_path / "p.parquet", tmp_path / "v.parquet", tmp_path / "joint_model.tsv")
    assert len(JOINT_MODEL.read(tmp_path / "joint_model.tsv")) == 10
