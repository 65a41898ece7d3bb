"""Hard calls in two bits per person, and sums over people by table.

A byte holds the calls of four people. What these four add to a sum has 256 values: they are put into a table once per block
of variants, and every variant looks its own up, 32 people at a time. A matrix product of the calls as doubles has to read 64
times as much; where nobody of the 32 carries the rarer allele, nothing is read at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from alsreg.stats.null import FloatArray, IntArray

# Columns come in eights: what a table's entry adds at a time, in vector registers.
WIDTH = 8
PEOPLE_PER_WORD = 32
BYTES_PER_WORD = 8
AT_ONCE = 4  # people whose products are summed before memory is touched
ODD_BITS = np.uint64(0x5555555555555555)
BYTE, ONE, THREE = np.uint64(255), np.uint64(1), np.uint64(3)
# What no copy, one, two and a missing call count in sums of x, of x² and over carriers.
LINEAR, SQUARED, CARRIED = (0.0, 1.0, 2.0, 0.0), (0.0, 1.0, 4.0, 0.0), (0.0, 1.0, 1.0, 0.0)


@dataclass(frozen=True)
class PackedCalls:
    """Calls of ``m`` variants in ``n`` people, as copies x of the rarer allele."""

    words: NDArray[np.uint64]  # (m, n / 32) from the lowest bits on; 3 is missing, nobody is 0
    missing: NDArray[np.int32]  # people without a call, variant after variant
    n_one: IntArray  # (m,) people with one copy
    n_two: IntArray  # (m,) with two copies of the rarer allele
    n_missing: IntArray  # (m,)
    is_flipped: NDArray[np.bool_]  # (m,) the effect allele is the commoner one: x = 2 - call
    n: int

    def __len__(self) -> int:
        return len(self.words)

    def copies(self, rows: IntArray) -> FloatArray:
        """x of some variants, ``(k, n)``; missing ones at the variant's mean."""
        return _unpack(self.words, rows, self.mean_copies, self.n)

    def dosages(self, rows: IntArray) -> FloatArray:
        """Copies of the effect allele of some variants, ``(k, n)``, NaN where missing."""
        x = _unpack(self.words, rows, np.full(len(self), np.nan), self.n)
        return np.where(self.is_flipped[rows, None], 2.0 - x, x)

    @property
    def n_typed(self) -> IntArray:
        return self.n - self.n_missing

    @property
    def total(self) -> IntArray:
        """Copies of the rarer allele."""
        return self.n_one + 2 * self.n_two

    @property
    def mean_copies(self) -> FloatArray:
        """Of the rarer allele; 0 where nobody has a call."""
        return self.total / np.maximum(self.n_typed, 1)

    @property
    def mean(self) -> FloatArray:
        """Of the effect allele; NaN where nobody has a call."""
        with np.errstate(invalid="ignore"):
            return np.where(self.is_flipped, 2 * self.n_typed - self.total, self.total) / self.n_typed

    @property
    def is_constant(self) -> NDArray[np.bool_]:
        """All people with a call have the same."""
        n_none = self.n_typed - self.n_one - self.n_two
        return np.maximum(np.maximum(n_none, self.n_one), self.n_two) == self.n_typed


