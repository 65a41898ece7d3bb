"""Choices of the variant_qc stage."""

from __future__ import annotations

from pydantic import Field

from alsreg.config.base import Section


class VariantQcConfig(Section):
    """Which variants are usable."""

    min_call_rate: float = Field(0.95, ge=0, le=1, description="Smallest share of usable samples with a genotype")
    min_hwe_p: float = Field(
        1e-8, ge=0, lt=1,
        description="Smallest exact Hardy-Weinberg p, within ancestry and over its groups; low, since risk variants "
        "of patients depart from equilibrium too",
    )  # fmt: skip
    min_group_size: int = Field(
        30, ge=10, description="Usable samples an ancestry group needs for a Hardy-Weinberg test"
    )
    min_batch_p: float = Field(
        1e-8,
        ge=0,
        lt=1,
        description="Smallest p of allele frequency by platform version, capture kit or centre, given ancestry",
    )
    max_mendelian_errors: int = Field(1, ge=0, description="Most Mendelian errors over all trios")
