"""Choices of the groups of decline."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from alsreg.config.base import Section


class TrajectoriesConfig(Section):
    """How people are grouped by the course of their ALSFRS-R total."""

    max_classes: int = Field(5, ge=1, le=8, description="Numbers of classes tried: 1 to this")
    degree: Literal[1, 2] = Field(1, description="Mean curve of a class: 1 a straight line, 2 a parabola")
    min_visits: int = Field(2, ge=1, le=20, description="People with fewer scored visits are left out, and counted")
    min_class_share: float = Field(
        0.05, ge=0.01, le=0.5, description="A number of classes is refused if one holds a smaller share of the people"
    )
    min_entropy: float = Field(
        0.6,
        ge=0,
        lt=1,
        description="A number of classes is refused if its relative entropy is smaller: people could not be told apart",
    )
    n_starts: int = Field(10, ge=1, le=1000, description="Starts of each fit, all but the first at random")
    n_resamples: int = Field(50, ge=2, le=1000, description="Resamples of people that say how stable the classes are")
    seed: int = Field(1, ge=0, description="Of the random starts and resamples")
