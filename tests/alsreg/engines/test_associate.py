"""``alsreg associate`` on the cohort of the frozen answers: what R says, and what it says of bad input."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest
import yaml

from alsreg.formats.pgen import PgenReader, PgenWriter
from alsreg.tables.results import SUMMARY_STATISTICS, UNTESTABLE
from helpers.oracle_fileset import COVARIATES, TRAITS, associate, specify


@pytest.fixture(scope="module")
def results(inputs: Path) -> Path:
    assert associate(inputs, inputs / "out", "--min-mac", "1") == 0
    return inputs / "out"


@pytest.fixture(scope="module")
def names(oracles) -> pd.Series:
    """Oracle's name of a variant by position."""
    header = pd.read_csv(oracles / "genotypes.csv.gz", index_col=0, nrows=0).columns
    return pd.Series(header, index=10 * np.arange(1, len(header) + 1))


def read(results: Path, trait: str, names: pd.Series) -> pd.DataFrame:
    table = pd.read_csv(results / f"{trait}.tsv.gz", sep="\t", na_values="#NA", float_precision="round_trip")
    assert list(table.columns) == SUMMARY_STATISTICS.column_names
    return table.assign(variant=table["base_pair_location"].map(names)).set_index("variant")


def answers(oracles, table: str, **chosen: object) -> pd.DataFrame:
    frame = pd.read_csv(oracles / f"{table}.csv")
    for name, value in chosen.items():
        frame = frame[frame[name] == value]
    return frame.set_index("variant")


def test_quantitative__is_lm_on_complete_cases(results: Path, names: pd.Series, oracles) -> None:
    ours = read(results, "qt", names)
    theirs = answers(oracles, "ols", missing="complete_case")
    ours = ours.loc[theirs.index]
    assert len(ours) == 25 and (ours["n"] < 800).any()
    np.testing.assert_array_equal(ours["n"], theirs["n"])
    np.testing.assert_allclose(ours["beta"], theirs["beta"], rtol=1e-8)
    np.testing.assert_allclose(ours["standard_error"], theirs["se"], rtol=1e-8)
    np.testing.assert_allclose(ours["p_value"], theirs["p_t"], rtol=1e-7)


@pytest.mark.parametrize(
    ("trait", "table", "chosen"),
    [("survival", "coxph", {"time": "monthly_entry", "ties": "efron"}), ("case", "logit", {})],
)
def test_score__is_that_of_r(results: Path, names: pd.Series, oracles, trait: str, table: str, chosen: dict) -> None:
    ours = read(results, trait, names)
    theirs = answers(oracles, table, missing="mean", **chosen)
    both = ours.join(theirs, how="inner", rsuffix="_r").query("effect_method == 'score'")
    assert len(both) > 15 and (both["n_imputed"] > 0).any()
    chi2 = (both["beta"] / both["standard_error"]) ** 2
    np.testing.assert_allclose(chi2, both["score_chisq"], rtol=1e-6, atol=1e-9)


def test_survival__leads_are_coxph(results: Path, names: pd.Series, oracles) -> None:
    theirs = answers(oracles, "coxph", missing="complete_case", time="monthly_entry", ties="efron")
    both = read(results, "survival", names).query("effect_method == 'wald'").join(theirs, rsuffix="_r", how="inner")
    assert len(both) >= 2
    np.testing.assert_allclose(both["beta"], both["beta_r"], rtol=1e-6)
    np.testing.assert_allclose(both["standard_error"], both["se"], rtol=1e-6)


def test_slope__agrees_with_lmer(results: Path, names: pd.Series, oracles) -> None:
    """The scan's score is not lmer's Wald test: the two agree in size."""
    theirs = answers(oracles, "lmm_slope", reml=True)
    both = read(results, "slope", names).join(theirs, how="inner")
    assert len(both) == 8
    np.testing.assert_allclose(both["beta"], both["b_months_g"], atol=0.15 * both["se_months_g"].mean())


