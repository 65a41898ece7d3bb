"""One row per trait: who was analysed, is it calibrated, what could it find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.config.traits import SurvivalTrait
from alsreg.engines.nulls import FITTED, RELATED, UNKNOWN_RELATIVES, FittedNull, NullModels, describe_left_out
from alsreg.errors import AnalysisError
from alsreg.stats.cox import CoxNull
from alsreg.stats.inflation import effective_n, expected_hits, lambda_1000, lambda_gc
from alsreg.stats.kaplan_meier import kaplan_meier
from alsreg.stats.polygenic import PolygenicNull
from alsreg.stats.power import detectable_effect
from alsreg.stats.retrospective import RetrospectiveNull
from alsreg.stats.truncation import conditional_tau

COMMON = (0.05, 0.95)
POWER_FREQUENCY = 0.25
POWER_FREQUENCIES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)


@dataclass(frozen=True)
class ScanResults:
    """What is said of a trait's scan as a whole comes from these."""

    p_value: NDArray[np.float64]  # (m,) of the variants tested
    frequency: NDArray[np.float64]  # (m,) of the effect allele
    n_untestable: int

    @classmethod
    def of(cls, tests: pd.DataFrame) -> ScanResults:
        """From columns of `VARIANT_TESTS`."""
        is_tested = (tests["status"] == "tested").to_numpy()
        p, frequency = (tests[name].to_numpy(dtype=float)[is_tested] for name in ("p_value", "effect_allele_frequency"))
        return cls(p, frequency, int((~is_tested).sum()))


def describe_trait(
    models: NullModels, trait: str, carrier_sets: Sequence[str], scan: ScanResults, genome_wide_p: float
) -> dict[str, object]:
    """A row of the `DIAGNOSTICS` table.

    Numbers of people are those of the carrier set with the most people: the cohort's largest analysis.
    """
    fitted = _largest(models, trait, carrier_sets)
    p, frequency = scan.p_value, scan.frequency
    row: dict[str, object] = {
        "trait": trait,
        "kind": models.specification.traits[trait].type,
        "status": _status(fitted, len(p)),
        "n_tested": len(p),
        "n_untestable": scan.n_untestable,
        "n_hits": int((p < genome_wide_p).sum()),
        "n_hits_expected": expected_hits(len(p), genome_wide_p),
        **_inflation(p, frequency),
    }
    if fitted is not None:
        row |= _size(fitted, float(row["lambda_gc"])) | _survival(models, fitted)  # type: ignore[arg-type]
    return row


def relatedness_rows(models: NullModels, trait: str, carrier_sets: Sequence[str]) -> list[dict[str, object]]:
    """Rows of `RELATEDNESS`: per carrier set, what relatives do to the trait's tests.

    With relationships over all chromosomes; those that leave one out differ little.
    """
    rows = []
    for carrier_set in carrier_sets:
        fitted = models.fit(trait, carrier_set)
        row: dict[str, object] = {
            "trait": trait, "carrier_set": carrier_set, "relatives": "left out", "n": len(fitted.people),
            "n_left_out": fitted.left_out.get(RELATED, 0) + fitted.left_out.get(UNKNOWN_RELATIVES, 0),
            "status": fitted.status,
        }  # fmt: skip
        if models.relationships is not None:
            has_relative = models.relationships.has_relative(fitted.people)
            row |= {"relatives": "modelled", "n_with_relative": int(has_relative.sum())}
            if fitted.model is not None and not has_relative.any():
                row["status"] = "nobody has a relative in the set: results are about those of `relatedness: exclude`"
        if isinstance(fitted.model, PolygenicNull):
            found = fitted.model.components
            row |= {
                "model": "polygenic", "heritability": found.heritability, "genetic_variance": found.genetic,
                "residual_variance": found.residual, "variance_ratio": found.ratio, "is_at_boundary": found.is_at_boundary,
            }  # fmt: skip
        elif isinstance(fitted.model, RetrospectiveNull):
            row |= {"model": "retrospective", "score_variance_ratio": fitted.model.variance_ratio}
        rows.append(row)
    return rows


