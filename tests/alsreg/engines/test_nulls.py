"""Who is analysed, how covariates are coded, and filesets that know no assays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from alsreg.config.traits import TraitSpecification
from alsreg.engines.local import score_fileset
from alsreg.engines.nulls import FITTED, NullModels
from alsreg.engines.people import encode_covariates, read_people
from alsreg.engines.variants import FilesetVariants
from alsreg.errors import InputError
from alsreg.formats.pgen import PgenWriter
from alsreg.stats.null import VariantTestOptions
from alsreg.stats.splines import natural_spline, place_knots
from alsreg.tables.results import VARIANT_TESTS

N = 120
SPECIFICATION = TraitSpecification(
    traits={
        "age": {"type": "quantitative", "column": "age"},
        "ranked": {"type": "quantitative", "column": "age", "transform": "rank_inverse_normal"},
        "bulbar": {"type": "binary", "column": "bulbar"},
        "survival": {"type": "survival", "entry": "entry", "exit": "exit", "event": "event", "strata": ["site"]},
        "slope": {"type": "longitudinal", "covariates_by_time": ["sex"]},
    },
    covariates=["sex", "pc"],
)


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    entry = rng.integers(0, 10, N)
    return pd.DataFrame(
        {
            "#IID": [f"P{i}" for i in range(N)],
            "assays": np.where(np.arange(N) < 4, "wgs", np.where(np.arange(N) < 60, "wes+array", "array")),
            "is_related": np.arange(N) == 7,
            "sex": rng.choice(["F", "M"], N),
            "pc": rng.normal(size=N),
            "site": rng.choice(["S1", "S2", "S3"], N),
            "age": rng.normal(60, 10, N),
            "bulbar": rng.binomial(1, 0.4, N),
            "entry": entry,
            "exit": entry + rng.integers(0, 30, N),
            "event": rng.binomial(1, 0.7, N),
        }
    )


def models(table: pd.DataFrame, folder: Path, **changes: object) -> NullModels:
    table.to_csv(folder / "samples.tsv", sep="\t", index=False, na_rep="NA")
    rng = np.random.default_rng(2)
    visits = pd.DataFrame(
        {"#IID": np.repeat(table["#IID"].to_numpy(), 3), "months_since_registration": np.tile([0, 4, 9], len(table))}
    )
    visits["total"] = 40 - 0.5 * visits["months_since_registration"] + rng.normal(0, 2, len(visits))
    visits.to_csv(folder / "visits.tsv", sep="\t", index=False)
    specification = TraitSpecification(**(SPECIFICATION.model_dump() | changes))
    ids = [f"P{i}" for i in range(N)]
    return NullModels(read_people(ids, folder / "samples.tsv", folder / "visits.tsv"), specification)


def test_people_of_a_carrier_set(table: pd.DataFrame, tmp_path: Path) -> None:
    """The four with WGS are too few a source; wes+array: who has both counts as wes."""
    table.loc[20, "age"] = np.nan
    fitted = models(table, tmp_path).fit("age", "wgs+wes+array")
    assert fitted.status == FITTED
    assert set(fitted.people) == set(range(4, N)) - {7, 20}
    assert fitted.left_out == {
        "related to someone analysed": 1,
        "the trait is missing": 1,
        "one of fewer than 10 people with genotypes from wgs": 4,
    }
    assert fitted.covariates[-1] == "assay=wes"  # array is the more frequent source
    assert set(models(table, tmp_path).fit("age", "wes").people) == set(range(4, 60)) - {7, 20}
    assert models(table, tmp_path).fit("age", "wgs").n_events == 4  # all of a set may come from a small source


def test_survival_leaves_out_people_never_at_risk(table: pd.DataFrame, tmp_path: Path) -> None:
    table["exit"] = table["exit"].astype(float)
    table.loc[30, "exit"] = np.nan
    fitted = models(table, tmp_path).fit("survival", "array")
    never = (table["entry"] >= table["exit"]) & (np.arange(N) >= 4) & ~table["is_related"]
    assert fitted.left_out["entry at or after exit"] == never.sum() > 0
    assert fitted.left_out["a survival time is missing"] == 1
    assert fitted.covariates[-1] == "3 strata"
    assert fitted.n_events == fitted.model.n_events == table["event"].to_numpy()[fitted.people].sum()


def test_the_assay_multiplies_time_where_anything_does(table: pd.DataFrame, tmp_path: Path) -> None:
    fitted = models(table, tmp_path).fit("slope", "wes+array")
    assert fitted.status == FITTED
    assert {"time x assay=wes", "time x sex=M"} & set(fitted.covariates) or "time x sex=F" in fitted.covariates
    assert "time x assay=wes" in fitted.covariates and "time x pc" not in fitted.covariates
    plain = SPECIFICATION.model_dump()["traits"] | {"slope": {"type": "longitudinal"}}
    assert not any("time x" in c for c in models(table, tmp_path, traits=plain).fit("slope", "wes+array").covariates)


def test_a_curve_of_mean_decline_has_the_same_knots_in_every_carrier_set(table: pd.DataFrame, tmp_path: Path) -> None:
    """By hand: the spline by the visits of everybody, whoever is analysed."""
    traits = SPECIFICATION.model_dump()["traits"]
    traits["slope"] |= {"n_knots": 3}
    found = models(table, tmp_path, traits=traits)
    time = np.tile([0.0, 4.0, 9.0], N)
    curve = natural_spline(time, place_knots(time, 3)).reshape(N, 3)
    for carrier_set in ("wes+array", "wes"):
        fitted = found.fit("slope", carrier_set)
        assert fitted.status == FITTED and fitted.covariates[-1] == "spline of time, 3 knots"
        assert fitted.model.design.n_curve == 1
        np.testing.assert_allclose(fitted.model.sums.zz[:, 2, 0], curve[fitted.people].sum(axis=1))
    # Three times of visits bear no more bends.
    traits["slope"] |= {"n_knots": 4}
    assert "knots of the spline coincide" in models(table, tmp_path, traits=traits).fit("slope", "wes").status


def test_levels_become_columns_against_the_most_frequent(table: pd.DataFrame, tmp_path: Path) -> None:
    table["site"] = ["S2"] * 60 + ["S1"] * 40 + ["S3"] * 20
    people = models(table, tmp_path).people
    matrix, names = encode_covariates(people, ["pc", "site"], np.arange(N))
    assert names == ["pc", "site=S1", "site=S3"]
    np.testing.assert_array_equal(matrix[:, 1], table["site"] == "S1")
    assert encode_covariates(people, ["site"], np.arange(60))[1] == []


@pytest.mark.parametrize(
    ("column", "values", "trait", "message"),
    [
        ("event", [1, 2] * 60, "survival", "0 and 1 are expected.*column event|column event: 0 and 1.*1, 2"),
        ("bulbar", ["yes", "no"] * 60, "bulbar", "0 and 1 are expected.*no, yes"),
        ("age", ["old", "60"] * 60, "age", "a number is expected.*old"),
    ],
)
def test_wrong_codes_are_named(
    table: pd.DataFrame, tmp_path: Path, column: str, values: list[object], trait: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        models(table.assign(**{column: values}), tmp_path).fit(trait)


def test_absent_columns_and_people_are_named(table: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column 'pc'"):
        models(table.drop(columns="pc"), tmp_path).fit("age")
    with pytest.raises(InputError, match="none of its people"):
        models(table.assign(**{"#IID": [f"Q{i}" for i in range(N)]}), tmp_path)
    twice = table.copy()
    twice.loc[1, "#IID"] = "P0"
    with pytest.raises(InputError, match="stands there twice"):
        models(twice, tmp_path)
    unlisted = models(table.iloc[:100], tmp_path).fit("age")
    assert unlisted.left_out["not in the samples table"] == 20


def test_predicted_slopes_are_no_outcome() -> None:
    with pytest.raises(ValidationError, match="type longitudinal"):
        TraitSpecification(traits={"s": {"type": "quantitative", "column": "slope_blup_per_month"}})


def test_robust_errors_are_of_unrelated_people() -> None:
    robust = {"type": "quantitative", "column": "age", "standard_errors": "robust"}
    assert TraitSpecification(traits={"s": robust}).relatedness == "exclude"
    with pytest.raises(ValidationError, match="exclude"):
        TraitSpecification(traits={"s": robust}, relatedness="mixed")


def test_a_plain_fileset_has_everybody_everywhere(table: pd.DataFrame, tmp_path: Path) -> None:
    """No assays, no relatives: all traits on all people, chromosome Y with a reason."""
    rng = np.random.default_rng(3)
    variants = pd.DataFrame({"CHROM": ["1", "X", "Y"], "POS": [5, 6, 7], "REF": "C", "ALT": "T"})
    variants["ID"] = ["rs12", "other", "rs3"]
    samples = pd.DataFrame({"IID": [f"P{i}" for i in range(N)], "SEX": "unknown"})
    with PgenWriter(tmp_path / "f", samples, 3) as writer:
        writer.append(variants, rng.binomial(2, 0.3, (3, N)).astype(np.int8))
    rows = FilesetVariants(tmp_path / "f").table()
    null = models(table.drop(columns=["assays", "is_related"]), tmp_path)
    outputs = {trait: tmp_path / f"{trait}.parquet" for trait in null.traits}
    score_fileset(tmp_path / "f", rows, null, VariantTestOptions(), outputs)
    for trait in null.traits:
        results = VARIANT_TESTS.read(outputs[trait])
        assert list(results["status"]) == ["tested", "tested", "chromosome Y is not tested"]
        assert list(results["variant_id"][:2]) == ["1_5_C_T", "X_6_C_T"] and results["chromosome"][1] == 23
        assert results["rs_id"][0] == "rs12" and pd.isna(results["rs_id"][1])
        if trait != "survival":
            assert (results["n"] == N).all()


def test_another_fileset_is_refused(table: pd.DataFrame, tmp_path: Path) -> None:
    samples = pd.DataFrame({"IID": [f"P{i}" for i in range(N)], "SEX": "F"})
    variants = pd.DataFrame({"CHROM": "1", "POS": [5], "REF": "C", "ALT": "T", "ID": "v"})
    with PgenWriter(tmp_path / "f", samples, 1) as writer:
        writer.append(variants, np.zeros((1, N), dtype=np.int8))
    rows = FilesetVariants(tmp_path / "f").table().set_column(2, "base_pair_location", [[6]])
    with pytest.raises(InputError, match="not that of the genotype file"):
        score_fileset(tmp_path / "f", rows, models(table, tmp_path), VariantTestOptions(), {})


def test_heavy_tails_are_warned_of(table: pd.DataFrame, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Not once the trait is transformed to ranks."""
    models(table, tmp_path).fit("age", "")
    table["age"] = np.random.default_rng(3).lognormal(0, 1, N)
    skewed = models(table, tmp_path)
    skewed.fit("ranked", "")
    assert "heavy tails" not in caplog.text
    skewed.fit("age", "")
    assert "trait age" in caplog.text and "rank_inverse_normal" in caplog.text
