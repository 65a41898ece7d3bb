"""Every variant of a shard against every trait: equal to plain regressions on the people observed for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from alsreg.config.association import AssociationConfig
from alsreg.config.traits import TraitSpecification
from alsreg.engines import local
from alsreg.stats.cox import fit_cox_null
from alsreg.stats.logistic import fit_logistic_null
from alsreg.stats.mixed import Visits, fit_mixed_null
from alsreg.stats.null import VariantTestOptions
from alsreg.stats.risk_sets import build_risk_sets
from alsreg.tables.results import VARIANT_TESTS
from association.score_variants import score_variants
from helpers.association_cohort import SHARDS, SPECIFICATION, Cohort

SHARD = "chr1-11"


def observed(cohort: Cohort, carrier_set: str) -> tuple[np.ndarray, np.ndarray]:
    """Who is observed and analysed, and the assay of each one's genotype; written out person by person."""
    table = pd.read_csv(cohort.tables[0], sep="\t")
    source = np.array(
        [next((a for a in carrier_set.split("+") if a in own.split("+")), "") for own in table["assays"]], dtype=object
    )
    return (source != "") & ~table["is_related"].to_numpy(dtype=bool), source


@pytest.mark.parametrize("row", [0, 1, 5, 13, 33])
def test_quantitative_results_are_least_squares_on_the_people_observed(scored: Cohort, row: int) -> None:
    variant = scored.variants[SHARD].iloc[row]
    keep, source = observed(scored, variant["carrier_set"])
    g = scored.genotypes[SHARD][row].astype(float)
    keep &= g >= 0
    people = scored.people
    levels = sorted(set(source[keep]))[1:]
    design = np.column_stack(
        [np.ones(len(g)), g, people["sex"] == "M", component(scored), *[source == level for level in levels]]
    )
    fit = sm.OLS(people["age_at_onset_years"].to_numpy()[keep], design[keep].astype(float)).fit()
    result = VARIANT_TESTS.read(scored.path(f"{SHARD}.age_at_onset.parquet")).iloc[row]
    assert result["variant_id"] == variant["variant_id"] and result["n"] == keep.sum()
    np.testing.assert_allclose(result["beta"], fit.params[1], rtol=1e-9)
    np.testing.assert_allclose(result["standard_error"], fit.bse[1], rtol=1e-9)
    np.testing.assert_allclose(result["p_value"], fit.pvalues[1], rtol=1e-7)


def component(cohort: Cohort) -> np.ndarray:
    return pd.read_csv(cohort.tables[0], sep="\t")["PC1"].to_numpy()


@pytest.mark.parametrize("row", [1, 5, 8])
def test_survival_results_are_a_cox_model_stratified_by_assay(scored: Cohort, row: int) -> None:
    variant = scored.variants[SHARD].iloc[row]
    keep, source = observed(scored, variant["carrier_set"])
    people = scored.people
    keep &= people["exit_months"].notna().to_numpy()
    rows = np.flatnonzero(keep)
    times = people[["entry_months", "exit_months"]].to_numpy(dtype=float)[rows].T
    _, stratum = np.unique(source[rows].astype(str), return_inverse=True)
    sets = build_risk_sets(*times, people["is_event"].to_numpy(dtype=float)[rows] == 1, stratum)
    covariates = np.column_stack([people["sex"] == "M", people["age_at_onset_years"], component(scored)])[rows]
    g = np.where(scored.genotypes[SHARD][row] < 0, np.nan, scored.genotypes[SHARD][row])[rows]
    null = fit_cox_null(sets, covariates.astype(float), rows)
    scores = null.score(g[None])
    result = VARIANT_TESTS.read(scored.path(f"{SHARD}.survival.parquet")).iloc[row]
    assert result["n"] == np.isfinite(g).sum() and result["n_imputed"] == np.isnan(g).sum() > 0
    assert result["n_events"] == (sets.is_event & np.isfinite(g)).sum()
    if result["effect_method"] == "score":
        np.testing.assert_allclose(result["beta"], scores.u[0] / scores.v[0], rtol=1e-8)
    else:
        np.testing.assert_allclose(result["beta"], null.refit(g).beta, rtol=1e-8)


@pytest.mark.parametrize("row", [1, 5, 8])
@pytest.mark.parametrize("trait", ["bulbar_onset", "slope"])
def test_binary_and_longitudinal_results_are_adjusted_for_the_assay(scored: Cohort, trait: str, row: int) -> None:
    """One model of the people observed, with the source assay as a covariate, and of the slope, too."""
    variant = scored.variants[SHARD].iloc[row]
    keep, source = observed(scored, variant["carrier_set"])
    rows, people = np.flatnonzero(keep), scored.people
    levels, counts = np.unique(source[rows].astype(str), return_counts=True)
    others = [level for level in levels if level != levels[counts.argmax()]]
    columns = [people["sex"] == "M", people["age_at_onset_years"], component(scored)]
    x = np.column_stack([*columns, *[source == level for level in others]]).astype(float)[rows]
    g = np.where(scored.genotypes[SHARD][row] < 0, np.nan, scored.genotypes[SHARD][row])[rows]
    if trait == "bulbar_onset":
        null = fit_logistic_null(people["is_bulbar_onset"].to_numpy(dtype=float)[rows], x, rows)
    else:
        visits = pd.read_csv(scored.tables[1], sep="\t")
        person = pd.Series(np.arange(len(rows)), index=people["person"].to_numpy()[rows]).reindex(visits["#IID"])
        seen = person.notna().to_numpy()
        measured = Visits(
            visits["total"].to_numpy(dtype=float)[seen], visits["months_since_registration"].to_numpy(dtype=float)[seen],
            person.to_numpy()[seen].astype(np.int64),
        )  # fmt: skip
        names = ["sex", "age", "PC1", *others]
        null = fit_mixed_null(measured, x, rows, names, ["sex", "PC1", *others])
    scores = null.score(g[None])
    result = VARIANT_TESTS.read(scored.path(f"{SHARD}.{trait}.parquet")).iloc[row]
    assert result["n"] == np.isfinite(g).sum() and result["n_imputed"] == np.isnan(g).sum() > 0
    if result["effect_method"] == "firth":
        tests = null.test_variants(g[None], VariantTestOptions(min_mac=5, max_p_refit=1e-3))
        np.testing.assert_allclose(result["beta"], tests.beta[0], rtol=1e-6)
    else:
        np.testing.assert_allclose(result["beta"], scores.u[0] / scores.v[0], rtol=1e-6)
        np.testing.assert_allclose(result["standard_error"], 1 / np.sqrt(scores.v[0]), rtol=1e-6)


