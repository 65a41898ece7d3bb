"""The statistics of all gene tests at many vectors of scores, for resampling.

Each is larger where the test's own p is smaller, so that ranks among resamples are those of p. What depends on Φ alone (weights,
spectra) is computed once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from alsreg.stats.gene_tests import RHO_GRID, cauchy_p, cauchy_statistics, mixture_spectra, score_p
from alsreg.stats.null import FloatArray
from alsreg.stats.quadratic_form import SMALLEST_P, upper_tails

TESTS = ("burden", "skat", "skat_o", "acat_v", "acat_o")


class SetStatistics:
    """Statistics of `TESTS` for ``k`` variants with covariance Φ.

    Parameters
    ----------
    phi
        ``(k, k)``, positive semidefinite.
    weights
        ``(k,)`` choices of weights: all tests use the first, ACAT-O joins burden, SKAT and ACAT-V under each.
    frequency
        ``(k,)`` of the rarer allele, for the shares of ACAT-V.
    """

    def __init__(self, phi: FloatArray, weights: Sequence[FloatArray], frequency: FloatArray) -> None:
        self._variance, self._weights = np.diag(phi), weights
        self._covariances = [phi * np.outer(w, w) for w in weights]
        self._spectra = [np.linalg.eigvalsh(covariance) for covariance in self._covariances]
        self._shares = [w**2 * frequency * (1 - frequency) for w in weights]
        self._rho = np.array([rho for rho in RHO_GRID if rho < 1])
        self._mixtures = mixture_spectra(self._covariances[0], self._rho)

    def __call__(self, u: FloatArray) -> FloatArray:
        """``(b, 5)`` statistics of ``(b, k)`` scores."""
        parts = [self._parts(u, choice) for choice in range(len(self._weights))]
        joined = np.column_stack([p for _, _, *members in parts for p in members])
        total, squares, burden_p, _, acat_p = parts[0]
        mixed = [
            self._tails((1 - rho) * squares + rho * total**2, spectrum)
            for rho, spectrum in zip(self._rho, self._mixtures, strict=True)
        ]
        smallest = np.min([burden_p, *mixed], axis=0)
        return np.column_stack([
            np.abs(total), squares, -np.log(smallest), -np.log(acat_p), cauchy_statistics(joined, np.ones(joined.shape[1])),
        ])  # fmt: skip

    def _parts(self, u: FloatArray, choice: int) -> tuple[FloatArray, ...]:
        """Weighted sum, sum of weighted squares, and the p-values of burden, SKAT and ACAT-V: each ``(b,)``."""
        scores = u * self._weights[choice]
        total, squares = scores.sum(axis=1), (scores**2).sum(axis=1)
        burden_p = np.maximum(score_p(total, self._covariances[choice].sum()), SMALLEST_P)
        alone = np.maximum(score_p(u, self._variance), SMALLEST_P)
        acat_p = cauchy_p(cauchy_statistics(alone, self._shares[choice]))
        return total, squares, burden_p, self._tails(squares, self._spectra[choice]), acat_p

    @staticmethod
    def _tails(q: FloatArray, spectrum: FloatArray) -> FloatArray:
        return np.maximum(upper_tails(q, spectrum, np.zeros_like(spectrum), np.ones_like(q)), SMALLEST_P)
