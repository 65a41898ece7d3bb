"""Mixed model of related people against GEMMA, PLINK 2's relationships, least squares and itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alsreg.errors import AnalysisError
from alsreg.genotypes.relationship import sum_relationships
from alsreg.stats.linear import fit_linear_null
from alsreg.stats.null import VariantTestOptions
from alsreg.stats.polygenic import PolygenicNull, add_polygenic_effect, fit_polygenic_null
from alsreg.stats.variance_components import decompose, estimate_components
from helpers.families import drop_genes, pedigree_relationship

REFERENCE = Path(__file__).parents[2] / "reference" / "gemma"
OPTIONS = VariantTestOptions(min_mac=0.0, max_p_refit=0.0)


@dataclass(frozen=True)
class Families:
    counts: np.ndarray  # (400, n) for relationships, -9 missing
    dosages: np.ndarray  # (30, n)
    table: pd.DataFrame
    printed: np.ndarray  # PLINK 2's relationship matrix
    relationship: np.ndarray  # what GEMMA was given

    @property
    def covariates(self) -> np.ndarray:
        return self.table[["age", "sex", "component"]].to_numpy(dtype=float)

    def null(self, trait: str) -> PolygenicNull:
        y = self.table[trait].to_numpy()
        return fit_polygenic_null(y, self.covariates, np.arange(len(y)), self.relationship, ["age", "sex", "component"])


@pytest.fixture(scope="module")
def families() -> Families:
    counts = pd.read_csv(REFERENCE / "genotypes.csv.gz", header=None).to_numpy(dtype=np.int8)
    printed = pd.read_csv(REFERENCE / "relationship.txt.gz", sep="\t", header=None).to_numpy()
    values, vectors = np.linalg.eigh(printed)
    relationship = (vectors * np.maximum(values, 0)) @ vectors.T
    table = pd.read_csv(REFERENCE / "people.csv")
    return Families(counts[:400], counts[400:].astype(float), table, printed, relationship)


def test_relationships_are_those_of_plink2(families: Families) -> None:
    """Pairwise over called genotypes; single precision inside, so 2e-6."""
    sums = sum_relationships(families.counts)
    np.testing.assert_allclose(sums.products / sums.n_shared, families.printed, atol=2e-6)
    np.testing.assert_allclose(sums.matrix(), families.relationship, atol=5e-6)


def test_left_out_variants_leave_no_trace(families: Families) -> None:
    whole, part = sum_relationships(families.counts), sum_relationships(families.counts[:150])
    rest = sum_relationships(families.counts[150:])
    np.testing.assert_allclose(whole.minus(part).products, rest.products, atol=1e-3)
    np.testing.assert_array_equal(whole.minus(part).n_shared, rest.n_shared)


@pytest.mark.parametrize("trait", ["heritable", "mild"])
def test_components_are_those_of_gemma(families: Families, trait: str) -> None:
    """REML without a variant; GEMMA prints six digits."""
    oracle = pd.read_csv(REFERENCE / f"gemma.{trait}.null.tsv", sep="\t").iloc[0]
    fit = families.null(trait).components
    assert fit.genetic == pytest.approx(oracle["vg"], rel=2e-5)
    assert fit.residual == pytest.approx(oracle["ve"], rel=2e-5)
    assert fit.heritability == pytest.approx(oracle["pve"], rel=2e-5)
    assert not fit.is_at_boundary


@pytest.mark.parametrize("trait", ["heritable", "mild"])
def test_refit_is_that_of_gemma(families: Families, trait: str) -> None:
    """Effect, standard error, Wald and likelihood-ratio p.

    GEMMA prints seven digits but stops Newton's iterations for λ at 1e-5 relative (it ends with an evaluation of the
    likelihood one step earlier), which moves effects by up to 2e-6 standard errors.
    """
    oracle = pd.read_csv(REFERENCE / f"gemma.{trait}.tsv", sep="\t")
    null = families.null(trait)
    refits = [null.refit(g) for g in families.dosages]
    ours = pd.DataFrame([vars(refit) for refit in refits])
    is_inside = oracle["l_remle"].between(1.001e-5, 0.999e5) & oracle["l_mle"].between(1.001e-5, 0.999e5)
    assert is_inside.sum() > 25
    ours, oracle = ours[is_inside], oracle[is_inside]
    np.testing.assert_array_less((ours["beta"] - oracle["beta"]).abs() / oracle["se"], 2e-6)
    np.testing.assert_allclose(ours["standard_error"], oracle["se"], rtol=2e-6)
    np.testing.assert_allclose(ours["p_wald"], oracle["p_wald"], rtol=1e-5)
    np.testing.assert_allclose(ours["p_lrt"], oracle["p_lrt"], rtol=1e-5)


def test_scan_is_generalised_least_squares(families: Families) -> None:
    """At the null's components, against statsmodels GLS with V written out: 1e-8."""
    null = families.null("heritable")
    covariance = null.components.ratio * families.relationship + np.eye(len(null.people))
    tests = null.test_variants(families.dosages, OPTIONS)
    for j, g in enumerate(families.dosages):
        design = sm.add_constant(np.column_stack([families.covariates, g]))
        fit = sm.GLS(families.table["heritable"].to_numpy(), design, sigma=covariance).fit()
        np.testing.assert_allclose(
            [tests.beta[j], tests.standard_error[j], tests.p_value[j]],
            [fit.params[-1], fit.bse[-1], fit.pvalues[-1]], rtol=1e-8,
        )  # fmt: skip
    scores = null.score(families.dosages)
    np.testing.assert_allclose(tests.beta, scores.u / scores.v, rtol=1e-10)
    np.testing.assert_allclose(np.diag(null.covariance(families.dosages)), scores.v, rtol=1e-10)


