"""Scores of related people for traits without a mixed model of their own."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from alsreg.errors import AnalysisError
from alsreg.stats.cox import fit_cox_null
from alsreg.stats.logistic import LogisticNull, fit_logistic_null
from alsreg.stats.mixed import Visits, fit_mixed_null
from alsreg.stats.null import VariantTestOptions
from alsreg.stats.retrospective import RetrospectiveNull, account_for_relatives
from alsreg.stats.risk_sets import build_risk_sets
from helpers.families import FAMILY, drop_genes, pedigree_relationship

OPTIONS = VariantTestOptions(min_mac=0.0, min_expected_events=0.0)
N_FAMILIES, N_UNRELATED = 40, 100


@pytest.fixture(scope="module")
def phi() -> np.ndarray:
    return pedigree_relationship(N_FAMILIES, N_UNRELATED)


def polygenic(rng: np.random.Generator, phi: np.ndarray, share: float) -> np.ndarray:
    """A normal liability of which `share` follows the pedigree."""
    root = np.linalg.cholesky(phi)
    return np.sqrt(share) * root @ rng.normal(size=len(phi)) + np.sqrt(1 - share) * rng.normal(size=len(phi))


def models(phi: np.ndarray, seed: int = 1) -> dict[str, RetrospectiveNull]:
    """A heritable trait of each kind."""
    rng = np.random.default_rng(seed)
    n, people, x = len(phi), np.arange(len(phi)), rng.normal(size=(len(phi), 2))
    case = (polygenic(rng, phi, 0.8) + 0.3 * x[:, 0] > 0.4).astype(float)
    time = np.exp(3 - polygenic(rng, phi, 0.8)) * rng.exponential(size=n)
    entry = np.zeros(n)
    sets = build_risk_sets(entry, np.ceil(np.minimum(time, 60)), time <= 60)
    months = np.tile([0.0, 3.0, 6.0, 9.0], n)
    person = np.repeat(people, 4)
    slope = polygenic(rng, phi, 0.9)
    visits = Visits(40 + slope[person] * months + rng.normal(size=4 * n), months, person)
    nulls = {
        "binary": fit_logistic_null(case, x, people),
        "survival": fit_cox_null(sets, x, people),
        "longitudinal": fit_mixed_null(visits, x, people, ["a", "b"], ["a"]),
    }
    return {kind: account_for_relatives(null, phi) for kind, null in nulls.items()}


@pytest.mark.parametrize("kind", ["binary", "survival", "longitudinal"])
def test_variance_is_that_of_dropped_genes(phi: np.ndarray, kind: str) -> None:
    """With the trait fixed, z over 20,000 genotypes dropped through the pedigree has variance 1; without the ratio, more."""
    null = models(phi)[kind]
    counts = drop_genes(np.random.default_rng(2), np.full(20_000, 0.4), N_FAMILIES, N_UNRELATED).astype(float)
    corrected, plain = null.score(counts), null.model.score(counts)
    z, naive = corrected.u / np.sqrt(corrected.v), plain.u / np.sqrt(plain.v)
    assert null.variance_ratio > 1.1
    # The model's variance of U and that of its residuals differ by chance of the trait: a few per cent at 460 people.
    assert np.var(z) == pytest.approx(1.0, abs=0.08)
    assert np.var(naive) == pytest.approx(null.variance_ratio, rel=0.08)
    assert (2 * stats.norm.sf(np.abs(z)) < 0.001).mean() == pytest.approx(0.001, abs=0.0008)


def test_ratio_by_hand() -> None:
    """Four people, the first two sibs: c = (Σ r² + 2 r₁ r₂ / 2) / Σ r²."""
    phi = np.eye(4)
    phi[0, 1] = phi[1, 0] = 0.5
    phi[2, 3] = phi[3, 2] = 0.049  # chance
    null = LogisticNull(np.arange(4), np.array([1.0, 1, 0, 0]), np.full(4, 0.5), np.zeros((4, 0)), np.full((4, 1), 1.0))
    assert account_for_relatives(null, phi).variance_ratio == pytest.approx(1 + 2 * 0.5 * 0.25 / 1.0)


def test_discordant_sibs_lower_the_variance() -> None:
    """Case-control sibs differ more than strangers do: the ratio is 1/2, and z over dropped genes has variance 1."""
    phi = np.kron(np.eye(200), np.array([[1.0, 0.5], [0.5, 1.0]]))
    case = np.tile([1.0, 0.0], 200)
    null = account_for_relatives(fit_logistic_null(case, None, np.arange(400)), phi)
    assert null.variance_ratio == pytest.approx(0.5)
    rng = np.random.default_rng(3)
    parents = rng.random((4000, 200, 4)) < 0.3
    child = [
        np.where(rng.random((4000, 200)) < 0.5, parents[..., 0], parents[..., 1]).astype(float)
        + np.where(rng.random((4000, 200)) < 0.5, parents[..., 2], parents[..., 3])
        for _ in range(2)
    ]
    g = np.stack(child, axis=2).reshape(4000, 400)
    scores = null.score(g)
    assert np.var(scores.u / np.sqrt(scores.v)) == pytest.approx(1.0, abs=0.07)


@pytest.mark.parametrize("kind", ["binary", "survival", "longitudinal"])
def test_effects_stay_and_errors_grow(phi: np.ndarray, kind: str) -> None:
    """β as without relatives, SE √c times, χ² 1/c times, and U, V, Φ of one scale."""
    null = models(phi)[kind]
    g = drop_genes(np.random.default_rng(4), np.full(20, 0.3), N_FAMILIES, N_UNRELATED).astype(float)
    ours, plain = null.test_variants(g, OPTIONS), null.model.test_variants(g, OPTIONS)
    root = np.sqrt(null.variance_ratio)
    np.testing.assert_array_equal(ours.beta, plain.beta)
    np.testing.assert_allclose(ours.standard_error, plain.standard_error * root)
    np.testing.assert_allclose(stats.norm.isf(ours.p_value / 2) * root, stats.norm.isf(plain.p_value / 2), rtol=1e-9)
    scores = null.score(g)
    np.testing.assert_allclose(np.diag(null.covariance(g)), scores.v, rtol=1e-8)
    np.testing.assert_allclose(scores.u / scores.v, null.model.score(g).u / null.model.score(g).v)
    cross = null.model.cross_covariance(g, null.model, g) / null.variance_ratio
    np.testing.assert_allclose(null.cross_covariance(g, null, g), cross)
    refit, base = null.refit(g[0]), null.model.refit(g[0])
    assert refit.standard_error == pytest.approx(base.standard_error * root)
    assert stats.norm.isf(refit.p_lrt / 2) * root == pytest.approx(stats.norm.isf(base.p_lrt / 2))
    assert null.information == pytest.approx(null.model.information / null.variance_ratio)


def test_unrelated_people_change_nothing() -> None:
    phi = np.eye(460)
    for null in models(phi).values():
        assert null.variance_ratio == 1.0
        g = np.random.default_rng(5).integers(0, 3, (5, 460)).astype(float)
        np.testing.assert_allclose(
            null.test_variants(g, OPTIONS).p_value, null.model.test_variants(g, OPTIONS).p_value, rtol=1e-12
        )


def test_untestable_stays_untestable(phi: np.ndarray) -> None:
    null = models(phi)["binary"]
    tests = null.test_variants(np.vstack([np.zeros(len(phi)), np.full(len(phi), np.nan)]), OPTIONS)
    assert list(tests.status) == ["monomorphic", "no genotypes"]
    assert np.isnan(tests.p_value).all()


def test_no_variance_is_refused() -> None:
    """Identical twins who all differ in the trait say nothing of a genotype."""
    phi = np.kron(np.eye(20), np.ones((2, 2)))
    with pytest.raises(AnalysisError, match="no variance"):
        account_for_relatives(fit_logistic_null(np.tile([1.0, 0.0], 20), None, np.arange(40)), phi)


def test_pedigree_of_the_helper() -> None:
    """Known kinship: parent 1/2, sibs 1/2, avuncular 1/4, first cousins 1/8; genotypes dropped agree."""
    phi = pedigree_relationship(1)
    assert (phi[0, 2], phi[2, 3], phi[3, 5], phi[5, 8], phi[5, 6], phi[0, 1]) == (0.5, 0.5, 0.25, 0.125, 0.5, 0.0)
    counts = drop_genes(np.random.default_rng(6), np.full(40_000, 0.5), 1).astype(float)
    np.testing.assert_allclose(np.cov(counts.T) / 0.5, phi, atol=0.03)
    assert len(FAMILY) == len(phi)
