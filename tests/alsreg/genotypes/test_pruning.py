"""Pruning against NumPy and PLINK 2."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.genotypes.pruning import (
    outside_regions,
    prune_by_correlation,
    squared_correlation,
    thin_by_distance,
    thin_evenly,
)

REFERENCE = Path(__file__).parents[2] / "reference/kinship"


@pytest.fixture(scope="module")
def genotypes() -> np.ndarray:
    return pd.read_csv(REFERENCE / "genotypes.tsv.gz", sep="\t", header=None).to_numpy(dtype=np.int8)


def minor_frequency(counts: np.ndarray) -> np.ndarray:
    p = np.where(counts >= 0, counts, 0).sum(axis=1) / (2 * (counts >= 0).sum(axis=1))
    return np.minimum(p, 1 - p)


def test_correlation_is_over_people_called_for_both(genotypes: np.ndarray) -> None:
    found = squared_correlation(genotypes[:20], genotypes[20:45], min_overlap=10)
    for i in range(20):
        for j in range(25):
            both = (genotypes[i] >= 0) & (genotypes[20 + j] >= 0)
            expected = np.corrcoef(genotypes[i, both], genotypes[20 + j, both])[0, 1] ** 2
            assert found[i, j] == pytest.approx(expected, abs=1e-10)


def test_unknown_correlation_counts_as_one_and_no_variation_as_none() -> None:
    x = np.array([[0, 1, 2, -9, -9, -9], [0, 0, 0, 0, 0, 0]], dtype=np.int8)
    y = np.array([[-9, -9, -9, 0, 1, 2]], dtype=np.int8)
    np.testing.assert_array_equal(squared_correlation(x, y, min_overlap=3), [[1], [0]])


def test_keeps_what_plink_keeps(genotypes: np.ndarray) -> None:
    expected = {int(name[1:]) for name in (REFERENCE / "pruned.tsv").read_text().split()}
    kept: set[int] = set()
    for start in range(0, 4000, 1000):
        part = genotypes[start : start + 1000]
        keep = prune_by_correlation(
            lambda i, j, part=part: part[i:j],
            np.arange(1, 1001) * 10_000,
            minor_frequency(part),
            200_000,
            0.2,
            10,
            block=128,
        )
        kept |= {start + int(i) for i in np.flatnonzero(keep)}
    # The order in which pairs are tried is PLINK's own; the sets agree up to a few chains of three and more.
    assert len(kept ^ expected) <= 0.02 * len(expected)
    assert len(kept) == pytest.approx(len(expected), rel=0.01)


@pytest.mark.parametrize("block", [16, 100, 1000])
def test_no_pair_in_disequilibrium_is_left(genotypes: np.ndarray, block: int) -> None:
    part, position = genotypes[:600], np.arange(600) * 10_000
    rank = minor_frequency(part)
    keep = prune_by_correlation(lambda i, j: part[i:j], position, rank, 150_000, 0.2, 10, block=block)
    r2 = squared_correlation(part, part, 10)
    near = np.abs(position[:, None] - position[None, :]) <= 150_000
    linked = (r2 > 0.2) & near & ~np.eye(600, dtype=bool)
    assert not linked[np.ix_(keep, keep)].any()
    # Whoever went was in disequilibrium with somebody worth at least as much.
    better = linked & (rank[None, :] >= rank[:, None])
    assert better[~keep].any(axis=1).all()
    assert 0 < (~keep).sum() < 600


def test_spacing() -> None:
    chromosome = np.array([1, 1, 1, 1, 2, 2])
    position = np.array([100, 150, 1100, 1150, 120, 500])
    np.testing.assert_array_equal(thin_by_distance(chromosome, position, 1000), [1, 0, 1, 0, 1, 0])
    np.testing.assert_array_equal(thin_evenly(3, 5), [0, 1, 2])
    kept = thin_evenly(1000, 10)
    assert len(kept) == 10
    assert set(np.diff(kept)) == {100}


def test_regions_include_their_ends() -> None:
    chromosome = np.array(["6", "6", "6", "6", "7"])
    position = np.array([99, 100, 200, 201, 150])
    np.testing.assert_array_equal(outside_regions(chromosome, position, [("6", 100, 200)]), [1, 0, 0, 1, 1])
