"""Outputs appear whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator
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


@contextmanager
def atomic_folder(folder: str | Path, names: Collection[str]) -> Iterator[Path]:
    """Give a temporary folder; if the block succeeds its files replace those in `folder`.

    `names` are all that such a block may make: what an earlier one made and this one did not is deleted.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=PARTIAL_PREFIX, dir=folder) as temporary:
        yield Path(temporary)
        made = sorted(path.name for path in Path(temporary).iterdir())
        for name in made:
            (Path(temporary) / name).replace(folder / name)
        for name in sorted(set(names) - set(made)):
            (folder / name).unlink(missing_ok=True)


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
