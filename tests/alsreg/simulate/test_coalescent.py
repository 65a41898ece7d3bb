"""Genealogies follow the published demography."""

from __future__ import annotations

import numpy as np
import pytest

from alsreg.simulate.coalescent import MUTATION_RATE, demography, simulate_haplotypes

# demography().debug().mean_coalescence_time({"JPT": 2}) of msprime 1.4.4: an integral that takes two minutes.
MEAN_COALESCENCE_TIME = 19_791.29


def test_sizes_are_those_of_the_paper() -> None:
    model = demography()
    debug = model.debug()
    times = np.array([0.0, 309.0, 1_000.0, 3_000.0, 8_000.0, 20_000.0])
    sizes = dict(zip([p.name for p in model.populations], debug.population_size_trajectory(times).T, strict=True))
    # Jouganous et al. 2017, table 4: JPT founded with 4,384 people 9 kya and growing by 1.29 % a generation.
    assert sizes["JPT"][0] == pytest.approx(4_384 * np.exp(0.0129 * 9_000 / 29))
    assert sizes["JPT"][1] == pytest.approx(4_384, rel=0.02)
    assert sizes["CHB"][2] == pytest.approx(1_019 * np.exp(0.0026 * (46_000 / 29 - 1_000)))
    assert sizes["OOA"][3] == 2_831 and sizes["AMH"][4] == 23_721 and sizes["AMH"][5] == 11_293
    assert demography(0.75).debug().population_size_trajectory([0.0])[0, 0] == pytest.approx(0.75 * 23_721)


def test_diversity_is_that_expected_of_the_demography() -> None:
    model = demography()
    expected = 2 * MUTATION_RATE * MEAN_COALESCENCE_TIME
    found = []
    for seed in range(1, 121):
        _, alleles = simulate_haplotypes(model, 40, 20_000, seed)
        frequency = alleles.mean(axis=1)
        found.append((2 * frequency * (1 - frequency)).sum() * 80 / 79 / 20_000)
    assert np.mean(found) == pytest.approx(expected, abs=4 * np.std(found) / np.sqrt(len(found)))
    assert expected == pytest.approx(5.7e-4, rel=0.01)


def test_spectrum_has_the_singletons_of_growth_and_linkage() -> None:
    counts, correlation = [], []
    for seed in range(1, 31):
        offsets, alleles = simulate_haplotypes(demography(), 300, 10_000, seed)
        assert (np.diff(offsets) > 0).all() and offsets.max() < 10_000
        count = alleles.sum(axis=1)
        assert count.min() > 0 and count.max() < 600
        counts.append(count)
        common = alleles[(count > 120) & (count < 480)].astype(float)
        if len(common) > 1:
            correlation.append((np.corrcoef(common) ** 2)[np.triu_indices(len(common), 1)].mean())
    singletons = np.mean(np.concatenate(counts) == 1)
    constant_size = 1 / sum(1 / i for i in range(1, 600))
    assert singletons > 1.7 * constant_size
    assert np.mean(correlation) > 0.1  # unlinked sites would show 1/600


def test_seed_decides_everything() -> None:
    first, again, other = (simulate_haplotypes(demography(), 20, 5_000, seed)[1] for seed in (7, 7, 8))
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)
