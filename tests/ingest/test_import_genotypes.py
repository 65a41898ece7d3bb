"""One assay and shard, from VCF to PGEN."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pysam.bcftools
import pytest

from alsreg.errors import InputError
from alsreg.genotypes.ledger import unaccounted

REFERENCE = Path(__file__).parents[1] / "reference/ingest"


def test_every_kind_of_allele_is_written_or_counted(write_vcf, run_import) -> None:
    vcf = write_vcf("a.vcf.gz", [
        "chr1 100 rs1 A G PASS GT 0/0 0/1 1/1",
        "chr1 200 . C A,T PASS GT 0/1 1/2 2/2",
        "chr1 300 . G *,A PASS GT 0/1 1/2 0/2",
        "chr1 400 . T <DEL> PASS GT 0/1 0/0 0/0",
        "chr1 500 . T T[chr2:5[ PASS GT 0/1 0/0 0/0",
        "chr1 600 . ACC ACCC,A . GT 0/1 1/2 0/0",
        "chr1 700 . A . PASS GT 0/0 0/0 0/0",
        "chr1 800 . A G q10 GT 0/0 0/1 0/0",
        "chr1 900 . A R PASS GT 0/0 0/1 0/0",
        "chr2 100 . A G PASS GT 0/0 0/1 1/1",
    ])  # fmt: skip
    got = run_import(vcf)
    assert got.genotypes == {
        "1_100_A_G": [0, 1, 2],
        "1_200_C_A": [1, 1, 0], "1_200_C_T": [0, 1, 2],
        "1_300_G_A": [0, 1, 1],
        "1_600_A_AC": [1, 1, 0], "1_600_ACC_A": [0, 1, 0],
    }  # fmt: skip
    assert got.counts == {
        ("record", "read"): 9, ("record", "used"): 7, ("record", "split"): 3, ("record", "no_alternate_allele"): 1,
        ("record", "filter_not_pass"): 1, ("record", "no_gq"): 7, ("record", "no_dp"): 7, ("record", "no_ad"): 7,
        ("variant", "from_records"): 10, ("variant", "star"): 1, ("variant", "symbolic"): 1, ("variant", "breakend"): 1,
        ("variant", "not_bases"): 1, ("variant", "trimmed"): 1, ("variant", "written"): 6,
        ("genotype", "read"): 21, ("genotype", "called"): 21,
    }  # fmt: skip
    assert got.info.set_index("variant_id").loc["1_100_A_G", "rs_id"] == "rs1"
    assert got.info["is_ref_verified"].all()


def test_calls_that_are_not_diploid(write_vcf, run_import) -> None:
    vcf = write_vcf("a.vcf", [
        "X 100 . A G PASS GT 0 1 . 0/1",
        "X 200 . A G PASS GT ./. ./1 0/. 1|1",
        "1 100 . A G PASS GT 0 1/1 . 0/1",
        "1 200 . A G PASS GT 0/0/1 1/1 ./. 0/1",
    ], samples="A B C D", how="plain")  # fmt: skip
    got = run_import(vcf, chromosomes=("1", "X"))
    assert got.genotypes == {
        "1_100_A_G": [-9, 2, -9, 1], "1_200_A_G": [-9, 2, -9, 1],
        "X_100_A_G": [0, 2, -9, 1], "X_200_A_G": [-9, -9, -9, 2],
    }  # fmt: skip
    expected = {"read": 16, "called": 8, "missing": 4, "half_call": 2, "not_diploid": 2, "haploid": 3}
    assert {reason: n for (unit, reason), n in got.counts.items() if unit == "genotype"} == expected


def test_filters_and_metrics(write_vcf, run_import) -> None:
    vcf = write_vcf("a.vcf.gz", [
        "1 100 . A G PASS GT:GQ:DP:AD 0/0:30:20:19,1 0/1:30:20:10,10 1/1:30:20:0,20",
        "1 200 . A G PASS GT:GQ:DP:AD 0/0:10:20:20,0 0/1:30:4:2,2 0/1:30:20:18,2",
        "1 300 . A G PASS GT:GQ:DP:AD 0/0:30:20:10,10 1/1:.:.:. 0/0:30:.:20,0",
        "1 400 . A C,G PASS GT:AD:GQ:DP 0/1:9,9,2:30:20 1/2:1,9,10:30:20 0/2:18,2,0:30:20",
        "1 500 . A G PASS GT 0/0 0/1 1/1",
    ])  # fmt: skip
    got = run_import(vcf)
    assert got.genotypes == {
        "1_100_A_G": [0, 1, 2], "1_200_A_G": [-9, -9, -9], "1_300_A_G": [-9, 2, 0],
        "1_400_A_C": [1, 1, -9], "1_400_A_G": [0, 1, -9], "1_500_A_G": [0, 1, 2],
    }  # fmt: skip
    losses = {reason: n for (unit, reason), n in got.counts.items() if unit == "genotype"}
    assert losses == {
        "read": 15,
        "called": 10,
        "low_gq": 1,
        "low_dp": 1,
        "het_allele_balance": 2,
        "hom_allele_balance": 1,
    }
    metrics = got.metrics.set_index("sample")
    assert metrics["n_variants"].tolist() == [6, 6, 6]
    assert metrics["n_called"].tolist() == [4, 5, 3 + 0]
    assert metrics["n_filtered"].tolist() == [2, 1, 2]
    assert metrics["sum_dp"].tolist() == [40, 40, 20]
    assert metrics["n_hom_ref_with_ad"].tolist() == [2, 0, 1]
    np.testing.assert_allclose(metrics["sum_hom_ref_alt_fraction"], [0.05 + 0.5, 0, 0])
    assert metrics["n_het_with_ad"].tolist() == [1, 1, 2]
    np.testing.assert_allclose(metrics["sum_het_alt_fraction"], [0.5, 0.5, 0.1 + 0.0])


def test_duplicates_keep_the_better_called(write_vcf, run_import) -> None:
    vcf = write_vcf("a.vcf.gz", [
        "1 100 rs1 A G PASS GT 0/0 ./. 0/1",
        "1 100 rs2 A G PASS GT 0/0 0/1 0/1",
        "1 100 rs3 A G PASS GT 1/1 0/1 0/1",
    ])  # fmt: skip
    got = run_import(vcf)
    assert got.genotypes == {"1_100_A_G": [0, 1, 1]}
    assert got.info["rs_id"].tolist() == ["rs2"]
    assert got.counts["variant", "duplicate"] == 2


@pytest.mark.parametrize("how", ["plain", "gzip", "bgzip", "bgzip index"])
def test_container_and_index_do_not_matter(write_vcf, run_import, how: str) -> None:
    records = [f"chr{c} {p} . A G PASS GT 0/0 0/1 1/1" for c in (1, 2, 3) for p in (10, 20)]
    got = run_import(write_vcf("a.vcf.gz", records, how=how), chromosomes=("2", "3"))
    assert list(got.genotypes) == ["2_10_A_G", "2_20_A_G", "3_10_A_G", "3_20_A_G"]


@pytest.mark.parametrize(
    "name", ["with space.vcf.gz", 'it\'s "quoted".vcf.gz', "$(touch pwned).vcf.gz", "患者.vcf.gz", "-rf.vcf.gz"]
)
def test_odd_paths(write_vcf, run_import, name: str, tmp_path: Path) -> None:
    got = run_import(write_vcf(f"an odd $HOME/{name}", ["1 100 . A G PASS GT 0/0 0/1 1/1"]))
    assert got.genotypes == {"1_100_A_G": [0, 1, 2]}
    assert not list(tmp_path.rglob("pwned"))


def test_one_file_per_chromosome(write_vcf, run_import) -> None:
    files = [write_vcf(f"{c}.vcf.gz", [f"{c} 100 . A G PASS GT 0/0 0/1 1/1"]) for c in (2, 1)]
    assert list(run_import(*files, chromosomes=("1", "2")).genotypes) == ["1_100_A_G", "2_100_A_G"]


def test_a_shard_without_records_is_empty_and_not_an_error(write_vcf, run_import) -> None:
    got = run_import(write_vcf("a.vcf.gz", ["1 100 . A G PASS GT 0/0 0/1 1/1"]), chromosomes=("X",))
    assert got.genotypes == {} and got.samples == ["S1", "S2", "S3"]
    assert got.counts == {("variant", "written"): 0}
    assert len(got.metrics) == 0 and len(got.info) == 0


def test_order_and_counts_do_not_depend_on_block_size(write_vcf, run_import, monkeypatch) -> None:
    draw = np.random.default_rng(1)
    records = [
        f"1 {p} . A {draw.choice(['G', 'C,T', 'AT'])} PASS GT " + " ".join(draw.choice(["0/0", "0/1", "1/1", "./."], 3))
        for p in draw.permutation(np.arange(100, 2000, 7))
    ]
    vcf = write_vcf("a.vcf", records, how="plain")
    whole = run_import(vcf)
    monkeypatch.setattr("alsreg.formats.vcf.GENOTYPES_PER_BLOCK", 48)
    monkeypatch.setattr("ingest.import_genotypes.BLOCK", 17)
    pieces = run_import(vcf, name="pieces")
    assert whole.genotypes == pieces.genotypes and whole.counts == pieces.counts
    positions = [int(name.split("_")[1]) for name in whole.genotypes]
    assert positions == sorted(positions) and len(positions) > 300
    assert len(unaccounted(whole.table)) == 0


def test_split_and_left_alignment_as_bcftools(run_import) -> None:
    got = run_import(REFERENCE / "unnormalised.txt", fasta=REFERENCE / "genome.fa")
    frozen = pd.read_csv(REFERENCE / "normalised.tsv", sep="\t", header=None)
    frozen.index = [f"1_{p}_{r}_{a}" for p, r, a in frozen[[0, 1, 2]].itertuples(index=False)]
    calls = frozen[range(3, 9)].fillna(-9).astype(int)
    assert set(got.genotypes) == set(calls.index)
    unique = ~calls.index.duplicated(keep=False)
    assert unique.sum() > 600
    for name, row in calls[unique].iterrows():
        assert got.genotypes[name] == row.tolist(), name
    n_repeats = int(calls.index.duplicated().sum())
    assert got.counts.get(("variant", "duplicate"), 0) == n_repeats
    assert got.counts["variant", "left_aligned"] > 50


CHAIN = """chain 1 1 1000 + 0 400 1 2000 + 100 500 1
400

