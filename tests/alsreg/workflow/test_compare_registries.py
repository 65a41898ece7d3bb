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
