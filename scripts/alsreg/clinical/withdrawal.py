"""Consent withdrawn: the person is taken out before anything is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from alsreg.clinical.findings import Findings
from alsreg.sheets import Sheet
from alsreg.sheets.identifiers import plain_identifier
from alsreg.sheets.withdrawn import column_of, read_withdrawn, rows_withdrawn

_PARENTS = ("father", "mother")


def remove_withdrawn(sheets: Mapping[str, Sheet], file: Sheet | None, findings: Findings) -> dict[str, Sheet]:
    """The tables without the rows of people who withdrew; a withdrawal that fits nothing is noted by its row."""
    withdrawn = read_withdrawn(file)
    if file is None:
        return dict(sheets)
    seen: set[str | tuple[str, str]] = set()
    kept = {}
    for name, sheet in sheets.items():
        gone = rows_withdrawn(sheet, withdrawn, seen)
        frame = sheet.frame[~gone].copy()
        for parent in _PARENTS if name == "pedigree" else ():
            if parent in frame.columns:
                is_gone = [plain_identifier(text) in withdrawn.persons for text in frame[parent]]
                frame.loc[is_gone, parent] = ""
        kept[name] = replace(sheet, frame=frame)
    _note_unknown(file, seen, findings)
    return kept


def _note_unknown(file: Sheet, seen: set[str | tuple[str, str]], findings: Findings) -> None:
    """The row alone says which: an identifier of somebody who withdrew is written nowhere."""
    person, assay, sample = (column_of(file, name) for name in ("person", "assay", "sample"))
    is_unknown = [
        ((a, s) if s else p) not in seen for p, a, s in zip(person, assay, sample, strict=True)
    ]  # fmt: skip
    findings.add_hidden(
        "withdrawn_unknown", file, file.frame.index[is_unknown], "person", "nothing left out of the tables"
    )
