"""CSQ and ANN of a VCF reach the variants at hand."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest

from alsreg.errors import InputError
from alsreg.formats.chain import read_chain
from alsreg.formats.fasta import Genome
from alsreg.genotypes.annotated_sites import TranscriptChoice, read_consequences
from alsreg.genotypes.harmonise import References
from alsreg.genotypes.placing import VariantPlaces
from helpers.sites import variants_of, write_genome, write_vcf

CSQ = '<ID=CSQ,Number=.,Type=String,Description="Consequence annotations from Ensembl VEP. Format: Allele|Consequence|SYMBOL|Feature|CANONICAL|MANE_SELECT|LoF|LoF_filter|LoF_flags|REVEL">'
BASES = "G" * 9 + "C" + "AT" * 5 + "C" * 30


def read(files, names, transcripts=("all",), scores=None, references=None):
    counts = Counter()
    choice = TranscriptChoice(transcripts, scores or {}, 0.05)
    references = references or References(None, None, {})
    found = read_consequences(files, VariantPlaces(variants_of(names)), references, choice, counts)
    return found.set_index(["variant_id", "gene"]), counts


def test_split_and_left_aligned(tmp_path):
    """A deletion of AT and an insertion of AT in a run of AT, spelled at its end, with a SNP beside them."""
    path = write_vcf(tmp_path / "v.vcf.gz", [CSQ], [
        "chr1 19 ATC C,ATATC CSQ=C|frameshift_variant|G1|T1||||||,ATATC|inframe_insertion|G1|T1||||||",
        "chr1 30 C T,G,<DEL> CSQ=T|stop_gained|G1|T1||||||,G|missense_variant|G1|T1||||||",
    ])  # fmt: skip
    references = References(Genome(write_genome(tmp_path, {"chr1": BASES})), None, {})
    names = ["1_10_CAT_C", "1_10_C_CAT", "1_30_C_T", "1_30_C_G", "1_33_C_G"]
    found, counts = read([(path, "GRCh38")], names, references=references)
    assert found["consequence"].to_dict() == {
        ("1_10_CAT_C", "G1"): "frameshift_variant", ("1_10_C_CAT", "G1"): "inframe_insertion",
        ("1_30_C_T", "G1"): "stop_gained", ("1_30_C_G", "G1"): "missense_variant",
    }  # fmt: skip
    assert counts["read", False] == 2 and counts["matched", False] == 4 and counts["allele_not_in_record", True] == 0


def test_lifted_to_the_other_strand(tmp_path):
    (tmp_path / "x.chain").write_text("chain 1 1 100 + 0 50 1 50 - 0 50 1\n50\n")
    path = write_vcf(tmp_path / "v.vcf", [CSQ], ["1 21 G A CSQ=A|stop_gained|G1|T1||||||"])  # base 30 of GRCh38, C > T
    references = References(
        Genome(write_genome(tmp_path, {"1": BASES})), None, {"GRCh37": read_chain(tmp_path / "x.chain")}
    )
    found, _ = read([(path, "GRCh37")], ["1_30_C_T"], references=references)
    assert found["consequence"].tolist() == ["stop_gained"]


TRANSCRIPTS = [
    "1 5 A C CSQ=C|missense_variant|G1|T1|YES|NM_1||||0.2,C|stop_gained|G1|T2|||HC|||,C|stop_gained|G1|T0|||LC|END_TRUNC|X|0.9,C|splice_donor_variant|G2|T5||||||",
    "1 6 A C CSQ=C|synonymous_variant|G1|T1|YES|NM_1||||,C|frameshift_variant|G2|T4|YES|||||,C|missense_variant|G3|T6|||||&|0.7",
]


@pytest.mark.parametrize(("transcripts", "expected", "n_lost"), [
    (["all"], {"1_5_A_C G1": "stop_gained", "1_5_A_C G2": "splice_donor_variant", "1_6_A_C G1": "synonymous_variant",
               "1_6_A_C G2": "frameshift_variant", "1_6_A_C G3": "missense_variant"}, 0),
    (["mane", "canonical", "all"], {"1_5_A_C G1": "missense_variant", "1_6_A_C G1": "synonymous_variant",
                                    "1_6_A_C G2": "frameshift_variant", "1_6_A_C G3": "missense_variant"}, 3),
    (["mane"], {"1_5_A_C G1": "missense_variant", "1_6_A_C G1": "synonymous_variant"}, 5),
])  # fmt: skip
def test_transcripts_that_speak_for_a_gene(tmp_path, transcripts, expected, n_lost):
    path = write_vcf(tmp_path / "v.vcf", [CSQ], TRANSCRIPTS)
    found, counts = read([(path, "GRCh38")], ["1_5_A_C", "1_6_A_C"], transcripts)
    assert {" ".join(key): value for key, value in found["consequence"].items()} == expected
    assert counts["transcript_not_chosen", True] == n_lost


def test_loftee_and_scores(tmp_path):
    path = write_vcf(tmp_path / "v.vcf", [CSQ], TRANSCRIPTS)
    found, _ = read([(path, "GRCh38")], ["1_5_A_C", "1_6_A_C"], scores={"revel": "REVEL"})
    first = found.loc[("1_5_A_C", "G1")]
    assert (first["lof"], first["transcript"], first["score_revel"]) == ("HC", "T2", 0.9)
    assert pd.isna(first["lof_flags"]) and pd.isna(found.loc[("1_6_A_C", "G1"), "lof"])
    assert found["score_revel"].isna().sum() == 3


def test_files_of_several_assays_are_one_table(tmp_path):
    wes = write_vcf(tmp_path / "wes.vcf", [CSQ], TRANSCRIPTS[:1])
    ann = "<ID=ANN,Number=.,Type=String,Description=\"Functional annotations: 'Allele | Annotation | Annotation_Impact | Gene_Name | Gene_ID | Feature_Type | Feature_ID' \">"
    wgs = write_vcf(
        tmp_path / "wgs.vcf",
        [ann],
        ["1 5 A C,G ANN=C|start_lost|HIGH|G1|E1|transcript|T9,G|stop_lost|HIGH|G1|E1|transcript|T9"],
    )
    found, _ = read([(wes, "GRCh38"), (wgs, "GRCh38")], ["1_5_A_C", "1_5_A_G"])
    assert found.loc[("1_5_A_C", "G1"), "consequence"] == "stop_gained"
    assert found.loc[("1_5_A_G", "G1"), "consequence"] == "stop_lost"


def test_a_file_on_another_build_is_refused(tmp_path):
    names = [f"1_{p}_A_C" for p in range(1, 41)]
    path = write_vcf(tmp_path / "v.vcf", [CSQ], [f"1 {p} G T CSQ=T|stop_gained|G1|T1||||||" for p in range(1, 41)])
    with pytest.raises(InputError, match="REF differs from ours at 40 of 40 SNPs"):
        read([(path, "GRCh38")], names)


def test_nothing_about_the_variants_at_hand(tmp_path):
    path = write_vcf(tmp_path / "v.vcf", [CSQ], TRANSCRIPTS)
    found, counts = read([(path, "GRCh38")], ["2_5_A_C"], ["mane"])
    assert found.empty and counts["read", False] == 0