def test_small_p_are_those_of_the_refit(families: Families) -> None:
    """At or below the threshold λ is estimated with the variant in the model, as the refit of complete genotypes does; hard calls too."""
    null = families.null("heritable")
    some = VariantTestOptions(min_mac=0.0, max_p_refit=0.2)
    tests, plain = (
        null.test_variants(families.dosages.astype(np.int8), some),
        null.test_variants(families.dosages, OPTIONS),
    )
    is_refitted = tests.effect_method == "reml"
    np.testing.assert_array_equal(is_refitted, plain.p_value <= 0.2)
    assert is_refitted.any() and not is_refitted.all()
    for j in np.flatnonzero(is_refitted):
        refit = null.refit(families.dosages[j])
        np.testing.assert_allclose(
            [tests.beta[j], tests.standard_error[j], tests.p_value[j]],
            [refit.beta, refit.standard_error, refit.p_wald], rtol=1e-6,
        )  # fmt: skip
    np.testing.assert_array_equal(tests.p_value[~is_refitted], plain.p_value[~is_refitted])


def test_least_squares_with_a_polygenic_effect_is_the_polygenic_model(families: Families) -> None:
    """Built from residuals and the space of covariates, tests, Φ, information and refits are those of the trait itself."""
    y, people = families.table["heritable"].to_numpy(), np.arange(len(families.table))
    ours = add_polygenic_effect(fit_linear_null(y, families.covariates, people), families.relationship)
    theirs = families.null("heritable")
    assert ours.components.ratio == pytest.approx(theirs.components.ratio, rel=1e-7)
    assert ours.information == pytest.approx(theirs.information, rel=1e-7)
    np.testing.assert_allclose(
        ours.covariance(families.dosages), theirs.covariance(families.dosages), rtol=1e-6, atol=1e-6
    )
    one, other = (null.test_variants(families.dosages, OPTIONS) for null in (ours, theirs))
    np.testing.assert_allclose(one.p_value, other.p_value, rtol=1e-6)
    g = families.dosages[1].copy()
    g[:9] = np.nan
    one, other = ours.refit(g), theirs.refit(g)
    np.testing.assert_allclose([one.p_wald, one.p_lrt, one.beta], [other.p_wald, other.p_lrt, other.beta], rtol=1e-5)
    without = add_polygenic_effect(fit_linear_null(y, None, people), families.relationship)
    assert without.covariates.shape == (len(y), 0)


