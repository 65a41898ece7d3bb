"""Where a genotype came from, against the assays' own filesets."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.cli import main
from alsreg.config.freeze import Cohort
from alsreg.config.identity import IdentityConfig
from alsreg.config.merge import MergeConfig
from alsreg.formats.pgen import PgenReader
from alsreg.workflow.source import COLUMNS, find_sources
from helpers.three_assays import SHARDS, Registry, build
from identity.compare_samples import compare_samples
from identity.resolve_persons import ReviewFiles, resolve_persons
from merge.merge_assays import PersonTables, merge_assays

ASSAYS = ["wgs", "wes", "array"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Registry]:
    """A results folder as far as merge, for two policies; persons 12 and 20 exchanged their array samples."""
    registry = build(tmp_path_factory.mktemp("source"), swaps={"array": (12, 20)}, error=0.02)
    results = registry.folder / "results"
    ledger = results / "identity/f/persons.tsv"
    ledger.parent.mkdir(parents=True)
    pairs, samples, settings = str(ledger.parent / "pairs.tsv"), registry.sample_tables(ASSAYS), IdentityConfig()
    compare_samples(registry.pgens(ASSAYS), registry.variant_tables(ASSAYS), samples, ASSAYS, settings, pairs)
    outputs = (str(ledger), str(ledger.parent / "overrides.tsv"))
    resolve_persons(pairs, samples, registry.patients, ReviewFiles(), settings, outputs)
    for policy in ("priority", "missing"):
        for k, shard in enumerate(SHARDS):
            merge_assays(
                registry.pgens(ASSAYS)[k::2], registry.variant_tables(ASSAYS)[k::2],
                PersonTables(str(ledger), registry.patients, pairs), Cohort(assays=ASSAYS),
                MergeConfig(discordance_policy=policy), str(results / f"merge/f/{policy}/{shard}"),
            )  # fmt: skip
    shutil.copytree(registry.folder / "ingest", results / "ingest/f")
    for path in (registry.folder / "variant_qc").glob("*/*.parquet"):
        target = results / f"variant_qc/f/{path.parent.name}/{path.stem}.variants.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return results, registry


def sources(results: Path, person: str, variant: str) -> pd.DataFrame:
    return pd.DataFrame(find_sources(results, person, variant), columns=COLUMNS).set_index(["cohort", "assay"])


def genotypes(registry: Registry, sample: str, shard: str) -> pd.Series:
    assay = sample.rstrip("0123456789")
    with PgenReader(registry.folder / f"ingest/{assay}/{shard}") as reader:
        column = list(reader.samples["IID"]).index(sample)
        return pd.Series(reader.hardcalls(0, reader.n_variants)[:, column], index=list(reader.variants["ID"]))


def test_every_assay_says_what_its_fileset_holds(finished) -> None:
    results, registry = finished
    calls = {assay: genotypes(registry, f"{assay}{20 if assay == 'array' else 12}", "one") for assay in ASSAYS}
    table = pd.concat(calls, axis=1, join="inner")
    alleles = {-9: None, 0: "A/A", 1: "A/G", 2: "G/G"}
    differing = table[(table["wgs"] >= 0) & (table["array"] >= 0) & (table["wgs"] != table["array"])].index[0]
    missing = table[(table["wgs"] < 0) & (table["wes"] >= 0)].index[0]
    agreeing = table[(table >= 0).all(axis=1) & table.eq(table["wgs"], axis=0).all(axis=1)].index[0]
    for variant in (differing, missing, agreeing):
        found = sources(results, "P12", variant).loc["priority"]
        assert found["genotype"].where(found["genotype"].notna(), None).to_dict() == {
            assay: alleles[table.loc[variant, assay]] for assay in ASSAYS
        }
        assert found["sample"].to_dict() == {"wgs": "wgs12", "wes": "wes12", "array": "array20"}
        kept = next(assay for assay in ASSAYS if table.loc[variant, assay] >= 0)
        assert found.index[found["is_kept"]].tolist() == [kept]
    assert found["why"].tolist() == ["used", "of lower priority", "of lower priority"]
    assert sources(results, "P12", missing).loc[("priority", "wgs"), "why"] == "no call"
    conflict = sources(results, "P12", differing).loc["missing"]
    assert not conflict["is_kept"].any()
    assert "assays differ and none is kept" in set(conflict["why"])


def test_assays_without_the_person_or_the_variant_say_so(finished) -> None:
    results, registry = finished
    only = set(registry.carried["array"]) - set(registry.carried["wes"])
    variant = registry.variants["ID"].iloc[min(only)]
    found = sources(results, "P01", variant).loc["priority"]
    assert found.loc["wes", "why"] == "no usable sample of the person"
    assert sources(results, "P12", variant).loc[("priority", "wes"), "why"] == "not in this assay"


def test_command_prints_a_table_and_names_what_is_unknown(finished, capsys: pytest.CaptureFixture[str]) -> None:
    results, registry = finished
    variant = registry.variants["ID"].iloc[int(np.min(registry.carried["array"]))]
    assert main(["source", "--person", "P12", "--variant", variant, "--results", str(results)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split("\t") == COLUMNS and len(lines) == 7
    for person, name, said in (("P99", variant, "no cohort has this person"), ("P12", "1_1_A_C", "kept this variant")):
        assert main(["source", "--person", person, "--variant", name, "--results", str(results)]) == 1
        assert said in capsys.readouterr().err
    assert main(["source", "--person", "P12", "--variant", variant, "--results", str(results / "none")]) == 1
    assert "no merged genotypes" in capsys.readouterr().err
