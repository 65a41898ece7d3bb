"""Lists of genes: the shipped one, a user's own, and what is wrong with others."""

import csv
import hashlib
from pathlib import Path

import pytest

from alsreg.errors import InputError
from alsreg.formats.gene_list import read_gene_list

RESOURCES = Path(__file__).parents[3] / "resources"


def test_shipped_list__has_its_checksum_and_its_places() -> None:
    with (RESOURCES / "references.tsv").open() as file:
        rows = {row["file"]: row["sha256"] for row in csv.DictReader(file, delimiter="\t")}
    for name in ("genes/als_genes.tsv", "genes/als_gene_intervals.GRCh38.tsv"):
        assert hashlib.sha256((RESOURCES / name).read_bytes()).hexdigest() == rows[name]
    found = read_gene_list(RESOURCES / "genes/als_genes.tsv")
    assert len(found.table) == 17 and set(found.table["tier"]) == {"definitive"} and "17 genes" in found.version
    with (RESOURCES / "genes/als_gene_intervals.GRCh38.tsv").open() as file:
        places = {row["gene"]: row for row in csv.DictReader(file, delimiter="\t")}
    assert set(places) == set(found.table["gene"])
    # SOD1's first exon and the C9orf72 repeat, GRCh38.
    assert places["SOD1"]["chromosome"] == "21" and int(places["SOD1"]["start"]) <= 31_659_700 <= int(
        places["SOD1"]["end"]
    )
    assert int(places["C9orf72"]["start"]) <= 27_573_529 <= int(places["C9orf72"]["end"])


@pytest.mark.real_data
def test_shipped_list__is_the_file_at_hand(alsreg_data: Path) -> None:
    with (alsreg_data / "reference/als_genes.tsv").open() as file:
        given = [(row["gene"], row["tier"]) for row in csv.DictReader(file, delimiter="\t")]
    table = read_gene_list(RESOURCES / "genes/als_genes.tsv").table
    assert list(table[["gene", "tier"]].itertuples(index=False, name=None)) == given


def test_own_list__windows_lines_and_no_version(tmp_path: Path) -> None:
    path = tmp_path / "own.tsv"
    path.write_bytes("﻿tier\tgene\tdate\tsource\tnote\r\nA\tSOD1\t2020\there\tx\r\n\r\nB\tFUS\t\tthere\t\r\n".encode())
    found = read_gene_list(path)
    assert found.version == "not told" and found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.table.to_numpy().tolist() == [["SOD1", "A", "here", "2020"], ["FUS", "B", "there", ""]]


@pytest.mark.parametrize(("text", "message"), [
    ("gene\ttier\tsource\nSOD1\tA\tx\n", "columns .*date.* are missing"),
    ("gene\ttier\tsource\tdate\nSOD1\tA\tx\t1\nSOD1\tB\tx\t1\n", "lines 2 and 3: a gene stands twice"),
    ("gene\ttier\tsource\tdate\nSOD1\tA\t\t1\n", "line 2: source is empty"),
    ("gene\ttier\tsource\tdate\nSOD1\tA\n", "2 fields where the header has 4"),
    ("gene\ttier\tsource\tdate\n", "no genes"), ("# version: 1\n", "no genes"),
])  # fmt: skip
def test_bad_lists__are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "own.tsv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_gene_list(tmp_path / "own.tsv")


def test_absent_and_garbled_lists__are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such list of genes"):
        read_gene_list(tmp_path / "none.tsv")
    (tmp_path / "own.tsv").write_bytes(b"gene\xff")
    with pytest.raises(InputError, match="not UTF-8"):
        read_gene_list(tmp_path / "own.tsv")
