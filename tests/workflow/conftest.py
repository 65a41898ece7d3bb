"""Undisturbed runs that the workflow tests share: the mini registry and the kg3 freeze."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd
import pytest
import yaml

from workflow.running import ROOT, run, write_mini_config


@pytest.fixture(scope="session")
def mini_freeze(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The freeze file of a mini registry, with two of its four cohorts, and a person of three samples who withdrew."""
    from alsreg.cli import main

    folder = tmp_path_factory.mktemp("mini") / "data"
    assert main(["simulate", "--preset", "mini", "--seed", "1", "--out", str(folder)]) == 0
    path = folder / "freeze.yaml"
    values = yaml.safe_load(path.read_text())
    values["cohorts"] = {name: values["cohorts"][name] for name in ("array", "all")}
    samples = pd.read_csv(folder / "registry/samples.csv", dtype=str)
    n_samples = samples.groupby("person_id")["sample_id"].size()
    (folder / "registry/withdrawn.tsv").write_text(f"person\n{n_samples.index[n_samples == 3][-1]}\n")
    values["clinical"]["withdrawn"] = {"path": "registry/withdrawn.tsv"}
    path.write_text(yaml.safe_dump(values, sort_keys=False))
    return path


@pytest.fixture(scope="session")
def mini_run(mini_freeze: Path) -> tuple[Path, Path]:
    """Results folder and configuration of a whole run of the mini registry."""
    config = write_mini_config(mini_freeze.parent.parent / "mini.yaml", mini_freeze)
    results = mini_freeze.parent.parent / "results"
    done = run(results, config)
    assert done.returncode == 0, done.stdout[-6000:]
    return results, config


@pytest.fixture(scope="session")
def kg3(alsreg_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """Results of the kg3 freeze, and the minutes they took."""
    results = tmp_path_factory.mktemp("kg3") / "results"
    start = time.monotonic()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALSREG_DATA", str(alsreg_data))
        done = run(results, ROOT / "config/kg3.yaml")
    assert done.returncode == 0, done.stdout[-6000:]
    return results, (time.monotonic() - start) / 60
