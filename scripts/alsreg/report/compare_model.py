"""What the page of two freezes shows: the view model."""

from __future__ import annotations

from dataclasses import dataclass

from alsreg.report.model import Picture, Provenance


@dataclass(frozen=True)
class FlowRow:
    """People of a cohort by what became of them and why; None: hidden."""

    change: str
    reason: str
    n_people: int | None


@dataclass(frozen=True)
class CohortFlow:
    """Who entered, left and stayed in a cohort."""

    cohort: str
    rows: tuple[FlowRow, ...]


@dataclass(frozen=True)
class ValueRow:
    """Rows or cells of a clinical table that differ; None: hidden."""

    table: str
    change: str
    column: str
    n_people: int | None


@dataclass(frozen=True)
class NumberRow:
    """A QC number of both freezes that differs; None: hidden, NaN: absent."""

    stage: str
    unit: str
    metric: str
    older: str
    newer: str
    change: str


@dataclass(frozen=True)
class HitSide:
    """A lead's numbers in one freeze; None where it was not tested there."""

    effect: float | None
    p_value: float | None
    rank: int | None
    n: int | None
    n_events: int | None
    is_hidden: bool  # the number of events is below the minimum cell


@dataclass(frozen=True)
class HitRow:
    """What became of a lead."""

    variant: str
    name: str  # nearest gene or rs number
    change: str
    older: HitSide
    newer: HitSide
    shift_z: float | None
    answer: str


@dataclass(frozen=True)
class TraitHits:
    """Leads of a trait, and how well effects agree."""

    trait: str
    effect_name: str
    has_events: bool
    counts: tuple[tuple[str, int], ...]  # change: leads
    rows: tuple[HitRow, ...]
    n_not_shown: int
    n_effects: int
    n_same_sign: int
    correlation: float | None
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class CohortHits:
    """Leads of a cohort."""

    cohort: str
    traits: tuple[TraitHits, ...]


@dataclass(frozen=True)
class SettingRow:
    """Something the two runs were told differently."""

    kind: str
    key: str
    older: str
    newer: str


@dataclass(frozen=True)
class ComparisonReport:
    """The whole page."""

    older: str
    newer: str
    min_cell: int
    lead_p: float
    min_shift_z: float
    only_in_one: tuple[tuple[str, str, str], ...]  # what, its name, the freeze that has it
    flows: tuple[CohortFlow, ...]
    values: tuple[ValueRow, ...]
    numbers: tuple[NumberRow, ...]
    cohorts: tuple[CohortHits, ...]
    settings: tuple[SettingRow, ...]
    provenance: Provenance
    hidden: tuple[tuple[str, int, str], ...]
