"""The simulated cohort that the frozen reference answers are about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest


@dataclass(frozen=True)
class OracleCohort:
    genotypes: pd.DataFrame  # person x variant, NaN where missing
    covariates: np.ndarray  # (n, 5)
    names: list[str]
    phenotypes: pd.DataFrame
    visits: pd.DataFrame  # row (position of the person), months, score

    @property
    def people(self) -> np.ndarray:
        return np.arange(len(self.covariates))

    def dosage(self, variant: str, missing: str = "complete_case") -> np.ndarray:
        """Of one variant; ``mean`` fills what is missing."""
        g = self.genotypes[variant].to_numpy(dtype=float)
        return np.where(np.isnan(g), np.nanmean(g), g) if missing == "mean" else g


@pytest.fixture(scope="session")
def oracle_cohort(oracles) -> OracleCohort:
    genotypes = pd.read_csv(oracles / "genotypes.csv.gz", index_col=0)
    covariates = pd.read_csv(oracles / "covariates.csv", index_col=0)
    phenotypes = pd.read_csv(oracles / "phenotypes.csv", index_col=0)
    visits = pd.read_csv(oracles / "longitudinal.csv")
    assert (genotypes.index == covariates.index).all()
    assert (phenotypes.index == covariates.index).all()
    visits["row"] = covariates.index.get_indexer(visits["person"])
    return OracleCohort(genotypes, covariates.to_numpy(), list(covariates.columns), phenotypes, visits)
