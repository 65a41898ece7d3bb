"""Outputs appear whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PARTIAL_PREFIX = ".partial-"


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; move it into place only if the block succeeds.

    The temporary name keeps all suffixes of `path`, since some writers choose their format by them.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=PARTIAL_PREFIX, dir=path.parent) as folder:
        temporary = Path(folder) / path.name
        yield temporary
        temporary.replace(path)


def remove_partial_outputs(folder: str | Path) -> list[Path]:
    """Delete what killed writers left below `folder`; only for a caller that knows that nobody else writes there.

    Returns
    -------
    The temporary folders that were deleted.
    """
    found = sorted(path for path in Path(folder).glob(f"**/{PARTIAL_PREFIX}*") if path.is_dir())
    for path in found:
        shutil.rmtree(path, ignore_errors=True)
    return found
