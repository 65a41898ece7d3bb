"""Fine–Gray and cause-specific hazards with delayed entry against R's survival."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.errors import AnalysisError
from alsreg.stats.cox import fit_cox_null
from alsreg.stats.fine_gray import fit_fine_gray
from alsreg.stats.risk_sets import build_risk_sets

REFERENCE = Path(__file__).parents[2] / "reference"
COVARIATES = ["age", "sex", "pc1", "pc2", "pc3"]
ANSWERS = pd.read_csv(REFERENCE / "leads/fine_gray.csv")
SPECIFIC = pd.read_csv(REFERENCE / "leads/cause_specific.csv")
CASES = list(ANSWERS.groupby(["time", "entry", "cause", "strata", "ties"]).groups)


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    tables = [
        pd.read_csv(REFERENCE / "oracles" / name) for name in ("survival.csv", "covariates.csv", "genotypes.csv.gz")
    ]
    merged = tables[0].merge(tables[1], on="person").merge(tables[2], on="person")
    return merged.sort_values("person").reset_index(drop=True)


def people_of(cohort: pd.DataFrame, row) -> tuple[np.ndarray, ...]:  # type: ignore[no-untyped-def]
    """Entry, exit, cause, covariates with the dosage last, and stratum, of the people who have the genotype."""
    dosage = cohort[row.variant].to_numpy(dtype=float)
    typed = np.isfinite(dosage)
    suffix = "" if row.time == "monthly" else "_cont"
    exit = cohort[f"exit{suffix}"].to_numpy(dtype=float)[typed]
    entry = cohort[f"entry{suffix}"].to_numpy(dtype=float)[typed] if row.entry else np.full(len(exit), -1.0)
    status = cohort["status_cr"].to_numpy()[typed]
    cause = np.where(status == 0, 0, np.where(status == row.cause, 1, 2))
    matrix = np.column_stack([cohort[COVARIATES].to_numpy(dtype=float)[typed], dosage[typed]])
    stratum = ((np.arange(len(cohort)) + 1) % 3)[typed] if row.strata else np.zeros(len(exit), dtype=np.int64)
    return entry, exit, cause, matrix, stratum


@pytest.mark.parametrize("case", CASES)
def test_subdistribution_hazards_equal_finegray(cohort: pd.DataFrame, case: tuple) -> None:
    rows = ANSWERS.set_index(["time", "entry", "cause", "strata", "ties"]).loc[[case]].reset_index()
    for row in rows.itertuples():
        entry, exit, cause, matrix, stratum = people_of(cohort, row)
        fit = fit_fine_gray(entry, exit, cause, matrix, stratum, row.ties)
        assert len(exit) == row.n and fit.n_events == (cause == 1).sum()
        np.testing.assert_allclose(fit.coefficients[-1], row.beta, rtol=1e-6)
        np.testing.assert_allclose(fit.model_errors[-1], row.se, rtol=1e-6)
        np.testing.assert_allclose(fit.standard_errors[-1], row.robust_se, rtol=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_cause_specific_hazards_equal_coxph(cohort: pd.DataFrame, case: tuple) -> None:
    rows = SPECIFIC.set_index(["time", "entry", "cause", "strata", "ties"]).loc[[case]].reset_index()
    for row in rows.itertuples():
        entry, exit, cause, matrix, stratum = people_of(cohort, row)
        sets = build_risk_sets(entry, exit, cause == 1, stratum)
        refit = fit_cox_null(sets, matrix[:, :-1], np.arange(len(exit)), COVARIATES, row.ties).refit(matrix[:, -1])
        np.testing.assert_allclose((refit.beta, refit.standard_error), (row.beta, row.se), rtol=1e-6)


def test_without_competing_events_it_is_the_cox_model(cohort: pd.DataFrame) -> None:
    entry, exit, event = (cohort[name].to_numpy(dtype=float) for name in ("entry", "exit", "event"))
    matrix = cohort[["age", "sex"]].to_numpy(dtype=float)
    fit = fit_fine_gray(entry, exit, event.astype(int), matrix)
    cox = fit_cox_null(build_risk_sets(entry, exit, event == 1), matrix, np.arange(len(exit))).fit
    np.testing.assert_allclose(fit.coefficients, cox.coefficients, rtol=1e-9)
    np.testing.assert_allclose(fit.model_errors, cox.standard_errors, rtol=1e-9)


def test_separation_and_impossible_weights_are_refused() -> None:
    exit = np.arange(1.0, 41.0)
    cause = np.where(np.arange(40) % 3 == 0, 2, np.where(np.arange(40) % 2 == 0, 1, 0))
    with pytest.raises(AnalysisError, match="not finite"):
        fit_fine_gray(np.full(40, -1.0), exit, cause, (cause == 1)[:, None].astype(float))
    # The first ten have all left when the others enter: who competed among them is never observable again.
    entry = np.where(exit <= 10, 0.0, 10.0)
    with pytest.raises(AnalysisError, match="cannot be weighted"):
        fit_fine_gray(entry, exit, cause, np.cos(exit)[:, None])
