"""Let a run that was killed start again without a manual unlock, and no other."""

from __future__ import annotations

import logging
import socket
from pathlib import Path

import psutil

from alsreg.errors import InputError
from alsreg.provenance import latest_run

log = logging.getLogger(__name__)


def release_stale_lock(locks: Path, runs: Path) -> bool:
    """Remove the lock files of the last recorded run if its process is certainly gone; say whether they were removed.

    Certainly gone means: it ran on this host, and no process has its number and starting time. A lock taken on another
    host, or by a run without a record, stays.

    Parameters
    ----------
    locks
        Folder of the lock files.
    runs
        Folder of run records (`alsreg.provenance.record_run`).
    """
    files = sorted(locks.glob("*.lock"))
    record = latest_run(runs)
    if not files or record is None or record["host"] != socket.gethostname() or _is_alive(record):
        return False
    if max(path.stat().st_mtime for path in files) > (runs / record["file"]).stat().st_mtime:
        return False  # taken after that record was written: by somebody else
    for path in files:
        path.unlink(missing_ok=True)
    log.warning("the last run was killed (process %s); its lock was released", record["process"])
    return True


def refuse_running(results: Path) -> None:
    """Raise `InputError` while a run of the pipeline writes below `results`, or may do so.

    That is: its lock files are there (a lock of a run certainly gone is released first), or its recorded process lives, as of a run
    without lock (``--nolock``).
    """
    runs = results / "logs/runs"
    for locks in results.glob(".*/locks"):  # of the workflow manager
        release_stale_lock(locks, runs)
    record, files = latest_run(runs), sorted(results.glob(".*/locks/*.lock"))
    if record is not None and record["host"] == socket.gethostname() and _is_alive(record):
        raise InputError(
            "a run of the pipeline is writing there", file=results, where=f"process {record['process']}",
            remedy="wait until it is done, or stop it",
        )  # fmt: skip
    if files:
        raise InputError(
            "a run of the pipeline holds the folder", file=results, where=f"lock file {files[0].relative_to(results)}",
            remedy="wait until it is done; if it was killed on another machine, start it once with `--unlock`",
        )  # fmt: skip


def _is_alive(record: dict) -> bool:
    try:
        return psutil.Process(record["process"]).create_time() == record["process_started"]
    except psutil.NoSuchProcess:
        return False
