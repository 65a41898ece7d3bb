"""Null models of every trait, fitted once per carrier set on exactly the people observed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.config.traits import (
    BinaryTrait,
    LongitudinalTrait,
    QuantitativeTrait,
    SurvivalTrait,
    Trait,
    TraitSpecification,
)
from alsreg.engines.people import People, encode_covariates
from alsreg.engines.relationships import Relationships
from alsreg.errors import AnalysisError, ConfigError, InputError
from alsreg.stats.cox import CoxNull, fit_cox_null
from alsreg.stats.linear import LinearNull, fit_linear_null
from alsreg.stats.logistic import LogisticNull, fit_logistic_null
from alsreg.stats.mixed import MixedNull, Visits, fit_mixed_null
from alsreg.stats.null import FloatArray
from alsreg.stats.polygenic import PolygenicNull
from alsreg.stats.retrospective import RetrospectiveNull
from alsreg.stats.risk_sets import build_risk_sets
from alsreg.stats.robust import RobustLinearNull
from alsreg.stats.splines import natural_spline, place_knots
from alsreg.stats.transform import rank_inverse_normal

log = logging.getLogger("alsreg.engines")
Null = LinearNull | RobustLinearNull | LogisticNull | CoxNull | MixedNull | PolygenicNull | RetrospectiveNull
FITTED = "fitted"
RELATED, UNKNOWN_RELATIVES = "related to someone analysed", "too few genotypes to tell relationships"
# 0/1 column of carriers in definitive genes whom single-variant tests leave out, and the reason it gives.
CARRIER_COLUMN, CARRIER = "is_carrier_left_out", "carrier in a definitive gene of the panel"
# Normal errors of 500 people stay below 0.5; traits whose t-test docs/calibration shows to reject too often have 3 to 80.
MAX_EXCESS_KURTOSIS = 3.0
MALE = "is_male"  # 0/1 column that variants of X are adjusted for


@dataclass(frozen=True)
class FittedNull:
    """A null model, or the reason there is none."""

    trait: str
    kind: str
    carrier_set: str
    people: NDArray[np.int64]  # positions on the person axis, whether or not the fit succeeded
    n_events: int  # events (survival), cases (binary), people (else)
    left_out: dict[str, int]  # reason: people
    covariates: list[str]
    model: Null | None
    status: str  # "fitted", or why not

    def with_one_spread(self) -> FittedNull:
        """The same without robust standard errors: what U and Φ of several variants rest on."""
        return replace(self, model=self.model.model) if isinstance(self.model, RobustLinearNull) else self

    @property
    def independent(self) -> Null | None:
        """The model that takes people as independent, where `model` is one that accounts for relatives."""
        return self.model.model if isinstance(self.model, RetrospectiveNull) else self.model


# Chromosomes whose models are kept where each chromosome has its own: variants come in order.
N_CHROMOSOMES_KEPT = 2


@dataclass
class NullModels:
    """Fits on demand and remembers. Untestable traits have a status; only faults in the input raise."""

    people: People
    specification: TraitSpecification
    min_people_per_source: int = 10
    relationships: Relationships | None = None  # where the specification says `relatedness: mixed`
    # By trait, carrier set, whether on X, and the chromosome that relationships leave out; None: people independent.
    _fitted: dict[tuple[str, str, bool, str | None], FittedNull] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if (self.specification.relatedness == "mixed") != (self.relationships is not None):
            raise ConfigError("`relatedness: mixed` and relationships go together", remedy="give both or neither")

    @property
    def traits(self) -> list[str]:
        return list(self.specification.traits)

    def left_out(self, chromosome: str) -> str:
        """The chromosome that is no part of the relationships its variants are tested under; empty where there is none."""
        return chromosome if self.relationships and chromosome in self.relationships.chromosomes else ""

    def fit(self, trait: str, carrier_set: str = "", is_on_x: bool = False, chromosome: str = "") -> FittedNull:
        """The null model of `trait` for variants of `carrier_set` (assays joined by '+'; empty: everybody observed).

        Variants of X outside the pseudoautosomal regions count 0 or 2 in males, so sex tells on the genotype: their
        models adjust for it unless the covariates do, on people of known sex (as PLINK 2 does). With `relatedness: mixed`
        the variants' `chromosome` is left out of the relationships; without one, all variants tell of relationships.
        """
        key = (trait, carrier_set, is_on_x)
        if (*key, None) not in self._fitted:
            self._fitted[*key, None] = self._fit(*key)
            _report(self._fitted[*key, None])
        fitted, left_out = self._fitted[*key, None], self.left_out(chromosome)
        if self.relationships is None or fitted.model is None:
            return fitted
        if (*key, left_out) not in self._fitted:
            self._forget(left_out)
            self._fitted[*key, left_out] = self._relate(fitted, left_out)
        return self._fitted[*key, left_out]

    def _relate(self, fitted: FittedNull, left_out: str) -> FittedNull:
        """The same model, made to account for relatives."""
        assert self.relationships is not None
        try:
            return replace(fitted, model=self.relationships.add_to(fitted.model, left_out))
        except AnalysisError as error:
            log.warning("trait %s, relationships without chromosome %s: %s", fitted.trait, left_out or "none", error)
            return replace(fitted, model=None, status=str(error))

    def _forget(self, left_out: str) -> None:
        """Let go of the chromosomes fitted for first: under `mixed`, each model holds a matrix of its people."""
        held = list(dict.fromkeys(key[-1] for key in self._fitted if key[-1]))
        if left_out and left_out not in held:
            gone = set(held[: len(held) + 1 - N_CHROMOSOMES_KEPT])
            for key in [key for key in self._fitted if key[-1] in gone]:
                del self._fitted[key]

    def _fit(self, name: str, carrier_set: str, is_on_x: bool) -> FittedNull:
        trait = self.specification.traits[name]
        covariates = list(self.specification.covariates_of(name))
        if isinstance(trait, LongitudinalTrait):
            covariates += [c for c in trait.covariates_by_time if c not in covariates]
        people, source = self.people, self.people.has_assay(carrier_set)
        if is_on_x:
            people = replace(people, table=people.table.assign(**{MALE: (people.sex == "M").astype(float)}))
        rows, left_out = self._select(trait, covariates, source, is_on_x)
        if is_on_x and not _tells_sex(people, trait, covariates, rows):
            covariates.append(MALE)
            if isinstance(trait, LongitudinalTrait) and trait.covariates_by_time:
                trait = trait.model_copy(update={"covariates_by_time": [*trait.covariates_by_time, MALE]})
        outcome = _OUTCOMES[trait.type]
        n_events = outcome.count(people, trait, rows)
        try:
            if not len(rows):
                unknown = " and known sex" if is_on_x else ""
                raise AnalysisError(
                    f"nobody has the trait, all covariates and a genotype{unknown}: {describe_left_out(left_out)}",
                    remedy="check the columns of the trait and of its covariates",
                )
            model, used = outcome.fit(people, trait, covariates, rows, source[rows])
            status = FITTED
        except AnalysisError as error:
            model, used, status = None, covariates, str(error)
        return FittedNull(name, trait.type, carrier_set, rows, n_events, left_out, used, model, status)

    def _select(
        self, trait: Trait, covariates: Sequence[str], source: NDArray[np.object_], is_on_x: bool
    ) -> tuple[NDArray[np.int64], dict[str, int]]:
        """People analysed, and how many fall to each reason, each person to the first that applies."""
        people = self.people
        is_missing = np.zeros(len(people), dtype=bool)
        for name in covariates:
            is_missing |= people.column(name).isna().to_numpy()
        reasons = {
            "not in the samples table": ~people.is_listed,
            "no usable sample in an assay that carries the variant": source == "",
            **self._relatives(),
            CARRIER: _is_marked(self.people, CARRIER_COLUMN),
            **({"sex is unknown": people.sex == "unknown"} if is_on_x else {}),
            **_OUTCOMES[trait.type].exclusions(people, trait),
            "a covariate is missing": is_missing,
        }
        keep, left_out = np.ones(len(people), dtype=bool), {}
        for reason, is_out in reasons.items():
            left_out[reason] = int((keep & is_out).sum())
            keep &= ~is_out
        for assay in np.unique(source[keep].astype(str)):
            inside = keep & (source == assay)
            if inside.sum() < self.min_people_per_source and inside.sum() < keep.sum():
                left_out[f"one of fewer than {self.min_people_per_source} people with genotypes from {assay}"] = int(
                    inside.sum()
                )
                keep &= ~inside
        return np.flatnonzero(keep), {reason: n for reason, n in left_out.items() if n}

    def _relatives(self) -> dict[str, NDArray[np.bool_]]:
        """Whom relatedness leaves out, by reason."""
        if self.relationships is None:
            return {RELATED: _is_marked(self.people, "is_related")}
        return {UNKNOWN_RELATIVES: ~self.relationships.is_known}


def _tells_sex(people: People, trait: Trait, covariates: Sequence[str], rows: NDArray[np.int64]) -> bool:
    """Whether covariates and strata already hold everybody's sex."""
    strata = trait.strata if isinstance(trait, SurvivalTrait) else []
    matrix, _ = encode_covariates(people, [*covariates, *strata], rows)
    design = np.column_stack([np.ones(len(rows)), matrix])
    male = people.numbers(MALE)[rows]
    coefficients, *_ = np.linalg.lstsq(design, male, rcond=None)
    return bool(np.linalg.norm(male - design @ coefficients) < 1e-6 * max(np.linalg.norm(male), 1.0))


