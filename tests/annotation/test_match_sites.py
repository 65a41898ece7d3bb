"""Scores and frequencies of a shard, from several files at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alsreg.config.annotation import AnnotationConfig
from alsreg.errors import InputError
from alsreg.tables.results import ANNOTATION, SITE_COUNTS, SITE_VALUES
from annotation.match_sites import match_sites
from helpers.sites import write_vcf

SETTINGS = AnnotationConfig(masks={"m": {"consequences": ["missense_variant", "stop_gained"]}})
AF = ['<ID=AF_eas,Number=A,Type=Float,Description="e">', '<ID=AF_nfe,Number=A,Type=Float,Description="n">']


@pytest.fixture
def variants(tmp_path):
    rows = [("1_5_A_C", "G1", "missense_variant"), ("1_5_A_C", "G2", "intron_variant"), ("1_8_G_T", "G1", "intron_variant"),
            ("2_7_G_GA", "G3", "stop_gained")]  # fmt: skip
    table = pd.DataFrame(
        [
            (name, name.split("_")[0], int(name.split("_")[1]), *name.split("_")[2:], gene, term, None, "table")
            for name, gene, term in rows
        ],
        columns=ANNOTATION.column_names[:9],
    )
    ANNOTATION.write(table, tmp_path / "v.parquet")
    return str(tmp_path / "v.parquet")


def run(tmp_path, variants, files):
    outputs = {"values": str(tmp_path / "s.parquet"), "counts": str(tmp_path / "s.tsv")}
    match_sites(variants, files, ({}, ()), SETTINGS, "s1", outputs)
    counts = SITE_COUNTS.read(outputs["counts"]).set_index(["source", "unit", "reason"])["count"]
    return SITE_VALUES.read(outputs["values"]).set_index("variant_id"), counts


def cadd(path):
    return str(path), {
        "kind": "score",
        "name": "cadd",
        "build": "GRCh38",
        "source": {"format": "cadd", "files": [{"path": "x"}]},
    }


def test_variants_of_masks_only__files_of_one_source_join(tmp_path, variants):
    head = "#Chrom\tPos\tRef\tAlt\tRawScore\tPHRED\n"
    (tmp_path / "snv").write_text(head + "1\t5\tA\tC\t1\t20\n1\t8\tG\tT\t1\t30\n1\t5\tA\tG\t1\t2\n")
    (tmp_path / "indel").write_text(head + "2\t7\tG\tGA\t1\t15\n1\t5\tA\tC\t1\t10\n")
    vcf = write_vcf(tmp_path / "g.vcf.gz", AF, ["chr1 5 A C AF_eas=0.25;AF_nfe=."])
    source = {"format": "vcf", "files": [{"path": "x"}], "populations": {"eas": "AF_eas", "nfe": "AF_nfe"}}
    gnomad = (vcf, {"kind": "frequency", "name": "gnomad", "build": "GRCh38", "source": source})
    values, counts = run(tmp_path, variants, [cadd(tmp_path / "snv"), cadd(tmp_path / "indel"), gnomad])
    assert values["score_cadd"].to_dict() == {"1_5_A_C": 20, "2_7_G_GA": 15}
    assert values.loc["1_5_A_C", "frequency_gnomad_eas"] == 0.25 and values["frequency_gnomad_nfe"].isna().all()
    assert np.isnan(values.loc["2_7_G_GA", "frequency_gnomad_eas"])
    assert counts["cadd", "row", "read"] == 5 and counts["cadd", "row", "alleles_differ"] == 1
    assert counts["cadd", "variant", "with_value"] == 2
    assert counts["gnomad", "variant", "with_value"] == counts["gnomad", "variant", "without_value"] == 1


def test_no_file_for_the_shard(tmp_path, variants):
    values, counts = run(tmp_path, variants, [])
    assert len(values) == 2 and values.columns.empty and counts.empty


def test_a_faulty_file_leaves_nothing(tmp_path, variants):
    (tmp_path / "snv").write_text("#Chrom\tPos\tRef\tAlt\tPHRED\n1\t5\tA\tC\thigh\n")
    with pytest.raises(InputError, match=r"1:5, PHRED: not a number \(value: 'high'\)"):
        run(tmp_path, variants, [cadd(tmp_path / "snv")])
    assert not (tmp_path / "s.parquet").exists() and not (tmp_path / "s.tsv").exists()
