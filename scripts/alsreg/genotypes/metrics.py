"""Sums per sample and chromosome, gathered while records pass."""

from __future__ import annotations

from collections import defaultdict

import numba
import numpy as np
import pandas as pd

from alsreg.formats.contigs import CHROMOSOMES
from alsreg.formats.vcf import RecordBlock
from alsreg.genotypes.contamination import ERRORS, add_reads, profile_over_error
from alsreg.genotypes.filters import CALLED, FIRST_FILTER, HET_BALANCE, HOM_BALANCE
from alsreg.genotypes.harmonise import Variants
from alsreg.tables.genotypes import FOREIGN_COLUMNS, SAMPLE_METRICS

COLUMNS = (
    "n_filtered", "sum_dp", "n_hom_ref_with_ad", "sum_hom_ref_alt_fraction", "n_het_with_ad", "sum_het_alt_fraction",
)  # fmt: skip
AUTOSOMES = frozenset(CHROMOSOMES) - {"X", "Y", "MT"}
# An argument of the kernel: Numba's cache would keep the values that another module's constants had when it was compiled.
_CODES = (CALLED, FIRST_FILTER, HET_BALANCE, HOM_BALANCE)


class SampleSums:
    """Depth and allele balance by chromosome.

    ALT read fractions are taken before the allele-balance filter (and after GQ and DP): that filter would remove the
    very reads by which contamination shows.
    """

    def __init__(self, n_samples: int) -> None:
        self.sums: dict[str, np.ndarray] = defaultdict(lambda: np.zeros((len(COLUMNS), n_samples)))
        self.has_dp: set[str] = set()
        # Log likelihoods of foreign DNA and the sites they stand on.
        self.foreign: dict[str, tuple[np.ndarray, np.ndarray]] = defaultdict(
            lambda: (np.zeros((n_samples, len(ERRORS), len(FOREIGN_COLUMNS))), np.zeros(n_samples, np.int64))
        )

    def add(self, block: RecordBlock, reason: np.ndarray, variants: Variants) -> None:
        """Add every record of a block that yields variants, once; `reason` as `judge_genotypes` gives it."""
        rows, first_variant = np.unique(np.array(variants.row, np.int64), return_index=True)
        ranks = np.array(variants.chromosome, np.int64)[first_variant]
        ref_index = np.array(variants.ref_index, np.int8)[first_variant]
        for rank in np.unique(ranks):
            here, chosen = rows[ranks == rank], ref_index[ranks == rank]
            name = CHROMOSOMES[rank]
            _add(self.sums[name], block.first[here], block.second[here], block.dp[here], block.ad[here],
                 block.has[here, 1:], reason[here], chosen, _CODES)  # fmt: skip
            if block.has[here, 1].any():
                self.has_dp.add(name)
            if name in AUTOSOMES and block.has[here, 2].any():
                self._add_foreign(name, block, here, reason, chosen)

    def _add_foreign(
        self, name: str, block: RecordBlock, rows: np.ndarray, reason: np.ndarray, ref_index: np.ndarray
    ) -> None:
        """Weigh the reads of biallelic SNPs, of every genotype that was called at all."""
        is_snp = [len(a) == 2 and len(a[0]) == len(a[1]) == 1 for a in (block.alleles[row] for row in rows)]
        is_snp &= block.has[rows, 2]
        rows, ref = rows[is_snp], ref_index[is_snp, None]
        first, second, reads = block.first[rows], block.second[rows], block.ad[rows]
        is_called = (reason[rows] == CALLED) | (reason[rows] >= FIRST_FILTER)
        n_alt = np.where(is_called, (first != ref).astype(int) + (second != ref), 0).sum(axis=1)
        frequency = (n_alt + 0.5) / (2 * is_called.sum(axis=1) + 1)
        of_ref = np.where(
            first == ref, reads[..., 0], np.where(second == ref, reads[..., 1], reads[..., 2] - reads[..., 0])
        )
        depth = np.where(is_called, reads[..., 2], 0)
        add_reads(*self.foreign[name], depth - of_ref, depth, frequency)

    def table(self, samples: list[str], n_variants: dict[str, int], n_called: dict[str, np.ndarray]) -> pd.DataFrame:
        """Rows of `SAMPLE_METRICS`: variants written and calls by chromosome come from the fileset."""
        parts = []
        for name in (name for name in CHROMOSOMES if n_variants.get(name)):
            sums = dict(zip(COLUMNS, self.sums[name], strict=True))
            if name not in self.has_dp:
                sums["sum_dp"] = np.full(len(samples), np.nan)
            counts = {key: value if key.startswith("sum") else value.astype(np.int64) for key, value in sums.items()}
            likelihoods, n_sites = self.foreign[name]
            foreign = dict(zip(FOREIGN_COLUMNS, profile_over_error(likelihoods).T, strict=True))
            parts.append(pd.DataFrame({
                "sample": samples, "chromosome": name, "n_variants": n_variants[name], "n_called": n_called[name], **counts,
                "n_foreign_sites": n_sites, **foreign,
            }))  # fmt: skip
        return pd.concat(parts, ignore_index=True) if parts else SAMPLE_METRICS.empty()


@numba.njit(cache=True, nogil=True)
def _add(sums, first, second, dp, ad, has, reason, ref_index, codes):
    m, n = first.shape
    called, first_filter, het_balance, hom_balance = codes
    for i in range(m):
        for j in range(n):
            verdict = reason[i, j]
            if verdict >= first_filter:
                sums[0, j] += 1
            if verdict == called and has[i, 0] and dp[i, j] >= 0:
                sums[1, j] += dp[i, j]
            if not has[i, 1] or ad[i, j, 2] <= 0:
                continue
            if verdict != called and verdict != het_balance and verdict != hom_balance:
                continue
            a, b, ref = first[i, j], second[i, j], ref_index[i]
            if a == ref and (b == ref or b == -2):
                sums[2, j] += 1
                sums[3, j] += (ad[i, j, 2] - ad[i, j, 0]) / ad[i, j, 2]
            elif b >= 0 and a != b and (a == ref or b == ref) and ad[i, j, 0] + ad[i, j, 1] > 0:
                sums[4, j] += 1
                alt_reads = ad[i, j, 1] if a == ref else ad[i, j, 0]
                sums[5, j] += alt_reads / (ad[i, j, 0] + ad[i, j, 1])
