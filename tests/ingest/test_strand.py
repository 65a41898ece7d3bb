"""Half of an array's SNPs exported on the other strand, at random: all come back but those that nothing can decide."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pysam
import pytest

COMPLEMENT = str.maketrans("ACGT", "TGCA")
PAIRS = [f"{a} {b}" for a in "ACGT" for b in "ACGT" if a != b]  # 12, of which four palindromic
N_SNPS, N_PEOPLE = 1200, 150
ARRAY = {"kind": "array", "has_reference_alleles": False}


def flip_half(records: list[list[str]], rng: np.random.Generator) -> list[list[str]]:
    """Complement both alleles of half of the records; the calls stay, they count the second allele."""
    is_flipped = rng.random(len(records)) < 0.5
    return [
        [*r[:3], r[3].translate(COMPLEMENT), r[4].translate(COMPLEMENT), *r[5:]] if flip else r
        for r, flip in zip(records, is_flipped, strict=True)
    ]


def swap_half(records: list[list[str]], rng: np.random.Generator) -> list[list[str]]:
    """Name the alleles of half of the records the other way round."""
    turned = {"0/0": "1/1", "0/1": "0/1", "1/1": "0/0"}
    is_swapped = rng.random(len(records)) < 0.5
    return [
        [*r[:3], r[4], r[3], *r[5:7], *(turned[call] for call in r[7:])] if swap else r
        for r, swap in zip(records, is_swapped, strict=True)
    ]


def draw(frequency: np.ndarray, rng: np.random.Generator) -> list[list[str]]:
    """Records of people of one population; REF is the genome's."""
    calls = np.array(["0/0", "0/1", "1/1"])[rng.binomial(2, frequency[:, None], (len(frequency), N_PEOPLE))]
    return [
        ["1", str(1000 + 50 * k), f"rs{k}", *PAIRS[k % 12].split(), "PASS", "GT", *row] for k, row in enumerate(calls)
    ]


def test_every_snp_but_undecidable_palindromes_is_recovered(write_vcf, run_import) -> None:
    rng = np.random.default_rng(2024)
    frequency = rng.uniform(0.02, 0.98, N_SNPS)
    names = " ".join(f"S{k}" for k in range(N_PEOPLE))
    sequenced, array = draw(frequency, rng), draw(frequency, rng)
    seq = run_import(write_vcf("seq.vcf.gz", map(" ".join, sequenced), samples=names), name="seq")
    exported = flip_half(swap_half(array, rng), rng)
    got = run_import(
        write_vcf("array.vcf.gz", map(" ".join, exported), samples=names), name="array", assay=ARRAY,
        sites=[f"{seq.prefix}.variant_info.parquet"],
    )  # fmt: skip
    copies = {"0/0": 0, "0/1": 1, "1/1": 2}
    truth = {f"1_{r[1]}_{r[3]}_{r[4]}": [copies[call] for call in r[7:]] for r in array}
    assert {name: got.genotypes[name] for name in got.genotypes} == {name: truth[name] for name in got.genotypes}
    lost = set(truth) - set(got.genotypes)
    assert all(name[-3:] in ("A_T", "T_A", "C_G", "G_C") for name in lost)
    # What nothing can decide: a third of the SNPs is palindromic, a fifth of them within 0.1 of one half.
    assert got.counts["variant", "palindromic_undecided"] == len(lost)
    assert 0.15 * N_SNPS / 3 < len(lost) < 0.35 * N_SNPS / 3
    near_half = {f"1_{r[1]}_{r[3]}_{r[4]}" for r, p in zip(array, frequency, strict=True) if abs(p - 0.5) < 0.19}
    assert lost <= near_half
    assert got.counts["variant", "strand_flipped"] == pytest.approx(len(got.genotypes) / 2, rel=0.15)


@pytest.mark.real_data
def test_real_array_flipped_at_random_is_read_as_before(alsreg_data: Path, run_import, tmp_path: Path) -> None:
    folder = alsreg_data / "kg3"
    common = {
        "chromosomes": ("21", "22"), "chains": {"NCBI36": str(alsreg_data / "reference/NCBI36_to_GRCh38.chain.gz")},
    }  # fmt: skip
    seq = run_import(folder / "wgs.GRCh38.vcf.gz", name="wgs", **common)
    with gzip.open(folder / "array.NCBI36.vcf.gz", "rt") as stream:
        lines = stream.read().splitlines()
    records = [line.split("\t") for line in lines if line.split("\t", 1)[0] in ("21", "22")]
    vcf = tmp_path / "flipped.vcf.gz"
    with pysam.BGZFile(str(vcf), "w") as out:
        flipped = flip_half(records, np.random.default_rng(7))
        out.write("\n".join([*(x for x in lines if x[0] == "#"), *map("\t".join, flipped), ""]).encode())
    pysam.tabix_index(str(vcf), preset="vcf")
    assay = {**ARRAY, "build": "NCBI36"}
    sites = [f"{seq.prefix}.variant_info.parquet"]
    before = run_import(folder / "array.NCBI36.vcf.gz", name="before", assay=assay, sites=sites, **common)
    after = run_import(vcf, name="after", assay=assay, sites=sites, **common)
    known = set(before.info.loc[before.info["is_ref_verified"], "variant_id"])
    # A SNP that no sequencing assay holds keeps the strand of the export, and is_ref_verified says so.
    assert len(known) > 0.98 * len(before.genotypes) > 400
    assert {name: after.genotypes.get(name) for name in known} == {name: before.genotypes[name] for name in known}
    for reason in ("palindromic_undecided", "palindromic_unreferenced"):
        assert after.counts.get(("variant", reason)) == before.counts.get(("variant", reason))
