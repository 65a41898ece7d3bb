"""Read dates as registries write them; a partial date is an interval and stands at its middle."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

DAYS_PER_MONTH = 30.4375
DAYS_PER_YEAR = 365.25

_SERIAL_ORIGIN = date(1899, 12, 30)  # Excel's day 0 after 1900-02-29, which never was
_SERIAL_RANGE = (10_000, 60_000)  # 1927 to 2064: five digits can be nothing else
_TIME = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_FULL = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_MONTH = re.compile(r"(\d{4})[-/.](\d{1,2})")
_UNKNOWN_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](?:UNK?|XX|\?\??|不明)", re.IGNORECASE)
_YEAR = re.compile(r"\d{4}")
_ERA = "明治|大正|昭和|平成|令和|明|大|昭|平|令|[MTSHRmtshr]"
_JAPANESE = re.compile(
    rf"({_ERA})?\s*(\d{{1,4}}|元)\s*年(?:\s*(\d{{1,2}})\s*月(?:\s*(\d{{1,2}})\s*日(?:\s*\([月火水木金土日]\))?)?)?"
)
_ERA_SHORT = re.compile(rf"({_ERA})\s*(\d{{1,2}}|元)[./-](\d{{1,2}})(?:[./-](\d{{1,2}}))?")
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}){_TIME}")
_DAY_FIRST = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{1,4}.*")
_FULL_WIDTH = re.compile("[\uff10-\uff19]")

# First and last day of each era.
_ERAS = {
    "明治": (date(1868, 1, 25), date(1912, 7, 30)),
    "大正": (date(1912, 7, 30), date(1926, 12, 25)),
    "昭和": (date(1926, 12, 25), date(1989, 1, 7)),
    "平成": (date(1989, 1, 8), date(2019, 4, 30)),
    "令和": (date(2019, 5, 1), date(2999, 12, 31)),
}
_SHORT = {short: era for letter, era in zip("MTSHR", _ERAS, strict=True) for short in (letter, era[0], era)}


@dataclass(frozen=True)
class Dates:
    """Dates as intervals, each array of shape (n,), ``datetime64[D]`` with NaT where unknown.

    `earliest` and `latest` bound what was written; `value` is the middle (the day itself for a whole date).
    `problem` holds ``""``, ``unreadable_date``, ``impossible_date``, ``swapped_day_and_month`` or ``ambiguous_date``.
    """

    value: np.ndarray
    earliest: np.ndarray
    latest: np.ndarray
    problem: np.ndarray

    @property
    def is_known(self) -> np.ndarray:
        return ~np.isnat(self.value)

    @property
    def is_partial(self) -> np.ndarray:
        return self.is_known & (self.earliest != self.latest)

    def take(self, positions: np.ndarray) -> Dates:
        """The dates at `positions`; unknown where a position is -1."""
        unknown = np.datetime64("NaT", "D")
        days = (np.append(getattr(self, name), unknown)[positions] for name in ("value", "earliest", "latest"))
        return Dates(*days, np.append(self.problem, "")[positions])

    def without(self, mask: np.ndarray) -> Dates:
        """The same with unknown dates where `mask`."""
        blank = {
            name: np.where(mask, np.datetime64("NaT", "D"), getattr(self, name))
            for name in ("value", "earliest", "latest")
        }
        return replace(self, **blank)


def parse_dates(texts: Sequence[str], order: str | None = None) -> Dates:
    """Read one date per text; an empty text is an unknown date without a problem.

    Understood: ``2015-03-02``, ``2015/3/2``, ``2015.3.2``, ``20150302``, any of the first with a time of
    day, Excel serial days (1900 system), ``2015年3月2日``, imperial eras (``平成27年3月2日``, ``平27.3.2``,
    ``H27.3.2``), and partial dates ``2015``, ``2015-03``, ``2015-03-UN``, ``2015年3月``, ``H27.3``. Full-width
    digits are digits. Dates with the year last are ambiguous unless `order` is ``day_first`` or ``month_first``;
    years of two digits always are.
    """
    known = {text: _interval(text, order) for text in set(texts)}
    intervals = [known[text] for text in texts]
    low = np.array([bounds[0] for bounds in intervals], dtype="datetime64[D]").reshape(-1)
    high = np.array([bounds[1] for bounds in intervals], dtype="datetime64[D]").reshape(-1)
    problem = np.array([bounds[2] for bounds in intervals], dtype=object)
    middle = low + (high - low) // 2
    return Dates(middle, low, high, problem)


def is_serial(text: str) -> bool:
    """Whether `text` is read as an Excel serial day."""
    text = unicodedata.normalize("NFKC", text).strip()
    return text.isascii() and text.isdigit() and len(text) == 5 and _SERIAL_RANGE[0] <= int(text) <= _SERIAL_RANGE[1]


def has_full_width_digits(text: str) -> bool:
    """Whether `text` holds digits of full width (０ to ９)."""
    return bool(_FULL_WIDTH.search(text))


def months_between(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Days from `start` to `end` / 30.4375; NaN where either is unknown."""
    return _days(start, end) / DAYS_PER_MONTH


