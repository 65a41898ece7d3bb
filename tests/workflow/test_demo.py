"""The demo as a user runs it: what was planted is found, and nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from helpers.byte_search import files_with
from workflow.running import ROOT, run, write_config

GENOME_WIDE = 5e-8
MIN_POWER = 0.9
LOCUS = 500_000  # base pairs around a planted variant that its linkage disequilibrium may reach


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Results and data of a whole run of the demo registry."""
    from alsreg.cli import main

    folder = tmp_path_factory.mktemp("demo")
    assert main(["simulate", "--preset", "demo", "--seed", "1", "--out", str(folder / "data")]) == 0
    settings = yaml.safe_load((ROOT / "config/demo.yaml").read_text())
    done = run(
        folder / "results",
        write_config(folder / "demo.yaml", folder / "data/freeze.yaml", identity=settings["identity"]),
    )
    assert done.returncode == 0, done.stdout[-6000:]
    return folder / "results", folder / "data"


@pytest.fixture(scope="module")
def truth(demo: tuple[Path, Path]) -> dict:
    return json.loads((demo[1] / "truth.json").read_text())


def summary(results: Path, trait: str) -> pd.DataFrame:
    return pd.read_csv(results / f"association/demo/all/{trait}.tsv.gz", sep="\t")


def planted_near(truth: dict, trait: str, table: pd.DataFrame) -> np.ndarray:
    """Rows within the locus of an effect planted on the trait, the burdened gene included."""
    places = [(e["chromosome"], e["position"]) for e in truth["effects"] if e["trait"] == trait]
    gene = truth["burdened_gene"]
    if gene["trait"] == trait:
        places += [tuple(variant.split("_")[:2]) for variant in gene["variants"]]
    near = np.zeros(len(table), dtype=bool)
    for chromosome, position in places:
        number = 23 if chromosome == "X" else int(chromosome)
        near |= (table["chromosome"] == number) & ((table["base_pair_location"] - int(position)).abs() <= LOCUS)
    return near


def test_effects__with_power_are_recovered(demo: tuple[Path, Path], truth: dict) -> None:
    strong = [effect for effect in truth["effects"] if effect["power"]["genome_wide"] >= MIN_POWER]
    assert {effect["trait"] for effect in strong} == {"age_at_onset", "slope", "survival", "bulbar_onset"}
    missed = []
    for effect in strong:
        row = summary(demo[0], effect["trait"]).set_index("variant_id").loc[effect["variant_id"]]
        assert row["effect_allele"] == effect["effect_allele"]
        if not (row["p_value"] < GENOME_WIDE and np.sign(row["beta"]) == np.sign(effect["effect"])):
            missed.append((effect["trait"], effect["variant_id"], row["p_value"], row["beta"]))
    assert missed == []


def test_effects__estimates_cover_the_truth(demo: tuple[Path, Path], truth: dict) -> None:
    """Together within what chance allows: chi-square over all effects at 1e-4."""
    z = []
    for effect in truth["effects"]:
        row = summary(demo[0], effect["trait"]).set_index("variant_id").loc[effect["variant_id"]]
        z.append((row["beta"] - effect["effect"]) / row["standard_error"])
    # Estimates of large effects from score tests and the attenuation of a marginal hazard ratio are biased towards 0.
    assert stats.chi2.sf(np.sum(np.clip(np.abs(z) - 1.0, 0, None) ** 2), len(z)) > 1e-4


