"""Files made from models and lock are in step with them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from alsreg.config.load import load_freeze, parse_settings, read_yaml
from alsreg.workflow.generate import generated_files

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("path", sorted(generated_files(ROOT)), ids=lambda path: path.name)
def test_generated_file__is_in_step(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == generated_files(ROOT)[path], "run `make generate`"


def test_default_config__parses_to_the_defaults() -> None:
    written = parse_settings(read_yaml(ROOT / "config/config.yaml"))
    assert written == parse_settings({"freeze": written.freeze})


@pytest.mark.parametrize("path", sorted((ROOT / "config/freezes").glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_freeze__is_valid(path: Path) -> None:
    assert load_freeze(path.stem, ROOT).id == path.stem


def test_conda_environment__has_the_locked_versions() -> None:
    lines = yaml.safe_load((ROOT / "envs/python.yaml").read_text())["dependencies"][-1]["pip"]
    pinned = {match[1].lower(): match[2] for line in lines if (match := re.match(r"([\w.-]+)==([^ ;]+)", line))}
    locked: dict[str, set[str]] = {}
    for package in tomllib.loads((ROOT / "uv.lock").read_text())["package"]:
        locked.setdefault(package["name"], set()).add(package["version"])
    assert len(pinned) > 50
    assert {name: version for name, version in pinned.items() if version not in locked[name]} == {}
