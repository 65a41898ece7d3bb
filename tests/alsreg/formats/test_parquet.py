"""Tables written block by block read back whole."""

from pathlib import Path

import pandas as pd
import pytest

from alsreg.formats.parquet import ParquetAppender
from alsreg.tables.genotypes import GENOTYPE_SOURCES


def test_blocks_read_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "source.parquet"
    with ParquetAppender(path, GENOTYPE_SOURCES.empty()) as writer:
        writer.append(pd.DataFrame({"variant_id": ["a", "b"], "source": [b"\x00\x01", b"\x02\x00"]}))
        writer.append(pd.DataFrame({"source": [b"\x03\x03"], "variant_id": ["c"]}))
    table = GENOTYPE_SOURCES.read(path)
    assert list(table["variant_id"]) == ["a", "b", "c"]
    assert list(table["source"]) == [b"\x00\x01", b"\x02\x00", b"\x03\x03"]


def test_nothing_is_left_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), ParquetAppender(tmp_path / "x.parquet", GENOTYPE_SOURCES.empty()):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_no_rows(tmp_path: Path) -> None:
    with ParquetAppender(tmp_path / "x.parquet", GENOTYPE_SOURCES.empty()):
        pass
    assert len(GENOTYPE_SOURCES.read(tmp_path / "x.parquet")) == 0
