"""Tables of groups of decline and of prognosis, about the people of `report_tables`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alsreg.tables.base import Table
from alsreg.tables.prognosis import PROGNOSIS, PROGNOSIS_CALIBRATION, PROGNOSIS_COEFFICIENTS, PROGNOSIS_PERFORMANCE
from alsreg.tables.trajectories import TRAJECTORIES, TRAJECTORY_CLASSES, TRAJECTORY_CURVES, TRAJECTORY_MODELS
from helpers.filled import fill, persons_named


def trajectories(n: int = 12) -> pd.DataFrame:
    """Five decline slowly, one in between, five fast; the last of twelve has one visit."""
    k = np.arange(n)
    classes = np.select([k < 5, k == 5, k < 11], [1, 2, 3], 0).astype(float)
    return fill(TRAJECTORIES, pd.DataFrame({
        "person": persons_named(n), "trajectory_class": np.where(k < 11, classes, np.nan),
        "trajectory_status": np.where(k < 11, "assigned", "fewer than 2 scored visits"),
    }))  # fmt: skip


def trajectory_models() -> pd.DataFrame:
    return fill(TRAJECTORY_MODELS, [
        {"n_classes": 1, "n_people": 11, "bic": 900.5, "is_chosen": False, "status": "larger BIC than 3 classes"},
        {"n_classes": 3, "n_people": 11, "bic": 880.25, "entropy": 0.75, "smallest_share": 1 / 11, "rand_index": 0.875,
         "min_jaccard": 0.5, "is_chosen": True, "status": "chosen"},
    ])  # fmt: skip


def trajectory_classes() -> pd.DataFrame:
    return fill(TRAJECTORY_CLASSES, [
        {"trajectory_class": label, "n": n, "share": n / 11, "level": 40.0 - label, "change": -0.5 * label,
         "change_standard_error": 0.125, "certainty": 0.875, "jaccard": 0.75}
        for label, n in ((1, 5), (2, 1), (3, 5))
    ])  # fmt: skip


def trajectory_curves() -> pd.DataFrame:
    """At month 6 four people of class 1 are still seen."""
    return fill(TRAJECTORY_CURVES, [
        {"trajectory_class": label, "months_since_registration": months, "n": n, "mean": 39.0, "lower": 38.0, "upper": 40.0}
        for label, sizes in ((1, (5, 4)), (2, (1, 1)), (3, (5, 5)))
        for months, n in zip((0.0, 6.0), sizes, strict=True)
    ])  # fmt: skip


def prognosis(n: int = 12) -> pd.DataFrame:
    k = np.arange(n)
    return fill(PROGNOSIS, pd.DataFrame({
        "person": persons_named(n), "prognostic_index": np.where(k < 9, 0.1 * k, np.nan),
        "prognosis_status": np.where(k < 9, "in the model", "missing: delta_fs_per_month"),
    }))  # fmt: skip


def prognosis_coefficients() -> pd.DataFrame:
    return fill(PROGNOSIS_COEFFICIENTS, [
        {"predictor": "delta_fs_per_month", "enters_as": "1/sqrt(delta_fs_per_month + 0.1)", "n_missing": 3,
         "hazard_ratio": 0.625, "lower": 0.5, "upper": 0.78125, "p_value": 0.002, "ph_p": 0.25, "status": "fitted"},
        {"predictor": "has_ftd", "enters_as": "has_ftd", "status": "not in the registry"},
    ])  # fmt: skip


def prognosis_performance() -> pd.DataFrame:
    same = {"n": 9, "n_events": 6, "n_resamples": 200, "status": "fitted"}
    return fill(PROGNOSIS_PERFORMANCE, [
        {"measure": "c", "apparent": 0.7125, "standard_error": 0.03125, "optimism": 0.0125, "corrected": 0.7, **same},
        {"measure": "calibration_slope", "apparent": 1.0, "optimism": 0.125, "corrected": 0.875, **same},
    ])  # fmt: skip


def prognosis_calibration() -> pd.DataFrame:
    return fill(PROGNOSIS_CALIBRATION, [
        {"risk_group": group, "n": n, "n_events": n_events, "expected_events": 2.5 * group, "start_months": 3.0,
         "months_since_onset": months, "n_at_risk": at_risk, "observed": 0.75, "lower": 0.5, "upper": 0.9, "predicted": 0.7}
        for group, n, n_events in ((1, 12, 5), (2, 12, 6))
        for months, at_risk in ((12.0, 11), (18.0, 4))
    ])  # fmt: skip


def course_inputs(n: int = 12) -> dict[str, tuple[Table, pd.DataFrame, str]]:
    """Table, rows and file of each."""
    return {
        "trajectories": (TRAJECTORIES, trajectories(n), "trajectories.parquet"),
        "trajectory_models": (TRAJECTORY_MODELS, trajectory_models(), "trajectory_models.tsv"),
        "trajectory_classes": (TRAJECTORY_CLASSES, trajectory_classes(), "trajectory_classes.tsv"),
        "trajectory_curves": (TRAJECTORY_CURVES, trajectory_curves(), "trajectory_curves.tsv"),
        "prognosis": (PROGNOSIS, prognosis(n), "prognosis.parquet"),
        "prognosis_coefficients": (PROGNOSIS_COEFFICIENTS, prognosis_coefficients(), "prognosis.tsv"),
        "prognosis_performance": (PROGNOSIS_PERFORMANCE, prognosis_performance(), "prognosis_performance.tsv"),
        "prognosis_calibration": (PROGNOSIS_CALIBRATION, prognosis_calibration(), "prognosis_calibration.tsv"),
    }
