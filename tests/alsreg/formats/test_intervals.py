"""BED, and coding bases from GFF3 and genePred."""

from __future__ import annotations

import gzip

import pytest

from alsreg.errors import InputError
from alsreg.formats.intervals import read_bed, read_coding

GFF3 = """##gff-version 3
1\te\tgene\t11\t90\t.\t+\t.\tID=gene:G1;Name=GENE1;biotype=protein_coding
1\te\tmRNA\t11\t90\t.\t+\t.\tID=transcript:T1;Parent=gene:G1
1\te\tCDS\t21\t30\t.\t+\t0\tID=CDS:P1;Parent=transcript:T1
1\te\tCDS\t51\t60\t.\t+\t0\tID=CDS:P1;Parent=transcript:T1
1\te\tgene\t200\t300\t.\t+\t.\tID=gene:G2
1\te\tmRNA\t200\t300\t.\t+\t.\tID=transcript:T2;Parent=gene:G2
1\te\tCDS\t210\t220\t.\t+\t0\tID=CDS:P2;Parent=transcript:T2
scaffold_7\te\tCDS\t1\t9\t.\t+\t0\tID=CDS:P2;Parent=transcript:T2
"""


def test_gff3_of_ensembl_and_gencode(tmp_path):
    (tmp_path / "g.gff3.gz").write_bytes(gzip.compress(GFF3.replace("\n", "\r\n").encode()))
    found = read_coding(tmp_path / "g.gff3.gz").to_numpy().tolist()
    assert found == [["GENE1", "1", 21, 30], ["GENE1", "1", 51, 60], ["G2", "1", 210, 220]]
    (tmp_path / "h.gff3").write_text("chrX\tHAVANA\tCDS\t5\t9\t.\t+\t0\tID=CDS:T;Parent=ENST1.2;gene_name=GENEX\n")
    assert read_coding(tmp_path / "h.gff3").to_numpy().tolist() == [["GENEX", "X", 5, 9]]


def test_gene_pred_is_cut_to_the_coding_part(tmp_path):
    fields = [
        "585",
        "ENST1",
        "chr1",
        "+",
        "10",
        "90",
        "24",
        "55",
        "3",
        "10,40,70,",
        "30,60,90,",
        "0",
        "GENE1",
        "cmpl",
        "cmpl",
        "0,0,-1,",
    ]
    (tmp_path / "g.txt").write_text("\t".join(fields) + "\n")
    expected = [["GENE1", "1", 25, 30], ["GENE1", "1", 41, 55]]
    assert read_coding(tmp_path / "g.txt").to_numpy().tolist() == expected
    (tmp_path / "nobin.txt").write_text("\t".join(fields[1:]) + "\n")
    assert read_coding(tmp_path / "nobin.txt").to_numpy().tolist() == expected
    (tmp_path / "refflat.txt").write_text("\t".join(["GENE1", *fields[1:11]]) + "\n")
    assert read_coding(tmp_path / "refflat.txt").to_numpy().tolist() == expected


def test_real_models(alsreg_data):
    table = read_coding(alsreg_data / "reference/hg19_gencodeV7.txt.gz")
    assert table["gene"].nunique() > 18_000
    sod1 = table[table["gene"] == "SOD1"]
    assert set(sod1["chromosome"]) == {"21"}
    bases = {base for start, end in sod1[["start", "end"]].itertuples(index=False) for base in range(start, end + 1)}
    assert len(bases) >= 465  # 154 codons and a stop


def test_bed(tmp_path):
    (tmp_path / "b.bed").write_text("track name=x\n# c\nchr1\t0\t10\tname\r\nchrUn_7\t1\t5\n2 4 6\n")
    assert read_bed(tmp_path / "b.bed").to_numpy().tolist() == [["1", 1, 10], ["2", 5, 6]]


@pytest.mark.parametrize(("reader", "text", "message"), [
    (read_bed, "chr1\t10\t10\n", "not an interval"), (read_bed, "chr1\t10\n", "not an interval"), (read_bed, "", "no interval"),
    (read_coding, "a\tb\n", "neither GFF3 nor genePred"), (read_bed, None, "no such file"),
])  # fmt: skip
def test_faulty_files_are_refused(tmp_path, reader, text, message):
    if text is not None:
        (tmp_path / "x.txt").write_text(text)
    with pytest.raises(InputError, match=message):
        reader(tmp_path / "x.txt")
