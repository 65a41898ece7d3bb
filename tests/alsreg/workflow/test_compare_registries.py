"""Two exports of a registry: who came, who left, which field changed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from alsreg import cli
from registry_tables import append, clean_tables, put, together, write_tables


def test_every_difference_and_no_other(tmp_path: Path) -> None:
    tables = clean_tables()
    write_tables(tables, tmp_path / "old")
    together(
        put("patients", 3, site="S2", onset_date="2014年1月10日"), append("patients", person="P21"),
        put("visits", 2, walking="2"), put("events", 3, event_date="2017-06-01"),
    )(tables)  # fmt: skip
    tables["visits"] = tables["visits"].drop(index=1)
    tables["samples"] = tables["samples"].iloc[::-1]
    write_tables(tables, tmp_path / "new")
    out = tmp_path / "differences.tsv"
    assert cli.main(["compare-registries", str(tmp_path / "old"), str(tmp_path / "new"), "--out", str(out)]) == 0
    assert pd.read_csv(out, sep="\t", keep_default_na=False).to_numpy().tolist() == [
        ["patients", "came", "P21", "NA", "NA", "NA"],
        ["patients", "changed", "P02", "site", "S1", "S2"],
        ["visits", "left", "P01 2015-06-02", "NA", "NA", "NA"],
        ["visits", "changed", "P01 2015-03-02", "walking", "3", "2"],
        ["events", "changed", "P02 death", "event_date", "2017-07-01", "2017-06-01"],
    ]


def test_the_same_export_has_no_difference(tmp_path: Path, capsys) -> None:
    write_tables(clean_tables(), tmp_path / "one")
    assert cli.main(["compare-registries", str(tmp_path / "one"), str(tmp_path / "one")]) == 0
    assert capsys.readouterr().out == "table\tchange\tkey\tcolumn\told\tnew\n"


def compare(tmp_path: Path, *changes: object, old: object = None) -> list[list[str]]:
    for name, edits in (("old", [old] if old else []), ("new", changes)):
        tables = clean_tables()
        together(*edits)(tables)
        write_tables(tables, tmp_path / name)
    out = tmp_path / "differences.tsv"
    assert cli.main(["compare-registries", str(tmp_path / "old"), str(tmp_path / "new"), "--out", str(out)]) == 0
    return pd.read_csv(out, sep="\t", keep_default_na=False).to_numpy().tolist()


def test_a_person_under_a_new_identifier_is_the_same_person(tmp_path: Path) -> None:
    def rename(tables: dict[str, pd.DataFrame]) -> None:
        for frame in tables.values():
            frame["person"] = frame["person"].replace({"P03": "N-0003"})

    assert compare(tmp_path, rename, put("visits", 9, walking="1")) == [
        ["patients", "renamed", "P03", "person", "P03", "N-0003"],
        ["visits", "changed", "N-0003 2015-06-02", "walking", "3", "1"],
    ]


def test_a_column_or_a_table_that_only_one_export_has(tmp_path: Path) -> None:
    differences = compare(
        tmp_path, lambda t: t["patients"].insert(3, "bmi", "21"), lambda t: t["patients"].pop("site"),
        lambda t: t.pop("samples"),
    )  # fmt: skip
    assert [row[:4] for row in differences[:2]] == [
        ["patients", "column left", "NA", "site"], ["patients", "column came", "NA", "bmi"],
    ]  # fmt: skip
    assert [row[:3] for row in differences[2:]] == [["samples", "left", f"array AP{n:02d}"] for n in range(1, 21)]


def test_what_is_written_otherwise_has_not_changed(tmp_path: Path) -> None:
    changes = (put("visits", 2, walking="3.0"), put("visits", 3, walking="３", visit_date="平成27年6月2日"))
    assert compare(tmp_path, *changes) == []


def test_people_who_withdrew_are_not_compared(tmp_path: Path, capsys) -> None:
    withdraw = lambda tables: tables.__setitem__("withdrawn", pd.DataFrame({"person": ["p02"]}))  # noqa: E731
    change = together(put("patients", 3, site="S2"), put("patients", 4, site="S2"), withdraw)
    assert compare(tmp_path, change) == [["patients", "changed", "P03", "site", "S1", "S2"]]
    said = capsys.readouterr()
    assert "P02" not in said.out + said.err and "14 rows of people who withdrew" in said.err