def test_outputs__indexed_described_and_complete(results: Path, names: pd.Series) -> None:
    for trait in TRAITS:
        tested, untestable = read(results, trait, names), UNTESTABLE.read(results / f"{trait}.untestable.tsv.gz")
        assert len(tested) + len(untestable) == len(names)
        assert (untestable["reason"].str.len() > 5).all()
        with pysam.TabixFile(str(results / f"{trait}.tsv.gz")) as index:
            assert len(list(index.fetch("7", 0, 100))) == (tested["base_pair_location"] <= 100).sum()
        about = yaml.safe_load((results / f"{trait}.tsv.gz-meta.yaml").read_text())
        assert about["genome_assembly"] == "GRCh38"
    assert list(pd.read_csv(results / "diagnostics.tsv", sep="\t")["trait"]) == list(TRAITS)
    power = pd.read_csv(results / "power.tsv", sep="\t")
    assert list(power["trait"].unique()) == list(TRAITS)
    for _, rows in power.groupby(["trait", "p_threshold"]):  # the rarer the allele, the larger the effect that is found
        assert rows["effect"].is_monotonic_decreasing and (rows["effect"] > 0).all()
    assert not list(results.glob(".*"))


def test_plain__is_the_same_text(inputs: Path, results: Path, tmp_path: Path) -> None:
    assert associate(inputs, tmp_path / "out", "--min-mac", "1", "--plain", "--threads", "1") == 0
    for trait in TRAITS:
        for name in (trait, f"{trait}.untestable"):
            text = gzip.decompress((results / f"{name}.tsv.gz").read_bytes())
            assert (tmp_path / "out" / f"{name}.tsv").read_bytes() == text
    made = {path.name for path in (tmp_path / "out").iterdir()}
    traits = list(TRAITS)
    assert made == {
        "diagnostics.tsv",
        "power.tsv",
        "relatedness.tsv",
        *(f"{t}.tsv" for t in traits),
        *(f"{t}.untestable.tsv" for t in traits),
    }


def test_fileset_out_of_order__has_the_same_results(inputs: Path, results: Path, tmp_path: Path) -> None:
    """Its variants are sorted, and genotypes are read here and there."""
    with PgenReader(inputs / "x") as reader:
        table, calls, people = reader.variants, reader.hardcalls(0, reader.n_variants), reader.samples
    order = np.random.default_rng(1).permutation(len(table))
    with PgenWriter(tmp_path / "x", people, len(table)) as writer:
        writer.append(table.iloc[order], np.ascontiguousarray(calls[order]))
    for name in ("samples.tsv", "traits.yaml"):
        shutil.copy(inputs / name, tmp_path / name)
    shutil.copytree(inputs / "tables", tmp_path / "tables")
    assert associate(tmp_path, tmp_path / "out", "--min-mac", "1") == 0
    for trait in TRAITS:
        name = f"{trait}.tsv.gz"
        assert gzip.decompress((tmp_path / "out" / name).read_bytes()) == gzip.decompress((results / name).read_bytes())


