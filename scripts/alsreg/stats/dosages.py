"""Blocks of dosages: counts and centring in one pass."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from alsreg.errors import AnalysisError
from alsreg.stats.complete_case import Counts
from alsreg.stats.genotype_sums import GenotypeSums
from alsreg.stats.null import FloatArray, IntArray, VariantTestOptions, VariantTests


@dataclass(frozen=True)
class DosageBlock:
    """Dosages of ``m`` variants in ``n`` people, centred on each variant's mean; missing ones are 0."""

    centred: FloatArray  # (m, n)
    mean: FloatArray  # (m,) NaN where nobody has a genotype
    mac: FloatArray  # (m,) copies of the rarer allele among typed people; whole for hard calls
    sum_of_squares: FloatArray  # (m,) of `centred`
    n_typed: IntArray  # (m,)
    n_carriers: IntArray  # (m,) people with at least half a copy of the rarer allele
    is_constant: NDArray[np.bool_]  # (m,) all typed people have the same dosage

    @property
    def n_missing(self) -> IntArray:
        return self.centred.shape[1] - self.n_typed

    @property
    def frequency(self) -> FloatArray:
        """Effect allele frequency among typed people."""
        return self.mean / 2.0


def centre_dosages(dosages: NDArray[np.floating]) -> DosageBlock:
    """Count and centre ``(m, n)`` dosages (float32 or float64, NaN = missing)."""
    dosages = np.ascontiguousarray(np.atleast_2d(dosages))
    if dosages.dtype not in (np.float32, np.float64):
        dosages = dosages.astype(np.float64)
    return DosageBlock(*_centre(dosages))


@numba.njit(cache=True, nogil=True)
def _centre(dosages):  # type: ignore[no-untyped-def]
    m, n = dosages.shape
    centred = np.empty((m, n))
    mean, mac, squares = np.empty(m), np.empty(m), np.empty(m)
    n_typed, n_carriers = np.empty(m, np.int64), np.empty(m, np.int64)
    is_constant = np.empty(m, np.bool_)
    for j in range(m):
        count, total, has_effect, has_other = 0, 0.0, 0, 0
        lowest, highest = np.inf, -np.inf
        for i in range(n):
            g = np.float64(dosages[j, i])
            if g == g:
                count += 1
                total += g
                has_effect += g >= 0.5
                has_other += g <= 1.5
                lowest = min(lowest, g)
                highest = max(highest, g)
        mu = total / count if count else np.nan
        square = 0.0
        for i in range(n):
            g = np.float64(dosages[j, i])
            d = g - mu if g == g else 0.0
            centred[j, i] = d
            square += d * d
        mean[j], mac[j], squares[j], n_typed[j] = mu, min(total, 2.0 * count - total), square, count
        n_carriers[j] = has_effect if mu <= 1.0 else has_other
        is_constant[j] = not lowest < highest
    return centred, mean, mac, squares, n_typed, n_carriers, is_constant


def screen(
    block: DosageBlock | GenotypeSums | Counts, residual_share: FloatArray, options: VariantTestOptions
) -> NDArray[np.str_]:
    """Status of every variant: ``"tested"`` or why not.

    `residual_share` is the share of each variant's (weighted) sum of squares that the covariates leave over.
    """
    reasons = [
        (block.n_typed == 0, "no genotypes"),
        (block.is_constant, "monomorphic"),
        (block.mac < options.min_mac, f"mac < {options.min_mac:g}"),
        (~(residual_share > MIN_RESIDUAL_SHARE), "covariates leave no information on the effect"),
    ]
    return np.select([condition for condition, _ in reasons], [text for _, text in reasons], "tested")


def refuse_untestable(status: str) -> None:
    """Raise unless a variant's status is ``"tested"``."""
    if status != "tested":
        raise AnalysisError(f"the variant cannot be refitted: {status}")


# Below this share of a genotype's variance left over by the covariates, the rest is rounding.
MIN_RESIDUAL_SHARE = 1e-9


def assemble_tests(
    block: DosageBlock | GenotypeSums | Counts,
    status: NDArray[np.str_],
    numbers: dict[str, FloatArray],
    labels: dict[str, NDArray[np.str_]],
    counts: dict[str, IntArray],
) -> VariantTests:
    """Put a block's results together, NaN and empty labels where a variant is untestable.

    `numbers` holds beta, standard_error and p_value; `labels` effect_method and p_method; `counts` n,
    n_events, n_imputed.
    """
    is_tested = status == "tested"
    return VariantTests(
        **{name: np.where(is_tested, values, np.nan) for name, values in numbers.items()},
        **{name: np.where(is_tested, values, "") for name, values in labels.items()},
        **counts,
        effect_allele_frequency=block.frequency,
        mac=block.mac,
        n_carriers=block.n_carriers,
        status=status,
    )
