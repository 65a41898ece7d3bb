"""Variants of a fileset: their order, their names, and in what blocks they come."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from alsreg.engines.variants import FilesetVariants
from alsreg.errors import InputError
from alsreg.formats.pgen import PgenWriter

ROWS = [  # chromosome, position, identifier, REF, ALT
    ("chr1", 5, "rs12", "C", "T"), ("chr1", 9, "rs3;rs4", "G", "A"), ("chr1", 9, "other", "G", "<DEL>"),
    ("chr1", 9, ".", "C", "A"), ("chr2", 1, "rs7", "A", "C"), ("PAR1", 100_000, "rs8", "A", "C"),
    ("chrX", 200_000, "rs9", "A", "C"), ("chrX", 5_000_000, "rs10", "A", "C"), ("chrY", 3, "rs11", "A", "C"),
]  # fmt: skip


def write(folder: Path, rows: list[tuple[str, int, str, str, str]]) -> Path:
    table = pd.DataFrame(rows, columns=["CHROM", "POS", "ID", "REF", "ALT"])
    with PgenWriter(folder / "f", pd.DataFrame({"IID": ["a", "b"], "SEX": "F"}), len(table)) as writer:
        writer.append(table, np.zeros((len(table), 2), np.int8))
    return folder / "f"


def gather(prefix: Path, size: int) -> tuple[list[int], pa.Table, list[int]]:
    """Rows of the fileset, what is known of them, and the sizes of the blocks."""
    blocks = list(FilesetVariants(prefix).blocks(size))
    rows = [k for where, _ in blocks for k in (range(where.start, where.stop) if isinstance(where, slice) else where)]
    return [int(k) for k in rows], pa.concat_tables(table for _, table in blocks), [len(table) for _, table in blocks]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_blocks_are_sorted_and_keep_a_place_together(tmp_path: Path, size: int) -> None:
    rows, table, sizes = gather(write(tmp_path, ROWS), size)
    assert rows == [0, 3, 2, 1, 4, 5, 6, 7, 8]  # variants of 1:9 by identifier
    names = ["1_5_C_T", "1_9_C_A", "1_9_G_<DEL>", "1_9_G_A", "2_1_A_C", "X_100000_A_C", "X_200000_A_C", "X_5000000_A_C"]
    assert table["variant_id"].to_pylist() == [*names, "Y_3_A_C"]
    assert table["rs_id"].to_pylist() == ["rs12", None, None, None, "rs7", "rs8", "rs9", "rs10", "rs11"]
    assert table["is_on_x"].to_pylist() == [False] * 7 + [True, False]
    assert table["barred"].to_pylist() == [None] * 8 + ["chromosome Y is not tested"]
    assert sum(sizes) == len(ROWS) and all(n >= min(size, 3) for n in sizes[:-1])


@pytest.mark.parametrize("size", [1, 4, 100])
def test_a_fileset_out_of_order_comes_in_order(tmp_path: Path, size: int) -> None:
    order = [7, 0, 8, 2, 5, 1, 4, 3, 6]
    rows, table, _ = gather(write(tmp_path, [ROWS[k] for k in order]), size)
    assert [order[k] for k in rows] == [0, 3, 2, 1, 4, 5, 6, 7, 8]
    assert table["base_pair_location"].to_pylist() == [5, 9, 9, 9, 1, 100_000, 200_000, 5_000_000, 3]


@pytest.mark.parametrize(
    ("row", "message"),
    [(("GL000008.2", 1, "v", "A", "C"), "unknown chromosomes"), (("1", 1, "v", "A", "C,G"), "several")],
)
def test_what_cannot_be_tested_is_refused(tmp_path: Path, row: tuple, message: str) -> None:
    with pytest.raises(InputError, match=message):
        FilesetVariants(write(tmp_path, [*ROWS, row]))
