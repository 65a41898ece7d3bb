"""Sequencing reads, genotype calls and VCF text, one record after another, in machine code."""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy import stats

QUANTILES = 4096
MAX_DEPTH = 255
MEAN_STEPS = 4  # table rows per unit of mean depth
BYTES_PER_GENOTYPE = 28
ERROR_RATE = 0.002
_DISPERSION = 20.0
_REFERENCE_BIAS = 0.49  # share of ALT reads in a heterozygote


def depth_table(max_mean: float = 120.0) -> np.ndarray:
    """Quantiles of the read depth: (means, QUANTILES), uint8; row r has mean r / MEAN_STEPS.

    Negative binomial with variance mean + mean² / 20: over-dispersed as real coverage is.
    """
    means = np.arange(int(max_mean * MEAN_STEPS) + 1) / MEAN_STEPS
    depths = np.arange(MAX_DEPTH + 1)
    quantiles = (np.arange(QUANTILES) + 0.5) / QUANTILES
    table = np.zeros((len(means), QUANTILES), dtype=np.uint8)
    for row, mean in enumerate(means[1:], start=1):
        cdf = stats.nbinom.cdf(depths, _DISPERSION, _DISPERSION / (_DISPERSION + mean))
        table[row] = np.minimum(np.searchsorted(cdf, quantiles), MAX_DEPTH)
    return table


def binomial_table(probability: float) -> np.ndarray:
    """Quantiles of Binomial(depth, probability): (MAX_DEPTH + 1, QUANTILES), uint8."""
    quantiles = (np.arange(QUANTILES) + 0.5) / QUANTILES
    table = np.zeros((MAX_DEPTH + 1, QUANTILES), dtype=np.uint8)
    for depth in range(1, MAX_DEPTH + 1):
        cdf = stats.binom.cdf(np.arange(depth + 1), depth, probability)
        table[depth] = np.minimum(np.searchsorted(cdf, quantiles), depth)
    return table


def read_tables() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tables of depth, ALT reads of a heterozygote, and wrong reads of a homozygote."""
    return depth_table(), binomial_table(_REFERENCE_BIAS), binomial_table(ERROR_RATE)


@njit(cache=True)
def _next(state):
    """xorshift64*: the next 64 random bits."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return x * np.uint64(2685821657736338717)


@njit(cache=True)
def _uniform(state):
    return float(_next(state) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True)
def _put_number(out, at, value):
    """Write a number from 0 to 999."""
    if value >= 100:
        out[at] = 48 + value // 100
        at += 1
    if value >= 10:
        out[at] = 48 + value // 10 % 10
        at += 1
    out[at] = 48 + value % 10
    return at + 1


@njit(cache=True)
def _put_prefix(out, at, prefix, first, last):
    for index in range(first, last):
        out[at] = prefix[index]
        at += 1
    return at


@njit(cache=True)
def _draw_reads(reads, first, second, n_alleles, depth, bits, het_table, error_table):
    """Reads of each allele for a true genotype."""
    quantile = int((bits >> np.uint64(12)) & np.uint64(4095))
    for allele in range(n_alleles):
        reads[allele] = 0
    if first == second:
        wrong = int(error_table[depth, quantile])
        other = (first + 1 + int((bits >> np.uint64(60)) & np.uint64(1)) * (n_alleles - 2)) % n_alleles
        reads[first] = depth - wrong
        reads[other] += wrong
    else:
        low, high = min(first, second), max(first, second)
        reads[high] = int(het_table[depth, quantile])
        reads[low] = depth - reads[high]


@njit(cache=True)
def _draw_mixed_reads(reads, own, other, fraction, n_alleles, depth, error, state):
    """Reads of each allele when a share of them comes from another person."""
    for allele in range(n_alleles):
        reads[allele] = 0
    for _ in range(depth):
        source = other if _uniform(state) < fraction else own
        allele = source[0] if _uniform(state) < 0.5 else source[1]
        if _uniform(state) < error:
            allele = (allele + 1) % n_alleles
        reads[allele] += 1


