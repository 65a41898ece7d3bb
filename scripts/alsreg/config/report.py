"""Settings of the report stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from alsreg.config.base import Section


class ReportConfig(Section):
    """What a report may show."""

    language: Literal["en", "ja"] = Field(
        "en", description="Language of the pages: English or Japanese; numbers are the same"
    )
    min_cell: int = Field(
        5, ge=1, description="Counts of people below this are suppressed, with enough others to hide them"
    )
    max_leads: int = Field(20, ge=1, le=1000, description="Leads shown per trait")
    max_genes: int = Field(20, ge=1, le=1000, description="Genes shown per trait")
