"""The words of the external-control page: estimand, rules, cautions, limits, methods."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from alsreg.clinical.alignment import column_in_words, events_in_words
from alsreg.config.control import ControlConfig
from alsreg.language import gettext, noop
from alsreg.report.control_model import Attribute
from alsreg.report.terms import first_upper, term

POPULATIONS = {
    "att": noop("People like those who were treated: controls are weighted to their baseline."),
    "ate": noop("People like both cohorts together: each cohort is weighted to the baseline of all."),
    "overlap": noop(
        "People in clinical equipoise between the cohorts: weights favour those who could have been in either."
    ),
}


def estimand(settings: ControlConfig, terminal_events: Sequence[str]) -> tuple[Attribute, ...]:
    """The five attributes of ICH E9(R1) for the weighted analysis."""
    events = term(events_in_words(terminal_events))
    switch = (
        gettext(
            " A control who starts the treatment is censored that day (hypothetical strategy: as if they had not started)."
        )
        if settings.registry_treatment_start
        else gettext(
            " The registry does not say who started the treatment later: such controls stay controls (treatment policy)."
        )
    )
    return (
        Attribute(
            gettext("Population"),
            gettext(
                "{estimand} All meet the criteria below at time zero.", estimand=gettext(POPULATIONS[settings.estimand])
            ),
        ),
        Attribute(
            gettext("Treatment"),
            gettext(
                "{treatment}, started at time zero, against the care that the registry's people had.",
                treatment=first_upper(settings.treatment),
            ),
        ),
        Attribute(
            gettext("Variables"),
            gettext(
                "Months from time zero to {events}, whichever is first; change of the ALSFRS-R total from baseline to month {change_months}; "
                "ALSFRS-R total at visits up to {decline_months} months.",
                events=events,
                change_months=f"{settings.change_months:g}",
                decline_months=f"{settings.decline_months:g}",
            ),
        ),
        Attribute(
            gettext("Intercurrent events"),
            gettext(
                "Stopping the treatment, and other treatments: ignored (treatment policy). {events}: the event itself for "
                "survival (composite); 0 points for the ALSFRS-R change (composite), and as a sensitivity analysis the last score before it (while "
                "alive); the slope is compared while free of it (while alive).{switch} Loss of contact, a missed visit and the data cut-off are no "
                "intercurrent events but missing data: survival is censored; of those free of the event, the change is taken as missing at random given cohort "
                "and baseline score; the slope leans on all recorded scores (missing at random given these).",
                events=first_upper(events),
                switch=switch,
            ),
        ),
        Attribute(
            gettext("Summary measure"),
            gettext(
                "Hazard ratio; difference in mean months free of the event up to {horizon_months} months; difference in mean "
                "ALSFRS-R change to month {change_months}, adjusted for baseline; difference in ALSFRS-R points lost per month.",
                horizon_months=f"{settings.horizon_months:g}",
                change_months=f"{settings.change_months:g}",
            ),
        ),
    )


def time_zero(settings: ControlConfig) -> tuple[str, ...]:
    """The rule, in sentences."""
    visit = (
        gettext("the first registry visit at which all criteria hold")
        if settings.registry_time_zero == "first_eligible_visit"
        else gettext("the first registry visit with an ALSFRS-R total, whether or not the criteria hold then")
    )
    return (
        gettext(
            "Time zero is the day the treatment started ({column}) for the treated and, for controls, {visit}.",
            column=term(settings.treated_time_zero.replace("_", " ")),
            visit=visit,
        ),
        gettext(
            "Baseline is the last visit of the {max_days_before_time_zero} days before time zero or on that day, never a later one.",
            max_days_before_time_zero=f"{settings.max_days_before_time_zero:d}",
        ),
        gettext(
            "Nobody can gain immortal time: eligibility uses nothing later than time zero, and a person is in the risk set only from the "
            "day on which they are alive, free of the event and under observation. Somebody first observed after their time zero "
            "enters then (delayed entry; at risk means entry < t ≤ exit)."
        ),
        gettext(
            "A registry person with the sex, birth date and onset date of a treated person is taken for the same and is no control."
        ),
    )


def cautions(comparison: pd.DataFrame, effects: pd.DataFrame, settings: ControlConfig) -> tuple[str, ...]:
    """What a reader must know before the result."""
    rows = comparison.set_index("analysis")
    found = [
        gettext(
            "The {name} comparison was not made — {reason}.",
            name=term(name),
            reason=term(status.removeprefix("not estimable: ")),
        )
        for name, status in rows["status"].items()
        if status != "estimated"
    ]
    for name, deed in (("weighted", gettext("weighting")), ("matched", gettext("matching"))):
        apart = rows.loc[name, "max_standardised_difference"]
        if pd.notna(apart) and apart > settings.max_standardised_difference:
            found.append(
                gettext(
                    "After {deed} the cohorts still differ in a baseline covariate: balance was not reached.", deed=deed
                )
            )
    weighted = effects[effects["analysis"] == "weighted"].set_index("measure")["p_value"]
    for measure, words in (
        ("difference", gettext("The negative control")),
        ("hazard_ratio", gettext("The negative-control event")),
    ):
        if weighted.get(f"negative_control_{measure}", 1.0) < 0.05:
            found.append(gettext("{words} differs after weighting: some confounding remains.", words=words))
    return tuple(found)


def limits(settings: ControlConfig) -> tuple[Attribute, ...]:
    """In plain words."""
    covariates = "; ".join(term(column_in_words(name)) for name in settings.covariates)
    named = [
        term(column_in_words(name)) for name in (settings.negative_control, settings.negative_control_event) if name
    ]
    negative = (
        gettext(" Negative controls ({named}) are one check.", named="; ".join(named))
        if named
        else gettext(" No negative control was named.")
    )
    calendar = (
        gettext("Calendar time is among the covariates.")
        if "time_zero_year" in settings.covariates
        else gettext(
            "Calendar time is shown in the balance table but not adjusted for: if care improved, later cohorts look better."
        )
    )
    return (
        Attribute(
            gettext("Nobody was randomised"),
            gettext(
                "Only what was measured is balanced ({covariates}). Whatever else decides who is treated and how they fare — "
                "motivation, income, respiratory function where it is not recorded — may explain the result. The E-value says how strong it would have to be.{negative}",
                covariates=covariates,
                negative=negative,
            ),
        ),
        Attribute(gettext("Calendar time"), calendar),
        Attribute(
            gettext("Immortal time"),
            gettext(
                "Excluded by design between time zero and the start of observation. It remains possible before time zero: people treated "
                "had to live until treatment was offered, which the time since onset among the covariates can only partly account for."
            ),
        ),
        Attribute(
            gettext("Informative entry"),
            gettext(
                "Delayed entry assumes that those first seen late are like those at risk at that time. A cohort that enrols the "
                "well, or a registry that meets the severely ill first, breaks this."
            ),
        ),
        Attribute(
            gettext("Different observation"),
            gettext(
                "Events are assumed to be found equally well in both cohorts, by the same definitions; visits of a trial-like cohort are denser and its "
                "raters more alike."
            ),
        ),
        Attribute(
            gettext("Averages"),
            gettext(
                "A hazard ratio averages over follow-up; where it changes with time, read the curves and the restricted mean. Hazard "
                "ratios by weighting or matching are marginal and lie nearer to one than those adjusted for covariates."
            ),
        ),
    )


def methods(settings: ControlConfig, versions: dict[str, str]) -> tuple[str, ...]:
    """Paragraphs ready for a paper."""
    weights = {
        "att": gettext("the odds of treatment (controls; treated: one)"),
        "ate": gettext("the stabilised inverse probability of their own cohort"),
        "overlap": gettext("the probability of the other cohort"),
    }[settings.estimand]
    negative_event = (
        gettext(
            "The negative-control event was compared by the same Cox model in people without it at time zero, the event of interest censoring. "
        )
        if settings.negative_control_event
        else ""
    )
    error = (
        gettext(
            "Standard errors are robust sandwich estimates that allow for the estimated score (influence functions; Lin and Wei 1989, Lunceford and Davidian 2004)"
        )
        if settings.variance == "sandwich"
        else gettext(
            "Standard errors come from {n_bootstrap} bootstrap samples of people within cohorts, the score fitted anew in each",
            n_bootstrap=settings.n_bootstrap,
        )
    )
    return (
        gettext(
            "Propensity scores are from logistic regression of cohort on the covariates (main effects). People whose score lies outside the common range "
            "(quantile {trim_quantile} of the treated to one minus it of the controls; Stürmer 2010) were left out and the model was fitted again. "
            "People were weighted by {weights}. For matching, each treated person, highest score first, took the nearest "
            "free control within {caliper} standard deviations of the log odds. Balance is judged by standardised mean differences.",
            trim_quantile=f"{settings.trim_quantile:g}",
            weights=weights,
            caliper=f"{settings.caliper:g}",
        ),
        gettext(
            "Survival was compared by Kaplan–Meier curves and a Cox model with treatment alone (Efron ties, entry < t ≤ exit), since time "
            "zero, and as a sensitivity analysis since onset with entry at time zero. The change of the ALSFRS-R from baseline to month "
            "{change_months} (visit nearest to it within {change_window_months} months) was compared by weighted analysis of covariance with the baseline score; "
            "who had the event by then counts as 0 points, or with the last score before it; those scored stand for those like them without a score "
            "(inverse probability of a score by logistic regression on the baseline score in each cohort). ALSFRS-R decline is the difference in slope from "
            "generalised least squares under a random intercept and slope. ",
            change_months=f"{settings.change_months:g}",
            change_window_months=f"{settings.change_window_months:g}",
        )
        + negative_event
        + gettext(
            "{error}; of pairs, they are clustered by pair. Intervals are 95 %, p-values two-sided.", error=error
        ),
        gettext(
            "E-values follow VanderWeele and Ding 2017; hazard ratios of events commoner than 15 % are first turned into risk ratios."
        ),
        gettext(
            "alsreg {alsreg} with Python {python}, NumPy {numpy}, SciPy {scipy} and pandas {pandas}; "
            "checked against R's survival, sandwich, MatchIt and lme4.",
            alsreg=versions["alsreg"],
            python=versions["python"],
            numpy=versions["numpy"],
            scipy=versions["scipy"],
            pandas=versions["pandas"],
        ),
    )
