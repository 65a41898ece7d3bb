"""Settings of the panel stage: carriers in genes of a list, and whom they are compared with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from alsreg.config.annotation import MaskName, Population
from alsreg.config.base import Section
from alsreg.config.files import Name

Gene = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9._-]*$", max_length=32)]


class RepeatRange(Section):
    """Repeat numbers, of the longer allele, from which a repeat counts."""

    intermediate_from: int | None = Field(
        None, ge=1, description="Smallest number called intermediate; none: no such class"
    )
    expanded_from: int = Field(ge=2, description="Smallest number called expanded")

    @model_validator(mode="after")
    def _ascends(self) -> RepeatRange:
        if self.intermediate_from is not None and self.intermediate_from >= self.expanded_from:
            raise ValueError("intermediate_from must be below expanded_from")
        return self


class ControlStratum(Section):
    """People of one ancestry, and the population elsewhere that they are compared with."""

    controls: Population = Field(description="source.population of the freeze's annotation.controls")
    reported_ancestry: list[str] = Field(
        min_length=1, description="Values of reported_ancestry whose people are compared"
    )


class SummaryControlsConfig(Section):
    """Carriers per gene against allele counts of a public sites file; off unless a stratum is named."""

    strata: dict[Name, ControlStratum] = Field(
        default_factory=dict,
        description="Stratum: its people and its controls; several are tested together, each in itself",
    )
    masks: list[MaskName] = Field(default_factory=list, description="Masks compared; all of them when empty")
    calibration_consequences: list[str] = Field(
        default_factory=lambda: ["synonymous_variant"],
        description="Consequences expected to be as frequent in both: tested as a mask `calibration`, beside every result",
    )
    min_call_rate: float = Field(
        0.9,
        gt=0,
        le=1,
        description="Smallest share of people, on either side, with a genotype (or the depth) at a place compared",
    )
    min_carriers_inflation: int = Field(
        10, ge=2, description="Genes with fewer carriers, both sides together, do not enter the inflation factor"
    )

    @model_validator(mode="after")
    def _ancestries_once(self) -> SummaryControlsConfig:
        named = [label for stratum in self.strata.values() for label in stratum.reported_ancestry]
        if twice := sorted({label for label in named if named.count(label) > 1}):
            raise ValueError(f"reported_ancestry {twice} stands in two strata")
        used = [stratum.controls for stratum in self.strata.values()]
        if twice := sorted({name for name in used if used.count(name) > 1}):
            raise ValueError(f"controls {twice} stand in two strata: their people would count twice")
        return self


class PanelConfig(Section):
    """Which genes, what makes a carrier, and what becomes of carriers of definitive genes."""

    genes: str | None = Field(
        None,
        description="Your own list (columns gene, tier, source, date), relative to the pipeline's folder; none: "
        "resources/genes/als_genes.tsv",
    )
    masks: list[MaskName] = Field(
        default_factory=list, description="Masks whose variants make a carrier; all of `annotation.masks` when empty"
    )
    max_allele_frequency: float = Field(
        0.005, gt=0, le=0.5, description="Highest ALT frequency in the cohort; a single copy always counts"
    )
    definitive_tiers: list[str] = Field(
        default_factory=lambda: ["definitive"], description="Tiers of the list whose genes are called definitive"
    )
    repeats: dict[Gene, RepeatRange] = Field(
        default_factory=lambda: {
            "C9orf72": RepeatRange(expanded_from=30),
            "ATXN2": RepeatRange(intermediate_from=27, expanded_from=34),
        },
        description="Gene: repeat numbers from which its repeat counts, judged where the freeze has `repeats`",
    )
    leave_out_of: list[Name] = Field(
        default_factory=list,
        description="Cohorts whose single-variant tests leave out carriers in definitive genes; gene tests keep them",
    )
    leave_out_by: Literal["any_variant", "clinvar_pathogenic"] = Field(
        "any_variant",
        description="What makes such a carrier: any variant counted, or one that ClinVar calls (likely) pathogenic; an expanded "
        "repeat always does",
    )
    min_carriers: int = Field(3, ge=2, description="Carriers with the trait that a comparison needs")
    max_events_firth: int = Field(
        10,
        ge=0,
        description="Survival: with this many events among the carriers or fewer, Firth's penalised likelihood",
    )
    controls: SummaryControlsConfig = SummaryControlsConfig()
