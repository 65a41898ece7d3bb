"""Hits given common leads, resampled, and without each variant: as if done by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alsreg.formats.pgen import PgenReader
from alsreg.formats.regenie import read_set_list, write_set_list
from alsreg.tables.results import GENE_HITS, LEADS, LEFT_OUT
from burden.examine_hits import examine_hits
from helpers.filled import fill
from helpers.gene_cohort import TRAITS, Cohort
from helpers.report_tables import lead

MAX_P = 0.3


def examine(cohort, leads=(), **burden):
    burden = {"max_p_hit": MAX_P, "n_resamples": 0} | burden
    own = cohort.run(**burden)
    LEADS.write(fill(LEADS, list(leads)) if leads else LEADS.empty(), cohort.folder / "leads.tsv")
    genes = {trait: str(cohort.folder / f"{trait}.genes.tsv") for trait in TRAITS}
    outputs = str(cohort.folder / "hits.tsv"), str(cohort.folder / "left_out.tsv")
    examine_hits(*cohort.inputs(**burden), (genes, str(cohort.folder / "leads.tsv")), outputs)
    return own, GENE_HITS.read(outputs[0]), LEFT_OUT.read(outputs[1])


@pytest.fixture
def cohort(tmp_path, oracles):
    return Cohort(tmp_path, oracles)


def test_every_gene_with_a_small_p_is_examined_and_no_other(cohort):
    own, hits, _ = examine(cohort)
    p = own["p_value"].reset_index()
    wanted = p.loc[p["p_value"] <= MAX_P, ["trait", "gene"]].drop_duplicates()
    found = hits[["trait", "gene"]].drop_duplicates()
    assert set(map(tuple, found.to_numpy())) == set(map(tuple, wanted.to_numpy()))
    assert 0 < len(found) < 15
    for row in hits.itertuples():
        assert row.p_value == pytest.approx(own.loc[(row.gene, row.trait, row.mask, row.test), "p_value"])
    assert (hits["conditional_status"] == "no common lead near the gene").all()


def test_without_a_variant_is_as_if_the_set_list_lacked_it(cohort):
    _, hits, left_out = examine(cohort)
    first = left_out.iloc[0]
    rows = left_out[(left_out["trait"] == first["trait"]) & (left_out["gene"] == first["gene"])]
    assert rows["variant_id"].nunique() == hits.loc[hits["gene"] == first["gene"], "n_variants"].iloc[0]
    sets = read_set_list(cohort.folder / "sets")
    for variant in rows["variant_id"].unique()[:3]:
        kept = [
            s
            if s.gene != first["gene"]
            else type(s)(s.gene, s.chromosome, s.position, tuple(set(s.variants) - {variant}))
            for s in sets
        ]
        write_set_list(kept, cohort.folder / "sets")
        own = cohort.run()
        for row in rows[rows["variant_id"] == variant].itertuples():
            by_hand = own.loc[(row.gene, row.trait, "rare", row.test)]
            assert row.p_value == pytest.approx(by_hand["p_value"], rel=1e-9)
            assert row.status == by_hand["status"]


def test_given_a_common_lead_is_as_if_it_were_a_covariate(cohort, oracles):
    """The first of the oracles' rare variants, made common in name only, stands for the lead."""
    name = cohort.variants["variant_id"].iloc[30]
    lead_gene = cohort.variants["gene"].iloc[30]
    place = int(cohort.variants["position"].iloc[30])
    leads = [
        lead(trait=trait, variant_id=name, chromosome=1, base_pair_location=place, effect_allele_frequency=0.2)
        for trait in TRAITS
    ]
    _, hits, _ = examine(cohort, leads)
    given = hits[hits["gene"] != lead_gene]
    assert len(given) and (given["given"] == name).all() and (given["conditional_status"] == "tested").all()
    own = hits[hits["gene"] == lead_gene]
    assert (own["given"].fillna("") == "").all(), "a variant of the test is not conditioned on"
    with PgenReader(str(cohort.folder / "all")) as reader:
        g = reader.dosages(30, 31)[0]
    samples = pd.read_csv(cohort.folder / "samples.tsv", sep="\t")
    samples["lead"] = np.where(np.isnan(g), np.nanmean(g), g)
    samples.to_csv(cohort.folder / "samples.tsv", sep="\t", index=False, na_rep="NA")
    by_hand = cohort.run(covariates=["lead"])
    for row in given.itertuples():
        expected = by_hand.loc[(row.gene, row.trait, row.mask, row.test), "p_value"]
        assert row.p_conditional == pytest.approx(expected, rel=1e-7)
        assert row.p_conditional != pytest.approx(row.p_value, rel=1e-9)


@pytest.mark.parametrize("change", [{"trait": "another"}, {"chromosome": 2}, {"base_pair_location": 5_000_000},
                                    {"effect_allele_frequency": 0.999}])  # fmt: skip
def test_leads_of_other_traits_far_away_or_rare_are_not_conditioned_on(cohort, change):
    name = cohort.variants["variant_id"].iloc[30]
    row = {
        "trait": "qt",
        "variant_id": name,
        "chromosome": 1,
        "base_pair_location": 130,
        "effect_allele_frequency": 0.2,
    }
    _, hits, _ = examine(cohort, [lead(**(row | change))])
    assert (hits["given"].fillna("") == "").all()


def near_normal(hits):
    """Without those in which p differ for a reason: uncorrected single scores of few carriers, which ACAT feels most, are not
    normal unless the trait is."""
    return hits[~hits["test"].str.startswith("acat") | (hits["trait"] == "qt")]


def test_resampled_p_is_near_the_analytic_one_and_says_why_there_is_none(cohort):
    _, hits, _ = examine(cohort, n_resamples=400, max_p_hit=0.1)
    made = hits[hits["resampling_status"] == "resampled"]
    assert len(made) == len(hits) and set(made["test"]) == {"burden", "skat", "skat_o", "acat_v", "acat_o"}
    assert (made["n_resamples"] == 400).all()
    near = near_normal(made)
    assert (np.abs(np.log(near["p_resampled"] / near["p_value"].clip(lower=1 / 401))) < 1.0).all()
    again = examine(cohort, n_resamples=400, max_p_hit=0.1)[1]
    pd.testing.assert_frame_equal(hits, again)
    _, off, _ = examine(cohort, n_resamples=0)
    assert (off["resampling_status"] == "n_resamples is 0").all()


def test_variants_of_several_carrier_sets_are_resampled_together(tmp_path, oracles):
    cohort = Cohort(tmp_path, oracles, ["wgs", "wgs+wes"])
    _, hits, _ = examine(cohort, n_resamples=400, max_p_hit=0.1)
    made = hits[hits["resampling_status"] == "resampled"]
    near = near_normal(made)
    assert len(near) and (np.abs(np.log(near["p_resampled"] / near["p_value"].clip(lower=1 / 401))) < 1.5).all()


def test_no_hit_is_two_empty_tables(cohort):
    _, hits, left_out = examine(cohort, max_p_hit=1e-12)
    assert not len(hits) and not len(left_out)
