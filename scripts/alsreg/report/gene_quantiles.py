"""Observed against expected p of genes: one value per gene, so that the band holds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alsreg.language import gettext
from alsreg.plots.association import quantile_quantile
from alsreg.report.pictures import Picture, picture, with_data
from alsreg.report.terms import words
from alsreg.stats.inflation import lambda_gc

MIN_GENES = 20  # below, a plot of quantiles says nothing
OVER_MASKS = "omnibus"


def gene_quantiles(trait: str, genes: pd.DataFrame) -> tuple[Picture, ...]:
    """The omnibus over masks of every gene of the rows of `GENES`; none with fewer than `MIN_GENES`."""
    tested = genes[(genes["test"] == OVER_MASKS) & genes["p_value"].notna()].sort_values(
        ["p_value", "gene"], kind="stable"
    )
    if len(tested) < MIN_GENES:
        return ()
    p_value, rank = tested["p_value"].to_numpy(dtype=float), np.arange(1, len(tested) + 1)
    drawn = picture(
        gettext("{trait}: genes, observed against expected", trait=words(trait)),
        gettext("Quantile-quantile plot of the genes of {trait}, 95 % band; the smallest are in the table.", trait=words(trait)),
        quantile_quantile(p_value, rank, len(tested), lambda_gc(p_value)),
    )  # fmt: skip
    return (
        with_data(
            drawn, pd.DataFrame({"gene": tested["gene"], "expected_p": (rank - 0.5) / len(tested), "p_value": p_value})
        ),
    )
