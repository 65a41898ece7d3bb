"""Two releases of the mini registry as a user compares them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from alsreg.tables.compare import COMPARED_FLOWS, COMPARED_HITS, COMPARED_PEOPLE, COMPARED_SETTINGS, COMPARED_VALUES
from helpers.older_freeze import ID, write_older_freeze
from workflow.running import run, write_mini_config


@pytest.fixture(scope="module")
def compared(
    mini_run: tuple[Path, Path], mini_freeze: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """Results of both freezes with their comparison, and what was said while the older one had not been run."""
    results = tmp_path_factory.mktemp("compare") / "results"
    shutil.copytree(mini_run[0], results)
    older = write_older_freeze(mini_freeze)
    named = ["compare", "--config", f"freezes=[{older},{mini_freeze}]"]
    config = write_mini_config(results.parent / "config.yaml", mini_freeze, association={"max_p_lead": 1e-3})
    refused = run(results, config, *named, "--dry-run")
    assert refused.returncode
    changed = write_mini_config(results.parent / "older.yaml", older, association={"min_mac": 15, "max_p_lead": 1e-3})
    done = run(results, changed, "quality", "association", f"report/{ID}/provenance.json")
    assert done.returncode == 0, done.stdout[-4000:]
    done = run(results, config, *named)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "Nothing to be done" in run(results, config, *named).stdout
    return results, refused.stdout


def test_a_freeze_not_run_yet_is_named(compared: tuple[Path, str]) -> None:
    assert re.search(
        rf"the older freeze has not been run \(value: '{ID}'\)\. Remedy: run the pipeline on it first: --config freeze=",
        compared[1],
    )
    assert "Traceback" not in compared[1]


def test_tables(compared: tuple[Path, str], mini_freeze: Path) -> None:
    folder = compared[0] / f"compare/mini/{ID}"
    changed = COMPARED_VALUES.read(folder / "values.parquet").query("change == 'changed'")
    assert sorted(changed.loc[changed["table"] == "patients", "column"]) == ["onset_date", "site"]
    people, flows = COMPARED_PEOPLE.read(folder / "people.parquet"), COMPARED_FLOWS.read(folder / "flows.tsv")
    later = people[people["change"] == "entered"]
    registered = pd.read_csv(mini_freeze.parent / "registry-older/patients.csv")["person_id"]
    assert len(later) >= 10
    is_new = later["older_status"] == "not registered"
    assert not later.loc[is_new, "person"].isin(registered).any()
    withdrawn = (mini_freeze.parent / "registry/withdrawn.tsv").read_text().split()[1]
    assert flows.set_index("reason").loc["consent withdrawn", "n_people"] == 1
    assert not any(withdrawn in path.read_bytes().decode(errors="replace") for path in folder.iterdir())
    settings = COMPARED_SETTINGS.read(folder / "settings.tsv").query("kind == 'setting'")
    assert settings.to_numpy().tolist() == [["setting", "association.min_mac", "15.0", "20.0"]]
    hits = COMPARED_HITS.read(folder / "array.hits.tsv")
    gone = hits[hits["change"] == "vanished"]
    assert len(hits) and set(hits["trait"]) <= {"age_at_onset", "slope", "survival", "bulbar_onset"}
    assert gone["older_p_value"].lt(1e-3).all()
    is_in_one = hits["change"].isin(["appeared", "vanished"])
    assert (hits["reason"].notna() == is_in_one).all()


def test_page(compared: tuple[Path, str]) -> None:
    page = (compared[0] / f"compare/mini/{ID}/index.html").read_text()
    assert f"Freeze mini against {ID}" in page and "association.min_mac" in page
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)
    assert "SYN000" not in page
