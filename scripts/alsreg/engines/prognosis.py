"""A prognostic model of the registry: predictors from the clinical tables, people with all of them, and what it predicts."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.clinical.dates import months_between
from alsreg.config.prognosis import Predictor, PrognosisConfig
from alsreg.errors import AnalysisError, ConfigError
from alsreg.stats.cox_fit import CoxFit
from alsreg.stats.cox_tests import two_sided
from alsreg.stats.design import design_matrix
from alsreg.stats.null import Z_95, FloatArray
from alsreg.stats.prognosis import (
    Times,
    bootstrap_optimism,
    calibrate_group,
    first_observable,
    linear_predictor,
    risk_groups,
)
from alsreg.stats.schoenfeld import proportional_hazards
from alsreg.tables.prognosis import PROGNOSIS_CALIBRATION, PROGNOSIS_COEFFICIENTS, PROGNOSIS_PERFORMANCE

log = logging.getLogger(__name__)

FITTED = "fitted"
IN_MODEL = "in the model"
DELAY = "diagnostic_delay_months"


@dataclass(frozen=True)
class Prognosis:
    """Rows of `PROGNOSIS`, `PROGNOSIS_COEFFICIENTS`, `PROGNOSIS_PERFORMANCE` and `PROGNOSIS_CALIBRATION`."""

    people: pd.DataFrame
    coefficients: pd.DataFrame
    performance: pd.DataFrame
    calibration: pd.DataFrame


def predict_survival(phenotypes: pd.DataFrame, patients: pd.DataFrame, settings: PrognosisConfig) -> Prognosis:
    """Fit survival on predictors known at registration, and judge the fit.

    People lacking a predictor or a survival time are not in the model; nothing is imputed. A registry that cannot carry a
    model has a status instead.

    Raises
    ------
    ConfigError
        A predictor that is not optional is no column of the registry, or is text without a `level`.
    """
    people = _with_patients(phenotypes, patients)
    follow = people[["entry_months", "exit_months", "is_event"]].astype(float)
    has_time = (follow.notna().all(axis=1) & (follow["entry_months"] < follow["exit_months"])).to_numpy()
    columns, states = _columns(people, has_time, settings)
    values = np.column_stack([columns[name] for name in columns]) if columns else np.empty((len(people), 0))
    rows = has_time & np.isfinite(values).all(axis=1)
    times = Times(*(follow.loc[rows, name].to_numpy() for name in ("entry_months", "exit_months")),
                  follow.loc[rows, "is_event"].to_numpy() == 1)  # fmt: skip
    names = list(columns)
    try:
        fit = _fit(times, values[rows], names, settings.min_events_per_predictor)
    except AnalysisError as error:
        return _without_model(people, states, f"no model: {error}", times)
    fitted = _Fitted(fit, times, values[rows], names)
    index = (values - values[rows].mean(axis=0)) @ fit.coefficients
    group = np.full(len(people), np.nan)
    group[rows] = risk_groups(index[rows], settings.n_risk_groups) + 1
    return Prognosis(
        people=_people(people, columns, index, group, has_time),
        coefficients=_coefficients(states, fitted),
        performance=_performance(fitted, settings),
        calibration=_calibration(fit, group[rows], settings.calibration_step_months),
    )


@dataclass(frozen=True)
class _Fitted:
    fit: CoxFit
    times: Times
    values: FloatArray  # (n, p) as they enter
    names: list[str]


def _with_patients(phenotypes: pd.DataFrame, patients: pd.DataFrame) -> pd.DataFrame:
    """Phenotypes with the columns that only the patients table has, and the delay to diagnosis as known at entry."""
    other = [name for name in patients.columns if name == "person" or name not in phenotypes.columns]
    people = phenotypes.merge(patients[other], on="person", how="left", validate="one_to_one")
    if "diagnosis_date" not in people.columns:
        return people
    onset, diagnosis = (
        people[name].to_numpy(dtype="datetime64[s]").astype("datetime64[D]")
        for name in ("onset_date", "diagnosis_date")
    )
    delay = pd.Series(months_between(onset, diagnosis), index=people.index)
    # Nobody's future may predict their survival: a diagnosis after entry is not known at entry.
    return people.assign(**{DELAY: delay.where(~(delay > people["entry_months"].astype(float)))})


def _columns(
    people: pd.DataFrame, has_time: NDArray[np.bool_], settings: PrognosisConfig
) -> tuple[dict[str, FloatArray], list[dict[str, object]]]:
    """What enters the model by predictor, NaN where unusable; and a row of coefficients for every predictor asked for."""
    columns, states = {}, []
    for name, predictor in settings.used.items():
        row: dict[str, object] = {"predictor": name, "enters_as": _enters_as(name, predictor)}
        if name not in people.columns:
            if not predictor.is_optional:
                raise ConfigError(
                    f"no column {name!r} for the prognostic model", where=f"key registry.prognosis.predictors.{name}",
                    remedy=f"set is_optional, or choose among {', '.join(sorted(map(str, people.columns)))}",
                )  # fmt: skip
            states.append(row | {"status": "not in the registry"})
            continue
        entered = _enter(people[name], name, predictor)
        usable = entered[has_time & np.isfinite(entered)]
        n_missing = int(has_time.sum()) - len(usable)
        row |= {"n_missing": n_missing}
        if n_missing > settings.max_missing_fraction * has_time.sum():
            status = f"left out: missing for more than {100 * settings.max_missing_fraction:g} % of people"
        elif len(usable) == 0 or np.ptp(usable) == 0:
            status = "left out: everybody has one value"
        else:
            status, columns[name] = FITTED, entered
        states.append(row | {"status": status})
    return columns, states


def _enters_as(name: str, predictor: Predictor) -> str:
    if predictor.level is not None:
        return f"{name} = {predictor.level}"
    shifted = f"{name} + {predictor.offset:g}" if predictor.offset else name
    return {"none": shifted, "log": f"log({shifted})", "inverse_sqrt": f"1/sqrt({shifted})"}[predictor.transform]


def _enter(values: pd.Series, name: str, predictor: Predictor) -> FloatArray:
    """The column as it enters the model; NaN where missing or out of the transform's range."""
    if predictor.level is not None:
        text = values.astype("string")
        return (text == predictor.level).astype(float).where(text.notna()).to_numpy(dtype=float, na_value=np.nan)
    if not (pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)):
        raise ConfigError(
            f"column {name!r} is text", where=f"key registry.prognosis.predictors.{name}",
            remedy="say with `level` which value counts as 1",
        )  # fmt: skip
    shifted = values.to_numpy(dtype=float, na_value=np.nan) + predictor.offset
    with np.errstate(divide="ignore", invalid="ignore"):
        entered = {"none": lambda x: x, "log": np.log, "inverse_sqrt": lambda x: 1.0 / np.sqrt(x)}[predictor.transform](
            shifted
        )
    return np.where(np.isfinite(entered), entered, np.nan)


