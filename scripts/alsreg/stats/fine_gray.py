"""Fine–Gray regression of one cause of an event among others, with delayed entry and strata.

Somebody who had a competing event stays in the risk sets that follow, with the weight of still being observable:
``R(t) / R(t_i)``, ``R = G(t-) H(t-)``, G the Kaplan–Meier curve of censoring and H that of delayed entry in reversed time
(Geskus 2011, Biometrics 67:39). Because the weight is a ratio, sums over the weighted risk sets cost no more than plain ones.
Equal to `finegray` and `coxph(weights =, cluster =)` of R's survival.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from alsreg.errors import AnalysisError
from alsreg.stats.null import FloatArray, IntArray
from alsreg.stats.risk_sets import RiskSets, build_risk_sets

MAX_ITERATIONS = 60
DECREMENT = 1e-20  # Newton's decrement at which the fit is at rounding error
MAX_STANDARDISED_EFFECT = 25.0  # beyond, a covariate separates the events


@dataclass(frozen=True)
class SubdistributionFit:
    """Log subdistribution hazard ratios per unit of the covariates, ``(p,)``."""

    coefficients: FloatArray
    model_errors: FloatArray  # from the information
    standard_errors: FloatArray  # sandwich over people: the weights make the information too optimistic
    n_events: int
    n_competing: int

    def p_value(self, column: int = -1) -> float:
        """Two-sided Wald p of a covariate, with the sandwich error."""
        z = self.coefficients[column] / self.standard_errors[column]
        return float(special.erfc(abs(z) / np.sqrt(2.0)))


@dataclass(frozen=True)
class _WeightedSets:
    """Risk sets of the cause, to which people with a competing event return, weighted."""

    sets: RiskSets
    competing: IntArray  # (c,) positions of people with a competing event
    share: FloatArray  # (c,) 1 / R at their event
    remaining: FloatArray  # (k,) R at the event times of the cause
    end: IntArray  # (c,) one past the last event time of their stratum

    def sums(self, values: FloatArray) -> FloatArray:
        """Weighted sums ``(..., n)`` over everybody in each risk set: ``(..., k)``."""
        change = np.zeros((self.sets.n_times + 1, *values.shape[:-1]))
        back = np.moveaxis(values[..., self.competing] * self.share, -1, 0)
        np.add.at(change, self.sets.last[self.competing], back)
        np.add.at(change, self.end, -back)
        returned = np.moveaxis(np.cumsum(change, axis=0)[:-1], 0, -1)
        return self.sets.sums(values) + self.remaining * returned

    def cumulated(self, per_time: FloatArray) -> FloatArray:
        """Each person's weighted sum of ``(..., k)`` over the risk sets they are in: ``(..., n)``."""
        zero = np.zeros((*per_time.shape[:-1], 1))
        plain = np.concatenate([zero, np.cumsum(per_time, axis=-1)], axis=-1)
        weighted = np.concatenate([zero, np.cumsum(per_time * self.remaining, axis=-1)], axis=-1)
        out = plain[..., self.sets.last] - plain[..., self.sets.first]
        after = weighted[..., self.end] - weighted[..., self.sets.last[self.competing]]
        out[..., self.competing] += after * self.share
        return out


