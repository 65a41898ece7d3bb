"""Draft a mapping: what each column and value of a registry's export seems to be, with the evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from alsreg.clinical.dates import date_format
from alsreg.clinical.headers import COLUMNS, EVENT_COLUMNS, VALUES, plain, without_note
from alsreg.clinical.registry import REQUIRED, required_columns
from alsreg.tables.registry import EVENTS, PATIENTS, PEDIGREE, SAMPLES, VISITS

TABLES = {table.name: table for table in (PATIENTS, VISITS, EVENTS, SAMPLES, PEDIGREE)}
_BOOKKEEPING = ("redcap_event_name", "redcap_repeat_instrument")
# A column whose filled cells tell the rows of a table, where one file holds several.
_KEY = {
    "patients": "birth_date",
    "visits": "visit_date",
    "events": "event_date",
    "samples": "sample",
    "pedigree": "father",
}
_MAX_SHOWN = 10


@dataclass
class Draft:
    """A table of the mapping as plain values, and the evidence for each entry by its path of keys.

    `doubts` say what was found and not understood.
    """

    table: str
    entries: dict[str, object]
    evidence: dict[tuple[str, ...], str] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)


def match_columns(header: Sequence[str], table: str) -> dict[str, str]:
    """Our column: the file's, by known headers; a header that fits a column exactly goes before one with a remark."""
    found: dict[str, str] = {}
    for form in (plain, without_note):
        for theirs in header:
            for ours, words in COLUMNS[table].items():
                if ours not in found and theirs not in found.values() and form(theirs) in words:
                    found[ours] = theirs
    return found


def match_event_columns(header: Sequence[str]) -> dict[str, str]:
    """Our event: the file's column with its date."""
    return {
        event: theirs for event, words in EVENT_COLUMNS.items() for theirs in header if without_note(theirs) in words
    }


def n_missing(header: Sequence[str], table: str) -> int:
    """Required columns of `table` that `header` lacks."""
    found = match_columns(header, table)
    return sum(name not in found for name in required_columns(table, found))


def is_several_tables(header: Sequence[str]) -> bool:
    """Whether a file says by bookkeeping columns which rows belong together."""
    return any(name in header for name in _BOOKKEEPING)


def draft_table(table: str, frame: pd.DataFrame, place: dict[str, object]) -> Draft:
    """The entry of `table` in the mapping; `place` holds path, sheet and layout of the file."""
    draft = Draft(table, dict(place))
    columns = match_columns([*frame.columns], table)
    if table == "events" and any(name not in columns for name in REQUIRED["events"]):
        columns = {"person": columns["person"]}
        chosen = match_event_columns([*frame.columns])
        draft.entries["event_columns"] = chosen
        for event, theirs in chosen.items():
            draft.evidence["event_columns", event] = f"known name of a date; {_formats(frame[theirs])}"
    elif is_several_tables([*frame.columns]):
        frame = _choose_rows(draft, table, frame, columns)
    draft.entries["columns"] = columns
    kinds = {column.name: column.kind for column in TABLES[table].columns}
    for ours, theirs in columns.items():
        cells = frame[theirs].str.strip()
        n_filled = int((cells != "").sum())
        draft.evidence["columns", ours] = f"known name; {n_filled} of {len(cells)} cells filled"
        if kinds.get(ours) == "date":
            draft.evidence["columns", ours] += f"; {_formats(cells)}"
            _guess_order(draft, ours, cells)
        if ours in VALUES:
            _guess_values(draft, ours, cells)
    return draft


def _choose_rows(draft: Draft, table: str, frame: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    """Rows with the table's key filled, told by the bookkeeping columns."""
    filled = frame[columns[_KEY[table]]].str.strip() != ""
    rows = {}
    for name in _BOOKKEEPING:
        if name in frame.columns:
            rows[name] = sorted(set(frame.loc[filled, name].str.strip()))
            draft.evidence["rows", name] = f"where {columns[_KEY[table]]} is filled ({int(filled.sum())} rows)"
    draft.entries["rows"] = rows
    chosen = pd.Series(True, index=frame.index)
    for name, values in rows.items():
        chosen &= frame[name].str.strip().isin(values)
    return frame[chosen]


def _formats(cells: pd.Series) -> str:
    counts = Counter(date_format(text) for text in cells if text.strip())
    return "dates: " + (", ".join(f"{name} {n}" for name, n in counts.most_common()) or "none")


def _guess_order(draft: Draft, ours: str, cells: pd.Series) -> None:
    """Day or month first, where some date of the column can be only one of them and none only the other."""
    counts = Counter(date_format(text) for text in cells if text.strip())
    seen = [name for name in ("day_first", "month_first") if counts[name]]
    if len(seen) == 1:
        draft.entries.setdefault("date_order", {})[ours] = seen[0]
        draft.evidence["date_order", ours] = f"{counts[seen[0]]} dates can be read in no other way, none contradicts"
    elif len(seen) == 2 or counts["year_last"]:
        draft.doubts.append(
            f"{ours}: dates with the year last, and nothing says whether the day or the month comes first"
        )


def _guess_values(draft: Draft, ours: str, cells: pd.Series) -> None:
    """Known words for our values; what is ours already needs no entry, what is unknown gets none."""
    known = {word: value for value, words in VALUES[ours].items() for word in words}
    told: dict[str, str] = {}
    for text, count in sorted(Counter(cells).items()):
        if text == "" or text in VALUES[ours]:
            continue
        if (value := known.get(plain(text))) is None:
            draft.doubts.append(f"{ours}: value {text!r} ({count} cells)")
        else:
            told[text] = value
            draft.evidence["values", ours, text] = f"known word; {count} cells"
    if told:
        draft.entries.setdefault("values", {})[ours] = told
