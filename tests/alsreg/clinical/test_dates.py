"""Dates as registries write them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alsreg.clinical.dates import date_format, months_between, parse_dates, swap_day_and_month, years_between
from alsreg.clinical.order import is_after, is_middle_after


def read(text: str) -> tuple[str, str, str, str]:
    """Middle, first and last day, and problem."""
    dates = parse_dates([text])
    return str(dates.value[0]), str(dates.earliest[0]), str(dates.latest[0]), dates.problem[0]


@pytest.mark.parametrize(
    "text",
    [
        "2015-03-02", "2015/3/2", "2015/03/02", "2015.3.2", "20150302", "2015-03-02 00:00:00", "2015-03-02T09:30:00",
        "2015-03-02T09:30:00.5+09:00", "42065", "2015年3月2日", "平成27年3月2日", "H27.3.2", "h27/3/2", "２０１５/３/２", " 2015-03-02 ",
        "平27.3.2", "平成27/3/2", "H27年3月2日", "平成27年 3月 2日", "2015年3月2日(月)", "2015年3月2日（月）",
    ],
)  # fmt: skip
def test_a_whole_date_is_one_day(text: str) -> None:
    assert read(text) == ("2015-03-02",) * 3 + ("",)


@pytest.mark.parametrize(
    ("text", "middle", "first", "last"),
    [
        ("2015", "2015-07-02", "2015-01-01", "2015-12-31"),
        ("2016", "2016-07-01", "2016-01-01", "2016-12-31"),
        ("2015-03", "2015-03-16", "2015-03-01", "2015-03-31"),
        ("2015/2", "2015-02-14", "2015-02-01", "2015-02-28"),
        ("2016年2月", "2016-02-15", "2016-02-01", "2016-02-29"),
        ("2015-12", "2015-12-16", "2015-12-01", "2015-12-31"),
        ("令和元年", "2019-08-31", "2019-05-01", "2019-12-31"),
        ("昭和64年1月", "1989-01-04", "1989-01-01", "1989-01-07"),
        ("昭和27年5月", "1952-05-16", "1952-05-01", "1952-05-31"),
        ("S27.5", "1952-05-16", "1952-05-01", "1952-05-31"),
        ("1952-05-UN", "1952-05-16", "1952-05-01", "1952-05-31"),
        ("1952/5/不明", "1952-05-16", "1952-05-01", "1952-05-31"),
    ],
)
def test_a_partial_date_is_an_interval_and_stands_at_its_middle(text: str, middle: str, first: str, last: str) -> None:
    assert read(text) == (middle, first, last, "")
    assert parse_dates([text]).is_partial[0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2015-02-29", "impossible_date"), ("2015-13-01", "swapped_day_and_month"), ("2015-31-02", "impossible_date"), ("2015-00-01", "impossible_date"),
        ("2015-01-00", "impossible_date"), ("2015-13", "impossible_date"), ("0000", "impossible_date"),
        ("昭和64年1月8日", "impossible_date"), ("平成31年5月1日", "impossible_date"), ("大正0年1月1日", "impossible_date"),
        ("9999-12", "impossible_date"),
        ("2/3/2015", "ambiguous_date"), ("15/3/2", "ambiguous_date"), ("27年3月2日", "ambiguous_date"),
        ("2015-3/2", "unreadable_date"), ("March 2015", "unreadable_date"), ("999", "unreadable_date"),
        ("2015-03-02x", "unreadable_date"), ("-2015", "unreadable_date"), ("70000", "unreadable_date"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_and_unknown(text: str, problem: str) -> None:
    assert read(text) == ("NaT", "NaT", "NaT", problem)


@pytest.mark.parametrize(("text", "order", "day"), [
    ("2/3/2015", "day_first", "2015-03-02"), ("2/3/2015", "month_first", "2015-02-03"), ("2015-03-02", "day_first", "2015-03-02"),
    ("3/2/15", "day_first", "NaT"), ("13/13/2015", "day_first", "NaT"), ("1/13/2015", "day_first", "NaT"),
])  # fmt: skip
def test_the_year_last_is_read_where_the_order_is_told(text: str, order: str, day: str) -> None:
    dates = parse_dates([text], order)
    assert str(dates.value[0]) == day and dates.is_known[0] == (dates.problem[0] == "")


@pytest.mark.parametrize(("text", "name"), [
    ("2015-03-02", "iso"), ("2015/3/2", "slashes"), ("20150302", "compact"), ("42065", "excel_serial"), ("平成27年3月2日", "imperial"),
    ("H27.3.2", "imperial"), ("2015年3月2日", "japanese"), ("2015-03", "partial"), ("25/3/2015", "day_first"),
    ("3/25/2015", "month_first"), ("3/2/2015", "year_last"), ("13/25/2015", "unreadable"), ("30/2/2015", "unreadable"), ("soon", "unreadable"), ("2015-13-13", "unreadable"),
])  # fmt: skip
def test_formats_are_named(text: str, name: str) -> None:
    assert date_format(text) == name


def test_swapping_day_and_month() -> None:
    dates = parse_dates(["2015-03-02", "2015-03-13", "2015-03-03", "2015-03", "", "2015-12-01"])
    assert [str(day) for day in swap_day_and_month(dates).value] == [
        "2015-02-03",
        "NaT",
        "NaT",
        "NaT",
        "NaT",
        "2015-01-12",
    ]


def test_an_empty_cell_is_unknown_without_a_problem() -> None:
    assert read("") == ("NaT", "NaT", "NaT", "")


@given(st.dates(date(1900, 1, 1), date(2060, 12, 31)))
def test_every_way_of_writing_a_day_reads_back(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    texts = [day.isoformat(), f"{day.year}/{day.month}/{day.day}", f"{day.year}年{day.month}月{day.day}日"]
    texts += [str(serial)] if 10_000 <= serial <= 60_000 else []
    dates = parse_dates(texts)
    assert set(dates.value.astype(object)) == {day} and not dates.is_partial.any()


@given(st.dates(date(1989, 1, 8), date(2019, 4, 30)))
def test_heisei_reads_back(day: date) -> None:
    assert parse_dates([f"平成{day.year - 1988}年{day.month}月{day.day}日"]).value[0].astype(object) == day


def test_months_and_years() -> None:
    start = np.array(["2014-01-10", "NaT", "2014-01-10"], dtype="datetime64[D]")
    end = np.array(["2015-03-02", "2015-03-02", "2014-01-09"], dtype="datetime64[D]")
    assert months_between(start, end)[[0, 2]].tolist() == [416 / 30.4375, -1 / 30.4375]
    assert years_between(start, end)[0] == 416 / 365.25
    assert np.isnan(months_between(start, end)[1]) and np.isnan(years_between(start, end)[1])


@given(st.dates(date(2000, 1, 1), date(2020, 1, 1)), st.integers(-800, 800))
def test_order_of_whole_days(day: date, step: int) -> None:
    first, second = parse_dates([day.isoformat()]), parse_dates([(day + timedelta(days=step)).isoformat()])
    assert is_after(first, second)[0] == (step < 0)
    assert is_after(first, second, is_strict=True)[0] == (step <= 0)
    assert not is_middle_after(first, second)[0]


def test_order_of_partial_dates() -> None:
    first = parse_dates(["2015", "2015", "2015", "2015", ""])
    second = parse_dates(["2014-12-31", "2015-03-02", "2015-07-02", "2015-10", "2015-01-01"])
    assert is_after(first, second).tolist() == [True, False, False, False, False]
    assert is_middle_after(first, second).tolist() == [False, True, False, False, False]


def test_take_gives_unknown_for_unknown_positions() -> None:
    dates = parse_dates(["2015", "2016-01-01"])
    taken = dates.take(np.array([1, -1, 0]))
    assert taken.is_known.tolist() == [True, False, True] and taken.is_partial.tolist() == [False, False, True]
    assert parse_dates([]).take(np.array([-1])).is_known.tolist() == [False]