def test_planted_effects_are_found(scored: Cohort) -> None:
    age = pd.read_parquet(scored.path(f"{SHARD}.age_at_onset.parquet"))
    death = pd.read_parquet(scored.path(f"{SHARD}.survival.parquet"))
    assert age["p_value"].idxmin() == 0 and abs(age["beta"][0] - 5) < 3 * age["standard_error"][0]
    assert death["p_value"].idxmin() == 1 and abs(death["beta"][1] - 1.1) < 0.6
    assert death["effect_method"][1] == "wald"


def test_every_variant_has_a_row_and_a_reason(scored: Cohort) -> None:
    for shard in SHARDS:
        for trait in SPECIFICATION.traits:
            table = VARIANT_TESTS.read(scored.path(f"{shard}.{trait}.parquet"))
            assert list(table["variant_id"]) == list(scored.variants[shard]["variant_id"])
            tested = table["status"] == "tested"
            assert tested.any() and table.loc[tested, ["beta", "standard_error", "p_value"]].notna().all(axis=None)
            assert table.loc[~tested, ["beta", "standard_error", "p_value"]].isna().all(axis=None)
            rare = table["base_pair_location"] == 5_000_000  # frequency 0.001
            assert table.loc[rare, "status"].isin(["mac < 5", "monomorphic"]).all()
    excluded = pd.read_parquet(scored.path(f"{SHARD}.slope.parquet")).set_index("variant_id")
    assert excluded.loc["5_1000000_A_G", "status"] == "excluded: is_platform_effect"


def test_block_size_and_repetition_do_not_matter(
    scored: Cohort, settings: AssociationConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(folder: str) -> dict[str, Path]:
        outputs = {trait: tmp_path / folder / f"{trait}.parquet" for trait in SPECIFICATION.traits}
        score_variants(
            scored.path(f"{SHARD}.pgen"), scored.path(f"{SHARD}.variants.parquet"), scored.tables, SPECIFICATION,
            settings, {trait: str(path) for trait, path in outputs.items()},
        )  # fmt: skip
        return outputs

    again = run("again")
    monkeypatch.setattr(local, "BLOCK", 7)
    small = run("small")
    for trait in SPECIFICATION.traits:
        first = scored.path(f"{SHARD}.{trait}.parquet")
        assert again[trait].read_bytes() == Path(first).read_bytes()
        one, other = pd.read_parquet(first), pd.read_parquet(small[trait])
        for name in ("beta", "standard_error", "p_value"):
            np.testing.assert_allclose(one[name], other[name], rtol=1e-10)
        assert (one["status"] == other["status"]).all()


def test_an_impossible_trait_is_a_status_and_leaves_the_others_alone(
    scored: Cohort, settings: AssociationConfig, tmp_path: Path
) -> None:
    """No events, a constant covariate, a trait missing in this cohort: each says so on every variant."""
    table = pd.read_csv(scored.tables[0], sep="\t")
    table["never"], table["one"], table["nothing"] = 0, 1, np.nan
    samples = tmp_path / "samples.tsv"
    table.to_csv(samples, sep="\t", index=False, na_rep="NA")
    traits = SPECIFICATION.model_dump()["traits"]
    specification = TraitSpecification(
        traits={
            "no_events": traits["survival"] | {"event": "never"},
            "collinear": traits["age_at_onset"] | {"covariates": ["sex", "one"]},
            "absent": {"type": "quantitative", "column": "nothing"},
            "age_at_onset": traits["age_at_onset"],
        },
        covariates=["sex"],
    )
    outputs = {trait: str(tmp_path / f"{trait}.parquet") for trait in specification.traits}
    score_variants(
        scored.path(f"{SHARD}.pgen"), scored.path(f"{SHARD}.variants.parquet"), (str(samples), scored.tables[1]),
        specification, settings, outputs,
    )  # fmt: skip
    usable = ~pd.read_parquet(outputs["absent"])["variant_id"].eq("5_1000000_A_G")
    for trait, message in (
        ("no_events", "no event among"), ("collinear", "constant"), ("absent", "nobody has the trait"),
    ):  # fmt: skip
        statuses = pd.read_parquet(outputs[trait]).loc[usable, "status"]
        assert statuses.str.contains(message).all(), statuses.unique()
    pd.testing.assert_frame_equal(
        pd.read_parquet(outputs["age_at_onset"]), pd.read_parquet(scored.path(f"{SHARD}.age_at_onset.parquet"))
    )
