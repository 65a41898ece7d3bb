"""Effects of independent studies joined: inverse variance, fixed and random, and sample size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from alsreg.stats.cox_tests import two_sided
from alsreg.stats.null import FloatArray


@dataclass(frozen=True)
class Joined:
    """Arrays ``(m,)``, one entry per variant; heterogeneity and random effects are NaN with one study."""

    n_studies: NDArray[np.int64]
    beta: FloatArray
    standard_error: FloatArray
    p_value: FloatArray
    q: FloatArray  # Cochran's Q
    q_p: FloatArray
    i2: FloatArray  # share of the spread beyond chance (Higgins & Thompson 2002)
    tau2: FloatArray  # variance between studies (DerSimonian & Laird 1986)
    beta_random: FloatArray
    standard_error_random: FloatArray
    p_random: FloatArray


def join_effects(beta: ArrayLike, standard_error: ArrayLike) -> Joined:
    """Inverse-variance mean of effects ``(k, m)`` of k independent studies; NaN where a study lacks the variant.

    Fixed: ``Σ w b / Σ w`` with ``w = 1/se²``. Random effects weigh by ``1 / (se² + τ²)`` with the moment estimate
    ``τ² = max(0, (Q - (k - 1)) / (Σ w - Σ w² / Σ w))`` [DerSimonian & Laird 1986, Control Clin Trials 7:177].
    """
    b, e = np.asarray(beta, dtype=np.float64), np.asarray(standard_error, dtype=np.float64)
    present = ~np.isnan(b) & ~np.isnan(e)
    w, b = np.where(present, 1.0 / np.where(present, e, 1.0) ** 2, 0.0), np.where(present, b, 0.0)
    k, total = present.sum(axis=0), w.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, error = (w * b).sum(axis=0) / total, 1.0 / np.sqrt(total)
        q = (w * (b - mean) ** 2).sum(axis=0)
        tau2 = np.maximum(0.0, (q - (k - 1)) / (total - (w**2).sum(axis=0) / total))
        random = np.where(present, 1.0 / (1.0 / np.where(present, w, 1.0) + tau2), 0.0)
        mean_random, error_random = (random * b).sum(axis=0) / random.sum(axis=0), 1.0 / np.sqrt(random.sum(axis=0))
        i2 = np.where(q > 0, np.maximum(0.0, 1.0 - (k - 1) / q), 0.0)
    alone = k < 2

    def several(values: FloatArray) -> FloatArray:
        return np.where(alone, np.nan, values)

    return Joined(
        k, mean, error, two_sided(mean / error), several(q), several(special.chdtrc(np.maximum(k - 1, 1), q)), several(i2), several(tau2),
        several(mean_random), several(error_random), several(two_sided(mean_random / error_random)),
    )  # fmt: skip


def signed_z(beta: ArrayLike, p_value: ArrayLike, standard_error: ArrayLike) -> FloatArray:
    """z of the reported two-sided p, with the sign of the effect; of the Wald test where p is below the smallest double."""
    b, p, e = (np.asarray(values, dtype=np.float64) for values in (beta, p_value, standard_error))
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where(
            p > np.finfo(float).tiny, -special.ndtri(np.maximum(p, np.finfo(float).tiny) / 2.0), np.abs(b / e)
        )
    return np.sign(b) * size


def join_z(z: ArrayLike, n_effective: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """z ``(m,)`` of Stouffer's method with weights √n from z and n ``(k, m)``, NaN where absent, and its two-sided p.

    METAL's scheme based on sample size [Willer 2010, Bioinformatics 26:2190].
    """
    z, n = np.asarray(z, dtype=np.float64), np.asarray(n_effective, dtype=np.float64)
    present = ~np.isnan(z) & ~np.isnan(n)
    weight = np.sqrt(np.where(present, n, 0.0))
    with np.errstate(invalid="ignore"):
        joined = (weight * np.where(present, z, 0.0)).sum(axis=0) / np.sqrt((weight**2).sum(axis=0))
    return joined, two_sided(joined)


def one_sided_p(z: ArrayLike, sign: ArrayLike) -> FloatArray:
    """p of an effect in the expected direction, `sign` +1 or -1."""
    return np.asarray(special.ndtr(-np.asarray(z, dtype=np.float64) * np.asarray(sign, dtype=np.float64)))
