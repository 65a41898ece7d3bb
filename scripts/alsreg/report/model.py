"""What a report says: every number on the page is an attribute here. None stands for a hidden count."""

from __future__ import annotations

from dataclasses import dataclass

from alsreg.report.association_model import TraitDetail
from alsreg.report.gene_hits_model import GeneHit
from alsreg.report.longitudinal_model import Longitudinal
from alsreg.report.panel_model import PanelReport
from alsreg.report.pictures import Picture


@dataclass(frozen=True)
class Step:
    """People or variants that remain after a step, and those it took away, by reason."""

    label: str
    n: int | None
    losses: tuple[tuple[str, int | None], ...] = ()


@dataclass(frozen=True)
class AssayFlow:
    """What became of an assay's records, variants and samples."""

    assay: str
    build: str
    n_records: int
    n_written: int
    record_losses: tuple[tuple[str, int], ...]
    record_changes: tuple[tuple[str, int], ...]
    n_genotypes_filtered: int
    n_samples: int
    sample_losses: tuple[tuple[str, int], ...]
    n_samples_used: int
    n_variants_excluded: int
    variant_losses: tuple[tuple[str, int], ...]
    n_variants_used: int


@dataclass(frozen=True)
class RuleCount:
    """How often a clinical rule was broken."""

    rule: str
    severity: str
    n_rows: int


@dataclass(frozen=True)
class Level:
    """One level of a categorical variable."""

    name: str
    n: int | None


@dataclass(frozen=True)
class Breakdown:
    """A categorical variable over the people of the cohort."""

    title: str
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Quantity:
    """A continuous variable over the people of the cohort."""

    title: str
    unit: str
    n: int
    mean: float
    sd: float
    median: float
    lower_quartile: float
    upper_quartile: float


@dataclass(frozen=True)
class SurvivalSummary:
    """Follow-up from onset with delayed entry."""

    n: int
    n_events: int
    events: Breakdown
    exclusions: Breakdown
    median_months: float | None
    median_lower: float | None
    median_upper: float | None
    naive_median_months: float | None
    entry_tau: float | None
    entry_tau_p: float | None


@dataclass(frozen=True)
class Finding:
    """How many sample pairs show an identity finding."""

    finding: str
    meaning: str
    n_pairs: int


@dataclass(frozen=True)
class AssayPair:
    """Agreement of people typed on two assays."""

    assays: str
    n_pairs: int
    median_n_snps: float
    median_concordance: float


