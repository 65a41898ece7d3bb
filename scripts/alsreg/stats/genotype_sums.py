"""Sums over people of genotypes times numbers of a null model: all that a score test needs, at the cost of the carriers.

A block of genotypes is ``(m, n)`` copies of the effect allele: hard calls as integers (missing: negative), packed once for
all traits of the same people, or dosages as floats (missing: NaN). Every variant is counted on its **rarer** allele, so that
most people stand at 0 and cost nothing; missing genotypes stand at the variant's mean. A variant's numbers depend on its own
row alone, whatever block it is in. Hard calls are summed by table (`alsreg.stats.packed_calls`), dosages person by person.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numba
import numpy as np
from numpy.typing import NDArray

from alsreg.stats.null import FloatArray, IntArray
from alsreg.stats.packed_calls import (
    CARRIED,
    LINEAR,
    ODD_BITS,
    ONE,
    PEOPLE_PER_WORD,
    SQUARED,
    THREE,
    WIDTH,
    PackedCalls,
    lowest_bit,
    pack_calls,
    pad_columns,
    sum_over_missing,
    sum_over_people,
)

Block = PackedCalls | NDArray[np.floating]  # hard calls, or dosages with NaN where missing
Genotypes = Block | NDArray[np.number]


@dataclass(frozen=True)
class PersonNumbers:
    """Numbers of the ``n`` people of a null model that genotypes x (copies of the rarer allele) are summed with."""

    linear: FloatArray  # (n, c) for Σ x a, filled up with columns of zeros
    squared: FloatArray  # (n, d) for Σ x² b
    carried: FloatArray  # (n, e) for Σ over carriers
    is_event: NDArray[np.bool_]  # (n,) counted among people with a genotype
    n_linear: int  # columns of `linear` that are not filled up

    @classmethod
    def of(
        cls, linear: FloatArray, squared: FloatArray, carried: FloatArray, is_event: NDArray[np.bool_]
    ) -> PersonNumbers:
        """From arrays of any layout; one column may be given as ``(n,)``."""
        linear, squared, carried = (x.reshape(len(is_event), -1) for x in (linear, squared, carried))
        n_linear, linear = linear.shape[1], np.pad(linear, ((0, 0), (0, -linear.shape[1] % WIDTH)))
        return cls(*(np.ascontiguousarray(x, np.float64) for x in (linear, squared, carried)), is_event, n_linear)

    @property
    def shapes(self) -> tuple[int, int, int]:
        """Columns of each sort, without those filled up."""
        return self.n_linear, self.squared.shape[1], self.carried.shape[1]

    @cached_property
    def columns(self) -> FloatArray:
        """All columns side by side, filled up."""
        return pad_columns(np.column_stack([self.linear[:, : self.n_linear], self.squared, self.carried]))

    @cached_property
    def values(self) -> FloatArray:
        """What a hard call counts in each of `columns`."""
        values = np.zeros((4, self.columns.shape[1]))
        kinds = np.repeat([LINEAR, SQUARED, CARRIED], self.shapes, axis=0).T
        values[:, : kinds.shape[1]] = kinds
        return values


@dataclass(frozen=True)
class GenotypeSums:
    """Counts and sums of ``m`` variants; x are copies of the rarer allele, a carrier has half a copy or more."""

    mean: FloatArray  # (m,) copies of the effect allele; NaN where nobody has a genotype
    mac: FloatArray  # (m,) copies of the rarer allele among typed people
    is_flipped: NDArray[np.bool_]  # (m,) the effect allele is the commoner one: x = 2 - dosage
    n_typed: IntArray  # (m,)
    n_missing: IntArray  # (m,)
    n_carriers: IntArray  # (m,)
    n_events: IntArray  # (m,) among typed people
    is_constant: NDArray[np.bool_]  # (m,) all typed people have the same dosage
    linear: FloatArray  # (m, c), perhaps with zeros at the end
    squared: FloatArray  # (m, d)
    carried: FloatArray  # (m, e)

    @property
    def frequency(self) -> FloatArray:
        """Effect allele frequency among typed people."""
        return self.mean / 2.0

    @property
    def sign(self) -> FloatArray:
        """What turns a score of the rarer allele into that of the effect allele: ``(m,)`` of 1 and -1."""
        return np.where(self.is_flipped, -1.0, 1.0)

    def copies(self, genotypes: Genotypes, rows: IntArray) -> FloatArray:
        """x of some variants, ``(k, n)``: what the sums were taken over."""
        block = as_block(genotypes)
        if isinstance(block, PackedCalls):
            return block.copies(rows)
        x = block[rows].astype(np.float64)
        x = np.where(np.isnan(x), self.mean[rows, None], x)
        return np.where(self.is_flipped[rows, None], 2.0 - x, x)


def as_block(genotypes: Genotypes) -> Block:
    """Hard calls (int8) packed; everything else as ``(m, n)`` floats with NaN where missing."""
    if isinstance(genotypes, PackedCalls):
        return genotypes
    genotypes = np.ascontiguousarray(np.atleast_2d(genotypes))
    if genotypes.dtype == np.int8:
        return pack_calls(genotypes)
    return genotypes if genotypes.dtype in (np.float32, np.float64) else as_dosages(genotypes)


def as_dosages(genotypes: NDArray[np.number]) -> FloatArray:
    """Dosages with NaN where missing, from hard calls or dosages of any shape."""
    least = 0.0 if np.issubdtype(genotypes.dtype, np.integer) else -np.inf  # NaN is at least nothing
    return np.where(genotypes >= least, genotypes, np.nan).astype(np.float64)


def dosages_of(block: Block, row: int) -> FloatArray:
    """One variant's dosages ``(n,)``, NaN where missing."""
    if isinstance(block, PackedCalls):
        return block.dosages(np.array([row]))[0]
    return block[row].astype(np.float64)


