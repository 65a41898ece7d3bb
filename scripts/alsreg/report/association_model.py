"""What the report says of a trait's leads and loci beside the table of leads."""

from __future__ import annotations

from dataclasses import dataclass

from alsreg.report.pictures import Picture

Limits = tuple[float, float, float]  # estimate and 95 % limits


@dataclass(frozen=True)
class SideRow:
    """A lead in some of the people, under another endpoint or in a part of follow-up; None: hidden, or none."""

    name: str
    n: int | None
    n_events: int | None
    n_carriers: int | None
    effect: Limits | None
    p_value: float | None
    status: str


@dataclass(frozen=True)
class Influence:
    """How much of a lead hangs on one person."""

    max_change: float | None
    n_influential: int | None
    without: Limits | None
    p_without: float | None
    status: str


@dataclass(frozen=True)
class MeanRow:
    """People with so many copies of the effect allele."""

    copies: int
    n: int | None
    mean: Limits | None


@dataclass(frozen=True)
class LeadView:
    """A lead from other sides."""

    variant: str
    gene: str
    hidden: str  # why nothing is told of it; empty otherwise
    groups: tuple[SideRow, ...] = ()
    groups_status: str = ""
    summed: Limits | None = None
    p_summed: float | None = None
    heterogeneity_p: float | None = None
    heterogeneity_percent: float | None = None  # I²
    endpoints: tuple[SideRow, ...] = ()
    periods: tuple[SideRow, ...] = ()
    ph_p: float | None = None
    influence: Influence | None = None
    means: tuple[MeanRow, ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class SignalRow:
    """A step of the regression within a locus."""

    variant: str
    rs_id: str
    status: str
    n: int | None
    r2: float | None
    p_value: float | None
    p_conditional: float | None
    joint: Limits | None


@dataclass(frozen=True)
class CredibleRow:
    """A variant that may be the cause."""

    variant: str
    rs_id: str
    p_value: float | None
    r2: float | None
    posterior: float | None
    cumulative: float | None


@dataclass(frozen=True)
class LocusView:
    """A locus: what lies in it, how many signals, and its credible set."""

    locus: str
    n_variants: int
    n_untestable: int
    n_signals: int
    n_credible: int
    warning: str
    signals: tuple[SignalRow, ...]
    credible: tuple[CredibleRow, ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class PowerRow:
    """The effect that would be found with power 0.8."""

    p_threshold: float
    frequency: float
    effect: float | None
    ratio: float | None
    expected_mac: float | None
    is_testable: bool


@dataclass(frozen=True)
class ConfoundingRow:
    """Whether people of a source assay differ in the trait."""

    carrier_set: str
    source: str
    n: int | None
    n_events: int | None
    effect: Limits | None
    p_value: float | None
    p_joint: float | None
    status: str


@dataclass(frozen=True)
class TraitDetail:
    """What stands beside a trait's table of leads."""

    leads: tuple[LeadView, ...]
    loci: tuple[LocusView, ...]
    n_not_drawn: int  # leads of which only the table tells
    power: tuple[PowerRow, ...]
    confounding: tuple[ConfoundingRow, ...]
