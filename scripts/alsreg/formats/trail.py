"""An append-only record: one JSON object per line, each with the SHA-256 of the line before and of itself.

Whoever changes, removes or inserts a line is found out; whoever cuts off the end is not, but by a copy of the last line.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alsreg.errors import InputError

START = "0" * 64
_OWN = b', "sha256": "'


def append_record(path: str | Path, record: Mapping[str, Any]) -> None:
    """Add `record` to the trail at `path`, which is verified first and locked meanwhile.

    Raises
    ------
    InputError
        The trail was changed since it was written.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        stream.seek(0)
        lines = stream.read().splitlines()
        _verify(lines, path)
        previous = _digest(lines[-1]) if lines else START
        body = json.dumps({**record, "previous": previous}, ensure_ascii=False).encode("utf-8")
        stream.write(body[:-1] + _own(body) + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def read_trail(path: str | Path) -> list[dict[str, Any]]:
    """Every record in the order of time; none if there is no trail.

    Raises
    ------
    InputError
        The trail was changed since it was written.
    """
    path = Path(path)
    if not path.exists():
        return []
    lines = path.read_bytes().splitlines()
    _verify(lines, path)
    return [json.loads(line) for line in lines]


def _verify(lines: list[bytes], path: Path) -> None:
    expected = START
    for number, line in enumerate(lines, 1):
        body, _, _ = line.rpartition(_OWN)
        try:
            found = json.loads(line)["previous"]
        except (ValueError, KeyError, TypeError):
            found = None
        if found != expected or line != body + _own(body + b"}"):
            raise InputError(
                "the trail was changed since it was written", file=path, where=f"row {number}",
                remedy="restore it from a backup; or keep it under another name, and a new trail begins",
            )  # fmt: skip
        expected = _digest(line)


def _own(body: bytes) -> bytes:
    """The end of a line: the digest of `body`, the record without it."""
    return _OWN + _digest(body).encode() + b'"}'


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
