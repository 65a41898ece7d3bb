"""What a report says of genes with small p-values."""

from __future__ import annotations

from dataclasses import dataclass

from alsreg.report.pictures import Picture


@dataclass(frozen=True)
class HitTest:
    """One test of a hit."""

    test: str
    p_value: float | None
    p_conditional: float | None
    p_resampled: float | None
    resampling: str  # how many resamples, or why none


@dataclass(frozen=True)
class LeftOutVariant:
    """A variant with enough carriers to be shown, and what the gene is without it."""

    variant: str
    annotation: str
    n_carriers: int
    p_variant: float | None
    p_without: tuple[float | None, ...]  # by `alsreg.report.gene_hits.SHOWN`


@dataclass(frozen=True)
class GeneHit:
    """A gene with a small p under its best mask."""

    gene: str
    mask: str
    given: str
    conditional_status: str
    tests: tuple[HitTest, ...]
    variants: tuple[LeftOutVariant, ...]
    n_hidden: int  # variants with too few carriers to be shown
    picture: Picture | None
