"""From cells of text to typed columns; what cannot be used is rejected and noted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from alsreg.clinical.dates import Dates, has_full_width_digits, is_serial, parse_dates
from alsreg.clinical.findings import Findings
from alsreg.sheets import Sheet
from alsreg.sheets.excel import EXCEL_1904
from alsreg.sheets.identifiers import plain_identifier

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
# Below the rows, not of a person.
_TOTALS = {"合計", "総計", "計", "小計", "平均", "total", "totals", "sum", "average", "mean"}
_SCIENTIFIC = re.compile(r"\d(\.\d+)?E\+\d{2}")
_YEAR = re.compile(r"\d{4}")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
# The replacement character, letters of private use (a hospital's own kanji, or no letter at all), and UTF-8 kana and kanji read as CP932 or as Latin-1.
_DAMAGED = re.compile(
    "[\ufffd\ue000-\uf8ff]|[縺繧繝]\\S?[縺繧繝]|[ãæçéèå][\u0080-\u00bf\u201a-\u2030][\u0080-\u00bf\u201a-\u2030]"
)
# Wide letters that must come out before text is taken for UTF-8 read as CP932: one comes out of real kanji now and then.
_MIN_WIDE = 2
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
            for rule, is_found in (("half_width_katakana", _HALF_WIDTH.search), ("damaged_text", _is_damaged)):
                found = {value for value in set(values) if is_found(value)}
                if found:
                    ours = frame[column].to_numpy(dtype=object)
                    told = np.where(
                        ours == values, "kept as written", np.array([f"{READ_AS} {v}" for v in ours], dtype=object)
                    )
                    self.note(rule, np.isin(values, list(found)), column, told)

    def require_ids(self, *columns: str) -> None:
        """Reject rows whose identifier is empty, reserved, damaged, or holds white space or control characters."""
        for column in columns:
            for rule, is_wrong in (
                ("empty_id", lambda text: not text.strip()),
                ("totals_row", lambda text: plain_identifier(text) in _TOTALS),
                ("whitespace_in_id", _has_blank),
                ("reserved_id", _RESERVED.fullmatch),
                ("scientific_id", _SCIENTIFIC.fullmatch),
            ):
                self.reject_rows(rule, self._where(column, is_wrong), column)
            self.note(
                "full_width_digits", self._where(column, has_full_width_digits), column, "identifier kept as written"
            )

    def _where(self, column: str, is_so: Callable[[str], object]) -> np.ndarray:
        """Rows held whose cell is so."""
        return np.array([bool(is_so(text)) for text in self.sheet.frame[column]], dtype=bool)

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
        parsed = self._check_serials(column, texts, parsed.without(early))
        read_as = np.array([f"{READ_AS} {day}" for day in parsed.value], dtype=object)
        spans = zip(parsed.value, parsed.earliest, parsed.latest, strict=True)
        action = np.array([f"{MIDDLE}: {day} of {first} to {last}" for day, first, last in spans], dtype=object)
        self.note("partial_date", parsed.is_partial, column, action)
        full_width = np.array([has_full_width_digits(text) for text in texts], dtype=bool)
        self.note("full_width_digits", full_width & parsed.is_known, column, read_as)
        return parsed

    def _check_serials(self, column: str, texts: np.ndarray, parsed: Dates) -> Dates:
        """Days that Excel counts: noted once where the whole column is so, else row by row; refused where unsure."""
        serial = np.array([is_serial(text) for text in texts], dtype=bool)
        if not serial.any():
            return parsed
        # Days before May 1927 have four digits, as years have.
        year = np.array([bool(_YEAR.fullmatch(unicodedata.normalize("NFKC", text))) for text in texts], dtype=bool)
        self.note(
            "ambiguous_date", year, column, f"{CELL}: a year, or a day that Excel counts like others of the column"
        )
        if self.sheet.encoding == EXCEL_1904:
            self.note(
                "ambiguous_date", serial, column, f"{CELL}: this workbook counts days from 1904, others from 1900"
            )
            return parsed.without(year | serial)
        if (serial | year | (texts == "")).all():
            action = "read as days since 1899-12-30"
            self.findings.add_table("excel_serial_date", self.sheet, column, f"{serial.sum()} cells", action)
        else:
            action = np.array([f"{READ_AS} {day}" for day in parsed.value], dtype=object)
            self.note("excel_serial_date", serial, column, action)
        return parsed.without(year)

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

    def items(self, column: str, highest: int, action: str = CELL) -> np.ndarray:
        """Whole numbers 0 to `highest`, NaN where missing or rejected (with `action`)."""
        values = self.text(column)
        numbers = as_numbers(values)
        filled = values != ""
        is_fraction = np.isfinite(numbers) & (numbers != np.round(numbers))
        is_outside = np.isfinite(numbers) & ~is_fraction & ((numbers < 0) | (numbers > highest))
        self.note("not_a_number", filled & np.isnan(numbers), column, action)
        self.note("item_not_integer", is_fraction, column, action)
        self.note("item_out_of_range", is_outside, column, action)
        numbers = np.where(is_fraction | is_outside, np.nan, numbers)
        self._note_full_width(column, values, numbers)
        return numbers

    def _note_full_width(self, column: str, values: np.ndarray, numbers: np.ndarray) -> None:
        full_width = np.array([has_full_width_digits(value) for value in values], dtype=bool) & ~np.isnan(numbers)
        read_as = np.array(["" if np.isnan(number) else f"{READ_AS} {number:g}" for number in numbers], dtype=object)
        self.note("full_width_digits", full_width, column, read_as)

    def own_column(self, column: str, min_numeric_fraction: float) -> pd.Series:
        """A column only the freeze knows: numeric if nearly all its filled cells are, else text."""
        values = self.text(column)
        numbers, filled = as_numbers(values), values != ""
        if not filled.any() or (~np.isnan(numbers[filled])).mean() < min_numeric_fraction:
            return pd.Series(values, dtype="string").replace("", pd.NA)
        self.note("not_a_number", filled & np.isnan(numbers), column, CELL)
        self._note_full_width(column, values, numbers)
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


def _is_damaged(text: str) -> bool:
    return bool(_DAMAGED.search(text)) or _is_utf8_read_as_cp932(text)


def _is_utf8_read_as_cp932(text: str) -> bool:
    """Kanji such as 諢帷衍 whose bytes are UTF-8 for others (愛知)."""
    if text.isascii():
        return False
    try:
        meant = text.encode("cp932").decode()
    except UnicodeError:
        return False
    wide = [letter for letter in meant if not letter.isascii()]
    return len(wide) >= _MIN_WIDE and min(wide) >= "\u3000"
