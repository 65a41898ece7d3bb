"""One file with several tables, one value per row, events as columns: the same table, each cell with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from alsreg.config.freeze import ClinicalTable
from alsreg.errors import InputError
from alsreg.sheets import Sheet, read_sheet

LONG = """record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,sex,birth_date,visit_date,walking
P1,enrolment_arm_1,,,M,1950-01-02,,
P1,follow_arm_1,alsfrs,1,,,2015-03-02,4
P1,follow_arm_1,alsfrs,2,,,2015-06-02,3
P2,enrolment_arm_1,,,F,1951-01-02,,
"""
ENTRIES = """record,redcap_event_name,redcap_repeat_instance,field_name,value
P1,enrolment_arm_1,,sex,M
P1,enrolment_arm_1,,birth_date,1950-01-02
P1,follow_arm_1,1,visit_date,2015-03-02
P1,follow_arm_1,1,walking,4
P1,follow_arm_1,2,walking,3
P1,follow_arm_1,2,visit_date,2015-06-02
P2,enrolment_arm_1,,sex,F
"""
FIELDS = {"field": "field_name", "value": "value"}
VISITS = {"redcap_event_name": ["follow_arm_1"]}


def read(tmp_path: Path, text: str, **described: object) -> Sheet:
    path = tmp_path / "export.csv"
    path.write_text(text, encoding="utf-8")
    return read_sheet(path, ClinicalTable(path=path, **described))


def test_rows_of_one_table_among_several(tmp_path: Path) -> None:
    visits = read(tmp_path, LONG, columns={"person": "record_id"}, rows=VISITS)
    assert visits.frame.to_dict("list") == {
        "person": ["P1", "P1"], "visit_date": ["2015-03-02", "2015-06-02"], "walking": ["4", "3"]
    }  # fmt: skip
    assert visits.line_of(visits.frame.index, "walking").tolist() == [3, 4]
    patients = read(tmp_path, LONG, columns={"person": "record_id"}, rows={"redcap_repeat_instrument": [""]})
    assert patients.frame["person"].tolist() == ["P1", "P2"] and [*patients.frame.columns] == [
        "person",
        "sex",
        "birth_date",
    ]


def test_one_value_per_row_gives_the_same_and_knows_each_line(tmp_path: Path) -> None:
    visits = read(tmp_path, ENTRIES, columns={"person": "record"}, rows=VISITS, entries=FIELDS)
    long = read(tmp_path, LONG, columns={"person": "record_id"}, rows=VISITS)
    assert visits.frame[["person", "visit_date", "walking"]].to_numpy().tolist() == long.frame.to_numpy().tolist()
    assert visits.line_of(visits.frame.index, "visit_date").tolist() == [4, 7]
    assert visits.line_of(visits.frame.index, "walking").tolist() == [5, 6]
    assert visits.line_of(visits.frame.index, "person").tolist() == [4, 6]
    assert visits.line_of(visits.frame.index[1:], "none").tolist() == [6]


def test_events_as_columns(tmp_path: Path) -> None:
    text = "id,died,last\nP1,2016-01-02,2016-01-02\nP2,,2017-01-02\n"
    sheet = read(tmp_path, text, columns={"person": "id"}, event_columns={"death": "died", "last_contact": "last"})
    assert sheet.frame.to_numpy().tolist() == [
        ["P1", "death", "2016-01-02"], ["P1", "last_contact", "2016-01-02"], ["P2", "last_contact", "2017-01-02"]
    ]  # fmt: skip
    assert sheet.line_of(sheet.frame.index, "event_date").tolist() == [2, 2, 3]


@pytest.mark.parametrize(("text", "described", "words"), [
    (ENTRIES + "P1,enrolment_arm_1,,sex,F\n", {"entries": FIELDS}, ["row 9", "second value", "'sex'", "'F'"]),
    (LONG, {"entries": FIELDS}, ["no column 'field_name'", "record_id"]),
    (LONG, {"rows": {"redcap_event_name": ["visit"]}}, ["no row", "redcap_event_name", "follow_arm_1"]),
    (LONG, {"rows": {"event": ["visit"]}}, ["no column 'event'"]),
    (LONG, {"event_columns": {"death": "died"}, "columns": {"person": "record_id"}}, ["no column 'died'"]),
    (ENTRIES.replace(",sex,", ",record,"), {"entries": FIELDS}, ["bears the name of a column", "'record'"]),
])  # fmt: skip
def test_what_does_not_fit_is_one_clear_error(tmp_path: Path, text: str, described: dict, words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, **described)
    assert all(word in str(caught.value) for word in ["export.csv", *words]), str(caught.value)
    assert caught.value.remedy


def test_half_width_values_are_recognised_and_kept_raw(tmp_path: Path) -> None:
    sheet = read(tmp_path, "person,event\nP1,ｼﾎﾞｳ\nP2,シボウ\nP3,ｼ\n", values={"event": {"シボウ": "death"}})
    assert sheet.frame["event"].tolist() == ["death", "death", "ｼ"] and sheet.raw["event"].tolist() == [
        "ｼﾎﾞｳ",
        "シボウ",
        "ｼ",
    ]


def test_a_header_of_another_width_is_suggested(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'ｶﾝｼﾞｬ'"):
        read(tmp_path, "ｶﾝｼﾞｬ\nP1\n", columns={"person": "カンジャ"})
