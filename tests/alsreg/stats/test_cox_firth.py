"""Firth's penalised partial likelihood against R's survival and optim (tests/reference/cox_firth)."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.errors import AnalysisError
from alsreg.stats.cox_firth import refit_firth
from alsreg.stats.risk_sets import build_risk_sets

REFERENCE = Path(__file__).parents[2] / "reference/cox_firth"
ANSWERS = pd.read_csv(REFERENCE / "answers.csv")


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "people.csv").astype(float)


def sets_of(people: pd.DataFrame, stratified: bool):
    stratum = people["stratum"].to_numpy(dtype=np.int64) if stratified else None
    return build_risk_sets(
        *(people[name].to_numpy() for name in ("entry", "exit")), people["event"].to_numpy() == 1, stratum
    )


@pytest.mark.parametrize(
    "answer", [row for _, row in ANSWERS.iterrows()], ids=lambda r: f"{r.ties}-{r.is_stratified}-{r.genotype}"
)
def test_refit_firth__is_that_of_r(people: pd.DataFrame, answer: pd.Series) -> None:
    """R's optimiser stops at about 1e-5 of the estimate where the likelihood is flat (nobody among the carriers has the event)."""
    sets = sets_of(people, bool(answer["is_stratified"]))
    found = refit_firth(sets, people[["sex", "age"]].to_numpy(), people[answer["genotype"]].to_numpy(), answer["ties"])
    assert found.beta == pytest.approx(answer["beta"], rel=1e-4, abs=1e-6)
    assert found.standard_error == pytest.approx(answer["se"], rel=1e-4)
    assert found.p_lrt == pytest.approx(answer["p"], rel=1e-5)


def test_refit_firth__leaves_out_people_without_the_genotype(people: pd.DataFrame) -> None:
    typed = np.arange(len(people)) % 7 > 0
    covariates, g = people[["sex", "age"]].to_numpy(), people["many"].to_numpy()
    some = refit_firth(sets_of(people, True), covariates, np.where(typed, g, np.nan), "efron")
    alone = refit_firth(sets_of(people[typed], True), covariates[typed], g[typed], "efron")
    assert some == alone and some.n == typed.sum()


def test_refit_firth__refuses_what_does_not_vary(people: pd.DataFrame) -> None:
    with pytest.raises(AnalysisError, match="does not vary"):
        refit_firth(sets_of(people, False), people[["sex"]].to_numpy(), np.ones(len(people)), "efron")
