"""Numbers of the prognostic model, and leads given its index beside leads without."""

from __future__ import annotations

import math

import pandas as pd

from alsreg.engines.sensitivity import GIVEN_INDEX, MAIN, WITHOUT_INDEX
from alsreg.language import gettext
from alsreg.plots.courses import Band, calibration
from alsreg.report.disclosure import Disclosure
from alsreg.report.model import AdjustedLead, Picture, PredictorRow, PrognosisReport, RiskGroup
from alsreg.report.people import breakdown
from alsreg.report.pictures import picture
from alsreg.report.results import number
from alsreg.report.terms import words
from alsreg.stats.null import Z_95
from alsreg.tables.leads import LEAD_SENSITIVITY
from alsreg.tables.prognosis import PROGNOSIS, PROGNOSIS_CALIBRATION, PROGNOSIS_COEFFICIENTS, PROGNOSIS_PERFORMANCE

# Tables by the name of the rule's input, in the order in which the report takes them.
TABLES = {
    "prognosis": PROGNOSIS,
    "prognosis_coefficients": PROGNOSIS_COEFFICIENTS,
    "prognosis_performance": PROGNOSIS_PERFORMANCE,
    "prognosis_calibration": PROGNOSIS_CALIBRATION,
    "lead_sensitivity": LEAD_SENSITIVITY,
}
FITTED, IN_MODEL, TESTED = "fitted", "in the model", "tested"
Ratio = tuple[float, float, float, float]


def prognosis_report(
    people: pd.DataFrame, coefficients: pd.DataFrame, performance: pd.DataFrame, curves: pd.DataFrame,
    sensitivity: pd.DataFrame, disclosure: Disclosure,
) -> PrognosisReport:  # fmt: skip
    """The model from the four tables of `fit_prognosis`, and the leads of `LEAD_SENSITIVITY`."""
    measures = performance.set_index("measure")
    c = measures.loc["c"]
    has_model = str(c["status"]) == FITTED
    without = people.loc[people["prognosis_status"] != IN_MODEL, "prognosis_status"]
    return PrognosisReport(
        status="" if has_model else str(c["status"]),
        n=disclosure.count(int(c["n"]), gettext("people in the prognostic model")),
        n_events=disclosure.count(int(c["n_events"]), gettext("events in the prognostic model")),
        left_out=breakdown(gettext("People outside the prognostic model, whole registry"), without, disclosure),
        predictors=tuple(_predictor(row, disclosure) for _, row in coefficients.iterrows()),
        c=number(c["apparent"]),
        c_error=number(c["standard_error"]),
        c_corrected=number(c["corrected"]),
        slope_corrected=number(measures.loc["calibration_slope", "corrected"]) if has_model else None,
        n_resamples=int(c["n_resamples"]) if has_model else None,
        groups=_groups(curves, disclosure),
        leads=tuple(
            _lead(str(trait), str(variant), rows.set_index("analysis"), disclosure)
            for (trait, variant), rows in sensitivity.groupby(["trait", "variant_id"], sort=False)
            if (rows["analysis"] == GIVEN_INDEX).any()
        ),
        pictures=_pictures(curves, disclosure),
    )


def _predictor(row: pd.Series, disclosure: Disclosure) -> PredictorRow:
    missing = number(row["n_missing"])
    return PredictorRow(
        enters_as=str(row["enters_as"]),
        n_missing=None
        if missing is None
        else disclosure.count(int(missing), gettext("without {predictor}", predictor=words(str(row["predictor"])))),
        is_fitted=str(row["status"]) == FITTED,
        **{name: number(row[name]) for name in ("hazard_ratio", "lower", "upper", "p_value", "ph_p")},
        status=str(row["status"]),
    )


def _groups(curves: pd.DataFrame, disclosure: Disclosure) -> tuple[RiskGroup, ...]:
    rows = curves.drop_duplicates("risk_group")
    shown = disclosure.cells([int(value) for value in rows["n_events"]], gettext("events by risk group"))
    return tuple(
        RiskGroup(int(row["risk_group"]), int(row["n"]), n_events, float(row["expected_events"]))
        for (_, row), n_events in zip(rows.iterrows(), shown, strict=True)
    )


def _pictures(curves: pd.DataFrame, disclosure: Disclosure) -> tuple[Picture, ...]:
    """Curves of groups with enough events, while enough members are at risk."""
    is_shown = (curves["n_events"] >= disclosure.min_cell) & (curves["n_at_risk"] >= disclosure.min_cell)
    bands = []
    for label, rows in curves[is_shown.fillna(False)].groupby("risk_group", sort=True):
        times, predicted, lower, upper, observed = (
            rows[name].to_numpy(dtype=float)
            for name in ("months_since_onset", "predicted", "lower", "upper", "observed")
        )
        bands.append(Band(gettext("risk group {label}", label=label), times, predicted, lower, upper, observed))
    if not bands:
        return ()
    alt = gettext("Survival by risk group: predicted as lines, observed with delayed entry and 95 % limits as points.")
    return (picture(gettext("Calibration of the prognostic model"), alt, calibration(bands)),)


def _lead(trait: str, variant: str, rows: pd.DataFrame, disclosure: Disclosure) -> AdjustedLead:
    any_cause = rows[rows["cause"] == "any"]
    main, without, given = (any_cause.loc[name] for name in (MAIN, WITHOUT_INDEX, GIVEN_INDEX))
    return AdjustedLead(
        trait=trait,
        variant=variant,
        n_all=int(main["n"]),
        n=int(given["n"]),
        n_events=disclosure.count(
            int(given["n_events"]), gettext("{variant}: events given the prognostic index", variant=variant)
        ),
        n_carriers=None
        if pd.isna(given["n_carriers"])
        else disclosure.count(
            int(given["n_carriers"]), gettext("{variant}: carriers with a prognostic index", variant=variant)
        ),
        as_analysed=_ratio(main),
        without=_ratio(without),
        given=_ratio(given),
        status=str(given["status"]),
    )


def _ratio(row: pd.Series) -> Ratio | None:
    if str(row["status"]) != TESTED:
        return None
    beta, half = float(row["beta"]), Z_95 * float(row["standard_error"])
    return math.exp(beta), math.exp(beta - half), math.exp(beta + half), float(row["p_value"])
