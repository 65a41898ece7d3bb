"""Where results came from: versions, digests, commands."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import socket
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

import psutil


def sha256(path: str | Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest(values: Any) -> str:
    """SHA-256 of plain values, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()


def versions() -> dict[str, str]:
    """Versions of Python, of this package and of every library it declares."""
    names = ["alsreg", *(re.match(r"[\w.-]+", line)[0] for line in requires("alsreg") or [])]
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def record_run(folder: str | Path, command: Sequence[str], config: Mapping[str, Any]) -> Path:
    """Write who ran what: ``<UTC time>.json`` with command, versions and the configuration's digest.

    Kept apart from results so that results do not depend on when and with how many cores they were made.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    started = datetime.now(UTC)
    record = {
        "started": started.isoformat(timespec="seconds"),
        "command": list(command),
        "config_sha256": digest(config),
        "versions": versions(),
        "machine": platform.machine(),
        "host": socket.gethostname(),
        "process": os.getpid(),
        "process_started": psutil.Process().create_time(),
    }
    path = folder / f"{started:%Y%m%dT%H%M%S.%fZ}.json"
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return path


def latest_run(folder: str | Path) -> dict[str, Any] | None:
    """The newest record of `record_run` in a folder; None if there is none."""
    records = sorted(Path(folder).glob("*.json"))
    if not records:
        return None
    return {**json.loads(records[-1].read_text(encoding="utf-8")), "file": records[-1].name}
