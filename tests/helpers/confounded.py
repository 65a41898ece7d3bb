"""Confounded cohorts with a known effect: people and visits as the alignment would hand them on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from alsreg.config.control import ControlConfig
from alsreg.engines.groups_compared import ESTIMATED, make_comparable
from alsreg.engines.outcomes import FollowUp, Outcome, decline
from alsreg.engines.score_change import change_difference, score_change
from alsreg.stats.mixed_fit import sum_visits
from alsreg.stats.null import Z_95
from alsreg.stats.propensity import clustered_error, influence_of
from alsreg.stats.weighted_slopes import slope_model
from alsreg.tables.control import ALIGNED, FOLLOWED

COVARIATES = ["age_years", "total", "is_bulbar_onset", "months_since_onset"]
TAU = 24.0


@dataclass(frozen=True)
class Plan:
    """`log_hazard_ratio` acts on everybody alike given baseline; `strength` multiplies the confounding (0: none)."""

    n: int = 800
    log_hazard_ratio: float = -0.5
    slope_gain: float = 0.2
    strength: float = 1.0
    missed_per_point: float = 0.0  # log odds of missing a visit, per point of the baseline below 38; 0: none is missed


def draw_cohorts(
    plan: Plan, rng: np.random.Generator, *, randomised: bool = False, with_visits: bool = True
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables `ALIGNED` and `FOLLOWED`; `height` has nothing to do with treatment, `earlier` depends on a confounder only.

    With `randomised` a coin decides on treatment among people drawn as the treated are: the contrast that weights of the
    treated aim at.
    """
    n = plan.n
    age, total = rng.normal(62, 10, n), np.clip(np.round(rng.normal(38, 5, n)), 20, 48)
    bulbar, months = (rng.random(n) < 0.3).astype(float), rng.gamma(3, 5, n) + 2
    apart = rng.spawn(1)[0]  # leaves what follows as it was without fractures
    log_odds = -0.04 * (age - 62) + 0.12 * (total - 38) - 0.5 * bulbar - 0.02 * (months - 17)
    treated = rng.random(n) < 1 / (1 + np.exp(0.4 - plan.strength * log_odds))
    if randomised:
        age, total, bulbar, months = age[treated], total[treated], bulbar[treated], months[treated]
        n, treated = len(age), rng.random(len(age)) < 0.5
    # Survival and slope both depend on what decides treatment; slopes and hazards are related beyond baseline.
    deviation = rng.normal(0, 1, n)
    hazard = 0.025 * (age - 62) - 0.06 * (total - 38) + 0.4 * bulbar - 0.02 * (months - 17) - 0.3 * deviation
    hazard += plan.log_hazard_ratio * treated
    event_time = 30.0 * (rng.exponential(1, n) * np.exp(-hazard)) ** (1 / 1.3)
    censored = rng.uniform(26, 70, n)
    end = np.minimum(event_time, censored)
    # First fractures after time zero hang on the confounders, and not on treatment.
    fracture = apart.exponential(1, n) / (0.03 * np.exp(0.08 * (age - 62) - 0.12 * (total - 38)))
    people = pd.DataFrame({
        "person": [f"P{k}" for k in range(n)], "is_treated": treated, "time_zero": pd.Timestamp("2015-01-01"), "entry_months": 0.0,
        "exit_months": end, "is_event": (event_time <= censored).astype(int),
        "event_kind": pd.NA, "age_years": age, "months_since_onset": months, "time_zero_year": 2015.0, "total": total,
        "lowest_item": 2.0, "delta_fs_per_month": (48 - total) / months, "sex": "M", "onset_region": "bulbar",
        "is_bulbar_onset": bulbar, "height": rng.normal(160, 8, n), "earlier": 0.15 * (age - 62) + rng.normal(0, 1, n),
        "negative_control_exit_months": np.minimum(fracture, end), "is_negative_control_event": (fracture <= end).astype(int),
    })  # fmt: skip
    if not with_visits:
        return ALIGNED.conform(people), FOLLOWED.empty()
    slope = -0.7 - 0.02 * (age - 62) - 0.2 * bulbar + 0.3 * deviation + plan.slope_gain * treated
    return ALIGNED.conform(people), _visits(people, slope, rng, plan.missed_per_point)


def _visits(people: pd.DataFrame, slope: np.ndarray, rng: np.random.Generator, missed_per_point: float) -> pd.DataFrame:
    n, grid = len(people), np.arange(0.0, 12.1, 3.0)
    latent = people["total"].to_numpy()[:, None] + rng.normal(0, 1, (n, 1)) + slope[:, None] * grid
    value = latent + rng.normal(0, 1.2, latent.shape)
    seen = grid <= people["exit_months"].to_numpy()[:, None]
    if missed_per_point:
        log_odds = -1.0 + missed_per_point * (38 - people["total"].to_numpy(dtype=float))
        seen[:, 1:] &= rng.random((n, len(grid) - 1)) > 1 / (1 + np.exp(-log_odds))[:, None]
    row, column = np.nonzero(seen)
    return FOLLOWED.conform(pd.DataFrame({
        "person": people["person"].to_numpy()[row], "is_treated": people["is_treated"].to_numpy()[row],
        "months": grid[column], "total": value[row, column],
    }))  # fmt: skip


