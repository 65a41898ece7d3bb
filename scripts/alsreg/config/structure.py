"""Choices of the structure stage."""

from __future__ import annotations

from pydantic import Field

from alsreg.config.base import Section


class StructureConfig(Section):
    """Which variants describe ancestry, who counts as related, and how many components are computed."""

    min_maf: float = Field(0.05, gt=0, lt=0.5, description="Smallest minor allele frequency")
    min_call_rate: float = Field(
        0.98, gt=0, le=1, description="Smallest call rate among people whose assays carry the variant"
    )
    window_kb: float = Field(500, gt=0, description="Linkage disequilibrium is pruned within this distance, kb")
    max_r2: float = Field(0.2, gt=0, lt=1, description="Largest squared correlation of two variants kept in a window")
    min_overlap: int = Field(
        50,
        ge=10,
        description="People called for both variants before their correlation is believed; fewer: taken as correlated",
    )
    max_variants: int = Field(20_000, ge=500, description="Variants kept; more are thinned evenly along the genome")
    max_kinship: float = Field(
        2**-3.5,
        gt=0,
        lt=0.5,
        description="Closer pairs are related (0.0884: second degree); one of them is left out of tests",
    )
    min_snps: int = Field(200, ge=50, description="Fewer SNPs called in both people: kinship is not testable")
    max_false_relatives: float = Field(
        1.0, gt=0, description="Unrelated pairs of the cohort expected to pass as relatives by chance"
    )
    degree_confidence: float = Field(
        0.95,
        gt=0.5,
        lt=1,
        description="A degree is named if a pair of that degree reaches its lower bound with this probability",
    )
    n_components: int = Field(10, ge=1, le=50, description="Principal components written")
    min_projection_snps: int = Field(
        200,
        ge=20,
        description="People with fewer called variants get no components: the projection would be noise",
    )
    max_component_sd: float = Field(
        6,
        gt=0,
        description="Standard deviations from the mean beyond which a person is an outlier of a component",
    )
