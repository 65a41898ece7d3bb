"""Tables of the prognostic model."""

from __future__ import annotations

from alsreg.tables.base import Column, Table

PROGNOSIS = Table(
    "prognosis", "registry/{freeze}/prognosis.parquet", "One row per person: what their predictors at registration say of survival.",
    (
        Column("person", "text", "Person", is_nullable=False),
        Column("diagnostic_delay_months", "number", "Onset to diagnosis; missing if diagnosed after entry", "months"),
        Column("prognostic_index", "number", "Linear predictor, log hazard against a person with mean predictors"),
        Column("risk_group", "integer", "Group by quantiles of the index, 1 the lowest risk; of people in the model"),
        Column("prognosis_status", "text", "in the model; predicted only, and why; or what is missing", is_nullable=False),
    ),
)  # fmt: skip

PROGNOSIS_COEFFICIENTS = Table(
    "prognosis_coefficients", "registry/{freeze}/prognosis.tsv",
    "One row per predictor of survival (Cox with delayed entry from registration, Efron's ties), and what became of it.",
    (
        Column("predictor", "text", "Column", is_nullable=False),
        Column("enters_as", "text", "What enters the model", is_nullable=False),
        Column("n_missing", "integer", "People with a survival time but no usable value"),
        Column("mean", "number", "Of what enters, over the people in the model"),
        Column("standard_deviation", "number", "Likewise"),
        Column("beta", "number", "Log hazard ratio per unit of what enters"),
        Column("standard_error", "number", "Of beta"),
        Column("hazard_ratio", "number", "Per unit for 0/1 predictors, per standard deviation for others"),
        Column("lower", "number", "95 % limit (Wald)"),
        Column("upper", "number", "95 % limit (Wald)"),
        Column("p_value", "number", "Wald"),
        Column("ph_p", "number", "Proportional hazards: score test of scaled Schoenfeld residuals"),
        Column("status", "text", "fitted, or why not", is_nullable=False),
    ),
)  # fmt: skip

PROGNOSIS_PERFORMANCE = Table(
    "prognosis_performance", "registry/{freeze}/prognosis_performance.tsv",
    "How well the model separates people (C) and is calibrated (slope), in the people it was fitted to and corrected for that.",
    (
        Column("measure", "text", "c (pairs under observation together) or calibration_slope", is_nullable=False),
        Column("apparent", "number", "In the people it was fitted to"),
        Column("standard_error", "number", "Of apparent (infinitesimal jackknife); C only"),
        Column("optimism", "number", "Mean gain of a resample's model in its resample over everybody"),
        Column("corrected", "number", "apparent - optimism"),
        Column("n_resamples", "integer", "Resamples with a fit"),
        Column("n", "integer", "People in the model"),
        Column("n_events", "integer", "Events among them"),
        Column("status", "text", "fitted, or why there is no model", is_nullable=False),
    ),
)  # fmt: skip

PROGNOSIS_CALIBRATION = Table(
    "prognosis_calibration", "registry/{freeze}/prognosis_calibration.tsv",
    "Each risk group over time: survival observed (Kaplan-Meier with delayed entry) and predicted, both 1 at start_months.",
    (
        Column("risk_group", "integer", "1 the lowest risk", is_nullable=False),
        Column("n", "integer", "People"),
        Column("n_events", "integer", "Events"),
        Column("expected_events", "number", "Sum of the members' cumulative hazards between entry and exit"),
        Column("start_months", "number", "First time with ten members at risk", "months"),
        Column("months_since_onset", "number", "Time; missing if never are ten members at risk", "months"),
        Column("n_at_risk", "integer", "Members with entry < time <= exit"),
        Column("observed", "number", "Free of the event, of those free at start_months"),
        Column("lower", "number", "95 % limit (log-log)"),
        Column("upper", "number", "95 % limit (log-log)"),
        Column("predicted", "number", "The model's conditional (Ederer II) expectation"),
    ),
)  # fmt: skip
