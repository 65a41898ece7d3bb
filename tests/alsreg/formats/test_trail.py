"""The trail grows, and tells when somebody wrote in it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from alsreg.errors import InputError
from alsreg.formats.trail import append_record, read_trail


def test_records_come_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "audit/trail.jsonl"
    assert read_trail(path) == []
    for number in range(3):
        append_record(path, {"number": number, "word": "施設"})
    assert [record["number"] for record in read_trail(path)] == [0, 1, 2]
    assert len(path.read_bytes().splitlines()) == 3


@pytest.mark.parametrize("change", [
    lambda lines: [lines[0], lines[2]],
    lambda lines: lines[1:],
    lambda lines: [lines[0].replace('"number": 0', '"number": 9'), *lines[1:]],
    lambda lines: [*lines[:2], lines[2].replace('"number": 2', '"number": 9')],
    lambda lines: [*lines[:2], lines[2][:-20]],
    lambda lines: [*lines[:2], "{}"],
    lambda lines: [*lines, "not JSON"],
])  # fmt: skip
def test_a_changed_trail_is_refused_and_not_written_to(tmp_path: Path, change: object) -> None:
    path = tmp_path / "trail.jsonl"
    for number in range(3):
        append_record(path, {"number": number})
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")
    before = path.read_bytes()
    for use in (lambda: read_trail(path), lambda: append_record(path, {"number": 3})):
        with pytest.raises(InputError, match=r"trail\.jsonl, row \d: the trail was changed"):
            use()
    assert path.read_bytes() == before


def test_it_is_plain_json(tmp_path: Path) -> None:
    append_record(tmp_path / "t", {"a": 1})
    record = json.loads((tmp_path / "t").read_text())
    body = json.dumps({"a": 1, "previous": "0" * 64})
    assert record == {"a": 1, "previous": "0" * 64, "sha256": hashlib.sha256(body.encode()).hexdigest()}


def test_imports_at_the_same_time_do_not_lose_each_other(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    code = "import sys; from alsreg.formats.trail import append_record\nfor n in range(20): append_record(sys.argv[1], {'n': n})"
    running = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert sorted(record["n"] for record in read_trail(path)) == sorted([*range(20)] * 3)
