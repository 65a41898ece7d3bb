"""Leads by genotype, by period and without one person: R's answers, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.engines.analysis import models_of_fileset
from alsreg.engines.lead_views import effects_by_period, find_influence, means_by_genotype
from alsreg.engines.nulls import NullModels
from alsreg.engines.variations import null_of
from alsreg.stats.influence import change_mixed
from alsreg.stats.mixed_fit import FixedDesign, fit_random_slopes
from helpers.oracle_fileset import TRAITS, specify

FROZEN = Path(__file__).resolve().parents[2] / "reference/leads"
KINDS = {"quantitative": "qt", "binary": "case", "survival": "survival"}
VARIANT = pd.Series({"chromosome": 1, "base_pair_location": 1, "carrier_set": ""})


@pytest.fixture(scope="module")
def models(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> NullModels:
    spec = tmp_path_factory.mktemp("views") / "traits.yaml"
    spec.write_text(specify(TRAITS))
    (spec.parent / "tables").symlink_to(inputs / "tables")
    with models_of_fileset(inputs / "x", inputs / "samples.tsv", spec) as found:
        return found


@pytest.fixture(scope="module")
def genotypes(oracles: Path) -> pd.DataFrame:
    return pd.read_csv(oracles / "genotypes.csv.gz", index_col=0)


@pytest.mark.parametrize(
    "row", list(pd.read_csv(FROZEN / "influence.csv").itertuples()), ids=lambda row: f"{row.variant}-{row.kind}"
)
def test_influence__is_that_of_r(models: NullModels, genotypes: pd.DataFrame, row) -> None:  # type: ignore[no-untyped-def]
    """A binary trait's effect is Firth's here and maximum likelihood there."""
    found = find_influence(models, KINDS[row.kind], VARIANT, genotypes[row.variant].to_numpy(dtype=float))
    rel = 0.06 if row.kind == "binary" else 1e-6
    assert (found["status"], found["n"]) == ("tested", row.n)
    assert found["max_change"] * found["standard_error"] == pytest.approx(abs(row.change), rel=1e-6)
    assert found["max_change"] == pytest.approx(row.max_change, rel=rel)
    assert found["n_influential"] == pytest.approx(row.n_influential, abs=2 if row.kind == "binary" else 0)
    moved, theirs = found["beta"] - found["beta_without"], row.beta - row.beta_without
    assert moved == pytest.approx(theirs, rel=10 * rel)
    assert found["standard_error_without"] == pytest.approx(row.se_without, rel=rel)


def test_influence__of_a_longitudinal_trait_is_that_of_dense_matrices(
    models: NullModels, genotypes: pd.DataFrame
) -> None:
    """Generalised least squares written out with every V, the variance components kept."""
    g = genotypes["C01"].to_numpy(dtype=float)
    fitted = null_of(models, "slope", VARIANT)
    model, own = fitted.model, g[fitted.people]
    typed = np.isfinite(own)
    intercept = np.column_stack([model.design.intercept[typed], own[typed]])
    design = FixedDesign(intercept, np.column_stack([model.design.slope[typed], own[typed]]))
    fit = fit_random_slopes(model.sums.of(typed), design)
    changes = change_mixed(fit, design)
    visits, _ = models.people.visits_of("tables/visits.tsv")
    at = {row: place for place, row in enumerate(fitted.people[typed])}
    normal, right = 0.0, 0.0
    parts = {}
    for row, group in visits[visits["row"].isin(at)].groupby("row"):
        place, months = at[row], group["months"].to_numpy(dtype=float)
        z = np.column_stack([np.ones(len(months)), months])
        x = np.column_stack([np.outer(np.ones(len(months)), intercept[place]), np.outer(months, design.slope[place])])
        inverse = np.linalg.inv(z @ fit.random @ z.T + fit.residual * np.eye(len(months)))
        parts[place] = (x.T @ inverse @ x, x.T @ inverse @ group["score"].to_numpy(dtype=float))
        normal, right = normal + parts[place][0], right + parts[place][1]
    whole = np.linalg.solve(normal, right)
    assert whole[-1] == pytest.approx(fit.beta[-1], rel=1e-7)
    for place in (0, 100, 500, int(np.abs(changes).argmax())):
        without = np.linalg.solve(normal - parts[place][0], right - parts[place][1])
        assert changes[place] == pytest.approx(whole[-1] - without[-1], rel=1e-5, abs=1e-10)
    found = find_influence(models, "slope", VARIANT, g)
    worst = int(np.abs(changes).argmax())
    assert found["status"] == "tested" and found["max_change"] == pytest.approx(
        abs(changes[worst]) / fit.standard_errors[-1], rel=1e-5
    )
    # The refit has its own variance components.
    assert found["beta"] - found["beta_without"] == pytest.approx(changes[worst], rel=0.1)


def test_influence__says_why_there_is_none(models: NullModels, genotypes: pd.DataFrame) -> None:
    found = find_influence(models, "survival", VARIANT, np.ones(len(genotypes)))
    assert found["status"] != "tested" and "max_change" not in found


@pytest.mark.parametrize("variant", ["C01", "C02", "L02"])
def test_periods__are_those_of_r(models: NullModels, genotypes: pd.DataFrame, variant: str) -> None:
    theirs = pd.read_csv(FROZEN / "periods.csv").query("variant == @variant")
    ours = list(effects_by_period(models, "survival", VARIANT, genotypes[variant].to_numpy(dtype=float)))
    assert [row["analysis"] for row in ours] == [
        "events after 0 to 27 months", "events after 27 to 48 months", "events after 48 months"
    ]  # fmt: skip
    for mine, row in zip(ours, theirs.itertuples(), strict=True):
        assert (mine["status"], mine["n"], mine["n_events"]) == ("tested", row.n, row.n_events)
        assert mine["beta"] == pytest.approx(row.beta, rel=1e-6)
        assert mine["standard_error"] == pytest.approx(row.se, rel=1e-6)


def test_periods__are_of_survival_alone(models: NullModels, genotypes: pd.DataFrame) -> None:
    assert list(effects_by_period(models, "qt", VARIANT, genotypes["C01"].to_numpy(dtype=float))) == []


@pytest.mark.parametrize("variant", ["C01", "L02"])
def test_means__are_those_of_r(models: NullModels, genotypes: pd.DataFrame, variant: str) -> None:
    theirs = pd.read_csv(FROZEN / "means.csv").query("variant == @variant and n > 0")
    ours = list(means_by_genotype(models, "qt", VARIANT, genotypes[variant].to_numpy(dtype=float)))
    assert [(row["copies"], row["n"]) for row in ours] == list(zip(theirs["copies"], theirs["n"], strict=True))
    np.testing.assert_allclose([row["mean"] for row in ours], theirs["mean"], rtol=1e-12)
    np.testing.assert_allclose([row["standard_error"] for row in ours], theirs["se"].astype(float), rtol=1e-12)


def test_means__of_cases_and_of_visits(models: NullModels, genotypes: pd.DataFrame, oracles: Path) -> None:
    """By pandas from the files; survival traits have curves instead."""
    copies = genotypes["C01"]
    cases = pd.read_csv(oracles / "phenotypes.csv", index_col=0)["case"]
    shares = {row["copies"]: row["mean"] for row in means_by_genotype(models, "case", VARIANT, copies.to_numpy(float))}
    assert shares == pytest.approx(cases.groupby(copies).mean().to_dict())
    visits = pd.read_csv(oracles / "longitudinal.csv")
    visits = visits.assign(copies=visits["person"].map(copies), month=visits["months"] // 6 * 6)
    by_person = visits.groupby(["copies", "month", "person"])["score"].mean().groupby(["copies", "month"])
    ours = pd.DataFrame(means_by_genotype(models, "slope", VARIANT, copies.to_numpy(float)))
    np.testing.assert_allclose(ours["mean"], by_person.mean(), rtol=1e-12)
    np.testing.assert_array_equal(ours["n"], by_person.size())
    assert list(means_by_genotype(models, "survival", VARIANT, copies.to_numpy(float))) == []
