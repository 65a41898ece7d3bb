"""A lead seen in other ways: by source assay, by other endpoints, by competing causes, by genotype over time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.config.traits import SurvivalTrait
from alsreg.engines.nulls import FITTED, FittedNull, NullModels
from alsreg.engines.variations import (
    carries,
    exclude_relatives,
    given_column,
    happened,
    null_of,
    relatives_in,
    restrict,
    set_endpoint,
)
from alsreg.errors import AnalysisError
from alsreg.stats.cox import CoxNull
from alsreg.stats.fine_gray import fit_fine_gray
from alsreg.stats.heterogeneity import sum_groups
from alsreg.stats.kaplan_meier import aalen_johansen, count_at_risk, kaplan_meier
from alsreg.stats.null import FloatArray

TESTED = "tested"
MAIN = "as analysed"
# The same people with and without the prognostic index, so that they differ in nothing else.
GIVEN_INDEX, WITHOUT_INDEX = "given the prognostic index", "same people, without the index"


def compare_groups(
    models: NullModels, trait: str, variant: pd.Series, dosage: FloatArray
) -> tuple[list[dict[str, object]], dict[str, object]]:
    """A variant in each group of people with one source assay, and the groups together.

    Every group has a null model of its own; U and V are summed, which takes groups as independent: relatives are left
    out whatever `relatedness` says. Returns rows of `LEAD_GROUPS` without trait and variant, and the columns of `LEADS` about
    groups. `dosage` is ``(n,)`` over the person axis.
    """
    models = exclude_relatives(models)
    joint = null_of(models, trait, variant)
    source = models.people.has_assay(str(variant["carrier_set"] or ""))[joint.people].astype(str)
    rows = [
        {
            "source": name,
            "relatives": relatives_in(models),
            **_test_group(null_of(restrict(models, joint.people[source == name]), trait, variant), dosage),
        }
        for name in sorted(set(source))
    ]
    usable = [row for row in rows if row["status"] == TESTED]
    if not usable:
        return rows, {"n_groups": 0, "groups_status": "; ".join(sorted({str(row["status"]) for row in rows}))}
    summed = sum_groups([row["u"] for row in usable], [row["v"] for row in usable])
    lost = [f"{row['source']}: {row['status']}" for row in rows if row["status"] != TESTED]
    status = "one source assay" if len(rows) == 1 else "; ".join(lost) or TESTED
    return rows, {
        "n_groups": summed.n_groups, "beta_summed": summed.beta, "standard_error_summed": summed.standard_error,
        "p_summed": summed.p_value, "heterogeneity_q": summed.q, "heterogeneity_p": summed.q_p,
        "heterogeneity_i2": summed.i2, "groups_status": status,
    }  # fmt: skip


def _test_group(fitted: FittedNull, dosage: FloatArray) -> dict[str, object]:
    row: dict[str, object] = {"n": len(fitted.people), "n_events": fitted.n_events, "status": fitted.status}
    if fitted.model is None:
        return row
    own = dosage[fitted.people]
    row |= count_carriers(fitted, own)
    if not np.isfinite(own).any() or np.ptp(own[np.isfinite(own)]) == 0:
        return row | {"status": "monomorphic"}
    scores = fitted.model.score(own[None])
    u, v = float(scores.u[0]), float(scores.v[0])
    if not v > 1e-9 * fitted.model.information * np.nanvar(own):
        return row | {"status": "covariates leave no information on the effect"}
    row |= {"u": u, "v": v, "beta": u / v, "standard_error": 1.0 / np.sqrt(v), "effect_method": "score"}
    try:
        refit = fitted.model.refit(own)
    except AnalysisError:
        return row | {"status": TESTED}
    if np.isfinite(refit.beta):
        row |= {
            "beta": refit.beta,
            "standard_error": refit.standard_error,
            "effect_method": refit.effect_method,
        }
    return row | {"status": TESTED}


def count_carriers(fitted: FittedNull, own: FloatArray) -> dict[str, object]:
    """People with the genotype, carriers of its rarer allele, and events (or cases) among both."""
    typed, event = np.isfinite(own), happened(fitted)
    is_carrier = carries(own) if typed.any() else typed
    return {
        "n": int(typed.sum()),
        "n_events": int(typed.sum() if event is None else (typed & event).sum()),
        "n_carriers": int(is_carrier.sum()),
        "n_carrier_events": None if event is None else int((is_carrier & event).sum()),
    }


def test_endpoints(
    models: NullModels, trait: str, variant: pd.Series, dosage: FloatArray
) -> Iterator[dict[str, object]]:
    """Rows of `LEAD_SENSITIVITY` without trait and variant, of a survival trait: other endpoints, without and given a
    prognostic index, then each cause.

    Cox models treat relatives as the scan does; Fine and Gray's model always leaves them out.
    """
    described = models.specification.traits[trait]
    assert isinstance(described, SurvivalTrait)
    relatives = {"relatives": relatives_in(models)}
    yield fit_endpoint(null_of(models, trait, variant), dosage) | {"analysis": MAIN, "cause": "any"} | relatives
    for name, end in described.sensitivity.items():
        entry = models.people.numbers(end.entry) if end.entry else None
        times = (models.people.numbers(end.exit), models.people.zero_or_one(end.event))
        fitted = null_of(set_endpoint(models, trait, entry, *times), trait, variant)
        yield fit_endpoint(fitted, dosage) | {"analysis": name, "cause": "any"} | relatives
    index = described.prognostic_index
    if index is not None and index not in models.specification.covariates_of(trait):
        given, without = given_column(models, trait, index)
        yield (
            fit_endpoint(null_of(without, trait, variant), dosage)
            | {"analysis": WITHOUT_INDEX, "cause": "any"}
            | relatives
        )
        yield (
            fit_endpoint(null_of(given, trait, variant), dosage) | {"analysis": GIVEN_INDEX, "cause": "any"} | relatives
        )
    if described.cause is None:
        return
    causes, names = causes_of(models, described)
    for number, name in enumerate(names, start=1):
        event = np.where(np.isnan(causes), np.nan, causes == number)
        exit = models.people.numbers(described.exit)
        of_cause = set_endpoint(models, trait, None, exit, event)
        is_competing = (causes != 0) & (causes != number)
        for analysis, given in (("cause_specific", of_cause), ("subdistribution", exclude_relatives(of_cause))):
            fitted = null_of(given, trait, variant)
            is_cox = analysis == "cause_specific"
            row = fit_endpoint(fitted, dosage) if is_cox else _test_subdistribution(fitted, causes, number, dosage)
            own = {"cause": name, "n_competing": int(is_competing[fitted.people].sum())}
            yield row | {"analysis": analysis, "relatives": relatives_in(given)} | own


def causes_of(models: NullModels, trait: SurvivalTrait) -> tuple[FloatArray, list[str]]:
    """Cause of everybody's event ``(n,)``: 0 censored, 1, 2, … in the order of the names, NaN unknown; and the names."""
    event = models.people.zero_or_one(trait.event)
    label = models.people.column(str(trait.cause)).astype("string").where(event == 1)
    names = sorted(label.dropna().unique())
    number = label.map({name: place for place, name in enumerate(names, start=1)}).to_numpy(
        dtype=float, na_value=np.nan
    )
    return np.where(event == 0, 0.0, number), names


