"""Choices of the merge stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from alsreg.config.base import Section


class MergeConfig(Section):
    """Which of a person's genotypes is kept, and which variants the assays disagree on."""

    discordance_policy: Literal["priority", "missing", "majority"] = Field(
        "priority",
        description="Where a person's assays differ: the first assay of the cohort wins; the genotype is missing; or "
        "the value most assays give (missing without a majority)",
    )
    max_discordance: float = Field(
        0.05, ge=0, le=1, description="Largest share of differing genotype pairs of a variant"
    )
    max_person_discordance: float = Field(
        0.05, ge=0, le=1,
        description="A person two of whose assays differ in a larger share of genotypes is flagged, not left out",
    )  # fmt: skip
    min_compared: int = Field(
        20, ge=1, description="Genotype pairs needed before a variant is judged by its discordance"
    )
    min_platform_p: float = Field(
        1e-6,
        ge=0,
        lt=1,
        description="Smallest p of frequency by assay within ancestry (Cochran-Mantel-Haenszel)",
    )
