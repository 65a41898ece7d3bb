"""Entry, exit and event of each person, months since onset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alsreg.clinical.dates import months_between

# Reasons for having no survival time, in the order they are asked.
NO_ONSET = "no onset date"
NO_ENTRY = "no registration date"
UNUSABLE_EVENT = "an event cannot be used"
NO_LAST_CONTACT = "no last contact"
NOT_AT_RISK = "exit not after entry"


@dataclass(frozen=True)
class SurvivalTimes:
    """Arrays of shape (n,).

    `is_event` is 1, 0 or NaN; `event_kind` is empty unless it is 1; `exclusion` is empty for the usable.
    """

    entry_months: np.ndarray
    exit_months: np.ndarray
    is_event: np.ndarray
    event_kind: np.ndarray
    exclusion: np.ndarray


def survival_times(
    onset: np.ndarray,
    entry: np.ndarray,
    events: dict[str, np.ndarray],
    last_contact: np.ndarray,
    freeze_date: np.datetime64,
    has_unusable_event: np.ndarray,
) -> SurvivalTimes:
    """Delayed-entry survival from onset.

    Parameters
    ----------
    onset, entry, last_contact
        Dates, shape (n,), NaT where unknown. `entry` is the start of observation.
    events
        Kind of terminal event: dates of shape (n,), NaT where it did not happen. Of two on one day the
        first kind counts.
    freeze_date
        Follow-up ends here at the latest. It never replaces a missing last contact.
    has_unusable_event
        The person has a terminal event whose date is unknown: neither an event nor censored.

    Returns
    -------
    SurvivalTimes
        Exit is the earliest of event, last contact and freeze date; the event counts if it is not after
        exit. People at risk satisfy entry < exit; the others carry the reason why they are excluded, and no
        times.
    """
    dates = np.stack([np.asarray(values, dtype="datetime64[D]") for values in events.values()])
    first = np.fmin.reduce(dates, axis=0)
    exit_date = np.fmin(np.fmin(first, last_contact), freeze_date)
    happened = ~np.isnat(first) & (first <= exit_date)
    exclusion = np.select(
        [
            np.isnat(onset),
            np.isnat(entry),
            has_unusable_event,
            np.isnat(first) & np.isnat(last_contact),
            exit_date <= entry,
        ],
        [NO_ONSET, NO_ENTRY, UNUSABLE_EVENT, NO_LAST_CONTACT, NOT_AT_RISK],
        default="",
    )
    usable = exclusion == ""
    kinds = np.array([*events], dtype=object)[(dates == first).argmax(axis=0)]
    return SurvivalTimes(
        entry_months=np.where(usable, months_between(onset, entry), np.nan),
        exit_months=np.where(usable, months_between(onset, exit_date), np.nan),
        is_event=np.where(usable, happened, np.nan),
        event_kind=np.where(usable & happened, kinds, ""),
        exclusion=exclusion,
    )
