"""The trait specification: the same block in ``config.yaml`` and in the file that ``alsreg associate`` takes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from alsreg.config.base import Section
from alsreg.config.prognosis import PROGNOSTIC_INDEX

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=64)]


class _Trait(Section):
    covariates: list[str] | None = Field(None, description="Instead of the common `covariates`")

    @property
    def columns(self) -> list[str]:
        """What the trait is read from, for messages."""
        own = (getattr(self, name, None) for name in ("column", "entry", "exit", "event", "time", "value"))
        return [name for name in own if name] + list(getattr(self, "strata", []))

    @property
    def outcome(self) -> tuple[str | None, ...]:
        """Type and columns of the outcome: equal for traits that differ in covariates and options alone."""
        names = ("type", "column", "transform", "entry", "exit", "event", "visits", "time", "value")
        return tuple(getattr(self, name, None) for name in names)


class QuantitativeTrait(_Trait):
    """Least squares."""

    type: Literal["quantitative"]
    column: str = Field(description="Column of the samples table")
    transform: Literal["none", "rank_inverse_normal"] = Field(
        "none", description="Of the residuals on covariates; the test adjusts for the covariates again (two-stage)"
    )
    standard_errors: Literal["ols", "robust"] = Field(
        "ols",
        description="robust: of variants and leads, where the spread of the trait may differ between genotypes (HC2, "
        "degrees of freedom of Bell and McCaffrey); gene tests keep one spread for everybody",
    )


class BinaryTrait(_Trait):
    """Logistic regression; the column holds 0 and 1."""

    type: Literal["binary"]
    column: str = Field(description="Column of the samples table, 0 or 1")


class Endpoint(Section):
    """Another endpoint that leads are also tested for."""

    entry: str | None = Field(None, description="Column of entry times; the trait's when absent")
    exit: str = Field(description="Column of exit times")
    event: str = Field(description="Column: 1 the event happened at exit, 0 censored")


class SurvivalTrait(_Trait):
    """Cox regression; at risk means entry < t <= exit."""

    type: Literal["survival"]
    entry: str | None = Field(None, description="Column of entry times; everybody enters at 0 when absent")
    exit: str = Field(description="Column of exit times")
    event: str = Field(description="Column: 1 the event happened at exit, 0 censored")
    ties: Literal["efron", "breslow"] = "efron"
    strata: list[str] = Field(
        default_factory=list, description="Columns whose levels have baseline hazards of their own"
    )
    cause: str | None = Field(
        None,
        description="Column: which kind of event it was; leads are also tested for each kind, the others competing",
    )
    sensitivity: dict[Name, Endpoint] = Field(
        default_factory=dict, description="Other endpoints that leads are also tested for, by name"
    )
    prognostic_index: str | None = Field(
        None,
        description="Column: linear predictor of a prognostic model; leads are also tested given it, beside the same people "
        "without it",
    )


class Dropout(Section):
    """The survival that ends the visits of a longitudinal trait."""

    survival: Name = Field(description="Survival trait of this specification; its entry, exit and event")
    time: str = Field("months_since_onset", description="Time of the visits on that trait's clock, months")


class LongitudinalTrait(_Trait):
    """Linear mixed model with random intercept and slope; the effect is variant x time."""

    type: Literal["longitudinal"]
    visits: str = Field("visits.tsv", description="Visits table: #IID, the time and the value")
    time: str = Field("months_since_registration", description="Time column, months")
    value: str = Field("total", description="Value column")
    covariates_by_time: list[str] = Field(default_factory=list, description="Covariates that also multiply time")
    n_knots: Literal[0, 3, 4, 5] = Field(
        0,
        description="0: the mean decline is straight in time; 3, 4, 5: a natural cubic spline with so many knots, the same for "
        "everybody. The effect stays variant x time",
    )
    joint: Dropout | None = Field(
        None,
        description="Leads are also refitted in a joint model with this survival: a sensitivity analysis under informative "
        "dropout",
    )


Trait = Annotated[QuantitativeTrait | BinaryTrait | SurvivalTrait | LongitudinalTrait, Field(discriminator="type")]


class TraitSpecification(Section):
    """All traits of an analysis and what they are adjusted for."""

    traits: dict[Name, Trait] = Field(min_length=1, description="Trait name: its type and columns")
    covariates: list[str] = Field(default_factory=list, description="Columns every trait is adjusted for")
    relatedness: Literal["exclude", "mixed"] = Field(
        "exclude",
        description="exclude: tests use unrelated people only; mixed: relatives stay, and models account for them",
    )

    @model_validator(mode="after")
    def _no_predicted_slopes(self) -> TraitSpecification:
        for name, trait in self.traits.items():
            if str(getattr(trait, "column", "")).endswith("slope_blup_per_month"):
                raise ValueError(
                    f"trait {name}: predicted slopes are shrunken, so effects on them are biased; give it type longitudinal"
                )
        return self

    @model_validator(mode="after")
    def _no_self_adjustment(self) -> TraitSpecification:
        for name, trait in self.traits.items():
            own = getattr(trait, "column", None)
            if own is not None and own in self.covariates_of(name):
                raise ValueError(f"trait {name} would be adjusted for its own column {own!r}: give it `covariates`")
        return self

    @model_validator(mode="after")
    def _joint_with_a_survival_trait(self) -> TraitSpecification:
        for name, trait in self.traits.items():
            joint = getattr(trait, "joint", None)
            if joint is not None and not isinstance(self.traits.get(joint.survival), SurvivalTrait):
                known = [other for other in self.traits if isinstance(self.traits[other], SurvivalTrait)]
                raise ValueError(
                    f"trait {name}: joint.survival names {joint.survival!r}, but the survival traits are "
                    f"{', '.join(known) or 'none'}: name one of them, or leave out `joint`"
                )
        return self

    @model_validator(mode="after")
    def _robust_errors_of_unrelated_people(self) -> TraitSpecification:
        for name, trait in self.traits.items():
            is_robust = isinstance(trait, QuantitativeTrait) and trait.standard_errors == "robust"
            if is_robust and self.relatedness != "exclude":
                raise ValueError(
                    f"trait {name}: robust standard errors are of unrelated people; give `relatedness: exclude`"
                )
        return self

    @model_validator(mode="after")
    def _unadjusted_stands_beside(self) -> TraitSpecification:
        """A trait given the prognostic index shows a direct effect under assumptions: never without the total one."""
        indices = {PROGNOSTIC_INDEX} | {str(getattr(trait, "prognostic_index", None)) for trait in self.traits.values()}
        adjusted = {name for name in self.traits if indices & set(self._all_covariates_of(name))}
        for name in sorted(adjusted):
            outcome = self.traits[name].outcome
            if not any(self.traits[other].outcome == outcome for other in self.traits if other not in adjusted):
                raise ValueError(
                    f"trait {name} is adjusted for the prognostic index, whose predictors may lie between genotype and "
                    "outcome: put a trait with the same outcome and without the index beside it"
                )
        return self

    def _all_covariates_of(self, name: str) -> list[str]:
        return [*self.covariates_of(name), *getattr(self.traits[name], "covariates_by_time", [])]

    def covariates_of(self, name: str) -> list[str]:
        """The covariates a trait is adjusted for."""
        own = self.traits[name].covariates
        return self.covariates if own is None else own
