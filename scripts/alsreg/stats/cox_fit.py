"""Maximum of the Cox partial likelihood over covariates, with delayed entry, ties and strata."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alsreg.stats.null import FloatArray
from alsreg.stats.risk_sets import Hazards, RiskSets, breslow_efron_hazards, information

MAX_ITERATIONS = 60
# Newton's decrement U'I⁻¹U at which the fit is at rounding error: it falls quadratically, so the step after is below 1e-12.
DECREMENT = 1e-20
# A standardised effect this large in a model without the variant means a covariate that separates events.
MAX_STANDARDISED_EFFECT = 25.0


@dataclass(frozen=True)
class CoxFit:
    """A maximised partial likelihood; `covariates` ``(p, n)`` are the standardised rows it was fitted on."""

    sets: RiskSets
    ties: str
    covariates: FloatArray  # (p, n) each with mean 0 and standard deviation 1
    scale: FloatArray  # (p,) standard deviations taken out
    standardised: FloatArray  # (p,) effects per standard deviation
    log_likelihood: float
    hazards: Hazards
    is_converged: bool

    @property
    def coefficients(self) -> FloatArray:
        """Log hazard ratios per unit of the covariates as given, ``(p,)``."""
        return self.standardised / self.scale

    @property
    def information(self) -> FloatArray:
        """Observed information of the standardised effects, ``(p, p)``."""
        return information(self.sets, self.hazards, self.covariates, self.covariates)

    @property
    def standard_errors(self) -> FloatArray:
        """Model-based standard errors of `coefficients`, ``(p,)``."""
        return np.sqrt(np.diag(np.linalg.inv(self.information))) / self.scale


def fit_cox(sets: RiskSets, covariates: FloatArray, ties: str, start: FloatArray | None = None) -> CoxFit:
    """Maximise the partial likelihood over covariates ``(n, p)`` by Newton's method with step halving.

    `start` are effects on the covariates' own scale. The fit may fail to converge when the likelihood has no maximum
    (separation): see ``is_converged``.
    """
    centred = (covariates - covariates.mean(axis=0)).T
    scale = centred.std(axis=1)
    rows = centred / scale[:, None]
    beta = np.zeros(len(rows)) if start is None else start * scale
    hazards, likelihood = _evaluate(sets, rows, beta, ties)
    is_converged = len(rows) == 0
    for _ in range(MAX_ITERATIONS if len(rows) else 0):
        score = rows @ (sets.is_event - hazards.expected)
        try:
            step = np.linalg.solve(information(sets, hazards, rows, rows), score)
        except np.linalg.LinAlgError:
            break
        is_flat = bool(score @ step < DECREMENT * max(1.0, abs(likelihood)))
        # Where covariates separate the events the likelihood levels off, yet the steps never get shorter.
        is_converged = is_flat and np.abs(step).max() < 1e-6
        beta, hazards, likelihood = _climb(sets, rows, ties, (beta, hazards, likelihood), step)
        if is_flat or np.abs(beta).max() > MAX_STANDARDISED_EFFECT:
            break
    return CoxFit(sets, ties, rows, scale, beta, likelihood, hazards, is_converged)


def _evaluate(sets: RiskSets, rows: FloatArray, beta: FloatArray, ties: str) -> tuple[Hazards, float]:
    eta = beta @ rows
    hazards = breslow_efron_hazards(sets, eta, ties)
    return hazards, float(eta[sets.is_event].sum()) - hazards.log_denominator


def _climb(
    sets: RiskSets, rows: FloatArray, ties: str, current: tuple[FloatArray, Hazards, float], step: FloatArray
) -> tuple[FloatArray, Hazards, float]:
    """Take the step, halved until the likelihood does not fall by more than rounding."""
    beta, _, likelihood = current
    for _ in range(30):
        hazards, reached = _evaluate(sets, rows, beta + step, ties)
        if reached >= likelihood - 1e-12 * abs(likelihood):
            return beta + step, hazards, reached
        step = step / 2.0
    return current
