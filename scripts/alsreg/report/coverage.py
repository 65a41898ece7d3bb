"""How much of a gene the assays of a cohort could see, in words."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from alsreg.language import gettext


class GenesSeen:
    """Shares of coding bases by gene and assay.

    Parameters
    ----------
    coverage
        Rows of `COVERAGE`.
    assays
        Assays of the cohort, in order of priority.

    Attributes
    ----------
    overall
        The shares over all genes of the models.
    """

    def __init__(self, coverage: pd.DataFrame, assays: Sequence[str]) -> None:
        table = coverage[coverage["assay"].isin(assays)]
        called = table["mean_call_rate"].fillna(1.0)
        seen = table.assign(n_seen=table["n_visible"] * called)
        # A symbol on two chromosomes is two genes in the tests, named apart by chromosome.
        apart = seen.assign(gene=seen["gene"] + "_chr" + seen["chromosome"])
        sums = pd.concat([seen, apart]).groupby(["gene", "assay"])[["n_seen", "n_coding"]].sum(min_count=1)
        self._assays = list(assays)
        self._share = (sums["n_seen"] / sums["n_coding"]).to_dict()
        total = seen.groupby("assay")[["n_seen", "n_coding"]].sum(min_count=1)
        overall = (total["n_seen"] / total["n_coding"]).to_dict()
        self.overall = self._words({assay: overall.get(assay, float("nan")) for assay in self._assays})

    def of(self, gene: str) -> str:
        """In words, such as ``wgs 98 %, wes 91 %, array 0.1 %``."""
        shares = {assay: self._share[gene, assay] for assay in self._assays if (gene, assay) in self._share}
        return self._words(shares) if shares else gettext("not among the coding models")

    @staticmethod
    def _words(shares: dict[str, float]) -> str:
        return ", ".join(f"{assay} {_percent(share)}" for assay, share in shares.items())


def _percent(share: float) -> str:
    if pd.isna(share):
        return gettext("unknown")
    percent = 100 * share
    if 0 < percent < 0.1:
        return "< 0.1 %"
    return f"{percent:.0f} %" if percent >= 10 or percent == 0 else f"{percent:.1f} %"
