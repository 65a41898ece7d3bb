"""Entry, exit and event by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alsreg.clinical.survival_times import (
    NO_ENTRY,
    NO_LAST_CONTACT,
    NO_ONSET,
    NOT_AT_RISK,
    UNUSABLE_EVENT,
    survival_times,
)

FREEZE = np.datetime64("2022-02-28")
MONTH = 30.4375


def one(
    onset: str = "2014-01-01", entry: str = "2015-01-01", death: str = "NaT", tracheostomy: str = "NaT",
    contact: str = "2017-01-01", is_unusable: bool = False,
) -> tuple[float, float, float, str, str]:  # fmt: skip
    """Days from onset to entry and exit, event, kind, exclusion."""

    def day(text: str) -> np.ndarray:
        return np.array([text], dtype="datetime64[D]")

    times = survival_times(
        day(onset), day(entry), {"death": day(death), "tracheostomy": day(tracheostomy)}, day(contact), FREEZE,
        np.array([is_unusable]),
    )  # fmt: skip
    return (
        round(times.entry_months[0] * MONTH, 6), round(times.exit_months[0] * MONTH, 6), times.is_event[0],
        times.event_kind[0], times.exclusion[0],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({}, (365, 1096, 0, "", "")),
        ({"death": "2016-01-01"}, (365, 730, 1, "death", "")),
        ({"death": "2017-01-01"}, (365, 1096, 1, "death", "")),
        ({"death": "2017-01-01", "tracheostomy": "2016-01-01"}, (365, 730, 1, "tracheostomy", "")),
        ({"death": "2016-01-01", "tracheostomy": "2016-01-01"}, (365, 730, 1, "death", "")),
        # Follow-up ends at the last contact, whatever comes after.
        ({"death": "2017-01-02"}, (365, 1096, 0, "", "")),
        # The freeze date censors; on the day itself the event still counts.
        ({"contact": "2022-03-31"}, (365, 2980, 0, "", "")),
        ({"contact": "2022-03-31", "death": "2022-03-01"}, (365, 2980, 0, "", "")),
        ({"contact": "2022-03-31", "death": "2022-02-28"}, (365, 2980, 1, "death", "")),
        # A death needs no later contact; the living do.
        ({"contact": "NaT", "death": "2016-01-01"}, (365, 730, 1, "death", "")),
        # Entry the day before exit is observed for one day.
        ({"entry": "2016-12-31"}, (1095, 1096, 0, "", "")),
        ({"entry": "2014-01-01"}, (0, 1096, 0, "", "")),
    ],
)
def test_times(dates: dict[str, str], expected: tuple[float, float, float, str, str]) -> None:
    assert one(**dates) == expected


@pytest.mark.parametrize(
    ("dates", "reason"),
    [
        ({"onset": "NaT"}, NO_ONSET),
        ({"entry": "NaT"}, NO_ENTRY),
        ({"is_unusable": True}, UNUSABLE_EVENT),
        ({"contact": "NaT"}, NO_LAST_CONTACT),
        ({"entry": "2017-01-01"}, NOT_AT_RISK),
        ({"death": "2015-01-01"}, NOT_AT_RISK),
        ({"tracheostomy": "2014-06-01"}, NOT_AT_RISK),
        ({"entry": "2022-02-28", "contact": "2022-03-31"}, NOT_AT_RISK),
    ],
)
def test_exclusions(dates: dict[str, object], reason: str) -> None:
    entry, exit_, event, kind, exclusion = one(**dates)
    assert exclusion == reason and kind == "" and np.isnan([entry, exit_, event]).all()


@given(*[st.one_of(st.none(), st.integers(0, 4000)) for _ in range(5)])
def test_whoever_is_not_excluded_is_at_risk(
    entry: int | None, death: int | None, tracheostomy: int | None, contact: int | None, onset: int | None
) -> None:
    days = [
        "NaT" if value is None else str(np.datetime64("2012-01-01") + value)
        for value in (entry, death, tracheostomy, contact, onset)
    ]
    start, stop, event, kind, exclusion = one(days[4], days[0], days[1], days[2], days[3])
    if exclusion:
        assert np.isnan(start) and np.isnan(stop) and np.isnan(event)
    else:
        assert start < stop and event in (0, 1) and (kind != "") == (event == 1)
        assert onset is not None and stop <= (FREEZE - np.datetime64("2012-01-01")).astype(int) - onset
        assert contact is not None or event == 1 or stop == (FREEZE - np.datetime64("2012-01-01")).astype(int) - onset
