"""Variants of one codon on one haplotype, on the gene that test_csq translates by hand."""

from __future__ import annotations

import pytest

from alsreg.errors import InputError
from alsreg.formats.csq_phased import PhasedGenotypes, call_phased_consequences
from helpers.gene_models import write_gene_models

HEADER = """##fileformat=VCFv4.2
##contig=<ID=chr1,length=1000>
##FORMAT=<ID=GT,Number=1,Type=String,Description="g">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1\ts2\ts3
"""
# TGG (117-119): G119A alone stops (TGA); with T117C it is CGA, arginine. 131 is TGG > TGA in an unphased heterozygote.
# s3 carries a deletion of one base (120) and an insertion of one base (124) on one haplotype: the frame is restored.
ROWS = [
    "chr1\t117\t.\tT\tC,G\t.\tPASS\t.\tGT\t0|1\t0|0\t0|2",
    "chr1\t119\t.\tG\tA\t.\tPASS\t.\tGT\t0|1\t0|0\t0|0",
    "chr1\t131\t.\tG\tA\t.\tPASS\t.\tGT\t0|0\t0/1\t0|0",
    "chr1\t135\t.\tTAC\tT\t.\tlowq\t.\tGT\t0|1\t0|0\t0|0",
]


@pytest.fixture
def reference(tmp_path):
    return write_gene_models(tmp_path)


def run(folder, rows, without=(), header=HEADER, is_pass_only=True):
    (folder / "phased.vcf").write_text(header + "\n".join(rows) + "\n")
    genotypes = PhasedGenotypes([str(folder / "phased.vcf")], without, is_pass_only)
    found = call_phased_consequences(genotypes, ["1", "2"], folder / "genome.fa", folder / "genes.gff3")
    return dict(zip(found["variant_id"], found["consequence"], strict=True)), found


def test_neighbours_on_one_haplotype_are_judged_together(reference):
    found, table = run(reference, ROWS)
    assert found == {"1_117_T_C": "missense_variant", "1_117_T_G": "missense_variant", "1_119_G_A": "missense_variant"}
    assert table["gene"].unique().tolist() == ["FWD"] and table["transcript"].unique().tolist() == ["ENST1"]


def test_on_different_haplotypes_each_stands_for_itself(reference):
    found, _ = run(reference, [row.replace("\t0|1\t", "\t1|0\t", 1) if "\t119\t" in row else row for row in ROWS])
    assert found["1_119_G_A"] == "stop_gained"


def test_a_carrier_without_the_neighbour_makes_the_worse_consequence_count(reference):
    found, _ = run(reference, [row.replace("0|0\t0|0", "1|1\t0|0") if "\t119\t" in row else row for row in ROWS])
    assert found["1_119_G_A"] == "stop_gained"


def test_samples_of_people_who_withdrew_are_not_read(reference):
    found, _ = run(reference, ROWS, without=["s1", "elsewhere"])
    assert found == {"1_117_T_G": "missense_variant"}


def test_restored_frame_is_no_frameshift(reference):
    rows = ["chr1\t120\t.\tCG\tC\t.\tPASS\t.\tGT\t0|1\t0|0\t0|0", "chr1\t124\t.\tA\tAC\t.\tPASS\t.\tGT\t0|1\t0|0\t0|0"]
    together, _ = run(reference, rows)
    assert "frameshift_variant" not in together.values() and len(together) == 2
    apart, _ = run(reference, [rows[0], rows[1].replace("0|1", "1|0")])
    assert apart == {"1_120_CG_C": "frameshift_variant", "1_124_A_AC": "frameshift_variant"}


def test_filters_count_as_in_ingest(reference):
    header = HEADER.replace("##FORMAT", '##FILTER=<ID=lowq,Description="q">\n##FORMAT', 1)
    strict, _ = run(reference, ROWS, header=header)
    found, _ = run(reference, ROWS, header=header, is_pass_only=False)
    assert found["1_135_TAC_T"] == "frameshift_variant" and "1_135_TAC_T" not in strict


def test_phase_within_blocks_is_refused(reference):
    header = HEADER.replace("##FORMAT", '##FORMAT=<ID=PS,Number=1,Type=Integer,Description="s">\n##FORMAT', 1)
    with pytest.raises(InputError, match="phase holds within blocks only"):
        run(reference, ROWS, header=header)
