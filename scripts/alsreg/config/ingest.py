"""Choices of the ingest stage."""

from __future__ import annotations

from pydantic import Field, model_validator

from alsreg.config.base import Section


class IngestConfig(Section):
    """Which genotypes count as called, and how alleles are brought to the forward strand of GRCh38."""

    is_pass_only: bool = Field(True, description="Keep only records whose FILTER is PASS or '.'")
    min_gq: int = Field(20, ge=0, le=99, description="Smallest genotype quality, Phred; not applied where GQ is absent")
    min_dp: int = Field(
        10,
        ge=0,
        le=1000,
        description="Smallest depth of a diploid call, reads; not applied where DP is absent",
    )
    min_dp_haploid: int = Field(5, ge=0, le=1000, description="Smallest depth of a haploid call, reads")
    min_het_alt_fraction: float = Field(
        0.2,
        ge=0,
        lt=0.5,
        description="Smallest ALT share of the reads of a heterozygote; not applied where AD is absent",
    )
    max_het_alt_fraction: float = Field(
        0.8, gt=0.5, le=1, description="Largest ALT share of the reads of a heterozygote"
    )
    max_hom_other_fraction: float = Field(
        0.1,
        ge=0,
        le=0.5,
        description="Largest share of reads of other alleles in a homozygote; not applied where AD is absent",
    )
    max_palindromic_maf: float = Field(
        0.4, ge=0, lt=0.5,
        description="A/T and C/G array SNPs of a higher minor allele frequency are dropped: frequency cannot tell their strand",
    )  # fmt: skip
    max_palindromic_frequency_difference: float = Field(
        0.2, gt=0, le=1,
        description="A/T and C/G array SNPs are dropped if no strand brings their ALT frequency this near to the sequencing assay's",
    )  # fmt: skip
    max_mismatch_rate: float = Field(
        0.05,
        gt=0,
        lt=0.5,
        description="Share of SNPs that may contradict the reference; above it the claimed build is refused",
    )
    min_build_evidence: int = Field(20, ge=5, description="Comparable SNPs needed before the claimed build is judged")

    @model_validator(mode="after")
    def _haploid_is_not_stricter(self) -> IngestConfig:
        if self.min_dp_haploid > self.min_dp:
            raise ValueError("min_dp_haploid must not exceed min_dp")
        return self
