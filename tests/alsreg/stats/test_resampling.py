"""Resampled gene tests: exact where all outcomes can be listed, uniform under the null, near the analytic p."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from alsreg.stats.cox import fit_cox_null
from alsreg.stats.gene_tests import acat_v, burden, cauchy_combination, score_p, skat, skat_o
from alsreg.stats.linear import fit_linear_null
from alsreg.stats.logistic import fit_logistic_null
from alsreg.stats.mixed import Visits, fit_mixed_null
from alsreg.stats.resampling import Block, _Survival, resample
from alsreg.stats.risk_sets import build_risk_sets
from alsreg.stats.set_statistics import TESTS, SetStatistics

N = 300


def survival(rng, n=N):
    entry = rng.integers(0, 20, n).astype(float)
    x = rng.normal(size=n)
    time = entry + np.ceil(20 * rng.exponential(size=n) * np.exp(-0.5 * x))
    leave = entry + np.ceil(rng.exponential(40, n))
    stratum = rng.integers(0, 2, n)
    sets = build_risk_sets(entry, np.minimum(time, leave), time <= leave, stratum)
    return fit_cox_null(sets, x[:, None], np.arange(n))


def quantitative(rng, n=N):
    x = rng.normal(size=n)
    return fit_linear_null(x + rng.normal(size=n), x[:, None], np.arange(n))


def binary(rng, n=N):
    x = rng.normal(size=n)
    return fit_logistic_null((rng.random(n) < 1 / (1 + np.exp(1 - x))).astype(float), x[:, None], np.arange(n))


def longitudinal(rng, n=N):
    """Skewed slopes, one to six visits."""
    x, person = rng.normal(size=n), np.repeat(np.arange(n), rng.integers(1, 7, n))
    months = rng.uniform(0, 24, len(person))
    slope = -rng.gamma(2, 0.4, n) - 0.1 * x
    y = 40 + 3 * rng.normal(size=n)[person] + slope[person] * months + rng.normal(size=len(person))
    return fit_mixed_null(Visits(y, months, person), x[:, None], np.arange(n), ["x"], ["x"])


MODELS = [survival, quantitative, binary, longitudinal]


def resampled(blocks, weights, phi, n, rng):
    """By test."""
    frequency = np.concatenate([np.nanmean(block.copies, axis=1) / 2 for block in blocks])
    statistics = SetStatistics(phi, [weights, np.ones_like(weights)], frequency)
    return dict(zip(TESTS, resample(blocks, statistics, n, rng), strict=True))


def analytic(u, phi, weights, frequency):
    """By test, from the functions for one gene."""
    alone, found = score_p(u, np.diag(phi)), {}
    for name, w in (("own", weights), ("equal", np.ones_like(weights))):
        found[name] = {
            "burden": burden(u, phi, w).p_value,
            "skat": skat(u, phi, w),
            "acat_v": acat_v(alone, frequency, w),
        }
    members = [p for part in found.values() for p in part.values()]
    return found["own"] | {"skat_o": skat_o(u, phi, weights), "acat_o": cauchy_combination(np.array(members))}


def test_statistics_rank_scores_as_the_tests_of_one_gene_do():
    """Of many scores: statistics that are p-values are those p-values, and the others fall in the order of their p."""
    rng = np.random.default_rng(1)
    root = rng.normal(size=(4, 6))
    phi, weights, frequency = root @ root.T, np.array([1.0, 3.0, 0.5, 2.0]), np.array([0.01, 0.002, 0.02, 0.005])
    u = rng.multivariate_normal(np.zeros(4), phi, 60) * rng.uniform(0.5, 3, (60, 1))
    statistics = SetStatistics(phi, [weights, np.ones(4)], frequency)(u)
    p = [analytic(row, phi, weights, frequency) for row in u]
    for column, test in enumerate(TESTS):
        expected = np.array([row[test] for row in p])
        if test == "acat_v":
            assert np.exp(-statistics[:, column]) == pytest.approx(expected, rel=1e-9)
        assert (np.argsort(-statistics[:, column]) == np.argsort(expected)).all(), test


def test_few_people_give_the_permutation_distribution():
    """Seven people without covariates: all 5,040 permutations can be listed."""
    rng = np.random.default_rng(0)
    y = rng.exponential(size=7)
    null, copies = fit_linear_null(y, None, np.arange(7)), rng.integers(0, 3, (2, 7)).astype(float)
    weights, centred = np.array([1.0, 2.0]), copies - copies.mean(axis=1, keepdims=True)

    def statistic(residuals):
        return np.sum((weights * (centred @ residuals)) ** 2)

    def statistics(u):
        return np.sum((weights * u) ** 2, axis=1, keepdims=True)

    listed = [statistic(null.residuals[list(order)]) for order in itertools.permutations(range(7))]
    exact = np.mean(np.array(listed) >= statistic(null.residuals) * (1 - 1e-9))
    found = resample([Block(null, copies)], statistics, 20_000, rng)
    assert found[0] == pytest.approx(exact, abs=4 * np.sqrt(exact / 20_000))


@pytest.mark.parametrize("model", MODELS)
def test_agrees_with_the_analytic_p_of_common_variants(model):
    """With hundreds of copies the normal theory holds."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        null, copies = model(rng), rng.binomial(2, 0.4, (3, N)).astype(float)
        copies[rng.random(copies.shape) < 0.02] = np.nan
        weights = np.array([1.0, 2.0, 0.5])
        u, phi = null.score(copies).u, null.covariance(copies)
        found = resampled([Block(null, copies)], weights, phi, 2000, rng)
        for test, theory in analytic(u, phi, weights, np.nanmean(copies, axis=1) / 2).items():
            # A Cauchy combination is exact in its tail alone.
            if not test.startswith("acat") or theory < 0.01:
                assert found[test] == pytest.approx(theory, abs=0.015 + 4 * np.sqrt(theory * (1 - theory) / 2000)), test


