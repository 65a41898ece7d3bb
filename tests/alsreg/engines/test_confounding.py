"""Traits that differ between source assays are found, by the numbers of plain regressions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from alsreg.config.traits import TraitSpecification
from alsreg.engines.confounding import assay_confounding
from alsreg.engines.nulls import NullModels
from alsreg.engines.people import read_people

N_PEOPLE = 600
SETS = ["wgs+wes+array", "array"]
SPECIFICATION = TraitSpecification(
    traits={
        "shifted": {"type": "quantitative", "column": "shifted"},
        "alike": {"type": "quantitative", "column": "alike"},
        "case": {"type": "binary", "column": "case"},
        "survival": {"type": "survival", "entry": "entry", "exit": "exit", "event": "event"},
        "slope": {"type": "longitudinal", "visits": "visits.tsv", "time": "months"},
        "never": {"type": "survival", "exit": "exit", "event": "nothing"},
    },
    covariates=["pc"],
)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    assay = np.arange(N_PEOPLE) % 3
    is_wgs = assay == 2
    return pd.DataFrame(
        {
            "#IID": [f"P{k}" for k in range(N_PEOPLE)],
            "assays": np.array(["array", "wes", "wgs"])[assay],
            "pc": rng.normal(size=N_PEOPLE) + 0.3 * assay,
            "shifted": 0.9 * is_wgs + rng.normal(size=N_PEOPLE),
            "alike": rng.normal(size=N_PEOPLE),
            "case": (rng.random(N_PEOPLE) < 0.25 + 0.25 * is_wgs).astype(int),
            "entry": 0,
            "exit": np.ceil(rng.exponential(30 * np.exp(-0.6 * is_wgs))),
            "event": rng.binomial(1, 0.8, N_PEOPLE),
            "nothing": 0,
        }
    )


@pytest.fixture(scope="module")
def rows(table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("confounding")
    table.to_csv(folder / "samples.tsv", sep="\t", index=False)
    rng = np.random.default_rng(9)
    slope = -0.8 - 0.4 * (table["assays"] == "wgs").to_numpy() + 0.3 * rng.normal(size=N_PEOPLE)
    months = np.tile([0.0, 6.0, 12.0], N_PEOPLE)
    total = 40 + np.repeat(4 * rng.normal(size=N_PEOPLE), 3) + np.repeat(slope, 3) * months
    visits = pd.DataFrame({"#IID": np.repeat(table["#IID"], 3), "months": months})
    visits.assign(total=total + rng.normal(size=3 * N_PEOPLE)).to_csv(folder / "visits.tsv", sep="\t", index=False)
    models = NullModels(read_people(table["#IID"], folder / "samples.tsv", folder / "visits.tsv"), SPECIFICATION)
    return pd.concat([assay_confounding(models, trait, SETS) for trait in SPECIFICATION.traits], ignore_index=True)


def of(rows: pd.DataFrame, trait: str) -> pd.DataFrame:
    return rows[(rows["trait"] == trait) & (rows["carrier_set"] == SETS[0])].set_index("source")


def test_planted_differences__are_found_and_only_they(rows: pd.DataFrame) -> None:
    for trait in ("shifted", "case", "survival", "slope"):
        found = of(rows, trait)
        assert (found["p_joint"] < 1e-3).all() and found.loc["wgs", "p_value"] < 1e-3, trait
        assert (found.loc["wgs", "beta"] > 0) == (trait != "slope")
    assert (of(rows, "alike")["p_joint"] > 0.01).all()


def test_numbers__are_those_of_least_squares(rows: pd.DataFrame, table: pd.DataFrame) -> None:
    """The joint score test, chi-square on two degrees of freedom, and each assay against the others."""
    found, y = of(rows, "shifted"), table["shifted"].to_numpy()
    null = sm.OLS(y, sm.add_constant(table[["pc"]].to_numpy())).fit()
    indicators = np.column_stack([table["assays"] == name for name in ("wes", "wgs")]).astype(float)
    full = sm.OLS(y, np.column_stack([null.model.exog, indicators])).fit()
    p = stats.chi2.sf((null.ssr - full.ssr) / null.mse_resid, 2)
    np.testing.assert_allclose(found["p_joint"].astype(float), p, rtol=1e-8)
    one = sm.OLS(y, np.column_stack([null.model.exog, indicators[:, 1]])).fit()
    np.testing.assert_allclose(
        found.loc["wgs", ["beta", "standard_error"]].astype(float), (one.params[2], one.bse[2]), rtol=1e-8
    )
    assert list(found["n"]) == [200, 200, 200]


def test_counts_and_reasons(rows: pd.DataFrame, table: pd.DataFrame) -> None:
    cases = table.groupby("assays")["case"].sum()
    assert of(rows, "case")["n_events"].to_dict() == cases.to_dict()
    alone = rows[(rows["carrier_set"] == "array") & (rows["trait"] == "shifted")]
    assert list(alone["status"]) == ["one source assay"] and alone["p_joint"].isna().all()
    never = of(rows, "never")
    assert never["status"].str.contains("no event among 600").all() and never["p_joint"].isna().all()
