"""Fixtures all tests share."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from helpers.requirements import absent

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def alsreg_data() -> Path:
    """Folder of the real genotypes."""
    folder = Path(os.environ.get("ALSREG_DATA") or ROOT / "../shared/data").resolve()
    if not (folder / "kg3").is_dir():
        absent(f"real data ($ALSREG_DATA, {folder})")
    return folder


@pytest.fixture(scope="session")
def oracles() -> Path:
    """Folder of frozen reference answers."""
    return ROOT / "tests/reference/oracles"


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of headless Chromium."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    absent("Chromium")
    raise AssertionError
