"""Risk sets of left-truncated, right-censored times, and sums over them.

A person is at risk at ``t`` when ``entry < t <= exit``, strictly on the left: whole months tie entries with events.
Only event times matter to the partial likelihood, so each person becomes a range ``[first, last)`` of event times, and a
sum over every risk set is one pass over people (add at `first`, take away at `last`) and one over event times.

Ties (Therneau & Grambsch 2000, section 3.3): with ``d`` events at a time, Efron's ``l``-th denominator is
``S0 - (l/d) S0_D``, ``l = 0..d-1``; Breslow's is ``S0`` throughout. ``D`` are the people with the event at that time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from alsreg.errors import AnalysisError
from alsreg.stats.null import FloatArray, IntArray


@dataclass(frozen=True)
class RiskSets:
    """The time structure of ``n`` people and ``k`` event times (those of stratum 0, then of stratum 1, ...)."""

    first: IntArray  # (n,) first event time at which the person is at risk
    last: IntArray  # (n,) one past the last; equal to `first` if never at risk at an event time
    is_event: NDArray[np.bool_]  # (n,) the event happened, at event time ``last - 1``
    time: FloatArray  # (k,)
    time_stratum: IntArray  # (k,)
    n_events: IntArray  # (k,) events at that time
    stratum: IntArray  # (n,)
    entry: FloatArray  # (n,)
    exit: FloatArray  # (n,)

    @property
    def n_times(self) -> int:
        return len(self.time)

    def sums(self, values: FloatArray) -> FloatArray:
        """Sum ``(..., n)`` over the people at risk at each event time: ``(..., k)``."""
        flat = np.ascontiguousarray(values, dtype=np.float64).reshape(-1, len(self.first))
        return _risk_sums(flat, self.first, self.last, self.n_times).reshape(*values.shape[:-1], self.n_times)

    def event_sums(self, values: FloatArray) -> FloatArray:
        """Sum ``(..., n)`` over the people with the event at each event time: ``(..., k)``."""
        flat = np.ascontiguousarray(values, dtype=np.float64).reshape(-1, len(self.first))
        sums = _event_sums(flat, self.last, self.is_event, self.n_times)
        return sums.reshape(*values.shape[:-1], self.n_times)


def build_risk_sets(
    entry: FloatArray, exit: FloatArray, is_event: NDArray[np.bool_], stratum: IntArray | None = None
) -> RiskSets:
    """Build risk sets.

    Parameters
    ----------
    entry, exit
        ``(n,)`` in one unit of time; ``-inf`` in `entry` means observed from the start.
    is_event
        ``(n,)`` whether the event happened at `exit`.
    stratum
        ``(n,)`` labels 0, 1, ...; one stratum when absent.

    Raises
    ------
    AnalysisError
        If a time is not a number, someone leaves at or before entry, or there is no event.
    """
    n = len(exit)
    stratum = np.zeros(n, dtype=np.int64) if stratum is None else np.asarray(stratum, dtype=np.int64)
    is_event = np.asarray(is_event, dtype=bool)
    _check_times(entry, exit, is_event)
    first, last = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    times, strata, counts, offset = [], [], [], 0
    for label in np.unique(stratum):
        inside = np.flatnonzero(stratum == label)
        at, n_events = np.unique(exit[inside][is_event[inside]], return_counts=True)
        first[inside] = offset + np.searchsorted(at, entry[inside], side="right")
        last[inside] = offset + np.searchsorted(at, exit[inside], side="right")
        times.append(at)
        counts.append(n_events)
        strata.append(np.full(len(at), label))
        offset += len(at)
    return RiskSets(
        first=first, last=last, is_event=is_event, stratum=stratum, entry=entry, exit=exit,
        time=np.concatenate(times), time_stratum=np.concatenate(strata), n_events=np.concatenate(counts),
    )  # fmt: skip


def keep_genotyped(sets: RiskSets, dosage: FloatArray) -> tuple[IntArray, RiskSets]:
    """People who have a genotype ``(n,)`` (NaN: none), and their risk sets.

    Raises
    ------
    AnalysisError
        The genotype does not vary among them.
    """
    typed = np.flatnonzero(np.isfinite(dosage))
    if len(typed) == 0 or np.ptp(dosage[typed]) == 0:
        raise AnalysisError("the variant does not vary among the people analysed")
    if len(typed) == len(dosage):
        return typed, sets
    return typed, build_risk_sets(sets.entry[typed], sets.exit[typed], sets.is_event[typed], sets.stratum[typed])


def _check_times(entry: FloatArray, exit: FloatArray, is_event: NDArray[np.bool_]) -> None:
    if np.isnan(entry).any() or not np.isfinite(exit).all():
        raise AnalysisError(
            "an entry or exit time is missing",
            remedy="leave out people without a survival time, and count them",
        )
    wrong = int(np.sum(entry >= exit))
    if wrong:
        raise AnalysisError(
            f"{wrong} people have entry at or after exit and are never at risk",
            remedy="leave them out and count them; check the dates of registration and last contact",
        )
    if not is_event.any():
        raise AnalysisError(
            f"no event among {len(exit)} people",
            remedy="check the event column (1 = happened) or drop the trait",
        )


@numba.njit(cache=True, nogil=True)
def _risk_sums(values: FloatArray, first: IntArray, last: IntArray, n_times: int) -> FloatArray:
    out = np.zeros((values.shape[0], n_times))
    change = np.empty(n_times + 1)
    for row in range(values.shape[0]):
        change[:] = 0.0
        for i in range(values.shape[1]):
            change[first[i]] += values[row, i]
            change[last[i]] -= values[row, i]
        total = 0.0
        for t in range(n_times):
            total += change[t]
            out[row, t] = total
    return out


@numba.njit(cache=True, nogil=True)
def _event_sums(values: FloatArray, last: IntArray, is_event: NDArray[np.bool_], n_times: int) -> FloatArray:
    out = np.zeros((values.shape[0], n_times))
    for row in range(values.shape[0]):
        for i in range(values.shape[1]):
            if is_event[i]:
                out[row, last[i] - 1] += values[row, i]
    return out


@dataclass(frozen=True)
class Hazards:
    """The baseline hazard given everyone's relative risk, and the weights that ties put on it.

    At each event time, with ``a_l = l/d`` (Efron) or 0 (Breslow) and ``den_l = S0 - a_l S0_D``: `mass` is ``Σ 1/den_l``,
    `event_mass` is ``Σ (1 - a_l)/den_l``, and `q0, q1, q2` are ``Σ a_l^j / den_l²`` for j = 0, 1, 2, so that
    ``Σ_l E_l[x] E_l[y] = q0 Sx Sy - q1 (Sx Dy + Dx Sy) + q2 Dx Dy`` for risk-set sums S and event sums D.
    """

    risk: FloatArray  # (n,) exp(eta)
    log_denominator: float  # Σ log den_l over all times
    mass: FloatArray  # (k,)
    event_mass: FloatArray  # (k,)
    q0: FloatArray  # (k,)
    q1: FloatArray  # (k,)
    q2: FloatArray  # (k,)
    expected: FloatArray  # (n,) expected events of each person: risk × cumulated hazard


def breslow_efron_hazards(sets: RiskSets, eta: FloatArray, ties: str) -> Hazards:
    """Hazards at linear predictor `eta` ``(n,)``; `ties` is ``efron`` or ``breslow``."""
    risk = np.exp(eta)
    s0, s0_events = sets.sums(risk), sets.event_sums(risk)
    log_denominator, terms = _tie_sums(s0, s0_events, sets.n_events, ties == "efron")
    mass, event_mass, q0, q1, q2 = terms
    cumulated = np.concatenate([[0.0], np.cumsum(mass)])
    hazard = cumulated[sets.last] - cumulated[sets.first]
    at = sets.last[sets.is_event] - 1
    hazard[sets.is_event] -= mass[at] - event_mass[at]
    return Hazards(risk, log_denominator, mass, event_mass, q0, q1, q2, risk * hazard)


@numba.njit(cache=True, nogil=True)
def _tie_sums(s0: FloatArray, s0_events: FloatArray, n_events: IntArray, is_efron: bool) -> tuple[float, FloatArray]:
    terms = np.zeros((5, len(s0)))
    log_denominator = 0.0
    for t in range(len(s0)):
        d = n_events[t]
        for l in range(d):
            a = l / d if is_efron else 0.0
            den = s0[t] - a * s0_events[t]
            if not den > 0.0:  # relative risks too far apart to be summed: no step may end here
                return np.inf, terms
            log_denominator += np.log(den)
            terms[0, t] += 1.0 / den
            terms[1, t] += (1.0 - a) / den
            terms[2, t] += 1.0 / (den * den)
            terms[3, t] += a / (den * den)
            terms[4, t] += a * a / (den * den)
    return log_denominator, terms


def information(sets: RiskSets, hazards: Hazards, left: FloatArray, right: FloatArray) -> FloatArray:
    """Observed information between rows of `left` ``(m, n)`` and `right` ``(p, n)``: ``(m, p)``.

    ``Σ over events of E[xy] - E[x] E[y]``, E being the mean over the risk set weighted by relative risk.
    """
    s_left, d_left = sets.sums(left * hazards.risk), sets.event_sums(left * hazards.risk)
    if right is left:
        s_right, d_right = s_left, d_left
    else:
        s_right, d_right = sets.sums(right * hazards.risk), sets.event_sums(right * hazards.risk)
    means = (s_left * hazards.q0 - d_left * hazards.q1) @ s_right.T
    means += (d_left * hazards.q2 - s_left * hazards.q1) @ d_right.T
    return (left * hazards.expected) @ right.T - means


def information_weights(sets: RiskSets, hazards: Hazards, right: FloatArray) -> FloatArray:
    """K ``(n, p)`` such that ``information(left, right) = left @ K`` for any `left`: the information is linear in it."""
    s_right, d_right = sets.sums(right * hazards.risk), sets.event_sums(right * hazards.risk)
    per_time = hazards.q0 * s_right - hazards.q1 * d_right
    cumulated = np.concatenate([np.zeros((len(right), 1)), np.cumsum(per_time, axis=1)], axis=1)
    means = cumulated[:, sets.last] - cumulated[:, sets.first]
    at = sets.last[sets.is_event] - 1
    means[:, sets.is_event] += (hazards.q2 * d_right - hazards.q1 * s_right)[:, at]
    return (right * hazards.expected - means * hazards.risk).T
