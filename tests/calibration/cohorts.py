"""Cohorts as a registry has them, in which no variant does anything: covariates, traits and their null models.

Every trait is a function of covariates, of what populations and families share, and of chance. Covariates are those of
the default settings: sex, age at onset and five principal components.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from alsreg.genotypes.relationship import keep_relatives, sum_relationships
from alsreg.stats.cox import CoxNull, fit_cox_null
from alsreg.stats.linear import LinearNull, fit_linear_null
from alsreg.stats.logistic import LogisticNull, fit_logistic_null
from alsreg.stats.mixed import MixedNull, Visits, fit_mixed_null
from alsreg.stats.polygenic import PolygenicNull, add_polygenic_effect
from alsreg.stats.retrospective import RetrospectiveNull, account_for_relatives
from alsreg.stats.risk_sets import build_risk_sets
from alsreg.stats.transform import rank_inverse_normal
from calibration.genotypes import Ancestry, FloatArray, draw_dosages, homogeneous, population_frequencies

COVARIATES = ["sex", "age_at_onset", "PC1", "PC2", "PC3", "PC4", "PC5"]
N_COMPONENTS = 5
POPULATION_SHARES = (0.6, 0.25, 0.15)
FST = 0.05
# Shift of the trait between populations, in its own standard deviations (log hazard, log odds).
POPULATION_SHIFT = (0.0, 0.6, -0.6)
SHARE_IN_PAIRS = 0.3
HERITABILITY = 0.5
N_MARKERS = 4000
N_RELATIONSHIP = 20_000  # `structure.max_variants`
Null = LinearNull | LogisticNull | CoxNull | MixedNull | PolygenicNull | RetrospectiveNull


@dataclass(frozen=True)
class Cohort:
    """``n`` people: covariates ``(n, 7)``, and a shift of the trait that covariates need not explain ``(n,)``."""

    covariates: FloatArray
    shift: FloatArray
    ancestry: Ancestry

    def __len__(self) -> int:
        return len(self.shift)


def draw_cohort(rng: np.random.Generator, n: int, setting: str) -> Cohort:
    """`setting` is ``structure``, ``relatives left in``, ``excluded`` or ``modelled``; anything else: neither."""
    if setting.startswith("structure"):
        return _structured(rng, n)
    if setting.startswith("relatives"):
        return _with_siblings(rng, n, "excluded" in setting)
    return Cohort(_covariates(rng, rng.normal(size=(n, N_COMPONENTS))), np.zeros(n), homogeneous(n))


def _covariates(rng: np.random.Generator, components: FloatArray) -> FloatArray:
    n = len(components)
    return np.column_stack([rng.integers(0, 2, n), rng.normal(size=n), components])


def _structured(rng: np.random.Generator, n: int) -> Cohort:
    """Three populations whose traits differ; components from markers, as the structure stage computes them."""
    population = rng.choice(3, n, p=POPULATION_SHARES)
    ancestry = Ancestry(population, np.full(n, -1))
    frequency = population_frequencies(rng, rng.uniform(0.05, 0.5, (N_MARKERS, 1)), 3, FST)
    g = draw_dosages(rng, frequency, ancestry).astype(np.float64)
    g = g[g.std(axis=1) > 0]
    g = (g - g.mean(axis=1, keepdims=True)) / g.std(axis=1, keepdims=True)
    _, vectors = np.linalg.eigh(g.T @ g)
    components = vectors[:, -N_COMPONENTS:][:, ::-1] * np.sqrt(n)
    return Cohort(_covariates(rng, components), np.array(POPULATION_SHIFT)[population], ancestry)


def _with_siblings(rng: np.random.Generator, n: int, is_excluded: bool) -> Cohort:
    """Some in pairs of full siblings who share half of a polygenic trait; `is_excluded`: one of each pair leaves."""
    n_pairs = round(SHARE_IN_PAIRS * n / 2)
    sibling = np.full(n, -1)
    sibling[1 : 2 * n_pairs : 2] = np.arange(0, 2 * n_pairs, 2)
    shared = rng.normal(size=n)
    shared[sibling >= 0] = shared[sibling[sibling >= 0]]
    shift = np.sqrt(HERITABILITY) * (np.sqrt(0.5) * shared + np.sqrt(0.5) * rng.normal(size=n))
    cohort = Cohort(
        _covariates(rng, rng.normal(size=(n, N_COMPONENTS))), shift, Ancestry(np.zeros(n, dtype=np.int64), sibling)
    )
    rows = np.flatnonzero(sibling < 0) if is_excluded else np.arange(n)
    return Cohort(cohort.covariates[rows], shift[rows], cohort.ancestry.take(rows))


def fit_null(rng: np.random.Generator, cohort: Cohort, trait: str, fraction: float, setting: str) -> Null:
    """Draw a trait and fit its null model. `fraction` are cases or events among people, where the trait has any."""
    chosen = [0, 1] if "left out" in setting else list(range(len(COVARIATES)))
    names = [COVARIATES[k] for k in chosen]
    null = _TRAITS[trait](rng, cohort, cohort.covariates[:, chosen], names, fraction, setting)
    return _model_relatives(rng, cohort, null) if "modelled" in setting else null


def _model_relatives(rng: np.random.Generator, cohort: Cohort, null: Null) -> Null:
    """The same null model as `relatedness: mixed` has it, relationships estimated from other variants."""
    frequency = rng.uniform(0.05, 0.5, (N_RELATIONSHIP, 1))
    relationship = sum_relationships(draw_dosages(rng, frequency, cohort.ancestry)).matrix()
    if isinstance(null, LinearNull):
        return add_polygenic_effect(null, keep_relatives(relationship))
    return account_for_relatives(null, relationship)


def _errors(rng: np.random.Generator, n: int, setting: str) -> FloatArray:
    if "heavy-tailed" in setting:
        return rng.standard_t(3, n)
    return rng.lognormal(0.0, 1.0, n) if "skewed" in setting else rng.normal(size=n)


def _quantitative(rng, cohort, x, names, fraction, setting):  # type: ignore[no-untyped-def]
    y = 0.3 * cohort.covariates[:, 0] + cohort.shift + _errors(rng, len(cohort), setting)
    if "ranked" in setting:
        y = rank_inverse_normal(y, x)
    return fit_linear_null(y, x, np.arange(len(y)), names)


def _binary(rng, cohort, x, names, fraction, setting):  # type: ignore[no-untyped-def]
    eta = 0.3 * cohort.covariates[:, 0] + 0.3 * cohort.covariates[:, 1] + cohort.shift
    intercept = optimize.brentq(lambda b: special.expit(b + eta).mean() - fraction, -20, 20)
    y = (rng.random(len(eta)) < special.expit(intercept + eta)).astype(float)
    return fit_logistic_null(y, x, np.arange(len(y)), names)


def draw_survival(
    rng: np.random.Generator, log_hazard: FloatArray, fraction: float
) -> tuple[FloatArray, FloatArray, np.ndarray]:
    """Entry, exit and event in whole months since onset, of people who lived to be registered.

    Weibull survival (median about three years), registration after an exponential delay of mean 12 months, censoring
    such that `fraction` have the event.
    """
    n = len(log_hazard)
    time, entry = np.zeros(n), np.full(n, np.inf)
    while (late := np.flatnonzero(time <= entry)).size:
        time[late] = 40.0 * np.exp(-log_hazard[late] / 1.3) * rng.weibull(1.3, late.size)
        entry[late] = np.floor(rng.exponential(12.0, late.size))
    follow_up = rng.exponential(size=n)
    leave = entry + follow_up * np.quantile((time - entry) / follow_up, fraction)
    return entry, np.maximum(np.ceil(np.minimum(time, leave)), entry + 1), time <= leave


def _survival(rng, cohort, x, names, fraction, setting):  # type: ignore[no-untyped-def]
    log_hazard = 0.5 * cohort.covariates[:, 1] + 0.25 * cohort.covariates[:, 0] + cohort.shift
    entry, exit, event = draw_survival(rng, log_hazard, fraction)
    return fit_cox_null(build_risk_sets(entry, exit, event), x, np.arange(len(x)), names)


def draw_visits(rng: np.random.Generator, slope: FloatArray, is_normal: bool = False) -> Visits:
    """ALSFRS-R at irregular visits, given each person's decline in points per month.

    Unless `is_normal`, totals are whole points within 0 and 48, and who declines fast has fewer visits.
    """
    n = len(slope)
    rate = np.full(n, 3.5) if is_normal else 3.5 * np.exp(0.5 * np.minimum(slope + 0.8, 0.0))
    person = np.repeat(np.arange(n), np.clip(rng.poisson(rate), 1, 9))
    months = np.where(np.r_[True, np.diff(person) > 0], 0.0, rng.uniform(1, 36, len(person)))
    level = 38.0 + 5.0 * rng.normal(size=n)
    total = level[person] + slope[person] * months + 2.0 * rng.normal(size=len(person))
    return Visits(total if is_normal else np.clip(np.round(total), 0, 48), months, person)


def _longitudinal(rng, cohort, x, names, fraction, setting):  # type: ignore[no-untyped-def]
    slope = -0.8 + 0.5 * (rng.normal(size=len(cohort)) + cohort.shift) + 0.1 * cohort.covariates[:, 1]
    by_time = [name for name in names if not (name.startswith("PC") and "x time" in setting)]
    return fit_mixed_null(draw_visits(rng, slope, "normal" in setting), x, np.arange(len(x)), names, by_time)


_TRAITS: dict[str, Callable[..., Null]] = {
    "quantitative": _quantitative,
    "binary": _binary,
    "survival": _survival,
    "longitudinal": _longitudinal,
}