def test_unrelated_people_are_least_squares() -> None:
    """Without covariance between people (K = I) λ has no meaning and nothing may change."""
    rng = np.random.default_rng(1)
    n = 80
    y, x, g = rng.normal(size=n), rng.normal(size=(n, 2)), rng.integers(0, 3, (6, n)).astype(float)
    related = fit_polygenic_null(y, x, np.arange(n), np.eye(n)).test_variants(g, OPTIONS)
    plain = fit_linear_null(y, x, np.arange(n)).test_variants(g, OPTIONS)
    np.testing.assert_allclose(related.beta, plain.beta, rtol=1e-10)
    np.testing.assert_allclose(related.standard_error, plain.standard_error, rtol=1e-10)
    np.testing.assert_allclose(related.p_value, plain.p_value, rtol=1e-9)


def test_heritability_zero_is_least_squares(families: Families) -> None:
    """A trait that relatives share less than strangers do has λ = 0 exactly, and the test is that of ``lm``."""
    phi = families.relationship
    values, vectors = np.linalg.eigh(phi)
    n = len(phi)
    y = vectors @ (np.random.default_rng(3).normal(size=n) / (1 + 3 * values))
    null = fit_polygenic_null(y, families.covariates, np.arange(n), phi)
    assert null.components.ratio == 0.0
    assert null.components.is_at_boundary
    ours = null.test_variants(families.dosages, OPTIONS)
    plain = fit_linear_null(y, families.covariates, np.arange(n)).test_variants(families.dosages, OPTIONS)
    np.testing.assert_allclose(ours.p_value, plain.p_value, rtol=1e-9)
    assert np.isfinite(null.refit(families.dosages[0]).p_lrt)


def test_heritability_one() -> None:
    """A trait without error sits at the upper end; results are finite and the end is said."""
    phi = pedigree_relationship(15)
    n = len(phi)
    rng = np.random.default_rng(4)
    values, vectors = np.linalg.eigh(phi)
    null = fit_polygenic_null(vectors @ (np.sqrt(values) * rng.choice([-1, 1], n)), None, np.arange(n), phi)
    assert null.components.is_at_boundary
    assert null.components.heritability > 0.9999
    tests = null.test_variants(drop_genes(rng, np.full(5, 0.3), 15).astype(float), OPTIONS)
    assert np.isfinite(tests.p_value).all()
    assert (tests.p_value > 1e-4).all()


def test_twins_and_fewer_variants_than_people() -> None:
    """A singular relationship matrix is no obstacle: twins stay, and 20 variants describe 93 people."""
    rng = np.random.default_rng(5)
    counts = drop_genes(rng, rng.uniform(0.2, 0.8, 260), 10)
    counts = np.hstack([counts, counts[:, :3]])
    relationship = sum_relationships(counts[:250]).matrix()
    n = counts.shape[1]
    assert relationship[0, n - 3] == pytest.approx(relationship[0, 0], rel=1e-6)
    y = rng.normal(size=n) + relationship @ rng.normal(size=n)
    null = fit_polygenic_null(y, None, np.arange(n), relationship)
    tests = null.test_variants(counts[250:].astype(float), OPTIONS)
    assert np.isfinite(tests.p_value).all()
    low_rank = (z := rng.normal(size=(n, 20))) @ z.T / 20
    assert np.isfinite(fit_polygenic_null(y, None, np.arange(n), low_rank).refit(counts[255].astype(float)).p_lrt)


def test_missing_genotypes(families: Families) -> None:
    """The scan fills the mean and counts it; the refit leaves the people out, as if they had never been there."""
    null = families.null("heritable")
    g = families.dosages[1].copy()
    g[:20] = np.nan
    tests = null.test_variants(g[None], OPTIONS)
    filled = null.test_variants(np.where(np.isnan(g), np.nanmean(g), g)[None], OPTIONS)
    assert tests.n_imputed[0] == 20
    assert tests.n[0] == len(g) - 20
    assert tests.p_value[0] == pytest.approx(filled.p_value[0], rel=1e-10)
    rest = np.arange(20, len(g))
    y = families.table["heritable"].to_numpy()[rest]
    alone = fit_polygenic_null(y, families.covariates[rest], rest, families.relationship)
    assert null.refit(g).p_wald == pytest.approx(alone.refit(g[rest]).p_wald, rel=1e-8)
    assert null.refit(g).n == len(rest)


