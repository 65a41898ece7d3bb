"""Diagnostics, power and confounding of each trait."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from alsreg.config.association import AssociationConfig
from alsreg.config.traits import TraitSpecification
from alsreg.engines.summaries import Outputs
from alsreg.tables.leads import CONFOUNDING, POWER
from alsreg.tables.results import DIAGNOSTICS, RELATEDNESS, UNTESTABLE
from association.describe_traits import describe_traits
from association.report_leads import TABLES, report_leads, split_by_shard
from association.score_variants import score_variants
from association.write_summary_statistics import gather_shards
from helpers.association_cohort import SHARDS, SPECIFICATION, Cohort


@pytest.fixture(scope="module")
def described(scored: Cohort, tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, ...]:
    folder = tmp_path_factory.mktemp("described")
    tests = [scored.path(f"{shard}.{trait}.parquet") for shard in SHARDS for trait in SPECIFICATION.traits]
    settings = AssociationConfig(min_mac=5, genome_wide_p=1e-5)
    tables = (DIAGNOSTICS, POWER, CONFOUNDING, RELATEDNESS)
    outputs = {table.name: str(folder / f"{table.name}.tsv") for table in tables}
    psam = scored.path(f"{next(iter(SHARDS))}.psam")
    describe_traits(psam, tests, scored.tables, SPECIFICATION, settings, outputs)
    related = RELATEDNESS.read(outputs[RELATEDNESS.name])
    assert (related["relatives"] == "left out").all() and related["n_left_out"].max() == 6
    return tuple(table.read(outputs[table.name]) for table in tables[:3])


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
    assert table["left_out"].str.startswith("6 left out: related to someone analysed").all()
    assert "1 left out: a survival time is missing" in table.loc["survival", "left_out"]


def test_inflation_and_size_are_those_of_the_definitions(scored: Cohort, described: tuple[pd.DataFrame, ...]) -> None:
    table = described[0].set_index("trait")
    for trait, row in table.iterrows():
        tests = pd.concat([pd.read_parquet(scored.path(f"{s}.{trait}.parquet")) for s in SHARDS])
        tested = tests[tests["status"] == "tested"]
        chi_square = stats.chi2.isf(tested["p_value"], 1)
        inflation = np.median(chi_square) / stats.chi2.median(1)
        assert row["lambda_gc"] == pytest.approx(inflation, rel=1e-9)
        is_common = tested["effect_allele_frequency"].between(0.05, 0.95).to_numpy()
        assert row["lambda_gc_common"] == pytest.approx(
            np.median(chi_square[is_common]) / stats.chi2.median(1), rel=1e-9
        )
        n, events = row["n"], row["n_events"]
        size = events if trait == "survival" else n
        per_1000 = 1000 / size
        if trait == "bulbar_onset":  # Freedman et al. 2004
            size, per_1000 = 4 / (1 / events + 1 / (n - events)), (1 / events + 1 / (n - events)) / (2 / 1000)
        assert row["effective_n"] == pytest.approx(size)
        assert row["lambda_1000"] == pytest.approx(1 + (inflation - 1) * per_1000)


def test_power_is_that_of_the_closed_form(scored: Cohort, described: tuple[pd.DataFrame, ...]) -> None:
    """The effect at which a noncentral chi-square exceeds the threshold 80 % of the time, information from other software."""
    diagnostics, power, _ = described
    people = pd.read_csv(scored.tables[0], sep="\t").assign(
        is_male=(scored.people["sex"] == "M").astype(float), source=scored.people["assays"].str.split("+").str[0]
    )
    people = people[people["is_related"] == 0]
    sources = pd.get_dummies(people["source"], drop_first=True, dtype=float)
    design = sm.add_constant(pd.concat([people[["is_male", "PC1"]], sources], axis=1))
    ols = sm.OLS(people["age_at_onset_years"], design).fit()
    logit = sm.Logit(people["is_bulbar_onset"], design.assign(age=people["age_at_onset_years"])).fit(disp=0)
    fitted = logit.predict()
    information = {
        "age_at_onset": len(people) / ols.mse_resid,
        "bulbar_onset": float(np.sum(fitted * (1 - fitted))),
        "survival": float(diagnostics.set_index("trait").loc["survival", "n_events"]),
    }
    assert power.groupby("trait").size().to_dict() == dict.fromkeys(
        SPECIFICATION.traits, 16
    )  # 8 frequencies, 2 thresholds
    for _, row in power[power["trait"] != "slope"].iterrows():
        f = row["frequency"]
        shift = row["effect"] ** 2 * 2 * f * (1 - f) * information[row["trait"]]
        found = stats.ncx2.sf(stats.chi2.isf(row["p_threshold"], 1), 1, shift)
        assert found == pytest.approx(0.8, abs=1e-4), row["trait"]
        assert row["expected_mac"] == pytest.approx(2 * f * row["n"])
        assert row["is_testable"] == (row["expected_mac"] >= 5)
    ratios = power[power["trait"].isin(["bulbar_onset", "survival"])]
    np.testing.assert_allclose(ratios["ratio"], np.exp(ratios["effect"].astype(float)))
    assert power.loc[power["trait"].isin(["age_at_onset", "slope"]), "ratio"].isna().all()


def test_confounding_has_every_carrier_set_and_source(described: tuple[pd.DataFrame, ...]) -> None:
    confounding = described[2]
    for trait in SPECIFICATION.traits:
        rows = confounding[confounding["trait"] == trait]
        assert set(rows["carrier_set"]) == {"wgs+wes+array", "wgs+array", "array", "wgs"}
        assert set(rows.loc[rows["carrier_set"] == "wgs+wes+array", "source"]) == {"wgs", "wes", "array"}
        several = rows[rows["carrier_set"] == "wgs+wes+array"]
        assert several["p_joint"].between(0, 1).all() and several["p_joint"].max() == several["p_joint"].min()


def test_an_impossible_trait_has_its_reason_in_every_table(scored: Cohort, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """A trait that fails in this cohort stops neither the tables nor the other traits."""
    table = pd.read_csv(scored.tables[0], sep="\t").assign(never=0)
    table.to_csv(tmp_path / "samples.tsv", sep="\t", index=False, na_rep="NA")
    traits = SPECIFICATION.model_dump()["traits"]
    specification = TraitSpecification(
        traits={"never": {"type": "binary", "column": "never"}, "age_at_onset": traits["age_at_onset"]},
        covariates=["sex"],
    )
    tables, settings = (str(tmp_path / "samples.tsv"), scored.tables[1]), AssociationConfig(min_mac=5)
    tests = []
    for shard in SHARDS:
        paths = {trait: str(tmp_path / f"{shard}.{trait}.parquet") for trait in specification.traits}
        score_variants(
            scored.path(f"{shard}.pgen"),
            scored.path(f"{shard}.variants.parquet"),
            tables,
            specification,
            settings,
            paths,
        )
        tests += paths.values()
    written = (DIAGNOSTICS, POWER, CONFOUNDING, RELATEDNESS)
    outputs = {table.name: str(tmp_path / f"{table.name}.tsv") for table in written}
    describe_traits(scored.path(f"{next(iter(SHARDS))}.psam"), tests, tables, specification, settings, outputs)
    found = [table.read(outputs[table.name]) for table in written]
    diagnostics = found[0].set_index("trait")
    assert "constant" in diagnostics.loc["never", "status"] and diagnostics.loc["never", "n_tested"] == 0
    assert diagnostics.loc["age_at_onset", "status"] == "tested" and diagnostics.loc["age_at_onset", "n_tested"] > 50
    assert "constant" in found[1].set_index("trait").loc["never", "status"]
    assert found[2].query("trait == 'never'")["status"].str.contains("constant").all()

    shards = split_by_shard(
        list(SHARDS), [scored.path(f"{shard}.pgen") for shard in SHARDS], tests, list(specification.traits)
    )
    leads = {name: str(tmp_path / f"{name}.out") for name in TABLES}
    report_leads(shards, tables, None, specification, AssociationConfig(min_mac=5, max_p_lead=1e-3), leads)
    assert set(TABLES["leads"].read(leads["leads"])["trait"]) == {"age_at_onset"}
    files = Outputs(*(str(tmp_path / name) for name in ("never.tsv.gz", "never.untestable.tsv.gz", "never.parquet")))
    paths = [shard.tests["never"] for shard in shards]
    gather_shards(paths, "never", specification, "2024-03-31", settings, files)
    assert pd.read_csv(files.statistics, sep="\t").empty
    untestable = UNTESTABLE.read(files.untestable)
    assert len(untestable) == diagnostics.loc["never", "n_untestable"]
    assert untestable["reason"].str.contains("constant|excluded").all() and (untestable["n_carriers"] > 0).any()
