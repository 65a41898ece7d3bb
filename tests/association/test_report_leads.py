"""Leads are clumped, refitted and named; diagnostics describe each trait."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.config.association import AssociationConfig
from alsreg.engines.leads import ClumpRules, Genotypes, clump
from alsreg.formats.pgen import PgenWriter
from alsreg.tables.results import DIAGNOSTICS, LEADS
from association.report_leads import Shard, report_leads, split_by_shard
from helpers.association_cohort import SHARDS, SPECIFICATION, Cohort


@pytest.fixture(scope="module")
def reported(scored: Cohort, tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("leads")
    genes = folder / "genes.csv"
    genes.write_text("GENE_CHROMOSOME,GENE_START,GENE_END,GENE_NAME\n1,900000,950000,NEAR\n1,5000000,6000000,FAR\n")
    names = list(SHARDS)
    shards = split_by_shard(
        names, [scored.path(f"{s}.pgen") for s in names],
        [scored.path(f"{s}.{t}.parquet") for s in names for t in SPECIFICATION.traits], list(SPECIFICATION.traits),
    )  # fmt: skip
    assert shards[1] == Shard(names[1], scored.path(f"{names[1]}.pgen"), {
        t: scored.path(f"{names[1]}.{t}.parquet") for t in SPECIFICATION.traits})  # fmt: skip
    settings = AssociationConfig(min_mac=5, max_p_lead=1e-3, genome_wide_p=1e-5)
    outputs = (str(folder / "leads.tsv"), str(folder / "diagnostics.tsv"))
    report_leads(shards, scored.tables, str(genes), SPECIFICATION, settings, outputs)
    return LEADS.read(outputs[0]), DIAGNOSTICS.read(outputs[1])


def test_planted_variants_lead(scored: Cohort, reported: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    leads, _ = reported
    age = leads[leads["trait"] == "age_at_onset"].iloc[0]
    assert age["variant_id"] == "1_1000000_A_G" and age["effect_method"] == "ols" and age["nearest_gene"] == "NEAR"
    assert age["p_refit"] == pytest.approx(age["p_value"], rel=1e-6) and bool(age["is_genome_wide"])
    death = leads[leads["trait"] == "survival"].iloc[0]
    assert death["variant_id"] == "1_2000000_A_G" and death["effect_method"] == "wald"
    assert 0 < death["ph_p"] <= 1 and abs(np.log10(death["p_refit"] / death["p_value"])) < 1
    assert leads.loc[leads["trait"] != "survival", "ph_p"].isna().all()
    scan = pd.read_parquet(scored.path("chr1-11.survival.parquet")).iloc[1]
    assert death["beta"] == pytest.approx(scan["beta"], rel=1e-8)


def test_diagnostics_describe_every_trait(scored: Cohort, reported: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    _, diagnostics = reported
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


def test_clumping_by_distance_and_correlation(tmp_path: Path) -> None:
    """Five variants: a lead, its proxy, an independent neighbour, one beyond the window, one on another chromosome."""
    rng = np.random.default_rng(0)
    lead = rng.binomial(2, 0.4, 400)
    proxy = np.where(rng.random(400) < 0.9, lead, rng.binomial(2, 0.4, 400))
    counts = np.array([lead, proxy, rng.binomial(2, 0.4, 400), lead, lead], dtype=np.int8)
    table = pd.DataFrame(
        {
            "CHROM": ["1", "1", "1", "1", "2"],
            "POS": [100_000, 150_000, 300_000, 900_000, 150_000],
            "REF": "A",
            "ALT": "G",
        }
    )
    table["ID"] = [f"v{k}" for k in range(5)]
    with PgenWriter(tmp_path / "s", pd.DataFrame({"IID": [f"P{i}" for i in range(400)], "SEX": "F"}), 5) as writer:
        writer.append(table, counts)
    candidates = pd.DataFrame(
        {
            "chromosome": [1, 1, 1, 1, 2], "base_pair_location": table["POS"], "variant_id": table["ID"],
            "p_value": [1e-9, 1e-8, 1e-6, 1e-7, 1e-6], "shard": "s", "row": range(5),
        }
    )  # fmt: skip
    with Genotypes({"s": str(tmp_path / "s")}) as genotypes:
        found = clump(candidates.iloc[::-1], genotypes, ClumpRules(500, 0.1, 50, 5e-8))
        assert [(row["variant_id"], n) for row, n in found] == [("v0", 3), ("v3", 1), ("v2", 3), ("v4", 1)]
        assert len(clump(candidates, genotypes, ClumpRules(500, 0.1, 2, 5e-8))) == 2
