"""The loci of a trait: regional plots, signals and credible sets."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from alsreg.formats.contigs import chromosome_name
from alsreg.language import gettext
from alsreg.plots.regional import Gene, place_genes, regional
from alsreg.report.association_model import CredibleRow, LocusView, SignalRow
from alsreg.report.pictures import Picture, picture, with_data
from alsreg.report.results import RATIOS, integer, limits, number, text
from alsreg.report.terms import words
from alsreg.report.thinning import thin

MAX_POINTS = 1500  # of a regional plot: every small p and every variant in LD, and the rest evenly by rank
MAX_CREDIBLE = 10  # rows of a credible set on the page
SMALL_P, IN_LD = 1e-3, 0.2


def locus_view(
    locus: pd.Series, kind: str, tables: Mapping[str, pd.DataFrame], genes: pd.DataFrame, threshold: float
) -> LocusView:
    """`locus` is a row of `LOCI`; `tables` hold the rows of this locus alone; `genes` are all bounds (may be empty)."""
    signals = tuple(_signal(row, kind in RATIOS) for _, row in tables["conditional"].iterrows())
    drawn = _picture(str(locus["locus"]), str(locus["trait"]), tables["regions"], genes, threshold)
    return LocusView(
        locus=str(locus["locus"]),
        **{name: int(locus[name]) for name in ("n_variants", "n_untestable", "n_signals", "n_credible")},
        warning=text(locus["warning"]),
        signals=signals,
        credible=tuple(
            CredibleRow(
                str(row["variant_id"]), _rs(row),
                *(number(row[name]) for name in ("p_value", "r2", "posterior", "cumulative")),
            )
            for _, row in tables["credible"].head(MAX_CREDIBLE).iterrows()
        ),
        pictures=() if drawn is None else (drawn,),
    )  # fmt: skip


def _signal(row: pd.Series, is_ratio: bool) -> SignalRow:
    return SignalRow(
        str(row["variant_id"]), _rs(row), str(row["status"]), integer(row["n"]),
        *(number(row[name]) for name in ("r2", "p_value", "p_conditional")),
        limits(row["beta_joint"], row["standard_error_joint"], is_ratio),
    )  # fmt: skip


def _rs(row: pd.Series) -> str:
    return text(row["rs_id"]).removeprefix("#NA")


def _picture(locus: str, trait: str, rows: pd.DataFrame, genes: pd.DataFrame, threshold: float) -> Picture | None:
    tested = rows[rows["p_value"].notna()]
    drawn = thin(tested, MAX_POINTS, ((tested["p_value"] < SMALL_P) | (tested["r2"] >= IN_LD)).to_numpy(dtype=bool))
    is_lead = (drawn["variant_id"] == locus).to_numpy()
    if not is_lead.any():
        return None
    position, p_value, r2 = (drawn[name].to_numpy(dtype=float) for name in ("base_pair_location", "p_value", "r2"))
    near = _genes(genes, int(drawn["chromosome"].iloc[0]), position.min(), position.max())
    canvas = regional(position.astype(np.int64), p_value, r2, int(np.flatnonzero(is_lead)[0]), near, threshold)
    rows_of_genes = place_genes(near, float(np.ptp(position)) or 1.0)
    names = ", ".join(name for (name, _, _), row in zip(near, rows_of_genes, strict=True) if row >= 0)
    alt = gettext(
        "Regional plot of {trait} around {variant}, coloured by r² with it. Genes: {genes}.", trait=words(trait), variant=locus,
        genes=names or gettext("no bounds known here"),
    )  # fmt: skip
    columns = ["variant_id", "rs_id", "chromosome", "base_pair_location", "p_value", "r2"]
    found = picture(gettext("{trait}: the region of {variant}", trait=words(trait), variant=locus), alt, canvas, "png")
    return with_data(found, drawn[columns].sort_values("base_pair_location"), "region")


def _genes(bounds: pd.DataFrame, chromosome: int, low: float, high: float) -> list[Gene]:
    if bounds.empty:
        return []
    inside = bounds[
        (bounds["chromosome"] == chromosome_name(chromosome)) & (bounds["end"] >= low) & (bounds["start"] <= high)
    ]
    clipped = inside.assign(start=inside["start"].clip(lower=int(low)), end=inside["end"].clip(upper=int(high)))
    return [(str(row.gene), int(row.start), int(row.end)) for row in clipped.itertuples()]
