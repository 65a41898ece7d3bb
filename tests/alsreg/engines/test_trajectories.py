"""From visits to classes of decline, whatever the registry holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alsreg.config.trajectories import TrajectoriesConfig
from alsreg.engines.trajectories import group_people
from alsreg.stats.class_choice import adjusted_rand_index
from alsreg.tables.trajectories import TRAJECTORIES, TRAJECTORY_CLASSES, TRAJECTORY_CURVES, TRAJECTORY_MODELS

SETTINGS = TrajectoriesConfig(max_classes=3, n_starts=4, n_resamples=5)


def registry(n: int, seed: int = 0) -> tuple[pd.Series, pd.DataFrame, np.ndarray]:
    """Persons, visits in no order, and the class of each: 0 slow, 1 fast. The last two have one visit and none."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(n) < 0.3).astype(int)
    rows = []
    for person in range(n - 1):
        time = np.arange(1 if person == n - 2 else rng.integers(3, 12)) * 3.0
        total = np.array([42, 38])[truth[person]] + rng.normal(0, 1.5) + np.array([-0.3, -1.7])[truth[person]] * time
        rows.append(pd.DataFrame({"person": f"P{person:03d}", "months_since_registration": time, "total": total}))
    visits = pd.concat(rows, ignore_index=True)
    visits["total"] = np.clip(np.round(visits["total"] + rng.normal(0, 1, len(visits))), 0, 48)
    return pd.Series([f"P{k:03d}" for k in range(n)]), visits.sample(frac=1, random_state=1), truth


@pytest.fixture(scope="module")
def grouped() -> tuple:  # type: ignore[type-arg]
    persons, visits, truth = registry(150)
    return group_people(persons, visits, SETTINGS), truth


def test_people__have_a_class_or_a_reason(grouped: tuple) -> None:  # type: ignore[type-arg]
    found, truth = grouped
    people = TRAJECTORIES.conform(found.people.reindex(columns=TRAJECTORIES.column_names))
    assert list(people["person"]) == [f"P{k:03d}" for k in range(150)]
    assert list(people["trajectory_status"].iloc[-2:]) == ["fewer than 2 scored visits"] * 2
    assert people.iloc[-2:][["trajectory_class", "is_fast_decline", "fast_decline_probability"]].isna().all(axis=None)
    known = people.iloc[:-2]
    assert adjusted_rand_index(truth[:-2], known["trajectory_class"].to_numpy(dtype=int)) > 0.9
    assert (known["is_fast_decline"] == (known["trajectory_class"] == 2)).all()
    parts = np.array([[float(p) for p in row.split(";")] for row in known["trajectory_posteriors"]])
    np.testing.assert_allclose(parts.max(axis=1), known["trajectory_posterior"], atol=1e-4)
    np.testing.assert_allclose(parts[:, 1], known["fast_decline_probability"], atol=1e-4)


def test_tables__say_what_was_tried_and_found(grouped: tuple) -> None:  # type: ignore[type-arg]
    found, _ = grouped
    models = TRAJECTORY_MODELS.conform(found.models.reindex(columns=TRAJECTORY_MODELS.column_names))
    assert list(models["is_chosen"]) == [False, True, False]
    assert models["n_parameters"].tolist() == [6, 9, 12]
    assert models["n_people"].eq(148).all() and models.loc[1, "n_resamples"] == 5
    classes = TRAJECTORY_CLASSES.conform(found.classes.reindex(columns=TRAJECTORY_CLASSES.column_names))
    assert classes["n"].sum() == 148
    assert classes["change"].tolist() == pytest.approx([-0.3, -1.7], abs=0.15)
    curves = TRAJECTORY_CURVES.conform(found.curves.reindex(columns=TRAJECTORY_CURVES.column_names))
    first = curves[curves["months_since_registration"] == 0]
    assert first["n"].tolist() == classes["n"].tolist()
    np.testing.assert_allclose(first["mean"], classes["level"])
    assert (curves["lower"] < curves["mean"]).all()
    assert curves.groupby("trajectory_class")["n"].apply(lambda n: n.is_monotonic_decreasing).all()


def test_bytes__do_not_depend_on_the_order_of_visits(grouped: tuple) -> None:  # type: ignore[type-arg]
    persons, visits, _ = registry(150)
    again = group_people(persons, visits.sort_values(["person", "months_since_registration"]), SETTINGS)
    found, _ = grouped
    np.testing.assert_allclose(again.people["trajectory_posterior"], found.people["trajectory_posterior"], rtol=1e-7)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda visits: visits.iloc[:0], "fewer than 20 people have 2 scored visits"),
        (lambda visits: visits.assign(total=np.nan), "fewer than 20 people have 2 scored visits"),
        (lambda visits: visits.assign(total=40.0), "all visits have one value"),
        (lambda visits: visits.assign(total=visits["person"].str[1:].astype(float) % 40), "maximum of the likelihood"),
        (lambda visits: visits.assign(months_since_registration=3.0), "fewer than 3 times"),
    ],
    ids=["none", "unscored", "constant", "nothing changes", "one time"],
)
def test_too_little__is_a_status(change, reason: str) -> None:  # type: ignore[no-untyped-def]
    persons, visits, _ = registry(60)
    found = group_people(persons, change(visits), SETTINGS)
    people = TRAJECTORIES.conform(found.people.reindex(columns=TRAJECTORIES.column_names))
    assert people["trajectory_status"].str.contains(reason).all() and people["trajectory_class"].isna().all()
    assert found.models["status"].str.contains(reason).all() and len(found.classes) == 0


def test_one_class__has_no_fast_decline() -> None:
    persons, visits, _ = registry(80)
    found = group_people(persons, visits, SETTINGS.model_copy(update={"max_classes": 1}))
    people = TRAJECTORIES.conform(found.people.reindex(columns=TRAJECTORIES.column_names))
    assert people["trajectory_class"].dropna().eq(1).all() and people["is_fast_decline"].isna().all()