def _is_marked(people: People, column: str) -> NDArray[np.bool_]:
    """Whose 0/1 column says 1; nobody's where there is no such column."""
    if column not in people.table.columns:
        return np.zeros(len(people), dtype=bool)
    return people.zero_or_one(column) == 1


def describe_left_out(left_out: dict[str, int]) -> str:
    """How many people are not analysed, by reason."""
    return "; ".join(f"{n} left out: {reason}" for reason, n in left_out.items())


def _report(fitted: FittedNull) -> None:
    label = f"trait {fitted.trait}, carrier set {fitted.carrier_set or 'all'}"
    out = describe_left_out(fitted.left_out)
    log.info("%s: %s; %d people, %d events; %s", label, fitted.status, len(fitted.people), fitted.n_events, out)
    linear = fitted.model.model if isinstance(fitted.model, RobustLinearNull) else fitted.model
    if isinstance(linear, LinearNull) and linear.excess_kurtosis > MAX_EXCESS_KURTOSIS:
        log.warning(
            "%s: residuals have heavy tails (excess kurtosis %.1f): p-values of rare variants are too small "
            "(docs/calibration); remedy: transform: rank_inverse_normal", label, linear.excess_kurtosis,
        )  # fmt: skip


def _design(
    people: People, covariates: Sequence[str], rows: NDArray[np.int64], source: NDArray[np.object_] | None
) -> tuple[np.ndarray, list[str], list[str]]:
    """Covariates, then a 0/1 column for every source assay but the most frequent: matrix, names, names of the latter."""
    matrix, names = encode_covariates(people, covariates, rows)
    if source is None:
        return matrix, names, []
    assays, counts = np.unique(source.astype(str), return_counts=True)
    others = [assay for assay in assays if assay != assays[counts.argmax()]]
    columns = [(source == assay).astype(float) for assay in others]
    labels = [f"assay={assay}" for assay in others]
    return np.column_stack([matrix, *columns]), names + labels, labels


