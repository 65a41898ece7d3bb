"""What the scan makes of dosages, of X under both builds, of strata and of genotypes that cannot be tested."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from alsreg.formats.pgen import PgenWriter
from alsreg.stats.transform import rank_inverse_normal
from helpers.oracle_fileset import COVARIATES, TRAITS, associate, specify

REFERENCE = Path(__file__).resolve().parents[2] / "reference"
PLINK = REFERENCE / "plink2_dosage"
# Half a unit of PLINK's sixth digit, and its p of an approximated t distribution.
DIGITS, P_DIGITS = 2e-5, 1e-4
OTHER = {"GRCh37": "GRCh38", "GRCh38": "GRCh37"}


def read(folder: Path, trait: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{trait}.tsv.gz", sep="\t", na_values="#NA", float_precision="round_trip")


def untestable(folder: Path, trait: str) -> pd.Series:
    table = pd.read_csv(folder / f"{trait}.untestable.tsv.gz", sep="\t", na_values="#NA")
    return table.set_index("base_pair_location")["reason"]


@pytest.fixture(scope="module")
def imputed(oracles: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dosages on chromosome 1 and hard calls on X, as PLINK 2 was given them."""
    folder = tmp_path_factory.mktemp("imputed")
    table = pd.read_csv(PLINK / "dosages.tsv.gz", sep="\t", dtype={"chromosome": str})
    people = pd.read_csv(PLINK / "sex.tsv", sep="\t")
    assert list(table.columns[3:]) == list(people["#IID"])
    variants = pd.DataFrame({"CHROM": table["chromosome"], "POS": table["position"], "ID": table["id"]})
    samples = people.rename(columns={"#IID": "IID", "sex": "SEX"})[["IID", "SEX"]]
    with PgenWriter(folder / "x", samples, len(variants), has_dosages=True) as writer:
        writer.append(variants.assign(REF="A", ALT="C"), table.iloc[:, 3:].to_numpy(dtype=np.float32))
    covariates = pd.read_csv(oracles / "covariates.csv").rename(columns={"person": "#IID"})
    people.drop(columns="sex").merge(covariates.drop(columns="sex"), on="#IID").to_csv(
        folder / "samples.tsv", sep="\t", index=False
    )
    (folder / "traits.yaml").write_text(specify({name: TRAITS[name] for name in ("qt", "case")}, ["age", "pc1", "pc2"]))
    return folder


