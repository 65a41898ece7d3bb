"""Summed groups, heterogeneity, conditional tests and credible sets against R and closed forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import special

from alsreg.stats.cox import fit_cox_null
from alsreg.stats.credible import credible_set, log_bayes_factor, posterior
from alsreg.stats.heterogeneity import sum_groups
from alsreg.stats.kaplan_meier import aalen_johansen, kaplan_meier
from alsreg.stats.linear import fit_linear_null
from alsreg.stats.logistic import fit_logistic_null
from alsreg.stats.risk_sets import build_risk_sets

FROZEN = Path(__file__).parents[2] / "reference/leads"


def null_of(cohort, survival: pd.DataFrame, kind: str, keep: np.ndarray, extra: np.ndarray | None = None):  # type: ignore[no-untyped-def]
    """The null model of the people in `keep`, adjusted for one more column where given."""
    matrix = cohort.covariates[keep] if extra is None else np.column_stack([cohort.covariates[keep], extra[keep]])
    people = np.flatnonzero(keep)
    if kind == "quantitative":
        return fit_linear_null(cohort.phenotypes["qt"].to_numpy()[keep], matrix, people)
    if kind == "binary":
        return fit_logistic_null(cohort.phenotypes["case"].to_numpy()[keep], matrix, people)
    entry, exit, event = (survival[name].to_numpy(dtype=float)[keep] for name in ("entry", "exit", "event"))
    return fit_cox_null(build_risk_sets(entry, exit, event == 1), matrix, people)


@pytest.fixture(scope="module")
def survival(oracles: Path, oracle_cohort) -> pd.DataFrame:
    return pd.read_csv(oracles / "survival.csv", index_col=0).loc[oracle_cohort.genotypes.index]


@pytest.mark.parametrize(
    "row", list(pd.read_csv(FROZEN / "groups.csv").itertuples()), ids=lambda r: f"{r.variant}-{r.kind}"
)
def test_groups_and_their_sum_equal_r(oracle_cohort, survival: pd.DataFrame, row) -> None:
    group, dosage = (np.arange(800) + 1) % 3, oracle_cohort.dosage(row.variant)
    scores = [null_of(oracle_cohort, survival, row.kind, group == k).score(dosage[None, group == k]) for k in range(3)]
    u, v = (np.array([getattr(score, name)[0] for score in scores]) for name in ("u", "v"))
    np.testing.assert_allclose(u, (row.u0, row.u1, row.u2), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(v, (row.v0, row.v1, row.v2), rtol=1e-6)
    summed = sum_groups(u, v)
    ours = (summed.beta, summed.standard_error, summed.p_value, summed.q, summed.q_p, summed.i2)
    np.testing.assert_allclose(ours, (row.beta, row.se, row.p, row.Q, row.Q_p, row.I2), rtol=1e-6)
    assert summed.q == pytest.approx(np.sum(u**2 / v) - u.sum() ** 2 / v.sum())


def test_one_group_has_no_heterogeneity() -> None:
    alone = sum_groups([3.0], [4.0])
    assert (alone.beta, alone.standard_error, alone.n_groups) == (0.75, 0.5, 1) and np.isnan(alone.q_p)


@pytest.mark.parametrize("row", list(pd.read_csv(FROZEN / "conditional.csv").itertuples()),
                         ids=lambda r: f"{r.variant}-{r.given}-{r.kind}")  # fmt: skip
def test_a_variant_given_another_equals_r(oracle_cohort, survival: pd.DataFrame, row) -> None:
    dosage, given = oracle_cohort.dosage(row.variant), oracle_cohort.dosage(row.given)
    keep = np.isfinite(dosage) & np.isfinite(given)
    null = null_of(oracle_cohort, survival, row.kind, keep, given)
    if row.kind == "binary":
        refit = null.refit(dosage[keep], method="ml")
        score = null.score(dosage[None, keep])
        p = special.chdtrc(1, score.u[0] ** 2 / score.v[0])
    else:
        refit = null.refit(dosage[keep])
        p = refit.p_wald if row.kind == "quantitative" else refit.p_lrt
    assert keep.sum() == row.n
    np.testing.assert_allclose((refit.beta, refit.standard_error, p), (row.beta, row.se, row.p), rtol=1e-6)


@pytest.mark.parametrize("row", list(pd.read_csv(FROZEN / "incidence.csv").itertuples()),
                         ids=lambda r: f"{r.variant}-{r.genotype}-{r.time}")  # fmt: skip
def test_curves_by_genotype_equal_survfit(oracle_cohort, survival: pd.DataFrame, row) -> None:
    rows = survival[oracle_cohort.dosage(row.variant) == row.genotype]
    entry, exit = (rows[name].to_numpy(dtype=float) for name in ("entry", "exit"))
    incidence = aalen_johansen(entry, exit, rows["status_cr"].to_numpy()).at(np.array([row.time]))[:, 0]
    np.testing.assert_allclose(incidence, (row.one, row.two), rtol=1e-10, atol=1e-14)
    curve = kaplan_meier(entry, exit, rows["event"].to_numpy() == 1)
    step = np.searchsorted(curve.time, row.time, side="right") - 1
    ours = (curve.survival[step], curve.lower[step], curve.upper[step])
    np.testing.assert_allclose(ours, (row.survival, row.lower, row.upper), rtol=1e-9)


def test_bayes_factor_is_the_ratio_of_two_normal_densities() -> None:
    z, error, prior = np.array([0.0, 1.3, -5.5, 9.0]), np.array([0.05, 0.1, 0.08, 0.2]), 0.2

    def log_density(x: np.ndarray, variance: np.ndarray) -> np.ndarray:
        return -0.5 * (np.log(2 * np.pi * variance) + x**2 / variance)

    expected = log_density(z * error, error**2 + prior**2) - log_density(z * error, error**2)
    np.testing.assert_allclose(log_bayes_factor(z, error, prior), expected, rtol=1e-10)


def test_credible_set_holds_the_cause_as_often_as_it_says() -> None:
    """One of ten variants in linkage disequilibrium is causal, its effect drawn from the prior."""
    rng = np.random.default_rng(3)
    r = 0.9 ** np.abs(np.subtract.outer(np.arange(10), np.arange(10)))
    root, error, n, found, sizes = np.linalg.cholesky(r), 0.05, 4000, 0, []
    for _ in range(n):
        cause = rng.integers(10)
        z = r[cause] * rng.normal(0, 0.2) / error + root @ rng.normal(size=10)
        chosen = credible_set(posterior(log_bayes_factor(z, np.full(10, error), 0.2)), 0.9)
        found += cause in chosen
        sizes.append(len(chosen))
    assert 0.9 - 4 * np.sqrt(0.09 / n) < found / n < 0.97 and 1 <= min(sizes) < max(sizes) <= 10


def test_credible_set_of_known_probabilities() -> None:
    probability = np.array([0.05, 0.6, 0.3, 0.05])
    assert list(credible_set(probability, 0.6)) == [1] and list(credible_set(probability, 0.9)) == [1, 2]
    assert list(credible_set(probability, 1.0)) == [1, 2, 0, 3]
    assert posterior(np.array([1e4, 1e4])) == pytest.approx([0.5, 0.5])
