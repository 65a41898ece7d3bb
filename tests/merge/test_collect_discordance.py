"""Discordance by person and by pair of assays."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from alsreg.config.merge import MergeConfig
from alsreg.genotypes.concordance import CELLS
from alsreg.tables.genotypes import CONCORDANCE, DISCORDANCE, GENOTYPE_PAIRS
from merge.collect_discordance import collect_discordance


def shard(path: Path, *rows: tuple) -> str:
    table = pd.DataFrame([(*key, *cells) for *key, cells in rows], columns=["person", "assay_1", "assay_2", *CELLS])
    GENOTYPE_PAIRS.write(table, path)
    return str(path)


def test_sums_and_rates_by_hand(tmp_path: Path) -> None:
    paths = [
        shard(tmp_path / "a.parquet", ("P1", "wgs", "array", (40, 1, 0, 0, 6, 0, 0, 0, 3)),
              ("P2", "wgs", "array", (40, 0, 0, 10, 0, 0, 0, 0, 0)), ("P1", "wgs", "wes", (5, 0, 0, 0, 5, 0, 0, 0, 0))),
        shard(tmp_path / "b.parquet", ("P1", "wgs", "array", (50, 0, 0, 0, 0, 0, 0, 0, 0))),
    ]  # fmt: skip
    out, tables = str(tmp_path / "discordance.tsv"), str(tmp_path / "concordance.tsv")
    collect_discordance(paths, MergeConfig(), out, tables)
    people = DISCORDANCE.read(out).set_index(["person", "assay_1", "assay_2"])
    first = people.loc[("P1", "wgs", "array")]
    assert (first["n_compared"], first["n_discordant"]) == (100, 1)
    assert first["discordance"] == pytest.approx(0.01)
    assert first["non_reference_discordance"] == pytest.approx(0.1)  # 1 of the 10 that are not 0/0 in both
    assert people["is_discordant"].to_dict() == {
        ("P1", "wgs", "array"): False, ("P2", "wgs", "array"): True, ("P1", "wgs", "wes"): False,
    }  # fmt: skip
    pairs = CONCORDANCE.read(tables).set_index(["assay_1", "assay_2"])
    both = pairs.loc[("wgs", "array")]
    assert (both["n_people"], both["n_0_0"], both["n_1_0"], both["n_discordant"]) == (2, 130, 10, 11)
    assert both["discordance"] == pytest.approx(11 / 150)


def test_one_assay_has_nothing_to_compare(tmp_path: Path) -> None:
    out, tables = str(tmp_path / "discordance.tsv"), str(tmp_path / "concordance.tsv")
    collect_discordance([shard(tmp_path / "a.parquet")], MergeConfig(), out, tables)
    assert len(DISCORDANCE.read(out)) == len(CONCORDANCE.read(tables)) == 0
