"""Tables that pass, and what becomes of rows that do not; the catalogue of faults is in test_findings."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from alsreg.clinical.registry import check_registry, read_registry
from alsreg.config.registry import RegistryConfig
from alsreg.errors import InputError
from registry_tables import FREEZE_DATE, Tables, append, check, clean_tables, put, together, write_tables


def test_a_clean_registry_has_no_findings(tmp_path: Path) -> None:
    registry = check(tmp_path)
    assert registry.issues.empty
    assert (len(registry.patients), len(registry.visits), len(registry.events), len(registry.samples)) == (
        20,
        60,
        30,
        20,
    )


def test_rejected_cells_are_missing_and_totals_with_them(tmp_path: Path) -> None:
    registry = check(tmp_path, together(put("visits", 2, walking="7"), put("patients", 4, onset_date="2015-03-03")))
    first = registry.visits.iloc[0]
    assert pd.isna(first["walking"]) and pd.isna(first["total"])
    assert registry.visits["total"].iloc[1] == 36
    third = registry.patients.set_index("person").loc["P03"]
    assert pd.isna(third["onset_date"]) and pd.isna(third["registration_date"]) and third["birth_date"].year == 1952


def test_contradicting_rows_of_a_person_are_all_rejected(tmp_path: Path) -> None:
    registry = check(tmp_path, append("patients", sex="F"))
    issues = registry.issues
    rows = issues[(issues["rule"] == "contradicting_person") & (issues["file"] == "patients.csv")]
    assert rows["row"].tolist() == [2, 22]
    assert "P01" not in registry.patients["person"].to_list()
    assert issues[issues["file"] == "visits.csv"]["rule"].tolist() == ["contradicting_person"] * 3
    assert "P01" not in registry.visits["person"].to_list() and "P01" not in registry.events["person"].to_list()


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"person": "P01 "}, r"patients\.csv, row 2, column person: 20 of 20 rows have errors \(whitespace_in_id 20\)"),
        ({"person": ""}, r"20 of 20 rows have errors \(empty_id 20\), first empty_id"),
        ({"person": "P01"}, r"20 of 20 rows have errors \(contradicting_person 20\)"),
    ],
    ids=["padded", "empty", "the same"],
)
def test_identifiers_that_spoil_every_row_are_told_as_such(tmp_path: Path, cells: dict[str, str], message: str) -> None:
    def spoil(tables: Tables) -> None:
        tables["patients"] = tables["patients"].assign(**cells)

    with pytest.raises(InputError, match=message):
        check(tmp_path, spoil)
    with pytest.raises(InputError, match="column person: no usable value in the whole column"):
        check(tmp_path, spoil, max_error_fraction=1)


def test_identical_visits_are_kept_once_and_contradicting_ones_not_at_all(tmp_path: Path) -> None:
    assert len(check(tmp_path, append("visits")).visits) == 60
    assert len(check(tmp_path, append("visits", walking="2")).visits) == 59
    thrice = together(append("visits"), append("visits", walking="2"))
    registry = check(tmp_path, thrice)
    assert len(registry.visits) == 59
    assert registry.issues["rule"].tolist() == ["contradicting_visit"] * 3


@pytest.mark.parametrize(
    ("change", "person", "kinds"),
    [
        (put("events", 3, event_date=""), "P02", "death"),
        (append("events", event="died"), "P01", "unknown"),
        (append("events", person="P02", event="death", event_date="2016-07-01"), "P02", "death"),
        (put("visits", 7, visit_date="2017-07-02"), "P02", "death"),
        (append("events", person="P02", event="tracheostomy", event_date="2017-07-02"), "P02", "death+tracheostomy"),
    ],
)
def test_rejected_events_are_remembered(tmp_path: Path, change: object, person: str, kinds: str) -> None:
    registry = check(tmp_path, change)
    unusable = registry.patients.set_index("person")["unusable_events"]
    assert unusable.dropna().to_dict() == {person: kinds}
    rejected = kinds.split("+")
    events = registry.events
    assert not (events["person"].eq(person) & events["event"].isin(rejected)).any()


def test_ignored_events_are_counted_and_left_out(tmp_path: Path) -> None:
    registry = check(tmp_path, append("events", event="wheelchair"), ignored_events=["wheelchair"])
    assert registry.issues["rule"].tolist() == ["ignored_event"]
    assert registry.patients["unusable_events"].isna().all()


def test_odd_identifiers_survive_intact(tmp_path: Path) -> None:
    odd = ["-P1", "$(rm)", 'a"b', "o'k", "患者1", "unknown", "null", "a,b", "_", "1e5", "007"]

    def rename(tables: dict[str, pd.DataFrame]) -> None:
        names = dict(zip((f"P{number:02d}" for number in range(1, 12)), odd, strict=True))
        for frame in tables.values():
            frame["person"] = frame["person"].replace(names)

    registry = check(tmp_path, rename)
    assert registry.issues.empty
    assert set(odd) < set(registry.patients["person"]) and set(odd) < set(registry.visits["person"])


def test_columns_of_ones_own_are_carried(tmp_path: Path) -> None:
    def add(tables: dict[str, pd.DataFrame]) -> None:
        tables["patients"]["smoking"] = ["never", "ever"] * 10
        tables["patients"]["bmi"] = "21.5"
        tables["visits"]["fvc"] = "80"

    registry = check(tmp_path, add)
    assert registry.patients["smoking"].tolist() == ["never", "ever"] * 10
    assert registry.patients["bmi"].tolist() == [21.5] * 20 and registry.visits["fvc"].tolist() == [80.0] * 60


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t["patients"].insert(7, "entry_months", "1"), ["patients.csv", "row 1", "entry_months", "rename"]),
        (lambda t: t["visits"].insert(2, "months_since_onset", "1"), ["visits.csv", "months_since_onset", "rename"]),
        (lambda t: t["patients"].__setitem__("onset_date", ""), ["patients.csv", "column onset_date", "no usable value"]),
        (lambda t: t["patients"].__setitem__("sex", ""), ["patients.csv", "column sex", "no usable value"]),
        (lambda t: t["patients"].__setitem__("birth_date", "1/2/1950"), ["patients.csv", "column birth_date", "no usable value"]),
        (lambda t: t["patients"].__setitem__("sex", ["male"] * 9 + ["M"] * 11), ["patients.csv", "row 2", "'male'", "unknown_code 9"]),
        (lambda t: t["visits"].__setitem__("walking", ""), ["visits.csv", "no visit has an ALSFRS-R total"]),
        (lambda t: t["visits"].__setitem__("person", "P1"), ["visits.csv", "row 2", "unknown_person 60", "'P1'"]),
        (lambda t: t["events"].__setitem__("event_date", ""), ["events.csv", "row 2", "incomplete_row 30"]),
        (lambda t: t["samples"].__setitem__("assay", "chip"), ["samples.csv", "row 2", "unknown_assay 20", "'chip'"]),
        (lambda t: t["events"].pop("event_date"), ["events.csv", "event_date", "columns found"]),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_used_is_one_clear_error(tmp_path: Path, change: object, words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        check(tmp_path, change)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert caught.value.remedy


def test_pedigree(tmp_path: Path) -> None:
    def add(tables: dict[str, pd.DataFrame]) -> None:
        rows = [("P01", "P03", "P02"), ("P05", "P02", ""), ("P07", "P07", ""), ("P09", "0", "M1"), ("P09", "0", "M1"),
                ("P11", "F1", ""), ("P11", "F2", "")]  # fmt: skip
        tables["pedigree"] = pd.DataFrame(rows, columns=["person", "father", "mother"])

    registry = check(tmp_path, add, max_error_fraction=1)
    assert registry.pedigree.fillna("").to_numpy().tolist() == [["P01", "P03", "P02"], ["P09", "", "M1"]]
    found = list(zip(registry.issues["row"], registry.issues["rule"], strict=True))
    assert found == [
        (3, "impossible_parent"), (4, "impossible_parent"), (6, "duplicate_child"),
        (7, "contradicting_child"), (8, "contradicting_child"),
    ]  # fmt: skip


def test_row_order_of_the_file_does_not_matter(tmp_path: Path) -> None:
    def reverse(tables: dict[str, pd.DataFrame]) -> None:
        for name in tables:
            tables[name] = tables[name].iloc[::-1]

    plain, turned = check(tmp_path), check(tmp_path, reverse)
    for table in ("patients", "visits", "events", "samples"):
        pd.testing.assert_frame_equal(getattr(plain, table), getattr(turned, table))


def test_serial_days_are_read_and_reported_once(tmp_path: Path) -> None:
    registry = check(tmp_path, lambda tables: tables["patients"].__setitem__("registration_date", "42065"))
    assert registry.patients["registration_date"].dt.strftime("%Y-%m-%d").unique().tolist() == ["2015-03-02"]
    assert registry.issues[["column", "value", "rule"]].to_numpy().tolist() == [
        ["registration_date", "20 cells", "excel_serial_date"]
    ]


def test_a_partial_date_keeps_its_interval(tmp_path: Path) -> None:
    changes = together(
        put("patients", 2, onset_date="平成25年"), put("visits", 3, visit_date="2015-06"), put("events", 3, event_date="2017"),
        put("samples", 2, dna_date="2016-02"),
    )  # fmt: skip
    registry = check(tmp_path, changes)
    for table, row, name, days in (
        (registry.patients, 0, "onset_date", ("2013-07-02", "2013-01-01", "2013-12-31")),
        (registry.patients, 1, "onset_date", ("2014-01-10", "2014-01-10", "2014-01-10")),
        (registry.visits, 1, "visit_date", ("2015-06-15", "2015-06-01", "2015-06-30")),
        (registry.events, 2, "event_date", ("2017-07-02", "2017-01-01", "2017-12-31")),
        (registry.samples, 0, "dna_date", ("2016-02-15", "2016-02-01", "2016-02-29")),
    ):
        found = table.iloc[row][[name, f"{name}_earliest", f"{name}_latest"]]
        assert [str(day.date()) for day in found] == list(days), name
        assert table.iloc[row][f"is_{name}_partial"] == (days[1] != days[2])
    action = registry.issues.loc[registry.issues["table"] == "patients", "action"]
    assert action.tolist() == ["middle taken: 2013-07-02 of 2013-01-01 to 2013-12-31"]


def test_a_death_within_a_partial_date_leaves_the_visit_and_no_survival_time(tmp_path: Path) -> None:
    registry = check(tmp_path, put("events", 3, event_date="2015"))
    assert len(registry.visits) == 60
    assert registry.patients.set_index("person")["unusable_events"].dropna().to_dict() == {"P02": "death"}
    assert not registry.events["event"].eq("death")[registry.events["person"] == "P02"].any()


def test_days_counted_from_1904_are_refused(tmp_path: Path) -> None:
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    tables = clean_tables()
    tables["patients"].loc[0, "onset_date"] = 40187
    for row in [[*tables["patients"]], *tables["patients"].to_numpy().tolist()]:
        book.active.append(row)
    paths = write_tables(tables, tmp_path)
    book.save(tmp_path / "patients.xlsx")
    paths["patients"] = tmp_path / "patients.xlsx"
    registry = check_registry(read_registry(paths, {}), RegistryConfig(), FREEZE_DATE, ["array"])
    assert registry.issues[["file", "row", "value", "rule"]].to_numpy().tolist() == [
        ["patients.xlsx [Sheet]", 2, "40187", "ambiguous_date"]
    ]
    assert "1904" in registry.issues["action"][0] and pd.isna(registry.patients["onset_date"][0])


def test_the_clean_tables_are_what_the_tests_think() -> None:
    tables = clean_tables()
    assert tables["events"].iloc[1].tolist() == ["P02", "death", "2017-07-01"]
    assert tables["visits"].iloc[5]["person"] == "P02"
