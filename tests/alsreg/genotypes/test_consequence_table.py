"""A ready table of consequences: read, lifted, matched."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest

from alsreg.errors import InputError
from alsreg.formats.chain import read_chain
from alsreg.genotypes.consequence_table import (
    match_consequences,
    most_severe,
    read_consequence_table,
)
from alsreg.genotypes.placing import place_alleles

# 1:1-100 goes to 1:1001-1100; 1:201-300 to the reverse strand, 1:2001-2100.
CHAIN = """chain 100 1 1000 + 0 100 1 5000 + 1000 1100 1
100

chain 90 1 1000 + 200 300 1 5000 - 2900 3000 2
100
"""
HEADER = "chrom\tpos\tref\talt\tgene\tregion\n"


def write(path, rows, newline="\n"):
    path.write_bytes((HEADER + "".join(f"{row}\n" for row in rows)).replace("\n", newline).encode())
    return path


def variants_of(names):
    parts = [name.split("_") for name in names]
    return pd.DataFrame(
        {"CHROM": [p[0] for p in parts], "POS": [int(p[1]) for p in parts], "ID": list(names),
         "REF": [p[2] for p in parts], "ALT": [p[3] for p in parts]}
    )  # fmt: skip


@pytest.fixture
def chain(tmp_path):
    (tmp_path / "x.chain").write_text(CHAIN)
    return read_chain(tmp_path / "x.chain")


def test_lift_with_strand_swap_and_losses(tmp_path, chain):
    rows = [
        "chr1\t11\tA\tG\tGENE1\texonic",
        "1\t12\tC\tT\tGENE1;GENE2\tstop_gained",  # REF and ALT stand the other way on GRCh38
        "1\t201\tA\tG\tGENE3\texonic",  # reverse strand: position 2100, T > C
        "1\t202\tAT\tA\tGENE3\texonic",  # an indel there cannot be anchored without a genome
        "1\t500\tA\tG\tGENE3\texonic",  # no chain
        "1\t20\tA\tT\tGENE1\texonic",  # a variant is there, with other alleles
        "1\t30\tAGG\tAG\tGENE1\texonic",  # trimmed to AG > A
    ]
    variants = variants_of(["1_1011_A_G", "1_1012_T_C", "1_2100_T_C", "1_1020_A_C", "1_1030_AG_A"])
    counts = Counter()
    table = place_alleles(read_consequence_table(write(tmp_path / "t", rows, "\r\n")), chain, None, counts)
    found = match_consequences(table, variants, counts, "t")
    assert found.to_numpy().tolist() == [
        ["1_1011_A_G", "GENE1", "exonic"],
        ["1_1012_T_C", "GENE1", "stop_gained"],
        ["1_1012_T_C", "GENE2", "stop_gained"],
        ["1_2100_T_C", "GENE3", "exonic"],
        ["1_1030_AG_A", "GENE1", "exonic"],
    ]
    assert counts["lift_unmapped", True] == 1 and counts["lift_reversed_indel", True] == 1
    assert counts["alleles_differ", True] == 1 and counts["matched_with_alleles_swapped", False] == 2
    assert counts["matched", False] == 5 and counts["placed_on_grch38", False] == 6


def test_a_table_on_another_build_is_refused(tmp_path):
    rows = [f"1\t{position}\tA\tG\tGENE1\texonic" for position in range(1, 41)]
    variants = variants_of([f"1_{position}_C_T" for position in range(1, 41)])
    table = place_alleles(read_consequence_table(write(tmp_path / "t", rows)), None, None, Counter())
    with pytest.raises(InputError, match="40 of 40 SNPs") as caught:
        match_consequences(table, variants, Counter(), "t")
    assert "table_build" in str(caught.value)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("99\t1\tA\tG\tGENE\texonic", "row 2, column chrom: not a chromosome"),
        ("1\tx\tA\tG\tGENE\texonic", "row 2, column pos: not a position"),
        ("1\t1\tA\tG,T\tGENE\texonic", "row 2, column alt: not bases"),
        ("1\t1\tA\tG\t\texonic", "row 2, column gene: no gene"),
        ("1\t1\tA\tG\tGENE\tlof", "row 2, column region: unknown consequence"),
    ],
)
def test_faulty_rows_are_named(tmp_path, row, message):
    with pytest.raises(InputError, match=message):
        read_consequence_table(write(tmp_path / "t", [row]))


def test_missing_columns_and_files_are_named(tmp_path):
    (tmp_path / "t").write_text("chrom\tpos\n1\t1\n")
    with pytest.raises(InputError, match=r"columns \['ref', 'alt', 'gene', 'region'\] are missing"):
        read_consequence_table(tmp_path / "t")
    with pytest.raises(InputError, match="no such file"):
        read_consequence_table(tmp_path / "absent")


def test_most_severe_consequence_wins_per_gene():
    rows = pd.DataFrame(
        [["v", "A", "synonymous_variant"], ["v", "A", "stop_gained"], ["v", "B", "intronic"]],
        columns=["variant_id", "gene", "consequence"],
    )
    assert most_severe(rows).to_numpy().tolist() == [["v", "A", "stop_gained"], ["v", "B", "intronic"]]
