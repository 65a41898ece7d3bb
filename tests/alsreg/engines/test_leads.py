"""Leads refitted and seen from other sides, against R on the cohort of the frozen answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.engines.analysis import models_of_fileset
from alsreg.engines.leads import Genotypes, LeadRules, LeadTables, find_leads, refit_lead
from alsreg.engines.local import score_fileset
from alsreg.engines.nulls import NullModels
from alsreg.engines.variants import FilesetVariants
from alsreg.stats.cox import CoxNull
from alsreg.stats.null import VariantTestOptions
from alsreg.tables.results import VARIANT_TESTS
from helpers.oracle_fileset import TRAITS, specify

REFERENCE = Path(__file__).resolve().parents[2] / "reference"
# Everything leads: what is refitted does not depend on what was found.
RULES = LeadRules(window_kb=0.001, max_r2=1.0, max_leads=200, genome_wide_p=5e-8, max_p=1.0)
STRATIFIED = TRAITS["survival"] | {"strata": ["hospital"]}
TRAITS_OF_LEADS = {
    "qt": TRAITS["qt"],
    "robust": TRAITS["qt"] | {"standard_errors": "robust"},
    "case": TRAITS["case"],
    "slope": TRAITS["slope"],
    "strata": STRATIFIED,
    "causes": TRAITS["survival"] | {
        "event": "is_any", "cause": "cause", "sensitivity": {"first": {"exit": "exit", "event": "event"}},
    },
    "causes_by_hospital": STRATIFIED | {"event": "is_any", "cause": "cause"},
}  # fmt: skip


@pytest.fixture(scope="module")
def models(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> NullModels:
    folder = tmp_path_factory.mktemp("leads")
    (folder / "traits.yaml").write_text(specify(TRAITS_OF_LEADS))
    (folder / "tables").symlink_to(inputs / "tables")
    with models_of_fileset(inputs / "x", inputs / "samples.tsv", folder / "traits.yaml") as found:
        return found


@pytest.fixture(scope="module")
def found(
    models: NullModels, inputs: Path, oracles: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, LeadTables]:
    """All common variants, as leads of every trait; `variant_id` is the oracle's name."""
    folder = tmp_path_factory.mktemp("tests")
    outputs = {trait: folder / f"{trait}.parquet" for trait in TRAITS_OF_LEADS}
    options = VariantTestOptions(min_mac=1, min_expected_events=0, max_p_refit=0.0)
    score_fileset(inputs / "x", FilesetVariants(inputs / "x").table(), models, options, outputs)
    names = pd.read_csv(oracles / "genotypes.csv.gz", index_col=0, nrows=0).columns
    chosen = [place for place, name in enumerate(names) if name[0] in "CDL"][:12] + [
        list(names).index(name) for name in ("D01", "L02")
    ]
    found = {}
    with Genotypes({"all": str(inputs / "x")}) as genotypes:
        for trait, path in outputs.items():
            rows = VARIANT_TESTS.read(path).assign(variant_id=names, shard="all", row=np.arange(len(names)))
            found[trait] = find_leads(rows.iloc[sorted(set(chosen))], genotypes, models, trait, RULES, None)
    return found


def joined(found: dict[str, LeadTables], trait: str, answers: pd.DataFrame) -> pd.DataFrame:
    both = found[trait].leads.set_index("variant_id").join(answers.set_index("variant"), rsuffix="_r", how="inner")
    assert len(both) >= 8 and (both["refit_status"] == "refitted").all()
    return both


