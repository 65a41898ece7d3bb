"""Gene tests from files to files: equal to R where R has an answer, counted where there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special

from alsreg.formats.regenie import write_masks
from helpers.gene_cohort import TRAITS, Cohort


@pytest.fixture
def cohort(tmp_path, oracles):
    return Cohort(tmp_path, oracles)


def check_against_r(results, oracles, n_sets=1):
    answers = pd.read_csv(oracles / "skat.csv").query("software == 'SKAT' and weights == 'beta_1_25'")
    answers = answers.set_index(["gene", "trait", "test"])
    for gene in answers.index.unique("gene"):
        for trait in ("qt", "case"):
            row = results.loc[(gene, trait, "rare")]
            assert row.loc["skat", "p_value"] == pytest.approx(
                answers.loc[(gene, trait, "skat"), "p_contour"], rel=1e-4
            )
        p_score = answers.loc[(gene, "case", "burden"), "p_exact"]
        check_score(results.loc[(gene, "case", "rare", "burden")], p_score, n_sets)
    cox = pd.read_csv(oracles / "skat_cox.csv").query(
        "weights == 'beta_1_25' and time == 'monthly_entry' and ties == 'efron'"
    )
    assert len(cox) == 5
    for row in cox.itertuples():
        ours = results.loc[(row.gene, "monthly_entry", "rare")]
        assert ours.loc["skat", "p_value"] == pytest.approx(row.p_skat_contour, rel=1e-4)
        check_score(ours.loc["burden"], row.p_burden_score, n_sets)


def check_score(row, p_score, n_sets):
    """The score is that of R; p allows for the estimation of the null model, which R's does not.

    The scores of several carrier sets are summed after that.
    """
    z = row["beta"] / row["standard_error"]
    assert special.chdtrc(1, z * z) == pytest.approx(p_score, rel=1e-4 if n_sets == 1 else 0.05)
    assert row["p_value"] == pytest.approx(p_score, rel=0.05)


def test_every_trait_agrees_with_r_and_every_row_names_its_method(cohort, oracles):
    results = cohort.run()
    check_against_r(results, oracles)
    assert len(results) == 5 * 3 * 6 and (results["status"] == "tested").all()
    methods = results["p_method"].groupby(level=["trait", "test"]).agg(set).to_dict()
    assert methods["qt", "burden"] == {"t"} and methods["case", "burden"] == {"score"}
    assert methods["monthly_entry", "skat"] == {"contour"} and methods["qt", "acat_o"] == {"cauchy"}


def test_rare_allele_may_be_the_reference(tmp_path, oracles):
    check_against_r(Cohort(tmp_path, oracles, is_flipped=True).run(), oracles)


def test_variants_of_two_carrier_sets_with_the_same_people_are_tested_together(tmp_path, oracles):
    """Everybody was sequenced twice, so both null models are the same fit: the answer is that of one carrier set."""
    check_against_r(Cohort(tmp_path, oracles, ["wgs", "wes"], "wgs+wes").run(), oracles, n_sets=2)


def test_burden_effect_is_per_weighted_copy(cohort, oracles):
    """The full model's effect where p is small enough: with the bound at 0.05, that of coxph."""
    refits = cohort.run(max_p_refit=0.05)
    answers = pd.read_csv(oracles / "burden_cox.csv")
    chosen = answers.query("weights == 'beta_1_25' and time == 'monthly_entry' and ties == 'efron' and p_score < 0.05")
    assert len(chosen) >= 1
    for row in chosen.itertuples():
        ours = refits.loc[(row.gene, "monthly_entry", "rare", "burden")]
        assert ours["beta"] == pytest.approx(row.beta, abs=0.02 * row.se)  # frequencies weigh typed people only
        assert ours["standard_error"] == pytest.approx(row.se, rel=0.02)