def pack_calls(calls: NDArray[np.int8]) -> PackedCalls:
    """Pack ``(m, n)`` copies of the effect allele: 0, 1, 2, or -9 where missing."""
    calls = np.ascontiguousarray(np.atleast_2d(calls))
    m, n = calls.shape
    words = np.zeros((m, -(-n // PEOPLE_PER_WORD)), np.uint64)
    _pack(calls, words.view(np.uint8))
    counts, is_flipped = np.empty((3, m), np.int64), np.empty(m, np.bool_)
    missing = _count(words, n, counts, is_flipped)
    return PackedCalls(words, missing, *counts, is_flipped, n)


def sum_over_people(calls: PackedCalls, columns: FloatArray, values: FloatArray) -> FloatArray:
    """``Σ_i values[x_i] columns[i]``, ``(m, c)``: c is a multiple of 8, `values` ``(4, c)`` says what x counts in a column."""
    out = np.zeros((len(calls.words), columns.shape[1]))
    table = np.empty((BYTES_PER_WORD, 256, columns.shape[1]))
    _look_up(calls.words, columns, values, table, out)
    return out


def sum_over_missing(calls: PackedCalls, columns: FloatArray) -> FloatArray:
    """``Σ columns[i]`` over the people without a call, ``(m, c)``."""
    return _sum_listed(calls.missing, calls.n_missing, columns)


def pad_columns(columns: FloatArray) -> FloatArray:
    """Columns of zeros at the end, to a multiple of 8."""
    return np.ascontiguousarray(np.pad(columns, ((0, 0), (0, -columns.shape[1] % WIDTH))))


@intrinsic
def count_bits(typing, word):  # type: ignore[no-untyped-def]
    """Ones of a 64-bit word."""
    return types.int64(types.uint64), lambda context, builder, signature, given: builder.ctpop(given[0])


@intrinsic
def lowest_bit(typing, word):  # type: ignore[no-untyped-def]
    """Place of the lowest one of a 64-bit word that has any."""

    def generate(context, builder, signature, given):  # type: ignore[no-untyped-def]
        return builder.cttz(given[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


_VECTOR = ir.VectorType(ir.DoubleType(), WIDTH)


def _pointer(context, builder, signature, given, array: int, index: ir.Value) -> ir.Value:  # type: ignore[no-untyped-def]
    """To eight doubles of an argument, a flat array, from `index` on."""
    data = context.make_array(signature.args[array])(context, builder, given[array]).data
    return builder.bitcast(builder.gep(data, [index]), _VECTOR.as_pointer())


def _load(builder: ir.IRBuilder, pointer: ir.Value) -> ir.Value:
    value = builder.load(pointer)
    value.align = 8
    return value


def _add_to(builder: ir.IRBuilder, target: ir.Value, terms: list[ir.Value]) -> None:
    """Add terms, a power of two of them, pair by pair."""
    while len(terms) > 1:
        terms = [builder.fadd(*pair) for pair in zip(terms[::2], terms[1::2], strict=True)]
    builder.store(builder.fadd(_load(builder, target), terms[0]), target).align = 8


# The compiler makes no vectors of these two as plain loops, since for all it knows `out` may lie within the other array.
@intrinsic
def _add_entries(typing, out, place, table, places):  # type: ignore[no-untyped-def]
    """``out[place : place + 8] += Σ_b table[places[b] : places[b] + 8]`` of flat arrays."""

    def generate(*given):  # type: ignore[no-untyped-def]
        builder, values = given[1], given[3]
        places = [builder.extract_value(values[3], byte) for byte in range(BYTES_PER_WORD)]
        _add_to(builder, _pointer(*given, 0, values[1]), [_load(builder, _pointer(*given, 2, at)) for at in places])
        return given[0].get_dummy_value()

    return types.void(out, types.int64, table, types.UniTuple(types.int64, BYTES_PER_WORD)), generate


@intrinsic
def _add_scaled(typing, out, place, factors, rows, places):  # type: ignore[no-untyped-def]
    """``out[place : place + 8] += Σ_h factors[h] rows[places[h] : places[h] + 8]`` of flat arrays."""

    def generate(*given):  # type: ignore[no-untyped-def]
        builder, values, whole = given[1], given[3], ir.VectorType(ir.IntType(32), WIDTH)
        terms = []
        for h in range(AT_ONCE):
            factor = builder.extract_value(values[2], h)
            lane = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), factor, ir.IntType(32)(0))
            row = _load(builder, _pointer(*given, 3, builder.extract_value(values[4], h)))
            terms.append(builder.fmul(builder.shuffle_vector(lane, lane, ir.Constant(whole, [0] * WIDTH)), row))
        _add_to(builder, _pointer(*given, 0, values[1]), terms)
        return given[0].get_dummy_value()

    numbers = types.UniTuple(types.float64, AT_ONCE), rows, types.UniTuple(types.int64, AT_ONCE)
    return types.void(out, types.int64, *numbers), generate


@numba.njit(cache=True, nogil=True)
def sum_squares(rows, listed, out):  # type: ignore[no-untyped-def]
    """``Σ_i rows[i] rows[i]'`` over the people listed, lower triangle, into `out` ``(w, w)``: w is a multiple of 8.

    The last row of `rows` ``(n + 1, w)`` is 0.
    """
    n, width = len(rows) - 1, rows.shape[1]
    out[:] = 0.0
    flat, total = rows.ravel(), out.ravel()
    for h in range(0, len(listed), AT_ONCE):
        a = listed[h]
        b = listed[h + 1] if h + 1 < len(listed) else n
        c = listed[h + 2] if h + 2 < len(listed) else n
        d = listed[h + 3] if h + 3 < len(listed) else n
        for e in range(width):
            factors = rows[a, e], rows[b, e], rows[c, e], rows[d, e]
            for start in range(0, e + 1, WIDTH):
                places = (
                    np.intp(a) * width + start,
                    np.intp(b) * width + start,
                    np.intp(c) * width + start,
                    np.intp(d) * width + start,
                )
                _add_scaled(total, e * width + start, factors, flat, places)


@numba.njit(cache=True, nogil=True)
def _pack(calls, packed):  # type: ignore[no-untyped-def]
    m, n = calls.shape
    for j in range(m):
        row, out = calls[j], packed[j]
        for b in range(n // 4):  # -9 & 3 == 3
            i = 4 * b
            out[b] = (row[i] & 3) | (row[i + 1] & 3) << 2 | (row[i + 2] & 3) << 4 | (row[i + 3] & 3) << 6
        for i in range(n - n % 4, n):
            out[n // 4] |= (row[i] & 3) << 2 * (i % 4)


@numba.njit(cache=True, nogil=True)
def _count(words, n, counts, is_flipped):  # type: ignore[no-untyped-def]
    """Count calls, list who misses one, and turn variants round whose effect allele is the commoner one."""
    m, n_words = words.shape
    for j in range(m):
        n_one, n_two, n_missing = 0, 0, 0
        for w in range(n_words):
            low, high = words[j, w] & ODD_BITS, words[j, w] >> ONE & ODD_BITS
            both = low & high
            n_one += count_bits(low ^ both)
            n_two += count_bits(high ^ both)
            n_missing += count_bits(both)
        is_flipped[j] = n_one + 2 * n_two > n - n_missing
        if is_flipped[j]:
            n_two = n - n_missing - n_one - n_two
        counts[0, j], counts[1, j], counts[2, j] = n_one, n_two, n_missing
    missing, k = np.empty(counts[2].sum(), np.int32), 0
    for j in range(m):
        if counts[2, j]:
            for w in range(n_words):
                both = words[j, w] & words[j, w] >> ONE & ODD_BITS
                while both:
                    missing[k] = PEOPLE_PER_WORD * w + lowest_bit(both) // 2
                    k += 1
                    both &= both - ONE
        if is_flipped[j]:
            for w in range(n_words):  # 0 and 2 change places
                words[j, w] ^= (~words[j, w] & ODD_BITS) << ONE
            if n % PEOPLE_PER_WORD:
                words[j, n_words - 1] &= (ONE << np.uint64(2 * (n % PEOPLE_PER_WORD))) - ONE
    return missing


@numba.njit(cache=True, nogil=True)
def _unpack(words, rows, missing, n):  # type: ignore[no-untyped-def]
    """Copies of some variants, `missing` ``(m,)`` where there is no call."""
    out, copies = np.empty((len(rows), n)), np.array([0.0, 1.0, 2.0, 0.0])
    for r in range(len(rows)):
        copies[3] = missing[rows[r]]
        for i in range(n):
            out[r, i] = copies[words[rows[r], i // PEOPLE_PER_WORD] >> np.uint64(2 * (i % PEOPLE_PER_WORD)) & THREE]
    return out


@numba.njit(cache=True, nogil=True)
def _look_up(words, columns, values, table, out):  # type: ignore[no-untyped-def]
    m, n_words = words.shape
    c = columns.shape[1]
    flat, entries, size = out.ravel(), table.ravel(), 256 * c
    for w in range(n_words):
        _tabulate(columns, values, PEOPLE_PER_WORD * w, table)
        for j in range(m):
            word = words[j, w]
            if word == 0:
                continue
            places = (
                np.intp(word & BYTE) * c,
                np.intp(word >> np.uint64(8) & BYTE) * c + size,
                np.intp(word >> np.uint64(16) & BYTE) * c + 2 * size,
                np.intp(word >> np.uint64(24) & BYTE) * c + 3 * size,
                np.intp(word >> np.uint64(32) & BYTE) * c + 4 * size,
                np.intp(word >> np.uint64(40) & BYTE) * c + 5 * size,
                np.intp(word >> np.uint64(48) & BYTE) * c + 6 * size,
                np.intp(word >> np.uint64(56)) * c + 7 * size,
            )
            for start in range(0, c, WIDTH):
                _add_entries(flat, j * c + start, entries[start:], places)


@numba.njit(cache=True, nogil=True)
def _tabulate(columns, values, first, table):  # type: ignore[no-untyped-def]
    """What each byte of the word that begins with person `first` adds: ``table[byte, its value]``."""
    n, c = columns.shape
    for byte in range(len(table)):
        entries, size = table[byte], 1
        entries[0] = 0.0
        for i in range(first + 4 * byte, first + 4 * byte + 4):
            for call in range(1, 4):
                for known in range(size):
                    for e in range(c):
                        entries[call * size + known, e] = entries[known, e] + (
                            values[call, e] * columns[i, e] if i < n else 0.0
                        )
            size *= 4


@numba.njit(cache=True, nogil=True)
def _sum_listed(listed, n_listed, columns):  # type: ignore[no-untyped-def]
    m, c = len(n_listed), columns.shape[1]
    out, cursor, total = np.zeros((m, c)), 0, np.empty(c)
    for j in range(m):
        if n_listed[j]:
            total[:] = 0.0
            for h in range(cursor, cursor + n_listed[j]):
                for e in range(c):
                    total[e] += columns[listed[h], e]
            out[j] = total
            cursor += n_listed[j]
    return out
