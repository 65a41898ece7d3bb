"""How often two assays give a person the same genotype."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numba
import numpy as np
import pandas as pd
from numpy.typing import NDArray

# Cells of the table of genotypes: copies of ALT in the first assay, then in the second.
CELLS = tuple(f"n_{first}_{second}" for first in range(3) for second in range(3))
_DIAGONAL = ("n_0_0", "n_1_1", "n_2_2")


class Concordance:
    """Counts of genotype pairs of each person in each two assays, gathered while blocks pass.

    Parameters
    ----------
    assays
        Their names.
    names
        People, in the order of the genotypes' columns.
    """

    def __init__(self, assays: Sequence[str], names: Sequence[str]) -> None:
        self._assays, self._names = assays, names
        self._pairs = list(combinations(range(len(assays)), 2))
        self._counts = np.zeros((len(self._pairs), len(names), 9), np.int64)

    def add(self, counts: NDArray[np.int8]) -> None:
        """Add ALT counts by assay, ``(assays, m, n)``; negative where an assay has no call."""
        for number, (first, second) in enumerate(self._pairs):
            _add(self._counts[number], counts[first], counts[second])

    def table(self) -> pd.DataFrame:
        """``person assay_1 assay_2`` and `CELLS`, where a person was compared at all."""
        parts = [
            pd.DataFrame(counts, columns=list(CELLS)).assign(
                person=self._names, assay_1=self._assays[first], assay_2=self._assays[second]
            )
            for counts, (first, second) in zip(self._counts, self._pairs, strict=True)
        ]
        if not parts:
            return pd.DataFrame(columns=["person", "assay_1", "assay_2", *CELLS])
        table = pd.concat(parts, ignore_index=True)
        return table[table[list(CELLS)].sum(axis=1) > 0].reset_index(drop=True)


@numba.njit(cache=True, nogil=True)
def _add(out, first, second):
    m, n = first.shape
    for i in range(m):
        for j in range(n):
            a, b = first[i, j], second[i, j]
            if a >= 0 and b >= 0:
                out[j, 3 * a + b] += 1


def discordance_rates(table: pd.DataFrame) -> pd.DataFrame:
    """``n_compared n_discordant discordance non_reference_discordance`` of each row of `CELLS`.

    Non-reference discordance leaves out what both call homozygous reference: at rare variants agreement there is no
    evidence (as `bcftools stats` and GATK count it). NaN where nothing is compared.
    """
    compared = table[list(CELLS)].sum(axis=1)
    discordant = compared - table[list(_DIAGONAL)].sum(axis=1)
    informative = compared - table["n_0_0"]
    return pd.DataFrame({
        "n_compared": compared, "n_discordant": discordant,
        "discordance": discordant / compared.where(compared > 0),
        "non_reference_discordance": discordant / informative.where(informative > 0),
    })  # fmt: skip
