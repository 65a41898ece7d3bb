"""Fit of the joint model of decline and survival, by maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize

from alsreg.errors import AnalysisError
from alsreg.stats.joint_likelihood import FollowUp, JointLikelihood, Parameters
from alsreg.stats.mixed_fit import FixedDesign, PersonSums, fit_random_slopes
from alsreg.stats.null import FloatArray

MIN_EVENTS_PER_PIECE = 10
DIFFERENCE = 1e-3  # of standardised parameters, for the information by differences of the exact gradient


@dataclass(frozen=True)
class Survival:
    """Follow-up of ``n`` people, in the time unit and from the origin of the visits."""

    entry: FloatArray  # (n,)
    exit: FloatArray  # (n,) > entry
    is_event: NDArray[np.bool_]  # (n,)
    covariates: FloatArray  # (n, q) of the hazard; none: (n, 0)


@dataclass(frozen=True)
class JointFit:
    """Maximum likelihood; standard errors from the observed information."""

    beta: FloatArray  # (p,) fixed effects in the order of FixedDesign
    beta_errors: FloatArray
    association: FloatArray  # (2,) log hazard ratio per unit of the person's random intercept and slope
    association_errors: FloatArray
    log_ratios: FloatArray  # (q,) log hazard ratios of the covariates
    log_ratio_errors: FloatArray
    random: FloatArray  # (2, 2) D
    residual: float  # σ²
    shape: float  # of the baseline hazard: hazard_k shape t^(shape - 1) in piece k
    edges: FloatArray  # (k - 1,) times at which a new piece of it begins
    hazard: FloatArray  # (k,)
    loglik: float


def fit_joint_model(
    sums: PersonSums, design: FixedDesign, survival: Survival, n_pieces: int = 5, shape: float | None = None
) -> JointFit:
    """Decline and survival of people followed from `entry` on, together.

    Visits follow the mixed model with random intercept and slope; the log hazard is linear in both of them, and the
    likelihood is conditional on survival to entry (equations and sources: `alsreg.stats.joint_likelihood`). The effects
    are those of everybody with an onset, not only of those who lived to be registered: what happened before anybody
    entered matters. The baseline hazard is therefore a Weibull one, `shape` by its own maximum likelihood unless given (1:
    constant), times a step function of `n_pieces` pieces that end at quantiles of the event times (fewer if they would hold
    fewer than `MIN_EVENTS_PER_PIECE` events). Time is brought to a common scale first; from the mixed model of the visits
    and hazards by the person-time at risk, quasi-Newton steps are followed by Newton's.

    Raises
    ------
    AnalysisError
        Somebody does not leave after they enter; too few events; no maximum is found.
    """
    entry, exit, event = (np.asarray(x) for x in (survival.entry, survival.exit, survival.is_event))
    if not (np.all(entry >= 0) and np.all(entry < exit)):
        raise AnalysisError("the joint model needs 0 <= entry < exit", remedy="leave out such people")
    if event.sum() < MIN_EVENTS_PER_PIECE:
        raise AnalysisError(f"{event.sum()} events are too few for the joint model of decline and survival")
    scale = sums.scale
    scaled = sums.per(scale)
    n_pieces = int(np.clip(event.sum() // MIN_EVENTS_PER_PIECE, 1, n_pieces))
    edges = np.unique(np.quantile(exit[event], np.arange(1, n_pieces) / n_pieces))
    shape = weibull_shape(entry, exit, event) if shape is None else shape
    covariates = survival.covariates - survival.covariates.mean(axis=0)
    # The hazard is constant in each piece of the time raised to the shape.
    up = follow_up((entry / scale) ** shape, (exit / scale) ** shape, event, covariates, (edges / scale) ** shape)
    likelihood = JointLikelihood(scaled, design, up)
    start = _start(scaled, design, up)
    vector, covariance, loglik = _maximise(likelihood, start.vector)
    at = Parameters.of(vector, len(start.beta), len(start.log_ratios))
    # Hazards per unit of the data's time.
    loglik += float(np.sum(np.log(shape / scale) + (shape - 1.0) * np.log(exit[event] / scale)))
    fit = _in_original_unit(at, covariance, design, scale)
    return JointFit(**fit, shape=shape, edges=edges, hazard=np.exp(at.log_hazard) / scale**shape, loglik=loglik)


def weibull_shape(entry: FloatArray, exit: FloatArray, is_event: NDArray[np.bool_]) -> float:
    """Shape of a Weibull distribution by maximum likelihood with delayed entry, its scale profiled out; within 0.2 to 5."""
    unit = exit.mean()
    entry, exit = entry / unit, exit / unit
    log_times = np.log(exit[is_event]).mean()

    def deviance(shape: float) -> float:
        return float(np.log(np.sum(exit**shape - entry**shape)) - np.log(shape) - shape * log_times)

    return float(optimize.minimize_scalar(deviance, bounds=(0.2, 5.0), method="bounded", options={"xatol": 1e-9}).x)


def follow_up(
    entry: FloatArray, exit: FloatArray, is_event: NDArray[np.bool_], covariates: FloatArray, edges: FloatArray
) -> FollowUp:
    """Person-time in the pieces of the baseline hazard, which ends a piece at each of `edges` ``(k - 1,)``."""
    low, high = np.concatenate([[0.0], edges]), np.concatenate([edges, [np.inf]])

    def spent(until: FloatArray) -> FloatArray:
        return np.clip(until[:, None] - low, 0.0, high - low)

    is_in = (exit[:, None] > low) & (exit[:, None] <= high) & is_event[:, None]
    return FollowUp(spent(exit), spent(entry), is_in.astype(np.float64), covariates)


def _start(sums: PersonSums, design: FixedDesign, up: FollowUp) -> Parameters:
    fit = fit_random_slopes(sums, design, is_reml=False)
    # A random effect without variance cannot start at zero.
    floor = 1e-3 * fit.residual * np.diag([1.0, 1.0])
    factor = np.linalg.cholesky(fit.random + floor)
    at_risk = (up.exposure - up.exposure_before).sum(axis=0)
    hazard = (up.is_in.sum(axis=0) + 0.5) / np.maximum(at_risk, 1e-6 * at_risk.sum())
    q = up.covariates.shape[1]
    return Parameters(fit.beta, factor, np.sqrt(fit.residual), np.zeros(2), np.zeros(q), np.log(hazard))


def _maximise(likelihood: JointLikelihood, start: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Maximum, inverse of the observed information there, and log-likelihood."""
    unit = _units(likelihood, start)

    def descend(x: FloatArray) -> tuple[float, FloatArray]:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            value, gradient = likelihood.evaluate(start + unit * x)
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            return 1e300, np.zeros_like(x)
        return -value, -unit * gradient

    found = optimize.minimize(
        descend, np.zeros_like(start), jac=True, method="BFGS", options={"gtol": 1e-2, "maxiter": 500}
    )
    x, value = found.x, float(found.fun)
    for _ in range(20):
        gradient, information = descend(x)[1], _differences(descend, x)
        values = np.linalg.eigvalsh(information)
        if not values[0] > 1e-10 * values[-1]:
            break
        step = linalg.solve(information, gradient, assume_a="pos")
        decrement = float(gradient @ step)
        if decrement < 1e-8:
            covariance = np.linalg.inv(information) * np.outer(unit, unit)
            return start + unit * (x - step), covariance, -value
        length = 1.0
        while (new := descend(x - length * step)[0]) > value and length > 1e-4:
            length /= 2.0
        x, value = x - length * step, min(new, value)
    raise AnalysisError(
        "the joint model of decline and survival has no maximum that can be found",
        remedy="look for too few events or visits, or a score without differences in slope",
    )


