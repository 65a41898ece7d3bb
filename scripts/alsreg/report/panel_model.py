"""What the gene panel's section says; None stands for a hidden count."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PanelGene:
    """A gene of the list."""

    gene: str
    tier: str
    status: str
    n_variants: int | None
    n_carriers: int | None
    n_pathogenic: int | None
    has_clinvar: bool
    visible: str
    repeat: str


@dataclass(frozen=True)
class CarrierCount:
    """Carriers of one consequence in a gene, or in the genes of a tier."""

    label: str
    consequence: str
    n_carriers: int | None


@dataclass(frozen=True)
class CarrierComparison:
    """Carriers against the rest in one trait."""

    carriers: str
    trait: str
    effect_name: str
    n: int
    n_carriers: int | None
    n_carrier_events: int | None
    has_events: bool
    effect: float
    lower: float
    upper: float
    p_value: float
    p_bonferroni: float
    method: str


@dataclass(frozen=True)
class ControlMask:
    """How evenly a mask falls on both sides over all genes; the calibration mask ought to be even."""

    mask: str
    n_genes: int
    lambda_gc: float | None
    n_genes_lambda: int
    odds_ratio: float | None
    lower: float | None
    upper: float | None
    p_value: float | None


@dataclass(frozen=True)
class ControlGene:
    """A gene and mask in all strata together."""

    gene: str
    mask: str
    n_cases: int
    n_controls: int
    n_case_carriers: int | None
    n_control_carriers: int
    odds_ratio: float | None
    lower: float | None
    upper: float | None
    p_value: float | None  # None: hidden with the carriers
    p_bonferroni: float | None
    method: str


@dataclass(frozen=True)
class ControlSection:
    """Carriers per gene against public allele counts."""

    strata: tuple[str, ...]
    masks: tuple[ControlMask, ...]
    genes: tuple[ControlGene, ...]
    n_tested: int
    losses: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class PanelReport:
    """The section; `version` is empty where the freeze has no annotation."""

    version: str
    sha256: str
    sources: tuple[str, ...]
    n_people: int
    n_assessed: int
    is_leaving: bool
    genes: tuple[PanelGene, ...]
    by_gene: tuple[CarrierCount, ...]
    by_tier: tuple[CarrierCount, ...]
    comparisons: tuple[CarrierComparison, ...]
    n_uncompared: int
    controls: ControlSection | None
