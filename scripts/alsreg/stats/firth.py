"""Logistic regression by maximum likelihood and by Firth's penalised likelihood.

Source: Firth 1993 (Biometrika 80:27); Heinze & Schemper 2002 (Stat Med 21:2409). The likelihood ratio holds
the tested coefficient at zero but keeps its column in the penalty ``½ log |X'WX|``, as R's `logistf` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy  # its parts are loaded where they are first used: half a second that most commands save
from scipy import special

from alsreg.stats.null import FloatArray

MAX_ITERATIONS = 200
# Newton decrement per person below which a fit has converged: the next step moves no estimate by 1e-7 of its
# error.
CONVERGED = 1e-16
# A step that still moves a linear predictor by this much goes to infinity: a covariate separates the groups.
MAX_LAST_STEP = 1e-3
# Rounding may end its steps, too: nothing is then left of the information on it. Share of that of even odds.
MIN_INFORMATION = 1e-12


@dataclass(frozen=True)
class LogisticFit:
    """One fit: coefficients ``(k,)``, inverse Fisher information ``(k, k)``, (penalised) likelihood."""

    beta: FloatArray
    covariance: FloatArray
    mean: FloatArray  # (n,) fitted probabilities
    loglik: float
    is_converged: bool  # False under separation when not penalised


class _Point(NamedTuple):
    loglik: float
    mean: FloatArray
    weight: FloatArray  # mean (1 - mean), without cancellation
    factor: FloatArray | None  # lower Cholesky; None if the information is singular


def fit_logistic(
    x: FloatArray,
    y: FloatArray,
    *,
    start: FloatArray | None = None,
    is_penalised: bool = False,
    n_fixed: int = 0,
) -> LogisticFit:
    """Fit ``y (n,)`` in {0, 1} on ``x (n, k)`` by Fisher scoring with step-halving.

    The first `n_fixed` coefficients stay at zero while their columns count in the penalty.
    """
    beta = np.zeros(x.shape[1]) if start is None else np.array(start, dtype=np.float64)
    point, is_converged = _evaluate(x, y, beta, is_penalised), False
    for _ in range(MAX_ITERATIONS):
        try:
            step, decrement = _scoring_step(x, y, point, is_penalised, n_fixed)
        except np.linalg.LinAlgError:  # separation, driven until the weights vanish
            break
        size, proposal = 1.0, _evaluate(x, y, beta + step, is_penalised)
        while not proposal.loglik >= point.loglik - 1e-11 * abs(point.loglik) and size > 1e-8:
            size /= 2.0
            proposal = _evaluate(x, y, beta + size * step, is_penalised)
        if proposal.factor is None:
            break
        beta, point = beta + size * step, proposal
        is_converged = bool(decrement < CONVERGED * len(y) and np.abs(x @ step).max() < MAX_LAST_STEP)
        if is_converged:
            break
    inverse = scipy.linalg.cho_solve((point.factor, True), np.eye(len(beta)))
    at_even_odds = 4.0 * np.diag(np.linalg.inv(x.T @ x))
    is_converged &= bool((at_even_odds > MIN_INFORMATION * np.diag(inverse)).all())
    return LogisticFit(beta, inverse, point.mean, point.loglik, is_converged)


def _evaluate(x: FloatArray, y: FloatArray, beta: FloatArray, is_penalised: bool) -> _Point:
    eta = x @ beta
    mean = special.expit(eta)
    weight = mean * special.expit(-eta)
    loglik = float(np.sum(special.log_expit(np.where(y > 0.5, eta, -eta))))
    information = (x * weight[:, None]).T @ x
    try:
        factor = np.linalg.cholesky(information)
    except np.linalg.LinAlgError:
        return _Point(-np.inf, mean, weight, None)
    if is_penalised:
        loglik += float(np.log(np.diag(factor)).sum())
    return _Point(loglik, mean, weight, factor)


def _scoring_step(
    x: FloatArray, y: FloatArray, point: _Point, is_penalised: bool, n_fixed: int
) -> tuple[FloatArray, float]:
    """The step of the free coefficients, and what it promises in log-likelihood (twice)."""
    residual, weight = y - point.mean, point.weight
    if is_penalised:
        leverage = weight * np.sum(scipy.linalg.solve_triangular(point.factor, x.T, lower=True) ** 2, axis=0)
        residual = residual + leverage * (0.5 - point.mean)
        # The penalty's own curvature, leverages held: without it the steps of very rare variants overshoot
        # twofold.
        weight = weight * (1.0 + leverage)
    free = x[:, n_fixed:]
    score = free.T @ residual
    step = np.zeros(x.shape[1])
    step[n_fixed:] = np.linalg.solve((free * weight[:, None]).T @ free, score)
    return step, float(score @ step[n_fixed:])
