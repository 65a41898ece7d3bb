"""The study's record, its page, and a repetition of a small part that fails if a method stops recovering what is planted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recovery.page import HIGHEST, LOWEST, RIGHT, read_summary, write_page
from recovery.registries import SCENARIOS, simulate, true_survival
from recovery.study import N_REPLICATES, replicate, summarise

FOLDER = Path(__file__).resolve().parents[2] / "docs"
OBSERVED, SHARED = SCENARIOS


@pytest.fixture(scope="module")
def recorded() -> pd.DataFrame:
    return read_summary(FOLDER / "recovery.tsv").set_index(["scenario", "method", "parameter"])


def test_page__is_that_of_the_table(tmp_path: Path) -> None:
    write_page(FOLDER / "recovery.tsv", tmp_path / "recovery.md")
    assert (tmp_path / "recovery.md").read_text() == (FOLDER / "recovery.md").read_text(), "run python -m recovery"


def test_recorded__intervals_hold_the_truth_in_95_percent(recorded: pd.DataFrame) -> None:
    for scenario, methods in RIGHT.items():
        rows = recorded.loc[scenario]
        for method in methods:
            assert rows.loc[method, "coverage"].between(LOWEST, HIGHEST).all(), (scenario, method)


def test_recorded__shortcuts_are_seen_to_fail(recorded: pd.DataFrame) -> None:
    assert (recorded["n_replicates"] >= 500).all()
    mixed = recorded.loc[("shared", "mixed model", "slope")]
    assert mixed["coverage"] < 0.8 and mixed["mean"] - mixed["truth"] > 10 * mixed["bias_error"]
    ignored = recorded.loc[("observed", "Kaplan–Meier, entry ignored", "survival at 36 months")]
    assert ignored["coverage"] < 0.5


def test_simulation__plants_what_it_says() -> None:
    registry = simulate(1, OBSERVED, n=4000)
    assert (registry.entry < registry.exit).all()
    first = np.r_[True, np.diff(registry.person) > 0]
    assert np.array_equal(np.unique(registry.person), np.arange(4000)) and np.allclose(
        registry.months[first], registry.entry
    )
    assert (registry.months <= registry.exit[registry.person]).all()
    # Nobody enters after two years: survival from there on is that of everybody who lived to it.
    late = registry.exit > 24.0
    alive = np.mean(registry.exit[late & (registry.is_event | (registry.exit > 30.0))] > 30.0)
    assert alive == pytest.approx(true_survival(30.0) / true_survival(24.0), abs=0.03)
    other = simulate(1, SHARED, n=4000)
    seen = np.bincount(other.person)
    assert np.corrcoef(seen, other.exit - other.entry)[0, 1] > 0.3


def test_small_repetition() -> None:
    """Ten registries: the joint model's errors are centred where the mixed model's are not."""
    found = replicate(range(10), [SHARED])
    z = (found["estimate"] - found["truth"]) / found["standard_error"]
    by = z.groupby([found["method"], found["parameter"]]).agg(["mean", "std"])
    joint = by.loc["joint model"]
    assert (joint["mean"].abs() < 4.0 / np.sqrt(10)).all(), joint
    assert joint["std"].between(0.3, 2.0).all(), joint
    assert by.loc[("mixed model", "slope"), "mean"] > 0.9


def test_small_repetition__of_dropout_by_observed_scores() -> None:
    found = replicate(range(6), [OBSERVED])
    z = (found["estimate"] - found["truth"]) / found["standard_error"]
    mean = z.groupby([found["method"], found["parameter"]]).mean()
    right = mean[mean.index.get_level_values("method").isin(RIGHT["observed"])]
    assert (right.abs() < 4.0 / np.sqrt(6)).all(), right
    assert mean[("Kaplan–Meier, entry ignored", "survival at 36 months")] > 1.0
    assert set(summarise(found)["n_replicates"]) == {6}


@pytest.mark.slow
def test_study__is_reproduced(recorded: pd.DataFrame) -> None:
    """All of it once more: the recorded numbers, to the digits that processors agree on."""
    again = summarise(replicate(range(N_REPLICATES))).set_index(["scenario", "method", "parameter"])
    pd.testing.assert_frame_equal(again, recorded, rtol=1e-4, atol=1e-6)
