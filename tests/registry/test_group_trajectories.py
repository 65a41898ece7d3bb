"""The rule writes its four tables, the same bytes every time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.config.trajectories import TrajectoriesConfig
from alsreg.tables.registry import PATIENTS, VISITS
from helpers.filled import fill
from registry.group_trajectories import TABLES, group_trajectories


def write_registry(folder: Path, n: int) -> tuple[Path, Path]:
    rng = np.random.default_rng(0)
    persons = [f"P{k:03d}" for k in range(n)]
    PATIENTS.write(fill(PATIENTS, pd.DataFrame({"person": persons})), folder / "patients.parquet")
    slope = rng.choice([-0.3, -1.5], n)
    frame = pd.DataFrame({"person": np.repeat(persons, 6), "months_since_registration": np.tile(3.0 * np.arange(6), n)})
    total = 42 + np.repeat(slope, 6) * frame["months_since_registration"] + rng.normal(0, 1, 6 * n)
    frame = frame.assign(total=np.clip(total.round(), 0, 48), visit_date="2020-01-01")
    VISITS.write(fill(VISITS, frame), folder / "visits.parquet")
    return folder / "patients.parquet", folder / "visits.parquet"


def outputs_in(folder: Path) -> dict[str, Path]:
    return {name: folder / Path(table.path).name for name, table in TABLES.items()}


def test_tables(tmp_path: Path) -> None:
    settings = TrajectoriesConfig(max_classes=2, n_resamples=3, n_starts=3)
    inputs = write_registry(tmp_path, 60)
    first, second = outputs_in(tmp_path / "a"), outputs_in(tmp_path / "b")
    for outputs in (first, second):
        group_trajectories(*inputs, settings, outputs)
    assert [first[name].read_bytes() for name in TABLES] == [second[name].read_bytes() for name in TABLES]
    found = {name: table.read(first[name]) for name, table in TABLES.items()}
    assert found["people"]["trajectory_class"].nunique() == 2 == len(found["classes"])
    assert found["models"]["is_chosen"].tolist() == [False, True]


def test_too_few_people__have_tables_too(tmp_path: Path) -> None:
    outputs = outputs_in(tmp_path / "out")
    group_trajectories(*write_registry(tmp_path, 10), TrajectoriesConfig(), outputs)
    found = {name: table.read(outputs[name]) for name, table in TABLES.items()}
    assert found["people"]["trajectory_status"].str.startswith("no classes: fewer than 20 people").all()
    assert len(found["classes"]) == len(found["curves"]) == 0
