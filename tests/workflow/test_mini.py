"""Reruns, interruptions and cores, on the mini registry."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest

from helpers.byte_search import files_with
from workflow.running import ROOT, command, differences, planned_rules, run, write_mini_config

Run = tuple[Path, Path]


def test_second_run__has_nothing_to_do(mini_run: Run) -> None:
    results, config = mini_run
    assert "Nothing to be done" in run(results, config).stdout


def test_withdrawn_person__is_in_no_result(mini_run: Run, mini_freeze: Path) -> None:
    """By a search through the bytes of every file that the whole run wrote: genotypes, ledger, components, reports, logs."""
    registry = mini_freeze.parent / "registry"
    person = (registry / "withdrawn.tsv").read_text().split()[1]
    samples = pd.read_csv(registry / "samples.csv", dtype=str).set_index("person_id")["sample_id"]
    own, other = list(samples[person]), next(name for name in samples.index if name != person)
    assert len(own) == 3
    # Simulated genes bear names as persons do: this person's number is beyond theirs.
    assert files_with(mini_run[0], [person, *own]) == []
    assert len(files_with(mini_run[0], [other])) > 10
    trail = (mini_run[0] / "audit/registry.jsonl").read_text()
    assert '"table": "samples"' in trail and '"n_rows_withdrawn": 3' in trail


def test_results__are_private_to_owner_and_group(mini_run: Run) -> None:
    results, _ = mini_run
    folders = [path for path in results.rglob("*") if path.is_dir() and ".snakemake" not in path.parts]
    assert folders
    assert [str(path) for path in folders if path.stat().st_mode & 0o007] == []


@pytest.mark.parametrize(
    ("changes", "first", "untouched"),
    [
        ({"registry": {"prognosis": {"seed": 2}}}, "fit_prognosis", {"import_registry", "group_trajectories"}),
        ({"report": {"max_leads": 3}}, "write_report", {"report_leads", "write_summary_statistics"}),
        ({"burden": {"min_carriers": 4}}, "test_genes", {"score_variants", "build_masks"}),
        ({"structure": {"max_component_sd": 7.0}}, "compute_components", {"merge_assays", "prune_variants"}),
        ({"variant_qc": {"min_call_rate": 0.9}}, "flag_variants", {"flag_samples", "import_genotypes"}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_threshold__reruns_only_what_depends_on_it(
    mini_run: Run, mini_freeze: Path, tmp_path: Path, changes: dict, first: str, untouched: set[str]
) -> None:
    results, _ = mini_run
    planned = planned_rules(results, write_mini_config(tmp_path / "changed.yaml", mini_freeze, **changes))
    assert first in planned
    assert not untouched & set(planned)


@pytest.mark.parametrize(
    ("module", "reruns", "keeps"),
    [
        (
            "stats/cox.py",
            {"score_variants", "report_leads", "test_genes"},
            {"merge_assays", "annotate_variants"},
        ),
        (
            "genotypes/kinship.py",
            {"compare_samples", "estimate_kinship"},
            {"import_genotypes", "flag_samples"},
        ),
        ("report/disclosure.py", {"write_report"}, {"score_variants", "test_genes", "report_leads"}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_module__reruns_the_rules_that_use_it(
    mini_run: Run, tmp_path: Path, module: str, reruns: set[str], keeps: set[str]
) -> None:
    results, config = mini_run
    root = tmp_path / "alsreg"
    for part in ("rules", "scripts", "envs", "config"):
        shutil.copytree(ROOT / part, root / part)
    shutil.copy(ROOT / "Snakefile", root)
    path = root / "scripts/alsreg" / module
    path.write_text(path.read_text() + "\nEDITED = True\n")
    planned = planned_rules(results, config, root=root)
    assert reruns <= set(planned)
    assert not keeps & set(planned)


def test_killed_run__resumes_to_the_same_bytes(mini_run: Run, tmp_path: Path) -> None:
    reference, config = mini_run
    results = tmp_path / "results"
    results.mkdir()
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command(results, config),
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 300
    while not list(results.glob("merge/*/*/*.pgen")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)
    assert process.poll() is None, "the run ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not list(results.glob("report/*/*.html"))
    partial = results / "merge" / ".partial-left" / "file"  # what a writer leaves that is killed in the middle
    partial.parent.mkdir()
    partial.touch()

    resumed = run(results, config, "--cores", "1")
    assert resumed.returncode == 0, resumed.stdout[-4000:]
    assert differences(results, reference) == {}
