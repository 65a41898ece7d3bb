"""Power of a single-variant test from the information its null model holds.

A test of one coefficient has noncentrality ``β² · 2 f (1 - f) · I`` under Hardy–Weinberg proportions, with I
the model's information per unit of genotype variance: ``n / σ²`` (quantitative), ``Σ μ (1 - μ)`` (binary),
events (survival, Schoenfeld 1983), ``ΣA₁₁ - (ΣA₀₁)² / ΣA₀₀`` (longitudinal). Null models give it as
`information`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from alsreg.stats.null import FloatArray

GENOME_WIDE = 5e-8


def power(effect: ArrayLike, frequency: ArrayLike, information: float, alpha: float = GENOME_WIDE) -> FloatArray:
    """Probability that a two-sided test at `alpha` finds `effect` per allele of `frequency`."""
    frequency = np.asarray(frequency, dtype=np.float64)
    z = np.abs(np.asarray(effect, dtype=np.float64)) * np.sqrt(2.0 * frequency * (1.0 - frequency) * information)
    critical = -special.ndtri(alpha / 2.0)
    return special.ndtr(z - critical) + special.ndtr(-z - critical)


def detectable_effect(
    frequency: ArrayLike, information: float, alpha: float = GENOME_WIDE, wanted: float = 0.8
) -> FloatArray:
    """The effect per allele found with power `wanted` at each `frequency`, in the trait's own unit."""
    frequency = np.asarray(frequency, dtype=np.float64)
    critical = -special.ndtri(alpha / 2.0)
    low, high = 0.0, critical + 40.0
    while low < (z := 0.5 * (low + high)) < high:  # halved until no double lies between
        is_found = special.ndtr(z - critical) + special.ndtr(-z - critical) >= wanted
        low, high = (low, z) if is_found else (z, high)
    return z / np.sqrt(2.0 * frequency * (1.0 - frequency) * information)
