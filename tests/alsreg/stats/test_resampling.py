"""Resampled burden and SKAT: exact where all outcomes can be listed, uniform under the null, near the analytic p."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from alsreg.stats.cox import fit_cox_null
from alsreg.stats.gene_tests import burden, skat
from alsreg.stats.linear import fit_linear_null
from alsreg.stats.logistic import fit_logistic_null
from alsreg.stats.resampling import Block, _Survival, resample
from alsreg.stats.risk_sets import build_risk_sets

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


MODELS = [survival, quantitative, binary]


def test_few_people_give_the_permutation_distribution():
    """Seven people without covariates: all 5,040 permutations can be listed."""
    rng = np.random.default_rng(0)
    y = rng.exponential(size=7)
    null, copies = fit_linear_null(y, None, np.arange(7)), rng.integers(0, 3, (2, 7)).astype(float)
    weights, centred = np.array([1.0, 2.0]), copies - copies.mean(axis=1, keepdims=True)

    def statistic(residuals):
        return np.sum((weights * (centred @ residuals)) ** 2)

    listed = [statistic(null.residuals[list(order)]) for order in itertools.permutations(range(7))]
    exact = np.mean(np.array(listed) >= statistic(null.residuals) * (1 - 1e-9))
    assert resample([Block(null, copies, weights)], 20_000, rng).skat == pytest.approx(
        exact, abs=4 * np.sqrt(exact / 20_000)
    )


@pytest.mark.parametrize("model", MODELS)
def test_agrees_with_the_analytic_p_of_common_variants(model):
    """With hundreds of copies the normal theory holds."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        null, copies = model(rng), rng.binomial(2, 0.4, (3, N)).astype(float)
        copies[rng.random(copies.shape) < 0.02] = np.nan
        weights = np.array([1.0, 2.0, 0.5])
        found = resample([Block(null, copies, weights)], 2000, rng)
        u, phi = null.score(copies).u, null.covariance(copies)
        for ours, theory in ((found.burden, burden(u, phi, weights).p_value), (found.skat, skat(u, phi, weights))):
            assert ours == pytest.approx(theory, abs=0.015 + 4 * np.sqrt(theory * (1 - theory) / 2000))


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
            p.append(resample([Block(null, copies, np.ones(2))], 200, rng).skat)
    low, high = stats.binom.interval(0.999, len(p), 0.1)
    assert low <= np.sum(np.array(p) <= 0.1) <= high


@pytest.mark.parametrize("model", MODELS)
def test_blocks_of_one_model_are_one_block(model):
    """The same people and models: variants in two blocks move together as in one."""
    null, copies = model(np.random.default_rng(3)), np.random.default_rng(4).binomial(2, 0.1, (3, N)).astype(float)
    weights = np.array([1.0, 2.0, 0.5])
    whole = resample([Block(null, copies, weights)], 400, np.random.default_rng(5))
    parts = [Block(null, copies[:1], weights[:1]), Block(null, copies[1:], weights[1:])]
    assert resample(parts, 400, np.random.default_rng(5)) == whole


@pytest.mark.parametrize("kind", ["quantitative", "binary", "survival"])
def test_blocks_that_share_people_agree_with_the_covariance_between_models(kind):
    """Two carrier sets, 200 of 400 people in both, the same variant in each: the joint burden follows Φ with its cross terms."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        people = [np.arange(300), np.arange(100, 400)]
        x, g = rng.normal(size=400), rng.binomial(2, 0.4, 400).astype(float)
        y, u = x + rng.normal(size=400), rng.random(400)
        entry = rng.integers(0, 20, 400).astype(float)
        time, leave = entry + np.ceil(rng.exponential(20, 400)), entry + np.ceil(rng.exponential(40, 400))

        def fit(at, x=x, y=y, u=u, entry=entry, time=time, leave=leave):
            if kind == "quantitative":
                return fit_linear_null(y[at], x[at, None], at)
            if kind == "binary":
                return fit_logistic_null((u[at] < 0.4).astype(float), x[at, None], at)
            end = np.minimum(time, leave)
            return fit_cox_null(build_risk_sets(entry[at], end[at], (time <= leave)[at]), x[at, None], at)

        first, second = (fit(at) for at in people)
        copies = [g[None, at] for at in people]
        blocks = [Block(model, c, np.ones(1)) for model, c in zip((first, second), copies, strict=True)]
        score = np.concatenate([first.score(copies[0]).u, second.score(copies[1]).u])
        cross = first.cross_covariance(copies[0], second, copies[1])
        phi = np.block([[first.covariance(copies[0]), cross], [cross.T, second.covariance(copies[1])]])
        theory = burden(score, phi, np.ones(2)).p_value
        found = resample(blocks, 2000, rng).burden
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
