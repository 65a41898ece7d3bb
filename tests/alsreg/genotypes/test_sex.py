"""Genetic sex: thick X, thin X, and real people."""

import numpy as np
import pytest

from alsreg.genotypes.groups import ancestry_groups
from alsreg.genotypes.sex import XEvidence, call_sex, effective_number, x_evidence

THRESHOLDS = {"max_female_f": 0.5, "min_male_f": 0.8, "min_independent": 40, "max_male_heterozygosity": 0.01}


def simulate_x(
    rng: np.random.Generator, n: int, m: int, n_haplotypes: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """X genotypes, males coded 0 and 2; with `n_haplotypes`, people draw whole haplotypes from that many."""
    is_male = np.arange(n) % 2 == 0
    p = rng.uniform(0.05, 0.95, (m, 1))
    pool = rng.random((m, n_haplotypes or 2 * n)) < p
    draw = rng.integers(0, pool.shape[1], (2, n)) if n_haplotypes else np.arange(2 * n).reshape(2, n)
    first, second = pool[:, draw[0]], pool[:, draw[1]]
    genotypes = np.where(is_male, 2 * first, first.astype(int) + second).astype(np.int8)
    genotypes[rng.random((m, n)) < 0.02] = -9
    return genotypes, np.where(is_male, "M", "F")


def call(genotypes: np.ndarray, **changed: float) -> np.ndarray:
    groups = ancestry_groups(np.full(genotypes.shape[1], ""), 30)
    return call_sex(x_evidence(genotypes, groups), **{**THRESHOLDS, **changed})


def test_thick_x():
    genotypes, sex = simulate_x(np.random.default_rng(1), 200, 400)
    assert (call(genotypes) == sex).all()


def test_thin_x_names_no_male_and_only_proven_females():
    rng = np.random.default_rng(2)
    genotypes, sex = simulate_x(rng, 300, 60, n_haplotypes=6)
    called = call(genotypes)
    assert set(called[sex == "M"]) == {"not testable"}
    assert set(called[sex == "F"]) == {"F", "not testable"}
    is_homozygous = (genotypes == 1).sum(axis=0) == 0
    assert (called[(sex == "F") & is_homozygous] == "not testable").all()
    assert (called[sex == "F"] == "F").mean() > 0.5


def test_male_errors_prove_no_female():
    rng = np.random.default_rng(3)
    genotypes, sex = simulate_x(rng, 300, 60, n_haplotypes=6)
    is_error = (rng.random(genotypes.shape) < 0.01) & (sex == "M")
    genotypes[is_error & (genotypes >= 0)] = 1
    assert (genotypes[:, sex == "M"] == 1).sum() > 50
    assert set(call(genotypes)[sex == "M"]) == {"not testable"}


def test_between_the_bounds_is_ambiguous():
    evidence = XEvidence(np.array([0.7, np.nan]), np.array([500, 0]), np.array([60, 0]), np.array([300.0, 0]))
    assert call_sex(evidence, **THRESHOLDS).tolist() == ["ambiguous", "not testable"]


def test_no_x_at_all():
    assert set(call(np.empty((0, 40), np.int8))) == {"not testable"}


@pytest.mark.parametrize(("n_haplotypes", "low", "high"), [(None, 150, 201), (8, 4, 9)])
def test_effective_number(n_haplotypes, low, high):
    genotypes, _ = simulate_x(np.random.default_rng(4), 600, 200, n_haplotypes)
    assert low < effective_number(genotypes, np.zeros(600, int)) < high


def test_effective_number_ignores_structure():
    """Two populations of different frequencies do not make independent variants linked."""
    rng = np.random.default_rng(5)
    group = np.repeat([0, 1], 300)
    p = rng.uniform(0.1, 0.9, (2, 150))
    genotypes = rng.binomial(2, p[group].T).astype(np.int8)
    assert effective_number(genotypes, group) > 130
    assert effective_number(genotypes, np.zeros(600, int)) < 60