def _fit(times: Times, values: FloatArray, names: list[str], min_events: float) -> CoxFit:
    n_events = int(times.is_event.sum())
    if not names:
        raise AnalysisError("no predictor can be used")
    if n_events < min_events * len(names):
        raise AnalysisError(f"{n_events} events are too few for {len(names)} predictors ({min_events:g} each)")
    design_matrix(values, len(values), names)  # refuses what is constant or collinear, by name
    fit = times.fit(values)
    if not fit.is_converged:
        raise AnalysisError("the likelihood has no finite maximum", value=names[int(np.abs(fit.standardised).argmax())])
    return fit


def _people(
    people: pd.DataFrame, columns: dict[str, FloatArray], index: FloatArray, group: FloatArray, has_time: NDArray[np.bool_]
) -> pd.DataFrame:  # fmt: skip
    reason = people["survival_exclusion"].fillna("").replace("", "entry at or after exit")
    status = pd.Series(np.where(has_time, IN_MODEL, "predicted only: no survival time, " + reason))
    lacks = pd.DataFrame({name: ~np.isfinite(values) for name, values in columns.items()})
    missing = lacks.apply(lambda row: ", ".join(row.index[row]), axis=1)
    return pd.DataFrame(
        {
            "person": people["person"],
            DELAY: people[DELAY] if DELAY in people.columns else np.nan,
            "prognostic_index": np.where(np.isfinite(index), index, np.nan),
            "risk_group": group,
            "prognosis_status": status.where(missing == "", "missing: " + missing),
        }
    )


