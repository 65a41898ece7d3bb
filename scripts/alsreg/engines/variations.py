"""Null models like those of the scan, on some of the people, with more covariates, or of another endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.config.traits import LongitudinalTrait, SurvivalTrait, Trait
from alsreg.engines.nulls import FittedNull, NullModels
from alsreg.engines.variants import is_haploid_in_males
from alsreg.errors import InputError
from alsreg.formats.contigs import chromosome_name
from alsreg.stats.cox import CoxNull
from alsreg.stats.logistic import LogisticNull
from alsreg.stats.null import FloatArray


def null_of(models: NullModels, trait: str, variant: pd.Series) -> FittedNull:
    """The null model that a variant, a row of `VARIANT_TESTS`, is tested under."""
    is_on_x = is_haploid_in_males(int(variant["chromosome"]), int(variant["base_pair_location"]))
    return models.fit(trait, str(variant["carrier_set"] or ""), is_on_x, chromosome_name(int(variant["chromosome"])))


def relatives_in(models: NullModels) -> str:
    """What the models do about relatives, as rows of results say it."""
    return "left out" if models.relationships is None else "modelled"


def exclude_relatives(models: NullModels) -> NullModels:
    """Models of unrelated people, for analyses that cannot account for relatives."""
    if models.relationships is None:
        return models
    if "is_related" not in models.people.table.columns:
        raise InputError("no column 'is_related', which says whom to leave out", file=models.people.file)
    specification = models.specification.model_copy(update={"relatedness": "exclude"})
    return replace(models, specification=specification, relationships=None, _fitted={})


def by_null(variants: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Variants by the null model they share."""
    places = zip(variants["chromosome"], variants["base_pair_location"], strict=True)
    is_on_x = np.array([is_haploid_in_males(int(chromosome), int(place)) for chromosome, place in places], dtype=bool)
    for _, group in variants.groupby([variants["carrier_set"].fillna("").astype(str), is_on_x], sort=True):
        yield group


def restrict(models: NullModels, rows: NDArray[np.int64]) -> NullModels:
    """The same models, of the people at `rows` of the person axis alone."""
    people = models.people
    is_listed = np.zeros(len(people), dtype=bool)
    is_listed[rows] = True
    return replace(models, people=replace(people, is_listed=people.is_listed & is_listed), _fitted={})


def pool(models: NullModels, rows: NDArray[np.int64]) -> NullModels:
    """Models of the people at `rows` that know no source assays."""
    pooled = restrict(models, rows)
    people = replace(pooled.people, table=pooled.people.table.drop(columns="assays", errors="ignore"))
    return replace(pooled, people=people, _fitted={})


def adjust(models: NullModels, trait: str, dosages: Mapping[str, FloatArray]) -> NullModels:
    """Models of `trait` adjusted for the ALT dosages of more variants, ``(n,)`` over the person axis by name.

    People without one of the genotypes leave: the result is the regression with all variants on complete cases. A
    longitudinal trait takes each variant as a main effect and times time.
    """
    table = models.people.table.assign(**dosages)
    described = models.specification.traits[trait]
    update: dict[str, object] = {"covariates": [*models.specification.covariates_of(trait), *dosages]}
    if isinstance(described, LongitudinalTrait):
        update["covariates_by_time"] = [*described.covariates_by_time, *dosages]
    return _with_trait(models, trait, described.model_copy(update=update), table)


def given_column(models: NullModels, trait: str, column: str) -> tuple[NullModels, NullModels]:
    """Models of `trait` adjusted for one more column of the people, and unadjusted ones of the same people.

    A longitudinal trait takes the column as a main effect and times time.
    """
    numbers = models.people.numbers(column)
    known = restrict(models, np.flatnonzero(np.isfinite(numbers)))
    return adjust(known, trait, {column: numbers}), known


def set_endpoint(
    models: NullModels, trait: str, entry: FloatArray | None, exit: FloatArray, event: FloatArray
) -> NullModels:
    """Models of a survival trait with other times and events, ``(n,)`` over the person axis."""
    described = models.specification.traits[trait]
    assert isinstance(described, SurvivalTrait)
    columns = {"endpoint: exit": exit, "endpoint: event": event}
    update = {"exit": "endpoint: exit", "event": "endpoint: event"}
    if entry is not None:
        columns["endpoint: entry"], update["entry"] = entry, "endpoint: entry"
    table = models.people.table.assign(**columns)
    return _with_trait(models, trait, described.model_copy(update=update), table)


def _with_trait(models: NullModels, name: str, trait: Trait, table: object) -> NullModels:
    specification = models.specification.model_copy(update={"traits": {**models.specification.traits, name: trait}})
    people = replace(models.people, table=table)
    return replace(models, people=people, specification=specification, _fitted={})


def happened(fitted: FittedNull) -> NDArray[np.bool_] | None:
    """Who of the people analysed had the event or is a case, ``(n,)``; None for traits without events."""
    model = fitted.independent
    if isinstance(model, CoxNull):
        return model.fit.sets.is_event
    if isinstance(model, LogisticNull):
        return model.y == 1
    return None


def carries(dosage: FloatArray) -> NDArray[np.bool_]:
    """Who has at least half a copy of the rarer allele, ``(n,)``."""
    with np.errstate(invalid="ignore"):
        return dosage >= 0.5 if np.nanmean(dosage) <= 1.0 else dosage <= 1.5