@pytest.mark.parametrize("build", ["GRCh37", "GRCh38"])
def test_dosages_and_x__are_those_of_plink(imputed: Path, tmp_path: Path, build: str) -> None:
    """Males 0 or 2, sex adjusted for and unknown sex left out on X alone, and not in the build's pseudoautosomal regions."""
    assert associate(imputed, tmp_path, "--build", build, "--min-mac", "1") == 0
    theirs = pd.read_csv(PLINK / f"linear.{build}.tsv", sep="\t")
    ours = read(tmp_path, "qt")
    assert len(ours) == len(theirs) == 28
    np.testing.assert_array_equal(ours["n"], theirs["OBS_CT"])
    np.testing.assert_allclose(ours["effect_allele_frequency"], theirs["A1_FREQ"], rtol=DIGITS)
    np.testing.assert_allclose(ours["beta"], theirs["BETA"], rtol=DIGITS)
    np.testing.assert_allclose(ours["standard_error"], theirs["SE"], rtol=DIGITS)
    np.testing.assert_allclose(ours["p_value"], theirs["P"], rtol=P_DIGITS)
    # In the other build's pseudoautosomal regions the five people of unknown sex come or go.
    differs = ours.loc[theirs["BETA"] != pd.read_csv(PLINK / f"linear.{OTHER[build]}.tsv", sep="\t")["BETA"]]
    assert set(differs["base_pair_location"] // 1000) == {2750, 155000}


def test_dosages__of_binary_traits_are_firths_of_plink(imputed: Path, tmp_path: Path) -> None:
    assert associate(imputed, tmp_path, "--min-mac", "1", "--max-p-refit", "0.05") == 0
    theirs = pd.read_csv(PLINK / "firth.tsv", sep="\t")
    both = read(tmp_path, "case").head(16).assign(**theirs.add_prefix("plink_"))
    complete = both[(both["effect_method"] == "firth") & (both["n_imputed"] == 0)]
    assert len(complete) >= 2
    np.testing.assert_allclose(complete["beta"], complete["plink_BETA"], rtol=1e-4)
    np.testing.assert_allclose(complete["standard_error"], complete["plink_SE"], rtol=1e-3)


@pytest.fixture(scope="module")
def options(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Traits with every option that the frozen answers speak of."""
    folder = tmp_path_factory.mktemp("options")
    traits = {
        "robust": TRAITS["qt"] | {"standard_errors": "robust"},
        "ranked": TRAITS["qt"] | {"transform": "rank_inverse_normal"},
        "efron": TRAITS["survival"] | {"strata": ["hospital"]},
        "breslow": TRAITS["survival"] | {"strata": ["hospital"], "ties": "breslow"},
    }
    spec = folder / "traits.yaml"
    spec.write_text(specify(traits))
    assert associate(inputs, folder / "out", "--min-mac", "1", "--max-p-refit", "0.001", spec=spec) == 0
    return folder / "out"


@pytest.fixture(scope="module")
def names(oracles: Path) -> pd.Series:
    header = pd.read_csv(oracles / "genotypes.csv.gz", index_col=0, nrows=0).columns
    return pd.Series(header, index=10 * np.arange(1, len(header) + 1))


def by_name(folder: Path, trait: str, names: pd.Series) -> pd.DataFrame:
    table = read(folder, trait)
    return table.assign(variant=table["base_pair_location"].map(names)).set_index("variant")


def test_robust__is_clubsandwich(options: Path, names: pd.Series) -> None:
    theirs = pd.read_csv(REFERENCE / "robust/hc2.csv").query("trait == 'qt'").set_index("variant")
    ours = by_name(options, "robust", names).loc[theirs.index]
    assert set(ours["p_method"]) == {"robust_t"} and len(ours) > 25
    np.testing.assert_allclose(ours["beta"], theirs["beta"], rtol=1e-8)
    np.testing.assert_allclose(ours["standard_error"], theirs["se"], rtol=1e-8)
    np.testing.assert_allclose(ours["p_value"], theirs["p"], rtol=1e-7)


def test_ranked__adjusts_again_in_the_second_stage(options: Path, names: pd.Series, oracles: Path) -> None:
    """Least squares of the ranked residuals on genotype and covariates, complete cases of the genotype."""
    x, g = (pd.read_csv(oracles / name, index_col=0) for name in ("covariates.csv", "genotypes.csv.gz"))
    z = rank_inverse_normal(pd.read_csv(oracles / "phenotypes.csv", index_col=0)["qt"], x)
    ours = by_name(options, "ranked", names)
    for variant in ("C01", "C02", "D03"):
        typed = g[variant].notna().to_numpy()
        design = sm.add_constant(np.column_stack([g[variant], x[COVARIATES]]))[typed]
        adjusted = sm.OLS(z[typed], design).fit()
        np.testing.assert_allclose(ours.loc[variant, "beta"], adjusted.params[1], rtol=1e-8)
        np.testing.assert_allclose(ours.loc[variant, "p_value"], adjusted.pvalues[1], rtol=1e-7)
        once = sm.OLS(z[typed], design[:, :2]).fit()
        assert abs(once.pvalues[1] / ours.loc[variant, "p_value"] - 1) > 1e-4


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_strata__are_those_of_coxph(options: Path, names: pd.Series, ties: str) -> None:
    theirs = pd.read_csv(REFERENCE / "associate/strata.csv").query("ties == @ties").set_index("variant")
    both = by_name(options, ties, names).join(theirs, rsuffix="_r", how="inner")
    scored, refitted = (both[both["effect_method"] == name] for name in ("score", "wald"))
    assert len(scored) > 10 and len(refitted) >= 1
    chi2 = (scored["beta"] / scored["standard_error"]) ** 2
    np.testing.assert_allclose(chi2, scored["score_chisq"], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(refitted["beta"], refitted["beta_r"], rtol=1e-6)
    np.testing.assert_allclose(refitted["standard_error"], refitted["se"], rtol=1e-6)


def test_strata__of_one_level_are_none_and_said(inputs: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    table = pd.read_csv(inputs / "samples.tsv", sep="\t").assign(hospital="H1")
    table.to_csv(tmp_path / "samples.tsv", sep="\t", index=False, na_rep="NA")
    spec = tmp_path / "traits.yaml"
    spec.write_text(specify({"one": TRAITS["survival"] | {"strata": ["hospital"]}, "none": TRAITS["survival"]}))
    assert associate(inputs, tmp_path / "out", samples=tmp_path / "samples.tsv", spec=spec) == 0
    assert "stratum hospital has one level among the 800 people" in caplog.text
    pd.testing.assert_frame_equal(read(tmp_path / "out", "one"), read(tmp_path / "out", "none"))


def test_people_never_at_risk__are_counted(inputs: Path, tmp_path: Path) -> None:
    table = pd.read_csv(inputs / "samples.tsv", sep="\t").set_index("#IID")
    table.loc[["P0001", "P0002"], "entry"] = table.loc[["P0001", "P0002"], "exit"]
    table.loc["P0003", "age"] = np.nan
    table.to_csv(tmp_path / "samples.tsv", sep="\t", na_rep="NA")
    spec = tmp_path / "traits.yaml"
    spec.write_text(specify({"survival": TRAITS["survival"]}))
    assert associate(inputs, tmp_path / "out", samples=tmp_path / "samples.tsv", spec=spec) == 0
    row = pd.read_csv(tmp_path / "out/diagnostics.tsv", sep="\t").iloc[0]
    assert row["n"] == 797
    assert row["left_out"] == "2 left out: entry at or after exit; 1 left out: a covariate is missing"


BAD_GENOTYPES = {
    "nobody typed": lambda case, event: np.full(len(case), -9),
    "monomorphic": lambda case, event: np.zeros(len(case)),
    "all alternative": lambda case, event: np.full(len(case), 2),
    "all heterozygous": lambda case, event: np.ones(len(case)),
    "one carrier": lambda case, event: np.arange(len(case)) == 0,
    "cases alone": lambda case, event: case * (np.arange(len(case)) % 2),
    "nobody with an event": lambda case, event: (1 - event) * (np.arange(len(case)) % 3 == 0),
}
REASONS = {
    "nobody typed": "no genotypes", "monomorphic": "monomorphic", "all alternative": "monomorphic",
    "all heterozygous": "monomorphic", "one carrier": "mac < 5",
}  # fmt: skip


def test_bad_genotypes__have_a_reason_or_a_number_and_never_neither(
    inputs: Path, oracles: Path, tmp_path: Path
) -> None:
    """Separation by the genotype: Firth's effect is finite; the effect of a hazard is the score's, p a likelihood's."""
    case = pd.read_csv(oracles / "phenotypes.csv")["case"].to_numpy()
    event = pd.read_csv(oracles / "survival.csv")["event"].to_numpy()
    people = pd.read_csv(oracles / "phenotypes.csv")["person"]
    calls = np.array([np.asarray(make(case, event)) for make in BAD_GENOTYPES.values()]).astype(np.int8)
    variants = pd.DataFrame({"CHROM": "1", "POS": np.arange(1, len(calls) + 1), "REF": "A", "ALT": "C"})
    with PgenWriter(tmp_path / "x", pd.DataFrame({"IID": people, "SEX": "unknown"}), len(calls)) as writer:
        writer.append(variants.assign(ID=list(BAD_GENOTYPES)), calls)
    out = tmp_path / "out"
    paths = {"samples": inputs / "samples.tsv", "spec": inputs / "traits.yaml"}
    assert associate(tmp_path, out, "--min-mac", "5", "--min-expected-events", "1", **paths) == 0
    for trait in TRAITS:
        reasons, tested = untestable(out, trait), read(out, trait).set_index("base_pair_location")
        assert len(reasons) + len(tested) == len(calls)
        assert tested[["beta", "standard_error", "p_value"]].notna().all(axis=None)
        for place, name in enumerate(BAD_GENOTYPES, start=1):
            if name in REASONS:
                assert reasons[place] == REASONS[name]
    cases = read(out, "case").set_index("base_pair_location").loc[6]
    assert (cases["effect_method"], cases["p_value"] < 1e-10) == ("firth", True) and 2 < cases["beta"] < 10
    alive = read(out, "survival").set_index("base_pair_location").loc[7]
    assert alive["beta"] < -0.3 and 0 < alive["p_value"] < 1e-10
    assert alive["p_method"] in ("signed_root_lrt", "saddlepoint")
