"""Settings of the annotation stage: which variants of a gene are tested together."""

from __future__ import annotations

import difflib
from typing import Annotated

from pydantic import Field, field_validator

from alsreg.config.base import Section
from alsreg.config.consequences import VOCABULARY

MaskName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=64)]

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


class Mask(Section):
    """Which variants of a gene count: by what they do and by how rare they are."""

    consequences: list[str] = Field(
        min_length=1, description="Sequence Ontology terms, or regions of a ready table (exonic, UTR3, ...)"
    )
    max_allele_frequency: float = Field(
        0.01, gt=0, le=0.5, description="Highest frequency of the rarer allele among the people tested"
    )

    @field_validator("consequences")
    @classmethod
    def _are_known(cls, consequences: list[str]) -> list[str]:
        for term in consequences:
            if term not in VOCABULARY:
                near = difflib.get_close_matches(term, VOCABULARY, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise ValueError(f"{term!r} is neither a Sequence Ontology term nor a region{hint}")
        if len(set(consequences)) < len(consequences):
            raise ValueError("a consequence stands twice")
        return consequences


class AnnotationConfig(Section):
    """Masks of the gene tests."""

    masks: dict[MaskName, Mask] = Field(
        default_factory=lambda: {
            "loss_of_function": Mask(consequences=LOSS_OF_FUNCTION),
            "protein_altering": Mask(consequences=PROTEIN_ALTERING),
            "exonic": Mask(consequences=["exonic", "splicing"]),
        },
        min_length=1,
        description="Mask name: consequences and highest frequency; `exonic` serves ready tables without effects",
    )

    @field_validator("masks")
    @classmethod
    def _leave_the_name_of_all(cls, masks: dict[str, Mask]) -> dict[str, Mask]:
        if ALL_MASKS in masks:
            raise ValueError(f"{ALL_MASKS!r} means all masks together: give the mask another name")
        return masks
