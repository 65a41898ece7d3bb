"""Settings of the report stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from alsreg.config.base import Section


class ExportConfig(Section):
    """What `alsreg export` lets out beside the pages."""

    min_mac: float = Field(
        20, ge=1, description="Copies of the rarer allele that a variant, or a gene's mask, needs to leave the registry"
    )
    is_with_gene_scores: bool = Field(
        False,
        description="Also scores and covariances of genes (target `scores`): they tell how many people carry two variants together",
    )


class ReportConfig(Section):
    """What a report may show."""

    language: Literal["en", "ja"] = Field(
        "en", description="Language of the pages: English or Japanese; numbers are the same"
    )
    min_cell: int = Field(
        5, ge=1, description="Counts of people below this are suppressed, with enough others to hide them"
    )
    max_leads: int = Field(20, ge=1, le=1000, description="Leads shown per trait")
    max_leads_drawn: int = Field(
        4, ge=0, le=100, description="Leads per trait that are also drawn: by assay, by genotype, with their locus"
    )
    max_genes: int = Field(20, ge=1, le=1000, description="Genes shown per trait")
    export: ExportConfig = ExportConfig()
