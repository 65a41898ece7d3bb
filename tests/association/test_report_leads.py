"""Leads are clumped, refitted, named, seen by source assay and endpoint, and their loci refined."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.config.association import AssociationConfig
from alsreg.engines.leads import Genotypes, LeadRules, clump
from alsreg.formats.pgen import PgenWriter
from association.report_leads import TABLES, Shard, report_leads, split_by_shard
from helpers.association_cohort import SHARDS, SPECIFICATION, Cohort


@pytest.fixture(scope="module")
def tables(scored: Cohort, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """Everything the rule writes, by the table's name."""
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
    settings = AssociationConfig(min_mac=5, max_p_lead=1e-3, genome_wide_p=1e-5, lead_window_kb=3000)
    outputs = {name: str(folder / Path(table.path).name) for name, table in TABLES.items()}
    report_leads(shards, scored.tables, str(genes), SPECIFICATION, settings, outputs)
    return {name: table.read(outputs[name]) for name, table in TABLES.items()}


def test_planted_variants_lead(scored: Cohort, tables: dict[str, pd.DataFrame]) -> None:
    leads = tables["leads"]
    age = leads[leads["trait"] == "age_at_onset"].iloc[0]
    assert age["variant_id"] == "1_1000000_A_G" and age["effect_method"] == "ols" and age["nearest_gene"] == "NEAR"
    assert age["p_refit"] == pytest.approx(age["p_value"], rel=1e-6) and bool(age["is_genome_wide"])
    death = leads[leads["trait"] == "survival"].iloc[0]
    assert death["variant_id"] == "1_2000000_A_G" and death["effect_method"] == "wald"
    assert 0 < death["ph_p"] <= 1 and abs(np.log10(death["p_refit"] / death["p_value"])) < 1
    assert leads.loc[leads["trait"] != "survival", "ph_p"].isna().all()
    scan = pd.read_parquet(scored.path("chr1-11.survival.parquet")).iloc[1]
    assert death["beta"] == pytest.approx(scan["beta"], rel=1e-8)


def test_every_lead_is_seen_from_other_sides(tables: dict[str, pd.DataFrame]) -> None:
    """By source assay; survival also by endpoint, cause and genotype; each locus has signals and a credible set."""
    leads = tables["leads"].set_index(["trait", "variant_id"])
    groups = tables["groups"].groupby(["trait", "variant_id"])["source"].agg(set)
    assert set(groups.index) == set(leads.index)
    lead = ("survival", "1_2000000_A_G")
    assert groups[lead] == {"wgs", "wes", "array"} and leads.loc[lead, "n_groups"] == 3
    assert 0 < leads.loc[lead, "heterogeneity_p"] <= 1
    assert leads.loc[lead, "beta_summed"] == pytest.approx(leads.loc[lead, "beta"], abs=0.3)
    sides = tables["sensitivity"].query("variant_id == '1_2000000_A_G'")
    assert list(zip(sides["analysis"], sides["cause"], strict=True)) == [
        ("as analysed", "any"), ("death_only", "any"),
        ("same people, without the index", "any"), ("given the prognostic index", "any"), ("cause_specific", "death"), ("subdistribution", "death"),
        ("cause_specific", "ventilation"), ("subdistribution", "ventilation"),
        *((period, "any") for period in sides["analysis"].tail(3)),
    ]  # fmt: skip
    assert sides["analysis"].tail(3).str.startswith("events after ").all()
    assert sides["n_events"].tail(3).sum() == sides["n_events"].iloc[0]
    assert (sides["status"] == "tested").all()
    by = sides.set_index(["analysis", "cause"])["n_events"].astype(int)
    assert by["cause_specific", "death"] + by["cause_specific", "ventilation"] == by["as analysed", "any"]
    assert by["cause_specific", "death"] < by["death_only", "any"] < by["as analysed", "any"]
    curves = tables["curves"].query("variant_id == '1_2000000_A_G'")
    assert set(curves["copies"]) == {0, 1, 2} and set(curves["endpoint"]) == {"survival", "incidence"}
    median = curves.query("endpoint == 'survival' and estimate <= 0.5").groupby("copies")["time"].min()
    assert median[0] > median[2]  # the allele hastens death
    for name in ("loci", "conditional", "credible", "regions"):
        assert set(tables[name]["locus"]) == set(tables["leads"]["locus"])
    influence = tables["influence"].set_index(["trait", "variant_id"])
    assert set(influence.index) == set(leads.index) and (influence["status"] == "tested").all()
    assert influence.loc[lead, "beta"] == pytest.approx(leads.loc[lead, "beta"], rel=1e-6)
    assert set(tables["means"]["trait"]) == set(leads.index.get_level_values("trait")) - {"survival"}
    assert tables["means"].groupby("trait")["month"].apply(lambda month: month.notna().all())["slope"]


