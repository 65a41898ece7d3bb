"""Reviewed decisions on samples: what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from alsreg.errors import InputError
from alsreg.sheets.identifiers import Identifiers
from alsreg.sheets.sample_overrides import SampleOverride, check_sample_overrides, read_sample_overrides

HEADER = "assay,sample,decision,person,who,why,date"
GOOD = "wgs,G1,use,P1,Dr A,tube relabelled,2026-01-05"


def read(tmp_path: Path, *rows: str) -> list[SampleOverride]:
    path = tmp_path / "overrides.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return read_sample_overrides(path)


def test_rows_are_read_with_their_lines(tmp_path: Path) -> None:
    first, second = read(tmp_path, GOOD, "array,A1,exclude,,Dr B,spilt,2026-01-06")
    assert (first.line, first.key, first.person, first.review) == (
        2,
        ("wgs", "G1"),
        "P1",
        "Dr A, 2026-01-05: tube relabelled",
    )
    assert (second.line, second.decision, second.person) == (3, "exclude", "")


@pytest.mark.parametrize(("rows", "where"), [
    (["wgs,G1,keep,P1,A,b,2026-01-05"], "row 2, column decision"),
    (["wgs,G1,use,,A,b,2026-01-05"], "row 2, column person"),
    (["wgs,G1,exclude,P1,A,b,2026-01-05"], "row 2, column person"),
    (["wgs,,exclude,,A,b,2026-01-05"], "row 2, column sample"),
    (["wgs,G1,use,P1,,b,2026-01-05"], "row 2, column who"),
    (["wgs,G1,use,P1,A,,2026-01-05"], "row 2, column why"),
    (["wgs,G1,use,P1,A,b,5/1/2026"], "row 2, column date"),
    ([GOOD, "wgs,G1,exclude,,A,b,2026-01-05"], "row 2, column sample"),
    ([GOOD, "wgs,G2,use,P1,A,b,2026-01-05"], "row 2, column person"),
])  # fmt: skip
def test_incomplete_and_contradicting_decisions_are_refused(tmp_path: Path, rows: list[str], where: str) -> None:
    with pytest.raises(InputError, match=where):
        read(tmp_path, *rows)


def test_samples_of_people_who_withdrew_are_passed_over(tmp_path: Path) -> None:
    overrides = read(tmp_path, GOOD, "wgs,G2,exclude,,A,b,2026-01-05")
    kept = check_sample_overrides(overrides, {("wgs", "G1")}, {"wgs": Identifiers(["g2"])}, {"P1"}, "overrides.csv")
    assert [override.sample for override in kept] == ["G1"]
    with pytest.raises(InputError, match="no such sample"):
        check_sample_overrides(overrides, {("wgs", "G1")}, {}, {"P1"}, "overrides.csv")