class _Quantitative:
    @staticmethod
    def exclusions(people: People, trait: QuantitativeTrait) -> dict[str, NDArray[np.bool_]]:
        return {"the trait is missing": np.isnan(people.numbers(trait.column))}

    @staticmethod
    def count(people: People, trait: QuantitativeTrait, rows: NDArray[np.int64]) -> int:
        return len(rows)

    @staticmethod
    def fit(people, trait, covariates, rows, source):  # type: ignore[no-untyped-def]
        matrix, names, _ = _design(people, covariates, rows, source)
        y = people.numbers(trait.column)[rows]
        if trait.transform == "rank_inverse_normal":
            y = rank_inverse_normal(y, matrix)
        model = fit_linear_null(y, matrix, rows, names)
        return (RobustLinearNull(model) if trait.standard_errors == "robust" else model), names


class _Binary:
    @staticmethod
    def exclusions(people: People, trait: BinaryTrait) -> dict[str, NDArray[np.bool_]]:
        return {"the trait is missing": np.isnan(people.zero_or_one(trait.column))}

    @staticmethod
    def count(people: People, trait: BinaryTrait, rows: NDArray[np.int64]) -> int:
        return int(people.zero_or_one(trait.column)[rows].sum())

    @staticmethod
    def fit(people, trait, covariates, rows, source):  # type: ignore[no-untyped-def]
        matrix, names, _ = _design(people, covariates, rows, source)
        return fit_logistic_null(people.zero_or_one(trait.column)[rows], matrix, rows, names), names