def sum_genotypes(genotypes: Genotypes, people: PersonNumbers) -> GenotypeSums:
    """Sum a block ``(m, n)`` of genotypes over people."""
    block = as_block(genotypes)
    if isinstance(block, PackedCalls):
        return _sum_calls(block, people)
    counts, numbers, flags, *sums = _sum(block, people.linear, people.squared, people.carried, people.is_event)
    return _assemble(counts, numbers, flags, sums)


def sum_genotypes_over_risk_sets(
    genotypes: Genotypes, people: PersonNumbers, risk: FloatArray, first: IntArray, last: IntArray,
    weights: tuple[FloatArray, FloatArray, FloatArray],
) -> tuple[GenotypeSums, FloatArray]:  # fmt: skip
    """The same, and for Cox models ``Σ over times and ties of E[x]²``, ``(m,)``.

    A person is at risk at event times ``first <= t < last`` with relative risk `risk`, an event falls on ``last - 1``;
    `weights` are q0, q1, q2 of `alsreg.stats.risk_sets.Hazards`.
    """
    block = as_block(genotypes)
    if isinstance(block, PackedCalls):
        means = _square_means(block.words, block.mean_copies, risk, first, last, people.is_event, *weights)
        return _sum_calls(block, people), means
    counts, numbers, flags, *sums, squared_means = _sum_over_risk_sets(
        block, people.linear, people.squared, people.carried, people.is_event,
        risk, first, last, *weights,
    )  # fmt: skip
    return _assemble(counts, numbers, flags, sums), squared_means


def _sum_calls(calls: PackedCalls, people: PersonNumbers) -> GenotypeSums:
    """Sums of hard calls: by table, and over the people without a call apart, since theirs is the variant's mean."""
    c, d, e = people.shapes
    sums = sum_over_people(calls, people.columns, people.values)
    lost = sum_over_missing(calls, np.column_stack([people.columns[:, : c + d], people.is_event]))
    mean = calls.mean_copies[:, None]
    linear, squared = sums[:, :c] + mean * lost[:, :c], sums[:, c : c + d] + mean**2 * lost[:, c : c + d]
    n_events = int(people.is_event.sum()) - np.rint(lost[:, -1]).astype(np.int64)
    return GenotypeSums(
        calls.mean, calls.total.astype(np.float64), calls.is_flipped, calls.n_typed, calls.n_missing,
        calls.n_one + calls.n_two, n_events, calls.is_constant, linear, squared, sums[:, c + d : c + d + e],
    )  # fmt: skip


