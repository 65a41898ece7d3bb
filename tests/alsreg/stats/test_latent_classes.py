"""The latent class mixed model against a dense likelihood in R, flexmix, and planted classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.errors import AnalysisError
from alsreg.stats.class_choice import (
    Criteria,
    adjusted_rand_index,
    choose,
    criteria,
    jaccard_similarities,
    resample_stability,
)
from alsreg.stats.latent_classes import ClassFit, Moments, evaluate, fit_classes, posterior_of, sum_moments

FROZEN = Path(__file__).resolve().parents[2] / "reference/trajectories"
MODELS = ((1, 1), (1, 2), (1, 3), (2, 2))  # degree, classes
LEVELS, SLOPES, SHARES = np.array([43.0, 40.0, 36.0]), np.array([-0.25, -0.8, -1.8]), (0.45, 0.35, 0.2)
RANDOM = np.array([[4.0, 0.02], [0.02, 0.01]])


def frozen_moments(degree: int) -> Moments:
    visits = pd.read_csv(FROZEN / "visits.csv")
    y, time = (visits[name].to_numpy(dtype=float) for name in ("total", "months"))
    return sum_moments(y, time, visits["person"].to_numpy() - 1, visits["person"].max(), degree)


@pytest.fixture(scope="module")
def fits() -> dict[tuple[int, int], ClassFit]:
    return {(d, k): fit_classes(frozen_moments(d), k, np.random.default_rng(k)) for d, k in MODELS}


def plant(n: int, seed: int, levels=LEVELS, slopes=SLOPES, shares=SHARES) -> tuple[Moments, np.ndarray]:  # type: ignore[no-untyped-def]
    """Visits every three months, 2 to 13 of them; who declines fast is followed for less long, by what was recorded."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(len(shares), n, p=shares)
    root = np.linalg.cholesky(RANDOM)
    parts = []
    for person in range(n):
        a, b = root @ rng.normal(size=2)
        time = 3.0 * np.arange(rng.integers(2, 14))
        y = levels[truth[person]] + a + (slopes[truth[person]] + b) * time + rng.normal(0, 1.3, len(time))
        is_kept = np.concatenate([[True], np.minimum.accumulate(y)[:-1] > 10])
        parts.append(np.column_stack([y, time, np.full(len(time), person)])[is_kept])
    y, time, person = np.concatenate(parts).T
    return sum_moments(y, time, person.astype(np.int64), n, 1), truth


@pytest.mark.parametrize(("degree", "k"), MODELS)
def test_maximum__is_that_of_the_dense_likelihood(fits: dict, degree: int, k: int) -> None:
    frozen = pd.read_csv(FROZEN / "fits.csv").query("degree == @degree and k == @k").sort_values("class")
    fit = fits[degree, k]
    assert fit.log_likelihood == pytest.approx(frozen["loglik"].iloc[0], abs=2e-6)
    # R's optimiser works with differences of the likelihood: estimates agree to a thousandth of an error.
    beta = frozen[["b0", "b1", "b2"][: degree + 1]].to_numpy()
    errors = frozen[["se0", "se1", "se2"][: degree + 1]].to_numpy()
    assert np.abs((fit.coefficients - beta) / errors).max() < 1e-3
    own = np.sqrt(np.einsum("kpp->kp", fit.covariances))
    np.testing.assert_allclose(own, errors, rtol=1e-3)
    np.testing.assert_allclose(fit.shares, frozen["share"], atol=1e-5)
    ends = frozen[["d00", "d01", "d11", "s2"]].iloc[0].to_numpy()
    ours = [fit.random[0, 0], fit.random[0, 1], fit.random[1, 1], fit.residual]
    np.testing.assert_allclose(ours, ends, rtol=1e-3)


@pytest.mark.parametrize(("degree", "k"), MODELS)
def test_posterior__is_that_of_the_dense_likelihood(fits: dict, degree: int, k: int) -> None:
    frozen = pd.read_csv(FROZEN / "posterior.csv").query("degree == @degree and k == @k")
    dense = frozen.pivot_table(index="person", columns="class", values="p").to_numpy()
    np.testing.assert_allclose(fits[degree, k].posterior, dense, atol=2e-5)


def test_likelihood__is_that_of_flexmix_and_not_beaten_by_it() -> None:
    frozen = pd.read_csv(FROZEN / "fits.csv")
    np.testing.assert_allclose(frozen["flexmix"], frozen["flexmix_dense"], rtol=0, atol=1e-4)
    assert (frozen["flexmix"] <= frozen["loglik"] + 1e-6).all()


