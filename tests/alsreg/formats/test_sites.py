"""Published layouts of scores and frequencies, read whole or by region."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from alsreg.config.annotation_sources import ScoreSource
from alsreg.errors import InputError
from alsreg.formats.sites import VCF_COLUMNS, Layout, SitesReader, layout_of, merge_regions
from helpers.sites import write_text, write_vcf

CADD = """## CADD GRCh38-v1.7 (c) University of Washington, Hudson-Alpha Institute for Biotechnology and Berlin Institute of Health
#Chrom\tPos\tRef\tAlt\tRawScore\tPHRED
1\t101\tA\tC\t0.5\t12.30
1\t101\tA\tG\t1.5\t25.1
2\t7\tG\tT\t-0.2\t0.4
"""
REVEL = """chr,hg19_pos,grch38_pos,ref,alt,aaref,aaalt,REVEL,Ensembl_transcriptid
1,35142,101,A,C,T,M,0.027,ENST00000417324
1,35143,.,A,G,T,K,0.035,ENST00000417324
2,900,7,G,T,K,T,0.43,ENST00000417324
"""
ALPHAMISSENSE = """# Copyright 2023 DeepMind Technologies Limited
#
# Licensed under CC BY-NC-SA 4.0 license
#CHROM\tPOS\tREF\tALT\tgenome\tuniprot_id\ttranscript_id\tprotein_variant\tam_pathogenicity\tam_class
chr1\t101\tA\tC\thg38\tQ8NH21\tENST00000335137.4\tV2L\t0.2937\tlikely_benign
chr2\t7\tG\tT\thg38\tQ8NH21\tENST00000335137.4\tV2M\t0.3296\tlikely_benign
"""
EVERYWHERE = {"1": np.array([[1, 1000]]), "2": np.array([[1, 1000]])}


def score(form, **more):
    return ScoreSource(format=form, files=[{"path": "x"}], **more)


def rows(path, form, regions=EVERYWHERE, build="GRCh38", **more):
    reader = SitesReader(path, layout_of(score(form, **more), build), build)
    return [tuple(row) for block in reader.rows(regions) for row in block.to_numpy().tolist()]


@pytest.mark.parametrize(("form", "text", "expected"), [
    ("cadd", CADD, [("1", 101, "A", "C", "12.30"), ("1", 101, "A", "G", "25.1"), ("2", 7, "G", "T", "0.4")]),
    ("revel", REVEL, [("1", 101, "A", "C", "0.027"), ("2", 7, "G", "T", "0.43")]),
    ("alphamissense", ALPHAMISSENSE, [("1", 101, "A", "C", "0.2937"), ("2", 7, "G", "T", "0.3296")]),
])  # fmt: skip
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_published_layouts__plain_or_gzipped(tmp_path, form, text, expected, newline):
    text = text.replace("\n", newline)
    (tmp_path / "plain").write_bytes(text.encode())
    (tmp_path / "packed").write_bytes(gzip.compress(text.encode()))
    assert rows(tmp_path / "plain", form) == rows(tmp_path / "packed", form) == expected


def test_regions__by_index_and_without_are_the_same(tmp_path):
    regions = {"2": np.array([[5, 10]]), "1": np.array([[1, 50], [101, 101]])}
    plain, indexed = write_text(tmp_path / "c.tsv", CADD, (0, 1)), write_text(tmp_path / "c.tsv.gz", CADD, (0, 1))
    assert sorted(rows(plain, "cadd", regions)) == sorted(rows(indexed, "cadd", regions))
    assert rows(indexed, "cadd", {"1": np.array([[1, 100]])}) == []
    tabbed = "#" + REVEL.replace(",", "\t").replace("1\t35143\t.\tA\tG\tT\tK\t0.035\tENST00000417324\n", "")
    indexed = write_text(tmp_path / "r.tsv.gz", tabbed, (0, 2))
    assert rows(indexed, "revel") == [("1", 101, "A", "C", "0.027"), ("2", 7, "G", "T", "0.43")]
    assert rows(tmp_path / "r.tsv.gz", "revel", {"1": np.array([[35142, 35142]])}) == []


def test_vcf__fields_of_info(tmp_path):
    info = ['<ID=AF,Number=A,Type=Float,Description="f">', '<ID=AF_eas,Number=A,Type=Float,Description="e">']
    path = write_vcf(
        tmp_path / "v.vcf", info, ["chr1 5 a c,t XAF=9;AF=0.1,0.2;AF_eas=0.3,0.4", "chr1 6 A C AF_eas=0.5"]
    )
    reader = SitesReader(path, Layout(VCF_COLUMNS, ("AF", "AF_eas"), is_vcf=True), "GRCh38")
    table = next(reader.rows(EVERYWHERE))
    assert table.to_numpy().tolist() == [["1", 5, "A", "C,T", "0.1,0.2", "0.3,0.4"], ["1", 6, "A", "C", "", "0.5"]]
    with pytest.raises(InputError, match="AF_jpn is not in the header"):
        SitesReader(path, Layout(VCF_COLUMNS, ("AF_jpn",), is_vcf=True), "GRCh38")


def test_files_on_another_build_are_refused(tmp_path):
    contig = "##contig=<ID=1,length=249250621>"
    path = write_vcf(tmp_path / "v.vcf", ['<ID=AF,Number=A,Type=Float,Description="f">'], ["1 5 A C AF=0"], contig)
    with pytest.raises(InputError, match="says GRCh38, the file says GRCh37"):
        SitesReader(path, Layout(VCF_COLUMNS, ("AF",), is_vcf=True), "GRCh38")
    (tmp_path / "c").write_text(CADD)
    with pytest.raises(InputError, match="says GRCh37, the file says GRCh38"):
        rows(tmp_path / "c", "cadd", build="GRCh37")
    with pytest.raises(InputError, match="no positions on this build"):
        layout_of(score("revel"), "NCBI36")


@pytest.mark.parametrize(("text", "message"), [
    ("a\tb\n1\t2\n", "no line names the columns"), ("", "no line names the columns"),
    (CADD.replace("101\tA\tC", "1e2\tA\tC"), "not a position"), (CADD.replace("\t0.5\t12.30", ""), "4 fields where at least 6"),
    (CADD.replace("2\t7", "chr1\t7"), "naming is mixed"),
])  # fmt: skip
def test_faulty_files_are_refused(tmp_path, text, message):
    (tmp_path / "c").write_text(text)
    with pytest.raises(InputError, match=message):
        rows(tmp_path / "c", "cadd")


def test_files_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        rows(tmp_path / "absent", "cadd")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(CADD.encode() * 50)[:-200])
    with pytest.raises(InputError, match="not readable"):
        rows(tmp_path / "cut.gz", "cadd")


def test_merge_regions():
    assert merge_regions(np.array([2000, 10, 12, 500]), 50, 300).tolist() == [[1, 62], [450, 550], [1950, 2050]]
    assert merge_regions(np.array([300, 10]), 5, 300).tolist() == [[5, 305]]
    assert merge_regions(np.array([], np.int64), 5, 3).shape == (0, 2)