def test_strata__refit_and_proportional_hazards_are_those_of_r(found: dict[str, LeadTables]) -> None:
    both = joined(found, "strata", pd.read_csv(REFERENCE / "associate/strata.csv").query("ties == 'efron'"))
    np.testing.assert_allclose(both["beta"], both["beta_r"], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(both["standard_error"], both["se"], rtol=1e-6)
    np.testing.assert_allclose(both["p_refit"], both["lrt_p"], rtol=1e-6)
    np.testing.assert_allclose(both["ph_p"], both["zph_p"], rtol=1e-6)
    np.testing.assert_allclose(both["ratio"], np.exp(both["beta_r"]), rtol=1e-6)
    np.testing.assert_allclose(np.log(both["ratio_upper"] / both["ratio_lower"]), 2 * 1.959964 * both["se"], rtol=1e-6)
    events = both["n_carrier_events"].astype(int)
    assert ((events > 0) & (events <= both["n_carriers"].astype(int))).all()


def test_slope__refit_is_lmer_with_people_of_one_visit(found: dict[str, LeadTables], oracles: Path) -> None:
    visits = pd.read_csv(oracles / "longitudinal.csv").groupby("person").size()
    assert (visits == 1).sum() > 50
    answers = pd.read_csv(oracles / "lmm_slope.csv").query("reml")
    both = found["slope"].leads.set_index("variant_id").join(answers.set_index("variant"), how="inner")
    assert len(both) >= 7 and (both["effect_method"] == "reml").all()
    np.testing.assert_array_equal(both["n"], both["n_person"])
    np.testing.assert_allclose(both["beta"], both["b_months_g"], atol=1e-5 * both["se_months_g"].min(), rtol=1e-5)
    np.testing.assert_allclose(both["standard_error"], both["se_months_g"], rtol=1e-5)


def test_quantitative_and_binary__refits_are_those_of_r(found: dict[str, LeadTables], oracles: Path) -> None:
    linear = joined(found, "qt", pd.read_csv(oracles / "ols.csv").query("missing == 'complete_case'"))
    np.testing.assert_allclose(linear["p_refit"], linear["p_t"], rtol=1e-7)
    robust = joined(found, "robust", pd.read_csv(REFERENCE / "robust/hc2.csv").query("trait == 'qt'"))
    np.testing.assert_allclose(robust["standard_error"], robust["se"], rtol=1e-8)
    np.testing.assert_allclose(robust["p_refit"], robust["p"], rtol=1e-7)
    # Rows "complete_case" are there where something is missing; elsewhere they would be those of "mean".
    firth = pd.read_csv(oracles / "firth.csv").sort_values("missing").drop_duplicates("variant")
    penalised = joined(found, "case", firth)
    np.testing.assert_allclose(penalised["beta"], penalised["beta_r"], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(penalised["standard_error"], penalised["se_fisher"], rtol=1e-4)
    np.testing.assert_allclose(penalised["p_refit"], penalised["p_plr_logistf"], rtol=1e-4)


@pytest.mark.parametrize(("trait", "strata"), [("causes", False), ("causes_by_hospital", True)])
@pytest.mark.parametrize(("analysis", "table", "error"), [
    ("cause_specific", "cause_specific", "se"), ("subdistribution", "fine_gray", "robust_se"),
])  # fmt: skip
def test_competing_causes__with_delayed_entry_are_those_of_r(
    found: dict[str, LeadTables], trait: str, strata: bool, analysis: str, table: str, error: str
) -> None:
    theirs = pd.read_csv(REFERENCE / f"leads/{table}.csv").query(
        "time == 'monthly' and entry and ties == 'efron' and strata == @strata"
    )
    theirs["cause"] = theirs["cause"].map({1: "one", 2: "two"})
    ours = found[trait].sensitivity.query("analysis == @analysis").set_index(["variant_id", "cause"])
    both = ours.join(
        theirs.set_index(["variant", "cause"]).rename_axis(["variant_id", "cause"]), rsuffix="_r", how="inner"
    )
    assert len(both) == 10 and (both["status"] == "tested").all() and (both["n_competing"] > 0).all()
    np.testing.assert_allclose(both["beta"], both["beta_r"], rtol=1e-6)
    np.testing.assert_allclose(both["standard_error"], both[error], rtol=1e-5)


def test_another_endpoint__is_the_model_of_that_endpoint(found: dict[str, LeadTables], oracles: Path) -> None:
    """As death alone beside death or ventilation: the events of cause one, followed to the same exit."""
    answers = pd.read_csv(oracles / "coxph.csv").query(
        "missing == 'complete_case' and time == 'monthly_entry' and ties == 'efron'"
    )
    ours = found["causes"].sensitivity.query("analysis == 'first'").set_index("variant_id")
    both = ours.join(answers.set_index("variant"), rsuffix="_r", how="inner")
    assert len(both) >= 8
    np.testing.assert_allclose(both["beta"], both["beta_r"], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(both["p_value"], both["p_lrt"], rtol=1e-6)
    main = found["causes"].sensitivity.query("analysis == 'as analysed'").set_index("variant_id")
    assert (main.loc[both.index, "n_events"] > both["n_events"]).all()


def test_curves__by_genotype_are_survfit_with_delayed_entry(found: dict[str, LeadTables]) -> None:
    """Survival of the trait with one kind of event, incidence of the one with two."""
    survival, causes = found["strata"].curves, found["causes"].curves
    for row in pd.read_csv(REFERENCE / "leads/incidence.csv").itertuples():
        who = f"variant_id == '{row.variant}' and copies == {row.genotype} and time <= {row.time}"
        curve = survival.query(f"{who} and endpoint == 'survival'").iloc[-1]
        np.testing.assert_allclose(
            curve[["estimate", "lower", "upper"]].to_numpy(dtype=float), (row.survival, row.lower, row.upper), rtol=1e-9
        )
        for cause in ("one", "two"):
            steps = causes.query(f"{who} and endpoint == 'incidence' and cause == '{cause}'")
            estimate = steps["estimate"].iloc[-1] if len(steps) else 0.0
            np.testing.assert_allclose(estimate, getattr(row, cause), rtol=1e-9, atol=1e-14)


def test_groups__of_one_assay_are_the_whole(found: dict[str, LeadTables]) -> None:
    leads, groups = found["strata"].leads, found["strata"].groups
    assert (leads["groups_status"] == "one source assay").all() and len(groups) == len(leads)
    np.testing.assert_allclose(groups["beta"], leads["beta"], rtol=1e-9)


def test_separation__keeps_the_effect_of_the_scan_and_says_why(models: NullModels) -> None:
    """No event among the carriers: no finite hazard ratio; the likelihood ratio gives p all the same."""
    null = models.fit("strata", "")
    assert isinstance(null.model, CoxNull)
    dosage = np.zeros(len(models.people))
    dosage[null.people[~null.model.fit.sets.is_event][::9]] = 1.0
    tests = null.model.test_variants(dosage[None, null.people], VariantTestOptions(min_mac=1, min_expected_events=0))
    lead = pd.Series({"chromosome": 7, "base_pair_location": 1, "carrier_set": ""} | {
        name: getattr(tests, name)[0] for name in ("beta", "standard_error", "effect_method")})  # fmt: skip
    row = refit_lead(lead, dosage, models, "strata")
    assert row["refit_status"] == "no event among carriers: no finite effect" and row["n_carrier_events"] == 0
    assert 0 < row["p_refit"] < 1e-4 and np.isfinite(row["beta"]) and row["beta"] < 0
    assert np.isnan(row["ratio"]) and np.isnan(row["ph_p"])
