"""Sums per sample and chromosome, gathered while records pass."""

from __future__ import annotations

from collections import defaultdict

import numba
import numpy as np
import pandas as pd

from alsreg.formats.contigs import CHROMOSOMES
from alsreg.formats.vcf import RecordBlock
from alsreg.genotypes.filters import CALLED, FIRST_FILTER, HET_BALANCE, HOM_BALANCE
from alsreg.genotypes.harmonise import Variants
from alsreg.tables.genotypes import SAMPLE_METRICS

COLUMNS = (
    "n_filtered", "sum_dp", "n_hom_ref_with_ad", "sum_hom_ref_alt_fraction", "n_het_with_ad", "sum_het_alt_fraction",
)  # fmt: skip


class SampleSums:
    """Depth and allele balance by chromosome.

    ALT read fractions are taken before the allele-balance filter (and after GQ and DP): that filter would remove the
    very reads by which contamination shows.
    """

    def __init__(self, n_samples: int) -> None:
        self.sums: dict[str, np.ndarray] = defaultdict(lambda: np.zeros((len(COLUMNS), n_samples)))
        self.has_dp: set[str] = set()

    def add(self, block: RecordBlock, reason: np.ndarray, variants: Variants) -> None:
        """Add every record of a block that yields variants, once; `reason` as `judge_genotypes` gives it."""
        rows, first_variant = np.unique(np.array(variants.row, np.int64), return_index=True)
        ranks = np.array(variants.chromosome, np.int64)[first_variant]
        ref_index = np.array(variants.ref_index, np.int8)[first_variant]
        for rank in np.unique(ranks):
            here, chosen = rows[ranks == rank], ref_index[ranks == rank]
            name = CHROMOSOMES[rank]
            _add(self.sums[name], block.first[here], block.second[here], block.dp[here], block.ad[here],
                 block.has[here, 1:], reason[here], chosen)  # fmt: skip
            if block.has[here, 1].any():
                self.has_dp.add(name)

    def table(
        self, samples: list[str], n_variants: dict[str, int], n_called: dict[str, np.ndarray]
    ) -> pd.DataFrame:
        """Rows of `SAMPLE_METRICS`: variants written and calls by chromosome come from the fileset."""
        parts = []
        for name in (name for name in CHROMOSOMES if n_variants.get(name)):
            sums = dict(zip(COLUMNS, self.sums[name], strict=True))
            if name not in self.has_dp:
                sums["sum_dp"] = np.full(len(samples), np.nan)
            counts = {
                key: value if key.startswith("sum") else value.astype(np.int64) for key, value in sums.items()
            }
            parts.append(pd.DataFrame({
                "sample": samples, "chromosome": name, "n_variants": n_variants[name], "n_called": n_called[name], **counts,
            }))  # fmt: skip
        return pd.concat(parts, ignore_index=True) if parts else SAMPLE_METRICS.empty()


@numba.njit(cache=True, nogil=True)
def _add(sums, first, second, dp, ad, has, reason, ref_index):
    m, n = first.shape
    for i in range(m):
        for j in range(n):
            verdict = reason[i, j]
            if verdict >= FIRST_FILTER:
                sums[0, j] += 1
            if verdict == CALLED and has[i, 0] and dp[i, j] >= 0:
                sums[1, j] += dp[i, j]
            if not has[i, 1] or ad[i, j, 2] <= 0:
                continue
            if verdict != CALLED and verdict != HET_BALANCE and verdict != HOM_BALANCE:
                continue
            a, b, ref = first[i, j], second[i, j], ref_index[i]
            if a == ref and (b == ref or b == -2):
                sums[2, j] += 1
                sums[3, j] += (ad[i, j, 2] - ad[i, j, 0]) / ad[i, j, 2]
            elif b >= 0 and a != b and (a == ref or b == ref) and ad[i, j, 0] + ad[i, j, 1] > 0:
                sums[4, j] += 1
                alt_reads = ad[i, j, 1] if a == ref else ad[i, j, 0]
                sums[5, j] += alt_reads / (ad[i, j, 0] + ad[i, j, 1])