def fit_fine_gray(
    entry: FloatArray, exit: FloatArray, cause: IntArray, covariates: FloatArray, stratum: IntArray | None = None,
    ties: str = "efron",
) -> SubdistributionFit:  # fmt: skip
    """Fit covariates ``(n, p)`` to the subdistribution hazard of cause 1.

    Parameters
    ----------
    entry, exit
        ``(n,)``; at risk means ``entry < t <= exit``; ``-inf`` for observed from the start.
    cause
        ``(n,)`` 0 censored, 1 the cause, any other number a competing one.
    stratum
        ``(n,)`` labels; each has its own baseline and its own weights.

    Raises
    ------
    AnalysisError
        No event of the cause, weights that do not exist, or a covariate that separates the events.
    """
    weighted = _weigh(entry, exit, cause, stratum)
    scale = covariates.std(axis=0)
    if (scale == 0).any():
        raise AnalysisError("a covariate is constant among the people analysed")
    rows = ((covariates - covariates.mean(axis=0)) / scale).T
    beta = np.zeros(len(rows))
    terms = _evaluate(weighted, rows, beta, ties)
    is_converged = False
    for _ in range(MAX_ITERATIONS):
        score, information = _derivatives(weighted, rows, terms)
        try:
            step = np.linalg.solve(information, score)
        except np.linalg.LinAlgError:
            break
        # Where a covariate separates the events the likelihood levels off, yet the steps never get shorter.
        is_flat = bool(score @ step < DECREMENT * max(1.0, abs(terms.log_likelihood)))
        is_converged = is_flat and np.abs(step).max() < 1e-6
        beta, terms = _climb(weighted, rows, ties, (beta, terms), step)
        if is_flat or np.abs(beta).max() > MAX_STANDARDISED_EFFECT:
            break
    if not is_converged:
        raise AnalysisError("the effect is not finite: a covariate separates the events of this cause")
    information = _derivatives(weighted, rows, terms)[1]
    inverse = np.linalg.inv(information)
    residuals = _score_residuals(weighted, rows, terms)
    sandwich = inverse @ (residuals @ residuals.T) @ inverse
    return SubdistributionFit(
        coefficients=beta / scale,
        model_errors=np.sqrt(np.diag(inverse)) / scale,
        standard_errors=np.sqrt(np.diag(sandwich)) / scale,
        n_events=int(weighted.sets.is_event.sum()),
        n_competing=len(weighted.competing),
    )


def _weigh(entry: FloatArray, exit: FloatArray, cause: IntArray, stratum: IntArray | None) -> _WeightedSets:
    sets = build_risk_sets(entry, exit, cause == 1, stratum)
    competing = np.flatnonzero((cause != 0) & (cause != 1))
    share, end, remaining = np.ones(len(competing)), np.empty(len(competing), np.int64), np.empty(sets.n_times)
    for label in np.unique(sets.stratum):
        inside, at = np.flatnonzero(sets.stratum == label), np.flatnonzero(sets.time_stratum == label)
        observable = _Observable(entry[inside], exit[inside], cause[inside])
        remaining[at] = observable.at(sets.time[at])
        own = sets.stratum[competing] == label
        left = observable.at(exit[competing[own]])
        # Whoever competed in a stratum without later events of the cause never returns.
        is_needed = sets.last[competing[own]] < (at[-1] + 1 if len(at) else 0)
        if (left[is_needed] <= 0).any():
            when = exit[competing[own]][is_needed][left[is_needed] <= 0].max()
            raise AnalysisError(
                f"people who had a competing event by {when:g} cannot be weighted: at some later time everybody at risk "
                "has only just entered",
                remedy="look at the cause-specific hazards",
            )
        share[own] = 1.0 / np.where(left > 0, left, 1.0)
        end[own] = at[-1] + 1 if len(at) else 0
    is_returning = sets.last[competing] < end
    return _WeightedSets(sets, competing[is_returning], share[is_returning], remaining, end[is_returning])


class _Observable:
    """``R(t) = G(t-) H(t-)``: the chance of having entered by, and not been censored before, t."""

    def __init__(self, entry: FloatArray, exit: FloatArray, cause: IntArray) -> None:
        is_censored = cause == 0
        self.censoring, d = np.unique(exit[is_censored], return_counts=True)
        # Events at the time of a censoring come first: their people are no longer at risk of it.
        at_risk = np.array([np.sum((entry < t) & ((exit > t) | ((exit == t) & is_censored))) for t in self.censoring])
        self.g = np.concatenate([[1.0], np.cumprod(1.0 - d / np.maximum(at_risk, 1))])
        self.entries, self.h = np.empty(0), np.ones(1)
        if (entry > exit.min()).any():
            self.entries, d = np.unique(entry[np.isfinite(entry)], return_counts=True)
            at_risk = np.array([np.sum((entry <= s) & (s < exit)) for s in self.entries])
            self.h = np.concatenate([np.cumprod((1.0 - d / at_risk)[::-1])[::-1], [1.0]])

    def at(self, times: FloatArray) -> FloatArray:
        censored = self.g[np.searchsorted(self.censoring, times, side="left")]
        return censored * self.h[np.searchsorted(self.entries, times, side="left")]


