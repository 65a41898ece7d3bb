"""Effects on their scale, and p-values against the threshold of the tests that were done."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from alsreg.report import results
from alsreg.report.disclosure import Disclosure
from alsreg.tables.results import GENES, LEADS
from helpers import report_tables as tables


def trait_of(kind: str, **lead: object) -> results.TraitResult:
    row = tables.diagnostics().iloc[0].copy()
    row["kind"] = kind
    leads = tables.fill(LEADS, [tables.lead(**lead)])
    return results.trait_result(row, leads, tables.thinned(), (5e-8, 1e-5), 20, Disclosure(5))


@pytest.mark.parametrize(
    ("kind", "name", "effect"),
    [
        ("survival", "hazard ratio", 2),
        ("binary", "odds ratio", 2),
        ("quantitative", "effect", math.log(2)),
        ("longitudinal", "points/month", math.log(2)),
    ],
)
def test_trait_result__scale_of_the_effect(kind: str, name: str, effect: float) -> None:
    found = trait_of(kind)
    assert found.effect_name == name
    assert found.leads[0].effect == pytest.approx(effect)
    assert found.leads[0].lower < found.leads[0].effect < found.leads[0].upper
    assert (found.n_events is None) == (kind in ("quantitative", "longitudinal"))


def test_trait_result__what_a_lead_lacks_is_empty() -> None:
    lead = trait_of("survival", rs_id="#NA", nearest_gene=None, ph_p=None, carrier_set=None).leads[0]
    assert (lead.rs_id, lead.gene, lead.ph_p, lead.carrier_set) == ("", "", None, "")


def test_trait_result__one_chromosome_is_drawn() -> None:
    row, thinned = tables.diagnostics().iloc[0], tables.thinned().iloc[:1]
    found = results.trait_result(row, LEADS.empty(), thinned, (5e-8, 1e-5), 20, Disclosure(5))
    assert [picture.title for picture in found.pictures] == [
        "survival: p along the genome", "survival: observed against expected",
    ]  # fmt: skip


def test_gene_result__shows_the_smallest_and_counts_all() -> None:
    rows = pd.concat(
        [tables.genes().iloc[[0]].assign(gene=f"G{k}", p_value=p) for k, p in ((1, 0.5), (2, 0.01), (3, 0.01))]
    )
    found = results.gene_result("survival", GENES.conform(rows), 2, Disclosure(5))
    assert [row.gene for row in found.rows] == ["G2", "G3"]
    assert (found.n_genes, found.n_tests, found.threshold) == (3, 3, pytest.approx(0.05 / 3))
    assert all(row.is_significant for row in found.rows)


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA])
def test_number_and_text__missing(missing: object) -> None:
    assert results.number(missing) is None
    assert results.text(missing) == ""