class _Survival:
    """The source assay is a stratum: assays differ in when and how people were recruited."""

    @staticmethod
    def times(people: People, trait: SurvivalTrait) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Entry, exit and event of everybody, NaN where missing."""
        exit = people.numbers(trait.exit)
        entry = people.numbers(trait.entry) if trait.entry else np.full(len(people), -np.inf)
        return entry, exit, people.zero_or_one(trait.event)

    @staticmethod
    def exclusions(people: People, trait: SurvivalTrait) -> dict[str, NDArray[np.bool_]]:
        entry, exit, event = _Survival.times(people, trait)
        has_no_stratum = np.zeros(len(people), dtype=bool)
        for name in trait.strata:
            has_no_stratum |= people.column(name).isna().to_numpy()
        return {
            "a survival time is missing": np.isnan(entry) | np.isnan(exit) | np.isnan(event),
            "entry at or after exit": entry >= exit,
            "a stratum is missing": has_no_stratum,
        }

    @staticmethod
    def count(people: People, trait: SurvivalTrait, rows: NDArray[np.int64]) -> int:
        return int(people.zero_or_one(trait.event)[rows].sum())

    @staticmethod
    def fit(people, trait, covariates, rows, source):  # type: ignore[no-untyped-def]
        matrix, names, _ = _design(people, covariates, rows, None)
        entry, exit, event = (values[rows] for values in _Survival.times(people, trait))
        keys = pd.DataFrame({name: people.column(name).iloc[rows].to_numpy() for name in trait.strata})
        for name in trait.strata:
            if len(keys[name].unique()) == 1:
                log.warning("stratum %s has one level among the %d people analysed: it does nothing", name, len(rows))
        keys["source assay"] = source
        stratum = keys.groupby(list(keys.columns)).ngroup().to_numpy()
        sets = build_risk_sets(entry, exit, event == 1, stratum)
        n_strata = len(np.unique(stratum))
        strata = [f"{n_strata} strata"] if n_strata > 1 else []
        return fit_cox_null(sets, matrix, rows, names, trait.ties), names + strata


class _Longitudinal:
    @staticmethod
    def table(people: People, trait: LongitudinalTrait):  # type: ignore[no-untyped-def]
        """Visits with a time and a value."""
        visits, file = people.visits_of(trait.visits)
        for name in (trait.time, trait.value):
            if name not in visits.columns:
                raise InputError(
                    f"no column {name!r}", file=file,
                    remedy=f"columns there: {', '.join(c for c in visits.columns if c != 'row')}",
                )  # fmt: skip
            if visits[name].dtype == object:
                raise InputError("numbers are expected", file=file, where=f"column {name}")
        return visits[visits[trait.time].notna() & visits[trait.value].notna()]

    @staticmethod
    def exclusions(people: People, trait: LongitudinalTrait) -> dict[str, NDArray[np.bool_]]:
        has_visit = np.zeros(len(people), dtype=bool)
        has_visit[_Longitudinal.table(people, trait)["row"].to_numpy(dtype=np.int64)] = True
        return {"no visit with a value": ~has_visit}

    @staticmethod
    def count(people: People, trait: LongitudinalTrait, rows: NDArray[np.int64]) -> int:
        return len(rows)

    @staticmethod
    def fit(people, trait, covariates, rows, source):  # type: ignore[no-untyped-def]
        matrix, names, assays = _design(people, covariates, rows, source)
        visits, curve = visits_with_curve(people, trait)
        position = np.full(len(people), -1)
        position[rows] = np.arange(len(rows))
        person = position[visits["row"].to_numpy(dtype=np.int64)]
        keep = person >= 0
        measured = Visits(
            visits[trait.value].to_numpy(dtype=float)[keep],
            visits[trait.time].to_numpy(dtype=float)[keep],
            person[keep],
            None if curve is None else curve[keep],
        )
        # The assay also multiplies time where anything does: people of one platform may decline faster.
        by_time = [n for n in names if n.split("=")[0] in trait.covariates_by_time]
        by_time += assays if trait.covariates_by_time else []
        used = names + [f"time x {name}" for name in by_time]
        used += [f"spline of time, {trait.n_knots} knots"] if trait.n_knots else []
        return fit_mixed_null(measured, matrix, rows, names, by_time), used


def visits_with_curve(people: People, trait: LongitudinalTrait) -> tuple[pd.DataFrame, FloatArray | None]:
    """Visits with a time and a value, and the columns ``(visits, n_knots - 2)`` that bend the mean decline, if any do.

    Knots are placed by the visits of everybody, so that all carrier sets have the same.
    """
    visits = _Longitudinal.table(people, trait)
    if not trait.n_knots:
        return visits, None
    time = visits[trait.time].to_numpy(dtype=float)
    return visits, natural_spline(time, place_knots(time, trait.n_knots))


_OUTCOMES = {
    "quantitative": _Quantitative,
    "binary": _Binary,
    "survival": _Survival,
    "longitudinal": _Longitudinal,
}