def power_rows(
    models: NullModels, trait: str, carrier_sets: Sequence[str], thresholds: Sequence[float], min_mac: float
) -> list[dict[str, object]]:
    """Rows of `POWER`: the effect per allele found with power 0.8 at each frequency and p threshold.

    Of the carrier set with the most people, from the information its null model holds.
    """
    fitted = _largest(models, trait, carrier_sets)
    if fitted is None:
        return []
    size = {"trait": trait, "n": len(fitted.people), "n_events": fitted.n_events, "status": fitted.status}
    if fitted.model is None:
        return [size | dict.fromkeys(("p_threshold", "frequency"))]
    frequency = np.array(POWER_FREQUENCIES)
    mac = 2.0 * len(fitted.people) * frequency
    rows = []
    for threshold in thresholds:
        effects = detectable_effect(frequency, fitted.model.information, threshold)
        ratios = np.exp(effects) if fitted.kind in ("binary", "survival") else np.full(len(effects), np.nan)
        rows += [
            size | {"p_threshold": threshold, "frequency": f, "effect": effect, "ratio": ratio, "expected_mac": copies,
                    "is_testable": bool(copies >= min_mac)}
            for f, effect, ratio, copies in zip(frequency, effects, ratios, mac, strict=True)
        ]  # fmt: skip
    return rows


def _largest(models: NullModels, trait: str, carrier_sets: Sequence[str]) -> FittedNull | None:
    """The fit with the most people; None without variants."""
    fits = [models.fit(trait, carrier_set) for carrier_set in carrier_sets]
    return max(fits, key=lambda fit: (fit.model is not None, len(fit.people)), default=None)


def _status(fitted: FittedNull | None, n_tested: int) -> str:
    if fitted is None:
        return "no variants"
    if fitted.status != FITTED:
        return fitted.status
    return "tested" if n_tested else "no variant could be tested"


def _inflation(p: NDArray[np.float64], frequency: NDArray[np.float64]) -> dict[str, float]:
    is_common = (frequency >= COMMON[0]) & (frequency <= COMMON[1])
    return {"lambda_gc": lambda_gc(p), "lambda_gc_common": lambda_gc(p[is_common])}


def _size(fitted: FittedNull, inflation: float) -> dict[str, object]:
    n = len(fitted.people)
    # The information of a Cox model is its number of events, not a balance of events and censored people.
    size = fitted.n_events if fitted.kind == "survival" else n
    n_cases = fitted.n_events if fitted.kind == "binary" else None
    testable = size > 0 and (n_cases is None or 0 < n_cases < n)
    row: dict[str, object] = {
        "n": n,
        "n_events": fitted.n_events,
        "effective_n": effective_n(size, n_cases) if size else 0.0,
        "lambda_1000": lambda_1000(inflation, size, n_cases) if testable else np.nan,
        "covariates": ", ".join(fitted.covariates),
        "left_out": describe_left_out(fitted.left_out),
    }
    if fitted.model is not None:
        row["detectable_effect"] = float(detectable_effect(POWER_FREQUENCY, fitted.model.information))
    return row


def _survival(models: NullModels, fitted: FittedNull) -> dict[str, float]:
    """Median survival and the dependence of entry on it, of the people analysed."""
    trait = models.specification.traits[fitted.trait]
    if not isinstance(trait, SurvivalTrait) or not isinstance(fitted.independent, CoxNull):
        return {}
    sets = fitted.independent.fit.sets
    median, *_ = kaplan_meier(sets.entry, sets.exit, sets.is_event).quantile(0.5)
    row = {"median_survival_months": median}
    if trait.entry:
        try:
            dependence = conditional_tau(sets.entry, sets.exit, sets.is_event)
            row |= {"entry_tau": dependence.tau, "entry_tau_p": dependence.p_value}
        except AnalysisError:
            row |= {"entry_tau": np.nan, "entry_tau_p": np.nan}
    return row