def _assemble(counts: IntArray, numbers: FloatArray, flags: NDArray[np.bool_], sums: list[FloatArray]) -> GenotypeSums:
    n_typed, n_missing, n_carriers, n_events = counts
    return GenotypeSums(*numbers, flags[0], n_typed, n_missing, n_carriers, n_events, flags[1], *sums)


@numba.njit(cache=True, nogil=True)
def _sum(genotypes, linear, squared, carried, is_event):  # type: ignore[no-untyped-def]
    m, n = genotypes.shape
    counts, numbers, flags = np.empty((4, m), np.int64), np.empty((2, m)), np.empty((2, m), np.bool_)
    a, b, c = np.empty((m, linear.shape[1])), np.empty((m, squared.shape[1])), np.empty((m, carried.shape[1]))
    index, listed = np.empty(n + 1, np.int32), np.empty((2, n))
    for j in range(m):
        k = _list_people(genotypes[j], is_event, index, listed, counts[:, j], numbers[:, j], flags[:, j])
        _sum_columns(index, listed, k, linear, squared, carried, a[j], b[j], c[j])
    return counts, numbers, flags, a, b, c


@numba.njit(cache=True, nogil=True)
def _sum_over_risk_sets(  # type: ignore[no-untyped-def]
    genotypes, linear, squared, carried, is_event, risk, first, last, q0, q1, q2
):
    m, n = genotypes.shape
    counts, numbers, flags = np.empty((4, m), np.int64), np.empty((2, m)), np.empty((2, m), np.bool_)
    a, b, c = np.empty((m, linear.shape[1])), np.empty((m, squared.shape[1])), np.empty((m, carried.shape[1]))
    means = np.empty(m)
    index, listed = np.empty(n + 1, np.int32), np.empty((2, n))
    change, events = np.empty(len(q0) + 1), np.empty(len(q0) + 1)
    for j in range(m):
        k = _list_people(genotypes[j], is_event, index, listed, counts[:, j], numbers[:, j], flags[:, j])
        _sum_columns(index, listed, k, linear, squared, carried, a[j], b[j], c[j])
        change[:] = 0.0
        events[:] = 0.0
        for h in range(k):
            i = index[h]
            weighted = risk[i] * listed[0, h]
            change[first[i]] += weighted
            change[last[i]] -= weighted
            # Somebody without an event adds nothing, to the last place: cheaper than to ask.
            events[last[i] - 1] += weighted * is_event[i]
        s, total = 0.0, 0.0
        for t in range(len(q0)):
            s += change[t]
            d = events[t]
            total += q0[t] * s * s + d * (q2[t] * d - 2.0 * q1[t] * s)
        means[j] = total
    return counts, numbers, flags, a, b, c, means


@numba.njit(cache=True, nogil=True)
def _square_means(words, mean_copies, risk, first, last, is_event, q0, q1, q2):  # type: ignore[no-untyped-def]
    """``Σ over times and ties of E[x]²`` of packed calls, ``(m,)``: see `sum_genotypes_over_risk_sets`."""
    m, n_words = words.shape
    means, copies = np.empty(m), np.array([0.0, 1.0, 2.0, 0.0])
    change, events = np.empty(len(q0) + 1), np.empty(len(q0) + 1)
    for j in range(m):
        copies[3] = mean_copies[j]
        change[:] = 0.0
        events[:] = 0.0
        for w in range(n_words):
            word = words[j, w]
            carried = (word | word >> ONE) & ODD_BITS
            while carried:
                bit = lowest_bit(carried)
                carried &= carried - ONE
                i = PEOPLE_PER_WORD * w + bit // 2
                weighted = risk[i] * copies[word >> np.uint64(bit) & THREE]
                change[first[i]] += weighted
                change[last[i]] -= weighted
                # Somebody without an event adds nothing, to the last place: cheaper than to ask.
                events[last[i] - 1] += weighted * is_event[i]
        s, total = 0.0, 0.0
        for t in range(len(q0)):
            s += change[t]
            d = events[t]
            total += q0[t] * s * s + d * (q2[t] * d - 2.0 * q1[t] * s)
        means[j] = total
    return means


