"""What ingest hands to the contamination model: REF and ALT reads of every called genotype at biallelic autosomal SNPs."""

import numpy as np
import pytest

from alsreg.formats.contigs import ORDER
from alsreg.formats.vcf import RecordBlock
from alsreg.genotypes.contamination import ERRORS, add_reads, profile_over_error
from alsreg.genotypes.filters import CALLED, LOW_DP, MISSING
from alsreg.genotypes.harmonise import Variants
from alsreg.genotypes.metrics import SampleSums
from alsreg.tables.genotypes import FOREIGN_COLUMNS, SAMPLE_METRICS

SAMPLES = ["a", "b", "c", "d", "e"]


def block_of(chromosome: str, alleles: tuple[str, ...]) -> tuple[RecordBlock, np.ndarray, np.ndarray]:
    """One record: 0/0, 0/1, 1/1, ./. and 0/1 of low depth, with reads of first, second and all alleles."""
    block = RecordBlock.allocate(chromosome, 1, 5)
    block.position, block.rs_id, block.alleles, block.filter = [100], [""], [alleles], ["PASS"]
    block.first[0], block.second[0] = [0, 0, 1, -1, 0], [0, 1, 1, -1, 1]
    block.ad[0] = [[28, 28, 30], [9, 11, 20], [17, 17, 18], [-1, -1, 25], [3, 2, 5]]
    block.has[:] = True
    block.dp[0] = block.ad[0][:, 2]
    return block, np.array([[CALLED, CALLED, CALLED, MISSING, LOW_DP]], np.uint8), np.array([[2, 11, 17, 0, 2]])


def metrics_of(chromosome: str, alleles: tuple[str, ...], ref_index: int = 0):
    block, reason, _ = block_of(chromosome, alleles)
    variants = Variants(records=np.array([0]), row=[0], allele=[1 - ref_index], ref_index=[ref_index],
                        chromosome=[ORDER[chromosome]])  # fmt: skip
    sums = SampleSums(5)
    sums.add(block, reason, variants)
    table = sums.table(SAMPLES, {chromosome: 1}, {chromosome: np.zeros(5, np.int64)})
    return SAMPLE_METRICS.conform(table)


@pytest.mark.parametrize("ref_index", [0, 1])
def test_reads_of_a_snp(ref_index):
    table = metrics_of("7", ("A", "G"), ref_index)
    _, _, alt = block_of("7", ("A", "G"))
    depth = np.array([[30, 20, 18, 0, 5]])
    alt = alt if ref_index == 0 else np.where(depth > 0, depth - alt, 0)
    sums, n_sites = np.zeros((5, len(ERRORS), len(FOREIGN_COLUMNS))), np.zeros(5, np.int64)
    add_reads(sums, n_sites, alt, depth, np.array([0.5]))  # 4 of 8 alleles
    assert table["n_foreign_sites"].tolist() == [1, 1, 1, 0, 1]
    np.testing.assert_allclose(table[list(FOREIGN_COLUMNS)].to_numpy(float), profile_over_error(sums))
    assert (table.loc[3, list(FOREIGN_COLUMNS)] == 0).all()


@pytest.mark.parametrize(("chromosome", "alleles"), [("X", ("A", "G")), ("7", ("A", "AG")), ("7", ("A", "G", "T"))])
def test_other_records_say_nothing(chromosome, alleles):
    table = metrics_of(chromosome, alleles)
    assert (table["n_foreign_sites"] == 0).all()
    assert (table[list(FOREIGN_COLUMNS)] == 0).all(axis=None)