def _coefficients(states: list[dict[str, object]], fitted: _Fitted) -> pd.DataFrame:
    fit, place = fitted.fit, {name: k for k, name in enumerate(fitted.names)}
    beta, error = fit.coefficients, fit.standard_errors
    rows = []
    for state in states:
        k = place.get(str(state["predictor"]))
        if k is None:
            rows.append(state)
            continue
        column = fitted.values[:, k]
        spread = float(column.std(ddof=1))
        unit = 1.0 if np.isin(column, (0.0, 1.0)).all() else spread
        lower, upper = (np.exp(unit * (beta[k] + sign * Z_95 * error[k])) for sign in (-1.0, 1.0))
        p_value = float(two_sided(beta[k] / error[k]))
        rows.append(
            state | {
                "mean": column.mean(), "standard_deviation": spread, "beta": beta[k], "standard_error": error[k],
                "hazard_ratio": np.exp(unit * beta[k]), "lower": lower, "upper": upper, "p_value": p_value,
                "ph_p": proportional_hazards(fit, k)[1],
            }
        )  # fmt: skip
    return pd.DataFrame(rows).reindex(columns=PROGNOSIS_COEFFICIENTS.column_names)


def _performance(fitted: _Fitted, settings: PrognosisConfig) -> pd.DataFrame:
    times = fitted.times
    apparent = times.concordance(linear_predictor(fitted.fit))
    rng = np.random.default_rng(settings.seed)
    optimism = bootstrap_optimism(times, fitted.values, settings.n_resamples, rng)
    same = {
        "n_resamples": optimism.n_resamples, "n": len(times.exit), "n_events": int(times.is_event.sum()), "status": FITTED,
    }  # fmt: skip
    log.info("%d people, %d events: C %.3f, optimism %.3f", same["n"], same["n_events"], apparent.c, optimism.c)
    return pd.DataFrame(
        [
            same | {"measure": "c", "apparent": apparent.c, "standard_error": apparent.standard_error,
                    "optimism": optimism.c, "corrected": apparent.c - optimism.c},
            # A Cox model's slope is 1 in the people it was fitted to.
            same | {"measure": "calibration_slope", "apparent": 1.0, "optimism": 1.0 - optimism.slope,
                    "corrected": optimism.slope},
        ]
    )  # fmt: skip


def _calibration(fit: CoxFit, group: FloatArray, step: float) -> pd.DataFrame:
    parts = []
    grid = np.arange(step, fit.sets.exit.max() + 1e-9, step)
    for label in np.unique(group):
        members = group == label
        start = first_observable(fit.sets.entry[members], fit.sets.exit[members])
        curve = calibrate_group(fit, members, grid, start)
        same = {
            "risk_group": int(label), "n": curve.n, "n_events": curve.n_events, "expected_events": curve.expected_events,
            "start_months": curve.start,
        }  # fmt: skip
        rows = pd.DataFrame(
            {
                "months_since_onset": curve.times, "n_at_risk": curve.n_at_risk, "observed": curve.observed,
                "lower": curve.lower, "upper": curve.upper, "predicted": curve.predicted,
            }
        )  # fmt: skip
        parts.append((rows if len(rows) else pd.DataFrame([{}])).assign(**same))
    return pd.concat(parts, ignore_index=True).reindex(columns=PROGNOSIS_CALIBRATION.column_names)


def _without_model(people: pd.DataFrame, states: list[dict[str, object]], reason: str, times: Times) -> Prognosis:
    log.warning("prognosis: %s", reason)
    delay = people[DELAY] if DELAY in people.columns else np.nan
    rows = [row | ({"status": reason} if row["status"] == FITTED else {}) for row in states]
    performance = {"measure": "c", "n": len(times.exit), "n_events": int(times.is_event.sum()), "status": reason}
    return Prognosis(
        people=pd.DataFrame({"person": people["person"], DELAY: delay, "prognosis_status": reason}),
        coefficients=pd.DataFrame(rows).reindex(columns=PROGNOSIS_COEFFICIENTS.column_names),
        performance=pd.DataFrame([performance]).reindex(columns=PROGNOSIS_PERFORMANCE.column_names),
        calibration=PROGNOSIS_CALIBRATION.empty(),
    )
