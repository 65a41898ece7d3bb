"""Choices of the association stage."""

from __future__ import annotations

from pydantic import Field

from alsreg.config.base import Section


class AssociationConfig(Section):
    """Which variants are tested, when a p-value is corrected, and what counts as a lead."""

    min_mac: float = Field(
        20, ge=1, description="Copies of the rarer allele among the people tested; fewer: untestable"
    )
    min_expected_events: float = Field(
        2, ge=0, description="Survival, binary: events or cases expected among carriers; fewer: untestable"
    )
    min_z_correction: float = Field(
        2, ge=0, le=5, description="|z| above which p is corrected for small counts (survival, binary)"
    )
    max_p_refit: float = Field(
        1e-3,
        ge=0,
        le=0.05,
        description="Largest p at which effects come from the full model, not from the score (related people's quantitative traits: p, too)",
    )
    min_people_per_source: int = Field(
        10,
        ge=2,
        description="People whose genotypes come from an assay that gives fewer are left out, per carrier set",
    )
    genome_wide_p: float = Field(5e-8, gt=0, lt=1, description="Genome-wide significance")
    max_p_lead: float = Field(1e-5, gt=0, lt=1, description="Largest p of a lead")
    lead_window_kb: float = Field(500, gt=0, description="Variants this near to a lead belong to its locus, kb")
    max_lead_r2: float = Field(
        0.1, gt=0, le=1, description="Variants of a locus with a larger r² with its lead belong to that lead"
    )
    max_leads: int = Field(50, ge=1, description="Most leads reported per trait, smallest p first")
    nominal_p: float = Field(
        0.05,
        gt=0,
        lt=1,
        description="Threshold of one variant tested alone, for the power table beside the genome-wide one",
    )
    credible_coverage: float = Field(
        0.95,
        ge=0.5,
        lt=1,
        description="Probability that a credible set holds the causal variant, if one of the locus is",
    )
    prior_sd_log_ratio: float = Field(
        0.2,
        gt=0,
        le=2,
        description="Credible sets: standard deviation of a causal effect on the log odds or log hazard",
    )
    prior_sd_share: float = Field(
        0.15,
        gt=0,
        le=2,
        description="The same for other traits, as a share of the spread of the trait (of the slopes) that covariates leave",
    )
    n_thinned: int = Field(
        20_000, ge=1000, description="Variants kept for plots beside all with p < 0.001, evenly in rank"
    )
