"""Carriers against the rest, each trait against software written by others."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from alsreg.config.panel import PanelConfig
from alsreg.config.traits import TraitSpecification
from alsreg.formats.pgen import PgenWriter
from alsreg.stats.cox_firth import refit_firth
from alsreg.stats.risk_sets import build_risk_sets
from alsreg.tables.panel import PANEL_CARRIERS, PANEL_COMPARISONS, PANEL_GENES, PANEL_PEOPLE, PANEL_REPEATS
from helpers.filled import fill
from helpers.sites import variants_of
from panel.compare_carriers import compare_groups_of_carriers

N = 240
SPECIFICATION = TraitSpecification(**{
    "traits": {
        "age": {"type": "quantitative", "column": "age_at_onset_years", "covariates": ["sex"]},
        "survival": {"type": "survival", "entry": "entry", "exit": "exit", "event": "event"},
        "slope": {"type": "longitudinal", "covariates_by_time": []},
        "bulbar": {"type": "binary", "column": "bulbar"},
    },
    "covariates": ["sex"],
})  # fmt: skip


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Everybody has an exome but the last 40, who have an array; carriers of GOOD (20) live shorter and fall ill earlier."""
    folder = tmp_path_factory.mktemp("carriers")
    rng = np.random.default_rng(4)
    k = np.arange(N)
    many, few = k % 10 == 0, k % 50 == 1
    people = pd.DataFrame({
        "#IID": [f"p{i}" for i in k], "assays": np.where(k < 200, "wes+array", "array"), "is_related": (k == 5).astype(int),
        "is_carrier_left_out": many.astype(int), "sex": rng.integers(0, 2, N), "age_at_onset_years": 60 - 9 * many + rng.normal(0, 7, N),
        "bulbar": rng.integers(0, 2, N), "entry": np.floor(rng.exponential(5, N)),
    })  # fmt: skip
    people["exit"] = people["entry"] + np.ceil(rng.exponential(np.where(many, 12, 30), N))
    people["event"] = rng.binomial(1, 0.8, N)
    people.to_csv(folder / "samples.tsv", sep="\t", index=False, na_rep="NA")
    visits = pd.DataFrame({"#IID": np.repeat(people["#IID"], 3), "months_since_registration": np.tile([0.0, 6, 12], N)})
    visits["total"] = (
        40 - 0.6 * visits["months_since_registration"] + np.repeat(rng.normal(0, 3, N), 3) + rng.normal(0, 1, 3 * N)
    )
    visits.to_csv(folder / "visits.tsv", sep="\t", index=False)
    with PgenWriter(folder / "g", people.rename(columns={"#IID": "IID"})[["IID"]].assign(SEX="F"), 1) as writer:
        writer.append(variants_of(["1_1_A_C"]), np.zeros((1, N), np.int8))
    genes = pd.DataFrame({"gene": ["GOOD", "FEW", "NONE", "C9orf72"], "tier": ["definitive", "moderate", "definitive", "definitive"],
                          "is_definitive": [True, False, True, True], "source": "x", "status": "assessed",
                          "repeat_status": "x", "list_version": "1", "list_sha256": "x"})  # fmt: skip
    PANEL_GENES.write(fill(PANEL_GENES, genes), folder / "genes.tsv")
    carriers = pd.concat(
        [people.loc[chosen, ["#IID"]].assign(gene=gene) for gene, chosen in (("GOOD", many), ("FEW", few))]
    )
    PANEL_CARRIERS.write(fill(PANEL_CARRIERS, carriers.rename(columns={"#IID": "person"}).assign(
        tier="x", variant_id="v", consequence="missense_variant", copies=1)), folder / "carriers.parquet")  # fmt: skip
    repeats = fill(PANEL_REPEATS, pd.DataFrame({"person": people["#IID"][:100], "gene": "C9orf72", "status": "called",
                                                "repeat_class": np.where(k[:100] % 20 == 3, "expanded", "normal")}))  # fmt: skip
    PANEL_REPEATS.write(repeats, folder / "repeats.parquet")
    PANEL_PEOPLE.write(
        fill(PANEL_PEOPLE, pd.DataFrame({"person": people["#IID"], "is_assessed": k < 200, "is_left_out": many})),
        folder / "people.parquet",
    )
    panel = {
        name: str(folder / f"{name}.{'tsv' if name == 'genes' else 'parquet'}")
        for name in ("genes", "carriers", "repeats", "people")
    }
    compare_groups_of_carriers(str(folder / "g"), (str(folder / "samples.tsv"), str(folder / "visits.tsv")), panel, SPECIFICATION,
                               (PanelConfig(), 10, ["wes"]), str(folder / "out.tsv"))  # fmt: skip
    table = PANEL_COMPARISONS.read(folder / "out.tsv").set_index(["kind", "carriers", "trait"])
    return table, people.assign(many=many.astype(float), few=few.astype(float), expanded=(k % 20 == 3).astype(float))


def test_groups__genes_tiers_and_repeats(compared) -> None:
    table, _ = compared
    groups = table.index.droplevel("trait").unique().tolist()
    assert groups == [("gene", "FEW"), ("gene", "GOOD"), ("tier", "definitive"), ("tier", "moderate"), ("definitive", "definitive genes"),
                      ("repeat", "C9orf72 expanded")]  # fmt: skip
    assert (table["status"] == "compared").all()
    # 200 assessed without one relative; carriers left out of single-variant tests stay; a quarter of the repeats' people.
    assert table.loc["gene", "GOOD", "age"][["n", "n_carriers"]].tolist() == [199, 20]
    assert table.loc["definitive", "definitive genes", "age"]["n_carriers"] == 25
    assert table.loc["repeat", "C9orf72 expanded", "age"][["n", "n_carriers"]].tolist() == [99, 5]


def test_onset__is_the_t_test_of_statsmodels(compared) -> None:
    table, people = compared
    rows = people[(people.index < 200) & (people["is_related"] == 0)]
    fit = sm.OLS(rows["age_at_onset_years"], sm.add_constant(rows[["sex", "many"]])).fit()
    row = table.loc["gene", "GOOD", "age"]
    assert row["beta"] == pytest.approx(fit.params["many"], rel=1e-9)
    assert row["standard_error"] == pytest.approx(fit.bse["many"], rel=1e-9)
    assert row["p_value"] == pytest.approx(fit.pvalues["many"], rel=1e-8) and row["p_value"] < 1e-4
    assert row["p_bonferroni"] == pytest.approx(6 * row["p_value"])


def test_survival__firth_where_events_are_few_else_cox(compared) -> None:
    table, people = compared
    rows = people[(people.index < 200) & (people["is_related"] == 0)]
    sets = build_risk_sets(
        *(rows[name].to_numpy(dtype=float) for name in ("entry", "exit")), rows["event"].to_numpy() == 1
    )
    few = table.loc["gene", "FEW", "survival"]
    expected = refit_firth(sets, rows[["sex"]].to_numpy(dtype=float), rows["few"].to_numpy(), "efron")
    assert few["method"] == "cox_firth" and few["p_value"] == pytest.approx(expected.p_lrt, rel=1e-6)
    many = table.loc["gene", "GOOD", "survival"]
    assert many["method"] == "cox" and many["beta"] > 0.4 and many["n_carrier_events"] > 10
    assert many["lower"] < many["beta"] < many["upper"]


def test_other_traits__methods(compared) -> None:
    table, _ = compared
    assert table.xs("slope", level="trait")["method"].eq("reml").all()
    assert table.xs("bulbar", level="trait")["method"].eq("firth").all()
    assert abs(table.loc["gene", "GOOD", "slope"]["beta"]) < 0.2
