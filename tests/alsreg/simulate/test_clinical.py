"""The registry sees what a registry sees, and each planted effect is as large as it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from alsreg.simulate import clinical, power
from alsreg.simulate.clinical import DAYS_PER_MONTH, Courses, draw_courses, draw_items, draw_visits, slope_covariance
from alsreg.simulate.sizes import FREEZE_DATE, TRAITS

MONTHS = DAYS_PER_MONTH


def _nothing(n: int) -> dict[str, np.ndarray]:
    return {trait: np.zeros(n) for trait in TRAITS}


@pytest.fixture(scope="module")
def everybody() -> Courses:
    return draw_courses(_nothing(20_000), np.random.default_rng(1))


@pytest.fixture(scope="module")
def registered(everybody: Courses) -> Courses:
    return everybody.take(np.flatnonzero(everybody.is_registered))


def test_people_who_die_before_registration_are_never_seen(everybody: Courses, registered: Courses) -> None:
    assert 0.05 < 1 - everybody.is_registered.mean() < 0.3
    entry = np.maximum(registered.registration, registered.dna)
    assert (registered.event > entry).all() and (registered.last_contact > entry).all()
    # Length bias: the registered live longer than everybody with the disease.
    assert np.median(registered.event - registered.onset) > 1.05 * np.median(everybody.event - everybody.onset)


def test_the_picture_is_that_of_the_registry(registered: Courses) -> None:
    age = (registered.onset - registered.birth) / 365.25
    assert age.mean() == pytest.approx(62, abs=0.5) and age.std() == pytest.approx(11, abs=0.5)
    assert (registered.region == clinical.BULBAR_REGION).mean() == pytest.approx(0.28, abs=0.04)
    assert 8 < np.median(registered.registration - registered.onset) / MONTHS < 13
    assert 0.5 < registered.is_event_observed.mean() < 0.8
    assert (registered.last_contact <= FREEZE_DATE.astype("datetime64[D]").astype(int)).all()
    assert (registered.death >= registered.event).all() and (registered.last_contact <= registered.death).all()


def test_visits_are_quarterly_and_stop_at_the_event(registered: Courses) -> None:
    some = registered.take(np.arange(500))
    visits, totals = draw_visits(some, np.random.default_rng(2))
    for person, days in enumerate(visits):
        assert days[0] == some.registration[person]
        assert (days < some.event[person]).all() and (days <= some.last_contact[person]).all()
        assert (totals[person][:-1] >= clinical.LOWEST_TOTAL).all()
    gaps = np.concatenate([np.diff(days) for days in visits])
    assert np.median(gaps) / MONTHS == pytest.approx(3, abs=0.15)
    assert gaps.min() >= 79


def test_items_add_up_to_the_latent_total(registered: Courses) -> None:
    some = registered.take(np.arange(400))
    visits, totals = draw_visits(some, np.random.default_rng(3))
    items = draw_items(some, totals, np.random.default_rng(4))
    person = np.repeat(np.arange(400), [len(days) for days in visits])
    complete = ~np.isnan(items).any(axis=1)
    assert 0.9 < complete.mean() < 1
    assert np.nanmin(items) == 0 and np.nanmax(items) == 4 and np.array_equal(items[complete] % 1, 0 * items[complete])
    assert np.array_equal(items[complete].sum(axis=1), np.concatenate(totals)[complete])
    months = (np.concatenate(visits) - some.onset[person]) / MONTHS
    latent = 48 + some.intercept[person] + some.slope[person] * months
    inner = complete & (latent > 5) & (latent < 43)
    error = items[inner].sum(axis=1) - latent[inner]
    assert error.mean() == pytest.approx(0, abs=0.15)
    assert error.std() == pytest.approx(np.hypot(clinical.RESIDUAL_SD, np.sqrt(1 / 12)), rel=0.05)


def test_bulbar_onset_costs_bulbar_items(registered: Courses) -> None:
    some = registered.take(np.arange(600))
    totals = [total[:1] for total in draw_visits(some, np.random.default_rng(5))[1]]
    lost = 4 - draw_items(some, totals, np.random.default_rng(6))
    bulbar = some.region == clinical.BULBAR_REGION
    share = np.nansum(lost[:, :3], axis=1) / np.maximum(np.nansum(lost, axis=1), 1)
    assert share[bulbar].mean() > 2 * share[~bulbar].mean()


def test_events_table_has_the_first_event_a_later_death_and_the_last_contact(registered: Courses) -> None:
    some = registered.take(np.arange(300))
    persons = [f"P{number}" for number in range(300)]
    table = clinical.events_table(persons, some).set_index(["person_id", "event"])["event_date"]
    assert (table.xs("last_contact", level="event").index == persons).all()
    for number, person in enumerate(persons):
        kinds = set(table[person].index)
        first = ("death", "tracheostomy", "niv_23h")[some.event_kind[number]]
        assert (first in kinds) == bool(some.is_event_observed[number]) or first == "death"
        assert table[person, "last_contact"] >= table[person].max()


@pytest.mark.parametrize("trait", TRAITS)
def test_planted_effects_have_the_noncentrality_of_the_closed_form(trait: str) -> None:
    """Mean chi-square over many registries of 300, tested with the textbook score test of each trait."""
    effect = {"age_at_onset": -3.0, "slope": -0.15, "survival": 0.35, "bulbar_onset": 0.7}[trait]
    found, expected = [], []
    for seed in range(60 if trait == "slope" else 150):
        rng = np.random.default_rng([seed, TRAITS.index(trait)])
        g = rng.binomial(2, 0.35, 420).astype(float)
        courses = draw_courses({**_nothing(420), trait: effect * (g - g.mean())}, rng)
        seen = np.flatnonzero(courses.is_registered)[:300]
        statistic, noncentrality = _test(trait, courses.take(seen), g[seen], effect, rng)
        found.append(statistic)
        expected.append(noncentrality)
    error = np.std(found) / np.sqrt(len(found))
    assert np.mean(found) - 1 == pytest.approx(np.mean(expected), abs=3 * error + 0.1 * np.mean(expected))
    assert np.mean(expected) > 6 * error, "the check could not tell the effect from none"


def _test(trait: str, courses: Courses, g: np.ndarray, effect: float, rng: np.random.Generator) -> tuple[float, float]:
    """Chi-square and noncentrality of one registry."""
    n = len(g)
    if trait in ("age_at_onset", "bulbar_onset"):
        is_age = trait == "age_at_onset"
        y = (courses.onset - courses.birth) / 365.25 if is_age else (courses.region == clinical.BULBAR_REGION) * 1.0
        statistic = n * np.corrcoef(g, y)[0, 1] ** 2
        if is_age:
            r2 = statistic / n
            return (n - 2) * r2 / (1 - r2), power.quantitative_noncentrality(effect, g.var(), clinical.AGE_SD, n)
        return statistic, power.binary_noncentrality(effect, g.mean() / 2, y.mean(), n)
    if trait == "survival":
        entry = np.maximum(courses.registration, courses.dna) - courses.onset
        exit_ = np.minimum(courses.event, courses.last_contact) - courses.onset
        event = courses.is_event_observed
        at_risk = (entry[None] < exit_[event][:, None]) & (exit_[None] >= exit_[event][:, None])
        mean = at_risk @ g / at_risk.sum(axis=1)
        variance = (at_risk @ g**2 / at_risk.sum(axis=1) - mean**2).sum()
        statistic = (g[event] - mean).sum() ** 2 / variance
        return statistic, power.survival_noncentrality(effect, g.var(), int(event.sum()))
    return _slope_test(courses, g, effect, rng)


def _slope_test(courses: Courses, g: np.ndarray, effect: float, rng: np.random.Generator) -> tuple[float, float]:
    """Generalised least squares of the totals on time, variant and their product with the covariance planted."""
    visits, totals = draw_visits(courses, rng)
    left, right, information = np.zeros((4, 4)), np.zeros(4), np.zeros((2, 2))
    covariance = slope_covariance((courses.registration - courses.onset) / MONTHS)
    for person, (days, total) in enumerate(zip(visits, totals, strict=True)):
        times = (days - courses.registration[person]) / MONTHS
        z = np.column_stack([np.ones(len(times)), times])
        design = np.column_stack([z, (g[person] - g.mean()) * z])
        inverse = np.linalg.inv(z @ covariance @ z.T + clinical.RESIDUAL_SD**2 * np.eye(len(times)))
        left += design.T @ inverse @ design
        right += design.T @ inverse @ total
        information += power.slope_information(times, covariance, clinical.RESIDUAL_SD)
    inverse = np.linalg.inv(left)
    statistic = (inverse @ right)[3] ** 2 / inverse[3, 3]
    return statistic, power.slope_noncentrality(effect, g.var(), information)


def test_replaced_changes_only_those_named(registered: Courses) -> None:
    few = registered.take(np.arange(5))
    other = replace(few.take(np.array([0])), slope=np.array([9.0]))
    assert few.replaced(np.array([2]), other).slope.tolist() == [*few.slope[:2], 9.0, *few.slope[3:]]
