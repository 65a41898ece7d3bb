"""Null genotypes in bulk: independent variants, in populations and in sibling pairs, or with a given number of copies."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
COMMON_FREQUENCY = 0.3


@dataclass(frozen=True)
class Ancestry:
    """Where ``n`` people come from: a population each, and an earlier full sibling (-1: none)."""

    population: NDArray[np.int64]
    sibling: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> Ancestry:
        """Some of the people; siblings of those left out become unrelated."""
        position = np.full(len(self.population) + 1, -1)  # the last is where -1 points
        position[rows] = np.arange(len(rows))
        return Ancestry(self.population[rows], position[self.sibling[rows]])


def homogeneous(n: int) -> Ancestry:
    """Unrelated people of one population."""
    return Ancestry(np.zeros(n, dtype=np.int64), np.full(n, -1))


def draw_dosages(rng: np.random.Generator, frequency: FloatArray, ancestry: Ancestry) -> NDArray[np.int8]:
    """Counts ``(m, n)`` in Hardy–Weinberg proportions; `frequency` is ``(m, populations)``.

    A sibling shares either parent's allele with probability one half, which is Mendel's law for full siblings.
    """
    thresholds = np.minimum(frequency * 2.0**32, 2.0**32 - 1).astype(np.uint64)
    return _draw(rng.integers(1, 2**63, dtype=np.uint64), thresholds, ancestry.population, ancestry.sibling)


def draw_copies(rng: np.random.Generator, n_variants: int, n: int, copies: int) -> NDArray[np.int8]:
    """``(m, n)`` with exactly `copies` of the allele among 2n chromosomes, each set of chromosomes as likely."""
    return _draw_copies(rng.integers(1, 2**63, dtype=np.uint64), n_variants, n, copies)


def spectrum_frequencies(rng: np.random.Generator, n_variants: int, lowest: float) -> FloatArray:
    """``(m, 1)`` minor allele frequencies of the neutral spectrum, density 1/x from `lowest` to one half."""
    return (lowest * (0.5 / lowest) ** rng.random(n_variants))[:, None]


def population_frequencies(
    rng: np.random.Generator, ancestral: FloatArray, n_populations: int, fst: float
) -> FloatArray:
    """``(m, populations)`` around ancestral frequencies ``(m, 1)`` (Balding & Nichols 1995)."""
    scale = (1.0 - fst) / fst
    return rng.beta(ancestral * scale, (1.0 - ancestral) * scale, (len(ancestral), n_populations))


@numba.njit(cache=True)
def _next(state):  # type: ignore[no-untyped-def]
    """SplitMix64 (Steele, Lea & Flood 2014): the next state, and 64 random bits."""
    state += np.uint64(0x9E3779B97F4A7C15)
    z = state
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state, z ^ (z >> np.uint64(31))


@numba.njit(cache=True)
def _draw(seed, thresholds, population, sibling):  # type: ignore[no-untyped-def]
    m, n = len(thresholds), len(population)
    out = np.empty((m, n), np.int8)
    first, second = np.zeros(n, np.int8), np.zeros(n, np.int8)
    low = np.uint64(0xFFFFFFFF)
    state = seed
    for j in range(m):
        for i in range(n):
            state, bits = _next(state)
            threshold = thresholds[j, population[i]]
            a, b = (bits & low) < threshold, (bits >> np.uint64(32)) < threshold
            if sibling[i] >= 0:
                state, bits = _next(state)
                if bits & np.uint64(1):
                    a = first[sibling[i]]
                if bits & np.uint64(2):
                    b = second[sibling[i]]
            first[i], second[i] = a, b
            out[j, i] = first[i] + second[i]
    return out


@numba.njit(cache=True)
def _draw_copies(seed, m, n, copies):  # type: ignore[no-untyped-def]
    out = np.zeros((m, n), np.int8)
    taken = np.full(2 * n, -1, np.int64)
    state = seed
    for j in range(m):
        left = copies
        while left > 0:
            state, bits = _next(state)
            chromosome = np.int64((bits >> np.uint64(11)) % np.uint64(2 * n))
            if taken[chromosome] != j:
                taken[chromosome] = j
                out[j, chromosome // 2] += 1
                left -= 1
    return out
