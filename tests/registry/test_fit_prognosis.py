"""The rule writes its four tables, the same bytes every time, from the tables of derive_traits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.config.prognosis import PrognosisConfig
from alsreg.tables.registry import PATIENTS, PHENOTYPES
from helpers.filled import fill
from registry.fit_prognosis import TABLES, fit_prognosis


def write_registry(folder: Path, n: int) -> tuple[Path, Path]:
    rng = np.random.default_rng(0)
    bulbar = rng.binomial(1, 0.3, n)
    entry = rng.exponential(8, n)
    frame = pd.DataFrame(
        {
            "person": [f"P{k:03d}" for k in range(n)], "is_bulbar_onset": bulbar, "age_at_onset_years": rng.normal(60, 9, n),
            "delta_fs_per_month": rng.gamma(2, 0.4, n), "entry_months": entry, "is_event": rng.binomial(1, 0.8, n),
            "exit_months": entry + 20 * rng.exponential(size=n) * np.exp(-0.7 * bulbar), "survival_exclusion": "",
        }
    )  # fmt: skip
    PHENOTYPES.write(fill(PHENOTYPES, frame), folder / "phenotypes.parquet")
    PATIENTS.write(fill(PATIENTS, frame[["person"]]), folder / "patients.parquet")
    return folder / "phenotypes.parquet", folder / "patients.parquet"


@pytest.mark.parametrize("n", [150, 15])
def test_tables(tmp_path: Path, n: int) -> None:
    inputs = write_registry(tmp_path, n)
    runs = [{name: tmp_path / run / Path(table.path).name for name, table in TABLES.items()} for run in "ab"]
    for outputs in runs:
        fit_prognosis(*inputs, PrognosisConfig(n_resamples=5), outputs)
    assert [runs[0][name].read_bytes() for name in TABLES] == [runs[1][name].read_bytes() for name in TABLES]
    found = {name: table.read(runs[0][name]) for name, table in TABLES.items()}
    assert len(found["people"]) == n
    status = found["coefficients"].set_index("predictor")["status"]
    # Columns that the table always has, empty here, are left out for what is missing.
    assert (
        status["diagnostic_delay_months"] == status["el_escorial"] == "left out: missing for more than 30 % of people"
    )
    if n == 150:
        assert status["is_bulbar_onset"] == "fitted" and found["people"]["prognostic_index"].notna().all()
    else:
        assert status["is_bulbar_onset"].startswith("no model: ") and found["people"]["prognostic_index"].isna().all()
