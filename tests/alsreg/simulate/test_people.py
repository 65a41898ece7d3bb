"""Families inherit as families do; assays overlap as the registry's do."""

from __future__ import annotations

import numpy as np
import pytest

from alsreg.simulate.people import draw_assays, draw_pedigree, inherit
from alsreg.simulate.sizes import FaultCounts

FAMILIES = FaultCounts(trios=30, parent_child=20, siblings=60)


def test_full_registry_has_the_real_numbers_of_samples() -> None:
    has_assay = draw_assays(2_080, np.random.default_rng(1))
    assert has_assay.sum(axis=0).tolist() == [1_500, 1_100, 500]
    assert has_assay.any(axis=1).all()
    assert has_assay.all(axis=1).sum() == 150


@pytest.mark.parametrize("n", [60, 120, 301])
def test_every_person_has_an_assay_in_the_real_proportions(n: int) -> None:
    has_assay = draw_assays(n, np.random.default_rng(n))
    assert has_assay.shape == (n, 3) and has_assay.any(axis=1).all()
    assert has_assay.mean(axis=0) == pytest.approx([0.72, 0.53, 0.24], abs=4 / n)


def test_children_carry_one_haplotype_of_each_parent_at_every_locus() -> None:
    rng = np.random.default_rng(1)
    pedigree = draw_pedigree(5, FAMILIES, rng)
    origin = inherit(pedigree, 50, 130.0, False, rng)
    switches = []
    for child in np.flatnonzero(pedigree.father >= 0):
        for column, parent in ((0, pedigree.mother[child]), (1, pedigree.father[child])):
            strand = origin[:, child, column, None] == origin[:, parent]
            assert (strand.sum(axis=1) == 1).all()
            switches.append((np.diff(strand[:, 0].astype(int)) != 0).mean())
    # Haldane: r = (1 - exp(-2 d)) / 2 with d = 1.3 Morgan / 50 loci
    assert np.mean(switches) == pytest.approx(0.5 * (1 - np.exp(-2 * 1.3 / 50)), rel=0.15)


def test_siblings_share_half_of_their_haplotypes() -> None:
    rng = np.random.default_rng(2)
    pedigree = draw_pedigree(0, FAMILIES, rng)
    origin = inherit(pedigree, 200, 3_000.0, False, rng)
    shares = []
    for family in range(50, 110):
        one, other = np.flatnonzero((pedigree.family == family) & (pedigree.father >= 0))
        assert not pedigree.is_registrable[pedigree.father[one]]
        shares.append((origin[:, one] == origin[:, other]).mean())
    assert np.mean(shares) == pytest.approx(0.5, abs=0.03)


def test_men_have_one_x_and_give_it_to_daughters_only() -> None:
    rng = np.random.default_rng(3)
    pedigree = draw_pedigree(10, FAMILIES, rng)
    origin = inherit(pedigree, 40, 130.0, True, rng)
    assert (origin[:, pedigree.is_male, 0] == origin[:, pedigree.is_male, 1]).all()
    for child in np.flatnonzero(pedigree.father >= 0):
        fathers = origin[:, pedigree.father[child], 0]
        if pedigree.is_male[child]:
            assert not (origin[:, child] == fathers[:, None]).any()
        else:
            assert (origin[:, child, 1] == fathers).all()


def test_subset_refuses_to_orphan_children() -> None:
    pedigree = draw_pedigree(3, FaultCounts(trios=1, parent_child=0, siblings=0), np.random.default_rng(1))
    kept = pedigree.subset(np.array([1, 3, 4, 5]))
    assert kept.father.tolist() == [-1, -1, -1, 1] and kept.mother.tolist() == [-1, -1, -1, 2]
    with pytest.raises(ValueError, match="parents"):
        pedigree.subset(np.array([0, 3, 5]))
