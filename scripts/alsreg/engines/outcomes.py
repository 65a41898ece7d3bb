"""What two groups are compared in: each outcome gives a contrast as a function of weights, with its derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from alsreg.errors import AnalysisError
from alsreg.stats.null import FloatArray, IntArray
from alsreg.stats.propensity import effective_n
from alsreg.stats.risk_sets import build_risk_sets
from alsreg.stats.weighted_cox import fit_weighted_cox
from alsreg.stats.weighted_slopes import SlopeModel
from alsreg.stats.weighted_survival import WeightedCurve, weighted_curve


@dataclass(frozen=True)
class Contrast:
    """Treated minus control (log hazard ratio: treated over control) in the people given."""

    value: float
    derivative: FloatArray  # (n,) in the weight of each
    treated: float = np.nan  # what the difference is of
    control: float = np.nan
    beside: FloatArray | float = (
        0.0  # (n,) influence of each that does not pass through the weights, of a model fitted on the way
    )


# People (positions) and their weights to a contrast.
Outcome = Callable[[IntArray, FloatArray], Contrast]


@dataclass(frozen=True)
class FollowUp:
    """Times of ``n`` people, one unit; at risk means ``entry < t <= exit``."""

    entry: FloatArray
    exit: FloatArray
    is_event: NDArray[np.bool_]
    is_treated: NDArray[np.bool_]

    def shifted(self, months: FloatArray) -> FollowUp:
        """The same on a clock that was at `months` when this one stood at 0: entry at time zero or later."""
        return FollowUp(self.entry + months, self.exit + months, self.is_event, self.is_treated)

    def log_hazard_ratio(self, people: IntArray, weights: FloatArray) -> Contrast:
        """Of treatment, from a weighted Cox model without covariates."""
        sets = build_risk_sets(self.entry[people], self.exit[people], self.is_event[people])
        fit = fit_weighted_cox(sets, self.is_treated[people, None].astype(float), weights)
        return Contrast(float(fit.coefficients[0]), fit.derivative[:, 0])

    def curve(self, people: IntArray, weights: FloatArray, *, treated: bool) -> tuple[WeightedCurve, IntArray]:
        """Weighted Kaplan–Meier curve of a group, and where its people stand among `people`."""
        inside = np.flatnonzero(self.is_treated[people] == treated)
        group = people[inside]
        return weighted_curve(self.entry[group], self.exit[group], self.is_event[group], weights[inside]), inside

    def restricted_mean(self, tau: float) -> Outcome:
        """Difference in months free of the event up to `tau`."""

        def difference(people: IntArray, weights: FloatArray) -> Contrast:
            derivative, means = np.zeros(len(people)), []
            for treated, sign in ((True, 1.0), (False, -1.0)):
                last = self.exit[people][self.is_treated[people] == treated].max()
                if last < tau:
                    name = "treated" if treated else "controls"
                    raise AnalysisError(f"follow-up of the {name} ends at {last:.1f} months, before {tau:g}")
                curve, inside = self.curve(people, weights, treated=treated)
                mean, own = curve.restricted_mean(tau)
                means.append(mean)
                derivative[inside] = sign * own
            return Contrast(means[0] - means[1], derivative, *means)

        return difference


def decline(model: SlopeModel) -> Outcome:
    """Difference in slope of the ALSFRS-R, points per unit of time."""

    def difference(people: IntArray, weights: FloatArray) -> Contrast:
        part = SlopeModel(model.precision[people], model.response[people], model.is_treated[people])
        treated, control, derivative = part.slopes(weights)
        return Contrast(treated - control, derivative, treated, control)

    return difference


def mean_difference(values: FloatArray, is_treated: NDArray[np.bool_]) -> Outcome:
    """Difference in the weighted mean of ``(n,)`` values."""

    def difference(people: IntArray, weights: FloatArray) -> Contrast:
        derivative, means = np.zeros(len(people)), []
        for treated, sign in ((True, 1.0), (False, -1.0)):
            inside = np.flatnonzero(is_treated[people] == treated)
            known, w = values[people[inside]], weights[inside]
            mean = float(np.average(known, weights=w))
            means.append(mean)
            derivative[inside] = sign * (known - mean) / w.sum()
        return Contrast(means[0] - means[1], derivative, *means)

    return difference


def among_known(outcome: Outcome, is_known: NDArray[np.bool_], is_treated: NDArray[np.bool_], min_n: float) -> Outcome:
    """The outcome in those of ``(n,)`` people in whom it is known; refused with fewer than `min_n` effective ones in a group."""

    def contrast(people: IntArray, weights: FloatArray) -> Contrast:
        inside = np.flatnonzero(is_known[people])
        refuse_few(weights[inside], is_treated[people[inside]], min_n)
        found = outcome(people[inside], weights[inside])
        derivative = np.zeros(len(people))
        derivative[inside] = found.derivative
        return replace(found, derivative=derivative)

    return contrast


def refuse_few(weights: FloatArray, is_treated: NDArray[np.bool_], min_n: float) -> None:
    """Raise `AnalysisError` where a group of those in whom something is known holds fewer than `min_n` effective people."""
    for treated, name in ((True, "treated"), (False, "control")):
        if effective_n(weights[is_treated == treated]) < min_n:
            raise AnalysisError(f"it is known of fewer than {min_n:g} effective {name} people")
