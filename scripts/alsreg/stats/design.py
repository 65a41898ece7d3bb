"""Design matrices: an intercept, the covariates, and a word about every column that cannot stay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from alsreg.errors import AnalysisError
from alsreg.stats.null import FloatArray, IntArray

# A column is collinear when the columns before it leave less than this share of its length.
COLLINEAR_SHARE = 1e-7


def design_matrix(covariates: ArrayLike | None, n: int, names: Sequence[str] | None = None) -> FloatArray:
    """``(n, 1 + p)``: an intercept, then the covariates.

    Raises
    ------
    AnalysisError
        A covariate is not finite, is constant, or is a linear combination of others; the message names them.
    """
    matrix = np.empty((n, 0)) if covariates is None else np.asarray(covariates, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != n:
        raise ValueError(f"covariates must be ({n}, p), got {matrix.shape}")
    names = list(names) if names is not None else [f"covariate {k + 1}" for k in range(matrix.shape[1])]
    if len(names) != matrix.shape[1]:
        raise ValueError(f"{len(names)} names for {matrix.shape[1]} covariates")
    if not_finite := [name for name, column in zip(names, matrix.T, strict=True) if not np.isfinite(column).all()]:
        raise AnalysisError(
            "covariates have missing or infinite values", value=not_finite,
            remedy="leave out people without covariates, or the covariate",
        )  # fmt: skip
    refuse_collinear(matrix, names)
    if n <= matrix.shape[1] + 2:
        raise AnalysisError(f"{n} people are too few for {matrix.shape[1]} covariates", remedy="adjust for fewer")
    return np.column_stack([np.ones(n), matrix])


def refuse_collinear(matrix: FloatArray, names: list[str]) -> None:
    """Refuse columns that are constant or a linear combination of an intercept and columns before them."""
    scale = np.abs(matrix).max(axis=0, initial=0.0)
    centred = matrix / np.where(scale > 0, scale, 1.0)
    centred = centred - centred.mean(axis=0)
    length = np.linalg.norm(centred, axis=0)
    if constant := [name for name, size in zip(names, length, strict=True) if size < 1e-10 * np.sqrt(len(matrix))]:
        raise AnalysisError("covariates are constant among the people analysed", value=constant, remedy="drop them")
    unit = centred / length
    left = np.zeros(unit.shape[1])  # of each column's length, by the columns before it
    triangle = np.linalg.qr(unit, mode="r")
    left[: len(triangle)] = np.abs(np.diag(triangle))
    if not (left < COLLINEAR_SHARE).any():
        return
    k = int((left < COLLINEAR_SHARE).argmax())
    coefficients, *_ = np.linalg.lstsq(unit[:, :k], unit[:, k], rcond=None)
    others = [name for name, b in zip(names[:k], coefficients, strict=True) if abs(b) > 1e-6]
    raise AnalysisError(
        f"covariates are collinear: {names[k]} is a linear combination of {', '.join(others)}",
        value=[names[k], *others], remedy="drop one of them",
    )  # fmt: skip


def check_people(people: ArrayLike) -> IntArray:
    """Positions on the cohort's person axis, distinct."""
    people = np.asarray(people, dtype=np.int64)
    if people.ndim != 1 or len(np.unique(people)) != len(people):
        raise ValueError("people must be distinct positions")
    return people


def check_trait(y: ArrayLike, people: ArrayLike) -> tuple[FloatArray, IntArray]:
    """Trait values and people as arrays, refused unless finite, varying, and one per person."""
    y, people = np.asarray(y, dtype=np.float64), check_people(people)
    if y.shape != people.shape:
        raise ValueError(f"trait values {y.shape} and people {people.shape} must be one each per person")
    if not np.isfinite(y).all():
        raise AnalysisError("the trait has missing or infinite values", remedy="leave out people without the trait")
    if len(y) == 0 or np.ptp(y) <= 1e-12 * np.abs(y).max():
        raise AnalysisError(f"the trait is constant among the {len(y)} people analysed", remedy="leave out the trait")
    return y, people
