"""What the page of a meta-analysis shows: the view model."""

from __future__ import annotations

from dataclasses import dataclass

from alsreg.report.model import Picture, Provenance


@dataclass(frozen=True)
class StudyFlow:
    """What became of a study's variants."""

    study: str
    n_read: int
    n_used: int
    reasons: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class StudyEffect:
    """One study's effect of a variant, or that of all together."""

    study: str
    effect: float | None
    lower: float | None
    upper: float | None
    p_value: float | None
    frequency: float | None
    n: int | None


@dataclass(frozen=True)
class MetaHit:
    """A hit with each study's effect."""

    variant: str
    rs_id: str
    effect_allele: str
    i2: float | None
    heterogeneity_p: float | None
    rows: tuple[StudyEffect, ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class LookupRow:
    """A variant looked for, in one study or in all together."""

    variant: str
    effect_allele: str
    direction: str
    study: str
    effect: float | None
    lower: float | None
    upper: float | None
    p_value: float | None
    p_one_sided: float | None
    status: str


@dataclass(frozen=True)
class MetaReport:
    """The whole page."""

    analysis: str
    trait: str
    effect_name: str
    freeze: str
    freeze_date: str
    hit_p: float
    studies: tuple[StudyFlow, ...]
    hits: tuple[MetaHit, ...]
    n_not_shown: int
    has_lookup: bool
    lookup: tuple[LookupRow, ...]
    provenance: Provenance