def test_hits__unplanted_ones_are_as_rare_as_chance(demo: tuple[Path, Path], truth: dict) -> None:
    for alpha in (GENOME_WIDE, 1e-5):
        n_tests = n_loci = 0
        for trait in ("age_at_onset", "slope", "survival", "bulbar_onset"):
            table = summary(demo[0], trait)
            table = table[~planted_near(truth, trait, table)]
            n_tests += len(table)
            hits = table[table["p_value"] < alpha]
            n_loci += len(
                {(c, b // LOCUS) for c, b in zip(hits["chromosome"], hits["base_pair_location"], strict=True)}
            )
        assert n_loci <= stats.poisson.isf(1e-3, n_tests * alpha), alpha


def test_faults__samples_are_found(demo: tuple[Path, Path], truth: dict) -> None:
    results, faults = demo[0], truth["faults"]
    persons = pd.read_csv(results / "identity/demo/persons.tsv", sep="\t").set_index(["assay", "sample"])
    qc = pd.concat(pd.read_csv(path, sep="\t") for path in sorted((results / "sample_qc/demo").glob("*.tsv")))
    qc = qc.set_index(["assay", "sample"])
    for fault, flag in (("contaminated", "is_contaminated"), ("low_call_rate", "is_low_call_rate")):
        for spoiled in faults[fault]:
            row = qc.loc[(spoiled["assay"], spoiled["sample"])]
            assert bool(row["is_excluded"]), (fault, spoiled)
            assert bool(row[flag]), (fault, spoiled)
            assert not bool(persons.loc[(spoiled["assay"], spoiled["sample"]), "is_usable"])
    for swap in faults["swaps"]:
        for sample, claimed in zip(swap["samples"], swap["persons"], strict=True):
            row = persons.loc[(swap["assay"], sample)]
            assert not bool(row["is_usable"]) or row["person"] != row["claimed_person"], (sample, claimed)
    for mismatch in faults["sex_mismatches"]:
        assert qc.loc[qc["claimed_person"] == mismatch["person"], "is_sex_mismatch"].any(), mismatch
    pairs = pd.read_csv(results / "identity/demo/pairs.tsv", sep="\t")
    assert (pairs["finding"] == "swap").any()
    assert (pairs["finding"] == "unexpected_same").any()


def test_faults__clinical_rows_are_named(demo: tuple[Path, Path], truth: dict) -> None:
    issues = pd.read_csv(demo[0] / "registry/demo/issues.tsv", sep="\t", dtype=str)
    named = set(zip(issues["file"], issues["row"], issues["column"], issues["person"], strict=True))
    rows = truth["faults"]["clinical_rows"]
    assert len(rows) >= 9
    assert [row for row in rows if (row["file"], str(row["row"]), row["column"], row["person"]) not in named] == []


def test_burdened_gene__is_near_the_top(demo: tuple[Path, Path], truth: dict) -> None:
    gene = truth["burdened_gene"]
    table = pd.read_csv(demo[0] / f"burden/demo/all/{gene['trait']}.genes.tsv", sep="\t")
    best = table[table["p_value"].notna()].groupby("gene")["p_value"].min().sort_values()
    assert gene["power"]["bonferroni"] >= MIN_POWER
    assert best[gene["gene"]] < 0.05 / len(best)


def test_summary_statistics__are_sorted_whole_and_indexed(demo: tuple[Path, Path]) -> None:
    import pysam

    path = demo[0] / "association/demo/all/survival.tsv.gz"
    table = summary(demo[0], "survival")
    assert set(table["chromosome"]) >= set(range(1, 23))
    assert not table.iloc[:, :9].isna().any().any()
    assert table.equals(table.sort_values(["chromosome", "base_pair_location"], kind="stable"))
    with pysam.TabixFile(str(path)) as tabix:
        row = table.iloc[len(table) // 2]
        found = list(tabix.fetch(str(row["chromosome"]), row["base_pair_location"] - 1, row["base_pair_location"]))
    assert any(row["variant_id"] in line for line in found)


def test_jobs__are_few(demo: tuple[Path, Path]) -> None:
    assert len(list((demo[0] / "benchmarks").rglob("*.tsv"))) < 120


def test_purge__of_a_whole_results_folder_leaves_nothing_of_the_person(
    demo: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of somebody whose sample bears another's label, by a search through the bytes of all that is left."""
    from alsreg.cli import main

    results = tmp_path / "results"
    shutil.copytree(demo[0], results)
    ledger = pd.read_csv(results / "identity/demo/persons.tsv", sep="\t", dtype=str)
    swapped = ledger[ledger["person"].notna() & (ledger["person"] != ledger["claimed_person"])].iloc[0]
    own = ledger[(ledger["person"] == swapped["person"]) | (ledger["claimed_person"] == swapped["person"])]
    words = [swapped["person"], *own["sample"]]
    kinds = {path.rsplit(".", 1)[-1] for path in files_with(results, words)}
    assert {"parquet", "psam", "tsv"} <= kinds
    assert main(["purge", "--person", swapped["person"], "--results", str(results), "--yes"]) == 0
    assert f"\t{swapped['assay']}\t{swapped['sample']}\n" in capsys.readouterr().out
    assert files_with(results, words) == []
    assert '"action": "purge"' in (results / "audit/registry.jsonl").read_text()
