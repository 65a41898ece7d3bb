"""From cells of text to typed columns; what cannot be used is rejected and noted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from alsreg.clinical.dates import Dates, has_full_width_digits, is_serial, parse_dates
from alsreg.clinical.findings import Findings
from alsreg.sheets import Sheet

# How actions begin: what a finding changed.
CELL = "cell rejected"
ROW = "row rejected"
READ_AS = "read as"
MIDDLE = "middle taken"
REPLACED = "replaced by"
ROW_LEFT_OUT = "row left out"
CHANGED_CELL = (CELL, READ_AS, MIDDLE, REPLACED)
IDENTIFIERS = ("person", "sample")
ONE_KEPT = f"{ROW_LEFT_OUT}: one is kept"
_EARLIEST = np.datetime64("1900-01-01", "D")
_RESERVED = re.compile(r"#.*|0|NA")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
# The replacement character, and UTF-8 kana and kanji read as CP932 or as Latin-1.
_DAMAGED = re.compile("\ufffd|[縺繧繝]\\S?[縺繧繝]|[ãæçéèå][\u0080-\u00bf\u201a-\u2030][\u0080-\u00bf\u201a-\u2030]")
_FLAGS = {"1": True, "0": False, "true": True, "false": False, "yes": True, "no": False}


class Cells:
    """The cells of one sheet, and where findings about them go."""

    def __init__(self, sheet: Sheet, findings: Findings, missing_codes: Sequence[str]) -> None:
        self.sheet, self.findings = sheet, findings
        self._missing = {"", *missing_codes}

    @property
    def lines(self) -> pd.Index:
        """Lines of the rows still held."""
        return self.sheet.frame.index

    def has(self, column: str) -> bool:
        return column in self.sheet.frame.columns

    def keep(self, mask: np.ndarray) -> None:
        """Hold only the rows where `mask`."""
        self.sheet = replace(self.sheet, frame=self.sheet.frame[mask])

    def note(self, rule: str, mask: np.ndarray, column: str, action: str | np.ndarray) -> None:
        """Add a finding on the rows where `mask`; `action` is one text, or one per row held."""
        chosen = action if isinstance(action, str) else np.asarray(action, dtype=object)[mask]
        self.findings.add(rule, self.sheet, self.lines[mask], column, chosen)

    def reject_rows(self, rule: str, mask: np.ndarray, column: str, action: str = ROW) -> None:
        """Add a finding on the rows where `mask`, and hold them no longer."""
        self.note(rule, mask, column, action)
        self.keep(~mask)

    def text(self, column: str) -> np.ndarray:
        """Cells as text, shape (n,), ``""`` where missing or without the column; identifiers as written."""
        if not self.has(column):
            return np.full(len(self.lines), "", dtype=object)
        values = self.sheet.frame[column].to_numpy(dtype=object)
        return values if column in IDENTIFIERS else np.where(np.isin(values, list(self._missing)), "", values)

    def note_letters(self) -> None:
        """Note half-width katakana, and letters that a wrong encoding lost or garbled."""
        raw, frame = self.sheet.raw, self.sheet.frame
        for column in raw.columns:
            values = raw.loc[self.lines, column].to_numpy(dtype=object)
            for rule, pattern in (("half_width_katakana", _HALF_WIDTH), ("damaged_text", _DAMAGED)):
                found = {value for value in set(values) if pattern.search(value)}
                if found:
                    ours = frame[column].to_numpy(dtype=object)
                    told = np.where(
                        ours == values, "kept as written", np.array([f"{READ_AS} {v}" for v in ours], dtype=object)
                    )
                    self.note(rule, np.isin(values, list(found)), column, told)

    def require_ids(self, *columns: str) -> None:
        """Reject rows whose identifier is empty, reserved, or holds white space or control characters."""
        for column in columns:
            values = self.sheet.frame[column].to_numpy(dtype=object)
            self.reject_rows("empty_id", np.array([not value.strip() for value in values], dtype=bool), column)
            values = self.sheet.frame[column].to_numpy(dtype=object)
            self.reject_rows("whitespace_in_id", np.array([_has_blank(value) for value in values], dtype=bool), column)
            values = self.sheet.frame[column].to_numpy(dtype=object)
            self.reject_rows(
                "reserved_id", np.array([bool(_RESERVED.fullmatch(v)) for v in values], dtype=bool), column
            )
            values = self.sheet.frame[column].to_numpy(dtype=object)
            full_width = np.array([has_full_width_digits(value) for value in values], dtype=bool)
            self.note("full_width_digits", full_width, column, "identifier kept as written")

    def drop_repeated_rows(self, rule: str, column: str) -> None:
        """Keep one of several rows that are the same in every cell; the others break `rule`."""
        self.reject_rows(rule, self.sheet.frame.duplicated(keep="first").to_numpy(), column, ONE_KEPT)

    def dates(self, column: str) -> Dates:
        """Read dates; what cannot be read, or lies before 1900, is rejected."""
        texts = self.text(column)
        parsed = parse_dates(texts.tolist(), self.sheet.date_order.get(column))
        for problem in ("unreadable_date", "impossible_date", "swapped_day_and_month", "ambiguous_date"):
            self.note(problem, parsed.problem == problem, column, CELL)
        early = parsed.is_known & (parsed.earliest < _EARLIEST)
        self.note("date_too_early", early, column, CELL)
        parsed = parsed.without(early)
        read_as = np.array([f"{READ_AS} {day}" for day in parsed.value], dtype=object)
        self.note(
            "partial_date",
            parsed.is_partial,
            column,
            np.array([f"{MIDDLE}: {day}" for day in parsed.value], dtype=object),
        )
        full_width = np.array([has_full_width_digits(text) for text in texts], dtype=bool)
        self.note("full_width_digits", full_width & parsed.is_known, column, read_as)
        n_serial = sum(is_serial(text) for text in texts)
        if n_serial:
            self.findings.add_table(
                "excel_serial_date", self.sheet, column, f"{n_serial} cells", "read as days since 1899-12-30"
            )
        return parsed

    def codes(self, column: str, known: Sequence[str]) -> np.ndarray:
        """Cells that must be one of `known`; others are rejected."""
        values = self.text(column)
        wrong = (values != "") & ~np.isin(values, list(known))
        self.note("unknown_code", wrong, column, f"{CELL}: not one of {', '.join(known)}")
        return np.where(wrong, "", values)

    def flags(self, column: str) -> pd.Series:
        """Yes or no: 1/0, true/false, yes/no."""
        values = np.array([value.lower() for value in self.text(column)], dtype=object)
        wrong = (values != "") & ~np.isin(values, list(_FLAGS))
        self.note("unknown_code", wrong, column, f"{CELL}: not one of {', '.join(_FLAGS)}")
        return pd.Series([_FLAGS.get(value, pd.NA) for value in values], dtype="boolean")

    def items(self, column: str, highest: int) -> np.ndarray:
        """Whole numbers 0 to `highest`, NaN where missing or rejected."""
        values = self.text(column)
        numbers = as_numbers(values)
        filled = values != ""
        is_fraction = np.isfinite(numbers) & (numbers != np.round(numbers))
        is_outside = np.isfinite(numbers) & ~is_fraction & ((numbers < 0) | (numbers > highest))
        self.note("not_a_number", filled & np.isnan(numbers), column, f"{CELL}: total missing")
        self.note("item_not_integer", is_fraction, column, f"{CELL}: total missing")
        self.note("item_out_of_range", is_outside, column, f"{CELL}: total missing")
        numbers = np.where(is_fraction | is_outside, np.nan, numbers)
        full_width = np.array([has_full_width_digits(value) for value in values], dtype=bool) & ~np.isnan(numbers)
        read_as = np.array(["" if np.isnan(number) else f"{READ_AS} {number:g}" for number in numbers], dtype=object)
        self.note("full_width_digits", full_width, column, read_as)
        return numbers

    def own_column(self, column: str, min_numeric_fraction: float) -> pd.Series:
        """A column only the freeze knows: numeric if nearly all its filled cells are, else text."""
        values = self.text(column)
        numbers, filled = as_numbers(values), values != ""
        if not filled.any() or (~np.isnan(numbers[filled])).mean() < min_numeric_fraction:
            return pd.Series(values, dtype="string").replace("", pd.NA)
        self.note("not_a_number", filled & np.isnan(numbers), column, CELL)
        return pd.Series(numbers, dtype="float64")


def as_numbers(values: np.ndarray) -> np.ndarray:
    """Plain decimal numbers, full-width digits included; NaN for anything else (also for "inf" and "1,5")."""
    known = {value: _number(value) for value in set(values.tolist())}
    return np.array([known[value] for value in values], dtype=float)


def _number(text: str) -> float:
    text = unicodedata.normalize("NFKC", text)
    return float(text) if _NUMBER.fullmatch(text) else np.nan


def _has_blank(text: str) -> bool:
    return any(letter.isspace() or unicodedata.category(letter) in ("Cc", "Cf") for letter in text)
