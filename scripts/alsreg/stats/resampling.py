"""Gene tests by resampling under the fitted null, a check beside analytic p-values.

- quantitative: residuals are permuted over people (Freedman & Lane 1983 J Bus Econ Stat 1:292);
- binary: cases are drawn with the fitted probabilities;
- survival: event times are drawn from the fitted hazard, given survival to each person's own entry. Who was censored keeps their
  time of censoring; who had the event gets one from the censoring of the others, given that it is later (Kaplan-Meier of
  time since entry to censoring). Scores are scaled to the number of events seen;
- longitudinal: predicted intercepts and slopes, inflated to the covariance of the fit, are permuted over people, whose
  visits stay where they are; errors of the visits are drawn as normal (after Carpenter 2003 J R Stat Soc C 52:431).

Covariate effects stay as fitted; genotypes are residualised on the covariates, so that fitting them anew would change
nothing to first order. People are taken to be unrelated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from alsreg.stats.cox import CoxNull
from alsreg.stats.dosages import centre_dosages
from alsreg.stats.linear import LinearNull
from alsreg.stats.logistic import LogisticNull
from alsreg.stats.mixed import MixedNull, square_roots
from alsreg.stats.null import FloatArray
from alsreg.stats.risk_sets import breslow_efron_hazards

BATCH = 200


Model = LinearNull | LogisticNull | CoxNull | MixedNull


@dataclass(frozen=True)
class Block:
    """Variants that share a null model: copies ``(m, n)``, NaN at the variant's mean."""

    model: Model
    copies: FloatArray


def resample(
    blocks: Sequence[Block], statistics: Callable[[FloatArray], FloatArray], n: int, rng: np.random.Generator
) -> FloatArray:
    """P-values of `statistics` among `n` resamples of the scores of all blocks of one trait, whose models may share people.

    Chance is drawn once per person and meets every model the person is in, so that scores of blocks move together as
    they do in the data.

    Parameters
    ----------
    statistics
        From scores ``(b, k)`` of all variants, in the blocks' order, to ``(b, t)``; large values are extreme.

    Returns
    -------
    ``(t,)``: ``(j + 1) / (n + 1)`` for j of n resamples at least as extreme, never below ``1 / (n + 1)``.
    """
    everybody = np.unique(np.concatenate([block.model.people for block in blocks]))
    places = [np.searchsorted(everybody, block.model.people) for block in blocks]
    rows = [_residualised(block.model, block.copies) for block in blocks]
    seen = np.concatenate([row @ _residuals(block.model) for row, block in zip(rows, blocks, strict=True)])
    limits = statistics(seen[None])[0]
    limits -= 1e-7 * np.abs(limits)  # what differs by rounding alone is as extreme
    simulators = [_simulator(block.model) for block in blocks]
    pool = _pool(blocks, places, len(everybody))
    beyond, made = np.zeros(len(limits)), 0
    while made < n:
        chance = _draw(blocks[0].model, pool, rng)
        drawn = [simulate(chance[:, :, at]) @ row.T for simulate, at, row in zip(simulators, places, rows, strict=True)]
        u = np.concatenate(drawn, axis=1)[: n - made]
        beyond += (statistics(u) >= limits).sum(axis=0)
        made += len(u)
    return (beyond + 1) / (made + 1)


def _residualised(model: Model, copies: FloatArray) -> FloatArray:
    """Genotypes whose product with the residuals is the score: ``(m, n)``, longitudinal ``(m, n d)``."""
    if isinstance(model, LinearNull):
        return model.whiten(copies) / np.sqrt(model.variance)
    if isinstance(model, LogisticNull):
        return model.whiten(copies) / np.sqrt(model.weight)
    if isinstance(model, MixedNull):
        return model.residualise(copies).reshape(len(copies), -1)
    return model.residualise(centre_dosages(copies).centred)


def _residuals(model: Model) -> FloatArray:
    if isinstance(model, MixedNull):
        return model.fit.scores.ravel()
    return model.y - model.mean if isinstance(model, LogisticNull) else model.residuals


def _pool(blocks: Sequence[Block], places: Sequence[NDArray[np.int64]], n: int) -> FloatArray:
    """What is permuted over people, ``(numbers per person, n)``: residuals of a quantitative trait in units of its
    model's error, predicted random effects of a longitudinal one made uncorrelated and of variance one; else nothing.
    """
    kinds = {LinearNull: 1, MixedNull: 2}
    pool = np.zeros((kinds.get(type(blocks[0].model), 0), n))
    for block, at in zip(blocks, places, strict=True):
        if isinstance(block.model, LinearNull):
            pool[0, at] = block.model.residuals / np.sqrt(block.model.variance)
        elif isinstance(block.model, MixedNull):
            pool[:, at] = _standardised(block.model.predict_random_effects()).T
    return pool


def _standardised(effects: FloatArray) -> FloatArray:
    """Columns ``(n, 2)`` made uncorrelated, of mean zero and variance one; a direction without variance stays zero."""
    centred = effects - effects.mean(axis=0)
    scale = np.sqrt(np.mean(centred**2, axis=0))  # intercepts and slopes have units of their own
    centred = np.divide(centred, scale, out=np.zeros_like(centred), where=scale > 0)
    values, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
    roots = np.divide(1.0, np.sqrt(values.clip(0)), out=np.zeros(2), where=values > 1e-9)
    return np.asarray(centred @ (vectors * roots) @ vectors.T)


