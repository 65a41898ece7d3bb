"""Choices of the sample_qc stage."""

from __future__ import annotations

from pydantic import Field, model_validator

from alsreg.config.base import Section


class SampleQcConfig(Section):
    """Which samples are usable."""

    min_call_rate: float = Field(0.95, ge=0, le=1, description="Smallest share of autosomal genotypes called")
    min_variant_call_rate: float = Field(
        0.9, ge=0, le=1, description="Variants called in a smaller share of the samples do not count for sample metrics"
    )
    max_heterozygosity_sd: float = Field(
        5.0, gt=0, le=100,
        description="Largest deviation of heterozygosity from its ancestry group, in robust SD or in the sample's own "
        "block-jackknife SE, whichever is larger; 3 would accuse 3 in 1,000 good samples",
    )  # fmt: skip
    max_contamination: float = Field(
        0.05,
        gt=0,
        le=0.5,
        description="Largest fraction of foreign DNA, from the reads; not applied where AD is absent",
    )
    max_ti_tv_sd: float = Field(
        5.0,
        gt=0,
        le=100,
        description="Largest deviation of log Ti/Tv from its ancestry group, robust SD or own SE",
    )
    min_group_size: int = Field(
        30,
        ge=10,
        description="Samples a reported ancestry needs to be judged by itself; smaller ones are judged against all",
    )
    max_female_x_f: float = Field(0.5, ge=-1, lt=1, description="Largest inbreeding F on non-PAR X of a female")
    min_male_x_f: float = Field(0.8, gt=0, le=1, description="Smallest inbreeding F on non-PAR X of a male")
    min_x_variants: int = Field(
        50,
        ge=10,
        description="Independent informative X variants (effective number) needed to call a male or an ambiguous sex",
    )
    max_male_x_heterozygosity: float = Field(
        0.01, gt=0, lt=0.5,
        description="Share of a male's X genotypes that error may make heterozygous: where X is thin, more proves a female",
    )  # fmt: skip
    is_sex_mismatch_excluded: bool = Field(
        True, description="Leave out samples whose genetic and registered sex differ"
    )

    @model_validator(mode="after")
    def _sexes_are_apart(self) -> SampleQcConfig:
        if self.max_female_x_f >= self.min_male_x_f:
            raise ValueError("max_female_x_f must be below min_male_x_f")
        return self
