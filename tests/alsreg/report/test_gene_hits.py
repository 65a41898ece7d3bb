"""Genes with small p-values on the page: every number, and nothing about variants that few carry."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection

from alsreg.plots.lollipop import lollipop
from alsreg.report.disclosure import Disclosure
from alsreg.report.gene_hits import gene_hits
from alsreg.report.render import render_cohort
from alsreg.tables.results import GENE_HITS, LEFT_OUT
from helpers import report_tables as tables


def hits() -> pd.DataFrame:
    common = {"trait": "survival", "gene": "SOD1", "mask": "loss_of_function", "n_variants": 3, "n_carriers": 14,
              "given": "21_5_A_G,21_9_C_T", "conditional_status": "tested"}  # fmt: skip
    return tables.fill(GENE_HITS, [
        {**common, "test": "burden", "p_value": 1.5e-5, "p_conditional": 2.5e-5, "p_resampled": 1.25e-4, "n_resamples": 10_000,
         "resampling_status": "resampled"},
        {**common, "test": "acat_o", "p_value": 3.5e-5, "p_conditional": 4.5e-5, "n_resamples": 0,
         "resampling_status": "people may be related"},
        {**common, "trait": "bulbar_onset", "test": "burden", "p_value": 0.25, "n_resamples": 0,
         "resampling_status": "n_resamples is 0"},
    ])  # fmt: skip


def left_out() -> pd.DataFrame:
    def row(variant: str, position: int, n_carriers: int, test: str, p_value: float) -> dict[str, object]:
        return {"trait": "survival", "gene": "SOD1", "mask": "loss_of_function", "test": test, "variant_id": variant,
                "position": position, "annotation": "stop_gained", "mac": n_carriers, "n_carriers": n_carriers,
                "beta_variant": -0.5, "p_variant": 0.0125, "p_value": p_value, "status": "tested"}  # fmt: skip

    return tables.fill(LEFT_OUT, [
        row("21_300_A_G", 300, 9, "burden", 6.5e-3), row("21_300_A_G", 300, 9, "skat", 7.5e-3),
        row("21_100_C_T", 100, 1, "burden", 8.5e-3), row("21_200_C_T", 200, 4, "burden", 9.5e-3),
    ])  # fmt: skip


def test_hits__hold_every_number_of_what_may_be_shown() -> None:
    hide = Disclosure(5)
    (hit,) = gene_hits("survival", hits(), left_out(), 20, hide)
    assert (hit.gene, hit.mask, hit.given) == ("SOD1", "loss_of_function", "21_5_A_G, 21_9_C_T")
    burden, acat = hit.tests
    assert (burden.p_value, burden.p_conditional, burden.p_resampled) == (1.5e-5, 2.5e-5, 1.25e-4)
    assert (burden.resampling, acat.p_resampled, acat.resampling) == ("10,000 resamples", None, "people may be related")
    (variant,) = hit.variants
    assert (variant.variant, variant.n_carriers, variant.p_variant) == ("21_300_A_G", 9, 0.0125)
    assert variant.p_without == (6.5e-3, 7.5e-3, None)
    assert hit.n_hidden == 2 and hit.picture is not None
    assert [(entry.n_hidden, entry.what) for entry in hide.log] == [(2, "survival: variants of SOD1")]


def test_hits__are_those_of_the_trait_and_as_many_as_wanted() -> None:
    assert gene_hits("slope", hits(), left_out(), 20, Disclosure(5)) == ()
    more = pd.concat([hits(), hits().assign(gene="FUS", p_value=1e-9)])
    found = gene_hits("survival", more, left_out(), 1, Disclosure(5))
    assert [hit.gene for hit in found] == ["FUS"]
    assert found[0].variants == () and found[0].picture is None


def test_page__shows_hits_and_no_variant_that_few_carry(tmp_path: Path) -> None:
    page = render_cohort(tables.report_of(tmp_path, hits=hits(), left_out=left_out()))
    assert "SOD1 without one variant" in page and "21_300_A_G" in page and "Lollipop plot of SOD1" in page
    assert "21_100_C_T" not in page and "21_200_C_T" not in page
    assert "2 variants with fewer than 5 carriers are not shown" in page
    assert "There is" not in page.split("SOD1, mask")[1].split("</p>")[0]


def test_lollipop__points_where_the_allele_raises_the_trait() -> None:
    canvas = lollipop(np.array([10.0, 20.0]), np.array([0.5, -0.5]), np.array([1e-3, 1e-2]), np.array([4.0, 9.0]),
                      np.array(["lof", "missense"], dtype=object))  # fmt: skip
    axes = canvas.axes[0]
    points = [collection for collection in axes.collections if isinstance(collection, PathCollection)]
    heads = np.vstack([collection.get_offsets() for collection in points])
    assert {tuple(np.round(head, 6)) for head in heads} == {(10.0, 3.0), (20.0, -2.0)}
    sizes = [float(collection.get_sizes()[0]) for collection in points]
    assert sizes == pytest.approx([30, 36])