@dataclass(frozen=True)
class Structure:
    """Relatives and components of the cohort."""

    n_people: int
    n_related: int
    n_projected: int
    n_outliers: int | None
    n_pairs: tuple[tuple[str, int | None], ...]
    variance_percent: tuple[float, ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class Lead:
    """A leading variant."""

    variant: str
    rs_id: str
    gene: str
    effect_allele: str
    frequency: float
    n: int
    n_events: int | None
    n_carriers: int | None
    effect: float
    lower: float
    upper: float
    p_value: float
    method: str
    ph_p: float | None
    carrier_set: str
    is_genome_wide: bool


@dataclass(frozen=True)
class TraitResult:
    """Single-variant results of a trait."""

    trait: str
    kind: str
    status: str
    effect_name: str
    has_events: bool
    covariates: str
    n: int | None
    n_events: int | None
    n_tested: int
    n_untestable: int
    lambda_gc: float | None
    lambda_gc_common: float | None
    lambda_1000: float | None
    effective_n: float | None
    n_hits: int
    n_hits_expected: float
    detectable_effect: float | None
    n_leads: int
    leads: tuple[Lead, ...]
    pictures: tuple[Picture, ...]
    detail: TraitDetail | None = None  # None: not tested


@dataclass(frozen=True)
class GeneRow:
    """One gene, mask and test."""

    gene: str
    mask: str
    test: str
    n_variants: int
    n_carriers: int | None
    beta: float | None
    p_value: float
    method: str
    is_significant: bool
    visible: str = ""  # share of its coding bases that each assay saw; empty if nothing tells


@dataclass(frozen=True)
class GeneResult:
    """Gene tests of a trait."""

    trait: str
    n_genes: int
    n_tests: int
    n_untested: int
    threshold: float
    rows: tuple[GeneRow, ...]
    visible: str = ""  # the same over all genes of the models
    hits: tuple[GeneHit, ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class ClassNumber:
    """A number of latent classes and what speaks for it."""

    n_classes: int
    bic: float | None
    entropy: float | None
    smallest_percent: float | None
    rand_index: float | None
    min_jaccard: float | None
    is_chosen: bool
    status: str


@dataclass(frozen=True)
class DeclineClass:
    """A group of decline; numbers of a class below the minimum cell are None."""

    label: int
    n: int | None
    share_percent: float | None
    level: float | None
    change: float | None
    change_lower: float | None
    change_upper: float | None
    certainty: float | None
    jaccard: float | None


@dataclass(frozen=True)
class TrajectoryReport:
    """Groups of decline of the whole registry."""

    status: str  # empty if there are classes
    n: int | None
    ungrouped: Breakdown
    numbers: tuple[ClassNumber, ...]
    classes: tuple[DeclineClass, ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class PredictorRow:
    """A predictor of survival."""

    enters_as: str
    n_missing: int | None
    is_fitted: bool
    hazard_ratio: float | None
    lower: float | None
    upper: float | None
    p_value: float | None
    ph_p: float | None
    status: str


@dataclass(frozen=True)
class RiskGroup:
    """Events of a risk group, observed and expected."""

    label: int
    n: int
    n_events: int | None
    expected_events: float


@dataclass(frozen=True)
class AdjustedLead:
    """A lead's hazard ratio unadjusted and given the prognostic index: (ratio, lower, upper, p), None where untested."""

    trait: str
    variant: str
    n_all: int
    n: int
    n_events: int | None
    n_carriers: int | None
    as_analysed: tuple[float, float, float, float] | None
    without: tuple[float, float, float, float] | None
    given: tuple[float, float, float, float] | None
    status: str


@dataclass(frozen=True)
class PrognosisReport:
    """The prognostic model of the whole registry, and leads given its index."""

    status: str  # empty if there is a model
    n: int | None
    n_events: int | None
    left_out: Breakdown
    predictors: tuple[PredictorRow, ...]
    c: float | None
    c_error: float | None
    c_corrected: float | None
    slope_corrected: float | None
    n_resamples: int | None
    groups: tuple[RiskGroup, ...]
    leads: tuple[AdjustedLead, ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class Source:
    """An input file and its digest."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Provenance:
    """Versions, digests and the command that made the results."""

    command: str
    started: str
    config_sha256: str
    versions: tuple[tuple[str, str], ...]
    inputs: tuple[Source, ...]


@dataclass(frozen=True)
class CohortReport:
    """The whole page."""

    freeze: str
    freeze_date: str
    cohort: str
    assays: tuple[str, ...]
    min_cell: int
    genome_wide_p: float
    lead_p: float
    people_flow: tuple[Step, ...]
    relatedness: str  # exclude or mixed
    assay_flows: tuple[AssayFlow, ...]
    merged: Step
    carrier_sets: tuple[tuple[str, int], ...]
    rules: tuple[RuleCount, ...]
    breakdowns: tuple[Breakdown, ...]
    quantities: tuple[Quantity, ...]
    survival: SurvivalSummary
    trait_pictures: tuple[Picture, ...]
    trajectories: TrajectoryReport
    prognosis: PrognosisReport
    longitudinal: Longitudinal
    findings: tuple[Finding, ...]
    assay_pairs: tuple[AssayPair, ...]
    structure: Structure
    traits: tuple[TraitResult, ...]
    genes: tuple[GeneResult, ...]
    panel: PanelReport | None  # None: the freeze has no annotation
    methods: tuple[str, ...]
    provenance: Provenance
    hidden: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True)
class IndexRow:
    """One cohort on the index page."""

    cohort: str
    assays: str
    n_people: int
    n_leads: int
    file: str


@dataclass(frozen=True)
class Index:
    """The page that leads to the reports of a freeze."""

    freeze: str
    freeze_date: str
    rows: tuple[IndexRow, ...]
    provenance: Provenance
    control: str | None = None  # page of the external-control comparison
