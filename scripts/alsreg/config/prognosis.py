"""Choices of the prognostic model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from alsreg.config.base import Section

# Column of the linear predictor; a trait adjusted for it needs an unadjusted one beside it.
PROGNOSTIC_INDEX = "prognostic_index"


class Predictor(Section):
    """How a column enters the model."""

    transform: Literal["none", "log", "inverse_sqrt"] = Field("none", description="Of value + offset")
    offset: float = Field(0, description="Added to the value before the transform")
    level: str | None = Field(None, description="Text columns: 1 where the value is this, 0 where it is another")
    is_optional: bool = Field(False, description="Left out, and said so, if the registry has no such column")


def _predictors() -> dict[str, Predictor | None]:
    """Those of Westeneng 2018, with names of columns that only some registries have."""
    return {
        "is_bulbar_onset": Predictor(),
        "age_at_onset_years": Predictor(),
        "delta_fs_per_month": Predictor(transform="inverse_sqrt", offset=0.1),
        "diagnostic_delay_months": Predictor(transform="log", offset=1, is_optional=True),
        "el_escorial": Predictor(level="definite", is_optional=True),
        "fvc_percent": Predictor(is_optional=True),
        "has_ftd": Predictor(is_optional=True),
        "has_c9orf72": Predictor(is_optional=True),
    }


class PrognosisConfig(Section):
    """What survival is predicted from, and how the prediction is judged."""

    predictors: dict[str, Predictor | None] = Field(
        default_factory=_predictors,
        min_length=1,
        description="Columns of phenotypes or patients known at registration: how each enters the model. Keys of your file are "
        "added to the default ones; null leaves one out",
    )
    max_missing_fraction: float = Field(
        0.3,
        ge=0,
        lt=1,
        description="A predictor missing for a larger share of people with survival times is left out, and said so; "
        "otherwise people without it are",
    )
    min_events_per_predictor: float = Field(
        10, ge=1, description="Fewer events per coefficient: no model, with the count"
    )
    n_resamples: int = Field(200, ge=2, le=10_000, description="Bootstrap resamples for the optimism")
    n_risk_groups: int = Field(4, ge=2, le=10, description="Groups of equal size by predicted risk, for calibration")
    calibration_step_months: float = Field(6, gt=0, le=60, description="Grid of the calibration curves, months")
    seed: int = Field(1, ge=0, description="Of the resamples")

    @property
    def used(self) -> dict[str, Predictor]:
        """Predictors that are not left out."""
        return {name: predictor for name, predictor in self.predictors.items() if predictor is not None}
