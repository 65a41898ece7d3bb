"""Every rule the registry is checked by, and the list of what broke them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from alsreg.sheets import Sheet
from alsreg.tables.registry import ISSUES


@dataclass(frozen=True)
class Rule:
    """`severity` error: the cell, row or person cannot be used; warning: used, but doubtful."""

    severity: str
    description: str
    remedy: str


_DATE_REMEDY = "correct it at the hospital; write dates as YYYY-MM-DD"
_ID_REMEDY = "correct the identifier in every table"

RULES: dict[str, Rule] = {
    # Cells
    "empty_id": Rule("error", "A row without an identifier", _ID_REMEDY),
    "whitespace_in_id": Rule("error", "White space or a control character in or around an identifier: PLINK files cannot hold it", _ID_REMEDY),
    "reserved_id": Rule("error", "An identifier that genotype tables read as something else: 0, NA, or a leading #", _ID_REMEDY),
    "scientific_id": Rule("error", "An identifier in scientific notation: a spreadsheet lost its last digits", "export identifiers as text"),
    "totals_row": Rule("error", "A row of totals instead of a person", "delete the row"),
    "similar_id": Rule("warning", "Identifiers of two people differ only in case, width, dashes or what is not seen", "find out whether they are one; correct the identifier"),
    "full_width_digits": Rule("warning", "Digits of full width", "write ASCII digits; an identifier with them is another identifier"),
    "half_width_katakana": Rule("warning", "Katakana of half width", "export full-width katakana; a mapped value is recognised in both"),
    "damaged_text": Rule("warning", "Letters lost or garbled by a wrong encoding", "export the file again as UTF-8"),
    "missing_value": Rule("warning", "A cell that a trait needs is empty", "ask the hospital"),
    "incomplete_row": Rule("error", "A cell without which the row means nothing is empty", "ask the hospital"),
    "unreadable_date": Rule("error", "Not a date", _DATE_REMEDY),
    "swapped_day_and_month": Rule("error", "No such month, but a day of the calendar if day and month are swapped: never guessed", _DATE_REMEDY),
    "impossible_date": Rule("error", "No such day in the calendar, or outside its era", _DATE_REMEDY),
    "ambiguous_date": Rule("error", "The year last without `date_order`, a year of two digits, or a number that may be a year or a day that Excel counts: never guessed", "write dates as YYYY-MM-DD, or give `date_order` of the column in the mapping"),
    "date_too_early": Rule("error", "Before 1900", _DATE_REMEDY),
    "partial_date": Rule("warning", "Only the year, or year and month, are known: the middle is taken, the interval kept beside it", "ask the hospital for the day"),
    "excel_serial_date": Rule("warning", "Numbers that Excel keeps for dates: days since 1899-12-30", "export the column as text"),
    "future_date": Rule("error", "After the freeze date", _DATE_REMEDY),
    "after_freeze_date": Rule("warning", "After the freeze date, but within max_days_after_freeze", "none needed: follow-up ends at the freeze date"),
    "unknown_code": Rule("error", "A code outside the list", "correct it, or map it under `values`"),
    "not_a_number": Rule("error", "Free text in a numeric column", "correct it, or name a code for `missing` in registry.missing_codes"),
    "item_not_integer": Rule("error", "An ALSFRS-R item that is not a whole number", "correct it"),
    "item_out_of_range": Rule("error", "An ALSFRS-R item outside 0-4", "correct it, or name a code for `missing` in registry.missing_codes"),
    # Rows
    "duplicate_person": Rule("warning", "The same row of a person again", "delete one"),
    "contradicting_person": Rule("error", "Rows of one person that contradict each other", "keep the right row"),
    "duplicate_visit": Rule("warning", "The same visit again", "delete one"),
    "contradicting_visit": Rule("error", "Two visits of one person on one day that contradict each other", "keep the right row"),
    "duplicate_event": Rule("warning", "The same event again", "delete one"),
    "contradicting_event": Rule("error", "An event that happens once has two dates", "keep the right row"),
    "duplicate_sample": Rule("warning", "The same row of a sample again", "delete one"),
    "contradicting_sample": Rule("error", "Rows of one sample that contradict each other, such as two persons", "keep the right row"),
    "duplicate_child": Rule("warning", "The same row of a child again", "delete one"),
    "contradicting_child": Rule("error", "Rows of one child that contradict each other", "keep the right row"),
    "unknown_person": Rule("error", "A person the patients table does not hold", "add the person, or correct the identifier"),
    "sample_of_unknown_person": Rule("warning", "A sample of a person the patients table does not hold", "add the person, or correct the identifier"),
    "unknown_assay": Rule("error", "An assay the freeze does not hold", "correct it, or add the assay to the freeze file"),
    "visit_without_items": Rule("warning", "A visit without any ALSFRS-R item", "ask the hospital"),
    "missing_items": Rule("warning", "Some items of a visit are empty", "ask the hospital"),
    "cutting_and_gastrostomy": Rule("error", "Q5a (without gastrostomy) and Q5b (with) are both filled, or one against has_gastrostomy", "keep the one that was asked"),
    "total_differs": Rule("warning", "The file's total is not the sum of its items", "check the items"),
    "repeated_last_contact": Rule("warning", "Several last contacts: the latest counts", "keep the latest"),
    "impossible_parent": Rule("error", "A parent who is the child, both parents, or of the other sex", "correct the pedigree"),
    "ignored_event": Rule("warning", "A code of ignored_events", "none needed"),
    # Order in time
    "dates_run_backwards": Rule("error", "Two dates in an impossible order", _DATE_REMEDY),
    "partial_date_out_of_order": Rule("error", "The middle of a partial date contradicts another date, though the interval does not", "ask the hospital for the day"),
    "implausible_age_at_onset": Rule("error", "Age at onset outside the plausible range", _DATE_REMEDY),
    "visit_before_registration": Rule("error", "A visit before registration", _DATE_REMEDY),
    "visit_after_death": Rule("error", "A visit after death", _DATE_REMEDY),
    "visit_after_last_contact": Rule("warning", "A visit after the last contact", _DATE_REMEDY),
    "event_before_registration": Rule("warning", "A ventilation or gastrostomy before registration", _DATE_REMEDY),
    "event_after_death": Rule("error", "An event after death", _DATE_REMEDY),
    "event_after_last_contact": Rule("warning", "An event after the last contact: follow-up ends at the last contact", "update the last contact"),
    "contact_after_death": Rule("warning", "A last contact after death", "set the last contact to the day of death"),
    "dna_after_death": Rule("warning", "DNA sampled after death", _DATE_REMEDY),
    "improbable_rise": Rule("warning", "ALSFRS-R rises by more than max_score_rise between visits", "check the items of both visits"),
    # Persons and tables
    "probable_duplicate_person": Rule("warning", "Another person has the same sex, birth date and onset date", "find out whether they are one; genotypes decide where both have them"),
    "person_without_visits": Rule("warning", "No visit of this person", "ask the hospital"),
    "person_without_events": Rule("warning", "No event and no last contact of this person", "ask the hospital"),
    "person_without_sample": Rule("warning", "No DNA sample of this person", "none needed"),
    "person_sampled_twice": Rule("warning", "Two samples of one person on one assay", "none needed: the identity stage chooses"),
    # Reviewed decisions
    "override_applied": Rule("warning", "A cell or row was changed by a reviewed decision", "correct it at the hospital, then delete the decision"),
    "override_unused": Rule("warning", "A reviewed decision that fits nothing in the tables", "delete it, or correct table, person, row, column and value"),
    "withdrawn_unknown": Rule("warning", "A withdrawal of somebody whom no table holds", "check the identifier in the row named, if the person should still be in the export"),
    # Files
    "not_utf8": Rule("warning", "The file is not UTF-8", "check that its letters are right"),
    "unused_column": Rule("warning", "A column that nothing reads", "none needed"),
}  # fmt: skip


@dataclass
class Findings:
    """The growing list of findings on one registry."""

    parts: list[pd.DataFrame] = field(default_factory=list)
    _confirmed: list[tuple[tuple[str, int, str], str, tuple[Sheet, int]]] = field(default_factory=list)

    def add(
        self,
        rule: str,
        sheet: Sheet,
        rows: Sequence[int] | np.ndarray | pd.Index,
        column: str,
        action: str | Sequence[str],
        review: str | None = None,
    ) -> None:
        """Note that `column` of `rows` (index of the sheet) breaks `rule`. The value is what the file holds there."""
        rows = pd.Index(rows)
        if rows.empty:
            return
        values = sheet.raw.loc[rows, column] if column in sheet.raw.columns else ""
        persons = sheet.frame.loc[rows, "person"].to_numpy() if "person" in sheet.frame.columns else pd.NA
        self._append(rule, sheet, sheet.line_of(rows, column), column, values, persons, action, review)

    def add_hidden(self, rule: str, sheet: Sheet, rows: pd.Index, column: str, action: str) -> None:
        """Note rows by their lines alone: neither value nor person is written."""
        if len(rows):
            self._append(rule, sheet, sheet.line_of(rows, column), column, "", pd.NA, action)

    def confirm(self, sheet: Sheet, rows: pd.Index, column: str, review: str, source: tuple[Sheet, int]) -> None:
        """Findings on this cell carry `review`; `source` (file, its row) is noted if there are none."""
        line = int(sheet.line_of(rows, column)[0])
        self._confirmed.append(((sheet.table, line, sheet.source_name(column)), review, source))

    def add_table(self, rule: str, sheet: Sheet, column: str | None, value: str, action: str) -> None:
        """Note something about a whole column or file."""
        self._append(rule, sheet, [pd.NA], column, [value], [pd.NA], action)

    def _append(self, rule, sheet, lines, column, values, persons, action, review=None) -> None:
        part = {
            "table": sheet.table, "file": sheet.file, "row": lines, "column": pd.NA if column is None else sheet.source_name(column),
            "person": persons, "value": np.asarray(values), "rule": rule,
            "severity": RULES[rule].severity, "action": action, "remedy": RULES[rule].remedy, "review": pd.NA if review is None else review,
        }  # fmt: skip
        self.parts.append(pd.DataFrame(part, index=range(len(lines))))

    def table(self) -> pd.DataFrame:
        """All findings in the order of `ISSUES`, sorted by table, row, column and rule; each once."""
        self._note_needless_confirmations()
        if not self.parts:
            return ISSUES.empty()
        issues = pd.concat([part.astype(object) for part in self.parts], ignore_index=True).drop_duplicates()
        for (table, line, column), review, _ in self._confirmed:
            cell = issues["table"].eq(table) & issues["row"].eq(line).fillna(False) & issues["column"].eq(column)
            issues.loc[cell.to_numpy(dtype=bool), "review"] = review
        order = {table: position for position, table in enumerate(dict.fromkeys(issues["table"]))}
        issues = issues.assign(_table=issues["table"].map(order), _row=pd.to_numeric(issues["row"]).fillna(0))
        issues = issues.sort_values(["_table", "_row", "column", "rule", "action"], kind="stable", na_position="first")
        return ISSUES.conform(issues.drop(columns=["_table", "_row"]))

    def _note_needless_confirmations(self) -> None:
        found = {
            place for part in self.parts for place in zip(part["table"], part["row"], part["column"], strict=True)
        }  # fmt: skip
        for place, _, (file, line) in self._confirmed:
            if place not in found:
                self.add("override_unused", file, [line], "value", "no effect: nothing was found on this cell")

    def persons(self, rule: str) -> list[str]:
        """Persons found by one rule, sorted."""
        return sorted({person for part in self.parts for person in part.loc[part["rule"] == rule, "person"]})

    def n_rows_with_error(self, sheet: Sheet) -> int:
        """Rows of one table with at least one error."""
        rows = [
            part["row"]
            for part in self.parts
            if part["table"].iloc[0] == sheet.table and part["severity"].iloc[0] == "error"
        ]
        return int(pd.concat(rows).dropna().nunique()) if rows else 0
