"""Loci, power and confounding of a trait: numbers by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.plots.regional import UNKNOWN, colours, place_genes
from alsreg.report.association import TABLES, trait_detail
from alsreg.report.association_model import CredibleRow, TraitDetail
from alsreg.report.disclosure import Disclosure
from alsreg.report.few_left_out import without_counts
from alsreg.report.loci import MAX_POINTS
from alsreg.report.render import render_cohort
from alsreg.report.thinning import thin
from alsreg.tables.results import LEADS
from helpers import lead_tables, report_tables
from helpers.figure_data import data_of

GENES = pd.DataFrame([("2", 40, 60, "UNC13A"), ("2", 95, 200, "FAR"), ("1", 40, 60, "OTHER")],
                     columns=["chromosome", "start", "end", "gene"])  # fmt: skip


def detail(n_drawn: int = 4, genes: pd.DataFrame = GENES) -> TraitDetail:
    leads = lead_tables.fill(LEADS, [report_tables.lead(n_carriers=18)])
    found = {name: rows() for name, (_, rows) in lead_tables.LEAD_INPUTS.items()}
    found["lead_sensitivity"] = report_tables.sensitivity()
    assert set(found) == set(TABLES)
    return trait_detail("survival", "survival", leads, found, genes, (n_drawn, 5e-8), Disclosure(5))


def test_locus() -> None:
    (locus,) = detail().loci
    assert (locus.locus, locus.n_variants, locus.n_untestable, locus.n_signals, locus.n_credible) == (
        "2_50_A_G",
        4,
        2,
        2,
        2,
    )
    assert locus.warning == "N is weak: 6 events or cases"
    lead, other = locus.signals
    assert (lead.status, lead.rs_id, lead.n, lead.p_conditional) == ("lead", "rs7", 11, 2.84e-11)
    assert lead.joint == pytest.approx((1.75, 1.75 * np.exp(-0.245), 1.75 * np.exp(0.245)), rel=1e-4)
    assert (other.status, other.r2, other.p_value, other.joint) == ("no further signal", 0.125, 0.25, None)
    assert locus.credible[0] == CredibleRow("2_50_A_G", "", 2.84e-11, 1.0, 0.75, 0.75)


def test_regional_plot__has_the_data_it_shows_and_names_its_genes() -> None:
    (picture,) = detail().loci[0].pictures
    data = data_of(picture)
    assert data["variant_id"].tolist() == ["2_50_A_G", "2_60_A_C", "2_70_A_C", "2_90_C_T"]
    assert data["p_value"].tolist() == pytest.approx([2.84e-11, 1e-9, 0.5, 0.25])
    assert picture.chart == "region" and "Genes: UNC13A." in picture.alt
    assert "no bounds known" in detail(genes=pd.DataFrame()).loci[0].pictures[0].alt


def test_leads__that_are_not_drawn_are_counted() -> None:
    found = detail(n_drawn=0)
    assert (found.leads, found.loci, found.n_not_drawn) == ((), (), 1)
    assert len(detail().leads) == 1 and detail().n_not_drawn == 0


def test_power_and_confounding() -> None:
    found = detail()
    rare, common = found.power
    assert (rare.frequency, rare.is_testable, common.effect, common.expected_mac) == (0.05, False, 1.625, 5.5)
    assert common.ratio == pytest.approx(np.exp(1.625))
    array, wgs = found.confounding
    # Three events of genomes are hidden, and those of arrays, which would give them back; so are their effects.
    assert (array.n_events, wgs.n_events, wgs.effect, wgs.p_value) == (None, None, None, None)
    assert (wgs.n, wgs.p_joint, wgs.status) == (15, 0.5, "fitted")


def test_thin__keeps_tails_and_ld() -> None:
    rng = np.random.default_rng(1)
    rows = pd.DataFrame(
        {"variant_id": [f"v{k}" for k in range(20_000)], "p_value": rng.random(20_000), "r2": rng.random(20_000) ** 20}
    )
    rows.loc[0, "r2"] = np.nan
    kept = thin(rows, MAX_POINTS, ((rows["p_value"] < 1e-3) | (rows["r2"] > 0.5)).to_numpy())
    assert MAX_POINTS * 0.9 <= len(kept) <= MAX_POINTS
    small = rows[rows["p_value"] < 1e-3]
    assert len(small) > 10 and set(small["variant_id"]) <= set(kept["variant_id"])
    assert len(thin(rows.iloc[:100], MAX_POINTS, np.zeros(100, dtype=bool))) == 100


def test_thin__long_blocks_of_ld_leave_room_for_the_rest() -> None:
    rows = pd.DataFrame(
        {"variant_id": [f"v{k}" for k in range(9000)], "p_value": np.linspace(1e-9, 1, 9000), "r2": 0.9}
    )
    rows.loc[8000:, "r2"] = 0.0
    kept = thin(rows, MAX_POINTS, (rows["r2"] > 0.2).to_numpy())
    assert len(kept) <= MAX_POINTS and kept["p_value"].max() == 1 and kept["p_value"].min() == 1e-9


def test_colours_and_rows_of_genes() -> None:
    found = colours(np.array([0.0, 0.2, 0.79, 1.0, np.nan]))
    assert len(set(found)) == 5 and found[4] == UNKNOWN
    assert place_genes([("A", 0, 10), ("B", 5, 20), ("C", 500, 510)], 1000) == [0, 1, 0]
    assert place_genes([("LONG", 0, 1000)] * 8, 1000)[-2:] == [-1, -1]


def test_few_left_out__nothing_beside_the_leads_counts_people(tmp_path: Path) -> None:
    leads = lead_tables.fill(LEADS, [report_tables.lead(n_carriers=18)])
    report = without_counts(report_tables.report_of(tmp_path, leads=leads), Disclosure(5))
    found = report.traits[0].detail
    assert found is not None and found.power == () and found.loci[0].warning == "" and found.n_not_drawn == 0
    assert all(np.isnan(row.n) for row in (*found.leads[0].groups, *found.leads[0].endpoints, *found.loci[0].signals))
    assert [picture.chart for locus in found.loci for picture in locus.pictures] == ["region"] and found.leads[
        0
    ].pictures == ()
    assert "Leads from other sides" in render_cohort(report)
