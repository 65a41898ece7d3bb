"""One log per rule; a user's fault in one line, our defect with its traceback."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from alsreg.errors import AlsregError, AnalysisError, InputError
from alsreg.runlog import rule_log


def log_and_raise(path: Path, error: Exception | None) -> None:
    with rule_log(path):
        logging.getLogger("alsreg.stage").info("read %d rows", 12)
        if error is not None:
            raise error


def test_rule_log__messages_go_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "logs/stage/rule.log"
    handlers = list(logging.getLogger().handlers)
    log_and_raise(path, None)
    assert path.read_text().endswith(" INFO alsreg.stage: read 12 rows\n")
    assert logging.getLogger().handlers == handlers
    log_and_raise(path, None)
    assert len(path.read_text().splitlines()) == 1


@pytest.mark.parametrize("error", [InputError("x is empty", file="a.csv", where="row 2", value=3, remedy="fill it"),
                                   AnalysisError("nobody is left")])  # fmt: skip
def test_rule_log__fault_of_the_input(tmp_path: Path, capsys: pytest.CaptureFixture[str], error: AlsregError) -> None:
    with pytest.raises(SystemExit) as caught:
        log_and_raise(tmp_path / "rule.log", error)
    assert caught.value.code == 1
    assert capsys.readouterr().err == f"alsreg: error: {error}\n"
    text = (tmp_path / "rule.log").read_text()
    assert text.splitlines()[-1].endswith(f" ERROR alsreg: {error}")
    assert "Traceback" not in text


def test_rule_log__defect_keeps_its_traceback(tmp_path: Path) -> None:
    handlers = list(logging.getLogger().handlers)
    with pytest.raises(ZeroDivisionError):
        log_and_raise(tmp_path / "rule.log", ZeroDivisionError("by zero"))
    text = (tmp_path / "rule.log").read_text()
    assert "ERROR alsreg: unexpected error\nTraceback (most recent call last):" in text
    assert text.endswith("ZeroDivisionError: by zero\n")
    assert logging.getLogger().handlers == handlers


def test_error__says_place_value_and_remedy() -> None:
    error = InputError(
        "is not a date", file="a.csv", where="row 2, column day", value="x", remedy="write it as ISO 8601"
    )
    assert str(error) == "a.csv, row 2, column day: is not a date (value: 'x'). Remedy: write it as ISO 8601"
    assert str(AnalysisError("nobody is left")) == "nobody is left"
