"""Tables of the control stage: who is compared, how alike they are, and what differs."""

from __future__ import annotations

from alsreg.tables.base import Column, Table

COHORTS = ("treated", "control")
ANALYSES = ("naive", "weighted", "matched")

ATTRITION = Table(
    "attrition", "control/{freeze}/attrition.tsv", "People of each cohort who remain after each step of the alignment.",
    (
        Column("cohort", "text", "Cohort", is_nullable=False, choices=COHORTS),
        Column("step", "text", "Step or criterion", is_nullable=False),
        Column("n_persons", "integer", "People who remain"),
        Column("n_failed", "integer", "People lost because they do not meet it"),
        Column("n_unknown", "integer", "People lost because it is not known whether they do"),
    ),
)  # fmt: skip

ALIGNED = Table(
    "aligned", "control/{freeze}/aligned.parquet", "One row per person compared: times from time zero, and baseline columns.",
    (
        Column("person", "text", "Person, in their own cohort", is_nullable=False),
        Column("is_treated", "flag", "Of the treated cohort", is_nullable=False),
        Column("time_zero", "date", "Treatment start, or the visit that stands for it", is_nullable=False),
        Column("entry_months", "number", "Time zero to start of observation, 0 where already observed; at risk afterwards", "months"),
        Column("exit_months", "number", "Time zero to event, last contact, freeze date or start of the treatment in a control", "months"),
        Column("is_event", "integer", "1: death, or another event of registry.terminal_events, at exit; 0: censored"),
        Column("event_kind", "text", "The event"),
        Column("age_years", "number", "Age at time zero", "years"),
        Column("months_since_onset", "number", "Disease duration at time zero", "months"),
        Column("time_zero_year", "number", "Calendar time of time zero", "years"),
        Column("total", "number", "ALSFRS-R total at baseline", "points"),
        Column("lowest_item", "number", "Lowest ALSFRS-R item at baseline", "points"),
        Column("delta_fs_per_month", "number", "(48 - total) / months since onset at the baseline visit", "points/month"),
        Column("sex", "text", "Sex as registered"),
        Column("onset_region", "text", "Region of first symptoms"),
        Column("is_bulbar_onset", "integer", "1: bulbar onset; 0: other known region"),
        Column("negative_control_exit_months", "number", "Time zero to the first negative-control event or the end of follow-up; missing when it happened before observation, or on a day not known", "months", is_required=False),
        Column("is_negative_control_event", "integer", "1: the negative-control event at that time; 0: censored", is_required=False),
    ),
    has_extra_columns=True,
)  # fmt: skip

FOLLOWED = Table(
    "followed", "control/{freeze}/followed.parquet", "ALSFRS-R totals of the people compared, from baseline on.",
    (
        Column("person", "text", "Person", is_nullable=False),
        Column("is_treated", "flag", "Of the treated cohort", is_nullable=False),
        Column("months", "number", "Months since time zero; the baseline visit may lie before it", "months"),
        Column("total", "number", "ALSFRS-R total", "points"),
    ),
)  # fmt: skip

SCORES = Table(
    "scores", "control/{freeze}/scores.parquet", "Propensity score, weight and pair of each person compared.",
    (
        Column("person", "text", "Person", is_nullable=False),
        Column("is_treated", "flag", "Of the treated cohort", is_nullable=False),
        Column("propensity", "number", "Probability of being treated given baseline, before trimming; missing without overlap"),
        Column("is_trimmed", "flag", "Outside the common range of scores: in the naive analysis only"),
        Column("weight", "number", "Weight of the weighted analysis; missing when trimmed"),
        Column("pair", "integer", "Number of the matched pair; missing when unmatched"),
    ),
)  # fmt: skip

