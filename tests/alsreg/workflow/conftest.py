"""A mini registry that the tests of the command line share, and copies of it that a test may spoil."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from alsreg.simulate.registry import simulate_registry

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a mini registry."""
    return simulate_registry(tmp_path_factory.mktemp("cli") / "data", 120, 1, "mini", freeze_id="mini").parent


@pytest.fixture
def data(simulated: Path, tmp_path: Path) -> Path:
    """A copy whose files may be changed: genotypes are links, so replace them rather than write into them."""
    folder = tmp_path / "data"
    shutil.copytree(simulated, folder, copy_function=os.link)
    for path in (folder / "freeze.yaml", *(folder / "registry").iterdir()):
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
    values = yaml.safe_load((folder / "freeze.yaml").read_text())
    (folder / "freeze.yaml").write_text(yaml.safe_dump({**values, "root": str(folder)}))
    return folder


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A pipeline folder with the default configuration and no freezes."""
    folder = tmp_path / "pipeline"
    (folder / "config/freezes").mkdir(parents=True)
    shutil.copy(ROOT / "config/config.yaml", folder / "config/config.yaml")
    return folder


@pytest.fixture
def edit(data: Path) -> Callable[[Callable[[dict], object]], None]:
    """Change the freeze file of `data`."""

    def change(how: Callable[[dict], object]) -> None:
        values = yaml.safe_load((data / "freeze.yaml").read_text())
        how(values)
        (data / "freeze.yaml").write_text(yaml.safe_dump(values))

    return change
