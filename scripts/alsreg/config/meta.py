"""Settings of the meta stage: cohorts and files of others joined, variant by variant."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from alsreg.config.base import Section
from alsreg.config.files import Build, Name


class ExternalStudy(Section):
    """Summary statistics of another registry: a file in GWAS-SSF."""

    path: str = Field(description="The file, relative to the pipeline's folder; sorted by chromosome and position")
    build: Build = Field("GRCh38", description="Build of the positions; another than GRCh38 is refused: lift it first")
    strand: Literal["forward", "unknown"] = Field(
        "forward", description="unknown: palindromic SNPs are settled by frequency, or left out near 0.5"
    )
    n: int | None = Field(None, gt=0, description="People, where the file has no column n")
    n_events: int | None = Field(None, gt=0, description="Events or cases, where the file has no column n_events")


class MetaAnalysis(Section):
    """One trait over cohorts of the freeze and files of others; nobody may be in two of them."""

    trait: Name = Field(description="A trait of the configuration; effects of all files are on its scale")
    cohorts: list[Name] = Field(default_factory=list, description="Cohorts of the freeze, without people in common")
    external: dict[Name, ExternalStudy] = Field(default_factory=dict, description="Name: a file of another registry")
    lookup: str | None = Field(
        None,
        description="Variants to replicate: a tab-separated file with chromosome, base_pair_location, effect_allele, other_allele "
        "and direction (+ or -), relative to the pipeline's folder",
    )

    @model_validator(mode="after")
    def _several(self) -> MetaAnalysis:
        names = [*self.cohorts, *self.external]
        if len(names) < 2:
            raise ValueError("name at least two cohorts or external files")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{twice} stand there twice")
        return self


class MetaConfig(Section):
    """Which studies are joined, and which alleles are trusted."""

    analyses: dict[Name, MetaAnalysis] = Field(
        default_factory=dict, description="Name: what is joined; none: no meta-analysis"
    )
    max_palindromic_frequency: float = Field(
        0.4,
        gt=0,
        lt=0.5,
        description="Palindromic SNPs of unknown strand whose rarer allele is more frequent, in either file, are left out",
    )
    max_frequency_difference: float = Field(
        0.2,
        gt=0,
        le=1,
        description="Variants whose allele frequency differs by more from that of the first study are left out of the later one",
    )
    min_studies: int = Field(2, ge=2, description="Studies that a variant must be in")
