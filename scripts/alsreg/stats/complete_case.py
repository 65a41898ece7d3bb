"""Least squares of many variants on the people who have each genotype, from the same few sums for every trait.

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
from alsreg.stats.packed_calls import LINEAR, PackedCalls, pad_columns, sum_over_people, sum_squares

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
    genotypes: PackedCalls | NDArray[np.floating], basis: FloatArray, residuals: FloatArray
) -> tuple[Counts, CompleteCases]:
    """Counts and sums of hard calls or ``(m, n)`` dosages (missing NaN).

    `basis` is ``(n, k)``, orthonormal, and spans the intercept; `residuals` ``(t, n)``.
    """
    columns = np.column_stack([basis, residuals.T])
    sums_of = _sums_of_calls if isinstance(genotypes, PackedCalls) else _sums_of_dosages
    counts, sign, products, squares, missing = sums_of(genotypes, columns)
    rows, null = (
        np.vstack([pad_columns(columns), np.zeros(-(-columns.shape[1] // 8) * 8)]),
        np.sum(residuals**2, axis=1),
    )
    # The rarer allele's regression is that of the other with the sign turned: their counts add up to the intercept.
    u, *rest = _reduce(products, squares, counts.n_missing, missing, rows, basis.shape[1], null, LANES)
    return counts, CompleteCases(u * sign, *rest)


Sums = tuple[Counts, FloatArray, FloatArray, FloatArray, NDArray[np.int32]]


def _sums_of_calls(packed: PackedCalls, columns: FloatArray) -> Sums:
    """Counts, the sign of effects, ``Q'x`` and ``r'x`` ``(m, k + t)``, ``x'x`` (m,), and who has no genotype."""
    width = columns.shape[1]
    products = sum_over_people(packed, pad_columns(columns), np.tile(np.array(LINEAR)[:, None], -(-width // 8) * 8))
    total, squares = packed.total.astype(np.float64), packed.total + 2.0 * packed.n_two
    centred = np.maximum(squares - total * packed.mean_copies, 0.0)
    counts = Counts(
        packed.mean, total, centred, packed.n_typed, packed.n_one + packed.n_two, packed.is_constant, packed.n
    )
    return counts, np.where(packed.is_flipped, -1.0, 1.0), products[:, :width], squares, packed.missing


def _sums_of_dosages(dosages: NDArray[np.floating], columns: FloatArray) -> Sums:
    """The same of dosages, by matrix products of what fits the cache."""
    m, n = dosages.shape
    products, counts = np.empty((m, columns.shape[1])), np.empty((7, m))
    size = max(LANES, TILE_BYTES // (8 * n))
    tile = np.empty((min(size, m), n))
    missing = [np.empty(0, np.int32)]
    for start in range(0, m, size):
        rows = slice(start, min(start + size, m))
        block = tile[: rows.stop - start]
        _expand_dosages(dosages[rows], block, counts[:, rows])
        np.dot(block, columns, out=products[rows])
        missing.append(_list_missing(dosages[rows], counts[0, rows]))
    return _summarise(counts, n), np.ones(m), products, counts[2], np.concatenate(missing)


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
def _reduce(products, squares, n_missing, listed, rows, k, null, lanes):  # type: ignore[no-untyped-def]
    m, t, width = len(products), len(null), rows.shape[1]
    u, v, rss = np.empty((t, m)), np.empty(m), np.empty((t, m))
    rank, is_singular = np.full(m, k), np.zeros(m, np.bool_)
    # Lower triangles of Q_S'Q_S, and under them the rows Q'g and Q_S'r: factorising solves for them on the way.
    gram, lost = np.zeros((k + 1 + t, k, lanes)), np.empty((width, width))
    waiting, lane_rows, cursor = 0, np.empty(lanes, np.int64), 0
    for j in range(m):
        v[j] = squares[j]
        for e in range(t):
            u[e, j], rss[e, j] = products[j, k + e], null[e]
        if n_missing[j] == 0:
            for c in range(k):
                v[j] -= products[j, c] * products[j, c]
            continue
        lane = waiting
        sum_squares(rows, listed[cursor : cursor + n_missing[j]], lost)
        for c in range(k):
            gram[k, c, lane] = products[j, c]
            for d in range(c):
                gram[c, d, lane] = -lost[c, d]
            gram[c, c, lane] = 1.0 - lost[c, c]
            for e in range(t):
                gram[k + 1 + e, c, lane] = -lost[k + e, c]
        for e in range(t):
            rss[e, j] -= lost[k + e, k + e]
        cursor += n_missing[j]
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
