"""Kinship against PLINK 2, standard errors against simulation, and what k SNPs can name."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from alsreg.genotypes.kinship import (
    PairCounts,
    RelationRule,
    call_relations,
    count_pairs,
    count_tiles,
    first_degree_kinds,
    null_ibs0,
    null_standard_error,
)

REFERENCE = Path(__file__).parents[2] / "reference/kinship"
COUNTS = arrays(np.int8, st.tuples(st.integers(1, 40), st.integers(1, 5)), elements=st.sampled_from([-9, 0, 1, 2]))


@pytest.fixture(scope="module")
def genotypes() -> np.ndarray:
    return pd.read_csv(REFERENCE / "genotypes.tsv.gz", sep="\t", header=None).to_numpy(dtype=np.int8)


def unrelated(n_snps: int, n_people: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.05, 0.95, n_snps)
    return rng.binomial(2, p[:, None], (n_snps, n_people)).astype(np.int8)


def children(parents: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One child of each successive couple; SNPs are unlinked."""
    allele = (rng.random(parents.shape) < parents / 2).astype(np.int8)
    return allele[:, 0::2] + allele[:, 1::2]


def test_agrees_with_plink_for_every_pair(genotypes: np.ndarray) -> None:
    expected = pd.read_csv(REFERENCE / "kinship.tsv.gz", sep="\t")
    found = count_pairs([(genotypes[:1500], genotypes[:1500]), (genotypes[1500:], genotypes[1500:])])
    i = expected["person_1"].str[1:].astype(int).to_numpy()
    j = expected["person_2"].str[1:].astype(int).to_numpy()
    assert len(expected) == 80 * 79 // 2
    np.testing.assert_array_equal(found.n_snps[i, j], expected["n_snps"])
    # PLINK prints six digits.
    np.testing.assert_allclose(found.kinship[i, j], expected["kinship"], atol=1e-6)


@given(first=COUNTS, data=st.data())
def test_counts_equal_a_loop(first: np.ndarray, data: st.DataObject) -> None:
    second = data.draw(arrays(np.int8, (len(first), 3), elements=st.sampled_from([-9, 0, 1, 2])))
    found = count_pairs([(first, second)])
    for i in range(first.shape[1]):
        for j in range(second.shape[1]):
            pairs = [(a, b) for a, b in zip(first[:, i], second[:, j], strict=True) if a >= 0 and b >= 0]
            assert found.n_snps[i, j] == len(pairs)
            assert found.n_het_1[i, j] == sum(a == 1 for a, _ in pairs)
            assert found.n_het_2[i, j] == sum(b == 1 for _, b in pairs)
            assert found.n_het_both[i, j] == sum(a == b == 1 for a, b in pairs)
            assert found.n_ibs0[i, j] == sum(abs(a - b) == 2 for a, b in pairs)
            assert found.n_same[i, j] == sum(a == b for a, b in pairs)


def test_tiles_cover_each_pair_once() -> None:
    counts = unrelated(300, 23, 1)
    whole = count_pairs([(counts, counts)]).kinship
    seen = np.zeros((23, 23), dtype=int)
    for tile in count_tiles(counts, counts, tile=5, block=64):
        n_1, n_2 = tile.counts.n_snps.shape
        at = np.s_[tile.first : tile.first + n_1, tile.second : tile.second + n_2]
        seen[at] += tile.is_above_diagonal
        np.testing.assert_allclose(tile.counts.kinship, whole[at])
    np.testing.assert_array_equal(seen, np.triu(np.ones((23, 23), dtype=int), 1))


def test_no_shared_snps_is_not_testable() -> None:
    tiles = list(count_tiles(np.empty((0, 2), np.int8), np.empty((0, 3), np.int8)))
    assert [tile.counts.n_snps.shape for tile in tiles] == [(2, 3)]
    rule = RelationRule(50, 6, 1.0, 0.95)
    assert set(call_relations(tiles[0].counts, rule).ravel()) == {"not_testable"}
    with pytest.raises(ValueError, match="no blocks"):
        count_pairs([])


@pytest.mark.parametrize("n_snps", [300, 3000])
def test_null_standard_error_is_the_spread_of_unrelated_pairs(n_snps: int) -> None:
    counts = unrelated(n_snps, 200, 7)
    found = count_pairs([(counts, counts)])
    upper = np.triu_indices(200, 1)
    spread = found.kinship[upper].std()
    # An upper bound: 10 % above the truth for frequencies between 5 and 95 %.
    assert spread <= null_standard_error(found)[upper].mean() <= 1.2 * spread


def test_delta_standard_error_is_the_spread_of_parent_and_child() -> None:
    rng = np.random.default_rng(3)
    parents = unrelated(1000, 1200, 11)
    found = count_pairs([(parents[:, 0::2], children(parents, rng))])
    diagonal = np.diag(found.kinship)
    # The smaller heterozygote count divides, which at 1,000 SNPs biases the estimate down by about 0.005.
    assert diagonal.mean() == pytest.approx(0.25, abs=0.01)
    assert np.diag(found.standard_error).mean() == pytest.approx(diagonal.std(), rel=0.15)


