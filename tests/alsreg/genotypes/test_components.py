"""Components against PLINK 2 and a plain singular value decomposition, and with whole blocks missing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.genotypes.components import alt_frequency, fit_components, project

REFERENCE = Path(__file__).parents[2] / "reference/kinship"


def populations(n_people: int, n_variants: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """ALT counts of three populations and the population of each person."""
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.1, 0.9, n_variants)
    by_population = np.clip(p + rng.normal(0, 0.12, (3, n_variants)) * [[1.0], [0.7], [0.5]], 0.03, 0.97)
    label = rng.integers(0, 3, n_people)
    counts = rng.binomial(2, by_population[label]).T.astype(np.int8)
    varies = (alt_frequency(counts) > 0) & (alt_frequency(counts) < 1)
    return counts[varies], label


def correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.array([abs(np.corrcoef(a, b)[0, 1]) for a, b in zip(first.T, second.T, strict=True)])


def test_agrees_with_plink_on_complete_data() -> None:
    counts = pd.read_csv(REFERENCE / "complete.tsv.gz", sep="\t", header=None).to_numpy(dtype=np.int8)
    counts = counts[(alt_frequency(counts) > 0) & (alt_frequency(counts) < 1)]
    model = fit_components(counts, 6)
    expected = pd.read_csv(REFERENCE / "eigenvectors.tsv", sep="\t").drop(columns="#IID").to_numpy()
    assert correlations(model.scores, expected).min() > 0.999
    values = np.loadtxt(REFERENCE / "eigenvalues.tsv")
    # PLINK prints six digits; our products are single precision.
    np.testing.assert_allclose(model.eigenvalues, values, rtol=1e-5)
    np.testing.assert_allclose(model.scores.std(axis=0), 1, atol=1e-12)
    assert model.n_iterations == 0


def test_projecting_the_people_fitted_gives_their_scores() -> None:
    counts, _ = populations(120, 900, 1)
    model = fit_components(counts, 3)
    np.testing.assert_allclose(project(model, counts), model.scores, atol=1e-5)


def test_a_few_gaps_change_little() -> None:
    counts, _ = populations(150, 1500, 2)
    complete = fit_components(counts, 2)
    holes = np.random.default_rng(0).random(counts.shape) < 0.05
    model = fit_components(np.where(holes, -9, counts).astype(np.int8), 2)
    assert model.is_converged
    assert correlations(model.scores, complete.scores).min() > 0.995


def test_assay_is_no_component_where_blocks_are_missing() -> None:
    counts, label = populations(400, 3000, 3)
    rng = np.random.default_rng(4)
    # Assay depends on population, as in a registry: 0 sees the first part, 1 the last, 2 all; 400 variants overlap.
    assay = np.where(rng.random(400) < 0.25, 2, (rng.random(400) < 0.2 + 0.3 * label).astype(int))
    holey = counts.copy()
    holey[np.ix_(np.arange(1600, len(counts)), assay == 0)] = -9
    holey[np.ix_(np.arange(1200), assay == 1)] = -9
    complete, model = fit_components(counts, 2), fit_components(holey, 2)
    assert correlations(model.scores, complete.scores).min() > 0.98
    within = model.scores.copy()
    for population in range(3):
        within[label == population] -= within[label == population].mean(axis=0)
    between = sum((assay == a).sum() * within[assay == a].mean(axis=0) ** 2 for a in range(3))
    # By chance assay explains 2/397 of what population leaves; the 0.1 % point of that is 3.5 %.
    assert (between / (within**2).sum(axis=0) < 0.035).all()
    # Filling gaps with means, which is what is avoided here, fails the same test.
    frequency = alt_frequency(holey)
    filled = np.where(holey >= 0, holey - 2 * frequency[:, None], 0) / np.sqrt(2 * frequency * (1 - frequency))[:, None]
    naive = np.linalg.svd(filled, full_matrices=False)[2][:3].T
    for population in range(3):
        naive[label == population] -= naive[label == population].mean(axis=0)
    between = sum((assay == a).sum() * naive[assay == a].mean(axis=0) ** 2 for a in range(3))
    assert (between / (naive**2).sum(axis=0)).max() > 0.3


def test_same_components_whatever_allele_is_counted() -> None:
    counts, _ = populations(100, 800, 5)
    flip = np.arange(len(counts)) % 2 == 0
    flipped = np.where(flip[:, None], 2 - counts, counts).astype(np.int8)
    assert correlations(fit_components(counts, 2).scores, fit_components(flipped, 2).scores).min() > 1 - 1e-9


def test_refuses_what_cannot_be_fitted() -> None:
    counts, _ = populations(20, 200, 6)
    with pytest.raises(ValueError, match="need more"):
        fit_components(counts, 20)
    counts[3] = 0
    with pytest.raises(ValueError, match="does not vary"):
        fit_components(counts, 2)
