"""Scores that leave a cohort: its own tests again where nothing is summed, over carrier sets, and nobody's data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alsreg.engines.gene_meta import CohortScores, join_cohorts, test_joint_gene
from alsreg.engines.gene_sets import MaskRule
from alsreg.formats.gene_scores import GeneScoresFile
from burden.export_scores import export_scores
from helpers.gene_cohort import TRAITS, Cohort

RULES = {"rare": MaskRule(["exonic"], 0.5)}


def export(cohort, **burden):
    inputs = cohort.inputs(**burden)
    paths = {trait: str(cohort.folder / f"{trait}.scores.tsv.gz") for trait in TRAITS}
    export_scores(*inputs, paths)
    return inputs[-1].burden, {trait: GeneScoresFile(path) for trait, path in paths.items()}


@pytest.mark.parametrize("carrier_set", ["wgs", ["wgs", "wgs+wes"]])
def test_exported_scores_give_the_cohorts_own_answers(tmp_path, oracles, carrier_set):
    """Φ between variants of different carrier sets is exported with the rest: one U and one Φ per gene."""
    cohort = Cohort(tmp_path, oracles, carrier_set)
    own = cohort.run().sort_index()
    settings, files = export(cohort, min_mac_exported=1)
    for trait, file in files.items():
        header = file.header
        assert (header["build"], header["trait"], header["type"] != "") == ("GRCh38", trait, True)
        for scores in file.genes():
            part = CohortScores("a", header["type"], int(header["n_people"]), int(header["n_events"]), scores)
            rows = test_joint_gene(join_cohorts(scores.gene, [part]), RULES, settings)
            found = {row["test"]: row for row in rows}
            for test in ("skat", "skat_o"):
                assert found[test]["p_value"] == pytest.approx(
                    own.loc[(scores.gene, trait, "rare", test), "p_value"], rel=1e-5
                )
            assert found["burden"]["n_variants"] == own.loc[(scores.gene, trait, "rare", "burden"), "n_variants"]


def test_rows_with_few_copies_are_summed_or_left_out(tmp_path, oracles):
    cohort = Cohort(tmp_path, oracles)
    own = cohort.run().sort_index()
    _, files = export(cohort)
    tables = pd.concat([scores.table for scores in files["qt"].genes()])
    assert (tables["mac"] >= 5).all() and (tables["effect_allele"] == ".").any()
    for gene, part in tables.groupby("gene"):
        known = own.loc[(gene, "qt", "rare", "skat")]
        assert part["mac"].sum() <= known["mac"] and known["mac"] - part["mac"].sum() < 5
        np.testing.assert_array_equal(part.loc[part["effect_allele"] == ".", "position"], "")
