"""Sums per sample: PLINK 2, a slow way, and block sizes."""

import numpy as np
import pandas as pd
import pytest

from alsreg.genotypes.autosomes import AutosomeSums
from alsreg.genotypes.groups import ancestry_groups
from alsreg.genotypes.heterozygosity import jackknife_ratio
from helpers.plink2 import Plink2


def variants_of(plink2: Plink2) -> pd.DataFrame:
    return pd.DataFrame({"CHROM": plink2.chromosome, "POS": plink2.position, "REF": "A", "ALT": "C"})


def test_inbreeding_against_plink2():
    plink2 = Plink2.load()
    mine = plink2.group == "one"
    sums = AutosomeSums(ancestry_groups(np.full(mine.sum(), ""), 30))
    sums.add(variants_of(plink2), plink2.genotypes[:, mine])
    ratio, _ = jackknife_ratio(sums.observed, sums.expected)
    table = plink2.table("one.het")
    np.testing.assert_allclose(1 - ratio, table["F"], atol=2e-6)
    np.testing.assert_allclose(sums.observed.sum(axis=0), table["OBS_CT"] - table["O(HOM)"])


@pytest.fixture
def fileset() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    m, n = 400, 80
    alleles = rng.permuted(np.tile(list("ACGT"), (m, 1)), axis=1)
    alt = np.where(rng.random(m) < 0.1, "AC", alleles[:, 1])
    chromosome = np.repeat(["1", "2", "21", "X"], m // 4)
    position = np.tile(np.sort(rng.integers(1, 40_000_000, m // 4)), 4)
    genotypes = rng.binomial(2, rng.beta(0.3, 2, (m, 1)), (m, n)).astype(np.int8)
    genotypes[rng.random((m, n)) < 0.03] = -9
    variants = pd.DataFrame({"CHROM": chromosome, "POS": position, "REF": alleles[:, 0], "ALT": alt})
    return variants, genotypes, np.repeat(["B", "A", "tiny"], [40, 35, 5])


def sum_blocks(variants: pd.DataFrame, genotypes: np.ndarray, ancestry: np.ndarray, size: int) -> AutosomeSums:
    sums = AutosomeSums(ancestry_groups(ancestry, 30))
    for start in range(0, len(variants), size):
        sums.add(variants.iloc[start : start + size], genotypes[start : start + size])
    return sums


def test_sums_written_out(fileset):
    variants, genotypes, _ = fileset
    sums = sum_blocks(*fileset, 400)
    auto = (variants["CHROM"] != "X").to_numpy()
    g = np.where(genotypes[auto] < 0, np.nan, genotypes[auto])
    rows = variants[auto]
    pair = rows["REF"] + rows["ALT"]
    is_ti = pair.isin(["AG", "GA", "CT", "TC"]).to_numpy()
    is_snp = (rows["ALT"].str.len() == 1).to_numpy()
    assert sums.n_variants == 300
    np.testing.assert_array_equal(sums.called_by_chromosome.sum(axis=0), np.isfinite(g).sum(axis=0))
    np.testing.assert_array_equal(sums.n_transitions, (g[is_ti & is_snp] > 0).sum(axis=0))
    np.testing.assert_array_equal(sums.n_transversions, (g[~is_ti & is_snp] > 0).sum(axis=0))
    is_single = (g > 0).sum(axis=1) == 1
    assert is_single.any()
    np.testing.assert_array_equal(sums.n_singletons, (g[is_single] > 0).sum(axis=0))
    assert sums.observed.sum() == (g == 1).sum()


def test_small_groups_expect_what_everybody_shows(fileset):
    variants, genotypes, ancestry = fileset
    sums = sum_blocks(*fileset, 400)
    auto = (variants["CHROM"] != "X").to_numpy()
    g = np.where(genotypes[auto] < 0, np.nan, genotypes[auto])
    for label, pool in (("tiny", np.ones(80, bool)), ("A", ancestry == "A")):
        total = 2 * np.isfinite(g[:, pool]).sum(axis=1)
        p = np.nansum(g[:, pool], axis=1) / total
        h = 2 * p * (1 - p) * total / (total - 1)
        column = int(np.flatnonzero(ancestry == label)[0])
        assert sums.expected[:, column].sum() == pytest.approx(h[np.isfinite(g[:, column])].sum(), rel=1e-12)


@pytest.mark.parametrize("size", [1, 7, 150])
def test_block_size_does_not_matter(fileset, size):
    one, many = sum_blocks(*fileset, 400), sum_blocks(*fileset, size)
    assert one.observed.shape == many.observed.shape
    np.testing.assert_array_equal(one.observed, many.observed)
    np.testing.assert_allclose(one.expected, many.expected, rtol=1e-12)
    np.testing.assert_array_equal(one.n_singletons, many.n_singletons)