@njit(cache=True)
def _call(reads, n_alleles, is_haploid, error, best):
    """Most likely genotype into `best`; returns the genotype quality (log10 odds to the next, in tenths, at most 99)."""
    log_right, log_half, log_wrong = np.log10(1 - error), np.log10(0.5), np.log10(error)
    top, runner = -1e30, -1e30
    for first in range(n_alleles):
        for second in range(first, n_alleles):
            if is_haploid and first != second:
                continue
            value = 0.0
            for allele in range(n_alleles):
                if allele == first and allele == second:
                    value += reads[allele] * log_right
                elif allele == first or allele == second:  # noqa: SIM109
                    value += reads[allele] * log_half
                else:
                    value += reads[allele] * log_wrong
            if value > top:
                runner = top
                top = value
                best[0] = first
                best[1] = second
            elif value > runner:
                runner = value
    return min(99, int(10 * (top - runner) + 0.5))


@njit(cache=True)
def write_sequenced(
    out, prefix, prefix_end, alleles, n_alleles, site_factor, sample_depth,
    is_haploid, mixed_with, fraction, depths, het_table, error_table, seed,
):  # fmt: skip
    """Write records with GT:AD:DP:GQ into `out`; returns the bytes written.

    alleles : (variants, samples, 2) true alleles; n_alleles : (variants,) 2 or 3
    site_factor : (variants, samples or 1) and sample_depth : (samples,) multiply to the mean depth
    is_haploid : (samples,) call one allele at half the depth; 0 diploid, 1 haploid GT, 2 haploid depth written diploid
    mixed_with : (samples,) column whose reads contaminate the sample with `fraction`, or -1
    """
    state = np.array([np.uint64(seed) * np.uint64(2654435769) + np.uint64(88172645463325252)], dtype=np.uint64)
    reads = np.zeros(3, dtype=np.int64)
    best = np.zeros(2, dtype=np.int64)
    own, other = np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64)
    at = 0
    n_variants, n_samples = alleles.shape[0], alleles.shape[1]
    wide = site_factor.shape[1] > 1
    for v in range(n_variants):
        at = _put_prefix(out, at, prefix, prefix_end[v], prefix_end[v + 1])
        k = n_alleles[v]
        for s in range(n_samples):
            bits = _next(state)
            mean = site_factor[v, s if wide else 0] * sample_depth[s]
            if is_haploid[s] > 0:
                mean *= 0.5
            row = min(int(mean * 4 + 0.5), depths.shape[0] - 1)
            depth = int(depths[row, int((bits >> np.uint64(24)) & np.uint64(4095))])
            if mixed_with[s] >= 0:
                own[0], own[1] = alleles[v, s, 0], alleles[v, s, 1]
                other[0], other[1] = alleles[v, mixed_with[s], 0], alleles[v, mixed_with[s], 1]
                _draw_mixed_reads(reads, own, other, fraction[s], k, depth, 0.002, state)
            else:
                _draw_reads(reads, alleles[v, s, 0], alleles[v, s, 1], k, depth, bits, het_table, error_table)
            out[at] = 9
            at += 1
            haploid_text = is_haploid[s] == 1
            if depth == 0:
                out[at] = 46
                at += 1
                if not haploid_text:
                    out[at] = 47
                    out[at + 1] = 46
                    at += 2
                quality = -1
            else:
                quality = _call(reads, k, is_haploid[s] > 0, 0.01, best)
                out[at] = 48 + best[0]
                at += 1
                if not haploid_text:
                    out[at] = 47
                    out[at + 1] = 48 + best[1]
                    at += 2
            for allele in range(k):
                out[at] = 58 if allele == 0 else 44
                at = _put_number(out, at + 1, reads[allele])
            out[at] = 58
            at = _put_number(out, at + 1, depth)
            out[at] = 58
            at += 1
            if quality < 0:
                out[at] = 46
                at += 1
            else:
                at = _put_number(out, at, quality)
        out[at] = 10
        at += 1
    return at


@njit(cache=True)
def write_array(out, prefix, prefix_end, dosages):
    """Write records with GT only; dosages (variants, samples) are 0, 1, 2 or -1 for missing; returns the bytes written."""
    at = 0
    for v in range(dosages.shape[0]):
        at = _put_prefix(out, at, prefix, prefix_end[v], prefix_end[v + 1])
        for s in range(dosages.shape[1]):
            dose = dosages[v, s]
            out[at] = 9
            out[at + 1] = 46 if dose < 0 else 48 + (dose == 2)
            out[at + 2] = 47
            out[at + 3] = 46 if dose < 0 else 48 + (dose >= 1)
            at += 4
        out[at] = 10
        at += 1
    return at