def test_relations_are_named_when_the_snps_suffice() -> None:
    rng = np.random.default_rng(5)
    founders = unrelated(40_000, 8, 2)
    child = children(founders[:, :2], rng)
    grandchild = children(np.concatenate([child, founders[:, 2:3]], axis=1), rng)
    great = children(np.concatenate([grandchild, founders[:, 3:4]], axis=1), rng)
    counts = np.concatenate([founders[:, :1], founders[:, :1], child, grandchild, great, founders[:, 5:6]], axis=1)
    relation = call_relations(count_pairs([(counts, counts)]), RelationRule(200, 1000, 1.0, 0.95))
    assert list(relation[0, 1:]) == ["same", "first", "second", "third", "unrelated"]


def test_parents_and_siblings_are_told_apart() -> None:
    rng = np.random.default_rng(12)
    parents = unrelated(650, 400, 13)
    child, sibling = children(parents, rng), children(parents, rng)
    wrong = rng.random(child.shape) < 0.004  # genotyping errors
    child = np.where(wrong, rng.integers(0, 3, child.shape), child).astype(np.int8)
    grandchild = children(np.stack([child, unrelated(650, 200, 14)], axis=2).reshape(650, -1), rng)
    rule = RelationRule(200, 30_000, 1.0, 0.95)
    named = {}
    for what, first, second in (
        ("parent", parents[:, 0::2], child), ("sibling", child, sibling), ("grandparent", parents[:, 0::2], grandchild),
    ):  # fmt: skip
        counts = count_pairs([(first, second)])
        relation = call_relations(counts, rule)
        named[what] = np.diag(relation), np.diag(first_degree_kinds(counts, relation, rule))
    # Kinship alone names 95 of 100 parents at 650 SNPs; their opposite homozygotes name all.
    assert set(named["parent"][0]) == {"first"} and set(named["parent"][1]) == {"parent_child"}
    relation, kind = named["sibling"]
    assert (relation == "first").mean() > 0.97 and (kind == "siblings").mean() > 0.9
    assert (kind == "parent_child").mean() <= 0.05
    assert set(named["grandparent"][0]) <= {"unrelated", "related"}


@pytest.mark.parametrize("lowest", [0.05, 0.4])
def test_opposite_homozygotes_of_unrelated_people_are_not_overstated(lowest: float) -> None:
    rng = np.random.default_rng(15)
    p = rng.uniform(lowest, 1 - lowest, 1000)
    counts = rng.binomial(2, p[:, None], (1000, 300)).astype(np.int8)
    found = count_pairs([(counts, counts)])
    upper = np.triu_indices(300, 1)
    truth = (2 * p**2 * (1 - p) ** 2).sum()
    assert found.n_ibs0[upper].mean() == pytest.approx(truth, rel=0.01)
    assert 0.75 * truth < null_ibs0(found)[upper].mean() < truth


def test_few_snps_name_nothing_they_cannot_tell() -> None:
    rng = np.random.default_rng(6)
    parents = unrelated(650, 400, 8)
    pairs = count_pairs([(parents[:, 0::2], children(parents, rng))])
    relation = np.diag(call_relations(pairs, RelationRule(200, 1000, 1.0, 0.95)))
    assert set(relation) <= {"first", "related", "unrelated"}
    assert (relation == "first").mean() > 0.9
    # 650 SNPs cannot tell a second from a third degree: neither is ever claimed.
    everybody = call_relations(count_pairs([(parents, parents)]), RelationRule(200, 79_800, 1.0, 0.95))
    assert not np.isin(everybody, ("second", "third")).any()
    few = unrelated(120, 4, 9)
    assert (call_relations(count_pairs([(few, few)]), RelationRule(50, 10**6, 1.0, 0.95)) == "not_testable").all()


def test_chance_relatives_stay_within_the_number_allowed() -> None:
    counts = unrelated(4000, 400, 21)
    found = call_relations(count_pairs([(counts, counts)]), RelationRule(200, 79_800, 1.0, 0.95))
    n = np.isin(found[np.triu_indices(400, 1)], ("same", "first", "second", "third", "related")).sum()
    assert n <= 4  # one expected at most; more than four in 2 of 100


def test_missing_heterozygotes_give_no_kinship() -> None:
    counts = np.zeros((300, 2), dtype=np.int8)
    found = count_pairs([(counts, counts)])
    assert np.isnan(found.kinship).all()
    assert (found.concordance == 1).all()
    assert (call_relations(found, RelationRule(50, 1, 1.0, 0.95)) == "not_testable").all()
    assert np.isnan(PairCounts.without_snps(1, 1).concordance).all()
