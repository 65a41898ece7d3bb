"""CSV, TSV and Excel come out the same; what is not a table is one clear error."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from alsreg.config.freeze import ClinicalTable
from alsreg.errors import InputError
from alsreg.sheets import read_sheet

ROWS = [["person_id", "visit_date", "walking"], ["P1", "2015-03-02", "3"], ["P2", "2015-06-02", ""]]


def described(**description: object) -> ClinicalTable:
    return ClinicalTable(path=Path("x"), **description)


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("encoding", "name"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("cp932", "cp932")]
)
@pytest.mark.parametrize(("suffix", "delimiter"), [(".csv", ","), (".tsv", "\t"), (".txt", "\t")])
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, name: str, suffix: str, delimiter: str) -> None:
    text = "\r\n".join(delimiter.join(row) for row in [["症例番号", "性別"], ["P1", "男"]])
    path = write(tmp_path / f"患者{suffix}", text, encoding)
    sheet = read_sheet(
        path, described(columns={"person": "症例番号", "sex": "性別"}, values={"sex": {"男": "M"}}), ["person", "sex"]
    )
    assert sheet.encoding == name and sheet.file == f"患者{suffix}"
    assert sheet.frame.to_dict("list") == {"person": ["P1"], "sex": ["M"]}
    assert sheet.source_name("sex") == "性別" and sheet.source_name("new") == "new"


def test_excel_reads_as_the_csv_does(tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    page.title = "visits"
    page.append(ROWS[0])
    page.append(["P1", date(2015, 3, 2), 3])
    page.append([None, None, None])
    page.append(["P2", datetime(2015, 6, 2), None])
    book.create_sheet("other").append(["nothing"])
    book.save(tmp_path / "visits.xlsx")
    excel = read_sheet(tmp_path / "visits.xlsx", described(sheet="visits"))
    text = read_sheet(write(tmp_path / "visits.csv", "\n".join(",".join(row) for row in ROWS)), described())
    assert excel.frame.to_numpy().tolist() == text.frame.to_numpy().tolist() == ROWS[1:]
    assert excel.frame.index.tolist() == [2, 4] and text.frame.index.tolist() == [2, 3]
    assert excel.encoding == "excel" and excel.file == "visits.xlsx [visits]"


def test_rows_are_lines_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", 'person,note\nP1,"two\nlines"\n\nP2,"a,b"\n')
    sheet = read_sheet(path, described())
    assert sheet.frame.index.tolist() == [2, 5]
    assert sheet.frame["note"].tolist() == ["two\nlines", "a,b"]


def test_cells_are_trimmed_but_identifiers_are_not(tmp_path: Path) -> None:
    sheet = read_sheet(write(tmp_path / "t.csv", "person, sex\n P1 , M \n"), described())
    assert sheet.frame.to_dict("list") == {"person": [" P1 "], "sex": ["M"]}


FAULTY = {
    "empty file": ("", {}, ["empty"]),
    "header alone": ("person\n", {}, ["no rows"]),
    "ragged row": ("person,sex\nP1,M\nP2,M,x\n", {}, ["row 3", "3 cells", "2"]),
    "same name twice": ("person,sex,sex\nP1,M,F\n", {}, ["same name", "row 1, columns 2 and 3", "'sex'"]),
    "titles above the header": ("ALS registry,,\nperson,sex,site\nP1,M,x\n", {}, ["row 1, column 2", "titles"]),
    "a title above the header": ("ALS registry\nperson,sex\nP1,M\n", {}, ["row 2", "titles"]),
    "column without a name": ("person,,sex\nP1,M,F\n", {}, ["column 2", "no name"]),
    "open quote": ('person,sex\nP1,"M\n', {}, ["row 2", "quotes"]),
    "null byte": ("person,sex\nP1,\0\n", {}, ["row 2", "null byte"]),
    "mapped column absent": (
        "person,sex\nP1,M\n",
        {"columns": {"birth_date": "dob"}},
        ["'dob'", "birth_date", "person, sex"],
    ),
    "mapped twice": ("a,b\nP1,M\n", {"columns": {"person": "a", "sample": "a"}}, ["twice"]),
    "name taken": ("person,person_id\nP1,M\n", {"columns": {"person": "person_id"}}, ["'person'", "'person_id'"]),
    "values of no column": ("person\nP1\n", {"values": {"sex": {"m": "M"}}}, ["'sex'"]),
    "wrong delimiter": ("person;sex\nP1;M\n", {}, ["required", "person;sex", "semicolons"]),
    "unknown encoding": ("person\nP1\n", {"encoding": "utf-99"}, ["utf-99"]),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_table_is_one_clear_error(tmp_path: Path, name: str) -> None:
    text, description, words = FAULTY[name]
    path = write(tmp_path / "patients.csv", text)
    with pytest.raises(InputError) as caught:
        read_sheet(path, described(**description), ["person"])
    assert all(word in str(caught.value) for word in ["patients.csv", *words]), str(caught.value)
    assert caught.value.remedy


def test_columns_without_name_and_cells_hold_nothing(tmp_path: Path) -> None:
    sheet = read_sheet(write(tmp_path / "t.csv", "person,sex,,\nP1,M,,\nP2,F,,\n"), described())
    assert sheet.frame.to_dict("list") == {"person": ["P1", "P2"], "sex": ["M", "F"]}
    with pytest.raises(InputError, match="row 1, column 3: a column has no name"):
        read_sheet(write(tmp_path / "t.csv", "person,sex,\nP1,M,\nP2,F,x\n"), described())


def test_a_missing_file_and_an_unknown_kind(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_sheet(tmp_path / "a b.csv", described())
    with pytest.raises(InputError, match=r"unknown kind.*\.sas"):
        read_sheet(write(tmp_path / "t.sas", "x"), described())


@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        ("latin-1", "Orléans"), ("latin-1", "née"), ("latin-1", "Émile"), ("cp1252", "Köln, Ü"), ("latin-1", "é"),
        ("euc-jp", "東京病院 神経内科"), ("koi8-r", "Москва"), ("utf-16-le", "Orléans"),
    ],
)  # fmt: skip
def test_other_encodings_are_refused_or_read_when_named(tmp_path: Path, encoding: str, word: str) -> None:
    path = write(tmp_path / "t.csv", f'person,site\nP1,x\nP2,"{word}"\n', encoding)
    with pytest.raises(InputError, match=r"row \d: (neither UTF-8 nor CP932.*encoding|holds a null byte)"):
        read_sheet(path, described())
    assert read_sheet(path, described(encoding=encoding)).frame["site"].tolist() == ["x", word]


@pytest.mark.parametrize("word", ["男", "東京", "NIV23時間以上", "ｻﾄｳ 佐藤太郎", "田中A"])
def test_cp932_is_recognised(tmp_path: Path, word: str) -> None:
    path = write(tmp_path / "t.csv", f"person,施設\nP1,{word}\n", "cp932")
    sheet = read_sheet(path, described())
    assert sheet.encoding == "cp932" and sheet.frame["施設"].tolist() == [word]


def test_letters_by_escape_sequences_are_no_ascii(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "person,site\nP1,x\nP2,東京\n", "iso2022_jp")
    with pytest.raises(InputError, match=r"row 3: neither UTF-8.*ISO-2022-JP.*iso2022_jp"):
        read_sheet(path, described())
    assert read_sheet(path, described(encoding="iso2022_jp")).frame["site"].tolist() == ["x", "東京"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("person,site\nP1,東京都立神経病院\nP2,名古屋".encode()[:-1] + b"\nP3,x\n", ["row 3", "UTF-8 with damaged letters (1"]),
        ("person,site\nP1,東京都立\n".encode("cp932") + b"P2,\x85\x01\n", ["row 3", "bytes 85 01"]),
    ],
)  # fmt: skip
def test_a_damaged_letter_is_named_with_its_row(tmp_path: Path, content: bytes, words: list[str]) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_sheet(tmp_path / "t.csv", described())
    assert all(word in str(caught.value) for word in words), str(caught.value)


def workbook(path: Path, *rows: list[object]) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("=1+2", ["a formula without a value", "row 2, column B", "'=1+2'", "save it"]),
        (12345678901234567890, ["15 digits", "row 2, column B", "as text"]),
    ],
)
def test_what_excel_lost_is_refused(tmp_path: Path, cell: object, words: list[str]) -> None:
    path = workbook(tmp_path / "t.xlsx", ["person", "site"], ["P1", cell])
    with pytest.raises(InputError) as caught:
        read_sheet(path, described())
    assert all(word in str(caught.value) for word in ["t.xlsx", "sheet Sheet", *words]), str(caught.value)


def test_a_workbook_that_counts_from_1904_says_so(tmp_path: Path) -> None:
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.active.append(["person", "visit_date"])
    book.active.append(["P1", date(2015, 3, 2)])
    book.save(tmp_path / "t.xlsx")
    sheet = read_sheet(tmp_path / "t.xlsx", described())
    assert sheet.encoding == "excel-1904" and sheet.frame["visit_date"].tolist() == ["2015-03-02"]


def test_excel_faults(tmp_path: Path) -> None:
    book = Workbook()
    for row in ROWS:
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(InputError, match=r"merged cells.*unmerge") as caught:
        read_sheet(tmp_path / "t.xlsx", described())
    assert "A2:A3" in str(caught.value)
    with pytest.raises(InputError, match=r"no such sheet.*Sheet"):
        read_sheet(tmp_path / "t.xlsx", described(sheet="visits"))
    with pytest.raises(InputError, match="not readable as Excel"):
        read_sheet(write(tmp_path / "u.xlsx", "person\nP1\n"), described())


@pytest.mark.parametrize(("written", "told", "words"), [
    ("cp932", "utf-8", ["cannot be read as utf-8", "row 3"]), ("utf-8", "cp932", ["is UTF-8", "row 3", "'cp932'"]),
    ("utf-8", "shift_jis", ["is UTF-8", "row 3"]),
])  # fmt: skip
def test_a_wrong_encoding_is_named_with_its_row(tmp_path: Path, written: str, told: str, words: list[str]) -> None:
    path = write(tmp_path / "t.csv", "person,site\nP1,x\nP2,東京\n", written)
    with pytest.raises(InputError) as caught:
        read_sheet(path, described(encoding=told))
    assert all(word in str(caught.value) for word in ["t.csv", *words]), str(caught.value)
    assert "encoding" in caught.value.remedy
