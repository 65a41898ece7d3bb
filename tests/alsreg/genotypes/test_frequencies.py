"""Counts and frequencies against PLINK 2, ploidy by position and sex."""

import numpy as np
import pytest

from alsreg.genotypes.frequencies import allele_counts, copies, count_genotypes, is_pseudoautosomal, ploidy_class
from alsreg.genotypes.heterozygosity import expected_heterozygosity
from alsreg.genotypes.hwe import hwe_exact
from helpers.plink2 import Plink2


@pytest.fixture(scope="module")
def plink2() -> Plink2:
    return Plink2.load()


def test_frequency_with_males_counted_once_on_x(plink2):
    ploidy = ploidy_class(plink2.chromosome, plink2.position)
    assert (ploidy == "x").sum() == 25
    found, n_alleles = [], []
    for kind, row in zip(ploidy, plink2.genotypes, strict=True):
        number = copies(kind, plink2.sex)
        counts = count_genotypes(row[None], (number == 1).astype(int), 2)
        alleles = allele_counts(counts[:, 0], counts[:, 1])
        found.append(alleles.frequency[0])
        n_alleles.append(alleles.total[0])
    table = plink2.table("all.afreq")
    np.testing.assert_array_equal(n_alleles, table["OBS_CT"])
    np.testing.assert_allclose(found, table["ALT_FREQS"], rtol=5e-6)  # PLINK prints six digits


def test_missing(plink2):
    called = (plink2.genotypes[plink2.is_autosomal] >= 0).mean(axis=0)
    np.testing.assert_allclose(1 - called, plink2.table("all.smiss")["F_MISS"], rtol=5e-6, atol=1e-12)


@pytest.mark.parametrize(("file", "is_mid_p"), [("one.hardy", False), ("one.midp.hardy", True)])
def test_hardy_weinberg(plink2, file, is_mid_p):
    counts = count_genotypes(plink2.genotypes[plink2.is_autosomal][:, plink2.group == "one"], np.zeros(90, int), 1)[
        :, 0
    ]
    table = plink2.table(file)
    np.testing.assert_array_equal(counts[:, 1], table["HET_A1_CT"])
    np.testing.assert_allclose(
        hwe_exact(*counts.T[:3], is_mid_p=is_mid_p), table["MIDP" if is_mid_p else "P"], rtol=5e-6
    )
    h = expected_heterozygosity(counts[:, 1] + 2 * counts[:, 2], 2 * counts[:, :3].sum(axis=1))
    n = counts[:, :3].sum(axis=1)
    np.testing.assert_allclose(h * (2 * n - 1) / (2 * n), table["E(HET_A1)"], rtol=5e-6, atol=1e-12)


def test_hardy_weinberg_of_females_on_x(plink2):
    rows = ploidy_class(plink2.chromosome, plink2.position) == "x"
    counts = count_genotypes(plink2.genotypes[rows][:, plink2.sex == "F"], np.zeros((plink2.sex == "F").sum(), int), 1)
    np.testing.assert_allclose(hwe_exact(*counts[:, 0].T[:3]), plink2.table("females.hardy.x")["P"], rtol=5e-6)


def test_pseudoautosomal_bounds_of_grch38():
    position = [10_000, 10_001, 2_781_479, 2_781_480, 155_701_382, 155_701_383, 156_030_895, 156_030_896]
    assert is_pseudoautosomal(np.array(position)).tolist() == [False, True, True, False, False, True, True, False]


def test_copies():
    sex = ["M", "F", ""]
    assert {kind: copies(kind, sex).tolist() for kind in ("diploid", "x", "y", "mt")} == {
        "diploid": [2, 2, 2], "x": [1, 2, 0], "y": [1, 0, 0], "mt": [1, 1, 1],
    }  # fmt: skip


def test_groups_and_missing():
    genotypes = np.array([[0, 1, 2, -9, 1]], dtype=np.int8)
    assert count_genotypes(genotypes, [0, 0, 1, 1, -1], 2).tolist() == [[[1, 1, 0, 0], [0, 0, 1, 1]]]


def test_haploid_heterozygote_counts_nothing():
    alleles = allele_counts(np.zeros((1, 4), int), np.array([[3, 1, 2, 5]]))
    assert (alleles.alt[0], alleles.total[0], alleles.mac[0]) == (2, 5, 2)
    assert np.isnan(allele_counts(np.zeros((1, 4), int)).frequency[0])
