"""Longitudinal leads under informative dropout: variant x time refitted together with the survival that ends the visits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from alsreg.config.traits import LongitudinalTrait, SurvivalTrait
from alsreg.engines.nulls import FittedNull, NullModels, visits_with_curve
from alsreg.engines.sensitivity import MAIN, TESTED
from alsreg.engines.variations import carries, exclude_relatives, null_of
from alsreg.errors import AnalysisError
from alsreg.stats.design import refuse_collinear
from alsreg.stats.joint_model import Survival, fit_joint_model
from alsreg.stats.mixed import MixedNull
from alsreg.stats.mixed_fit import FixedDesign, PersonSums, fit_random_slopes, sum_visits
from alsreg.stats.null import FloatArray

SAME, JOINT = "same people and visits", "jointly with survival"


@dataclass(frozen=True)
class _Followed:
    """People with the genotype, visits and a survival time; visits up to its end, on its clock."""

    rows: NDArray[np.int64]  # on the person axis
    sums: PersonSums
    design: FixedDesign  # the variant last in both parts
    survival: Survival  # the variant last among the covariates
    left_out: str

    @property
    def size(self) -> dict[str, object]:
        g = self.design.intercept[:, -1]
        is_carrier, event = carries(g), self.survival.is_event
        return {
            "n": len(g), "n_visits": int(self.sums.n_visits.sum()), "n_events": int(event.sum()),
            "n_carriers": int(is_carrier.sum()), "n_carrier_events": int((is_carrier & event).sum()),
            "left_out": self.left_out,
        }  # fmt: skip


def refit_jointly(
    models: NullModels, trait: str, variant: pd.Series, dosage: FloatArray
) -> Iterator[dict[str, object]]:
    """Rows of `LEAD_DECLINE` without trait and variant; none unless the trait says what ends its visits.

    First the mixed model as analysed; then, of the people who also have a survival time, the mixed model of their visits on
    the clock of survival; then both together. Covariates are the trait's own, in both parts; relatives are left out. What
    distinguishes the second row from the third is dropout alone. p-values are Wald's. `dosage` is ``(n,)`` over the person axis.
    """
    described = models.specification.traits[trait]
    assert isinstance(described, LongitudinalTrait)
    if described.joint is None:
        return
    models = exclude_relatives(models)
    fitted = null_of(models, trait, variant)
    if not isinstance(fitted.model, MixedNull):
        yield {"analysis": MAIN, "model": "mixed", "status": fitted.status}
        return
    own = dosage[fitted.people]
    typed = np.isfinite(own)
    size = {
        "n": int(typed.sum()), "n_visits": int(fitted.model.sums.n_visits[typed].sum()),
        "n_carriers": int(carries(own).sum()),
    }  # fmt: skip
    model = fitted.model
    yield {"analysis": MAIN, "model": "mixed"} | size | _attempt(lambda: _as_analysed(model, own))
    try:
        followed = _follow(models, described, fitted, own)
    except AnalysisError as error:
        yield {"analysis": JOINT, "model": "joint", "status": str(error)}
        return
    yield {"analysis": SAME, "model": "mixed"} | followed.size | _attempt(lambda: _mixed(followed))
    yield {"analysis": JOINT, "model": "joint"} | followed.size | _attempt(lambda: _joint(followed))


def _attempt(fit: Callable[[], dict[str, object]]) -> dict[str, object]:
    try:
        return fit() | {"status": TESTED}
    except AnalysisError as error:
        return {"status": str(error)}


def _follow(models: NullModels, trait: LongitudinalTrait, fitted: FittedNull, own: FloatArray) -> _Followed:
    """Raises `AnalysisError` if nobody is left, or covariates or the variant do not vary among those who are."""
    assert trait.joint is not None and isinstance(fitted.model, MixedNull)
    people, end = models.people, models.specification.traits[trait.joint.survival]
    assert isinstance(end, SurvivalTrait)
    exit, event = people.numbers(end.exit), people.zero_or_one(end.event)
    entry = people.numbers(end.entry) if end.entry else np.zeros(len(people))
    visits, curve = visits_with_curve(people, trait.model_copy(update={"time": trait.joint.time}))
    row = visits["row"].to_numpy(dtype=np.int64)
    months = visits[trait.joint.time].to_numpy(dtype=float)
    is_seen = months <= exit[row]
    has_visit = np.zeros(len(people), dtype=bool)
    has_visit[row[is_seen]] = True
    at = fitted.people
    with np.errstate(invalid="ignore"):
        reasons = {
            "no genotype": ~np.isfinite(own),
            "no survival time": np.isnan(entry + exit + event)[at],
            "entry before the origin": (entry < 0)[at],
            "entry at or after exit": (entry >= exit)[at],
            f"no visit with {trait.joint.time} up to the end of follow-up": ~has_visit[at],
        }
    keep, left_out = np.ones(len(at), dtype=bool), {}
    for reason, is_out in reasons.items():
        left_out[reason] = int((keep & is_out).sum())
        keep &= ~is_out
    rows, g = at[keep], own[keep]
    if not len(rows):
        raise AnalysisError("nobody has the genotype, visits and a survival time")
    position = np.full(len(people), -1)
    position[rows] = np.arange(len(rows))
    person = position[row]
    used = is_seen & (person >= 0)
    value = visits[trait.value].to_numpy(dtype=float)
    sums = sum_visits(value[used], months[used], person[used], len(rows), None if curve is None else curve[used])
    design = fitted.model.design
    intercept = np.column_stack([design.intercept[keep], g])
    refuse_collinear(intercept[:, 1:], [*fitted.covariates[: intercept.shape[1] - 2], "the variant"])
    return _Followed(
        rows, sums, FixedDesign(intercept, np.column_stack([design.slope[keep], g]), design.n_curve),
        Survival(entry[rows], exit[rows], event[rows] == 1, intercept[:, 1:]),
        "; ".join(f"{n} {reason}" for reason, n in left_out.items() if n),
    )  # fmt: skip


def _effect(beta: float, error: float) -> dict[str, object]:
    return {"beta": beta, "standard_error": error, "p_value": _wald(beta, error)}


def _wald(beta: float, error: float) -> float:
    return float(special.erfc(abs(beta / error) / np.sqrt(2.0)))


def _as_analysed(model: MixedNull, own: FloatArray) -> dict[str, object]:
    refit = model.refit(own)
    return _effect(refit.beta, refit.standard_error)


def _mixed(followed: _Followed) -> dict[str, object]:
    fit = fit_random_slopes(followed.sums, followed.design)
    return _effect(float(fit.beta[-1]), float(fit.standard_errors[-1]))


def _joint(followed: _Followed) -> dict[str, object]:
    fit = fit_joint_model(followed.sums, followed.design, followed.survival)
    ratio, error = float(fit.log_ratios[-1]), float(fit.log_ratio_errors[-1])
    return _effect(float(fit.beta[-1]), float(fit.beta_errors[-1])) | {
        "log_hazard_ratio": ratio, "log_hazard_ratio_error": error, "p_hazard": _wald(ratio, error),
        "association_slope": float(fit.association[1]), "association_slope_error": float(fit.association_errors[1]),
    }  # fmt: skip
