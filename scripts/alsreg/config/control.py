"""Choices of the control stage: a treated cohort against the registry."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from alsreg.config.base import Section

Column = Annotated[str, Field(pattern=r"^[A-Za-z]\w*$", max_length=64)]
DEFAULT_COVARIATES = [
    "age_years", "sex", "is_bulbar_onset", "months_since_onset", "total", "delta_fs_per_month",
]  # fmt: skip


class Criterion(Section):
    """One eligibility criterion on a baseline column: bounds (inclusive), or the values admitted."""

    column: Column = Field(description="Baseline column (docs/control.md), or a column of your own")
    min: float | None = Field(None, description="Smallest value admitted")
    max: float | None = Field(None, description="Largest value admitted")
    values: list[str] | None = Field(None, min_length=1, description="Values admitted, for text columns")

    @model_validator(mode="after")
    def _says_something(self) -> Criterion:
        has_bounds = self.min is not None or self.max is not None
        if has_bounds == (self.values is not None):
            raise ValueError(f"{self.column}: give `min` or `max` or both, or else `values`")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"{self.column}: min {self.min:g} is above max {self.max:g}")
        return self


class ControlConfig(Section):
    """External-control comparison: a treated cohort against the registry. Off unless `treated` names its tables."""

    treated: str | None = Field(
        None,
        description="Mapping file of the treated cohort's clinical tables (as `alsreg map-registry` drafts it), relative to "
        "the pipeline's folder; none: no comparison",
    )
    treated_freeze_date: date | None = Field(None, description="Data cut-off of the treated cohort")
    treatment: str = Field("treatment", min_length=1, max_length=80, description="Name of the treatment on the page")
    treated_time_zero: Column = Field(
        "treatment_start_date",
        description="Column of the treated cohort's patients table with the day of treatment start",
    )
    registry_time_zero: Literal["first_eligible_visit", "first_visit"] = Field(
        "first_eligible_visit",
        description="Time zero of controls: the first registry visit at which they meet all criteria, or the first visit "
        "(then judged)",
    )
    registry_treatment_start: Column | None = Field(
        None,
        description="Column of the registry's patients table with the day the same treatment began: such people are no "
        "controls afterwards",
    )
    max_days_before_time_zero: int = Field(
        31,
        ge=0,
        le=183,
        description="Days that the baseline visit may lie before time zero; it is never later, where treatment may show",
    )
    eligibility: list[Criterion] = Field(
        default_factory=list, description="Criteria in order, the same for both cohorts; an unknown value fails"
    )
    covariates: list[Column] = Field(
        default_factory=lambda: list(DEFAULT_COVARIATES),
        min_length=1,
        description="Baseline columns of the propensity score; text columns become indicators",
    )
    estimand: Literal["att", "ate", "overlap"] = Field(
        "att", description="Weights: effect in the treated (att), in everybody (ate), or where the cohorts overlap"
    )
    trim_quantile: float = Field(
        0.0,
        ge=0,
        le=0.1,
        description="People are left out whose score lies below this quantile of the treated or above one minus it of the "
        "controls; 0: outside the common range",
    )
    max_trimmed_fraction: float = Field(
        0.3, gt=0, lt=1, description="If a larger share of the treated has no counterpart, nothing is estimated"
    )
    min_effective_n: float = Field(
        20, ge=5, le=1000, description="Effective people in each weighted group below which nothing is estimated"
    )
    max_standardised_difference: float = Field(
        0.1, gt=0, le=0.5, description="A covariate further apart than this after weighting is called unbalanced"
    )
    caliper: float = Field(
        0.2, gt=0, le=2, description="Widest difference within a pair, standard deviations of the log odds of treatment"
    )
    variance: Literal["sandwich", "bootstrap"] = Field(
        "sandwich", description="Standard errors: sandwich that allows for the estimated score, or bootstrap of people"
    )
    n_bootstrap: int = Field(500, ge=100, le=20_000, description="Bootstrap samples, where `variance` asks for them")
    seed: int = Field(1, ge=0, description="Of the bootstrap")
    horizon_months: float = Field(
        24, gt=0, le=240, description="End of the restricted mean survival time, months since time zero"
    )
    decline_months: float = Field(
        12, gt=0, le=120, description="ALSFRS-R visits up to so many months after time zero give the decline"
    )
    change_months: float = Field(
        6,
        gt=0,
        le=120,
        description="Month after time zero at which the change of the ALSFRS-R from baseline is compared",
    )
    change_window_months: float = Field(
        1.5,
        gt=0,
        le=12,
        description="The visit nearest to that month counts, if it is no further away than so many months",
    )
    negative_control: Column | None = Field(
        None,
        description="A numeric or 0/1 column that the treatment cannot have changed and that is not among the covariates; a "
        "difference in it is bias",
    )
    negative_control_event: Column | None = Field(
        None,
        description="Column of both patients tables with the day of an event that the treatment can neither cause nor prevent "
        "(a fracture, a cancer; empty: never); a hazard ratio other than one is bias",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> ControlConfig:
        if self.treated is not None and self.treated_freeze_date is None:
            raise ValueError("treated needs treated_freeze_date, the data cut-off of that cohort")
        if self.negative_control in self.covariates:
            raise ValueError(
                f"negative_control {self.negative_control!r} is among the covariates: it would be balanced by force"
            )
        if self.change_window_months >= self.change_months:
            raise ValueError("change_window_months must be below change_months: a visit near time zero shows no change")
        repeated = sorted({name for name in self.covariates if self.covariates.count(name) > 1})
        if repeated:
            raise ValueError(f"covariates named twice: {', '.join(repeated)}")
        return self