@pytest.mark.parametrize("model", MODELS)
def test_is_uniform_where_few_carry(model):
    """Null p-values of genes with a dozen copies: no more below 10 % than chance allows."""
    rng = np.random.default_rng(7)
    p = []
    for _ in range(6):
        null = model(rng)
        for _ in range(25):
            copies = np.zeros((2, N))
            copies[0, rng.choice(N, 7, replace=False)] = 1
            copies[1, rng.choice(N, 5, replace=False)] = 1
            p.append(resampled([Block(null, copies)], np.ones(2), null.covariance(copies), 200, rng))
    low, high = stats.binom.interval(0.9999, len(p), 0.1)
    for test in TESTS:
        assert low <= sum(row[test] <= 0.1 for row in p) <= high, test


@pytest.mark.parametrize("model", MODELS)
def test_blocks_of_one_model_are_one_block(model):
    """The same people and models: variants in two blocks move together as in one."""
    null, copies = model(np.random.default_rng(3)), np.random.default_rng(4).binomial(2, 0.1, (3, N)).astype(float)
    weights = np.array([1.0, 2.0, 0.5])
    phi = null.covariance(copies)
    whole = resampled([Block(null, copies)], weights, phi, 400, np.random.default_rng(5))
    parts = [Block(null, copies[:1]), Block(null, copies[1:])]
    assert resampled(parts, weights, phi, 400, np.random.default_rng(5)) == whole


@pytest.mark.parametrize("kind", ["quantitative", "binary", "survival", "longitudinal"])
def test_blocks_that_share_people_agree_with_the_covariance_between_models(kind):
    """Two carrier sets, 200 of 400 people in both, the same variant in each: the joint burden follows Φ with its cross terms."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        people = [np.arange(300), np.arange(100, 400)]
        x, g = rng.normal(size=400), rng.binomial(2, 0.4, 400).astype(float)
        y, u = x + rng.normal(size=400), rng.random(400)
        entry = rng.integers(0, 20, 400).astype(float)
        time, leave = entry + np.ceil(rng.exponential(20, 400)), entry + np.ceil(rng.exponential(40, 400))

        person = np.repeat(np.arange(400), rng.integers(1, 7, 400))
        months = rng.uniform(0, 24, len(person))
        score = (
            40
            + (rng.normal(size=400) * y)[person]
            - rng.gamma(2, 0.4, 400)[person] * months
            + rng.normal(size=len(person))
        )

        def fit(at, x=x, y=y, u=u, entry=entry, time=time, leave=leave, person=person, months=months, score=score):
            if kind == "quantitative":
                return fit_linear_null(y[at], x[at, None], at)
            if kind == "binary":
                return fit_logistic_null((u[at] < 0.4).astype(float), x[at, None], at)
            if kind == "longitudinal":
                keep = np.isin(person, at)
                visits = Visits(score[keep], months[keep], np.searchsorted(at, person[keep]))
                return fit_mixed_null(visits, x[at, None], at, ["x"], ["x"])
            end = np.minimum(time, leave)
            return fit_cox_null(build_risk_sets(entry[at], end[at], (time <= leave)[at]), x[at, None], at)

        first, second = (fit(at) for at in people)
        copies = [g[None, at] for at in people]
        blocks = [Block(model, c) for model, c in zip((first, second), copies, strict=True)]
        score = np.concatenate([first.score(copies[0]).u, second.score(copies[1]).u])
        cross = first.cross_covariance(copies[0], second, copies[1])
        phi = np.block([[first.covariance(copies[0]), cross], [cross.T, second.covariance(copies[1])]])
        theory = burden(score, phi, np.ones(2)).p_value
        found = resampled(blocks, np.ones(2), phi, 2000, rng)["burden"]
        assert found == pytest.approx(theory, abs=0.02 + 4 * np.sqrt(theory * (1 - theory) / 2000))


def test_survival_keeps_entries_and_the_number_of_events():
    null, rng = survival(np.random.default_rng(1)), np.random.default_rng(2)
    residuals = _Survival(null)(np.stack([rng.exponential(size=(200, N)), rng.random((200, N))], axis=1))
    sets = null.fit.sets
    events = (residuals > 0).sum(axis=1)  # at least: expected events stay below one for most
    assert np.abs(residuals.sum(axis=1)).max() < 1e-8, "martingale residuals sum to zero"
    assert 0.7 * null.n_events < events.mean() < 1.3 * null.n_events
    never = sets.last <= sets.first
    assert (residuals[:, never & ~sets.is_event] == 0).all(), "who was never at risk has no event"
