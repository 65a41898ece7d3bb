"""The script writes what the package computes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from alsreg.config.registry import RegistryConfig
from alsreg.tables.registry import EVENTS, ISSUES, PATIENTS, QUALITY, VISITS
from registry import assess_quality
from registry_tables import check


def test_one_row_per_hospital(tmp_path: Path) -> None:
    registry = check(tmp_path)
    inputs = {table.name: tmp_path / Path(table.path).name for table in (PATIENTS, VISITS, EVENTS, ISSUES)}
    for table in (PATIENTS, VISITS, EVENTS, ISSUES):
        table.write(getattr(registry, table.name), inputs[table.name])
    assess_quality.assess_quality(inputs, "2022-02-28", RegistryConfig(visit_interval_months=6), tmp_path / "q.tsv")
    quality = QUALITY.read(tmp_path / "q.tsv")
    assert quality["site"].tolist() == ["all", "S1"]
    pd.testing.assert_series_equal(quality.iloc[0, 1:], quality.iloc[1, 1:], check_names=False)
    assert quality["n_visits_planned"].tolist() == [100, 100]