BALANCE = Table(
    "balance", "control/{freeze}/balance.tsv", "Baseline of the cohorts before and after weighting and matching.",
    (
        Column("analysis", "text", "Analysis", is_nullable=False, choices=ANALYSES),
        Column("covariate", "text", "Covariate; column=value for one level of a text column", is_nullable=False),
        Column("is_in_score", "flag", "Among the covariates of the propensity score"),
        Column("mean_treated", "number", "Weighted mean"),
        Column("mean_control", "number", "Weighted mean"),
        Column("standardised_difference", "number", "Difference over the pooled standard deviation before weighting"),
    ),
)  # fmt: skip

COMPARISON = Table(
    "comparison", "control/{freeze}/comparison.tsv", "How many people each analysis rests on, and whether it can be made.",
    (
        Column("analysis", "text", "Analysis", is_nullable=False, choices=ANALYSES),
        Column("status", "text", "'estimated', or why nothing is", is_nullable=False),
        Column("n_treated", "integer", "Treated people"),
        Column("n_control", "integer", "Controls"),
        Column("n_trimmed_treated", "integer", "Treated people without a counterpart, left out"),
        Column("n_trimmed_control", "integer", "Controls left out"),
        Column("effective_n_treated", "number", "(sum of weights)^2 / sum of squared weights"),
        Column("effective_n_control", "number", "The same of the controls"),
        Column("n_events_treated", "integer", "Events of the treated"),
        Column("n_events_control", "integer", "Events of the controls"),
        Column("max_standardised_difference", "number", "Largest absolute standardised difference of a covariate of the score"),
    ),
)  # fmt: skip

EFFECTS = Table(
    "effects", "control/{freeze}/effects.tsv", "Treated minus control, or treated over control.",
    (
        Column("analysis", "text", "Analysis", is_nullable=False, choices=ANALYSES),
        Column("measure", "text", "What is compared", is_nullable=False, choices=("hazard_ratio", "hazard_ratio_since_onset", "restricted_mean_difference", "score_change_difference", "score_change_difference_while_free", "decline_difference", "negative_control_difference", "negative_control_hazard_ratio")),
        Column("status", "text", "'estimated', or why it is not", is_nullable=False),
        Column("estimate", "number", "Hazard ratio; months (restricted mean); points (change); points/month (decline); units of the column (negative control)"),
        Column("standard_error", "number", "Of the log hazard ratio, or of the difference"),
        Column("lower", "number", "95 % limit"),
        Column("upper", "number", "95 % limit"),
        Column("p_value", "number", "Two-sided, normal"),
        Column("value_treated", "number", "What the difference is of, in the treated"),
        Column("value_control", "number", "The same in the controls"),
        Column("e_value", "number", "E-value of the estimate (hazard ratios as risk ratios of a common event)"),
        Column("e_value_limit", "number", "E-value of the limit nearer to no effect; 1 if the interval holds it"),
    ),
)  # fmt: skip

SCORE_CHANGE = Table(
    "score_change", "control/{freeze}/score_change.tsv", "What became of the people of each analysis by the month of the ALSFRS-R change.",
    (
        Column("analysis", "text", "Analysis", is_nullable=False, choices=ANALYSES),
        Column("cohort", "text", "Cohort", is_nullable=False, choices=COHORTS),
        Column("n_scored", "integer", "Free of the event then, with a visit near the month"),
        Column("n_event", "integer", "With the event by then"),
        Column("n_unscored", "integer", "Neither: lost, or no visit near the month; those scored stand for them"),
        Column("n_observed_later", "integer", "First observed after time zero; they take no part"),
    ),
)  # fmt: skip

CURVES = Table(
    "curves", "control/{freeze}/curves.tsv", "Kaplan-Meier curves on a grid of months since time zero.",
    (
        Column("analysis", "text", "Analysis", is_nullable=False, choices=ANALYSES),
        Column("cohort", "text", "Cohort", is_nullable=False, choices=COHORTS),
        Column("months", "number", "Months since time zero", "months"),
        Column("survival", "number", "Free of the event"),
        Column("lower", "number", "95 % limit, pointwise, log-log"),
        Column("upper", "number", "95 % limit"),
        Column("n_at_risk", "integer", "People under observation just after that time, unweighted"),
    ),
)  # fmt: skip