def fit_endpoint(fitted: FittedNull, dosage: FloatArray) -> dict[str, object]:
    """Counts, refitted effect and likelihood-ratio p of a survival model, or why there is none: columns of `LEAD_SENSITIVITY`."""
    row: dict[str, object] = {
        "model": "cox", "n": len(fitted.people), "n_events": fitted.n_events, "n_competing": 0, "status": fitted.status,
    }  # fmt: skip
    if fitted.status != FITTED:
        return row
    own = dosage[fitted.people]
    row |= count_carriers(fitted, own)
    try:
        refit = fitted.model.refit(own)
    except AnalysisError as error:
        return row | {"status": str(error)}
    row |= {"beta": refit.beta, "standard_error": refit.standard_error, "p_value": refit.p_lrt, "status": TESTED}
    return row if np.isfinite(refit.beta) else row | {"status": describe_separation(fitted, own)}


def _test_subdistribution(fitted: FittedNull, causes: FloatArray, number: int, dosage: FloatArray) -> dict[str, object]:
    row: dict[str, object] = {
        "model": "fine_gray", "n": len(fitted.people), "n_events": fitted.n_events, "status": fitted.status,
    }  # fmt: skip
    if not isinstance(fitted.model, CoxNull):
        return row
    own, fit = dosage[fitted.people], fitted.model.fit
    row |= count_carriers(fitted, own)
    typed = np.isfinite(own)
    cause = np.where(causes == 0, 0, np.where(causes == number, 1, 2))[fitted.people][typed]
    if not (cause == 2).any():
        return row | {"status": "no competing event: the same as cause-specific"}
    matrix = np.column_stack([fit.covariates[:, typed].T, own[typed]])
    times = (fit.sets.entry[typed], fit.sets.exit[typed])
    try:
        result = fit_fine_gray(*times, cause, matrix, fit.sets.stratum[typed], fit.ties)
    except AnalysisError as error:
        return row | {"status": str(error)}
    return row | {
        "beta": result.coefficients[-1], "standard_error": result.standard_errors[-1], "p_value": result.p_value(),
        "status": TESTED,
    }  # fmt: skip


