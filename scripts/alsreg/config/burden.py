"""Settings of the burden stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from alsreg.config.base import Section

GeneTestName = Literal["burden", "skat", "skat_o", "acat_v", "acat_o"]


class BurdenConfig(Section):
    """How the variants of a gene are weighed and tested together."""

    tests: list[GeneTestName] = Field(
        default_factory=lambda: ["burden", "skat", "skat_o", "acat_v", "acat_o"],
        min_length=1,
        description="Tests per gene and mask",
    )
    weight_alpha: float = Field(
        1.0, gt=0, description="First parameter of the Beta(MAF) weights; 1, 1: all equal"
    )
    weight_beta: float = Field(25.0, gt=0, description="Second parameter of the Beta(MAF) weights")
    max_mac_collapsed: int = Field(
        10, ge=0, description="Rarer-allele copies up to which variants of a gene collapse to one; 0: none"
    )
    min_carriers: int = Field(
        5, ge=1, description="People carrying a variant of the mask below which nothing is tested"
    )
