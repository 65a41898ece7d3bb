"""Gene tests of a cohort of the pipeline: what its rules have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from alsreg.config.annotation import AnnotationConfig
from alsreg.config.association import AssociationConfig
from alsreg.config.burden import BurdenConfig
from alsreg.config.traits import TraitSpecification
from alsreg.engines.analysis import models_of_cohort
from alsreg.engines.carriers import keep_carriers
from alsreg.engines.gene_scan import GeneScan
from alsreg.engines.gene_sets import MaskRule, read_catalogue
from alsreg.errors import InputError
from alsreg.formats.pgen import read_psam
from alsreg.formats.regenie import read_annotations, read_masks
from alsreg.tables.genotypes import MERGED_VARIANTS


@dataclass(frozen=True)
class Choices:
    """What of the configuration the gene tests need."""

    specification: TraitSpecification
    annotation: AnnotationConfig
    association: AssociationConfig
    burden: BurdenConfig


def arguments_of(inputs: SimpleNamespace, parameters: SimpleNamespace) -> dict[str, object]:
    """The arguments of `scan_of_cohort`, by name, from a rule's inputs and parameters."""
    return {
        "shards": list(zip(inputs.pgen, inputs.variants, strict=True)),
        "tables": (inputs.samples, inputs.visits),
        "sets": (inputs.annotations, inputs.set_list, inputs.masks),
        "choices": Choices(
            TraitSpecification(**parameters.specification), AnnotationConfig(**parameters.annotation),
            AssociationConfig(**parameters.association), BurdenConfig(**parameters.settings),
        ),
        "relationships": next(iter(inputs.relationships), None),
    }  # fmt: skip


def scan_of_cohort(
    shards: Sequence[tuple[str, str]],
    tables: tuple[str, str],
    sets: Sequence[str],
    choices: Choices,
    relationships: str | None = None,
) -> GeneScan:
    """All genes of a cohort, not yet tested.

    Parameters
    ----------
    shards
        Genotype file and variant table of each shard of the cohort; all hold the same people.
    tables
        Samples and visits of the association stage.
    sets
        Annotation file, set list and masks, as regenie reads them.
    relationships
        Of the structure stage, needed with `relatedness: mixed`.
    """
    prefixes = [pgen.removesuffix(".pgen") for pgen, _ in shards]
    _require_same_people(prefixes)
    of_people = (prefixes[0], tables, choices.specification, choices.association.min_people_per_source)
    models = keep_carriers(models_of_cohort(*of_people, relationships))
    masks = mask_rules(choices.annotation, sets)
    variants = [MERGED_VARIANTS.read(table) for _, table in shards]
    return GeneScan(read_catalogue(*sets[:2], masks, variants), prefixes, models, choices.burden)


def mask_rules(annotation: AnnotationConfig, sets: Sequence[str]) -> dict[str, MaskRule]:
    """What each mask selects in the annotation file; one that matched nothing is not in the mask file.

    Where no mask asks for more than consequences, the words of the annotation file are the consequences.
    """
    is_plain = all(mask.is_plain for mask in annotation.masks.values())
    written = {} if is_plain else read_masks(sets[2], read_annotations(sets[0]))
    return {
        name: MaskRule(
            mask.consequences if is_plain else written.get(name, []), mask.max_allele_frequency, mask.max_mac or np.inf
        )
        for name, mask in annotation.masks.items()
    }


def _require_same_people(prefixes: Sequence[str]) -> None:
    ids = [read_psam(prefix)["IID"].tolist() for prefix in prefixes]
    for prefix, other in zip(prefixes, ids, strict=True):
        if other != ids[0]:
            raise InputError("the shards hold different people", file=f"{prefix}.psam",
                             remedy="run the merge stage again for all shards")  # fmt: skip
