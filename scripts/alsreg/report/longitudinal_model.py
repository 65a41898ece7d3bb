"""What the report says of stages and of informative dropout."""

from __future__ import annotations

from dataclasses import dataclass

from alsreg.report.pictures import Picture


@dataclass(frozen=True)
class StageRow:
    """One stage: people by what is known of when they reached it (None: hidden), and the curve's median."""

    scale: str
    stage: int
    counts: tuple[int | None, ...]  # reached, not reached, left-censored, not assessable
    n_reversed: int | None
    since_months: float | None  # the curve is of people free of the stage then
    median_months: float | None


@dataclass(frozen=True)
class DeclineRow:
    """One score: decline by both models, and how the person's own decline goes with survival."""

    score: str
    n: int
    n_events: int | None
    mixed: tuple[float, float, float] | None  # estimate and 95 % limits, points/month
    joint: tuple[float, float, float] | None
    association: tuple[float, float, float] | None  # log hazard ratio per point/month
    status: str


@dataclass(frozen=True)
class LeadDeclineRow:
    """One longitudinal lead without and with the survival that ends its visits; effects are points/month per allele."""

    trait: str
    variant: str
    n: int | None  # None: hidden, or none
    n_events: int | None
    as_analysed: tuple[float, float, float] | None  # estimate and 95 % limits
    mixed: tuple[float, float, float] | None
    joint: tuple[float, float, float] | None
    joint_p: float | None
    hazard_ratio: tuple[float, float, float] | None  # of people with equal random effects
    status: str


@dataclass(frozen=True)
class Longitudinal:
    """Stages of the cohort, the registry's decline beside its survival, and the cohort's leads so."""

    stages: tuple[StageRow, ...]
    pictures: tuple[Picture, ...]
    decline: tuple[DeclineRow, ...]
    leads: tuple[LeadDeclineRow, ...]
