"""Settings of the burden stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from alsreg.config.base import Section

GeneTestName = Literal["burden", "skat", "skat_o", "acat_v", "acat_o", "omnibus"]


class BurdenConfig(Section):
    """How the variants of a gene are weighed and tested together."""

    tests: list[GeneTestName] = Field(
        default_factory=lambda: ["burden", "skat", "skat_o", "acat_v", "acat_o", "omnibus"],
        min_length=1,
        description="Tests per gene and mask; `omnibus` joins all masks of a gene",
    )
    weight_alpha: float = Field(1.0, gt=0, description="First parameter of the Beta(MAF) weights; 1, 1: equal")
    weight_beta: float = Field(25.0, gt=0, description="Second parameter of the Beta(MAF) weights")
    max_mac_collapsed: int = Field(
        10, ge=0, description="Copies of the rarer allele up to which variants of a gene collapse to one; 0: none do"
    )
    min_carriers: int = Field(
        5, ge=1, description="People who carry a variant of the mask in the gene; with fewer it is not tested"
    )
    min_expected_events: float = Field(
        2, ge=0, description="Survival, binary: events or cases expected among carriers; with fewer it is not tested"
    )
    min_z_correction: float = Field(
        2, ge=0, le=5, description="|z| above which a score is corrected for small counts (survival, binary)"
    )
    max_p_refit: float = Field(
        1e-3, ge=0, le=0.05, description="Largest p at which the burden's effect comes from the full model"
    )
    min_mac_exported: float = Field(
        5, ge=1, description="Exported scores: with fewer copies variants are summed by annotation, such sums left out"
    )
    max_p_hit: float = Field(
        1e-4, gt=0, le=1, description="Largest p of a gene that is looked at more closely: conditional on leads, resampled, "
        "one variant left out at a time",
    )  # fmt: skip
    condition_window_kb: float = Field(
        1000,
        ge=0,
        description="Distance from a gene within which leading common variants of the trait are conditioned on",
    )
    min_frequency_lead: float = Field(
        0.01, ge=0, le=0.5, description="Frequency of the rarer allele from which a lead is conditioned on"
    )
    n_resamples: int = Field(
        10_000, ge=0, le=10_000_000, description="Resamples under the fitted null of each hit; 0: none"
    )
    seed: int = Field(1, ge=0, description="Of the resamples")
