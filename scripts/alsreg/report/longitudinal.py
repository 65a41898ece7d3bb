"""Numbers of the stages and of informative dropout, parts of the traits section."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from alsreg.engines.joint_leads import JOINT, SAME
from alsreg.engines.sensitivity import MAIN, TESTED
from alsreg.language import gettext
from alsreg.plots.people import Curve, kaplan_meier
from alsreg.report.disclosure import Disclosure
from alsreg.report.longitudinal_model import DeclineRow, LeadDeclineRow, Longitudinal, StageRow
from alsreg.report.pictures import picture
from alsreg.report.terms import words
from alsreg.stats.interval_censoring import IntervalCurve, turnbull
from alsreg.stats.null import Z_95

STEP_MONTHS = 3  # curves are drawn on this grid, so that no single event shows
RISK_MONTHS = 24
# Curves need a risk set that is no accident of the first few people registered.
MIN_AT_RISK = 20
TITLES = {"kings": "King's", "mitos": "MiToS"}
STATUSES = ("reached", "not reached", "left-censored", "not assessable")


def longitudinal(
    stage_times: pd.DataFrame, joint_model: pd.DataFrame, leads: pd.DataFrame, disclosure: Disclosure
) -> Longitudinal:
    """`stage_times` of the cohort's people, `joint_model` of the registry, `leads` are rows of `LEAD_DECLINE`."""
    rows, pictures = [], []
    for scale, title in TITLES.items():
        curves = []
        for stage in sorted(stage_times["stage"].unique()):
            own = stage_times[(stage_times["scale"] == scale) & (stage_times["stage"] == stage)]
            row, curve = _stage(own, scale, int(stage), disclosure)
            rows.append(row)
            curves += [curve] if curve is not None else []
        if curves:
            alt = gettext(
                "Share free of each {scale} stage by months since onset; medians and counts stand in the table.",
                scale=title,
            )
            drawn = kaplan_meier(
                curves,
                gettext("months since onset"),
                gettext("not yet at the {scale} stage or a later one", scale=title),
            )
            pictures.append(picture(gettext("{scale} stages", scale=title), alt, drawn))
    scores = joint_model["score"].unique()
    decline = tuple(_decline(joint_model[joint_model["score"] == score], str(score), disclosure) for score in scores)
    beside = tuple(
        _lead(str(trait), str(variant), own.set_index("analysis"), disclosure)
        for (trait, variant), own in leads.groupby(["trait", "variant_id"], sort=False)
    )
    return Longitudinal(tuple(rows), tuple(pictures), decline, beside)


def _stage(own: pd.DataFrame, scale: str, stage: int, disclosure: Disclosure) -> tuple[StageRow, Curve | None]:
    title = gettext("{scale} stage {stage}", scale=TITLES[scale], stage=stage)
    counts = [int((own["status"] == status).sum()) for status in STATUSES]
    n_reversed = disclosure.count(
        int(own["is_reversed"].sum()), gettext("{title}: seen in an earlier stage later", title=title)
    )
    shown = tuple(disclosure.cells(counts, gettext("{title}: people by what is known", title=title)))
    followed = own[own["entry_months"].notna()]
    entry, lower, upper = (followed[f"{name}_months"].to_numpy(dtype=float) for name in ("entry", "lower", "upper"))
    upper = np.where(np.isnan(upper), np.inf, upper)
    # Seen before death, but not on another day.
    keep = entry < upper
    entry, lower, upper = entry[keep], lower[keep], upper[keep]
    grid = np.arange(0, (lower.max() if len(lower) else 0) + STEP_MONTHS, STEP_MONTHS, dtype=float)
    n_at_risk = ((entry[None, :] <= grid[:, None]) & (lower[None, :] >= grid[:, None])).sum(axis=1)
    enough = np.flatnonzero(n_at_risk >= max(MIN_AT_RISK, disclosure.min_cell))
    if not len(enough) or np.isfinite(upper).sum() < disclosure.min_cell:
        return StageRow(scale, stage, shown, n_reversed, None, None), None
    fit = turnbull(entry, lower, upper, tolerance=1e-6)
    since, last = grid[enough[0]], np.flatnonzero(n_at_risk >= disclosure.min_cell)[-1]
    curve = _curve(fit, grid[enough[0] : last + 1], n_at_risk[enough[0] : last + 1], title, disclosure)
    # A median beyond the curve drawn would rest on fewer people than it may.
    median = fit.quantile(0.5, since)
    is_shown = np.isfinite(median) and median <= grid[last]
    return StageRow(scale, stage, shown, n_reversed, float(since), float(median) if is_shown else None), curve


def _curve(fit: IntervalCurve, grid: np.ndarray, at_risk: np.ndarray, title: str, disclosure: Disclosure) -> Curve:
    survival = fit.survival(grid, grid[0])
    is_marked = grid % RISK_MONTHS == 0
    shown = [
        disclosure.count(int(n), gettext("{title}: at risk at {time} months", title=title, time=f"{time:.0f}"))
        for n, time in zip(at_risk[is_marked], grid[is_marked], strict=True)
    ]
    absent = np.full(len(grid), np.nan)
    return Curve(title, grid, survival, absent, absent, grid[is_marked].tolist(), shown)


def _lead(trait: str, variant: str, rows: pd.DataFrame, disclosure: Disclosure) -> LeadDeclineRow:
    def count(name: str, what: str) -> int | None:
        n = rows[name].get(JOINT)
        return (
            None
            if pd.isna(n)
            else disclosure.count(int(n), gettext("{variant} beside survival: {what}", variant=variant, what=what))
        )

    def limits(analysis: str, effect: str = "beta", error: str = "standard_error") -> tuple[float, float, float] | None:
        if rows["status"].get(analysis) != TESTED:
            return None
        beta, half = float(rows.loc[analysis, effect]), Z_95 * float(rows.loc[analysis, error])
        return beta, beta - half, beta + half

    ratio, joint = limits(JOINT, "log_hazard_ratio", "log_hazard_ratio_error"), limits(JOINT)
    failed = [f"{analysis}: {status}" for analysis, status in rows["status"].items() if status != TESTED]
    return LeadDeclineRow(
        trait=trait,
        variant=variant,
        n=count("n", gettext("people")),
        n_events=count("n_events", gettext("events")),
        as_analysed=limits(MAIN),
        mixed=limits(SAME),
        joint=joint,
        joint_p=None if joint is None else float(rows.loc[JOINT, "p_value"]),
        hazard_ratio=None if ratio is None else (math.exp(ratio[0]), math.exp(ratio[1]), math.exp(ratio[2])),
        status="; ".join(failed) or TESTED,
    )


def _decline(rows: pd.DataFrame, score: str, disclosure: Disclosure) -> DeclineRow:
    def limits(model: str, parameter: str) -> tuple[float, float, float] | None:
        found = rows[(rows["model"] == model) & (rows["parameter"] == parameter)]
        return None if found.empty else tuple(float(found[name].iloc[0]) for name in ("estimate", "lower", "upper"))

    failed = [f"{row['model']}: {row['status']}" for _, row in rows.iterrows() if row["status"] != "fitted"]
    return DeclineRow(
        score=score,
        n=int(rows["n"].iloc[0]),
        n_events=disclosure.count(
            int(rows["n_events"].iloc[0]), gettext("joint model of {score}: events", score=words(score))
        ),
        mixed=limits("mixed", "slope"),
        joint=limits("joint", "slope"),
        association=limits("joint", "association_slope"),
        status="; ".join(failed) or "fitted",
    )
