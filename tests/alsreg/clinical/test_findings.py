"""Every fault of the tables is named with file, row, column, value and rule."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from alsreg.clinical.findings import RULES
from alsreg.tables.registry import ITEMS
from registry_tables import append, check, put, together

ALL_ITEMS = dict.fromkeys(ITEMS, "")

# change, then (file, row, column, value, rule) of every finding expected
FAULTS = {
    "unreadable date": (put("patients", 2, birth_date="fifty"), [
        ("patients.csv", 2, "birth_date", "fifty", "unreadable_date")]),
    "day not in the calendar": (put("visits", 3, visit_date="2015-06-31"), [
        ("visits.csv", 3, "visit_date", "2015-06-31", "impossible_date")]),
    "day and month swapped": (put("visits", 3, visit_date="2015-25-06"), [
        ("visits.csv", 3, "visit_date", "2015-25-06", "swapped_day_and_month")]),
    "half-width katakana": (put("patients", 3, site="ﾅｺﾞﾔ"), [
        ("patients.csv", 3, "site", "ﾅｺﾞﾔ", "half_width_katakana")]),
    "text of another encoding": (put("patients", 3, site="譚ｱ莠ｬ縺ゅ繝"), [
        ("patients.csv", 3, "site", "譚ｱ莠ｬ縺ゅ繝", "half_width_katakana"),
        ("patients.csv", 3, "site", "譚ｱ莠ｬ縺ゅ繝", "damaged_text")]),
    "text of another encoding in kanji alone": (put("patients", 3, site="愛知".encode().decode("cp932")), [
        ("patients.csv", 3, "site", "諢帷衍", "damaged_text")]),
    "letters lost": (put("patients", 3, site="Orl\ufffdans"), [
        ("patients.csv", 3, "site", "Orl\ufffdans", "damaged_text")]),
    "a letter of private use": (put("patients", 3, site="\ue000田"), [
        ("patients.csv", 3, "site", "\ue000田", "damaged_text")]),
    "one day that Excel counts among written ones": (put("visits", 3, visit_date="42157"), [
        ("visits.csv", 3, "visit_date", "42157", "excel_serial_date")]),
    "a number that may be a year or a day that Excel counts": (
        together(lambda t: t["patients"].__setitem__("birth_date", "18749"), put("patients", 3, birth_date="9863")), [
        ("patients.csv", 3, "birth_date", "9863", "ambiguous_date"),
        ("patients.csv", None, "birth_date", "19 cells", "excel_serial_date"),
        *(("patients.csv", row, "person", f"P{row - 1:02d}", "probable_duplicate_person") for row in range(2, 22) if row != 3)]),
    "registration whose middle is after the freeze": (put("patients", 2, registration_date="2022"), [
        ("patients.csv", 2, "registration_date", "2022", "partial_date"),
        ("patients.csv", 2, "registration_date", "2022", "partial_date_out_of_order")]),
    "partial death whose middle is before a visit": (put("events", 3, event_date="2015"), [
        ("events.csv", 3, "event_date", "2015", "partial_date"),
        ("events.csv", 3, "event_date", "2015", "partial_date_out_of_order"),
        ("events.csv", 4, "event_date", "2017-07-01", "contact_after_death")]),
    "partial visit whose middle is after death": (put("visits", 7, visit_date="2017-07"), [
        ("visits.csv", 7, "visit_date", "2017-07", "partial_date"),
        ("visits.csv", 7, "visit_date", "2017-07", "partial_date_out_of_order")]),
    "partial death whose middle is before a tracheostomy": (
        together(put("events", 3, event_date="2017-06"), append("events", person="P02", event="tracheostomy", event_date="2017-06-20")), [
        ("events.csv", 3, "event_date", "2017-06", "partial_date"),
        ("events.csv", 3, "event_date", "2017-06", "partial_date_out_of_order"),
        ("events.csv", 4, "event_date", "2017-07-01", "contact_after_death")]),
    "partial death whose middle is after the last contact": (
        together(put("events", 3, event_date="2017-07"), put("events", 4, event_date="2017-07-10")), [
        ("events.csv", 3, "event_date", "2017-07", "partial_date"),
        ("events.csv", 3, "event_date", "2017-07", "event_after_last_contact")]),
    "a row of totals": (append("patients", person="合　計"), [("patients.csv", 22, "person", "合　計", "totals_row")]),
    "an identifier that a spreadsheet shortened": (append("patients", person="1.23457E+15"), [
        ("patients.csv", 22, "person", "1.23457E+15", "scientific_id")]),
    **{f"identifiers alike: {other!r}": (
        together(append("patients", person=other, birth_date="1940-01-01"), append("visits", person=other), append("events", person=other),
                 append("samples", person=other, sample="X")), [
            ("patients.csv", 2, "person", "P01", "similar_id"), ("patients.csv", 22, "person", other, "similar_id")])
       for other in ("p01", "Ｐ01")},
    "identifiers alike: dashes": (
        lambda tables: [frame.__setitem__("person", frame["person"].replace({"P01": "P-1", "P02": "P−1"}))
                        for frame in tables.values()], [
            ("patients.csv", 2, "person", "P-1", "similar_id"), ("patients.csv", 3, "person", "P−1", "similar_id")]),
    "an empty item": (put("visits", 2, walking=""), [("visits.csv", 2, "visit_date", "2015-03-02", "missing_items")]),
    "full-width digits in a column of one's own": (
        lambda tables: tables["patients"].insert(7, "bmi", ["２1.5", *["21.5"] * 19]),
        [("patients.csv", 2, "bmi", "２1.5", "full_width_digits")]),
    "day first": (put("events", 2, event_date="1/7/2017"), [
        ("events.csv", 2, "event_date", "1/7/2017", "ambiguous_date"),
        ("patients.csv", 2, "person", "P01", "person_without_events")]),
    "before 1900": (put("patients", 2, birth_date="1850-01-01"), [
        ("patients.csv", 2, "birth_date", "1850-01-01", "date_too_early")]),
    "birth after onset": (put("patients", 4, birth_date="2014-02-01"), [
        ("patients.csv", 4, "birth_date", "2014-02-01", "dates_run_backwards"),
        ("patients.csv", 4, "onset_date", "2014-01-10", "dates_run_backwards")]),
    "onset after registration": (put("patients", 4, onset_date="2015-03-03"), [
        ("patients.csv", 4, "onset_date", "2015-03-03", "dates_run_backwards"),
        ("patients.csv", 4, "registration_date", "2015-03-02", "dates_run_backwards")]),
    "diagnosis before onset": (put("patients", 4, diagnosis_date="2014-01-09"), [
        ("patients.csv", 4, "diagnosis_date", "2014-01-09", "dates_run_backwards"),
        ("patients.csv", 4, "onset_date", "2014-01-10", "dates_run_backwards")]),
    "partial onset whose middle is too late": (put("patients", 4, onset_date="2015"), [
        ("patients.csv", 4, "onset_date", "2015", "partial_date"),
        ("patients.csv", 4, "onset_date", "2015", "partial_date_out_of_order")]),
    "partial onset": (put("patients", 4, onset_date="2014-02"), [
        ("patients.csv", 4, "onset_date", "2014-02", "partial_date")]),
    "registration after the freeze": (put("patients", 2, registration_date="2022-03-01"), [
        ("patients.csv", 2, "registration_date", "2022-03-01", "future_date")]),
    "age at onset of 5": (put("patients", 2, birth_date="2009-01-10"), [
        ("patients.csv", 2, "birth_date", "2009-01-10", "implausible_age_at_onset"),
        ("patients.csv", 2, "onset_date", "2014-01-10", "implausible_age_at_onset")]),
    "empty onset": (put("patients", 2, onset_date=""), [
        ("patients.csv", 2, "onset_date", "", "missing_value")]),
    "unknown sex": (put("patients", 2, sex="male"), [
        ("patients.csv", 2, "sex", "male", "unknown_code")]),
    "unknown region": (put("patients", 3, onset_region="leg"), [
        ("patients.csv", 3, "onset_region", "leg", "unknown_code")]),
    "same person twice, the same": (append("patients"), [
        ("patients.csv", 22, "person", "P01", "duplicate_person")]),
    "probable duplicate": (append("patients", person="P21"), [
        ("patients.csv", 2, "person", "P01", "probable_duplicate_person"),
        ("patients.csv", 22, "person", "P21", "probable_duplicate_person"),
        ("patients.csv", 22, "person", "P21", "person_without_visits"),
        ("patients.csv", 22, "person", "P21", "person_without_events"),
        ("patients.csv", 22, "person", "P21", "person_without_sample")]),
    "full-width digits in a date": (put("patients", 2, birth_date="１９５０-05-01"), [
        ("patients.csv", 2, "birth_date", "１９５０-05-01", "full_width_digits")]),
    "item of 7": (put("visits", 2, walking="7"), [("visits.csv", 2, "walking", "7", "item_out_of_range")]),
    "item of -1": (put("visits", 2, walking="-1"), [("visits.csv", 2, "walking", "-1", "item_out_of_range")]),
    "item of 2.5": (put("visits", 2, walking="2.5"), [("visits.csv", 2, "walking", "2.5", "item_not_integer")]),
    "free text for an item": (put("visits", 2, walking="cane"), [("visits.csv", 2, "walking", "cane", "not_a_number")]),
    "full-width item": (put("visits", 2, walking="３"), [("visits.csv", 2, "walking", "３", "full_width_digits")]),
    "same visit twice": (append("visits"), [("visits.csv", 62, "visit_date", "2015-03-02", "duplicate_visit")]),
    "contradicting visits": (append("visits", walking="2"), [
        ("visits.csv", 2, "visit_date", "2015-03-02", "contradicting_visit"),
        ("visits.csv", 62, "visit_date", "2015-03-02", "contradicting_visit")]),
    "visit of nobody": (append("visits", person="P99"), [("visits.csv", 62, "person", "P99", "unknown_person")]),
    "visit before registration": (put("visits", 2, visit_date="2015-03-01"), [
        ("visits.csv", 2, "visit_date", "2015-03-01", "visit_before_registration")]),
    "visit in the future": (put("visits", 2, visit_date="2022-03-01"), [
        ("visits.csv", 2, "visit_date", "2022-03-01", "future_date")]),
    "visit without a date": (put("visits", 2, visit_date=""), [("visits.csv", 2, "visit_date", "", "incomplete_row")]),
    "visit without items": (put("visits", 2, **ALL_ITEMS), [
        ("visits.csv", 2, "visit_date", "2015-03-02", "visit_without_items")]),
    "visit after death": (put("visits", 7, visit_date="2017-07-02"), [
        ("visits.csv", 7, "visit_date", "2017-07-02", "visit_after_death"),
        ("events.csv", 3, "event_date", "2017-07-01", "visit_after_death")]),
    "visit after the last contact": (put("visits", 4, visit_date="2017-07-02"), [
        ("visits.csv", 4, "visit_date", "2017-07-02", "visit_after_last_contact")]),
    "steep rise": (put("visits", 3, **dict.fromkeys(ITEMS[:7], "4")), [
        ("visits.csv", 3, "visit_date", "2015-06-02", "improbable_rise")]),
    "total that is not the sum": (put("visits", 2, total="35"), [("visits.csv", 2, "total", "35", "total_differs")]),
    "event without a date": (put("events", 3, event_date=""), [("events.csv", 3, "event_date", "", "incomplete_row")]),
    "unknown event": (append("events", event="died"), [("events.csv", 32, "event", "died", "unknown_code")]),
    "event in the far future": (put("events", 3, event_date="2071-07-01"), [
        ("events.csv", 3, "event_date", "2071-07-01", "future_date")]),
    "event a little after the freeze": (put("events", 2, event_date="2022-03-15"), [
        ("events.csv", 2, "event_date", "2022-03-15", "after_freeze_date")]),
    "same event twice": (append("events"), [("events.csv", 32, "event", "last_contact", "duplicate_event")]),
    "death twice": (append("events", person="P02", event="death", event_date="2016-07-01"), [
        ("events.csv", 3, "event_date", "2017-07-01", "contradicting_event"),
        ("events.csv", 32, "event_date", "2016-07-01", "contradicting_event")]),
    "two last contacts": (append("events", event_date="2016-01-01"), [
        ("events.csv", 32, "event_date", "2016-01-01", "repeated_last_contact")]),
    "death before registration": (put("events", 3, event_date="2015-03-01"), [
        ("events.csv", 3, "event_date", "2015-03-01", "dates_run_backwards")]),
    "ventilation before registration": (append("events", event="niv_23h", event_date="2015-03-01"), [
        ("events.csv", 32, "event_date", "2015-03-01", "event_before_registration")]),
    "ventilation before onset": (append("events", event="niv_23h", event_date="2014-01-09"), [
        ("events.csv", 32, "event_date", "2014-01-09", "dates_run_backwards")]),
    "tracheostomy after death": (append("events", person="P02", event="tracheostomy", event_date="2017-07-02"), [
        ("events.csv", 3, "event_date", "2017-07-01", "event_after_death"),
        ("events.csv", 32, "event_date", "2017-07-02", "event_after_death"),
        ("events.csv", 32, "event_date", "2017-07-02", "event_after_last_contact")]),
    "death after the last contact": (put("events", 4, event_date="2017-06-01"), [
        ("events.csv", 3, "event_date", "2017-07-01", "event_after_last_contact")]),
    "contact after death": (put("events", 4, event_date="2017-08-01"), [
        ("events.csv", 4, "event_date", "2017-08-01", "contact_after_death")]),
    "sample of nobody": (append("samples", sample="A99", person="P99"), [
        ("samples.csv", 22, "person", "P99", "sample_of_unknown_person")]),
    "same sample twice": (append("samples"), [("samples.csv", 22, "sample", "AP01", "duplicate_sample")]),
    "sample of two persons": (append("samples", person="P02"), [
        ("samples.csv", 2, "sample", "AP01", "contradicting_sample"),
        ("samples.csv", 22, "sample", "AP01", "contradicting_sample"),
        ("patients.csv", 2, "person", "P01", "person_without_sample")]),
    "two samples of a person": (append("samples", sample="A99"), [
        ("samples.csv", 2, "sample", "AP01", "person_sampled_twice"),
        ("samples.csv", 22, "sample", "A99", "person_sampled_twice")]),
    "unknown assay": (append("samples", sample="A99", assay="chip"), [("samples.csv", 22, "assay", "chip", "unknown_assay")]),
    "DNA after death": (put("samples", 3, dna_date="2017-07-02"), [
        ("samples.csv", 3, "dna_date", "2017-07-02", "dna_after_death")]),
    "DNA in the future": (put("samples", 2, dna_date="2022-07-02"), [
        ("samples.csv", 2, "dna_date", "2022-07-02", "future_date")]),
    "white space around an id": (append("samples", sample="A99 "), [
        ("samples.csv", 22, "sample", "A99 ", "whitespace_in_id")]),
    "white space in an id": (append("visits", person="P 01"), [("visits.csv", 62, "person", "P 01", "whitespace_in_id")]),
    "ideographic space in an id": (append("visits", person="P\u300001"), [
        ("visits.csv", 62, "person", "P\u300001", "whitespace_in_id")]),
    "no id": (append("visits", person=""), [("visits.csv", 62, "person", "", "empty_id")]),
    "id that PLINK takes for a header": (append("samples", sample="#A"), [("samples.csv", 22, "sample", "#A", "reserved_id")]),
    "id with full-width digits": (append("visits", person="P０１"), [
        ("visits.csv", 62, "person", "P０１", "full_width_digits"),
        ("visits.csv", 62, "person", "P０１", "unknown_person")]),
    "free text in a column of one's own": (
        lambda tables: tables["patients"].insert(7, "bmi", ["thin", *["21.5"] * 19]),
        [("patients.csv", 2, "bmi", "thin", "not_a_number")]),
    "column nobody reads": (lambda tables: tables["events"].insert(3, "note", "x"), [
        ("events.csv", None, "note", "note", "unused_column")]),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_named_with_its_place(name: str, tmp_path: Path) -> None:
    change, expected = FAULTS[name]
    issues = check(tmp_path, change).issues
    found = {
        (
            row.file,
            None if pd.isna(row.row) else int(row.row),
            row.column,
            "" if pd.isna(row.value) else row.value,
            row.rule,
        )
        for row in issues.itertuples()
    }
    assert found == set(expected)
    assert set(issues["severity"]) == {RULES[rule].severity for *_, rule in expected}


def test_every_rule_is_exercised() -> None:
    exercised = {rule for _, expected in FAULTS.values() for *_, rule in expected}
    elsewhere = {
        "contradicting_person", "ignored_event", "cutting_and_gastrostomy", "not_utf8",
        "impossible_parent", "duplicate_child", "contradicting_child",
        "override_applied", "override_unused", "withdrawn_unknown",  # test_review, test_withdrawal
    }  # fmt: skip
    assert exercised | elsewhere == set(RULES)


@pytest.mark.parametrize("site", ["愛知", "渡邊病院", "邊田", "齋藤", "聖路加国際病院", "Zürich"])
def test_letters_that_are_meant_are_not_called_damaged(tmp_path: Path, site: str) -> None:
    assert check(tmp_path, put("patients", 3, site=site)).issues.empty
