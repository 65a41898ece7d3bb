"""The whole configuration: one section per stage, the traits, and which freeze."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from alsreg.config.annotation import AnnotationConfig
from alsreg.config.association import AssociationConfig
from alsreg.config.burden import BurdenConfig
from alsreg.config.compare import CompareConfig
from alsreg.config.control import ControlConfig
from alsreg.config.identity import IdentityConfig
from alsreg.config.ingest import IngestConfig
from alsreg.config.merge import MergeConfig
from alsreg.config.meta import MetaConfig
from alsreg.config.panel import PanelConfig
from alsreg.config.prognosis import PROGNOSTIC_INDEX
from alsreg.config.quality import QualityConfig
from alsreg.config.registry import RegistryConfig
from alsreg.config.report import ReportConfig
from alsreg.config.sample_qc import SampleQcConfig
from alsreg.config.structure import StructureConfig
from alsreg.config.traits import (
    BinaryTrait,
    Dropout,
    Endpoint,
    LongitudinalTrait,
    Name,
    QuantitativeTrait,
    SurvivalTrait,
    Trait,
    TraitSpecification,
)
from alsreg.config.variant_qc import VariantQcConfig

COMPONENTS = [f"PC{number}" for number in range(1, 6)]
DEFAULT_TRAITS = {
    "age_at_onset": QuantitativeTrait(
        type="quantitative", column="age_at_onset_years", covariates=["sex", *COMPONENTS]
    ),
    "slope": LongitudinalTrait(
        type="longitudinal",
        covariates_by_time=["sex", "age_at_onset_years", *COMPONENTS],
        joint=Dropout(survival="survival"),
    ),
    "survival": SurvivalTrait(
        type="survival",
        entry="entry_months",
        exit="exit_months",
        event="is_event",
        cause="event_cause",
        sensitivity={
            "death_only": Endpoint(entry="death_entry_months", exit="death_exit_months", event="is_death"),
        },
        prognostic_index=PROGNOSTIC_INDEX,
    ),
    "bulbar_onset": BinaryTrait(type="binary", column="is_bulbar_onset"),
}


class Settings(TraitSpecification):
    """Every choice an analyst would defend in a paper. Machines are set in profiles, data in freezes."""

    freeze: str = Field(description="Id of config/freezes/<id>.yaml, or the path of a freeze file ending in .yaml")
    freezes: list[str] = Field(
        default_factory=list,
        description="Two freezes, the older first, for the target `compare`; the second takes the place of `freeze`",
    )
    traits: dict[Name, Trait] = Field(
        default_factory=lambda: dict(DEFAULT_TRAITS),
        min_length=1,
        description="Trait name: its type and columns",
    )
    covariates: list[str] = Field(
        default_factory=lambda: ["sex", "age_at_onset_years", *COMPONENTS],
        description="Columns every trait is adjusted for, unless it names its own",
    )
    registry: RegistryConfig = RegistryConfig()
    ingest: IngestConfig = IngestConfig()
    sample_qc: SampleQcConfig = SampleQcConfig()
    variant_qc: VariantQcConfig = VariantQcConfig()
    identity: IdentityConfig = IdentityConfig()
    merge: MergeConfig = MergeConfig()
    structure: StructureConfig = StructureConfig()
    annotation: AnnotationConfig = AnnotationConfig()
    association: AssociationConfig = AssociationConfig()
    burden: BurdenConfig = BurdenConfig()
    panel: PanelConfig = PanelConfig()
    control: ControlConfig = ControlConfig()
    meta: MetaConfig = MetaConfig()
    quality: QualityConfig = QualityConfig()
    report: ReportConfig = ReportConfig()
    compare: CompareConfig = CompareConfig()

    @field_validator("freezes", mode="before")
    @classmethod
    def _none_or_two(cls, names: Any) -> Any:
        is_list = isinstance(names, (list, tuple)) and all(isinstance(name, str) for name in names)
        if not is_list or len(names) not in (0, 2) or len(set(names)) != len(names):
            raise ValueError('name two different freezes, the older first, as in freezes=["2021-08","2022-02"]')
        return names

    @property
    def trait_specification(self) -> TraitSpecification:
        """The part that says what is analysed, as ``alsreg associate`` reads it."""
        return TraitSpecification(**{name: getattr(self, name) for name in TraitSpecification.model_fields})
