"""Let a run that was killed start again without a manual unlock, and no other."""

from __future__ import annotations

import logging
import socket
from pathlib import Path

import psutil

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


def _is_alive(record: dict) -> bool:
    try:
        return psutil.Process(record["process"]).create_time() == record["process_started"]
    except psutil.NoSuchProcess:
        return False
