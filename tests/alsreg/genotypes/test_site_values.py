"""Scores and frequencies by allele."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from alsreg.config.annotation_sources import FrequencySource, ScoreSource
from alsreg.errors import InputError
from alsreg.genotypes.harmonise import References
from alsreg.genotypes.placing import VariantPlaces
from alsreg.genotypes.site_values import frequency_file, look_up, score_file
from helpers.sites import variants_of, write_vcf

SPLICEAI = '<ID=SpliceAI,Number=.,Type=String,Description="SpliceAIv1.3 variant annotation. Format: ALLELE|SYMBOL|DS_AG|DS_AL|DS_DG|DS_DL|DP_AG|DP_AL|DP_DG|DP_DL">'
NAMES = ["1_5_A_C", "1_5_A_G", "1_9_AT_A", "2_7_G_T"]


def values(file, names=NAMES, counts=None):
    table = look_up(
        file,
        VariantPlaces(variants_of(names)),
        References(None, None, {}),
        0.05,
        Counter() if counts is None else counts,
    )
    return table.iloc[:, 0].to_dict() if table.shape[1] == 1 else table


def score(path, form, **more):
    return score_file(str(path), "GRCh38", "x", ScoreSource(format=form, files=[{"path": "x"}], **more))


def frequency(path, populations, form="vcf", **more):
    source = FrequencySource(format=form, files=[{"path": "x"}], populations=populations, **more)
    return frequency_file(str(path), "GRCh38", "gnomad", source)


def test_cadd__and_other_alleles_are_counted(tmp_path):
    (tmp_path / "c").write_text("## CADD GRCh38-v1.7\n#Chrom\tPos\tRef\tAlt\tRawScore\tPHRED\n1\t5\tA\tC\t.5\t12.3\n1\t5\tA\tT\t.5\t1\n"
                                "1\t9\tATT\tAT\t.5\t20\n2\t7\tG\tT\t1\t.\n")  # fmt: skip
    counts = Counter()
    found = values(score(tmp_path / "c", "cadd"), counts=counts)
    assert (
        found["1_5_A_C"] == 12.3 and found["1_9_AT_A"] == 20 and np.isnan(found["2_7_G_T"]) and "1_5_A_G" not in found
    )
    assert counts["matched", False] == 3 and counts["alleles_differ", True] == 1


def test_of_several_transcripts_the_highest(tmp_path):
    (tmp_path / "a").write_text(
        "#CHROM\tPOS\tREF\tALT\tgenome\tam_pathogenicity\nchr1\t5\tA\tC\thg38\t0.2\nchr1\t5\tA\tC\thg38\t0.8\n"
    )
    assert values(score(tmp_path / "a", "alphamissense")) == {"1_5_A_C": 0.8}


def test_spliceai__the_highest_delta_of_the_allele(tmp_path):
    path = write_vcf(tmp_path / "s.vcf.gz", [SPLICEAI], [
        "1 5 A C,G SpliceAI=C|G1|0.01|0.20|0.00|0.10|50|1|2|3,C|G2|0.30|0|0|0|1|2|3|4,G|G1|.|.|.|.|.|.|.|.",
        "1 9 AT A SpliceAI=A|G1|0|0|0|0.91|1|2|3|4",
    ])  # fmt: skip
    found = values(score(path, "spliceai"))
    assert found["1_5_A_C"] == 0.3 and found["1_9_AT_A"] == 0.91 and np.isnan(found["1_5_A_G"])


def test_generic_vcf_and_table(tmp_path):
    path = write_vcf(
        tmp_path / "v.vcf", ['<ID=CADD_PHRED,Number=1,Type=Float,Description="c">'], ["1 5 A C CADD_PHRED=7.5"]
    )
    assert values(score(path, "vcf", field="CADD_PHRED")) == {"1_5_A_C": 7.5}
    (tmp_path / "t.csv").write_text("CHR,BP,A0,A1,phylop\nchr1,5,A,C,-3.5\n")
    columns = {"chromosome": "CHR", "position": "BP", "ref": "A0", "alt": "A1"}
    assert values(score(tmp_path / "t.csv", "table", field="phylop", columns=columns)) == {"1_5_A_C": -3.5}


def test_frequencies__gnomad_by_ancestry(tmp_path):
    info = [
        f'<ID={n},Number=A,Type=Float,Description="Alternate allele frequency">' for n in ("AF", "AF_eas", "AF_nfe")
    ]
    path = write_vcf(
        tmp_path / "g.vcf.gz",
        info,
        ["chr1 5 A C AF=0.1;AF_eas=0.02;AF_nfe=0.2", "chr1 5 A G AF=1e-5;AF_nfe=0", "chr2 7 G C AF=.5"],
    )
    table = values(frequency(path, {"eas": "AF_eas", "nfe": "AF_nfe"}))
    assert table.columns.tolist() == ["frequency_gnomad_eas", "frequency_gnomad_nfe"]
    assert table.loc["1_5_A_C"].tolist() == [0.02, 0.2] and table.index.tolist() == ["1_5_A_C", "1_5_A_G"]
    assert np.isnan(table.loc["1_5_A_G", "frequency_gnomad_eas"]) and table.loc["1_5_A_G", "frequency_gnomad_nfe"] == 0


def test_frequencies__tommo_multiallelic_and_table(tmp_path):
    info = ['<ID=AC,Number=A,Type=Integer,Description="c">', '<ID=AF,Number=A,Type=Float,Description="f">']
    path = write_vcf(tmp_path / "tommo.vcf", info, ["chr1 5 . A C,G AC=1,2;AF=0.001,0.002".replace(" . ", " ")])
    assert values(frequency(path, {"all": "AF"})) == {"1_5_A_C": 0.001, "1_5_A_G": 0.002}
    (tmp_path / "t.tsv").write_text("chrom\tpos\tref\talt\tfreq\n1\t5\tA\tC,G\t0.3,0.4\n")
    assert values(frequency(tmp_path / "t.tsv", {"jpn": "freq"}, "table")) == {"1_5_A_C": 0.3, "1_5_A_G": 0.4}


@pytest.mark.parametrize(("number", "text", "message"), [
    ("A", "AF=1.2", "not a frequency between 0 and 1"), ("A", "AF=many", "not a frequency"), ("R", "AF=0.9,0.1", "Number=R"),
])  # fmt: skip
def test_faulty_frequencies_are_refused(tmp_path, number, text, message):
    path = write_vcf(tmp_path / "g.vcf", [f'<ID=AF,Number={number},Type=Float,Description="f">'], [f"1 5 A C {text}"])
    with pytest.raises(InputError, match=message):
        values(frequency(path, {"all": "AF"}))


def test_faulty_scores_are_refused(tmp_path):
    path = write_vcf(tmp_path / "s.vcf", [SPLICEAI], ["1 5 A C SpliceAI=C|G1|high|0|0|0|1|2|3|4"])
    with pytest.raises(InputError, match="not a number"):
        values(score(path, "spliceai"))
    with pytest.raises(InputError, match="two populations of gnomad have the same field"):
        frequency(path, {"a": "AF", "b": "AF"})


def test_a_file_on_another_build_is_refused(tmp_path):
    names = [f"1_{p}_A_C" for p in range(1, 41)]
    rows = "".join(f"1\t{p}\t{'A' if p <= 20 else 'G'}\tC\t0.5\n" for p in range(1, 41))
    (tmp_path / "t").write_text("chrom\tpos\tref\talt\tfreq\n" + rows)
    with pytest.raises(InputError, match="REF differs from ours at 20 of 40"):
        values(frequency(tmp_path / "t", {"all": "freq"}, "table"), names)
