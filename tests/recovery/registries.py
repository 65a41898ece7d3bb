"""Simulated registries with planted decline and survival: who is registered, seen, and lost, and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

N_PEOPLE = 400
FREQUENCY = 0.3
# Points at onset and points/month, by copies of a variant.
INTERCEPT, INTERCEPT_PER_COPY, SLOPE, SLOPE_PER_COPY = 46.0, 0.0, -0.9, -0.15
RANDOM = np.array([[16.0, -0.4], [-0.4, 0.25]])  # of intercept and slope
RESIDUAL_SD = 2.0
LOG_RATIO = 0.3  # log hazard ratio per copy, of people with the same random effects
SHAPE, MEDIAN = 1.6, 40.0  # Weibull months from onset of people with the mean decline and no copy
VISIT_MONTHS = 3.0
LATEST_ENTRY = 24.0
HORIZON = 36.0  # months at which the survival curve is read


@dataclass(frozen=True)
class Scenario:
    """What ends the visits besides the freeze."""

    name: str
    association: tuple[float, float]  # log hazard ratio per point and per point/month of the person's own effects
    description: str


SCENARIOS = (
    Scenario("observed", (0.0, 0.0), "people stop coming when the last score seen was low; death does not depend on decline"),
    Scenario("shared", (-0.04, -1.3), "the same, and people who start lower or decline faster die sooner"),
)  # fmt: skip


@dataclass(frozen=True)
class Registry:
    """People ``n`` who lived to be registered, and their visits ``v``."""

    copies: NDArray[np.float64]  # (n,)
    entry: NDArray[np.float64]  # (n,) months since onset, as all times
    exit: NDArray[np.float64]
    is_event: NDArray[np.bool_]
    score: NDArray[np.float64]  # (v,)
    months: NDArray[np.float64]
    person: NDArray[np.int64]


def simulate(seed: int, scenario: Scenario, n: int = N_PEOPLE) -> Registry:
    """Draw people at onset until `n` of them live to their registration."""
    rng = np.random.default_rng([seed, SCENARIOS.index(scenario)])
    m = 6 * n
    copies = rng.binomial(2, FREQUENCY, m).astype(float)
    effects = rng.multivariate_normal(np.zeros(2), RANDOM, m)
    rate = np.exp(LOG_RATIO * copies + effects @ np.array(scenario.association))
    death = MEDIAN * (rng.exponential(size=m) / rate / np.log(2.0)) ** (1.0 / SHAPE)
    entry = rng.uniform(0.0, LATEST_ENTRY, m)
    registered = np.flatnonzero(death > entry)[:n]
    assert len(registered) == n
    copies, effects, death, entry = copies[registered], effects[registered], death[registered], entry[registered]
    freeze = entry + rng.uniform(24.0, 60.0, n)
    exit = np.minimum(death, freeze)
    score, months, person = _visits(rng, copies, effects, entry, exit)
    return Registry(copies, entry, exit, death <= freeze, score, months, person)


def _visits(rng, copies, effects, entry, exit):  # type: ignore[no-untyped-def]
    """Every three months until exit, or until somebody stops coming: the likelier, the lower the score just seen."""
    n, last = len(copies), int(np.ceil((exit - entry).max() / VISIT_MONTHS))
    jitter = rng.uniform(-0.5, 0.5, (n, last)) * (np.arange(last) > 0)
    months = entry[:, None] + VISIT_MONTHS * np.arange(last) + jitter
    level = INTERCEPT + INTERCEPT_PER_COPY * copies + effects[:, 0]
    slope = SLOPE + SLOPE_PER_COPY * copies + effects[:, 1]
    score = level[:, None] + slope[:, None] * months + rng.normal(0.0, RESIDUAL_SD, months.shape)
    stops = rng.random(months.shape) < special.expit((20.0 - score) / 3.0 - 1.0)
    came = np.cumsum(stops, axis=1) - stops == 0
    person, visit = np.nonzero(came & (months <= exit[:, None]))
    return score[person, visit], months[person, visit], person


def true_survival(months: float) -> float:
    """Share of people alive at `months` since onset where death does not depend on decline."""
    share = np.array([(1 - FREQUENCY) ** 2, 2 * FREQUENCY * (1 - FREQUENCY), FREQUENCY**2])
    hazard = np.log(2.0) * (months / MEDIAN) ** SHAPE
    return float(share @ np.exp(-hazard * np.exp(LOG_RATIO * np.arange(3))))
