"""Which genotypes count as called."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

REASONS = (
    "called", "missing", "half_call", "not_diploid", "no_depth", "low_gq", "low_dp", "het_allele_balance", "hom_allele_balance",
)  # fmt: skip
CALLED, MISSING, HALF_CALL, NOT_DIPLOID, NO_DEPTH, LOW_GQ, LOW_DP, HET_BALANCE, HOM_BALANCE = range(9)
FIRST_FILTER = LOW_GQ  # reasons from here on are ours, not the file's


@dataclass(frozen=True)
class GenotypeThresholds:
    """Bounds within which a genotype is believed; a bound on a field that a genotype lacks does not apply to it.

    Except where nothing was read: joint callers write `0/0` for places without reads, which is no genotype.
    """

    min_gq: int
    min_dp: int
    min_dp_haploid: int
    min_het_alt_fraction: float
    max_het_alt_fraction: float
    max_hom_other_fraction: float


def judge_genotypes(
    calls: tuple[np.ndarray, np.ndarray],
    fields: tuple[np.ndarray, np.ndarray, np.ndarray],
    has: np.ndarray,
    thresholds: GenotypeThresholds,
    is_haploid_allowed: bool,
) -> np.ndarray:
    """The first reason, in the order of `REASONS`, why each genotype does not count.

    Parameters
    ----------
    calls
        Indices of first and second allele, int8 ``(m, n)``: -1 missing, -2 absent (haploid), -3 more than two.
    fields
        GQ ``(m, n)``, DP ``(m, n)``, reads ``(m, n, 3)`` of first allele, second allele and all; negative is missing.
    has
        bool ``(m, 3)``: the record carries GQ, DP, AD. Fields of records without them are not looked at.
    is_haploid_allowed
        Haploid calls count (chromosomes X, Y and MT); elsewhere they are ``not_diploid``.

    Returns
    -------
    uint8 ``(m, n)``, index into `REASONS`.
    """
    t = thresholds
    bounds = (t.min_het_alt_fraction, t.max_het_alt_fraction, t.max_hom_other_fraction)
    return _judge(*calls, *fields, has, (t.min_gq, t.min_dp, t.min_dp_haploid), bounds, is_haploid_allowed)


@numba.njit(cache=True, nogil=True)
def _judge(first, second, gq, dp, ad, has, minima, bounds, is_haploid_allowed):
    m, n = first.shape
    out = np.empty((m, n), np.uint8)
    for i in range(m):
        has_gq, has_dp, has_ad = has[i, 0], has[i, 1], has[i, 2]
        for j in range(n):
            a, b = first[i, j], second[i, j]
            is_haploid = b == -2
            if b == -3 or (is_haploid and a >= 0 and not is_haploid_allowed):
                out[i, j] = NOT_DIPLOID
            elif a < 0 and b < 0:
                out[i, j] = MISSING
            elif a < 0 or b == -1:
                out[i, j] = HALF_CALL
            elif a == 0 and b <= 0 and (has_dp or has_ad) and _is_unread(gq[i, j], dp[i, j], ad[i, j, 2], has[i]):
                out[i, j] = NO_DEPTH
            elif has_gq and 0 <= gq[i, j] < minima[0]:
                out[i, j] = LOW_GQ
            elif has_dp and 0 <= dp[i, j] < (minima[2] if is_haploid else minima[1]):
                out[i, j] = LOW_DP
            elif has_ad and ad[i, j, 2] > 0:
                out[i, j] = _judge_balance(a, b, ad[i, j], bounds)
            else:
                out[i, j] = CALLED
    return out


@numba.njit(cache=True, nogil=True)
def _is_unread(gq, dp, reads, has):
    """Neither depth, nor reads, nor quality stand behind a call."""
    return not (has[0] and gq > 0) and not (has[1] and dp > 0) and not (has[2] and reads > 0)


@numba.njit(cache=True, nogil=True)
def _judge_balance(a, b, reads, bounds):
    """Allele balance of one genotype with reads: heterozygote by the share of its higher allele among its two."""
    if b == -2 or a == b:
        return HOM_BALANCE if reads[2] - reads[0] > bounds[2] * reads[2] else CALLED
    both = reads[0] + reads[1]
    share = reads[1] if b > a else reads[0]
    if both > 0 and not bounds[0] * both <= share <= bounds[1] * both:
        return HET_BALANCE
    return CALLED


def count_allele(first: np.ndarray, second: np.ndarray, is_called: np.ndarray, allele: np.ndarray) -> np.ndarray:
    """Copies of one allele per genotype; a haploid call counts twice, as PLINK codes males on X.

    Parameters
    ----------
    first, second, is_called
        Calls ``(m, n)`` as in `judge_genotypes`, and which of them count.
    allele
        Index of the allele to count in each row, ``(m,)``.

    Returns
    -------
    int8 ``(m, n)``; -9 where the genotype does not count.
    """
    return _count(first, second, is_called, np.asarray(allele, dtype=np.int8))


@numba.njit(cache=True, nogil=True)
def _count(first, second, is_called, allele):
    m, n = first.shape
    out = np.empty((m, n), np.int8)
    for i in range(m):
        for j in range(n):
            if not is_called[i, j]:
                out[i, j] = -9
            elif second[i, j] == -2:
                out[i, j] = 2 if first[i, j] == allele[i] else 0
            else:
                out[i, j] = (first[i, j] == allele[i]) + (second[i, j] == allele[i])
    return out
