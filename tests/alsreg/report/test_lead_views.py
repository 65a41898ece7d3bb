"""Leads from other sides: numbers by hand, and nobody in them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alsreg.report.association_model import LeadView, SideRow
from alsreg.report.disclosure import Disclosure
from alsreg.report.lead_views import lead_view
from alsreg.report.pictures import Picture
from alsreg.tables.results import LEADS
from helpers import lead_tables as tables
from helpers import report_tables
from helpers.figure_data import data_of


def view(kind: str = "survival", trait: str = "survival", min_cell: int = 5, **changes: object) -> LeadView:
    lead = report_tables.lead(trait=trait, n_carriers=18, beta_summed=np.log(1.75), standard_error_summed=0.2, p_summed=0.004,
                              heterogeneity_p=0.25, heterogeneity_i2=0.125, groups_status="tested")  # fmt: skip
    row = tables.fill(LEADS, [lead | changes]).iloc[0]
    found = {"groups": tables.groups(), "sensitivity": report_tables.sensitivity(), "curves": tables.curves(),
             "means": tables.means().query("trait == @trait"), "influence": tables.influence()}  # fmt: skip
    return lead_view(row, kind, found, Disclosure(min_cell))


def by_hand(ratio: float, error: float) -> tuple[float, float, float]:
    return ratio, ratio * np.exp(-1.959963985 * error), ratio * np.exp(1.959963985 * error)


def test_groups__hide_few_events_and_the_effect_of_few_carriers() -> None:
    """Three events and two carriers of exomes go, and with them another assay's, or the sums would give them back."""
    array, wes, wgs = view().groups
    assert (array.name, array.n, array.effect) == ("array", 30, pytest.approx(by_hand(2.0, 0.25)))
    assert (wes.n, wes.n_events, wes.n_carriers, wes.effect, wes.status) == (
        9,
        None,
        None,
        None,
        "too few carriers to be shown",
    )
    assert [array.n_events, wgs.n_events].count(None) == 1 and [array.n_carriers, wgs.n_carriers].count(None) == 1
    assert wgs.effect == pytest.approx(by_hand(1.5, 0.25))
    assert view(min_cell=1).groups[1].effect == pytest.approx(by_hand(8.0, 0.25))


def test_summed_and_heterogeneity() -> None:
    found = view()
    assert found.summed == pytest.approx(by_hand(1.75, 0.2))
    assert (found.p_summed, found.heterogeneity_p, found.heterogeneity_percent, found.ph_p) == (0.004, 0.25, 12.5, 0.25)


def test_endpoints__numbers_too_near_each_other_are_hidden() -> None:
    """Nine of eleven people: the two others would be told."""
    main, without, given, cause = view(min_cell=3).endpoints
    assert (main.name, main.n, main.n_events, main.n_carriers) == ("as analysed", 11, 6, 4)
    assert (without.n, given.n, without.n_events) == (None, None, 6)
    assert (cause.name, cause.effect) == ("cause specific: death", pytest.approx(by_hand(3.0, 0.1)))
    assert [row.n for row in view(min_cell=2).endpoints] == [11, 9, 9, 11]


def test_periods__stand_by_themselves() -> None:
    rows = report_tables.sensitivity()
    rows.loc[3, ["analysis", "cause"]] = ["events after 0 to 12 months", "any"]
    lead = tables.fill(LEADS, [report_tables.lead(n_carriers=18)]).iloc[0]
    empty = {
        "groups": tables.groups(),
        "curves": tables.curves(),
        "means": tables.means().iloc[:0],
        "influence": tables.influence(),
    }
    found = lead_view(lead, "survival", empty | {"sensitivity": rows}, Disclosure(1))
    assert len(found.endpoints) == 3
    assert found.periods == (
        SideRow("events after 0 to 12 months", 11, 6, 4, pytest.approx(by_hand(3.0, 0.1)), 0.01, "tested"),
    )


def test_survival_by_genotype__is_on_a_grid_and_leaves_out_the_few() -> None:
    """Until month 18 thirty are at risk at the next event; at month 21 and later four."""
    forest, survival = view().pictures
    drawn = data_of(survival)
    assert set(drawn["genotype"]) == {"no copy"} and drawn["months"].tolist() == [9, 12, 15, 18]
    assert drawn["free_of_event"].tolist() == [1.0, 0.9, 0.9, 0.9]
    rows = data_of(forest)
    assert rows["people"].tolist() == ["all, joint model", "array", "wgs", "assays summed"]
    assert rows["estimate"].tolist() == pytest.approx([2, 2, 1.5, 1.75])


def test_means__hide_few_people_and_few_cases() -> None:
    none, one, two = view("quantitative", "level").means
    assert none.mean == pytest.approx((60, 60 - 1.959963985, 60 + 1.959963985))
    assert (one.n, two.n, two.mean) == (None, None, None) and none.n == 50
    none, one, two = view("binary", "case").means
    assert (none.n, one.n, two.n) == (50, 20, 8)
    assert one.mean == pytest.approx((0.5, 0.304003602, 0.695996398)) and two.mean is None


def test_course__leaves_out_small_means() -> None:
    rows = [{"trait": "slope", "variant_id": "2_50_A_G", "copies": c, "month": m, "n": n, "mean": 40.0 - m, "standard_error": 0.5}
            for c, m, n in ((0, 0, 50), (0, 6, 40), (1, 0, 10), (1, 6, 4))]  # fmt: skip
    lead = tables.fill(LEADS, [report_tables.lead(trait="slope", n_carriers=18)]).iloc[0]
    found = {"groups": tables.groups(), "sensitivity": report_tables.sensitivity().iloc[:0], "curves": tables.curves(),
             "means": tables.fill(tables.tables.LEAD_MEANS, rows), "influence": tables.influence()}  # fmt: skip
    hide = Disclosure(5)
    drawn = data_of(lead_view(lead, "longitudinal", found, hide).pictures[-1])
    assert list(zip(drawn["genotype"], drawn["month"], drawn["mean"], strict=True)) == [
        ("no copy", 0, 40), ("no copy", 6, 34), ("one copy", 0, 40)]  # fmt: skip
    assert "2_50_A_G: means by genotype and half-year" in {entry.what for entry in hide.log}


def test_influence() -> None:
    found = view().influence
    assert found is not None and (found.max_change, found.n_influential, found.p_without) == (0.375, 7, 0.003)
    assert found.without == pytest.approx(by_hand(1.875, 0.125))


def test_few_carriers__are_not_described_at_all() -> None:
    found = view(n_carriers=4)
    assert found == LeadView("2_50_A_G", "UNC13A", "too few carriers to be described")


def test_data__no_formula_reaches_a_spreadsheet() -> None:
    from alsreg.report.pictures import with_data

    table = pd.DataFrame({"gene": ["=HYPERLINK(1)", "SOD1", None], "beta": [-0.5, 1.0, 2.0]})
    picture = with_data(Picture("a", "b", "data:", 1), table)
    assert data_of(picture)["gene"].fillna("").tolist() == ["'=HYPERLINK(1)", "SOD1", ""]
    assert data_of(picture)["beta"].tolist() == [-0.5, 1.0, 2.0]
