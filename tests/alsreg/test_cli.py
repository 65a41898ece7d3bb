"""The command line: it starts at once, and says faults in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from alsreg import cli

HEAVY = {"hail", "lifelines", "matplotlib", "msprime", "numba", "pandas", "scipy", "statsmodels"}


def test_help__loads_nothing_heavy() -> None:
    """What would make ``alsreg --help`` wait for seconds is imported by the command that needs it."""
    script = "import sys\nfrom alsreg.cli import main\ntry:\n    main(['--help'])\nfinally:\n    print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    words, modules = done.stdout.rsplit("\n", 2)[0], done.stdout.splitlines()[-1].split()
    assert all(command in words for command in ("simulate", "new-freeze", "preflight", "generate"))
    assert "alsreg.cli" in modules
    assert HEAVY & set(modules) == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["preflight"],
        ["nonsense"],
        [],
        ["new-freeze", "--id", "x"],
        ["simulate", "--preset", "gigantic", "--out", "x"],
    ],
    ids=" ".join,
)
def test_usage_error__exit_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "usage: alsreg" in capsys.readouterr().err


def test_error__one_line_without_traceback(tmp_path: Path) -> None:
    """A folder that is not empty is never written into."""
    (tmp_path / "precious").write_text("x")
    done = subprocess.run(
        [sys.executable, "-m", "alsreg.cli", "simulate", "--preset", "mini", "--out", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"alsreg: error: {tmp_path}: the folder for the synthetic registry is not empty")
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_defect__keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that is ours is not dressed up as the user's."""

    def broken(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("alsreg.workflow.preflight.preflight", broken)
    with pytest.raises(ZeroDivisionError):
        cli.main(["preflight", "config.yaml"])
