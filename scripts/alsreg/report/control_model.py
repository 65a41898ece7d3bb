"""What the page of the external-control comparison says; None stands for a hidden or absent number."""

from __future__ import annotations

from dataclasses import dataclass

from alsreg.report.model import Picture, Provenance


@dataclass(frozen=True)
class FlowStep:
    """People after a step; `n`, `n_failed`, `n_unknown` are None where they would give a small count away."""

    step: str
    n: int | None
    n_failed: int | None
    n_unknown: int | None


@dataclass(frozen=True)
class BalanceRow:
    """A covariate: naive means, and standardised differences by analysis."""

    covariate: str
    is_in_score: bool
    mean_treated: float | None
    mean_control: float | None
    differences: tuple[float | None, ...]  # naive, weighted, matched


@dataclass(frozen=True)
class AnalysisRow:
    """What an analysis rests on."""

    analysis: str
    status: str
    n_treated: int | None
    n_control: int | None
    effective_n_treated: float | None
    effective_n_control: float | None
    n_events_treated: int | None
    n_events_control: int | None
    max_difference: float | None


@dataclass(frozen=True)
class EffectRow:
    """One estimate with its 95 % interval, or why there is none."""

    analysis: str
    is_estimated: bool
    status: str
    estimate: float | None
    lower: float | None
    upper: float | None
    p_value: float | None
    value_treated: float | None
    value_control: float | None
    e_value: float | None
    e_value_limit: float | None


@dataclass(frozen=True)
class FateRow:
    """What became of the people of a cohort by the month of the ALSFRS-R change."""

    cohort: str
    n_scored: int | None
    n_event: int | None
    n_unscored: int | None
    n_observed_later: int | None


@dataclass(frozen=True)
class Measure:
    """A measure with the estimates of the three analyses."""

    title: str
    unit: str
    reading: str
    has_e_values: bool
    has_groups: bool  # what the difference is of, in each group
    rows: tuple[EffectRow, ...]


@dataclass(frozen=True)
class Attribute:
    """One attribute of the estimand (ICH E9(R1))."""

    name: str
    words: str


@dataclass(frozen=True)
class ControlReport:
    """The whole page."""

    freeze: str
    freeze_date: str
    treatment: str
    treated_freeze_date: str
    min_cell: int
    max_difference: float
    n_trimmed_treated: int
    n_trimmed_control: int
    headline: EffectRow
    cautions: tuple[str, ...]
    estimand: tuple[Attribute, ...]
    time_zero: tuple[str, ...]
    flows: tuple[tuple[str, tuple[FlowStep, ...]], ...]
    analyses: tuple[AnalysisRow, ...]
    balance: tuple[BalanceRow, ...]
    balance_pictures: tuple[Picture, ...]
    curve_pictures: tuple[Picture, ...]
    measures: tuple[Measure, ...]
    change_months: float
    fates_of: str
    fates: tuple[FateRow, ...]
    negative_controls: tuple[Measure, ...]
    limits: tuple[Attribute, ...]
    methods: tuple[str, ...]
    provenance: Provenance
    hidden: tuple[tuple[str, int, str], ...]
