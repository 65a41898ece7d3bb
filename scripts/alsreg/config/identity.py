"""Choices of the identity stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from alsreg.config.base import Section


class IdentityConfig(Section):
    """How samples are recognised by their genotypes, and what is done where a label contradicts them."""

    min_maf: float = Field(
        0.05,
        gt=0,
        lt=0.5,
        description="Smallest minor allele frequency of an informative SNP, in both assays",
    )
    min_distance_kb: float = Field(
        20,
        ge=0,
        description="Smallest distance between SNPs compared, kb: standard errors take them as independent",
    )
    max_snps: int = Field(20_000, ge=1_000, description="SNPs compared per pair of assays; more are thinned evenly")
    min_snps: int = Field(200, ge=50, description="Fewer SNPs called in both samples: not testable")
    max_false_relatives: float = Field(
        0.05, gt=0, description="Unrelated pairs expected to pass as relatives by chance, per pair of assays"
    )
    degree_confidence: float = Field(
        0.95,
        gt=0.5,
        lt=1,
        description="A degree is named if a pair of that degree reaches its lower bound with this probability",
    )
    swapped_samples: Literal["reassign_proven", "exclude"] = Field(
        "reassign_proven",
        description="reassign_proven: use an exchanged sample for the person its genotypes prove, if the exchange is "
        "closed within the assay and every person is fixed by other assays; exclude: never",
    )
    duplicate_registrations: Literal["keep_first", "exclude"] = Field(
        "keep_first",
        description="Two registered persons with the same genotypes, sex, birth and onset dates: use the samples for "
        "one of them, or for neither",
    )
