"""Choices of the registry stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from alsreg.config.base import Section
from alsreg.config.prognosis import PrognosisConfig
from alsreg.config.trajectories import TrajectoriesConfig

OnceOnlyEvent = Literal["death", "tracheostomy", "niv_23h", "niv", "gastrostomy"]


class RegistryConfig(Section):
    """What counts as an event, a usable date and a usable score."""

    terminal_events: list[OnceOnlyEvent] = Field(
        ["death", "tracheostomy", "niv_23h"], min_length=1, description="Survival ends at the first of these"
    )
    entry: Literal["registration", "registration_or_dna"] = Field(
        "registration_or_dna",
        description="Start of observation: registration, or DNA sampling where that is recorded and later",
    )
    ignored_events: list[str] = Field(
        default_factory=list,
        description="Codes of the events table that do not concern survival; counted and left out",
    )
    max_missing_items: int = Field(
        0,
        ge=0,
        le=6,
        description="ALSFRS-R items that may be missing; the total is then scaled up and flagged",
    )
    max_registration_visit_days: int = Field(
        31,
        ge=0,
        le=183,
        description="Days from registration to the visit whose total gives the progression rate (ΔFS)",
    )
    stage_reached: Literal["first", "sustained"] = Field(
        "first",
        description="A stage is reached at the first visit that shows it or a later one, or at the first after which "
        "no visit is in an earlier stage",
    )
    visit_interval_months: float = Field(
        3,
        gt=0,
        le=24,
        description="Months between planned visits, for the visits each hospital keeps",
    )
    max_score_rise: int = Field(
        6,
        ge=0,
        le=48,
        description="A larger rise of ALSFRS-R from one visit to the next is reported as improbable, points",
    )
    min_age_at_onset_years: float = Field(10, ge=0, le=40, description="A lower age at onset is refused, years")
    max_age_at_onset_years: float = Field(100, ge=60, le=120, description="A higher age at onset is refused, years")
    max_days_after_freeze: int = Field(
        365,
        ge=0,
        le=3660,
        description="Days after the freeze date that an event or contact may lie: follow-up then ends at the "
        "freeze date; later ones are refused as impossible",
    )
    missing_codes: list[str] = Field(
        ["NA", "N/A", "NaN", "null", "unknown", "不明"],
        description="Besides an empty cell, these mean that a value is unknown",
    )
    min_numeric_fraction: float = Field(
        0.95,
        gt=0.5,
        le=1,
        description="A column of your own is numeric if at least this share of its filled cells is; "
        "the other cells are refused",
    )
    max_error_fraction: float = Field(
        0.25,
        gt=0,
        le=1,
        description="A table with errors in a larger share of its rows is refused: the mapping is wrong",
    )
    trajectories: TrajectoriesConfig = TrajectoriesConfig()
    prognosis: PrognosisConfig = PrognosisConfig()

    @model_validator(mode="after")
    def _no_event_is_both(self) -> RegistryConfig:
        both = sorted(set(self.terminal_events) & set(self.ignored_events))
        if both:
            raise ValueError(f"{both} stand in terminal_events and in ignored_events")
        return self
