"""Covariance of scores between null models fitted on different sets of people."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from alsreg.stats.null import FloatArray, IntArray


class Whitened(Protocol):
    """A null model whose Φ is the Gram matrix of one or more numbers per variant and person."""

    people: IntArray

    def whiten(self, dosages: FloatArray) -> FloatArray:
        """``(m, n)`` or ``(m, n, d)``."""
        ...


def gram_of_common_people(
    model: Whitened, dosages: FloatArray, other: Whitened, other_dosages: FloatArray
) -> FloatArray:
    """Φ ``(m, k)`` between variants of two models: the Gram matrix over the people in both.

    A score is a sum over people of (whitened genotype) x (standardised error), and people are independent, so
    only those in both models contribute. All blocks put together are one Gram matrix on the cohort's person
    axis, hence never indefinite.
    """
    _, here, there = np.intersect1d(model.people, other.people, assume_unique=True, return_indices=True)
    left = model.whiten(dosages)[:, here]
    right = other.whiten(other_dosages)[:, there]
    return left.reshape(len(left), -1) @ right.reshape(len(right), -1).T
