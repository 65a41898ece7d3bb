"""The ways in which two cohorts are made comparable: as they are, weighted, matched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.config.control import ControlConfig
from alsreg.errors import AnalysisError, ConfigError
from alsreg.stats.matching import caliper_width, match_pairs
from alsreg.stats.null import FloatArray, IntArray
from alsreg.stats.propensity import (
    Propensity,
    Weights,
    effective_n,
    fit_propensity,
    propensity_weights,
    trimmed,
    unit_weights,
)

ESTIMATED = "estimated"


@dataclass(frozen=True)
class Analysis:
    """One way to compare: who takes part, with what weights. `status` is `ESTIMATED` or says why nothing is estimated."""

    name: str
    status: str
    people: IntArray  # (m,) positions among all aligned people
    weights: Weights  # (m,)
    propensity: Propensity | None  # of these people, where weights come from it
    cluster: IntArray  # (m,) whose influences add up: persons, or pairs
    is_trimmed: NDArray[np.bool_]  # (n,) of all aligned people


@dataclass(frozen=True)
class Analyses:
    """The three analyses, and the score before trimming (NaN where there is none)."""

    naive: Analysis
    weighted: Analysis
    matched: Analysis
    score: FloatArray  # (n,)

    def __iter__(self):
        return iter((self.naive, self.weighted, self.matched))


def covariate_matrix(people: pd.DataFrame, columns: list[str]) -> tuple[FloatArray, list[str]]:
    """Numbers as they are; text as an indicator for each value but the most frequent: ``(n, p)`` and names."""
    parts, names = [], []
    for column in columns:
        values = people[column]
        if pd.api.types.is_numeric_dtype(values):
            parts.append(values.to_numpy(dtype=float, na_value=np.nan))
            names.append(column)
            continue
        texts = values.astype("string")
        counts = texts.value_counts()
        for level in sorted(counts.index.drop(counts.index[counts == counts.max()].min()), key=str):
            parts.append(texts.eq(level).fillna(False).to_numpy(dtype=float))
            names.append(f"{column}={level}")
    return np.column_stack(parts) if parts else np.empty((len(people), 0)), names


def make_comparable(people: pd.DataFrame, settings: ControlConfig) -> Analyses:
    """The analyses of the people of `ALIGNED`.

    Raises
    ------
    AnalysisError
        One of the cohorts has nobody left.
    """
    treated = people["is_treated"].to_numpy(dtype=bool)
    for group, name in ((treated, "treated cohort"), (~treated, "registry")):
        if not group.any():
            raise AnalysisError(
                f"nobody of the {name} meets all criteria", where="section control",
                remedy="see at which step of attrition.tsv they are lost",
            )  # fmt: skip
    everybody, none = np.arange(len(people)), np.zeros(len(people), dtype=bool)
    naive = Analysis("naive", ESTIMATED, everybody, unit_weights(len(people)), None, everybody, none)
    score = np.full(len(people), np.nan)
    matrix, names = covariate_matrix(people, settings.covariates)
    try:
        _refuse_one_sided(matrix, names, treated)
        first = fit_propensity(matrix, treated, names)
        score = first.score
        out = trimmed(first, settings.trim_quantile)
        kept = np.flatnonzero(~out)
        _refuse_trimming(treated, out, settings.max_trimmed_fraction)
        second = fit_propensity(matrix[kept], treated[kept], names) if out.any() else first
    except AnalysisError as error:
        nobody, why = np.empty(0, dtype=np.int64), f"not estimable: {error.problem}"
        if error.value is not None:
            why += f" ({', '.join(map(str, np.atleast_1d(error.value)))})"
        return Analyses(naive, *(Analysis(name, why, nobody, unit_weights(0), None, nobody, none)
                                 for name in ("weighted", "matched")), score)  # fmt: skip
    n_treated = int(treated.sum())
    return Analyses(
        naive, _weighted(kept, second, out, settings), _matched(kept, second, out, settings, n_treated), score
    )


def _weighted(kept: IntArray, propensity: Propensity, out: NDArray[np.bool_], settings: ControlConfig) -> Analysis:
    weights = propensity_weights(propensity, settings.estimand)
    status = ESTIMATED
    for group, name in ((propensity.is_treated, "treated"), (~propensity.is_treated, "control")):
        n = effective_n(weights.value[group])
        if n < settings.min_effective_n:
            status = f"not estimable: {n:.1f} effective {name} people, fewer than {settings.min_effective_n:g}"
    return Analysis("weighted", status, kept, weights, propensity, np.arange(len(kept)), out)


def _matched(
    kept: IntArray, propensity: Propensity, out: NDArray[np.bool_], settings: ControlConfig, n_treated: int
) -> Analysis:
    treated = propensity.is_treated
    caliper = caliper_width(propensity.log_odds, treated, settings.caliper)
    pairs = match_pairs(propensity.log_odds, treated, caliper)
    unmatched = 1.0 - len(pairs) / n_treated
    status = ESTIMATED
    if len(pairs) < settings.min_effective_n:
        status = f"not estimable: {len(pairs)} pairs, fewer than {settings.min_effective_n:g}"
    elif unmatched > settings.max_trimmed_fraction:
        status = f"not estimable: {unmatched:.0%} of the treated have no control of their own within the caliper"
    people = kept[pairs.ravel()]
    return Analysis(
        "matched", status, people, unit_weights(len(people)), None, np.repeat(np.arange(len(pairs)), 2), out
    )


def _refuse_one_sided(matrix: FloatArray, names: list[str], treated: NDArray[np.bool_]) -> None:
    """A level that only one cohort has tells who was treated."""
    for name, column in zip(names, matrix.T, strict=True):
        if "=" in name and (not column[treated].any() or not column[~treated].any()):
            raise AnalysisError(f"no overlap: {name} occurs in one cohort only; admit it in neither by a criterion")


def _refuse_trimming(treated: NDArray[np.bool_], out: NDArray[np.bool_], most: float) -> None:
    share = out[treated].mean()
    if share > most or out[~treated].all():
        raise AnalysisError(f"no overlap: {share:.0%} of the treated have no counterpart among the controls")


def refuse_negative_control(people: pd.DataFrame, column: str) -> None:
    """Raise `ConfigError` if the negative control is not a number."""
    if not pd.api.types.is_numeric_dtype(people[column]):
        raise ConfigError(
            "the negative control holds text", where="key control.negative_control", value=column,
            remedy="name a numeric or 0/1 column",
        )  # fmt: skip