def _units(likelihood: JointLikelihood, start: FloatArray) -> FloatArray:
    """About a standard error of each parameter: steps of one mean the same in all directions."""
    step = 1e-4
    curvature = np.empty_like(start)
    for k in range(len(start)):
        moved = [likelihood.evaluate(start + sign * step * np.eye(len(start))[k])[1][k] for sign in (1.0, -1.0)]
        curvature[k] = -(moved[0] - moved[1]) / (2.0 * step)
    return 1.0 / np.sqrt(np.maximum(np.abs(curvature), 1e-6))


def _differences(descend, x: FloatArray) -> FloatArray:  # type: ignore[no-untyped-def]
    steps = DIFFERENCE * np.eye(len(x))
    information = np.array([(descend(x + step)[1] - descend(x - step)[1]) / (2.0 * DIFFERENCE) for step in steps])
    return (information + information.T) / 2.0


def _in_original_unit(
    at: Parameters, covariance: FloatArray, design: FixedDesign, scale: float
) -> dict[str, FloatArray | float]:
    """Estimates and standard errors with time in the unit of the data; names as of `JointFit`."""
    p, q = len(at.beta), len(at.log_ratios)
    back = design.unit(scale)
    per_effect, unit = np.array([1.0, scale]), np.array([1.0, 1.0 / scale])
    errors = np.sqrt(np.diag(covariance))
    return {
        "beta": at.beta * back,
        "beta_errors": errors[:p] * back,
        "association": at.association * per_effect,
        "association_errors": errors[p + 4 : p + 6] * per_effect,
        "log_ratios": at.log_ratios,
        "log_ratio_errors": errors[p + 6 : p + 6 + q],
        "random": at.factor @ at.factor.T * np.outer(unit, unit),
        "residual": at.residual**2,
    }
