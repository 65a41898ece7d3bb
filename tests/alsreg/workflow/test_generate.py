"""Generated files are rewritten when, and only when, they are out of step."""

from __future__ import annotations

from pathlib import Path

import pytest

from alsreg import cli
from alsreg.errors import ConfigError
from alsreg.workflow import generate
from alsreg.workflow.generate import KEYS_MARK, environment, write_generated


@pytest.fixture
def repository(base: Path) -> Path:
    """A repository with a README and an exporter of two pinned packages."""
    (base / "config/README.md").write_text("# Words of people\n\n" + KEYS_MARK + "old table\n")
    uv(base, "printf 'numpy==2.1.0\\n\\nscipy==1.14.1 ; python_version >= \"3.11\"\\n'")
    return base


def uv(base: Path, script: str) -> None:
    path = base / ".tools/bin/uv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_write_generated__second_time_changes_nothing(repository: Path) -> None:
    names = {str(path.relative_to(repository)) for path in write_generated(repository)}
    assert names >= {"config/README.md", "docs/data-dictionary.md", "envs/python.yaml",
                     "config/schemas/freeze.schema.json", "config/schemas/config.schema.json"}  # fmt: skip
    assert write_generated(repository) == []
    dictionary = repository / "docs/data-dictionary.md"
    dictionary.write_text("edited by hand")
    assert write_generated(repository) == [dictionary]


def test_write_generated__keeps_the_words_above_the_mark(repository: Path) -> None:
    write_generated(repository)
    text = (repository / "config/README.md").read_text()
    assert text.startswith("# Words of people\n\n" + KEYS_MARK)
    assert "old table" not in text
    assert "min_cell" in text


def test_environment__pins_what_the_lock_says(repository: Path) -> None:
    text = environment(repository)
    assert text.endswith('  - pip:\n      - "numpy==2.1.0"\n      - "scipy==1.14.1 ; python_version >= "3.11""\n')


def test_environment__stale_lock_is_one_sentence(repository: Path) -> None:
    uv(repository, "echo 'error: the lockfile needs to be updated' >&2; exit 2")
    with pytest.raises(
        ConfigError, match=r"uv\.lock: uv export failed: error: the lockfile needs to be updated.*uv lock"
    ):
        environment(repository)


def test_command__without_uv(base: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (base / "config/README.md").write_text("words")
    monkeypatch.setattr(cli, "BASE", base)
    monkeypatch.setattr(generate.shutil, "which", lambda name: None)
    assert cli.main(["generate"]) == 1
    assert capsys.readouterr().err == "alsreg: error: uv is not installed. Remedy: run `make setup`\n"