@numba.njit(cache=True, nogil=True)
def _list_people(row, is_event, index, listed, counts, numbers, flags):  # type: ignore[no-untyped-def]
    """People who do not stand at 0, where they stand and whether they are carriers; the variant's counts.

    Returns how many are listed.
    """
    n = len(row)
    n_typed, n_events, total = _count_typed(row, is_event)
    mean = total / n_typed if n_typed else np.nan
    is_flipped = mean > 1.0
    zero, filled = (2.0, 2.0 - mean) if is_flipped else (0.0, mean)
    k, n_carriers, n_different = 0, 0, 0
    if n_typed:
        for i in range(n):
            index[k] = i
            k += row[i] != zero
    for h in range(k):
        g = np.float64(row[index[h]])
        is_typed = g == g
        x = (zero - g if is_flipped else g) if is_typed else filled
        is_carrier = is_typed & (x >= 0.5)
        listed[0, h], listed[1, h] = x, is_carrier
        n_carriers += is_carrier
        n_different += is_typed
    counts[0], counts[1], counts[2], counts[3] = n_typed, n - n_typed, n_carriers, n_events
    numbers[0], numbers[1] = mean, min(total, 2.0 * n_typed - total)
    flags[0], flags[1] = is_flipped, n_different == 0 if k < n else _is_constant(row)
    return k


@numba.njit(cache=True, nogil=True, fastmath={"reassoc"})
def _count_typed(row, is_event):  # type: ignore[no-untyped-def]
    n_typed, n_events, total = 0, 0, 0.0
    for i in range(len(row)):
        is_typed = row[i] == row[i]
        n_typed += is_typed
        n_events += is_typed & is_event[i]
        total += np.float64(row[i]) if is_typed else 0.0
    return n_typed, n_events, total


@numba.njit(cache=True, nogil=True)
def _is_constant(row):  # type: ignore[no-untyped-def]
    lowest, highest = np.inf, -np.inf
    for i in range(len(row)):
        if row[i] == row[i]:
            lowest, highest = min(lowest, np.float64(row[i])), max(highest, np.float64(row[i]))
    return not lowest < highest


@numba.njit(cache=True, nogil=True)
def _sum_columns(index, listed, k, linear, squared, carried, a, b, c):  # type: ignore[no-untyped-def]
    """``Σ x linear``, ``Σ x² squared`` and ``Σ carried`` over the people listed; columns come in eights."""
    a[:] = 0.0
    b[:] = 0.0
    c[:] = 0.0
    x, is_carrier = listed
    for h in range(0, k - 3, 4):
        i0, i1, i2, i3 = index[h], index[h + 1], index[h + 2], index[h + 3]
        x0, x1, x2, x3 = x[h], x[h + 1], x[h + 2], x[h + 3]
        for start in range(0, linear.shape[1], WIDTH):
            for e in range(start, start + WIDTH):
                a[e] += (x0 * linear[i0, e] + x1 * linear[i1, e]) + (x2 * linear[i2, e] + x3 * linear[i3, e])
    for h in range(k - k % 4, k):
        for e in range(linear.shape[1]):
            a[e] += x[h] * linear[index[h], e]
    for e in range(squared.shape[1]):
        total = 0.0
        for h in range(k):
            total += x[h] * x[h] * squared[index[h], e]
        b[e] = total
    for e in range(carried.shape[1]):
        total = 0.0
        for h in range(k):
            total += is_carrier[h] * carried[index[h], e]
        c[e] = total