def true_changes(plan: Plan, *, n_parts: int = 8) -> dict[str, float]:
    """The same of the ALSFRS-R change at month 6, had nobody missed a visit."""
    rng, found = np.random.default_rng(1), []
    for _ in range(n_parts):
        people, visits = draw_cohorts(replace(plan, n=100_000, missed_per_point=0.0), rng, randomised=True)
        everybody = np.arange(len(people))
        outcomes = score_outcomes(people, visits)
        found.append({name: outcome(everybody, np.ones(len(people))).value for name, outcome in outcomes.items()})
    return pd.DataFrame(found).mean().to_dict() | {"negative_control_hazard_ratio": 0.0}


def score_outcomes(people: pd.DataFrame, visits: pd.DataFrame) -> dict[str, Outcome]:
    """Changes at month 6, and the hazard of fractures."""
    treated = people["is_treated"].to_numpy(bool)
    change = score_change(people, visits, pd.Index(people["person"]).get_indexer(visits["person"]), ControlConfig())
    times = follow_up_of(people)
    fractures = replace(
        times, exit=people["negative_control_exit_months"].to_numpy(float),
        is_event=people["is_negative_control_event"].to_numpy(float) == 1,
    )  # fmt: skip
    return {
        name: change_difference(values, change, treated, 20)
        for name, values in (
            ("score_change_difference", change.composite),
            ("score_change_difference_while_free", change.while_free),
        )
    } | {"negative_control_hazard_ratio": fractures.log_hazard_ratio}


def truth(plan: Plan, *, n_million: float = 1.2) -> dict[str, float]:
    """What is true of people like the treated: contrasts in a randomised cohort so large that its error does not matter."""
    rng, found = np.random.default_rng(0), []
    for _ in range(4):
        people, _ = draw_cohorts(replace(plan, n=int(n_million * 250_000)), rng, randomised=True, with_visits=False)
        everybody, times = np.arange(len(people)), follow_up_of(people)
        outcomes = {"hazard_ratio": times.log_hazard_ratio, "restricted_mean_difference": times.restricted_mean(TAU)}
        found.append({name: outcome(everybody, np.ones(len(people))).value for name, outcome in outcomes.items()})
    return pd.DataFrame(found).mean().to_dict() | {"decline_difference": plan.slope_gain}


def follow_up_of(people: pd.DataFrame) -> FollowUp:
    return FollowUp(
        people["entry_months"].to_numpy(float), people["exit_months"].to_numpy(float),
        people["is_event"].to_numpy(float) == 1, people["is_treated"].to_numpy(bool),
    )  # fmt: skip


def study(
    plan: Plan, settings: ControlConfig, seeds: range, *, with_decline: bool = False, with_scores: bool = False
) -> pd.DataFrame:
    """Estimates (log hazard ratios) and standard errors of many cohorts: columns seed, analysis, measure, value, error, status.

    `with_decline`: of the decline instead of survival, and of no pairs (the mixed models take their time); `with_scores`: of the
    change at a month and of fractures instead.
    """
    rows = []
    for seed in seeds:
        people, visits = draw_cohorts(plan, np.random.default_rng(seed), with_visits=with_decline or with_scores)
        times = follow_up_of(people)
        survival = {"hazard_ratio": times.log_hazard_ratio, "restricted_mean_difference": times.restricted_mean(TAU)}
        instead = {"decline_difference": _decline_of(people, visits)} if with_decline else {}
        instead = score_outcomes(people, visits) if with_scores else instead
        for analysis in make_comparable(people, settings):
            if with_decline and analysis.name == "matched":
                continue
            outcomes = instead or survival
            for measure, outcome in outcomes.items():
                row = {"seed": seed, "analysis": analysis.name, "measure": measure, "status": analysis.status}
                if analysis.status == ESTIMATED:
                    contrast = outcome(analysis.people, analysis.weights.value)
                    influence = (
                        influence_of(contrast.derivative, analysis.weights, analysis.propensity) + contrast.beside
                    )
                    row |= {"value": contrast.value, "error": clustered_error(influence, analysis.cluster)}
                rows.append(row)
    return pd.DataFrame(rows)


def _decline_of(people: pd.DataFrame, visits: pd.DataFrame) -> Outcome:
    """Variances from everybody, once per cohort."""
    row = pd.Index(people["person"]).get_indexer(visits["person"])
    sums = sum_visits(visits["total"].to_numpy(float), visits["months"].to_numpy(float), row, len(people))
    return decline(slope_model(sums, people["is_treated"].to_numpy(bool)))


def summarise(found: pd.DataFrame, true: dict[str, float]) -> pd.DataFrame:
    """Bias, its Monte-Carlo error, coverage of the 95 % interval, and standard errors, by analysis and measure."""
    known = found[found["value"].notna() & found["measure"].isin(list(true))]
    known = known.assign(off=known["value"] - known["measure"].map(true))
    groups = known.assign(covers=known["off"].abs() <= Z_95 * known["error"]).groupby(
        ["analysis", "measure"], sort=False
    )
    table = groups.agg(n=("off", "size"), bias=("off", "mean"), sd=("off", "std"), mean_error=("error", "mean"), coverage=("covers", "mean"))  # fmt: skip
    return table.assign(bias_error=table["sd"] / np.sqrt(table["n"]))
