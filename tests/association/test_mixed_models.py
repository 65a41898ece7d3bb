"""The stage with `relatedness: mixed`: every script takes the relationships, and every row says what was done about relatives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.config.association import AssociationConfig
from alsreg.engines.analysis import models_of_cohort
from alsreg.engines.pruning import rows_by_chromosome
from alsreg.engines.relationships import write_relationships
from alsreg.errors import ConfigError
from alsreg.formats.shards import ShardedReader
from alsreg.tables.leads import CONFOUNDING, POWER
from alsreg.tables.results import DIAGNOSTICS, RELATEDNESS
from association.describe_traits import describe_traits
from association.report_leads import TABLES, report_leads, split_by_shard
from association.score_variants import score_variants
from helpers.association_cohort import SHARDS, SPECIFICATION, Cohort

MIXED = SPECIFICATION.model_copy(update={"relatedness": "mixed"})
TRAITS = list(MIXED.traits)
SETTINGS = AssociationConfig(min_mac=5, max_p_lead=1e-3, genome_wide_p=1e-5, lead_window_kb=3000)


@pytest.fixture(scope="module")
def folder(scored: Cohort, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything the scripts write of the cohort, people of one assay typed for too few variants to tell relationships."""
    out = tmp_path_factory.mktemp("mixed")
    relationships = str(out / "relationships.npz")
    with ShardedReader([scored.path(shard) for shard in SHARDS]) as reader:
        write_relationships(reader, rows_by_chromosome(reader.variants), relationships, min_snps=60)
    for shard in SHARDS:
        score_variants(
            scored.path(f"{shard}.pgen"), scored.path(f"{shard}.variants.parquet"), scored.tables, MIXED, SETTINGS,
            {trait: str(out / f"{shard}.{trait}.parquet") for trait in TRAITS}, relationships,
        )  # fmt: skip
    tests = [str(out / f"{shard}.{trait}.parquet") for shard in SHARDS for trait in TRAITS]
    outputs = {table.name: str(out / f"{table.name}.tsv") for table in (DIAGNOSTICS, POWER, CONFOUNDING, RELATEDNESS)}
    psam = scored.path(f"{next(iter(SHARDS))}.psam")
    describe_traits(psam, tests, scored.tables, MIXED, SETTINGS, outputs, relationships)
    shards = split_by_shard(list(SHARDS), [scored.path(f"{shard}.pgen") for shard in SHARDS], tests, TRAITS)
    paths = {name: str(out / Path(table.path).name) for name, table in TABLES.items()}
    report_leads(shards, scored.tables, None, MIXED, SETTINGS, paths, relationships)
    return out


def test_scan__keeps_relatives_and_says_how_it_tested(folder: Path, scored: Cohort) -> None:
    """`is_related` leaves nobody out; quantitative traits by generalised least squares, refitted where p is small."""
    for trait in TRAITS:
        rows = pd.concat([pd.read_parquet(folder / f"{shard}.{trait}.parquet") for shard in SHARDS])
        tested = rows[rows["status"] == "tested"]
        assert len(tested) > 60 and tested["p_value"].between(0, 1).all(), trait
        if trait == "age_at_onset":
            assert set(tested["effect_method"]) == {"gls", "reml"}
            assert (tested["effect_method"] == "reml").sum() == (tested["p_value"] <= 1e-3).sum()
    sources = pd.read_csv(scored.tables[0], sep="\t")["assays"]
    typed = sources[sources != "wes"]
    found = RELATEDNESS.read(folder / "relatedness.tsv").set_index(["trait", "carrier_set"])
    row = found.loc[("age_at_onset", "wgs+wes+array")]
    assert row["n"] == len(typed) and row["n_left_out"] == (sources == "wes").sum()


def test_relatedness__of_every_trait_and_carrier_set(folder: Path) -> None:
    table = RELATEDNESS.read(folder / "relatedness.tsv")
    assert (table["relatives"] == "modelled").all() and len(table) == len(TRAITS) * 4
    polygenic = table[table["trait"] == "age_at_onset"]
    assert polygenic[["heritability", "residual_variance"]].notna().all(axis=None)
    assert table.loc[table["trait"] != "age_at_onset", "score_variance_ratio"].between(0.3, 3).all()
    assert table["n_with_relative"].notna().all() and (table["status"] == "fitted").any()
    assert (DIAGNOSTICS.read(folder / "diagnostics.tsv")["status"] == "tested").all()
    assert POWER.read(folder / "power.tsv")["effect"].gt(0).all()


def test_leads__are_refitted_and_their_rows_say_what_became_of_relatives(folder: Path, scored: Cohort) -> None:
    tables = {name: table.read(folder / Path(table.path).name) for name, table in TABLES.items()}
    leads = tables["leads"].set_index(["trait", "variant_id"])
    age, death = leads.loc[("age_at_onset", "1_1000000_A_G")], leads.loc[("survival", "1_2000000_A_G")]
    assert (age["effect_method"], death["effect_method"]) == ("reml", "wald")
    assert abs(np.log10(age["p_refit"] / age["p_value"])) < 0.3  # the scan fills missing genotypes
    assert 0 < death["ph_p"] <= 1
    groups, sensitivity = tables["groups"], tables["sensitivity"]
    assert (groups["relatives"] == "left out").all() and (
        CONFOUNDING.read(folder / "confounding.tsv")["relatives"] == "left out"
    ).all()
    by_model = sensitivity.groupby("model")["relatives"].unique().map(list).to_dict()
    assert by_model == {"cox": ["modelled"], "fine_gray": ["left out"]}
    assert (tables["conditional"]["relatives"] == "modelled").all() and len(tables["curves"])
    main = sensitivity[
        (sensitivity["analysis"] == "as analysed") & (sensitivity["variant_id"] == "1_2000000_A_G")
    ].iloc[0]
    assert main["p_value"] == pytest.approx(death["p_refit"], rel=1e-9)


def test_mixed_without_relationships__is_refused(scored: Cohort) -> None:
    with pytest.raises(ConfigError, match="go together"):
        models_of_cohort(scored.path(next(iter(SHARDS))), scored.tables, MIXED, 10)