@pytest.mark.parametrize("k", [1, 3])
def test_gradient__is_the_slope_of_the_likelihood(k: int) -> None:
    moments = frozen_moments(2)
    weights = np.random.default_rng(0).integers(0, 3, len(moments.yy)).astype(float)
    theta = np.concatenate([np.random.default_rng(1).normal(0, 0.4, 4 * k - 1), [0.8, -0.1, 0.3, -1.0]])
    _, gradient, _ = evaluate(moments, weights, theta, k)
    steps = 1e-6 * np.eye(len(theta))
    numeric = [
        (evaluate(moments, weights, theta + h, k)[0] - evaluate(moments, weights, theta - h, k)[0]) / 2e-6
        for h in steps
    ]
    np.testing.assert_allclose(gradient, numeric, atol=1e-6 * np.abs(gradient).max())


def test_weights__count_people_as_often_as_they_stand() -> None:
    moments = frozen_moments(1)
    theta = np.concatenate([[0.3, -0.4, -0.3, -0.8], [0.2], [0.8, -0.1, 0.3, -1.0]])
    rows = np.random.default_rng(2).integers(0, len(moments.yy), len(moments.yy))
    weights = np.bincount(rows, minlength=len(moments.yy)).astype(float)
    drawn = Moments(moments.n_visits[rows], moments.xx[rows], moments.xy[rows], moments.yy[rows],
                    moments.time_scale, moments.y_centre, moments.y_scale)  # fmt: skip
    here, there = evaluate(moments, weights, theta, 2), evaluate(drawn, np.ones(len(rows)), theta, 2)
    assert here[0] == pytest.approx(there[0], rel=1e-12)
    np.testing.assert_allclose(here[1], there[1], atol=1e-8)


def test_one_class__is_the_mixed_model(fits: dict) -> None:
    from alsreg.stats.mixed_fit import FixedDesign, fit_random_slopes, sum_visits

    visits = pd.read_csv(FROZEN / "visits.csv")
    y, time = (visits[name].to_numpy(dtype=float) for name in ("total", "months"))
    one = np.ones((90, 1))
    mixed = fit_random_slopes(
        sum_visits(y, time, visits["person"].to_numpy() - 1, 90), FixedDesign(one, one), is_reml=False
    )
    assert fits[1, 1].log_likelihood == pytest.approx(mixed.loglik, abs=1e-7)
    np.testing.assert_allclose(fits[1, 1].coefficients[0], mixed.beta, rtol=1e-6)


def test_rand_index__is_that_of_mclust() -> None:
    for row in pd.read_csv(FROZEN / "rand.csv", dtype=str).itertuples():
        first, second = (np.array(list(labels)) for labels in (row.a, row.b))
        assert adjusted_rand_index(first, second) == pytest.approx(float(row.index), abs=1e-12)


def test_jaccard__by_hand() -> None:
    first, second = np.array([0, 0, 0, 1, 1, 2]), np.array([1, 1, 0, 0, 0, 0])
    np.testing.assert_allclose(jaccard_similarities(first, second, 3), [2 / 3, 2 / 4, 1 / 4])


@pytest.mark.parametrize("n", [300, 1000])
def test_planted_classes__are_found_stable_and_in_order(n: int) -> None:
    """A registry of the demo's size and a larger one; classes overlap, so that no method agrees with the truth entirely."""
    moments, truth = plant(n, seed=n)
    fits = [fit_classes(moments, k, np.random.default_rng(k)) for k in range(1, 5)]
    values = [criteria(fit) for fit in fits]
    chosen, words = choose(values, min_share=0.05, min_entropy=0.6)
    assert (chosen + 1, words[chosen]) == (3, "chosen")
    fit = fits[chosen]
    assert adjusted_rand_index(truth, fit.assigned) > 0.7
    error = np.sqrt(np.einsum("kpp->kp", fit.covariances))
    z = (fit.coefficients - np.column_stack([LEVELS, SLOPES])) / error
    assert np.abs(z).max() < 4
    stability = resample_stability(moments, fit, 10, np.random.default_rng(0))
    assert stability.n_resamples == 10 and stability.rand_index > 0.8 and stability.jaccard.min() > 0.75


def test_no_classes__one_normal_population_is_left_whole() -> None:
    moments, _ = plant(500, 7, levels=np.array([41.0]), slopes=np.array([-0.8]), shares=(1.0,))
    values = [criteria(fit_classes(moments, k, np.random.default_rng(k))) for k in range(1, 4)]
    assert choose(values, 0.05, 0.6)[0] == 0


