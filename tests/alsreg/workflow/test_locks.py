"""Only the lock of a run that is certainly gone is released."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from alsreg.provenance import record_run
from alsreg.workflow.locks import release_stale_lock


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    locks, runs = tmp_path / "locks", tmp_path / "runs"
    locks.mkdir()
    (locks / "0.input.lock").write_text("x")
    record_run(runs, ["run"], {})
    return locks, runs


def change(runs: Path, **values: object) -> None:
    path = next(runs.glob("*.json"))
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_release__dead_process(folders: tuple[Path, Path]) -> None:
    change(folders[1], process=dead_process())
    assert release_stale_lock(*folders)
    assert list(folders[0].iterdir()) == []


def test_release__number_reused_by_another_process(folders: tuple[Path, Path]) -> None:
    change(folders[1], process_started=1.0)
    assert release_stale_lock(*folders)


def test_keep__live_process(folders: tuple[Path, Path]) -> None:
    assert not release_stale_lock(*folders)


def test_keep__other_host(folders: tuple[Path, Path]) -> None:
    change(folders[1], host="elsewhere", process=dead_process())
    assert not release_stale_lock(*folders)


def test_keep__lock_taken_after_the_last_record(folders: tuple[Path, Path]) -> None:
    locks, runs = folders
    change(runs, process=dead_process())
    later = next(runs.glob("*.json")).stat().st_mtime + 60
    os.utime(next(locks.iterdir()), (later, later))
    assert not release_stale_lock(locks, runs)


def test_keep__no_record(tmp_path: Path) -> None:
    (tmp_path / "0.input.lock").write_text("x")
    assert not release_stale_lock(tmp_path, tmp_path / "runs")