@dataclass(frozen=True)
class _Terms:
    """One evaluation: relative risks, weighted sums, and what ties make of the denominators (see `Hazards`)."""

    log_likelihood: float
    risk: FloatArray
    sx: FloatArray  # (p, k)
    dx: FloatArray  # (p, k)
    mass: FloatArray
    event_mass: FloatArray
    q0: FloatArray
    q1: FloatArray
    q2: FloatArray


def _evaluate(weighted: _WeightedSets, rows: FloatArray, beta: FloatArray, ties: str) -> _Terms:
    sets = weighted.sets
    eta = beta @ rows
    risk = np.exp(eta)
    s0, d0 = weighted.sums(risk), sets.event_sums(risk)
    place = np.arange(int(sets.n_events.max()))
    is_there = place < sets.n_events[:, None]
    a = np.where(is_there, place / sets.n_events[:, None], 0.0) if ties == "efron" else np.zeros(is_there.shape)
    den = np.where(is_there, s0[:, None] - a * d0[:, None], 1.0)
    w, w2 = is_there / den, is_there / den**2
    likelihood = float(eta[sets.is_event].sum() - np.log(den).sum())
    return _Terms(
        likelihood, risk, weighted.sums(rows * risk), sets.event_sums(rows * risk), w.sum(axis=1),
        (w * (1 - a)).sum(axis=1), w2.sum(axis=1), (a * w2).sum(axis=1), (a * a * w2).sum(axis=1),
    )  # fmt: skip


def _derivatives(weighted: _WeightedSets, rows: FloatArray, terms: _Terms) -> tuple[FloatArray, FloatArray]:
    sets, tied = weighted.sets, terms.mass - terms.event_mass
    means = terms.mass * terms.sx - tied * terms.dx
    score = rows[:, sets.is_event].sum(axis=1) - means.sum(axis=1)
    products = rows[:, None, :] * rows[None, :, :] * terms.risk
    information = weighted.sums(products) @ terms.mass - sets.event_sums(products) @ tied
    cross = (terms.q1 * terms.sx) @ terms.dx.T
    information -= (terms.q0 * terms.sx) @ terms.sx.T - cross - cross.T + (terms.q2 * terms.dx) @ terms.dx.T
    return score, information


def _climb(
    weighted: _WeightedSets, rows: FloatArray, ties: str, current: tuple[FloatArray, _Terms], step: FloatArray
) -> tuple[FloatArray, _Terms]:
    beta, terms = current
    for _ in range(30):
        reached = _evaluate(weighted, rows, beta + step, ties)
        if reached.log_likelihood >= terms.log_likelihood - 1e-12 * abs(terms.log_likelihood):
            return beta + step, reached
        step = step / 2.0
    return current


def _score_residuals(weighted: _WeightedSets, rows: FloatArray, terms: _Terms) -> FloatArray:
    """Each person's share of the score, ``(p, n)`` (Lin & Wei 1989)."""
    sets, tied = weighted.sets, terms.mass - terms.event_mass
    drawn = terms.q0 * terms.sx - terms.q1 * terms.dx
    residuals = -terms.risk * (rows * weighted.cumulated(terms.mass) - weighted.cumulated(drawn))
    people = np.flatnonzero(sets.is_event)
    at = sets.last[people] - 1
    x, d = rows[:, people], sets.n_events[at]
    residuals[:, people] += x - (terms.mass[at] * terms.sx[:, at] - tied[at] * terms.dx[:, at]) / d
    # Of tied events, the l-th denominator holds only the share 1 - a_l of each.
    drawn_tied = terms.q1 * terms.sx - terms.q2 * terms.dx
    residuals[:, people] += terms.risk[people] * (x * tied[at] - drawn_tied[:, at])
    return residuals
