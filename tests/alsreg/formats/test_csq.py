"""Consequences from gene models, on a gene small enough to translate by hand."""

from __future__ import annotations

import gzip

import pandas as pd
import pysam
import pytest

from alsreg.errors import InputError
from alsreg.formats.csq import call_consequences
from helpers.gene_models import write_gene_models

EXPECTED = {
    "1_105_A_C": "5_prime_UTR_variant",
    "1_112_T_C": "start_lost",
    "1_114_G_A": "missense_variant",  # GCT > ACT
    "1_116_T_C": "synonymous_variant",  # GCT > GCC
    "1_119_G_A": "stop_gained",  # TGG > TGA
    "1_120_CG_C": "frameshift_variant",
    "1_120_CGAT_C": "inframe_deletion",
    "1_120_C_CAAA": "inframe_insertion",
    "1_161_G_A": "splice_donor_variant",
    "1_163_A_C": "splice_region_variant",
    "1_200_A_C": "intron_variant",
    "1_260_G_C": "splice_acceptor_variant",
    "1_300_A_C": "stop_lost",  # TAA > TAC
    "1_310_A_C": "3_prime_UTR_variant",
    "1_655_A_T": "synonymous_variant",  # GCT > GCA on the other strand
    "1_657_C_T": "missense_variant",  # GCT > ACT
}


@pytest.fixture
def reference(tmp_path):
    return write_gene_models(tmp_path)


def variants_of(names):
    parts = [name.split("_") for name in names]
    return pd.DataFrame(
        {"CHROM": [p[0] for p in parts], "POS": [int(p[1]) for p in parts], "ID": list(names),
         "REF": [p[2] for p in parts], "ALT": [p[3] for p in parts]}
    )  # fmt: skip


def test_every_kind_of_consequence(reference):
    variants = variants_of(EXPECTED)
    genome = pysam.FastaFile(str(reference / "genome.fa"))
    for row in variants.itertuples():
        assert genome.fetch("chr1", row.POS - 1, row.POS - 1 + len(row.REF)) == row.REF
    found = call_consequences(variants, reference / "genome.fa", reference / "genes.gff3")
    assert dict(zip(found["variant_id"], found["consequence"], strict=True)) == EXPECTED
    assert found["variant_id"].tolist() == variants["ID"].tolist()
    genes = dict(zip(found["variant_id"], found["gene"], strict=True))
    assert genes["1_114_G_A"] == "FWD" and genes["1_657_C_T"] == "REV"


def test_models_may_be_gzipped_with_windows_newlines_and_chr(reference):
    text = (reference / "genes.gff3").read_text().replace("\n1\t", "\nchr1\t").replace("\n", "\r\n")
    with gzip.open(reference / "genes.gff3.gz", "wt", newline="") as stream:
        stream.write(text)
    found = call_consequences(variants_of(["1_119_G_A"]), reference / "genome.fa", reference / "genes.gff3.gz")
    assert found.to_dict("records") == [
        {"variant_id": "1_119_G_A", "gene": "FWD", "consequence": "stop_gained", "transcript": "ENST1"}
    ]


def test_most_severe_transcript_counts_once_per_gene(reference):
    """A second, longer transcript in which the first exon runs on through the donor site: splice beats missense."""
    second = [
        "1\ttest\tmRNA\t101\t330\t.\t+\t.\tID=transcript:ENST0;Parent=gene:ENSG1;biotype=protein_coding;transcript_id=ENST0",
        "1\ttest\texon\t101\t330\t.\t+\t.\tParent=transcript:ENST0",
        "1\ttest\tCDS\t111\t230\t.\t+\t0\tID=CDS:P0;Parent=transcript:ENST0",
    ]
    with (reference / "genes.gff3").open("a") as stream:
        stream.write("\n".join(second) + "\n")
    found = call_consequences(variants_of(["1_161_G_A"]), reference / "genome.fa", reference / "genes.gff3")
    assert found[["consequence", "transcript"]].to_numpy().tolist() == [["splice_donor_variant", "ENST1"]]


def test_chromosome_without_models_has_no_consequence_but_is_no_error(reference):
    found = call_consequences(variants_of(["1_119_G_A", "2_3_G_A"]), reference / "genome.fa", reference / "genes.gff3")
    assert found["variant_id"].tolist() == ["1_119_G_A"]
    nothing = call_consequences(variants_of(["2_3_G_A"]), reference / "genome.fa", reference / "genes.gff3")
    assert nothing.empty and list(nothing.columns) == list(found.columns)


def test_files_that_hold_no_models_are_refused(reference):
    (reference / "empty.gff3").write_text("##gff-version 3\nscaffold_9\tx\tgene\t1\t2\t.\t+\t.\tID=g\n")
    with pytest.raises(InputError, match="no gene model"):
        call_consequences(variants_of(["1_119_G_A"]), reference / "genome.fa", reference / "empty.gff3")


def test_reference_mismatch_is_an_error_not_a_consequence(reference):
    with pytest.raises(InputError, match="csq failed"):
        call_consequences(variants_of(["1_119_C_A"]), reference / "genome.fa", reference / "genes.gff3")