def years_between(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Days from `start` to `end` / 365.25; NaN where either is unknown."""
    return _days(start, end) / DAYS_PER_YEAR


def _days(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    start, end = np.asarray(start, dtype="datetime64[D]"), np.asarray(end, dtype="datetime64[D]")
    difference = end - start
    return np.where(np.isnat(difference), np.nan, difference.astype(np.int64))


def date_columns(name: str, dates: Dates) -> dict[str, np.ndarray]:
    """`name`, whether it is partial, and the interval, as columns of a table."""
    return {
        name: dates.value.astype("datetime64[s]"),
        f"is_{name}_partial": dates.is_partial,
        f"{name}_earliest": dates.earliest.astype("datetime64[s]"),
        f"{name}_latest": dates.latest.astype("datetime64[s]"),
    }


def whole_days(days: np.ndarray) -> Dates:
    """Known days as dates."""
    days = np.asarray(days, dtype="datetime64[D]")
    return Dates(days, days, days, np.full(len(days), "", dtype=object))


def swap_day_and_month(dates: Dates) -> Dates:
    """Whole dates with day and month exchanged; unknown where there is no such day or nothing changes."""
    year = dates.value.astype("datetime64[Y]")
    month = dates.value.astype("datetime64[M]")
    day_number = (dates.value - month.astype("datetime64[D]")).astype(np.int64) + 1
    month_number = (month - year.astype("datetime64[M]")).astype(np.int64) + 1
    possible = dates.is_known & ~dates.is_partial & (day_number <= 12) & (day_number != month_number)
    moved = year.astype("datetime64[M]") + np.where(possible, day_number - 1, 0)
    value = np.where(possible, moved.astype("datetime64[D]") + (month_number - 1), np.datetime64("NaT", "D"))
    return whole_days(value)


def date_format(text: str) -> str:
    """How a date is written: ``iso``, ``slashes``, ``compact``, ``excel_serial``, ``imperial``, ``japanese``, ``partial``,
    ``day_first``, ``month_first``, ``year_last`` (nothing says which comes first), or ``unreadable``:
    what is no day of the calendar either way proves no order.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if found := _YEAR_LAST.fullmatch(text):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        may_be = _is_day(year, second, first), _is_day(year, first, second)
        return {(True, True): "year_last", (True, False): "day_first", (False, True): "month_first"}.get(
            may_be, "unreadable"
        )
    if is_serial(text):
        return "excel_serial"
    low, high, problem = _interval(text, None)
    if problem or low is None:
        return "unreadable"
    if (found := _JAPANESE.fullmatch(text)) or _ERA_SHORT.fullmatch(text):
        return "imperial" if not found or found[1] else "japanese"
    if low != high:
        return "partial"
    return "compact" if _COMPACT.fullmatch(text) else "iso" if text[4] == "-" else "slashes"


Interval = tuple[date | None, date | None, str]


def _interval(text: str, order: str | None) -> Interval:
    """First and last possible day, or a problem."""
    text = unicodedata.normalize("NFKC", text).strip()
    if not text:
        return None, None, ""
    if is_serial(text):
        day = _SERIAL_ORIGIN + timedelta(days=int(text))
        return day, day, ""
    if found := _FULL.fullmatch(text):
        return _span(int(found[1]), int(found[3]), int(found[4]))
    if found := _COMPACT.fullmatch(text):
        return _span(int(found[1]), int(found[2]), int(found[3]))
    if found := _YEAR_MONTH.fullmatch(text) or _UNKNOWN_DAY.fullmatch(text):
        return _span(int(found[1]), int(found[2]), None)
    if _YEAR.fullmatch(text):
        return _span(int(text), None, None)
    if found := _JAPANESE.fullmatch(text) or _ERA_SHORT.fullmatch(text):
        return _japanese(found[1] and _SHORT[found[1].upper()], found[2], found[3], found[4])
    if order and (found := _YEAR_LAST.fullmatch(text)):
        day, month = (found[1], found[3]) if order == "day_first" else (found[3], found[1])
        return _span(int(found[4]), int(month), int(day))
    return None, None, "ambiguous_date" if _DAY_FIRST.fullmatch(text) else "unreadable_date"


def _japanese(era: str | None, year: str, month: str | None, day: str | None) -> Interval:
    """A date in kanji. A year without an era must have four digits; a date with one must lie in it."""
    number = 1 if year == "元" else int(year)
    parts = (None if month is None else int(month), None if day is None else int(day))
    if era is None:
        return _span(number, *parts) if len(year) == 4 else (None, None, "ambiguous_date")
    first, last = _ERAS[era]
    low, high, problem = _span(first.year + number - 1, *parts)
    if low is None or high is None:
        return None, None, problem
    if number < 1 or high < first or low > last:
        return None, None, "impossible_date"
    return max(low, first), min(high, last), ""


def _span(year: int, month: int | None, day: int | None) -> Interval:
    try:
        low = date(year, month or 1, day or 1) if month != 0 and day != 0 else None
        if low is None:
            return None, None, "impossible_date"
        if month is None:
            return low, date(year, 12, 31), ""
        if day is None:
            following = date(year + month // 12, month % 12 + 1, 1)
            return low, following - timedelta(days=1), ""
    except ValueError:
        return None, None, "swapped_day_and_month" if _is_day(year, day, month) else "impossible_date"
    return low, low, ""


def _is_day(year: int, month: int | None, day: int | None) -> bool:
    try:
        return month is not None and day is not None and bool(date(year, month, day))
    except ValueError:
        return False
