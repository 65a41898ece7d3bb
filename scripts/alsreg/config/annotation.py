"""Settings of the annotation stage: which variants of a gene are tested together."""

from __future__ import annotations

import difflib
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from alsreg.config.annotation_sources import SourceName
from alsreg.config.base import Section
from alsreg.config.consequences import VOCABULARY

MaskName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=64)]
Population = Annotated[str, Field(pattern=r"^[A-Za-z]\w*\.[A-Za-z]\w*$")]

# The mask of results about all masks of a gene: no mask may have this name.
ALL_MASKS = "all_masks"

LOSS_OF_FUNCTION = [
    "transcript_ablation",
    "splice_acceptor_variant",
    "splice_donor_variant",
    "stop_gained",
    "frameshift_variant",
    "stop_lost",
    "start_lost",
]
PROTEIN_ALTERING = [
    *LOSS_OF_FUNCTION,
    "inframe_insertion",
    "inframe_deletion",
    "missense_variant",
    "protein_altering_variant",
]


def _check_consequences(consequences: list[str]) -> list[str]:
    for term in consequences:
        if term not in VOCABULARY:
            near = difflib.get_close_matches(term, VOCABULARY, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"{term!r} is neither a Sequence Ontology term nor a region{hint}")
    if len(set(consequences)) < len(consequences):
        raise ValueError("a consequence stands twice")
    return consequences


class ScoredConsequences(Section):
    """Consequences that count where in-silico scores are high enough. A variant without the score does not count."""

    consequences: list[str] = Field(min_length=1, description="Sequence Ontology terms, or regions of a ready table")
    min_scores: dict[SourceName, float] = Field(min_length=1, description="Score of the freeze: its smallest value")
    required: Literal["all", "any"] = Field("all", description="Whether all of the scores must reach it, or any")

    _known = field_validator("consequences")(_check_consequences)


class Mask(Section):
    """Which variants of a gene count: by what they do, by scores, and by how rare they are."""

    consequences: list[str] = Field(
        default_factory=list, description="Sequence Ontology terms, or regions of a ready table (exonic, UTR3, ...)"
    )
    scored: list[ScoredConsequences] = Field(
        default_factory=list, description="Further consequences, each with the scores it needs"
    )
    loftee: Literal["any", "high_confidence", "high_confidence_without_flags"] = Field(
        "any", description="What LOFTEE must say of variants that stop, shift the frame or hit a splice site (LoF, LoF_flags)"
    )  # fmt: skip
    max_allele_frequency: float = Field(
        0.01, gt=0, le=0.5, description="Highest frequency of the rarer allele among the people tested"
    )
    max_mac: int | None = Field(None, ge=1, description="Most copies of the rarer allele among the people tested")
    max_external_frequency: float | None = Field(
        None, ge=0, le=1, description="Highest ALT frequency elsewhere (`external_populations`); unseen there is rare"
    )

    _known = field_validator("consequences")(_check_consequences)

    @model_validator(mode="after")
    def _selects_each_once(self) -> Mask:
        terms = [*self.consequences, *(term for rule in self.scored for term in rule.consequences)]
        if not terms:
            raise ValueError("a mask needs at least 1 consequence, in `consequences` or `scored`")
        twice = sorted({term for term in terms if terms.count(term) > 1})
        if twice:
            raise ValueError(f"{twice} stand both with and without scores, or in two rules: which one is meant?")
        return self

    @property
    def is_plain(self) -> bool:
        """Whether the consequence alone decides who is in; frequency among the people tested comes later."""
        return not self.scored and self.loftee == "any" and self.max_external_frequency is None

    @property
    def all_consequences(self) -> list[str]:
        """With and without scores."""
        return [*self.consequences, *(term for rule in self.scored for term in rule.consequences)]


class AnnotationConfig(Section):
    """Masks of the gene tests, and which transcripts and populations speak."""

    masks: dict[MaskName, Mask] = Field(
        default_factory=lambda: {
            "loss_of_function": Mask(consequences=LOSS_OF_FUNCTION),
            "protein_altering": Mask(consequences=PROTEIN_ALTERING),
            "exonic": Mask(consequences=["exonic", "splicing"]),
        },
        min_length=1,
        description="Mask name: consequences and highest frequency; `exonic` serves ready tables without effects",
    )
    transcripts: list[Literal["mane", "canonical", "all"]] = Field(
        default_factory=lambda: ["all"],
        min_length=1,
        description="Transcripts that speak for a gene: the first kind it has; a gene with none of them is left out, counted",
    )
    external_populations: list[Population] = Field(
        default_factory=list, description="Populations of the freeze, source.population; all of them when empty"
    )
    external_rule: Literal["highest", "first"] = Field(
        "highest", description="Frequency elsewhere: the highest of the populations, or that of the first that has the variant"
    )  # fmt: skip
    max_missing_scores: float = Field(
        0.5, ge=0, le=1, description="Largest share of a scored mask's variants without any of its scores; above it the run stops"
    )  # fmt: skip
    max_mismatch_rate: float = Field(
        0.05, gt=0, lt=0.5, description="Share of shared SNP positions at which a file's REF may differ; above it another build"
    )  # fmt: skip

    @field_validator("masks")
    @classmethod
    def _leave_the_name_of_all(cls, masks: dict[str, Mask]) -> dict[str, Mask]:
        if ALL_MASKS in masks:
            raise ValueError(f"{ALL_MASKS!r} means all masks together: give the mask another name")
        return masks

    @property
    def mask_consequences(self) -> set[str]:
        """Everything some mask names."""
        return {term for mask in self.masks.values() for term in mask.all_consequences}