def test_frequency_cut_collapse_and_losses_are_counted(cohort):
    table = cohort.variants
    gene = table[table["gene"] == "GENE5"]["variant_id"].tolist()
    excluded = table.assign(is_excluded=table["variant_id"].isin(gene[:2]))
    cohort.write_variants(excluded)
    extra = pd.DataFrame([{"variant_id": "1_9_A_C", "gene": "GENE5"}, {"variant_id": "1_8_A_C", "gene": "LOST"}])
    cohort.write_sets(pd.concat([table, extra]).assign(consequence="exonic"))
    masks = {
        "rare": {"consequences": ["exonic"], "max_allele_frequency": 0.005},
        "lof": {"consequences": ["stop_gained"]},
    }
    results = cohort.run(masks, max_mac_collapsed=10, min_carriers=20)
    row = results.loc[("GENE5", "qt", "rare", "skat")]
    assert row["n_in_mask"] == 21 and row["n_absent"] == 1 and row["n_excluded"] == 2
    assert row["n_too_common"] > 0 and row["n_collapsed"] > 1
    parts = ["n_absent", "n_excluded", "n_unobserved", "n_without_copies", "n_too_common", "n_variants"]
    assert (results[parts].sum(axis=1) == results["n_in_mask"]).all()
    status = results["status"]
    assert set(status.xs("lof", level="mask")) == {"the mask selects no variant of the gene"}
    assert status[("LOST", "qt", "rare", "burden")] == "no qualifying variants"
    few = results[(results["n_carriers"] < 20) & (results["n_variants"] > 0)]
    assert len(few) and few["status"].str.fullmatch(r"too few carriers: \d+").all()
    assert results.loc[status != "tested", "p_value"].isna().all()


def test_copies_and_the_words_of_masks_that_ask_for_more(cohort):
    """A mask that asks for scores selects the words that name it; a mask of at most k copies leaves the others out, counted."""
    table = cohort.variants
    is_high = np.arange(len(table)) % 2 == 0
    cohort.write_sets(table.assign(consequence=np.where(is_high, "exonic:high", "exonic")))
    write_masks(
        {"high": ["exonic:high"], "every": ["exonic", "exonic:high"], "few": ["exonic", "exonic:high"]},
        cohort.folder / "masks",
    )
    every = {"consequences": ["exonic"], "max_allele_frequency": 0.5}
    scored = {"scored": [{"consequences": ["exonic"], "min_scores": {"cadd": 20}}], "max_allele_frequency": 0.5}
    masks = {"high": scored, "every": every, "few": {**every, "max_mac": 8}, "empty": {**scored, "max_mac": 1}}
    results = cohort.run(masks).xs("qt", level="trait").xs("skat", level="test")
    n_in_mask = results["n_in_mask"].groupby("mask").sum()
    assert n_in_mask.to_dict() == {"every": len(table), "few": len(table), "high": is_high.sum(), "empty": 0}
    few, all_of_them = results.xs("few", level="mask"), results.xs("every", level="mask")
    assert (few["n_too_common"] > 0).any() and (few["mac"] <= 8 * few["n_variants"]).all()
    assert (few["n_variants"] + few["n_too_common"] == all_of_them["n_variants"]).all()
    assert set(results.xs("empty", level="mask")["status"]) == {"the mask selects no variant of the gene"}


def test_survival_and_binary_need_expected_events(cohort):
    results = cohort.run(min_expected_events=12)
    status = results.xs("burden", level="test")["status"]
    assert status.xs("qt", level="trait").eq("tested").all()
    wanted = "fewer than 12 events expected among carriers"
    assert (status.xs("case", level="trait") == wanted).any()


def test_small_counts_are_corrected_and_say_so(cohort):
    plain, corrected = cohort.run(), cohort.run(min_z_correction=1)
    for trait in ("case", "monthly_entry"):
        methods = corrected.xs(trait, level="trait")["p_method"]
        assert methods.str.contains("saddlepoint|signed_root").any()
        differs = (corrected["p_value"] / plain["p_value"] - 1).abs().xs(trait, level="trait") > 1e-6
        named = methods.str.contains("saddlepoint|signed_root")
        tests = ["burden", "skat", "skat_o"]
        assert (differs == named)[differs.index.get_level_values("test").isin(tests)].all()
    pd.testing.assert_frame_equal(plain.xs("qt", level="trait"), corrected.xs("qt", level="trait"))


def test_untestable_trait_gives_its_reason(cohort):
    samples = pd.read_csv(cohort.folder / "samples.tsv", sep="\t").assign(case=0)
    samples.to_csv(cohort.folder / "samples.tsv", sep="\t", index=False)
    results = cohort.run().xs("case", level="trait")
    assert results["p_value"].isna().all() and not results["status"].isin(["tested", ""]).any()
    assert (results["n_unobserved"] == results["n_in_mask"]).all()


def test_same_bytes_twice(cohort):
    cohort.run()
    first = {trait: (cohort.folder / f"{trait}.genes.tsv").read_bytes() for trait in TRAITS}
    cohort.run()
    assert first == {trait: (cohort.folder / f"{trait}.genes.tsv").read_bytes() for trait in TRAITS}
