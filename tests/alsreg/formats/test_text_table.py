"""Text of tables: nothing is lost, and what is compressed in parts is one bgzip file."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pysam
import pytest

from alsreg.formats.text_table import BGZF_BYTES, BGZF_END, bgzip, header_line, to_text


def test_numbers_read_back_as_they_were() -> None:
    rng = np.random.default_rng(1)
    numbers = np.concatenate([
        rng.normal(size=1000), 10.0 ** rng.uniform(-307, 300, 1000), [1e-300, 5e-324, 1.0, 0.1, np.finfo(float).tiny, 1e16],
    ])  # fmt: skip
    text = to_text(pa.table({"x": numbers, "n": np.arange(len(numbers))}), "NA").decode()
    rows = [line.split("\t") for line in text.splitlines()]
    np.testing.assert_array_equal([float(row[0]) for row in rows], numbers)
    assert [int(row[1]) for row in rows] == list(range(len(numbers)))


def test_missing_is_written_out() -> None:
    table = pa.table({"a": pa.array(["x", None, ""]), "b": [1.5, np.nan, 2.0], "c": pa.array([None, 2, 3], pa.int64())})
    assert to_text(table, "#NA").decode().splitlines() == ["x\t1.5\t#NA", "#NA\t#NA\t2", "\t2\t3"]


def test_a_tab_in_a_text_is_refused() -> None:
    with pytest.raises(pa.ArrowInvalid, match="structural"):
        to_text(pa.table({"a": ["x\ty"]}), "NA")


def test_parts_make_one_bgzip_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    parts = [header_line(["a", "b"]), rng.bytes(3 * BGZF_BYTES + 17), b"", b"end\n"]
    path = tmp_path / "x.gz"
    path.write_bytes(b"".join(map(bgzip, parts)) + BGZF_END)
    assert gzip.decompress(path.read_bytes()) == b"".join(parts)
    with pysam.BGZFile(str(path), "rb") as stream:
        assert stream.read() == b"".join(parts)
