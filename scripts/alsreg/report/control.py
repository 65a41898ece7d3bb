"""Numbers of the external-control page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alsreg.clinical.alignment import column_in_words
from alsreg.config.control import ControlConfig
from alsreg.language import gettext, noop
from alsreg.plots.control import love_plot, score_overlap
from alsreg.plots.people import Curve, kaplan_meier
from alsreg.report.control_model import AnalysisRow, BalanceRow, EffectRow, FateRow, FlowStep, Measure
from alsreg.report.disclosure import Disclosure, disclosed_steps
from alsreg.report.model import Picture
from alsreg.report.pictures import picture
from alsreg.report.results import number
from alsreg.report.terms import term
from alsreg.tables.control import ANALYSES, COHORTS

SCORE_BINS = 20
RISK_STEP_MONTHS = 6
TITLES = {
    "hazard_ratio": (noop("Hazard ratio"), "", noop("Below 1: fewer events in the treated.")),
    "hazard_ratio_since_onset": (noop("Hazard ratio, months since onset as the clock"), "",
                                 noop("Everybody enters at their disease duration at time zero: a sensitivity analysis.")),
    "restricted_mean_difference": (noop("Difference in mean months free of the event"), noop("months"),
                                   noop("Above 0: the treated stay free longer within the horizon.")),
    "score_change_difference": (noop("Difference in change of the ALSFRS-R from baseline to month {month}"), noop("points"),
                                noop("Adjusted for the baseline score; who had the event by then counts as 0 points. Above 0: the treated lose fewer points.")),
    "score_change_difference_while_free": (noop("The same change, with the last score before the event"), noop("points"),
                                           noop("Who had the event by then keeps the last score before it: a sensitivity analysis.")),
    "decline_difference": (noop("Difference in ALSFRS-R slope"), noop("points/month"), noop("Above 0: the treated lose fewer points.")),
    "negative_control_difference": (noop("Negative control"), "", noop("Treatment cannot have changed it: a difference is bias.")),
    "negative_control_hazard_ratio": (noop("Negative control, time to an event"), "",
                                      noop("Treatment can neither cause nor prevent it: a ratio other than one is bias. The event of interest censors.")),
}  # fmt: skip
NAMES = {"treated": noop("treated"), "control": noop("controls")}


def flow(attrition: pd.DataFrame, cohort: str, hide: Disclosure) -> tuple[FlowStep, ...]:
    """The account of a cohort. Where losses are hidden, so is who remains from the first hidden step to before the last."""
    rows = attrition[attrition["cohort"] == cohort].reset_index(drop=True)
    losses = (rows["n_failed"] + rows["n_unknown"]).astype(int).tolist()
    shown = hide.cells(losses, gettext("flow of the {cohort}", cohort=gettext(NAMES[cohort])))
    hidden = [place for place, loss in enumerate(shown) if loss is None]
    steps = []
    for place, row in enumerate(rows.itertuples()):
        is_between = bool(hidden) and hidden[0] <= place < hidden[-1]
        parts: Sequence[int | None] = (None, None)
        if shown[place] is not None:
            parts = hide.cells(
                [int(row.n_failed), int(row.n_unknown)],
                gettext("reasons of a loss of {cohort}", cohort=gettext(NAMES[cohort])),
            )
        steps.append(FlowStep(row.step, None if is_between else int(row.n_persons), parts[0], parts[1]))
    return tuple(steps)


def analyses(comparison: pd.DataFrame, hide: Disclosure) -> tuple[AnalysisRow, ...]:
    """What each analysis rests on."""
    return tuple(
        AnalysisRow(
            row.analysis, row.status, *(hide.count(int(n), gettext("people of the {analysis} analysis", analysis=term(row.analysis))) for n in (row.n_treated, row.n_control)),
            number(row.effective_n_treated), number(row.effective_n_control),
            *(hide.count(int(n), gettext("events of the {analysis} analysis", analysis=term(row.analysis))) for n in (row.n_events_treated, row.n_events_control)),
            number(row.max_standardised_difference),
        )
        for row in comparison.itertuples()
    )  # fmt: skip


def balance_rows(balance: pd.DataFrame, comparison: pd.DataFrame, hide: Disclosure) -> tuple[BalanceRow, ...]:
    """Covariates in order. Shares that stand for fewer people than a cell may hold are hidden with their differences."""
    rows = []
    naive = comparison.set_index("analysis").loc["naive"]
    for name in balance.loc[balance["analysis"] == "naive", "covariate"]:
        found = balance[balance["covariate"] == name].set_index("analysis")
        first = found.loc["naive"]
        is_small = _is_share(name) and any(
            0 < count < hide.min_cell
            for share, n in ((first["mean_treated"], naive["n_treated"]), (first["mean_control"], naive["n_control"]))
            for count in (round(share * n), round((1 - share) * n))
        )
        if is_small:
            hide.hide(
                gettext("shares of {column}", column=term(column_in_words(name))),
                1,
                gettext("shares that stand for counts below the minimum cell"),
            )
        differences = found["standardised_difference"].reindex(list(ANALYSES))
        means = (None, None) if is_small else (number(first["mean_treated"]), number(first["mean_control"]))
        shown = tuple(None if is_small else number(value) for value in differences)
        rows.append(BalanceRow(term(column_in_words(name)), bool(first["is_in_score"]), *means, shown))
    return tuple(rows)


def _is_share(name: str) -> bool:
    return "=" in name or name.startswith(("is_", "has_")) or name == "family_history"


def balance_pictures(
    rows: Sequence[BalanceRow], scores: pd.DataFrame, settings: ControlConfig, hide: Disclosure
) -> tuple[Picture, ...]:
    """Love plot, and overlap of the scores where there are scores."""
    differences = {
        analysis: [np.nan if row.differences[place] is None else row.differences[place] for row in rows]
        for place, analysis in enumerate(ANALYSES)
        if any(row.differences[place] is not None for row in rows)
    }
    names = [row.covariate + ("" if row.is_in_score else f" ({gettext('not in the score')})") for row in rows]
    found = [picture(gettext("Standardised differences before and after"), gettext("Absolute standardised mean differences; the numbers stand in the table."),
                     love_plot(names, differences, settings.max_standardised_difference))]  # fmt: skip
    if scores["propensity"].notna().any():
        edges = np.linspace(0, 1, SCORE_BINS + 1)
        counts = [
            hide.bins(
                np.histogram(scores.loc[group, "propensity"], edges)[0],
                gettext("propensity scores of the {cohort}", cohort=gettext(name)),
            )
            for group, name in ((scores["is_treated"], "treated"), (~scores["is_treated"], "controls"))
        ]
        alt = gettext("Histograms of the propensity score, treated upwards, controls downwards, before trimming.")
        found.append(picture(gettext("Overlap of propensity scores"), alt, score_overlap(edges, *counts)))
    return tuple(found)


def curve_pictures(
    curves: pd.DataFrame, people: pd.DataFrame, scores: pd.DataFrame, hide: Disclosure
) -> tuple[Picture, ...]:
    """Weighted, matched and naive Kaplan–Meier curves with numbers at risk."""
    members = {
        "naive": np.ones(len(people), dtype=bool),
        "weighted": scores["weight"].notna(),
        "matched": scores["pair"].notna(),
    }
    words = {
        "weighted": gettext("after weighting"),
        "matched": gettext("of matched pairs"),
        "naive": gettext("as the cohorts are"),
    }
    found = []
    for analysis, phrase in words.items():
        rows = curves[curves["analysis"] == analysis]
        drawn = [
            _curve(rows[rows["cohort"] == cohort], people[np.asarray(members[analysis]) & (people["is_treated"] == (cohort == "treated")).to_numpy(dtype=bool)], gettext(NAMES[cohort]), hide)
            for cohort in COHORTS if (rows["cohort"] == cohort).any()
        ]  # fmt: skip
        if drawn:
            alt = gettext(
                "Kaplan–Meier curves {phrase}, 95 % bands, numbers at risk (people, unweighted).", phrase=phrase
            )
            found.append(
                picture(
                    gettext("Free of the event, {phrase}", phrase=phrase),
                    alt,
                    kaplan_meier(drawn, gettext("months since time zero")),
                )
            )
    return tuple(found)


def _curve(rows: pd.DataFrame, people: pd.DataFrame, name: str, hide: Disclosure) -> Curve:
    """A curve at the months up to which enough people remain, each step the work of none or of enough events."""
    months, at_risk = rows["months"].to_numpy(dtype=float), rows["n_at_risk"].to_numpy(dtype=int)
    times = people.loc[people["is_event"].to_numpy(dtype=float) == 1, "exit_months"].to_numpy(dtype=float)
    kept = disclosed_steps(months, at_risk, times, hide.min_cell)
    if len(kept) < len(months):
        hide.hide(
            gettext("survival of the {cohort}", cohort=name),
            len(months) - len(kept),
            gettext("steps of a curve with too few events or people"),
        )
    chosen = rows.iloc[kept]
    risk = [k for k in kept if months[k] % RISK_STEP_MONTHS == 0] or [0]
    counts = [
        hide.count(int(at_risk[k]), gettext("{cohort} at risk at {time} months", cohort=name, time=f"{months[k]:.0f}"))
        for k in risk
    ]
    values = (chosen[column].to_numpy(dtype=float) for column in ("survival", "lower", "upper"))
    return Curve(name, months[kept], *values, [float(months[k]) for k in risk], counts)


def fates(score_change: pd.DataFrame, comparison: pd.DataFrame, hide: Disclosure) -> tuple[str, tuple[FateRow, ...]]:
    """Of which analysis, and what became of its people by the month of the change: the weighted one, where it was made."""
    status = comparison.set_index("analysis")["status"]
    analysis = "weighted" if status["weighted"] == "estimated" else "naive"
    names = ["n_scored", "n_event", "n_unscored", "n_observed_later"]
    rows = score_change[score_change["analysis"] == analysis].set_index("cohort")[names]
    return analysis, tuple(
        FateRow(gettext(NAMES[cohort]), *hide.cells([int(n) for n in rows.loc[cohort]], gettext("{cohort} by score at the month", cohort=gettext(NAMES[cohort]))))
        for cohort in COHORTS
    )  # fmt: skip


def measures(effects: pd.DataFrame, settings: ControlConfig) -> tuple[tuple[Measure, ...], tuple[Measure, ...]]:
    """All measures, and the negative controls apart."""
    columns = {
        "negative_control_difference": settings.negative_control,
        "negative_control_hazard_ratio": settings.negative_control_event,
    }
    shown, negative = [], []
    for name, rows in effects.groupby("measure", sort=False):
        title, unit, reading = TITLES[str(name)]
        title = gettext(title, month=f"{settings.change_months:g}")
        if column := columns.get(str(name)):
            title = gettext("{title}: {column}", title=title, column=term(column_in_words(column)))
        entries = tuple(effect_row(row) for _, row in rows.iterrows())
        measure = Measure(
            title,
            gettext(unit) if unit else "",
            gettext(reading),
            str(name).startswith("hazard"),
            "hazard_ratio" not in str(name),
            entries,
        )
        (negative if name in columns else shown).append(measure)
    return tuple(shown), tuple(negative)


def effect_row(row: pd.Series) -> EffectRow:
    """One row of `EFFECTS`."""
    values = (number(row[name]) for name in ("estimate", "lower", "upper", "p_value", "value_treated", "value_control", "e_value", "e_value_limit"))  # fmt: skip
    return EffectRow(row["analysis"], row["status"] == "estimated", row["status"], *values)
