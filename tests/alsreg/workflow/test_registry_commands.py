"""`alsreg map-registry` and `alsreg traits`: whatever the layout of the export, the same tables come out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml

from alsreg import cli
from alsreg.config.freeze import RegistryTables
from alsreg.formats.trail import read_trail
from registry_tables import Tables, clean_tables, write_tables

FREEZE_DATE = "2022-02-28"
PARQUET = ("patients", "visits", "events", "phenotypes", "stages")


def traits(registry: Path, out: Path, *more: str) -> int:
    return cli.main(["traits", "--registry", str(registry), "--freeze-date", FREEZE_DATE, "--out", str(out), *more])


def plain(folder: Path) -> Path:
    """The small registry without samples, in three CSV files."""
    tables = {name: table for name, table in clean_tables().items() if name != "samples"}
    write_tables(tables, folder)
    return folder


def as_redcap(tables: Tables) -> pd.DataFrame:
    """One file: enrolment, visits and events as repeating instruments."""
    parts = []
    for name, event, instrument in (
        ("patients", "enrolment_arm_1", ""), ("visits", "follow_arm_1", "alsfrs"), ("events", "follow_arm_1", "outcome")
    ):  # fmt: skip
        table = tables[name].rename(columns={"person": "record_id"})
        number = (table.groupby("record_id").cumcount() + 1).astype(str) if instrument else ""
        keys = {"redcap_event_name": event, "redcap_repeat_instrument": instrument, "redcap_repeat_instance": number}
        parts.append(table.assign(**keys))
    return pd.concat(parts, ignore_index=True).fillna("")


def write_redcap(folder: Path) -> None:
    as_redcap(clean_tables()).to_csv(folder / "export.csv", index=False)


def write_entries(folder: Path) -> None:
    long = as_redcap(clean_tables())
    keys = ["record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"]
    entries = long.melt(id_vars=keys, var_name="field_name", value_name="value")
    entries = entries[entries["value"] != ""].rename(columns={"record_id": "record"})
    entries.to_csv(folder / "eav.csv", index=False)


def write_workbook(folder: Path) -> None:
    with pd.ExcelWriter(folder / "registry.xlsx") as book:
        for name in ("patients", "visits", "events"):
            clean_tables()[name].to_excel(book, sheet_name=name, index=False)


def write_wide_events(folder: Path) -> None:
    tables = clean_tables()
    events = tables["events"].pivot_table(index="person", columns="event", values="event_date", aggfunc="first")
    events = events.fillna("").reset_index()
    events = events.rename(columns={"death": "死亡日", "last_contact": "最終確認日"})
    for name, table in {"patients": tables["patients"], "visits": tables["visits"], "outcomes": events}.items():
        table.to_csv(folder / f"{name}.tsv", index=False, sep="\t", encoding="utf-16")


def write_japanese(folder: Path) -> None:
    tables = clean_tables()
    patients = tables["patients"].replace(
        {"sex": {"M": "男性", "F": "女性"}, "onset_region": {"bulbar": "球麻痺", "upper_limb": "上肢"}}
    )
    days = pd.to_datetime(patients["onset_date"])
    patients["onset_date"] = [f"平成{day.year - 1988}年{day.month}月{day.day}日" for day in days]
    names = {"person": "患者ＩＤ", "site": "施設名", "sex": "性別", "birth_date": "生年月日(西暦)", "onset_date": "発症年月日",
             "registration_date": "登録日", "onset_region": "初発部位"}  # fmt: skip
    patients.rename(columns=names).to_csv(folder / "患者.csv", index=False, encoding="cp932")
    items = {name: f"Q{number}" for number, name in enumerate([*tables["visits"].columns][2:], 1)}
    visits = tables["visits"].rename(columns={"person": "患者ID", "visit_date": "評価日", **items})
    visits["評価日"] = [f"{day:%d/%m/%Y}" for day in pd.to_datetime(visits["評価日"]) + pd.Timedelta(days=0)]
    visits.to_csv(folder / "visits.csv", index=False, encoding="utf-8-sig")
    events = tables["events"].replace({"event": {"death": "死亡", "last_contact": "最終確認"}})
    events.rename(columns={"person": "患者ID", "event": "イベント", "event_date": "日付"}).to_csv(
        folder / "events.csv", index=False
    )


@pytest.mark.parametrize("write", [write_redcap, write_entries, write_workbook, write_wide_events])
def test_every_layout_gives_the_same_bytes(tmp_path: Path, write: Callable[[Path], None]) -> None:
    assert traits(plain(tmp_path / "plain"), tmp_path / "out") == 0
    other = tmp_path / "other"
    other.mkdir()
    write(other)
    assert traits(other, tmp_path / "theirs") == 0
    for name in PARQUET:
        ours, theirs = (tmp_path / folder / f"{name}.parquet" for folder in ("out", "theirs"))
        assert ours.read_bytes() == theirs.read_bytes(), name


@pytest.mark.parametrize("write", [write_redcap, write_workbook])
def test_tables_of_one_file_are_judged_each_by_its_own_rows(tmp_path: Path, write: Callable[[Path], None]) -> None:
    """15 of 60 visits are wrong: too many if they counted against the 20 people of the same file."""
    spoiled = clean_tables()
    spoiled["visits"].loc[:14, "walking"] = "7"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(write.__globals__, "clean_tables", lambda: spoiled)
        write(tmp_path)
    assert traits(tmp_path, tmp_path / "out") == 0
    imports = pd.read_csv(tmp_path / "out/imports.tsv", sep="\t")
    assert imports[["table", "n_rows_changed", "n_errors"]].to_numpy().tolist() == [
        ["patients", 0, 0], ["visits", 15, 15], ["events", 0, 0],
    ]  # fmt: skip
    issues = pd.read_csv(tmp_path / "out/issues.tsv", sep="\t")
    assert set(issues["table"]) == {"visits"}
    assert write is write_redcap or set(issues["file"]) == {"registry.xlsx [visits]"}


def test_a_freeze_date_that_is_none_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["traits", "--registry", str(tmp_path), "--out", str(tmp_path / "out"), "--freeze-date", "2022/2/28"]
    assert cli.main(arguments) == 1
    assert capsys.readouterr().err.startswith("alsreg: error: --freeze-date: not a date (value: '2022/2/28')")


def test_the_draft_is_a_valid_mapping_that_reads_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "ja"
    folder.mkdir()
    write_japanese(folder)
    mapping = tmp_path / "ja.yaml"
    files = sorted(str(path) for path in folder.iterdir())
    assert cli.main(["map-registry", *files, "--out", str(mapping)]) == 0
    text = mapping.read_text(encoding="utf-8")
    values = yaml.safe_load(text)
    RegistryTables.model_validate(values)
    assert values["patients"]["values"]["sex"] == {"女性": "F", "男性": "M"}
    assert values["visits"]["columns"]["climbing_stairs"] == "Q9"
    assert "imperial 20" in text and "known word; 10 cells" in text and "TODO" not in text
    # 02/03, 02/06, 02/09: nothing says which comes first, so nothing is guessed, and it is said.
    assert "date_order" not in values["visits"]
    assert "not understood: visit_date: dates with the year last" in capsys.readouterr().out
    assert cli.main(["map-registry", *files, "--out", str(mapping)]) == 1
    values["visits"]["date_order"] = {"visit_date": "day_first"}
    mapping.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    assert traits(mapping, tmp_path / "theirs") == 0
    assert traits(plain(tmp_path / "plain"), tmp_path / "out") == 0
    for name in PARQUET:
        ours, theirs = (pd.read_parquet(tmp_path / folder / f"{name}.parquet") for folder in ("out", "theirs"))
        pd.testing.assert_frame_equal(ours, theirs)


def test_both_forms_of_question_5_are_recognised(tmp_path: Path) -> None:
    tables = {name: table for name, table in clean_tables().items() if name != "samples"}
    tables["visits"] = tables["visits"].rename(columns={"cutting": "Q5a"}).assign(Q5b="")
    tables["visits"].loc[0, ["Q5a", "Q5b"]] = ["", "1"]
    write_tables(tables, tmp_path / "in")
    assert traits(tmp_path / "in", tmp_path / "out") == 0
    visits = pd.read_parquet(tmp_path / "out/visits.parquet")
    assert visits["total"].iloc[:2].tolist() == [34, 36] and visits["has_gastrostomy"].iloc[:2].tolist() == [
        True,
        False,
    ]
    assert pd.read_parquet(tmp_path / "out/stages.parquet")["kings"].iloc[0] == "4"


def test_an_order_of_day_and_month_that_the_dates_prove_is_drafted(tmp_path: Path) -> None:
    tables = clean_tables()
    tables["patients"]["birth_date"] = [f"{n + 1}/5/1950" for n in range(20)]
    write_tables(tables, tmp_path / "in")
    files = [str(path) for path in (tmp_path / "in").iterdir()]
    cli.main(["map-registry", *files, "--out", str(tmp_path / "m.yaml")])
    text = (tmp_path / "m.yaml").read_text()
    assert yaml.safe_load(text)["patients"]["date_order"] == {"birth_date": "day_first"}
    assert "# 8 dates can be read in no other way" in text


def test_what_is_not_understood_is_listed_and_not_guessed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = clean_tables()
    tables["patients"]["sex"] = ["1", "2"] * 10
    write_tables(tables, tmp_path / "in")
    files = [str(path) for path in (tmp_path / "in").iterdir()]
    assert cli.main(["map-registry", *files, "--out", str(tmp_path / "m.yaml")]) == 0
    assert "not understood: sex: value '1' (10 cells)" in capsys.readouterr().out
    assert "values" not in yaml.safe_load((tmp_path / "m.yaml").read_text())["patients"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: (folder / "events.csv").unlink(), ["no file holds table events", "event_date"]),
        (lambda folder: (folder / "events2.csv").write_bytes((folder / "events.csv").read_bytes()), ["table events may be any of"]),
        (lambda folder: (folder / "mapping.yaml").write_text("patients: {path: patients.csv}\n"), ["mapping.yaml", "visits"]),
        (lambda folder: (folder / "patients.csv").write_text("person,shoe\nP1,44\n"), ["no file holds table patients", "sex"]),
    ],
)  # fmt: skip
def test_a_folder_that_does_not_tell_is_one_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Callable[[Path], object], words: list[str]
) -> None:
    folder = plain(tmp_path / "in")
    change(folder)
    assert traits(folder, tmp_path / "out") == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert all(word in said for word in words), said
    assert not (tmp_path / "out").exists()


def test_the_same_export_gives_the_same_bytes_again(tmp_path: Path) -> None:
    folder = plain(tmp_path / "in")
    assert traits(folder, tmp_path / "one") == traits(folder, tmp_path / "two") == 0
    files = sorted(path.name for path in (tmp_path / "one").iterdir() if path.is_file())
    assert {"phenotypes.parquet", "issues.tsv", "stages.parquet", "imports.tsv", "quality.tsv", "mapping.yaml"} <= set(
        files
    )
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_mapping_it_writes_can_be_corrected_and_given_back(tmp_path: Path) -> None:
    """Wherever it stands: its paths count from its own folder."""
    folder = plain(tmp_path / "in")
    assert traits(folder, tmp_path / "deep/out") == 0
    assert traits(tmp_path / "deep/out/mapping.yaml", tmp_path / "again") == 0
    for name in ("phenotypes.parquet", "visits.parquet", "issues.tsv", "imports.tsv"):
        assert (tmp_path / "deep/out" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_every_import_is_on_record_and_a_changed_record_stops_the_next(tmp_path: Path) -> None:
    folder, out = plain(tmp_path / "in"), tmp_path / "out"
    assert traits(folder, out) == traits(folder, out) == 0
    trail = out / "audit/registry.jsonl"
    records = read_trail(trail)
    assert [(record["action"], record["freeze"]) for record in records] == [("import", FREEZE_DATE)] * 2
    assert [file["sha256"] for file in records[0]["files"]] == pd.read_csv(out / "imports.tsv", sep="\t")[
        "sha256"
    ].tolist()
    assert "P01" not in trail.read_text()
    trail.write_text(trail.read_text().replace('"n_rows": 20', '"n_rows": 21'))
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    (folder / "patients.csv").write_text((folder / "patients.csv").read_text().replace("S1", "S2"))
    assert traits(folder, out) == 1
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_nothing_of_an_earlier_import_stays(tmp_path: Path) -> None:
    write_tables(clean_tables(), tmp_path / "in")
    assert traits(tmp_path / "in", tmp_path / "out") == 0
    assert (tmp_path / "out/samples.parquet").exists()
    (tmp_path / "in/samples.csv").unlink()
    assert traits(tmp_path / "in", tmp_path / "out") == 0
    assert not (tmp_path / "out/samples.parquet").exists()


@pytest.mark.parametrize("name", ["withdrawn.csv", "Withdrawn.tsv", "withdrawn.xlsx"])
def test_withdrawals_of_every_kind_are_heeded(tmp_path: Path, name: str) -> None:
    folder = plain(tmp_path / "in")
    table = pd.DataFrame({"person": ["P02"]})
    write = {
        ".csv": lambda path: table.to_csv(path, index=False),
        ".xlsx": lambda path: table.to_excel(path, index=False),
    }
    write.get(Path(name).suffix, lambda path: table.to_csv(path, index=False, sep="\t"))(folder / name)
    assert traits(folder, tmp_path / "out") == 0
    assert "P02" not in set(pd.read_parquet(tmp_path / "out/phenotypes.parquet")["person"])
    assert b"P02" not in b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*.tsv"))


@pytest.mark.parametrize("name", ["withdrawn", "overrides"])
def test_decisions_and_withdrawals_do_not_go_unheeded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    folder = plain(tmp_path / "in")
    assert cli.main(["map-registry", *map(str, sorted(folder.iterdir())), "--out", str(folder / "mapping.yaml")]) == 0
    (folder / f"{name}.tsv").write_text("person\nP02\n")
    assert traits(folder, tmp_path / "out") == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert f"{name}.tsv: lies beside the registry's tables" in said and f"add `{name}: {{path: {name}.tsv}}`" in said
    assert not (tmp_path / "out").exists()


def test_another_mapping_is_another_version(tmp_path: Path) -> None:
    folder = plain(tmp_path / "in")
    cli.main(["map-registry", *map(str, sorted(folder.iterdir())), "--out", str(folder / "mapping.yaml")])
    assert traits(folder, tmp_path / "one") == 0
    mapping = folder / "mapping.yaml"
    mapping.write_text(mapping.read_text() + "  date_order: {event_date: day_first}\n")
    assert traits(folder, tmp_path / "two") == 0
    one, two = (pd.read_csv(tmp_path / name / "imports.tsv", sep="\t") for name in ("one", "two"))
    assert one["sha256"].tolist() == two["sha256"].tolist()
    assert one["settings_version"][0] != two["settings_version"][0]


def test_settings_come_from_a_configuration(tmp_path: Path) -> None:
    tables = {name: table for name, table in clean_tables().items() if name != "samples"}
    tables["visits"].loc[0, "walking"] = ""
    write_tables(tables, tmp_path / "in")
    (tmp_path / "ours.yaml").write_text("registry: {max_missing_items: 1}\n")
    traits(tmp_path / "in", tmp_path / "one")
    traits(tmp_path / "in", tmp_path / "two", "--configfile", str(tmp_path / "ours.yaml"))
    versions = [
        pd.read_csv(tmp_path / folder / "imports.tsv", sep="\t")["settings_version"] for folder in ("one", "two")
    ]
    assert versions[0].nunique() == versions[1].nunique() == 1 and versions[0][0] != versions[1][0]
    total = [pd.read_parquet(tmp_path / folder / "visits.parquet")["total"].iloc[0] for folder in ("one", "two")]
    assert pd.isna(total[0]) and total[1] == 36


@pytest.mark.real_data
def test_the_japanese_export_of_the_real_freeze_gives_the_same_bytes(tmp_path: Path, alsreg_data: Path) -> None:
    for name in ("registry", "registry_ja"):
        assert traits(alsreg_data / "kg3" / name, tmp_path / name) == 0
    for name in PARQUET:
        ours, theirs = (tmp_path / folder / f"{name}.parquet" for folder in ("registry", "registry_ja"))
        assert ours.read_bytes() == theirs.read_bytes(), name
    japanese = pd.read_csv(tmp_path / "registry_ja/imports.tsv", sep="\t")
    assert japanese["encoding"].tolist() == ["cp932"] * 3 and japanese["n_rows_rejected"].tolist() == [0, 1, 0]