def test_fit__is_the_same_whatever_the_order_of_people_and_the_unit_of_time() -> None:
    moments, _ = plant(200, 3)
    fit = fit_classes(moments, 3, np.random.default_rng(0))
    again = fit_classes(moments, 3, np.random.default_rng(0))
    assert fit.coefficients.tobytes() == again.coefficients.tobytes()
    other = fit_classes(moments, 3, np.random.default_rng(99))
    np.testing.assert_allclose(other.coefficients, fit.coefficients, rtol=1e-6)
    back = np.arange(200)[::-1]
    turned = Moments(moments.n_visits[back], moments.xx[back], moments.xy[back], moments.yy[back], moments.time_scale,
                     moments.y_centre, moments.y_scale)  # fmt: skip
    np.testing.assert_allclose(
        fit_classes(turned, 3, np.random.default_rng(0)).posterior, fit.posterior[back], atol=1e-6
    )


def test_posterior_of__people_not_fitted() -> None:
    moments, _ = plant(200, 3)
    fit = fit_classes(moments, 3, np.random.default_rng(0))
    np.testing.assert_allclose(posterior_of(moments, fit.parameters, 3), fit.posterior)
    np.testing.assert_allclose(fit.posterior.sum(axis=1), 1)


def value(bic: float, share: float = 0.3, entropy: float = 0.9) -> Criteria:
    return Criteria(0.0, bic, 0.0, 0.0, entropy, share, 1.0)


def test_choose__says_why_not() -> None:
    values = [value(10, 1, np.nan), value(8), value(7, share=0.04), value(6, entropy=0.5), None, value(9)]
    chosen, words = choose(values, 0.05, 0.6)
    assert chosen == 1
    assert [word.split(":")[0] for word in words] == [
        "larger BIC than 2 classes", "chosen", "smallest class holds less than 5 % of people", "entropy below 0.6",
        "no maximum found", "larger BIC than 2 classes",
    ]  # fmt: skip
    with pytest.raises(AnalysisError, match="not even one class"):
        choose([None], 0.05, 0.6)


def test_moments__refuse_what_cannot_vary() -> None:
    with pytest.raises(AnalysisError, match="all visits have one value"):
        sum_moments(np.full(4, 40.0), np.arange(4.0), np.zeros(4, dtype=np.int64), 1, 1)
    with pytest.raises(AnalysisError, match="fewer than 4 times"):
        sum_moments(np.arange(4.0), np.array([0.0, 3.0, 0.0, 3.0]), np.zeros(4, dtype=np.int64), 1, 2)


@pytest.mark.slow
def test_membership__attenuates_effects_and_leaves_the_null_alone() -> None:
    """A genotype at log odds 0.6 on the fastest class, and one without effect: true classes, hard ones, probabilities.

    The numbers stand in docs/prognosis.md.
    """
    from alsreg.stats.linear import fit_linear_null
    from alsreg.stats.logistic import fit_logistic_null

    effects, p_values, known = [], [], []
    for seed in range(200):
        rng = np.random.default_rng([8, seed])
        n = 800
        g = rng.binomial(2, 0.3, n).astype(float)
        is_fast = rng.random(n) < 1 / (1 + np.exp(1.6 - 0.6 * g))
        root = np.linalg.cholesky(3 * RANDOM)
        parts = []
        for person in range(n):
            a, b = root @ rng.normal(size=2)
            time = 3.0 * np.arange(rng.integers(2, 6))
            y = (37 if is_fast[person] else 41) + a + ((-1.5 if is_fast[person] else -0.6) + b) * time
            parts.append(np.column_stack([y + rng.normal(0, 1.5, len(time)), time, np.full(len(time), person)]))
        y, time, person = np.concatenate(parts).T
        fit = fit_classes(sum_moments(y, time, person.astype(np.int64), n, 1), 2, np.random.default_rng(seed), 3)
        hard, soft = fit.assigned == 1, fit.posterior[:, 1]
        known.append([hard[is_fast].mean(), (~hard)[~is_fast].mean()])
        odds = [fit_logistic_null(y.astype(float), None, np.arange(n)).refit(g).beta for y in (is_fast, hard)]
        shares = [fit_linear_null(y.astype(float), None, np.arange(n)).refit(g).beta for y in (is_fast, hard, soft)]
        effects.append(odds + shares)
        noise = rng.binomial(2, 0.3, n).astype(float)
        p_values.append(
            [fit_linear_null(y.astype(float), None, np.arange(n)).refit(noise).p_wald for y in (hard, soft)]
        )
    odds_true, odds_hard, true, hard, soft = np.mean(effects, axis=0)
    sensitivity, specificity = np.mean(known, axis=0)
    rates = (np.array(p_values) < 0.05).mean(axis=0)
    print(f"sensitivity {sensitivity:.3f} specificity {specificity:.3f}; log odds {odds_true:.3f} {odds_hard:.3f}; "
          f"shares {true:.4f} {hard:.4f} {soft:.4f}; null rates {rates}")  # fmt: skip
    assert odds_hard < 0.95 * odds_true and soft < 0.95 * true
    assert hard / true == pytest.approx(sensitivity + specificity - 1, abs=0.06)
    assert (rates < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)).all()
