"""What every null model offers, whatever the trait.

A null model is the trait's model without the variant, fitted once per carrier set on exactly the people observed. From
it come the score ``U`` and its variance ``V`` for any variant, and the covariance ``Φ`` for sets of variants.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Z_95 = float(special.ndtri(0.975))  # half a 95 % interval, in standard errors


@dataclass(frozen=True)
class Scores:
    """Scores of ``m`` variants: ``u`` and ``v`` on the scale of the effect (``beta ≈ u / v``, ``z = u / sqrt(v)``)."""

    u: FloatArray  # (m,)
    v: FloatArray  # (m,)
    n_imputed: IntArray  # (m,) genotypes filled with the variant's mean


@dataclass(frozen=True)
class Refit:
    """The full model of one variant, fitted without approximation on the people who have its genotype."""

    beta: float
    standard_error: float
    p_wald: float  # t for a quantitative trait, normal elsewhere
    p_lrt: float  # likelihood ratio (Firth: penalised), one degree of freedom
    n: int  # people in the fit
    effect_method: str  # ols, wald, firth, reml


class NullModel(Protocol):
    """A trait's model without the variant.

    ``people`` are positions on the cohort's person axis; every ``dosages`` below is ``(m, n)`` float with columns in
    that order, counts of the effect allele, NaN where missing (filled with the variant's mean over `people`).
    """

    people: IntArray  # (n,)

    def score(self, dosages: FloatArray) -> Scores: ...

    def covariance(self, dosages: FloatArray) -> FloatArray:
        """Φ, ``(m, m)``; its diagonal equals ``score(dosages).v``."""
        ...

    def cross_covariance(self, dosages: FloatArray, other: NullModel, other_dosages: FloatArray) -> FloatArray:
        """Φ between variants under this model and variants under `other` (same trait, another carrier set): ``(m, k)``.

        It comes from the people observed for both.
        """
        ...


@dataclass(frozen=True)
class VariantTests:
    """Single-variant results, arrays of length ``m`` in the order of the dosages given.

    ``beta`` is per copy of the effect allele: log hazard ratio, log odds ratio, points/month or trait units.
    ``status`` is ``"tested"`` or the reason a variant is untestable; untestable variants have NaN numbers.
    """

    beta: FloatArray
    standard_error: FloatArray
    p_value: FloatArray
    n: IntArray
    effect_allele_frequency: FloatArray
    mac: FloatArray  # copies of the rarer allele among the people tested
    n_carriers: IntArray  # people with at least half a copy of the rarer allele
    n_events: IntArray  # events (survival), cases (binary) or people (else) among the people tested
    n_imputed: IntArray
    effect_method: NDArray[np.str_]  # e.g. ols, score, wald, firth
    p_method: NDArray[np.str_]  # e.g. t, robust_t, score, saddlepoint, signed_root_lrt, firth_lrt, wald
    status: NDArray[np.str_] = field(default_factory=lambda: np.empty(0, dtype="<U1"))


TILE_BYTES = 1 << 24  # of genotypes as doubles


def test_in_tiles(test: Callable[[NDArray[np.number]], VariantTests], genotypes: NDArray[np.number]) -> VariantTests:
    """What `test` makes of ``(m, n)`` genotypes, as many variants at a time as memory for doubles allows."""
    size = max(1, TILE_BYTES // (8 * max(genotypes.shape[1], 1)))
    parts = [test(genotypes[start : start + size]) for start in range(0, max(len(genotypes), 1), size)]
    return VariantTests(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(VariantTests)))


test_in_tiles.__test__ = False  # type: ignore[attr-defined]  # the name is not that of a test


@dataclass(frozen=True)
class VariantTestOptions:
    """When a variant is tested, corrected and refitted. The floors look at genotypes and the null model, never at the
    outcome of carriers, so that they cannot bend the p-values of what they let through.
    """

    min_mac: float = 5.0  # copies of the rarer allele among the people observed; below: "mac < 5"
    min_expected_events: float = 2.0  # events (survival) or cases (binary) expected among carriers under the null
    min_z_correction: float = 2.0  # |z| above which the small-count correction of the trait's kind is made
    max_p_refit: float = 1e-4  # at or below: beta and its standard error from the full model, not from the score


def allow_for_estimation(p_value: FloatArray, variance_factor: float) -> FloatArray:
    """Two-sided p with its normal deviate divided by the root of `variance_factor`.

    The coefficients of a null model fit chance, too, which leaves the model's variance of a score too small by about
    (coefficients / people) for a binary and (coefficients / events) for a survival trait, and likelihood ratios as much
    too large. Least squares divides RSS by n - p for this reason. A genotype that has nothing to do with trait and
    covariates has the score variance ``s² Σ r²`` over its permutations, r the residuals of the null model and s² its own
    variance, where the model's V is ``s² trace`` in the mean, with the trace of what covariates leave of the information.
    `variance_factor` is the first over the second. Without it, 5.15 % of null tests in 500 people had p below 5 %
    (docs/calibration). The score statistic U²/V itself stays that of other software.
    """
    return special.erfc(special.erfcinv(p_value) / np.sqrt(variance_factor))
