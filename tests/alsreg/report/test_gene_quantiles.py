"""One p per gene, in order, and nothing where there are too few."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alsreg.report.gene_quantiles import gene_quantiles
from alsreg.tables.results import GENES
from helpers.figure_data import data_of
from helpers.filled import fill


def genes(n: int) -> pd.DataFrame:
    rows = [
        {"gene": f"G{k:02d}", "mask": "all_masks", "test": "omnibus", "p_value": (n - k) / n, "status": "tested"}
        for k in range(n)
    ]
    others = [{**row, "mask": "lof", "test": "burden", "p_value": 1e-30} for row in rows]
    return fill(GENES, [*rows, *others, {**rows[0], "gene": "NONE", "p_value": None}])


def test_gene_quantiles__are_of_the_omnibus() -> None:
    (picture,) = gene_quantiles("survival", genes(20))
    data = data_of(picture)
    assert data["gene"].tolist() == [f"G{k:02d}" for k in range(19, -1, -1)]
    np.testing.assert_allclose(data["p_value"], np.arange(1, 21) / 20)
    np.testing.assert_allclose(data["expected_p"], (np.arange(1, 21) - 0.5) / 20)


def test_gene_quantiles__need_some_genes() -> None:
    assert gene_quantiles("survival", genes(19)) == ()
    assert gene_quantiles("survival", GENES.empty()) == ()
