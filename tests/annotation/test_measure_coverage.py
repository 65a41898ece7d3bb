"""How much of a gene each assay could see."""

from __future__ import annotations

import pandas as pd
import pytest

from alsreg.tables.genotypes import VARIANT_QC
from alsreg.tables.results import COVERAGE
from annotation.measure_coverage import AssayView, Models, measure_coverage

GFF3 = """1\te\tgene\t11\t90\t.\t+\t.\tID=gene:G1;Name=GENE1
1\te\tmRNA\t11\t90\t.\t+\t.\tID=transcript:T1;Parent=gene:G1
1\te\tCDS\t21\t30\t.\t+\t0\tParent=transcript:T1
1\te\tCDS\t51\t60\t.\t+\t0\tParent=transcript:T1
X\te\tgene\t1\t90\t.\t+\t.\tID=gene:G2;Name=GENE2
X\te\tmRNA\t1\t90\t.\t+\t.\tID=transcript:T2;Parent=gene:G2
X\te\tCDS\t1\t100\t.\t+\t0\tParent=transcript:T2
"""


def variants(path, rows):
    table = pd.DataFrame(rows, columns=["variant_id", "chromosome", "position", "is_excluded", "call_rate"])
    VARIANT_QC.write(table.reindex(columns=VARIANT_QC.column_names), path)
    return str(path)


@pytest.fixture
def table(tmp_path):
    (tmp_path / "g.gff3").write_text(GFF3)
    (tmp_path / "capture.bed").write_text("1\t10\t25\n1\t20\t28\n1\t500\t600\n")
    (tmp_path / "x.chain").write_text("chain 1 1 1000 + 0 900 1 1000 + 0 900 1\n900\n")
    shards = [
        variants(tmp_path / "a.parquet", [("a", "1", 21, False, 1.0), ("b", "1", 22, True, 0.5), ("c", "1", 22, False, 0.9), ("d", "1", 40, False, 1.0)]),
        variants(tmp_path / "b.parquet", []),
    ]  # fmt: skip
    assays = {
        "wgs": AssayView("wgs", "GRCh38", shards),
        "wes": AssayView("wes", "GRCh37", shards, str(tmp_path / "capture.bed")),
        "old": AssayView("wes", "GRCh37", shards),
        "array": AssayView("array", "NCBI36", shards),
    }
    chains = {"GRCh37": str(tmp_path / "x.chain")}
    measure_coverage(Models(str(tmp_path / "g.gff3"), chains=chains), assays, str(tmp_path / "coverage.tsv"))
    return COVERAGE.read(tmp_path / "coverage.tsv").set_index(["gene", "assay"])


def test_shares_by_assay(table):
    seen = table.loc["GENE1"]
    assert seen["n_coding"].tolist() == [20] * 4 and seen["start"].iloc[0] == 21 and seen["end"].iloc[0] == 60
    assert seen["basis"].to_dict() == {"wgs": "genome", "wes": "capture_bed", "old": "unknown", "array": "sites"}
    assert seen["n_visible"].fillna(-1).to_dict() == {"wgs": 20, "wes": 8, "old": -1, "array": 2}
    assert seen["share_visible"].dropna().to_dict() == {"wgs": 1.0, "wes": 0.4, "array": 0.1}
    assert seen["n_variants"].tolist() == [3] * 4 and seen["n_excluded"].tolist() == [1] * 4
    assert seen.loc["wes", "mean_call_rate"] == pytest.approx(0.8) and seen.loc["wes", "share_called"] == pytest.approx(
        0.32
    )


def test_a_gene_that_an_assay_cannot_see(table):
    assert table.loc[("GENE2", "wes"), "share_visible"] == 0 and table.loc[("GENE2", "array"), "n_visible"] == 0
    assert table.loc["GENE2", "mean_call_rate"].isna().all() and table.loc["GENE2", "share_called"].isna().all()