def test_variant_table_of_another_length__is_refused(
    inputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every row after the missing one would get its neighbour's genotypes."""
    for suffix in (".pgen", ".psam"):
        shutil.copy(inputs / f"x{suffix}", tmp_path / f"x{suffix}")
    with PgenReader(inputs / "x") as reader:
        table = reader.variants.drop(index=3).rename(columns={"CHROM": "#CHROM"})
    table.to_csv(tmp_path / "x.pvar", sep="\t", index=False)
    spec, samples = inputs / "traits.yaml", inputs / "samples.tsv"
    assert associate(tmp_path, tmp_path / "out", samples=samples, spec=spec) == 1
    assert "variants where the variant table has" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_command__runs_from_the_shell(inputs: Path, tmp_path: Path) -> None:
    spec = tmp_path / "qt.yaml"
    spec.write_text(specify({"qt": TRAITS["qt"]}, ["age"]))
    done = subprocess.run(
        [sys.executable, "-m", "alsreg.cli", "associate", "--pfile", inputs / "x", "--samples", inputs / "samples.tsv",
         "--spec", spec, "--out", tmp_path / "out"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "3 of 803 people" in done.stderr and (tmp_path / "out/qt.tsv.gz.tbi").exists()


# Changed columns of samples.tsv, traits, covariates more than usual: what the error says, and what it names.
BAD_COLUMNS = {
    "constant trait": ({"qt": 1.5}, {}, "qt", ["constant among the 800", "columns qt", "leave out the trait"]),
    "collinear": ({"age_months": "12*age"}, {}, "qt", ["age_months is a linear combination of age", "drop one"]),
    "constant covariate": ({"one": 1}, {}, "slope", ["['one']", "constant", "drop them"]),
    "separation": ({"perfect": "case"}, {}, "case", ["separate the 64 cases", "leave out the covariate"]),
    "one class": ({"case": 1}, {}, "case", ["constant", "columns case"]),
    "case codes": ({"case": "case+1"}, {}, "case", ["0 and 1 are expected", "column case", "1, 2", "recode"]),
    "event codes": ({"event": "event+1"}, {}, "survival", ["0 and 1 are expected", "column event", "1, 2", "recode"]),
    "no event": ({"event": 0}, {}, "survival", ["no event among 800", "event", "1 = happened"]),
    "one time": ({"entry": 0, "exit": 9}, {}, "survival", ["447 events happen at one time (9)", "exit", "Remedy"]),
    "entry at exit": (
        {"entry": "exit"},
        {},
        "survival",
        ["800 left out: entry at or after exit", "entry, exit", "check"],
    ),
    "no such column": ({}, {"strata": ["clinic"]}, "survival", ["no column 'clinic'", "hospital"]),
    "words": ({"qt": "hospital"}, {}, "qt", ["a number is expected", "column qt", "H1"]),
    "no visits of a value": ({}, {"value": "total"}, "slope", ["no column 'total'", "visits.tsv", "score"]),
}


@pytest.mark.parametrize("case", BAD_COLUMNS)
def test_bad_column__one_line_and_nothing_written(
    inputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    changes, described, trait, messages = BAD_COLUMNS[case]
    table = pd.read_csv(inputs / "samples.tsv", sep="\t")
    added = [name for name in changes if name not in table.columns]
    for name, value in changes.items():
        table[name] = table.eval(value) if isinstance(value, str) else value
    table.to_csv(tmp_path / "samples.tsv", sep="\t", index=False, na_rep="NA")
    (tmp_path / "tables").symlink_to(inputs / "tables")
    spec = tmp_path / "traits.yaml"
    spec.write_text(specify({trait: TRAITS[trait] | described}, COVARIATES + added))
    assert associate(inputs, tmp_path / "out", samples=tmp_path / "samples.tsv", spec=spec) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("alsreg: error:")
    assert [message for message in messages if message not in error] == [], error
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


BAD_FILES = {
    "twice": ("P0001\t{rest}\nP0001\t{rest}\n", "stands there twice"),
    "short line": ("P0001\t{rest}\nP0002\t1\n", "line 3"),
    "comma": ("", "no column #IID"),
    "strangers": ("nobody\t{rest}\n", "none of its people"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_samples__named(inputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str) -> None:
    lines = (inputs / "samples.tsv").read_text().splitlines()
    header, rest = lines[0], lines[1].split("\t", 1)[1]
    body, message = BAD_FILES[case]
    text = header + "\n" + body.format(rest=rest)
    (tmp_path / "samples.tsv").write_text(text.replace("\t", ",") if case == "comma" else text)
    assert associate(inputs, tmp_path / "out", samples=tmp_path / "samples.tsv") == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert message in error and "samples.tsv" in error
