"""Genotype filters against PLINK 2 and bcftools, and rules they do not have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.config.freeze import CHROMOSOMES
from alsreg.formats.vcf import VcfFile
from alsreg.genotypes import filters
from alsreg.genotypes.filters import CALLED, REASONS, GenotypeThresholds, count_allele, judge_genotypes

FROZEN = Path(__file__).parents[2] / "reference/ingest"


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "thresholds"), [
    ("filters_gq_dp", GenotypeThresholds(20, 5, 5, 0.0, 1.0, 1.0)),
    ("filters_all", GenotypeThresholds(20, 5, 5, 0.2, 0.8, 0.1)),
])  # fmt: skip
def test_counts_of_real_genotypes(alsreg_data: Path, name: str, thresholds: GenotypeThresholds) -> None:
    frozen = pd.read_csv(FROZEN / f"{name}.tsv.gz", sep="\t", header=None, dtype={0: str})
    rows = []
    for block in VcfFile(alsreg_data / "kg_lowcov/1kg_hail_tutorial.vcf.gz").blocks(set(CHROMOSOMES)):
        calls, fields = (block.first, block.second), (block.gq, block.dp, block.ad)
        reason = judge_genotypes(calls, fields, block.has, thresholds, is_haploid_allowed=True)
        counts = count_allele(*calls, reason == CALLED, np.ones(len(block)))
        rows.append(np.stack([block.position, *((counts == k).sum(axis=1) for k in (0, 1, 2, -9))], axis=1))
    np.testing.assert_array_equal(np.vstack(rows), frozen.iloc[:, 1:].to_numpy())


def judge(call: tuple[int, int], gq: int, dp: int, reads: tuple[int, int, int], is_haploid_allowed: bool = True) -> str:
    calls = tuple(np.array([[allele]], np.int8) for allele in call)
    fields = (np.array([[gq]], np.int32), np.array([[dp]], np.int32), np.array([[reads]], np.int32))
    thresholds = GenotypeThresholds(20, 10, 5, 0.2, 0.8, 0.1)
    return REASONS[judge_genotypes(calls, fields, np.ones((1, 3), bool), thresholds, is_haploid_allowed)[0, 0]]


@pytest.mark.parametrize(("call", "gq", "dp", "reads", "expected"), [
    ((0, 1), 20, 10, (8, 2, 10), "called"),  # all bounds are inclusive
    ((0, 1), 20, 10, (2, 8, 10), "called"),
    ((0, 1), 19, 10, (5, 5, 10), "low_gq"),
    ((0, 1), 20, 9, (5, 5, 10), "low_dp"),
    ((0, 1), 19, 9, (9, 1, 10), "low_gq"),  # the first reason counts
    ((0, 1), 20, 10, (9, 1, 10), "het_allele_balance"),
    ((1, 0), 20, 10, (1, 9, 10), "het_allele_balance"),  # phased the other way round
    ((1, 2), 20, 20, (8, 2, 20), "called"),  # share among the two alleles called
    ((0, 0), 20, 10, (9, 9, 10), "called"),
    ((0, 0), 20, 10, (8, 8, 10), "hom_allele_balance"),
    ((1, 1), 20, 10, (8, 8, 10), "hom_allele_balance"),
    ((1, -2), 20, 5, (5, -1, 5), "called"),  # haploid: half the depth
    ((1, -2), 20, 4, (4, -1, 4), "low_dp"),
    ((1, -2), 20, 5, (3, -1, 5), "hom_allele_balance"),
    ((0, 1), -2147483648, -2147483648, (-1, -1, -1), "called"),  # a missing field does not condemn
    ((0, 1), 99, 10, (0, 0, 0), "called"),
    ((0, 0), 0, 0, (0, 0, 0), "no_depth"),  # as joint callers write a place without reads
    ((0, 0), -2147483648, -2147483648, (-1, -1, -1), "no_depth"),
    ((0, -2), 0, 0, (0, -1, 0), "no_depth"),
    ((0, 0), 40, -2147483648, (-1, -1, -1), "called"),  # a block of a gVCF: its quality tells
    ((0, 0), 0, 3, (3, 3, 3), "low_gq"),
    ((0, 0), -2147483648, -2147483648, (12, 12, 12), "called"),
    ((-1, -1), 0, 0, (-1, -1, 0), "missing"),
    ((-1, -2), 0, 0, (-1, -1, 0), "missing"),
    ((0, -1), 99, 99, (5, 5, 10), "half_call"),
    ((-1, 1), 99, 99, (5, 5, 10), "half_call"),
    ((0, -3), 99, 99, (5, 5, 10), "not_diploid"),
])  # fmt: skip
def test_verdicts(call, gq, dp, reads, expected) -> None:
    assert judge(call, gq, dp, reads) == expected


def test_homozygotes_without_depth_are_no_calls_only_where_depth_is_told() -> None:
    calls = (np.zeros((3, 1), np.int8), np.zeros((3, 1), np.int8))
    fields = (np.full((3, 1), -1, np.int32), np.full((3, 1), -1, np.int32), np.full((3, 1, 3), -1, np.int32))
    has = np.array([[True, False, False], [False, True, False], [False, False, True]])
    reason = judge_genotypes(calls, fields, has, GenotypeThresholds(0, 0, 0, 0.0, 1.0, 0.5), True)
    assert [REASONS[row] for row in reason[:, 0]] == ["called", "no_depth", "no_depth"]


def test_haploid_on_an_autosome() -> None:
    assert judge((1, -2), 99, 99, (9, -1, 9), is_haploid_allowed=False) == "not_diploid"
    assert judge((-1, -2), 99, 99, (9, -1, 9), is_haploid_allowed=False) == "missing"


def test_fields_that_are_absent_are_not_looked_at() -> None:
    shape = (2, 3)
    calls = (np.zeros(shape, np.int8), np.ones(shape, np.int8))
    fields = (np.zeros(shape, np.int32), np.zeros(shape, np.int32), np.full((*shape, 3), 9, np.int32))
    has = np.array([[False, False, False], [True, False, False]])
    reason = judge_genotypes(calls, fields, has, GenotypeThresholds(20, 10, 5, 0.2, 0.8, 0.1), True)
    assert reason.tolist() == [[CALLED] * 3, [filters.LOW_GQ] * 3]