def _draw(model: Model, pool: FloatArray, rng: np.random.Generator) -> FloatArray:
    """What chance brings each person, ``(BATCH, numbers per person, n)``."""
    n = pool.shape[1]
    if isinstance(model, LogisticNull):
        return rng.random((BATCH, 1, n))
    if isinstance(model, CoxNull):
        return np.stack([rng.exponential(size=(BATCH, n)), rng.random((BATCH, n))], axis=1)
    permuted = np.stack([pool[:, rng.permutation(n)] for _ in range(BATCH)])
    if isinstance(model, LinearNull):
        return permuted
    return np.concatenate([permuted, rng.standard_normal((BATCH, model.sums.zz.shape[1], n))], axis=1)


def _simulator(model: Model) -> Callable[[FloatArray], FloatArray]:
    """Residuals ``(b, n)`` (longitudinal: ``(b, n d)``) of the people of a model from what chance brings them."""
    if isinstance(model, LinearNull):
        return lambda chance: chance[:, 0] * np.sqrt(model.variance)
    if isinstance(model, LogisticNull):
        return lambda chance: (chance[:, 0] < model.mean) - model.mean
    return _Longitudinal(model) if isinstance(model, MixedNull) else _Survival(model)


class _Longitudinal:
    """``Z'V⁻¹(Z b + e) = H (Z'Z b + Z'e)`` with ``H = (σ² I + Z'Z D)⁻¹``, D bordered with zeros."""

    def __init__(self, model: MixedNull) -> None:
        zz, fit = model.sums.zz, model.fit
        d = zz.shape[1]
        bordered = np.zeros((d, d))
        bordered[:2, :2] = fit.random
        inverse = np.linalg.inv(fit.residual * np.eye(d) + zz @ bordered)
        values, vectors = np.linalg.eigh(fit.random)
        effects = (vectors * np.sqrt(values.clip(0))) @ vectors.T
        self.of_effects = inverse @ zz[:, :, :2] @ effects  # (n, d, 2)
        self.of_errors = inverse @ square_roots(zz) * np.sqrt(fit.residual)  # (n, d, d)

    def __call__(self, chance: FloatArray) -> FloatArray:
        drawn = np.einsum("nij,bjn->bni", self.of_effects, chance[:, :2], optimize=True)
        drawn += np.einsum("nij,bjn->bni", self.of_errors, chance[:, 2:], optimize=True)
        return drawn.reshape(len(drawn), -1)


class _Survival:
    """Martingale residuals under drawn times."""

    def __init__(self, model: CoxNull) -> None:
        sets, hazards = model.fit.sets, model.fit.hazards
        self.model, self.censoring = model, _Censoring(model)
        self.eta, self.cumulated = np.log(hazards.risk), np.concatenate([[0.0], np.cumsum(hazards.mass)])
        self.end = _ends_of_strata(sets.stratum, sets.time_stratum)

    def __call__(self, chance: FloatArray) -> FloatArray:
        return np.array([self._residuals(*row) for row in chance])

    def _residuals(self, exponential: FloatArray, share: FloatArray) -> FloatArray:
        model, sets = self.model, self.model.fit.sets
        last = np.where(sets.is_event, self.censoring.times_for(share), sets.last)
        target = self.cumulated[sets.first] + exponential / model.fit.hazards.risk
        # The event time whose hazard reaches the target.
        at = np.searchsorted(self.cumulated, target, side="left") - 1
        at = np.where(at < self.end, at, len(sets.time))
        has_event = at < last
        drawn = replace(
            sets, last=np.where(has_event, at + 1, last), is_event=has_event,
            n_events=np.bincount(at[has_event], minlength=len(sets.time)),
        )  # fmt: skip
        expected = breslow_efron_hazards(drawn, self.eta, model.fit.ties).expected
        return (has_event - expected) * np.sqrt(model.n_events / max(has_event.sum(), 1))


def _ends_of_strata(stratum: NDArray[np.int64], time_stratum: NDArray[np.int64]) -> NDArray[np.int64]:
    """One past the last event time of each person's stratum, ``(n,)``."""
    return np.searchsorted(time_stratum, stratum, side="right")


class _Censoring:
    """Times of censoring for those whose own was not seen: one past the last event time at risk, ``(n,)``."""

    def __init__(self, model: CoxNull) -> None:
        sets = self.sets = model.fit.sets
        start = np.where(np.isfinite(sets.entry), sets.entry, 0.0)
        follow_up = sets.exit - start
        self.start, self.own = start, follow_up
        self.times = np.unique(follow_up[~sets.is_event])
        at_risk = len(follow_up) - np.searchsorted(np.sort(follow_up), self.times, side="left")
        # At the same time events come first: those censored then were still at risk.
        ended = np.array([np.sum((follow_up == t) & sets.is_event) for t in self.times])
        leaving = np.array([np.sum((follow_up == t) & ~sets.is_event) for t in self.times])
        self.survival = np.cumprod(1 - leaving / np.maximum(at_risk - ended, 1))
        before = np.searchsorted(self.times, follow_up, side="right") - 1
        self.beyond = np.where(before >= 0, np.append(self.survival, 1.0)[before], 1.0)

    def times_for(self, share: FloatArray) -> NDArray[np.int64]:
        """Later than each person's own time, where the curve has fallen to a `share` of what it is then; nobody leaves
        where the censored tell of no later time."""
        index = np.searchsorted(-self.survival, -share * self.beyond, side="left")
        follow_up = np.append(self.times, np.inf)[index] if len(self.times) else np.full(len(self.own), np.inf)
        exit = self.start + np.maximum(follow_up, self.own)
        last = np.empty(len(exit), dtype=np.int64)
        for label in np.unique(self.sets.stratum):
            inside, low = self.sets.stratum == label, int(np.searchsorted(self.sets.time_stratum, label))
            times = self.sets.time[self.sets.time_stratum == label]
            last[inside] = low + np.searchsorted(times, exit[inside], side="right")
        return last
