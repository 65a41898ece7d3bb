"""Cox regression by Firth's penalised partial likelihood: finite effects where carriers are few or separate the events.

Source: Heinze & Schemper 2001 (Biometrics 57:114). The penalty is ``½ log |I|`` with the observed information of all covariates;
the likelihood ratio holds the tested coefficient at zero but keeps its column in the penalty, as R's `coxphf` does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from alsreg.errors import AnalysisError
from alsreg.stats.cox_tests import two_sided
from alsreg.stats.null import FloatArray, Refit
from alsreg.stats.risk_sets import RiskSets, breslow_efron_hazards, information, keep_genotyped

MAX_ITERATIONS = 200
# Promise of the next step in penalised log-likelihood (twice) at which a fit is at the rounding of its numerical gradient.
DECREMENT = 1e-13
DIFFERENCE = 1e-4  # of a standardised effect, for the gradient of the penalty


@dataclass(frozen=True)
class _Problem:
    """Standardised covariates ``(p, n)`` on risk sets; coefficients at `free` move, the others stay at zero."""

    sets: RiskSets
    rows: FloatArray
    ties: str

    def information(self, beta: FloatArray) -> FloatArray:
        hazards = breslow_efron_hazards(self.sets, beta @ self.rows, self.ties)
        return information(self.sets, hazards, self.rows, self.rows)

    def half_log_determinant(self, beta: FloatArray) -> float:
        sign, logarithm = np.linalg.slogdet(self.information(beta))
        return 0.5 * logarithm if sign > 0 else -np.inf

    def likelihood(self, beta: FloatArray) -> float:
        """Penalised."""
        eta = beta @ self.rows
        hazards = breslow_efron_hazards(self.sets, eta, self.ties)
        return float(eta[self.sets.is_event].sum()) - hazards.log_denominator + self.half_log_determinant(beta)

    def gradient(self, beta: FloatArray, free: FloatArray) -> FloatArray:
        """Of the penalised likelihood at the `free` places; the penalty's by central differences (error of order 1e-8)."""
        hazards = breslow_efron_hazards(self.sets, beta @ self.rows, self.ties)
        score = self.rows @ (self.sets.is_event - hazards.expected)
        steps = DIFFERENCE * np.eye(len(beta))[free]
        penalty = [
            (self.half_log_determinant(beta + step) - self.half_log_determinant(beta - step)) / (2 * DIFFERENCE)
            for step in steps
        ]
        return score[free] + np.array(penalty)

    def maximise(self, free: FloatArray, start: FloatArray) -> tuple[FloatArray, float]:
        """Coefficients ``(p,)`` and penalised log-likelihood, by Newton's method with step halving."""
        beta = np.where(np.isin(np.arange(len(start)), free), start, 0.0)
        reached = self.likelihood(beta)
        for _ in range(MAX_ITERATIONS):
            if not len(free):
                return beta, reached
            gradient = self.gradient(beta, free)
            step = np.zeros(len(beta))
            step[free] = np.linalg.solve(self.information(beta)[np.ix_(free, free)], gradient)
            if gradient @ step[free] < DECREMENT * max(1.0, abs(reached)):
                return beta, reached
            size = np.minimum(1.0, 2.0 / np.abs(step).max())
            while (proposed := self.likelihood(beta + size * step)) < reached - 1e-12 * abs(reached) and size > 1e-8:
                size /= 2.0
            beta, reached = beta + size * step, proposed
        raise AnalysisError("the penalised survival model does not converge", remedy="drop covariates with rare levels")


def refit_firth(sets: RiskSets, covariates: FloatArray, dosage: FloatArray, ties: str) -> Refit:
    """Effect of a genotype ``(n,)`` given covariates ``(n, p)``; people without the genotype (NaN) take no part.

    Raises
    ------
    AnalysisError
        The genotype does not vary, nobody has the event, or the fit does not converge.
    """
    typed, sets = keep_genotyped(sets, dosage)
    matrix = np.column_stack([covariates[typed], dosage[typed]])
    matrix = matrix[:, np.ptp(matrix, axis=0) > 0]  # a level that only people without the genotype had
    scale = matrix.std(axis=0)
    problem = _Problem(sets, ((matrix - matrix.mean(axis=0)) / scale).T, ties)
    k = matrix.shape[1] - 1
    without, null = problem.maximise(np.arange(k), np.zeros(k + 1))
    beta, full = problem.maximise(np.arange(k + 1), without)
    error = float(np.sqrt(np.linalg.inv(problem.information(beta))[k, k]) / scale[k])
    effect = float(beta[k] / scale[k])
    p_lrt = float(special.chdtrc(1, max(2.0 * (full - null), 0.0)))
    return Refit(effect, error, float(two_sided(np.array(effect / error))), p_lrt, len(typed), "cox_firth")
