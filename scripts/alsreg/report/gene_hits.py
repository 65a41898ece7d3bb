"""What stands behind the genes with small p-values: numbers of the page."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alsreg.language import gettext
from alsreg.plots.lollipop import lollipop
from alsreg.report.disclosure import Disclosure
from alsreg.report.gene_hits_model import GeneHit, HitTest, LeftOutVariant
from alsreg.report.pictures import Picture, picture
from alsreg.report.results import number, text
from alsreg.report.terms import words

SHOWN = ("burden", "skat", "acat_o")  # tests whose p without each variant is shown


def gene_hits(
    trait: str, hits: pd.DataFrame, left_out: pd.DataFrame, max_genes: int, disclosure: Disclosure
) -> tuple[GeneHit, ...]:
    """Hits of a trait from tables of `GENE_HITS` and `LEFT_OUT`, smallest p first.

    A variant that fewer than ``min_cell`` people carry is neither drawn nor left out by name: its effect, and what the gene is
    without it, tell of these few.
    """
    own = hits[hits["trait"] == trait]
    order = own.groupby("gene")["p_value"].min().sort_values(kind="stable").index[:max_genes]
    rows = left_out[left_out["trait"] == trait]
    return tuple(_hit(trait, own[own["gene"] == gene], rows[rows["gene"] == gene], disclosure) for gene in order)


def _hit(trait: str, tests: pd.DataFrame, left_out: pd.DataFrame, disclosure: Disclosure) -> GeneHit:
    first = tests.iloc[0]
    variants = left_out.drop_duplicates("variant_id")
    shown = variants[variants["n_carriers"] >= disclosure.min_cell].sort_values("position")
    n_hidden = len(variants) - len(shown)
    if n_hidden:
        disclosure.hide(
            gettext("{trait}: variants of {gene}", trait=words(trait), gene=first["gene"]),
            n_hidden,
            gettext("carriers below the minimum cell"),
        )
    return GeneHit(
        gene=str(first["gene"]), mask=str(first["mask"]), given=text(first["given"]).replace(",", ", "),
        conditional_status=str(first["conditional_status"]),
        tests=tuple(_test(row) for _, row in tests.iterrows()),
        variants=tuple(_variant(row, left_out) for _, row in shown.iterrows()), n_hidden=n_hidden,
        picture=_picture(trait, str(first["gene"]), shown[shown["p_variant"].notna()]),
    )  # fmt: skip


def _test(row: pd.Series) -> HitTest:
    made = int(row["n_resamples"] or 0)
    return HitTest(
        str(row["test"]), number(row["p_value"]), number(row["p_conditional"]), number(row["p_resampled"]),
        gettext("{n} resamples", n=f"{made:,}") if made else str(row["resampling_status"]),
    )  # fmt: skip


def _variant(row: pd.Series, left_out: pd.DataFrame) -> LeftOutVariant:
    without = left_out[left_out["variant_id"] == row["variant_id"]].set_index("test")["p_value"]
    return LeftOutVariant(
        str(row["variant_id"]), text(row["annotation"]), int(row["n_carriers"]), number(row["p_variant"]),
        tuple(number(without.get(test, np.nan)) for test in SHOWN),
    )  # fmt: skip


def _picture(trait: str, gene: str, shown: pd.DataFrame) -> Picture | None:
    if not len(shown):
        return None
    columns = (shown[name].to_numpy(dtype=float) for name in ("position", "beta_variant", "p_variant", "mac"))
    canvas = lollipop(*columns, shown["annotation"].fillna("").map(words).to_numpy(dtype=object))
    return picture(
        gettext("{gene}: its variants one by one", gene=gene),
        gettext(
            "Lollipop plot of {gene} for {trait}; the variants are in the table beside it.",
            gene=gene,
            trait=words(trait),
        ),
        canvas,
    )
