"""Diagnostics, power and confounding of each trait."""

from __future__ import annotations

import pandas as pd
import pytest

from alsreg.config.association import AssociationConfig
from alsreg.tables.leads import CONFOUNDING, POWER
from alsreg.tables.results import DIAGNOSTICS
from association.describe_traits import describe_traits
from helpers.association_cohort import SHARDS, SPECIFICATION, Cohort


@pytest.fixture(scope="module")
def described(scored: Cohort, tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, ...]:
    folder = tmp_path_factory.mktemp("described")
    tests = [scored.path(f"{shard}.{trait}.parquet") for shard in SHARDS for trait in SPECIFICATION.traits]
    settings = AssociationConfig(min_mac=5, genome_wide_p=1e-5)
    outputs = tuple(str(folder / name) for name in ("diagnostics.tsv", "power.tsv", "confounding.tsv"))
    psam = scored.path(f"{next(iter(SHARDS))}.psam")
    describe_traits(psam, tests, scored.tables, SPECIFICATION, settings, outputs)
    return tuple(table.read(path) for table, path in zip((DIAGNOSTICS, POWER, CONFOUNDING), outputs, strict=True))


def test_diagnostics_describe_every_trait(scored: Cohort, described: tuple[pd.DataFrame, ...]) -> None:
    diagnostics, *_ = described
    table = diagnostics.set_index("trait")
    assert list(table.index) == list(SPECIFICATION.traits) and (table["status"] == "tested").all()
    for trait in table.index:
        tests = pd.concat([pd.read_parquet(scored.path(f"{s}.{trait}.parquet")) for s in SHARDS])
        row, tested = table.loc[trait], tests[tests["status"] == "tested"]
        assert row["n_tested"] == len(tested) and row["n_tested"] + row["n_untestable"] == len(tests)
        assert row["n"] >= tests["n"].max() and row["n_hits"] == (tested["p_value"] < 1e-5).sum()
        assert row["n_hits_expected"] == pytest.approx(len(tested) * 1e-5)
    people = scored.people
    n_related = 6  # of 300, every 50th
    assert table.loc["survival", "n"] == 300 - n_related - 1  # one has no survival time
    assert table.loc["survival", "median_survival_months"] > people["entry_months"].median()
    assert -1 <= table.loc["survival", "entry_tau"] <= 1
    assert "assay=" in table.loc["age_at_onset", "covariates"] and "3 strata" in table.loc["survival", "covariates"]
    assert table["entry_tau"].notna().sum() == 1
