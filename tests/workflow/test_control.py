"""The control stage as a user runs it: two cohorts in, one page out, no genotypes read."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.cli import main
from alsreg.tables.control import ATTRITION, COMPARISON, EFFECTS
from workflow.running import run

Compared = tuple[Path, Path, Path]


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """Folder of the data, results and configuration of a whole comparison."""
    data = tmp_path_factory.mktemp("control") / "twocohorts"
    assert main(["simulate-comparison", "--people", "700", "--seed", "1", "--out", str(data)]) == 0
    results = data.parent / "results"
    done = run(results, data / "config.yaml", "control")
    assert done.returncode == 0, done.stdout[-4000:]
    return data, results, data / "config.yaml"


def test_control__writes_its_tables_and_reads_no_genotypes(compared: Compared) -> None:
    _, results, _ = compared
    assert {path.name for path in results.iterdir() if path.is_dir()} >= {"control", "registry", "report"}
    assert not (results / "ingest").exists()
    folder = results / "control/twocohorts"
    attrition = ATTRITION.read(folder / "attrition.tsv")
    for _, steps in attrition.groupby("cohort"):
        lost = (steps["n_failed"] + steps["n_unknown"]).to_numpy()[1:]
        assert (steps["n_persons"].to_numpy()[:-1] - lost == steps["n_persons"].to_numpy()[1:]).all()
    last = attrition.groupby("cohort")["n_persons"].last()
    naive = COMPARISON.read(folder / "comparison.tsv").set_index("analysis").loc["naive"]
    assert (last["treated"], last["control"]) == (naive["n_treated"], naive["n_control"])
    effects = EFFECTS.read(folder / "effects.tsv").set_index(["analysis", "measure"])
    assert (effects["status"] == "estimated").all()
    # Planted: 0.6 given everything, which is about 0.61 among the treated; the naive ratio overstates it.
    ratios = effects.xs("hazard_ratio", level="measure")["estimate"]
    assert ratios["naive"] < ratios["weighted"]
    weighted = effects.loc[("weighted", "hazard_ratio")]
    assert abs(np.log(weighted["estimate"] / 0.61)) < 2.5 * weighted["standard_error"]


def test_control__page_is_offline_and_names_nobody(compared: Compared) -> None:
    _, results, _ = compared
    page = (results / "report/twocohorts/control.html").read_text()
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)
    assert "SYN0" not in page
    for words in (
        "Treatment X against external controls",
        "ICH E9",
        "E-value",
        "Negative control: height cm",
        "Negative control, time to an event: fracture date",
        "change of the ALSFRS-R from baseline to month 6",
        "delayed entry",
    ):
        assert words in page
    assert page.count("<img") == 5


def test_control__second_run_has_nothing_to_do(compared: Compared) -> None:
    _, results, config = compared
    assert "Nothing to be done" in run(results, config, "control", "--dry-run").stdout


def test_simulate_comparison__same_seed_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert main(["simulate-comparison", "--people", "150", "--seed", "9", "--out", str(tmp_path / name)]) == 0
    for table in ("patients", "visits", "events"):
        for cohort in ("registry", "treated"):
            paths = [tmp_path / name / cohort / f"{table}.csv" for name in ("a", "b")]
            assert paths[0].read_bytes() == paths[1].read_bytes()
    treated = pd.read_csv(tmp_path / "a/treated/patients.csv")
    assert (treated["treatment_start_date"] >= treated["registration_date"]).all()
