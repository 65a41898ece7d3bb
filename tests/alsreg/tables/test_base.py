"""A table reads back as it was written, and a breach of its contract is said with row and column."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.pandas import column, data_frames, range_indexes

from alsreg.errors import InputError
from alsreg.tables import ALL
from alsreg.tables.base import ARROW_TYPES, DTYPES, Column, Table
from alsreg.tables.dictionary import data_dictionary

TABLE = Table(
    "things", "stage/{freeze}/things.tsv", "One row per thing.",
    (
        Column("name", "text", "Name", is_nullable=False),
        Column("kind", "text", "Kind", choices=("a", "b")),
        Column("n", "integer", "Number", is_required=False),
        Column("size", "number", "Size"),
        Column("is_new", "flag", "New"),
        Column("day", "date", "Day"),
    ),
)  # fmt: skip
OPEN = Table("open", "stage/open.tsv", "Things with more.", TABLE.columns[:1], has_extra_columns=True)
SUFFIXES = pytest.mark.parametrize("suffix", [".parquet", ".tsv", ".tsv.gz"])

# Letters and digits alone: "NA" stands for missing in text.
words = st.from_regex(r"\A[a-zé]( ?[a-z0-9.,;'\"]){0,6}\Z")
rows = data_frames(
    [
        column("name", elements=words, dtype=object),
        column("kind", elements=st.sampled_from(["a", "b", None]), dtype=object),
        column("n", elements=st.none() | st.integers(-(2**53), 2**53), dtype=object),
        column("size", elements=st.none() | st.floats(allow_nan=False, allow_infinity=False), dtype=object),
        column("is_new", elements=st.none() | st.booleans(), dtype=object),
        column("day", elements=st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1)), dtype=object),
    ],
    index=range_indexes(max_size=6),
)  # fmt: skip


def things(**columns: object) -> pd.DataFrame:
    """Three things, with other `columns`."""
    values = {"name": ["x", "y", "z"], "kind": ["a", "b", None], "n": [1, None, 3], "size": [0.1, None, 1e-300],
              "is_new": [True, False, None], "day": ["2020-02-29", None, "1931-01-02"]}  # fmt: skip
    return pd.DataFrame({**values, **columns})


@SUFFIXES
@given(frame=rows)
@settings(max_examples=25, deadline=None)
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, suffix: str, frame: pd.DataFrame) -> None:
    path = tmp_path_factory.mktemp("table") / f"things{suffix}"
    TABLE.write(frame, path)
    pd.testing.assert_frame_equal(TABLE.read(path), TABLE.conform(frame))


@SUFFIXES
def test_round_trip__types_missing_values_and_absent_columns(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"things{suffix}"
    TABLE.write(things().drop(columns="n"), path)
    found = TABLE.read(path)
    assert list(found) == ["name", "kind", "size", "is_new", "day"]
    assert [str(dtype) for dtype in found.dtypes] == ["string", "string", "float64", "boolean", "datetime64[s]"]
    assert found.isna().sum().to_dict() == {"name": 0, "kind": 1, "size": 1, "is_new": 1, "day": 1}
    assert found["size"][2] == 1e-300
    assert found["day"][0] == pd.Timestamp("2020-02-29")


@SUFFIXES
@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
def test_round_trip__empty_tables(tmp_path: Path, table: Table, suffix: str) -> None:
    if suffix != ".parquet" and any(column.kind == "bytes" for column in table.columns):
        return
    table.write(table.empty(), tmp_path / f"empty{suffix}")
    found = table.read(tmp_path / f"empty{suffix}")
    assert list(found) == table.column_names
    assert len(found) == 0


@SUFFIXES
def test_write__same_bytes_at_any_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    for name, seconds in (("one", 1e9), ("two", 2e9)):
        monkeypatch.setattr(time, "time", lambda seconds=seconds: seconds)
        TABLE.write(things(), tmp_path / name / f"things{suffix}")
    one, two = ((tmp_path / name / f"things{suffix}").read_bytes() for name in ("one", "two"))
    assert one == two


def test_write__text_as_others_read_it(tmp_path: Path) -> None:
    TABLE.write(things(), tmp_path / "things.tsv")
    assert (tmp_path / "things.tsv").read_text() == (
        "name\tkind\tn\tsize\tis_new\tday\n"
        "x\ta\t1\t0.1\tTrue\t2020-02-29\n"
        "y\tb\tNA\tNA\tFalse\tNA\n"
        "z\tNA\t3\t1e-300\tNA\t1931-01-02\n"
    )


def test_conform__orders_columns_and_renumbers_rows() -> None:
    shuffled = things()[["day", "size", "name", "kind", "n", "is_new"]].iloc[::-1]
    found = TABLE.conform(shuffled)
    assert list(found) == TABLE.column_names
    assert list(found.index) == [0, 1, 2]
    assert list(found["name"]) == ["z", "y", "x"]


def test_extra_columns__only_where_declared(tmp_path: Path) -> None:
    frame = pd.DataFrame({"PC1": [0.25], "name": ["x"], "site": ["S"]})
    OPEN.write(frame, tmp_path / "open.tsv")
    assert OPEN.read(tmp_path / "open.tsv").to_dict("list") == {"name": ["x"], "PC1": [0.25], "site": ["S"]}
    with pytest.raises(InputError, match=r"table things has undeclared columns \['colour'\]"):
        TABLE.write(things(colour="red"), tmp_path / "things.tsv")
    assert not (tmp_path / "things.tsv").exists()


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (things().drop(columns="kind"), r"table things lacks column 'kind'.*Remedy: columns declared: name, kind"),
        (things(name=["x", "y", None]), r"things, row 4: name is empty"),
        (things(kind=["a", "c", "b"]), r"things, row 3, column kind: kind must be one of a, b \(value: 'c'\)"),
    ],
    ids=["column", "empty", "choice"],
)
def test_write__names_the_fault_and_leaves_nothing(tmp_path: Path, frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        TABLE.write(frame, tmp_path / "things.tsv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kind", "sort", r"things\.tsv: table things lacks column 'kind'"),
        ("y\tb", "y\tq", r"things\.tsv, row 3, column kind: kind must be one of a, b \(value: 'q'\)"),
        ("z\tNA", "NA\tNA", r"things\.tsv, row 4: name is empty"),
    ],
)
def test_read__names_file_row_and_column(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "things.tsv"
    TABLE.write(things(), path)
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        TABLE.read(path)


def test_read__missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.tsv: table things is missing\. Remedy: run the stage"):
        TABLE.read(tmp_path / "absent.tsv")


def test_stream__parts_make_one_table(tmp_path: Path) -> None:
    path = tmp_path / "things.parquet"
    with TABLE.stream(path) as write_part:
        write_part(things().iloc[:1])
        write_part(things().iloc[1:])
        assert not path.exists()
    pd.testing.assert_frame_equal(TABLE.read(path), TABLE.conform(things()))


def test_stream__without_parts_is_an_empty_table(tmp_path: Path) -> None:
    with TABLE.stream(tmp_path / "things.parquet"):
        pass
    pd.testing.assert_frame_equal(TABLE.read(tmp_path / "things.parquet"), TABLE.empty())


def test_stream__failure_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="kind must be one of"), TABLE.stream(tmp_path / "things.parquet") as write:
        write(things())
        write(things(kind="c"))
    assert list(tmp_path.iterdir()) == []


def test_declarations__are_sound() -> None:
    assert len({table.name for table in ALL}) == len(ALL)
    assert set(ARROW_TYPES) == set(DTYPES)
    for table in ALL:
        assert len(set(table.column_names)) == len(table.columns), table.name
        assert {column.kind for column in table.columns} <= set(DTYPES), table.name
        assert all(column.description for column in table.columns), table.name


def test_dictionary__has_every_column_of_every_table() -> None:
    text = data_dictionary()
    for table in ALL:
        section = text.split(f"\n## {table.name}\n", 1)[1].split("\n## ", 1)[0]
        assert f"`{table.path}`" in section
        assert [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")] == table.column_names
    assert "| `sex` | text |  | Sex as registered. One of: M, F. |" in text