def test_regions__hold_every_tested_variant_of_the_locus_with_its_ld(
    scored: Cohort, tables: dict[str, pd.DataFrame]
) -> None:
    regions, loci = tables["regions"], tables["loci"].set_index(["trait", "locus"])
    assert (regions.groupby(["trait", "locus"]).size() == loci["n_variants"].sort_index()).all()
    own = regions.query("variant_id == locus")
    assert len(own) == len(loci) and np.allclose(own["r2"], 1)
    region = regions.query("trait == 'survival' and locus == '1_2000000_A_G'").set_index("variant_id")
    calls = np.where(scored.genotypes["chr1-11"] < 0, np.nan, scored.genotypes["chr1-11"].astype(float))
    both = np.isfinite(calls[0]) & np.isfinite(calls[1])
    expected = np.corrcoef(calls[0][both], calls[1][both])[0, 1] ** 2
    assert region.loc["1_1000000_A_G", "r2"] == pytest.approx(expected, rel=1e-6)


def test_every_credible_set_reaches_its_coverage(tables: dict[str, pd.DataFrame]) -> None:
    summed = tables["credible"].groupby(["trait", "locus"])["posterior"].sum()
    assert (summed >= 0.95).all() and (summed <= 1 + 1e-9).all()


def test_longitudinal_leads__stand_beside_survival(scored: Cohort, tables: dict[str, pd.DataFrame]) -> None:
    """Every one in three rows; the first is the lead's own refit, the others are of people with a survival time."""
    leads, decline = tables["leads"].query("trait == 'slope'"), tables["decline"]
    assert len(leads) and set(decline["variant_id"]) == set(leads["variant_id"]) and set(decline["trait"]) == {"slope"}
    for lead in leads.itertuples():
        rows = decline[decline["variant_id"] == lead.variant_id].set_index("analysis")
        assert list(rows.index) == ["as analysed", "same people and visits", "jointly with survival"]
        assert rows.loc["as analysed", "beta"] == pytest.approx(lead.beta, rel=1e-6)
        assert rows.loc["as analysed", "standard_error"] == pytest.approx(lead.standard_error, rel=1e-6)
        same, joint = rows.loc["same people and visits"], rows.loc["jointly with survival"]
        assert joint["status"] == same["status"] == "tested" and same["n"] == joint["n"] <= rows.loc["as analysed", "n"]
        # Dropout has nothing to do with decline here.
        assert joint["beta"] == pytest.approx(same["beta"], abs=same["standard_error"])
        assert abs(joint["association_slope"]) < 4 * joint["association_slope_error"]


def test_survival_leads__stand_with_and_without_the_prognostic_index(
    scored: Cohort, tables: dict[str, pd.DataFrame]
) -> None:
    """By hand: Cox on the same people; the index holds half of what the second variant does."""
    from alsreg.stats.cox import fit_cox_null
    from alsreg.stats.risk_sets import build_risk_sets

    rows = tables["sensitivity"].query("variant_id == '1_2000000_A_G' and cause == 'any'").set_index("analysis")
    without, given = rows.loc["same people, without the index"], rows.loc["given the prognostic index"]
    assert without["n"] == given["n"] < rows.loc["as analysed", "n"]
    assert given["n_events"] == without["n_events"] and (rows["status"] == "tested").all()
    people = pd.read_csv(scored.tables[0], sep="\t")
    dosage = scored.genotypes["chr1-11"][1]
    names = ["entry_months", "exit_months", "is_event", "prognostic_index", "age_at_onset_years", "PC1"]
    keep = people[names].notna().all(axis=1) & ~people["is_related"] & (dosage >= 0)
    source = people["assays"].str.split("+").str[0]
    assert keep.sum() == given["n"]
    used = people[keep]
    sets = build_risk_sets(
        used["entry_months"].to_numpy(), used["exit_months"].to_numpy(), used["is_event"].to_numpy() == 1,
        source[keep].astype("category").cat.codes.to_numpy(dtype=np.int64),
    )  # fmt: skip
    common = np.column_stack([used["sex"] == "M", used["age_at_onset_years"], used["PC1"]]).astype(float)
    for row, covariates in ((without, common), (given, np.column_stack([common, used["prognostic_index"]]))):
        refit = fit_cox_null(sets, covariates, np.arange(len(used))).refit(dosage[keep].astype(float))
        assert row["beta"] == pytest.approx(refit.beta, rel=1e-6)
        assert row["p_value"] == pytest.approx(refit.p_lrt, rel=1e-5)
    assert given["beta"] != pytest.approx(without["beta"], rel=0.01)


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
        found = clump(candidates.iloc[::-1], genotypes, LeadRules(500, 0.1, 50, 5e-8))
        assert [(row["variant_id"], n) for row, n in found] == [("v0", 3), ("v3", 1), ("v2", 3), ("v4", 1)]
        assert len(clump(candidates, genotypes, LeadRules(500, 0.1, 2, 5e-8))) == 2
