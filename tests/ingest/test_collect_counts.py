"""The ledger of all assays."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from alsreg.errors import InputError
from alsreg.tables.genotypes import INGEST_COUNTS
from ingest import collect_counts as script

COLUMNS = INGEST_COUNTS.column_names


def write(path: Path, written: int, lost: int, shard: str = "1") -> str:
    rows = [
        ("wgs", shard, "variant", "from_records", False, 10), ("wgs", shard, "variant", "star", True, lost),
        ("wgs", shard, "variant", "written", False, written), ("wgs", shard, "variant", "lifted", False, 7),
    ]  # fmt: skip
    INGEST_COUNTS.write(pd.DataFrame(rows, columns=COLUMNS), path)
    return str(path)


def test_joins_shards_in_order(tmp_path: Path) -> None:
    paths = [write(tmp_path / "a.tsv", 8, 2), write(tmp_path / "b.tsv", 0, 10, shard="2")]
    script.collect_counts(paths, str(tmp_path / "out.tsv"))
    table = INGEST_COUNTS.read(tmp_path / "out.tsv")
    assert table["shard"].tolist() == ["1"] * 4 + ["2"] * 4
    assert table["count"].tolist() == [10, 2, 8, 7, 10, 10, 0, 7]


def test_a_record_that_vanished_is_a_defect(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not accounted for"):
        script.collect_counts([write(tmp_path / "a.tsv", 7, 2)], str(tmp_path / "out.tsv"))
    assert not (tmp_path / "out.tsv").exists()


def test_an_assay_without_variants(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="assay wgs: no variant on any chromosome"):
        script.collect_counts([write(tmp_path / "a.tsv", 0, 10)], str(tmp_path / "out.tsv"))
