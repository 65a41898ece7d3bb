"""Gene bounds from a table or a GFF3, and the gene nearest a position."""

from __future__ import annotations

from pathlib import Path

import pytest

from alsreg.errors import InputError
from alsreg.formats.gene_bounds import nearest_gene, read_gene_bounds

TABLE = "GENE_CHROMOSOME{s}GENE_START{s}GENE_END{s}GENE_NAME\nchr2{s}100{s}200{s}B\n1{s}100{s}900{s}LONG\n1{s}400{s}500{s}SHORT\n"
GFF3 = (
    "##gff-version 3\n2\t.\tgene\t100\t200\t.\t+\t.\tID=gene:1;Name=B\n1\t.\tgene\t100\t900\t.\t+\t.\tName=LONG\n"
    "1\t.\tmRNA\t100\t900\t.\t+\t.\tName=x\n1\t.\tgene\t400\t500\t.\t-\t.\tName=SHORT\n"
)


@pytest.mark.parametrize(
    ("name", "text"), [("a.csv", TABLE.format(s=",")), ("a.tsv", TABLE.format(s="\t")), ("a.gff3", GFF3)]
)
def test_reads_and_finds(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    bounds = read_gene_bounds(tmp_path / name)
    assert list(bounds["gene"]) == ["LONG", "SHORT", "B"]
    assert nearest_gene(bounds, "1", 450) == "SHORT"  # inside both: the shorter
    assert nearest_gene(bounds, "1", 950) == "LONG"
    assert nearest_gene(bounds, "2", 5) == "B"
    assert nearest_gene(bounds, "7", 5) is None


def test_missing_columns_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("GENE_NAME\nA\n")
    with pytest.raises(InputError, match="GENE_START"):
        read_gene_bounds(tmp_path / "a.csv")
