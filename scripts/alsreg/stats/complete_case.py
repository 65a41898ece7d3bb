"""Least squares of many variants on the people who have each genotype, from one matrix product per block.

With Q an orthonormal basis of intercept and covariates, r the residuals of a trait and g a variant's genotypes (missing ones
0), all that regression needs are ``Q'g``, ``g'r`` and ``g'g``. The people M without the genotype enter through
``Q_S'Q_S = I - Q_M'Q_M`` and ``Q_M'r_M`` alone (Frisch-Waugh-Lovell on the rest, S): a k x k downdate and its Cholesky
factor per variant, eight variants at a time. Nothing is imputed; the numbers are those of a regression per variant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from alsreg.stats.null import FloatArray, IntArray

LANES = 8  # variants factorised side by side, one per place of a vector register
TILE_BYTES = 1 << 20  # of genotypes as doubles at a time: they stay in the cache until they are multiplied
# A pivot below this share of one means that the people left make covariates collinear.
MIN_PIVOT = 1e-9


@dataclass(frozen=True)
class Counts:
    """What is counted of ``m`` variants in the people of a model."""

    mean: FloatArray  # (m,) copies of the effect allele; NaN where nobody has a genotype
    mac: FloatArray  # (m,) copies of the rarer allele
    sum_of_squares: FloatArray  # (m,) around the mean
    n_typed: IntArray  # (m,)
    n_carriers: IntArray  # (m,) people with at least half a copy of the rarer allele
    is_constant: NDArray[np.bool_]  # (m,) all typed people have the same dosage
    n: int

    @property
    def n_missing(self) -> IntArray:
        return self.n - self.n_typed

    @property
    def frequency(self) -> FloatArray:
        """Effect allele frequency among typed people."""
        return self.mean / 2.0


@dataclass(frozen=True)
class CompleteCases:
    """Regressions of ``t`` traits on ``m`` variants, each on its complete cases."""

    u: FloatArray  # (t, m) g̃'y
    v: FloatArray  # (m,) g̃'g̃
    rss: FloatArray  # (t, m) residual sum of squares without the variant
    rank: IntArray  # (m,) of intercept and covariates
    is_singular: NDArray[np.bool_]  # (m,) complete cases leave covariates collinear: numbers are not set


def complete_cases(
    genotypes: NDArray[np.number], basis: FloatArray, residuals: FloatArray
) -> tuple[Counts, CompleteCases]:
    """Counts and sums of ``(m, n)`` hard calls (int8, missing negative) or dosages (missing NaN).

    `basis` is ``(n, k)``, orthonormal; `residuals` ``(t, n)``.
    """
    m, n = genotypes.shape
    k, t = basis.shape[1], len(residuals)
    right = np.ascontiguousarray(np.column_stack([basis, residuals.T]))
    products, counts = np.empty((m, k + t)), np.empty((7, m))
    size = max(LANES, TILE_BYTES // (8 * n))
    tile = np.empty((min(size, m), n))
    missing = []
    for start in range(0, m, size):
        rows = slice(start, min(start + size, m))
        block = tile[: rows.stop - start]
        _expand(genotypes[rows], block, counts[:, rows])
        np.dot(block, right, out=products[rows])
        missing.append(_list_missing(genotypes[rows], counts[0, rows]))
    listed = np.concatenate(missing) if missing else np.empty(0, np.int32)
    return _summarise(counts, n), CompleteCases(*_reduce(products, counts, listed, basis, residuals, LANES))


def _summarise(counts: FloatArray, n: int) -> Counts:
    n_missing, total, squares, has_effect, has_other, lowest, highest = counts
    n_typed = n - n_missing
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / n_typed
        centred = squares - total * mean
    is_effect_rarer = ~(mean > 1.0)
    return Counts(
        mean, np.minimum(total, 2.0 * n_typed - total), np.where(n_typed > 0, np.maximum(centred, 0.0), 0.0),
        n_typed.astype(np.int64), np.where(is_effect_rarer, has_effect, has_other).astype(np.int64),
        ~(lowest < highest), n,
    )  # fmt: skip


def _expand(genotypes: NDArray[np.number], out: FloatArray, counts: FloatArray) -> None:
    if genotypes.dtype == np.int8:
        _expand_calls(genotypes, out, counts)
    else:
        _expand_dosages(genotypes, out, counts)


@numba.njit(cache=True, nogil=True)
def _expand_calls(genotypes, out, counts):  # type: ignore[no-untyped-def]
    """Genotypes as doubles, missing as 0; counts of missing, total, squares, carriers of either allele, range."""
    m, n = genotypes.shape
    for j in range(m):
        row = genotypes[j]
        n_het, n_two, n_missing = 0, 0, 0
        for i in range(n):
            n_het += row[i] == 1
            n_two += row[i] == 2
            n_missing += row[i] < 0
        for i in range(n):
            out[j, i] = max(row[i], 0)
        n_zero = n - n_het - n_two - n_missing
        counts[0, j], counts[1, j], counts[2, j] = n_missing, n_het + 2 * n_two, n_het + 4 * n_two
        counts[3, j], counts[4, j] = n_het + n_two, n_het + n_zero
        counts[5, j] = 0.0 if n_zero else (1.0 if n_het else 2.0)
        counts[6, j] = 2.0 if n_two else (1.0 if n_het else 0.0)


@numba.njit(cache=True, nogil=True)
def _expand_dosages(genotypes, out, counts):  # type: ignore[no-untyped-def]
    m, n = genotypes.shape
    for j in range(m):
        n_missing, has_effect, has_other, total, squares = 0, 0, 0, 0.0, 0.0
        lowest, highest = np.inf, -np.inf
        for i in range(n):
            g = np.float64(genotypes[j, i])
            if g >= 0.0:
                out[j, i] = g
                total += g
                squares += g * g
                has_effect += g >= 0.5
                has_other += g <= 1.5
                lowest, highest = min(lowest, g), max(highest, g)
            else:
                out[j, i] = 0.0
                n_missing += 1
        counts[0, j], counts[1, j], counts[2, j] = n_missing, total, squares
        counts[3, j], counts[4, j], counts[5, j], counts[6, j] = has_effect, has_other, lowest, highest


@numba.njit(cache=True, nogil=True)
def _list_missing(genotypes, n_missing):  # type: ignore[no-untyped-def]
    """People without a genotype, variant after variant."""
    listed = np.empty(int(n_missing.sum()) + 1, np.int32)
    k = 0
    for j in range(len(genotypes)):
        if n_missing[j] > 0:
            row = genotypes[j]
            for i in range(len(row)):
                listed[k] = i
                k += not row[i] >= 0
    return listed[:k]


@numba.njit(cache=True, nogil=True)
def _reduce(products, counts, listed, basis, residuals, lanes):  # type: ignore[no-untyped-def]
    m, k = len(products), basis.shape[1]
    t = len(residuals)
    u, v, rss = np.empty((t, m)), np.empty(m), np.empty((t, m))
    rank, is_singular = np.full(m, k), np.zeros(m, np.bool_)
    null = np.zeros(t)
    for e in range(t):
        for i in range(len(basis)):
            null[e] += residuals[e, i] * residuals[e, i]
    # Lower triangles of Q_S'Q_S, and under them the rows Q'g and Q_S'r: factorising solves for them on the way.
    gram, square = np.zeros((k + 1 + t, k, lanes)), np.empty((k, k))
    waiting, lane_rows, cursor = 0, np.empty(lanes, np.int64), 0
    for j in range(m):
        n_missing = int(counts[0, j])
        if n_missing == 0:
            v[j] = counts[2, j]
            for c in range(k):
                v[j] -= products[j, c] * products[j, c]
            for e in range(t):
                u[e, j], rss[e, j] = products[j, k + e], null[e]
            continue
        lane = waiting
        square[:] = 0.0
        for c in range(k):
            square[c, c] = 1.0
            gram[k, c, lane] = products[j, c]
            for e in range(t):
                gram[k + 1 + e, c, lane] = 0.0
        for e in range(t):
            rss[e, j] = null[e]
        for h in range(cursor, cursor + n_missing):
            i = listed[h]
            for c in range(k):
                q = basis[i, c]
                for d in range(k):
                    square[c, d] -= q * basis[i, d]
            for e in range(t):
                r = residuals[e, i]
                rss[e, j] -= r * r
                for c in range(k):
                    gram[k + 1 + e, c, lane] -= r * basis[i, c]
        cursor += n_missing
        gram[:k, :, lane] = square
        v[j] = counts[2, j]
        for e in range(t):
            u[e, j] = products[j, k + e]
        lane_rows[lane] = j
        waiting += 1
        if waiting == lanes:
            _factorise(gram, k, t, lane_rows[:waiting], u, v, rss, is_singular)
            waiting = 0
    if waiting:
        _factorise(gram, k, t, lane_rows[:waiting], u, v, rss, is_singular)
    return u, v, rss, rank, is_singular


@numba.njit(cache=True, nogil=True)
def _factorise(gram, k, t, rows, u, v, rss, is_singular):  # type: ignore[no-untyped-def]
    """Cholesky of all lanes; then ``v -= |w|²``, ``u -= w'z``, ``rss -= |z|²`` with w = L⁻¹Q'g and z = L⁻¹Q_S'r."""
    lanes = gram.shape[2]
    smallest = np.full(lanes, np.inf)
    inverse = np.empty(lanes)
    for c in range(k):
        for l in range(lanes):
            smallest[l] = min(smallest[l], gram[c, c, l])
            inverse[l] = 1.0 / np.sqrt(max(gram[c, c, l], MIN_PIVOT))
        for b in range(c, k + 1 + t):
            for l in range(lanes):
                gram[b, c, l] *= inverse[l]
        for d in range(c + 1, k):
            for b in range(d, k + 1 + t):
                for l in range(lanes):
                    gram[b, d, l] -= gram[b, c, l] * gram[d, c, l]
    for l in range(len(rows)):
        j = rows[l]
        is_singular[j] = smallest[l] <= MIN_PIVOT
        for c in range(k):
            w = gram[k, c, l]
            v[j] -= w * w
            for e in range(t):
                z = gram[k + 1 + e, c, l]
                u[e, j] -= w * z
                rss[e, j] -= z * z