def describe_separation(fitted: FittedNull, own: FloatArray) -> str:
    """Why a survival model has no finite effect; its likelihood ratio still gives p."""
    counts = count_carriers(fitted, own)
    reason = "no event among carriers" if counts["n_carrier_events"] == 0 else "the genotype separates the events"
    return f"{reason}: no finite effect"


def curves_by_genotype(models: NullModels, trait: str, variant: pd.Series, dosage: FloatArray) -> list[pd.DataFrame]:
    """Rows of `LEAD_CURVES` without trait and variant: survival and cumulative incidence with delayed entry by copies.

    Curves take no account of covariates, and leave out relatives. Dosages count as the nearest whole number of copies.
    """
    described = models.specification.traits[trait]
    fitted = null_of(exclude_relatives(models), trait, variant)
    assert isinstance(described, SurvivalTrait)
    if not isinstance(fitted.model, CoxNull):  # too few are unrelated; the other analyses say so
        return []
    sets, own = fitted.model.fit.sets, dosage[fitted.people]
    causes = np.where(sets.is_event, 1, 0)
    names = ["any"]
    if described.cause is not None:
        numbered, names = causes_of(models, described)
        causes = np.nan_to_num(numbered[fitted.people], nan=-1).astype(np.int64)
    found = []
    for copies in range(3):
        inside = np.isfinite(own) & (np.clip(np.floor(own + 0.5), 0, 2) == copies)
        if inside.any():
            times = (sets.entry[inside], sets.exit[inside])
            size = {"copies": copies, "n": int(inside.sum()), "n_events": int(sets.is_event[inside].sum())}
            found.append(
                _survival_curve(*times, sets.is_event[inside]).assign(endpoint="survival", cause="any", **size)
            )
            if described.cause is not None:
                found += [
                    curve.assign(endpoint="incidence", **size)
                    for curve in _incidence_curves(*times, causes[inside], names)
                ]
    return found


def _survival_curve(entry: FloatArray, exit: FloatArray, is_event: NDArray[np.bool_]) -> pd.DataFrame:
    if not is_event.any():
        at = float(exit.max())
        flat = {"estimate": 1.0, "lower": np.nan, "upper": np.nan}
        return pd.DataFrame([{"time": at, "n_at_risk": int(np.sum((entry < at) & (exit >= at))), "n_at": 0, **flat}])
    curve = kaplan_meier(entry, exit, is_event)
    return pd.DataFrame(
        {
            "time": curve.time, "n_at_risk": curve.n_at_risk, "n_at": curve.n_events, "estimate": curve.survival,
            "lower": curve.lower, "upper": curve.upper,
        }
    )  # fmt: skip


def _incidence_curves(
    entry: FloatArray, exit: FloatArray, cause: NDArray[np.int64], names: list[str]
) -> list[pd.DataFrame]:
    """Aalen–Johansen incidence of every cause at the times of any event; an event of unknown cause (-1) ends follow-up."""
    label = np.where(cause == -1, len(names) + 1, cause)
    if not (label > 0).any():
        return []
    incidence = aalen_johansen(entry, exit, label)
    at_risk = count_at_risk(entry, exit, incidence.time)
    return [
        pd.DataFrame(
            {
                "cause": names[number - 1], "time": incidence.time, "n_at_risk": at_risk,
                "n_at": [int(np.sum((exit == t) & (label == number))) for t in incidence.time], "estimate": estimate,
            }
        )
        for number, estimate in zip(incidence.causes, incidence.probability, strict=True)
        if number <= len(names)
    ]  # fmt: skip