chain 1 1 1000 + 500 900 1 2000 - 1000 1400 2
400

chain 1 1 1000 + 900 1000 2 2000 + 0 100 3
100

"""


def test_lift_with_strand(write_vcf, run_import, tmp_path: Path) -> None:
    chain = tmp_path / "to38.chain"
    chain.write_text(CHAIN)
    vcf = write_vcf("a.vcf.gz", [
        "1 100 . A G PASS GT 0/0 0/1 1/1",
        "1 450 . A G PASS GT 0/0 0/1 1/1",
        "1 501 . A G PASS GT 0/0 0/1 1/1",
        "1 600 . AC A PASS GT 0/0 0/1 1/1",
        "1 610 . AC GT PASS GT 0/0 0/1 1/1",
        "1 700 . A C,T PASS GT 0/0 1/2 1/1",
        "1 950 . A G PASS GT 0/0 0/1 1/1",
    ])  # fmt: skip
    got = run_import(vcf, assay={"build": "GRCh37"}, chains={"GRCh37": str(chain)})
    assert got.genotypes == {
        "1_200_A_G": [0, 1, 2],
        "1_1000_T_C": [0, 1, 2],
        "1_890_GT_AC": [0, 1, 2],
        "1_801_T_A": [0, 1, 0], "1_801_T_G": [0, 1, 2],
    }  # fmt: skip
    variants = {reason: n for (unit, reason), n in got.counts.items() if unit == "variant"}
    assert variants == {
        "from_records": 8, "lifted": 7, "strand_flipped": 4, "lift_unmapped": 1, "lift_reversed_indel": 1,
        "lift_other_shard": 1, "written": 5,
    }  # fmt: skip
    assert not got.info["is_ref_verified"].any()


def test_reference_alleles_that_changed_between_builds(write_vcf, run_import, tmp_path: Path) -> None:
    sequence = "ACGT" * 250
    fasta = tmp_path / "g.fa"
    fasta.write_text(f">1\n{sequence}\n")
    (tmp_path / "g.fa.fai").write_text("1\t1000\t3\t1000\t1001\n")
    vcf = write_vcf("a.vcf.gz", [
        *(f"1 {p} . A G PASS GT 0/0 0/1 1/1" for p in range(101, 301, 4)),
        "1 401 . G A PASS GT 0/0 0/1 1/1",
        "1 405 . G A,T PASS GT 0/1 1/2 ./.",
        "1 409 . G T PASS GT 0/0 0/1 1/1",
        "1 413 . GC G PASS GT 0/0 0/1 1/1",
    ])  # fmt: skip
    got = run_import(vcf, fasta=fasta)
    assert got.genotypes["1_401_A_G"] == [2, 1, 0]
    assert got.genotypes["1_405_A_G"] == [1, 0, -9] and got.genotypes["1_405_A_T"] == [0, 1, -9]
    assert got.counts["variant", "ref_alt_swapped"] == 3 and got.counts["variant", "ref_mismatch"] == 2
    assert got.info["is_ref_verified"].all()


def problem(call) -> InputError:
    with pytest.raises(InputError) as caught:
        call()
    return caught.value


def test_wrong_build_against_fasta(write_vcf, run_import, tmp_path: Path) -> None:
    (tmp_path / "g.fa").write_text(">1\n" + "ACGT" * 250 + "\n")
    (tmp_path / "g.fa.fai").write_text("1\t1000\t3\t1000\t1001\n")
    vcf = write_vcf("a.vcf.gz", [f"1 {p} . A G PASS GT 0/0 0/1 1/1" for p in range(102, 302, 4)])
    error = problem(lambda: run_import(vcf, fasta=tmp_path / "g.fa"))
    assert "not GRCh38" in str(error) and "50 of 50 REF alleles" in str(error) and "build" in error.remedy


def sequencing_sites(write_vcf, run_import, offset: int = 0):
    """A sequencing assay with one SNP of every kind every 10 bases."""
    pairs = ["A G", "C T", "A C", "G T"] * 25
    records = [f"1 {1000 + 10 * k + offset} rs{k} {pair} PASS GT 0/0 0/1 1/1" for k, pair in enumerate(pairs)]
    return run_import(write_vcf("seq.vcf.gz", records), name="seq")


def test_wrong_build_against_sequencing(write_vcf, run_import, tmp_path: Path) -> None:
    seq = sequencing_sites(write_vcf, run_import, offset=100)
    (tmp_path / "right.chain").write_text("chain 1 1 5000 + 0 4000 1 5000 + 100 4100 1\n4000\n\n")
    (tmp_path / "other.chain").write_text("chain 1 1 5000 + 0 4000 1 5000 + 333 4333 1\n4000\n\n")
    chains = {"NCBI36": str(tmp_path / "other.chain"), "GRCh37": str(tmp_path / "right.chain")}
    records = [f"1 {1000 + 10 * k} rs{k} A G PASS GT 0/0 0/1 1/1" for k in range(100)]
    vcf = write_vcf("array.vcf.gz", records)
    array = {"kind": "array", "has_reference_alleles": False}
    for build in ("GRCh38", "NCBI36"):
        sites = [f"{seq.prefix}.variant_info.parquet"]
        error = problem(lambda: run_import(vcf, assay={**array, "build": build}, chains=chains, sites=sites))  # noqa: B023
        assert f"not {build}" in str(error) and "fit GRCh37 best" in str(error) and "100 of 100" in str(error)
    nameless = write_vcf("nameless.vcf.gz", [r.replace(f" rs{k} ", " . ") for k, r in enumerate(records)])
    error = problem(lambda: run_import(nameless, assay={**array, "build": "NCBI36"}, chains=chains, sites=sites))
    assert "read as GRCh37" in str(error)


def test_array_alleles_are_resolved_by_sequencing(write_vcf, run_import) -> None:
    common = "PASS GT 0/0 0/0 0/0 0/0 0/1"  # ALT frequency 0.1
    seq = run_import(write_vcf("seq.vcf.gz", [
        f"1 100 . A G {common}", f"1 200 . A G {common}", f"1 300 . A G {common}", f"1 400 . A G {common}",
        f"1 500 . A G {common}", f"1 600 . A T {common}", f"1 700 . A T {common}", f"1 800 . A T {common}",
        "1 900 . A T PASS GT 0/1 0/1 0/1 0/1 0/0", f"1 1000 . C A,G {common}",
    ], samples="A B C D E"), name="seq")  # fmt: skip
    rare = "PASS GT 0/0 0/0 0/0 0/1 0/0"
    frequent = "PASS GT 1/1 1/1 1/1 0/1 1/1"
    got = run_import(
        write_vcf("array.vcf.gz", [
            f"1 100 . A G {rare}", f"1 200 . G A {frequent}", f"1 300 . T C {rare}", f"1 400 . C T {frequent}",
            f"1 500 . A C {rare}", f"1 600 . A T {rare}", f"1 700 . A T {frequent}", f"1 800 . T A {rare}",
            f"1 900 . A T {rare}", f"1 1000 . C G {rare}", f"1 1100 . C T {rare}", f"1 1200 . C G {rare}",
            f"1 1300 . AC A {rare}",
        ], samples="A B C D E"),
        assay={"kind": "array", "has_reference_alleles": False}, sites=[f"{seq.prefix}.variant_info.parquet"],
        settings={"min_build_evidence": 100}, name="array",
    )  # fmt: skip
    expected = [0, 0, 0, 1, 0]
    assert got.genotypes == dict.fromkeys([
        "1_100_A_G", "1_200_A_G", "1_300_A_G", "1_400_A_G",  # as is, swapped, flipped, flipped and swapped
        "1_600_A_T", "1_700_A_T", "1_800_A_T",  # palindromic, by frequency: as is, flipped twice
        "1_1000_C_G",  # the second ALT allele of its site
        "1_1100_C_T",  # in no reference: as exported
    ], expected)  # fmt: skip
    assert got.counts["variant", "palindromic_undecided"] == 1
    assert got.counts["variant", "palindromic_unreferenced"] == 1
    assert got.counts["variant", "allele_mismatch"] == 1
    assert got.counts["variant", "array_not_biallelic_snp"] == 1
    assert got.counts["variant", "alleles_as_exported"] == 1
    verified = got.info.set_index("variant_id")["is_ref_verified"]
    assert not verified["1_1100_C_T"] and verified.drop("1_1100_C_T").all()


def test_positions_off_the_genome(write_vcf, run_import, tmp_path: Path) -> None:
    (tmp_path / "g.fa").write_text(">1\n" + "ACGT" * 10 + "NNNN" + "\n")
    (tmp_path / "g.fa.fai").write_text("1\t44\t3\t44\t45\n")
    records = [f"{c} {p} . A G PASS GT 0/0 0/1 1/1" for c, p in ((1, 37), (1, 41), (1, 45), (2, 45))]
    for name, assay in (("wgs", {}), ("array", {"kind": "array", "has_reference_alleles": False})):
        got = run_import(
            write_vcf("a.vcf.gz", records), fasta=tmp_path / "g.fa", chromosomes=("1", "2"), assay=assay, name=name
        )
        assert list(got.genotypes) == ["1_37_A_G", "2_45_A_G"]  # a chromosome that the FASTA lacks is not judged
        assert got.counts["variant", "off_genome"] == 2
        assert len(unaccounted(got.table)) == 0


def test_array_that_shares_no_place_with_sequencing(write_vcf, run_import) -> None:
    seq = sequencing_sites(write_vcf, run_import)
    vcf = write_vcf("array.vcf.gz", [f"1 {1001 + 10 * k} . A G PASS GT 0/0 0/1 1/1" for k in range(100)])
    array = {"kind": "array", "has_reference_alleles": False}
    error = problem(lambda: run_import(vcf, assay=array, sites=[f"{seq.prefix}.variant_info.parquet"]))
    assert "none of 100 variants stands where one of 100 sites" in str(error)


@pytest.mark.parametrize("bcf_name", ["x.bcf", "no suffix that says so"])
def test_bcf_and_csi(write_vcf, run_import, bcf_name: str) -> None:
    records = [f"chr{c} {p} rs{p} A G PASS GT 0/0 0/1 ./." for c in (1, 2, 10) for p in (10, 20)]
    path = write_vcf("a.vcf.gz", records, how="bgzip")
    pysam.tabix_index(str(path), preset="vcf", force=True, csi=True)
    bcf = path.with_name(bcf_name)
    with pysam.VariantFile(str(path)) as source, pysam.VariantFile(str(bcf), "wb", header=source.header) as out:
        for record in source:
            out.write(record)
    pysam.bcftools.index(str(bcf))
    for number, file in enumerate((path, bcf)):
        got = run_import(file, chromosomes=("10", "2"), name=str(number))
        assert list(got.genotypes) == ["2_10_A_G", "2_20_A_G", "10_10_A_G", "10_20_A_G"]
        assert got.genotypes["10_20_A_G"] == [0, 1, -9]


def test_withdrawn_samples_are_as_if_the_file_did_not_hold_them(write_vcf, run_import) -> None:
    calls = ["0/0:30:20:20,0", "0/1:30:20:9,11", "1/1:30:20:0,20", "0/1:30:20:10,10"]
    records = [f"chr1 {position} . A G PASS GT:GQ:DP:AD" for position in (100, 200)]
    whole = write_vcf("a.vcf.gz", [f"{r} {' '.join(calls)}" for r in records], samples="A B C D")
    less = write_vcf("b.vcf.gz", [f"{r} {' '.join([calls[1], calls[3]])}" for r in records], samples="B D")
    without, expected = (
        run_import(whole, withdrawn=frozenset({"A", "C", "Z"}), name="one"),
        run_import(less, name="two"),
    )
    assert without.genotypes == expected.genotypes == {"1_100_A_G": [1, 1], "1_200_A_G": [1, 1]}
    assert without.counts == expected.counts
    pd.testing.assert_frame_equal(without.metrics, expected.metrics)
    assert without.samples == ["B", "D"]


def test_an_assay_whose_samples_are_all_withdrawn_is_refused(write_vcf, run_import) -> None:
    vcf = write_vcf("a.vcf.gz", ["chr1 100 . A G PASS GT 0/1 0/0 0/0"])
    with pytest.raises(InputError, match="all samples are withdrawn"):
        run_import(vcf, withdrawn=frozenset({"S1", "S2", "S3"}))


def test_places_without_reads_are_neither_genotypes_nor_missing_calls(write_vcf, run_import) -> None:
    vcf = write_vcf("joint.vcf.gz", [
        "1 100 . A G PASS GT:AD:DP:GQ 0/0:20,0:20:60 ./.:0,0:0:. 0/0:0,0:0:0",
        "1 200 . A G PASS GT:AD:DP:GQ 0/0:.:.:. ./.:.:.:. 0/1:10,10:20:60",
        "1 300 . A G PASS GT:DP:GQ 0/0:.:50 0/1:20:60 0/0:0:0",
    ])  # fmt: skip
    got = run_import(vcf)
    assert got.genotypes == {"1_100_A_G": [0, -9, -9], "1_200_A_G": [-9, -9, 1], "1_300_A_G": [0, 1, -9]}
    assert {reason: n for (unit, reason), n in got.counts.items() if unit == "genotype"} == {
        "read": 9, "called": 4, "missing": 2, "no_depth": 3,
    }  # fmt: skip
    assert got.metrics["n_filtered"].sum() == 0
