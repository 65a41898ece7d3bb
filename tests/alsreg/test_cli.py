"""The command line: it starts at once, and says faults in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from alsreg import cli
from registry_tables import clean_tables, write_tables

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


@pytest.mark.parametrize("out", ["file", "file/out"])
def test_a_path_that_cannot_be_written__one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], out: str) -> None:
    write_tables(clean_tables(), tmp_path / "in")
    (tmp_path / "file").write_text("x")
    arguments = ["--registry", str(tmp_path / "in"), "--freeze-date", "2022-02-28", "--out", str(tmp_path / out)]
    assert cli.main(["traits", *arguments]) == 1
    assert f"alsreg: error: {tmp_path / 'file'}" in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "x"


def test_a_reader_that_has_enough__no_traceback(tmp_path: Path) -> None:
    """As `alsreg compare-registries OLD NEW | head`."""
    write_tables(clean_tables(), tmp_path / "old")
    write_tables(clean_tables(), tmp_path / "new")
    command = [sys.executable, "-m", "alsreg.cli", "compare-registries", str(tmp_path / "old"), str(tmp_path / "new")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert "Error" not in said and "Traceback" not in said and "read as utf-8" in said


def test_defect__keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that is ours is not dressed up as the user's."""

    def broken(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("alsreg.workflow.preflight.preflight", broken)
    with pytest.raises(ZeroDivisionError):
        cli.main(["preflight", "config.yaml"])
