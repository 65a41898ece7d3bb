"""Reviewed decisions on samples: use a sample for a person, or for nobody, whatever its genotypes say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from alsreg.config.freeze import ClinicalTable
from alsreg.errors import InputError
from alsreg.sheets.identifiers import Identifiers
from alsreg.sheets.read import read_sheet

REQUIRED = ("assay", "sample", "decision", "person", "who", "why", "date")
DECISIONS = ("use", "exclude")


@dataclass(frozen=True)
class SampleOverride:
    """One row of the file; `person` is empty for ``exclude``, `line` is its line in the file."""

    line: int
    assay: str
    sample: str
    decision: str
    person: str
    who: str
    why: str
    date: str

    @property
    def review(self) -> str:
        return f"{self.who}, {self.date}: {self.why}"

    @property
    def key(self) -> tuple[str, str]:
        return self.assay, self.sample


def read_sample_overrides(path: str | Path) -> list[SampleOverride]:
    """Read the file and check that every decision is complete.

    Raises
    ------
    InputError
        A decision is incomplete or unknown, or two contradict each other.
    """
    sheet = read_sheet(path, ClinicalTable(path=Path(path)), REQUIRED, "overrides")
    found = []
    for line, cells in sheet.frame.iterrows():
        override = SampleOverride(int(line), **{name: cells.get(name, "") for name in REQUIRED})
        _refuse_incomplete(override, sheet.file)
        found.append(override)
    _refuse_contradictions(found, sheet.file)
    return found


def check_sample_overrides(
    overrides: list[SampleOverride], samples: Collection[tuple[str, str]], withdrawn: Mapping[str, Identifiers],
    persons: Collection[str], file: str,
) -> list[SampleOverride]:  # fmt: skip
    """The overrides whose samples exist; those of samples that were withdrawn are left out.

    Parameters
    ----------
    samples
        Assay and name of every sample.
    withdrawn
        Samples taken out before anything was read, by assay.
    persons
        People of the registry.

    Raises
    ------
    InputError
        A decision names a sample that no VCF holds, or a person whom the registry does not know.
    """
    present = []
    for override in overrides:
        if override.key in samples:
            if override.decision == "use" and override.person not in persons:
                raise _error(
                    "no such person in the registry", override, "person", file, "write the person as the registry does"
                )
            present.append(override)
        elif override.sample not in withdrawn.get(override.assay, ()):
            raise _error(
                "no such sample", override, "sample", file, "write assay and sample as the freeze and the VCF do"
            )
    return present


def _refuse_incomplete(override: SampleOverride, file: str) -> None:
    for name, is_wrong, remedy in (
        ("assay", not override.assay, "say which assay"),
        ("sample", not override.sample, "say which sample"),
        ("decision", override.decision not in DECISIONS, f"one of {', '.join(DECISIONS)}"),
        ("person", override.decision == "use" and not override.person, "say for whom it is used"),
        ("person", override.decision == "exclude" and override.person != "", "leave it empty: the sample is used for nobody"),
        ("who", not override.who, "a decision without a name is none"),
        ("why", not override.why, "a decision without a reason is none"),
        ("date", not _is_day(override.date), "the day of the decision, YYYY-MM-DD"),
    ):  # fmt: skip
        if is_wrong:
            raise _error("an incomplete decision", override, name, file, remedy)


def _refuse_contradictions(overrides: list[SampleOverride], file: str) -> None:
    by_sample = Counter(override.key for override in overrides)
    by_person = Counter((o.assay, o.person) for o in overrides if o.decision == "use")
    for override in overrides:
        if by_sample[override.key] > 1:
            raise _error("two decisions on one sample", override, "sample", file, "keep one")
        if override.decision == "use" and by_person[override.assay, override.person] > 1:
            raise _error("two samples of one assay for one person", override, "person", file, "decide which is used")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("YYYY-MM-DD")


def _error(what: str, override: SampleOverride, column: str, file: str, remedy: str) -> InputError:
    where = f"row {override.line}, column {column}"
    return InputError(what, file=file, where=where, value=getattr(override, column), remedy=remedy)
