"""What each method makes of the simulated registries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special

from alsreg.stats.cox import fit_cox_null
from alsreg.stats.joint_model import Survival, fit_joint_model
from alsreg.stats.kaplan_meier import kaplan_meier
from alsreg.stats.mixed_fit import FixedDesign, fit_random_slopes, sum_visits
from alsreg.stats.risk_sets import build_risk_sets
from recovery.registries import (
    HORIZON,
    INTERCEPT,
    LOG_RATIO,
    SCENARIOS,
    SLOPE,
    SLOPE_PER_COPY,
    Registry,
    Scenario,
    simulate,
    true_survival,
)  # fmt: skip

N_REPLICATES = 1000
Z_95 = float(special.ndtri(0.975))
COLUMNS = ["scenario", "method", "parameter", "truth", "n_replicates", "mean", "bias_error", "sd", "mean_standard_error", "coverage"]  # fmt: skip
# Method, parameter, truth, estimate, standard error, limits.
Answer = tuple[str, str, float, float, float, float, float]


def answers(registry: Registry, scenario: Scenario) -> Iterator[Answer]:
    """Every method's estimates from one registry."""
    n, ones = len(registry.copies), np.ones((len(registry.copies), 1))
    sums = sum_visits(registry.score, registry.months, registry.person, n)
    covariates = np.column_stack([ones, registry.copies])
    # Everybody is seen at entry, so nobody is without a visit.
    design = FixedDesign(covariates, covariates)
    fixed = (("intercept", INTERCEPT), ("copies", 0.0), ("slope", SLOPE), ("variant x time", SLOPE_PER_COPY))
    mixed = fit_random_slopes(sums, design)
    yield from _wald("mixed model", fixed[2:], mixed.beta[2:], mixed.standard_errors[2:])
    survival = Survival(registry.entry, registry.exit, registry.is_event, registry.copies[:, None])
    joint = fit_joint_model(sums, design, survival)
    yield from _wald("joint model", fixed[2:], joint.beta[2:], joint.beta_errors[2:])
    effects = zip(("association intercept", "association slope"), scenario.association, strict=True)
    yield from _wald("joint model", tuple(effects), joint.association, joint.association_errors)
    yield from _wald("joint model", (("log hazard ratio", LOG_RATIO),), joint.log_ratios, joint.log_ratio_errors)
    if not any(scenario.association):
        yield from _survival_alone(registry)


def _survival_alone(registry: Registry) -> Iterator[Answer]:
    """Cox and Kaplan–Meier, with delayed entry and as if everybody had been followed from onset."""
    n, event = len(registry.copies), registry.is_event
    for label, entry in (("delayed entry", registry.entry), ("entry ignored", np.zeros(n))):
        sets = build_risk_sets(entry, registry.exit, event, np.zeros(n, dtype=np.int64))
        refit = fit_cox_null(sets, None, np.arange(n)).refit(registry.copies)
        estimate = (np.array([refit.beta]), np.array([refit.standard_error]))
        yield from _wald(f"Cox, {label}", (("log hazard ratio", LOG_RATIO),), *estimate)
        curve = kaplan_meier(entry, registry.exit, event)
        at = np.searchsorted(curve.time, HORIZON, side="right") - 1
        yield (
            f"Kaplan–Meier, {label}", f"survival at {HORIZON:.0f} months", true_survival(HORIZON),
            *(float(x[at]) for x in (curve.survival, curve.standard_error, curve.lower, curve.upper)),
        )  # fmt: skip


def _wald(method: str, named: Iterable[tuple[str, float]], estimates: np.ndarray, errors: np.ndarray) -> Iterator[Answer]:  # fmt: skip
    for (name, truth), b, e in zip(named, estimates, errors, strict=True):
        yield method, name, truth, float(b), float(e), float(b - Z_95 * e), float(b + Z_95 * e)


def replicate(seeds: Iterable[int], scenarios: Iterable[Scenario] = SCENARIOS) -> pd.DataFrame:
    """One row per seed, scenario, method and parameter."""
    rows = [
        (seed, scenario.name, *answer)
        for seed in seeds
        for scenario in scenarios
        for answer in answers(simulate(seed, scenario), scenario)
    ]
    names = ["seed", "scenario", "method", "parameter", "truth", "estimate", "standard_error", "lower", "upper"]
    return pd.DataFrame(rows, columns=names)


def summarise(found: pd.DataFrame) -> pd.DataFrame:
    """Bias, spread and coverage of each method and parameter: the table with `COLUMNS`."""
    rows = []
    for (scenario, method, parameter), group in found.groupby(["scenario", "method", "parameter"], sort=False):
        is_covered = (group["lower"] <= group["truth"]) & (group["truth"] <= group["upper"])
        sd = group["estimate"].std()
        rows.append(
            (scenario, method, parameter, group["truth"].iloc[0], len(group), group["estimate"].mean(),
             sd / np.sqrt(len(group)), sd, group["standard_error"].mean(), is_covered.mean())
        )  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def write_summary(summary: pd.DataFrame, path: Path) -> None:
    """Six significant digits: what the page shows and more."""
    summary.to_csv(path, sep="\t", index=False, float_format="%.6g", lineterminator="\n")
