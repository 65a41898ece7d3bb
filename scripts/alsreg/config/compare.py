"""Settings of the compare stage: what two freezes are compared by."""

from __future__ import annotations

from pydantic import Field

from alsreg.config.base import Section


class CompareConfig(Section):
    """What the comparison of two freezes follows, and what it calls a change."""

    max_hits: int = Field(50, ge=1, le=1000, description="Leads of each freeze followed per trait, smallest p first")
    min_shift_z: float = Field(
        2,
        gt=0,
        le=10,
        description="An effect that differs by more standard errors of the difference, people in both freezes allowed for, has moved",
    )
    n_agreement: int = Field(
        500,
        ge=10,
        le=20_000,
        description="Variants of each freeze, smallest p first, whose effects are held against each other",
    )