def test_two_carrier_sets_have_one_covariance(families: Families) -> None:
    """Φ over two overlapping sets of people is the covariance of the scores under the model, and a covariance."""
    y, x = families.table["heritable"].to_numpy(), families.covariates
    sets = [np.arange(0, 120), np.arange(60, 160)]
    nulls = [fit_polygenic_null(y[s], x[s], s, families.relationship) for s in sets]
    copies = [families.dosages[:4][:, s] for s in sets]
    cross = nulls[0].cross_covariance(copies[0], nulls[1], copies[1])
    phi = np.block([[nulls[0].covariance(copies[0]), cross], [cross.T, nulls[1].covariance(copies[1])]])
    assert np.linalg.eigvalsh(phi)[0] > -1e-9 * np.linalg.eigvalsh(phi)[-1]
    same = nulls[0].cross_covariance(copies[0], nulls[0], copies[0])
    np.testing.assert_allclose(same, nulls[0].covariance(copies[0]), rtol=1e-8, atol=1e-10)


@settings(max_examples=15, deadline=None)
@example(seed=653, scale=1.0, shift=0.0)  # at the upper end of λ
@given(seed=st.integers(0, 10_000), scale=st.floats(1e-3, 1e3), shift=st.floats(-1e3, 1e3))
def test_invariances(seed: int, scale: float, shift: float) -> None:
    """Allele swap, order of people, units of covariates, trait and relationships."""
    rng = np.random.default_rng(seed)
    phi = pedigree_relationship(6, 20)
    n = len(phi)
    y, x = np.linalg.cholesky(phi) @ rng.normal(size=n) + rng.normal(size=n), rng.normal(size=(n, 2))
    g = drop_genes(rng, np.full(3, 0.4), 6, 20).astype(float)
    tests = fit_polygenic_null(y, x, np.arange(n), phi).test_variants(g, OPTIONS)
    order = rng.permutation(n)
    moved = fit_polygenic_null(y[order], x[order] * scale + shift, order, phi)
    np.testing.assert_allclose(moved.test_variants(2 - g[:, order], OPTIONS).beta, -tests.beta, rtol=1e-6)
    scaled = fit_polygenic_null(y * scale, x, np.arange(n), phi * 1.7).test_variants(g, OPTIONS)
    np.testing.assert_allclose(scaled.p_value, tests.p_value, rtol=1e-6)


def test_refusals() -> None:
    phi = np.eye(30)
    y = np.random.default_rng(8).normal(size=30)
    with pytest.raises(AnalysisError, match="not positive semidefinite"):
        decompose(phi - 2 * np.ones((30, 30)))
    with pytest.raises(AnalysisError, match="missing values"):
        decompose(np.where(np.eye(30) == 1, np.nan, 0.0))
    with pytest.raises(AnalysisError, match="explain the trait"):
        fit_polygenic_null(y, y[:, None] * 2, np.arange(30), phi)
    with pytest.raises(AnalysisError, match="collinear: b is"):
        fit_polygenic_null(y, np.column_stack([np.arange(30), 3 * np.arange(30)]), np.arange(30), phi, ["a", "b"])
    with pytest.raises(AnalysisError, match="constant"):
        fit_polygenic_null(np.ones(30), None, np.arange(30), phi)


def test_likelihood_is_that_of_the_model(families: Families) -> None:
    """REML likelihood against the formula with V written out (Harville 1974), where it peaks."""
    basis = decompose(families.relationship)
    y = families.table["mild"].to_numpy()
    x = sm.add_constant(families.covariates)
    fit = estimate_components(basis.values, basis.vectors.T @ y, basis.vectors.T @ x)

    def likelihood(genetic: float, residual: float) -> float:
        v = genetic * families.relationship + residual * np.eye(len(y))
        inverse = np.linalg.inv(v)
        gram = x.T @ inverse @ x
        p = inverse - inverse @ x @ np.linalg.solve(gram, x.T @ inverse)
        determinants = np.linalg.slogdet(v)[1] + np.linalg.slogdet(gram)[1] - np.linalg.slogdet(x.T @ x)[1]
        return -0.5 * ((len(y) - x.shape[1]) * np.log(2 * np.pi) + determinants + y @ p @ y)

    assert fit.log_likelihood == pytest.approx(likelihood(fit.genetic, fit.residual), abs=1e-7)
    for genetic, residual in ((1.02, 1), (0.98, 1), (1, 1.02), (1, 0.98)):
        assert likelihood(fit.genetic * genetic, fit.residual * residual) < fit.log_likelihood
