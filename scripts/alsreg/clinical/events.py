"""Check the events table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from alsreg.clinical.cells import ONE_KEPT, ROW, Cells
from alsreg.clinical.dates import Dates, date_columns
from alsreg.clinical.order import is_after, is_middle_after
from alsreg.clinical.patients import Patients
from alsreg.clinical.visits import reject_unknown_persons
from alsreg.config.registry import RegistryConfig
from alsreg.tables.registry import EVENTS

REQUIRED = ("person", "event", "event_date")
KINDS = next(column.choices for column in EVENTS.columns if column.name == "event")
UNKNOWN = "unknown"
_SURE_TO_FOLLOW_REGISTRATION = ("death", "last_contact")


@dataclass(frozen=True)
class Events:
    """Checked events.

    `unusable` holds (person, kind) of every rejected row; `last_dates` are aligned to the patients.
    """

    frame: pd.DataFrame
    unusable: pd.DataFrame
    last_dates: dict[str, Dates]


@dataclass
class _Rows:
    """Events being checked, aligned to `cells`."""

    cells: Cells
    kinds: np.ndarray
    dates: Dates
    unusable: list[pd.DataFrame]

    def reject(self, rule: str, mask: np.ndarray, column: str = "event_date", action: str = ROW) -> None:
        self.cells.note(rule, mask, column, action)
        self.unusable.append(pd.DataFrame({"person": self.cells.text("person")[mask], "kind": self.kinds[mask]}))
        self.drop(mask)

    def drop(self, mask: np.ndarray) -> None:
        self.cells.keep(~mask)
        self.kinds, self.dates = self.kinds[~mask], self.dates.take(np.flatnonzero(~mask))


def check_events(cells: Cells, patients: Patients, settings: RegistryConfig, freeze_date: np.datetime64) -> Events:
    """Usable events, sorted by person, date and kind.

    A rejected row is remembered: its person neither had the event on a known day nor is known to be without
    it.
    """
    cells.require_ids("person")
    reject_unknown_persons(cells, patients)
    cells.reject_rows("ignored_event", np.isin(cells.text("event"), settings.ignored_events), "event", "row left out")
    kinds = np.where(np.isin(cells.text("event"), KINDS), cells.text("event"), UNKNOWN).astype(object)
    rows = _Rows(cells, kinds, cells.dates("event_date"), [])
    _reject_unusable(rows, settings, freeze_date)
    _reject_out_of_order(rows, patients)
    _reject_duplicates(rows)
    _reject_after_death(rows)
    frame = pd.DataFrame(
        {
            "person": cells.text("person"),
            "event": rows.kinds,
            **date_columns("event_date", rows.dates),
        }
    )
    frame = frame.sort_values(["person", "event_date", "event"], kind="stable")
    last_dates = {kind: _dates_by_person(rows, patients, kind) for kind in ("death", "last_contact")}
    return Events(EVENTS.conform(frame), pd.concat(rows.unusable, ignore_index=True), last_dates)


def _reject_unusable(rows: _Rows, settings: RegistryConfig, freeze_date: np.datetime64) -> None:
    """Rows without a known code or date, and dates of the future."""
    empty = rows.cells.text("event") == ""
    rows.reject("incomplete_row", empty, "event")
    rows.reject(
        "unknown_code",
        rows.kinds == UNKNOWN,
        "event",
        f"{ROW}: not one of {', '.join(KINDS)}; no survival time",
    )
    rows.reject("incomplete_row", rows.cells.text("event_date") == "", "event_date")
    without = ~rows.dates.is_known
    rows.unusable.append(pd.DataFrame({"person": rows.cells.text("person")[without], "kind": rows.kinds[without]}))
    rows.drop(without)
    late = rows.dates.earliest > freeze_date + np.timedelta64(settings.max_days_after_freeze, "D")
    rows.reject("future_date", late)
    beyond = rows.dates.value > freeze_date
    rows.cells.note("after_freeze_date", beyond, "event_date", "row kept; follow-up ends at the freeze date")


def _reject_out_of_order(rows: _Rows, patients: Patients) -> None:
    for earlier in ("birth_date", "onset_date", "registration_date"):
        before = patients.dates_of(rows.cells.text("person"), earlier)
        wrong, doubtful = is_after(before, rows.dates), is_middle_after(before, rows.dates)
        if earlier == "registration_date":
            must_follow = np.isin(rows.kinds, _SURE_TO_FOLLOW_REGISTRATION)
            rows.cells.note(
                "event_before_registration",
                (wrong | doubtful) & ~must_follow,
                "event_date",
                "row kept; no survival time if it is a terminal event",
            )
            wrong, doubtful = wrong & must_follow, doubtful & must_follow
        rows.cells.note("partial_date_out_of_order", doubtful, "event_date", ROW)
        rows.cells.note("dates_run_backwards", wrong, "event_date", f"{ROW}: before {earlier}")
        bad = wrong | doubtful
        rows.unusable.append(pd.DataFrame({"person": rows.cells.text("person")[bad], "kind": rows.kinds[bad]}))
        rows.drop(bad)


def _reject_duplicates(rows: _Rows) -> None:
    """An event happens once: two dates contradict each other. Of several last contacts the latest counts."""
    key = pd.DataFrame({"person": rows.cells.text("person"), "kind": rows.kinds, "day": rows.dates.value})
    repeated = key.duplicated(keep="first").to_numpy()
    rows.cells.note("duplicate_event", repeated, "event", ONE_KEPT)
    rows.drop(repeated)
    key = key[~repeated].reset_index(drop=True)
    is_contact = key["kind"].eq("last_contact").to_numpy()
    latest = key.groupby(["person", "kind"])["day"].transform("max")
    stale = is_contact & (key["day"] < latest).to_numpy()
    rows.cells.note("repeated_last_contact", stale, "event_date", "row left out: a later contact is kept")
    twice = key.duplicated(["person", "kind"], keep=False).to_numpy() & ~is_contact
    rows.drop(stale)
    rows.reject("contradicting_event", twice[~stale], "event_date", f"{ROW}: the event has two dates")


def _reject_after_death(rows: _Rows) -> None:
    """An event after death contradicts it: both are rejected.

    Contacts after death and events after the last contact are noted.
    """
    persons = rows.cells.text("person")
    death, contact = (_of_kind(rows, persons, kind) for kind in ("death", "last_contact"))
    is_contact = rows.kinds == "last_contact"
    rows.cells.note(
        "contact_after_death",
        is_contact & (rows.dates.value > death.value),
        "event_date",
        "row kept; follow-up ends at the event",
    )
    rows.cells.note(
        "event_after_last_contact",
        ~is_contact & (rows.dates.value > contact.value),
        "event_date",
        "row kept; follow-up ends at the last contact",
    )
    after = ~is_contact & is_after(rows.dates, death)
    contradicted = after | ((rows.kinds == "death") & np.isin(persons, persons[after]))
    rows.reject(
        "event_after_death",
        contradicted,
        "event_date",
        f"{ROW}: death and a later event contradict each other",
    )
    _reject_doubtful_order(rows)


def _reject_doubtful_order(rows: _Rows) -> None:
    """Of a death and an event that only the middle of a partial date puts after it, what is partial is rejected."""
    persons = rows.cells.text("person")
    doubtful = (rows.kinds != "last_contact") & is_middle_after(rows.dates, _of_kind(rows, persons, "death"))
    is_pair = doubtful | ((rows.kinds == "death") & np.isin(persons, persons[doubtful]))
    action = f"{ROW}: its middle contradicts death or a later event"
    rows.reject("partial_date_out_of_order", is_pair & rows.dates.is_partial, "event_date", action)


def _of_kind(rows: _Rows, persons: np.ndarray, kind: str) -> Dates:
    """The date of `kind` of each of `persons`; at most one per person."""
    at = np.flatnonzero(rows.kinds == kind)
    found = pd.Index(rows.cells.text("person")[at]).get_indexer(pd.Index(persons))
    return rows.dates.take(np.append(at, -1)[found])


def _dates_by_person(rows: _Rows, patients: Patients, kind: str) -> Dates:
    return _of_kind(rows, patients.frame["person"].to_numpy(dtype=object), kind)
