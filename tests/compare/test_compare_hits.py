"""The two tables of a cohort: traits and shards told apart, freezes in order."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from alsreg.config.association import AssociationConfig
from alsreg.config.compare import CompareConfig
from alsreg.tables.compare import COMPARED_EFFECTS, COMPARED_HITS
from alsreg.tables.genotypes import VARIANT_QC
from alsreg.tables.results import ANALYSIS_SAMPLES, LEADS, THINNED, VARIANT_TESTS
from compare.compare_hits import compare_hits, overlap_of
from helpers.filled import fill
from helpers.report_tables import lead

SHARDS = ("a", "b")


def write(folder: Path, traits: list[str], betas: dict[str, float]) -> dict[str, list[str]]:
    """Shard a has 1_5_A_C, shard b 2_5_A_C; the effect of a trait is that of the dictionary."""
    (folder / "all").mkdir(parents=True)
    found: dict[str, list[str]] = {"tests": [], "thinned": [], "variants": []}
    leads = []
    for chromosome, shard in enumerate(SHARDS, 1):
        for trait in traits:
            p = 1e-7 if shard == "a" else 0.5
            rows = [{"variant_id": f"{chromosome}_5_A_C", "chromosome": chromosome, "base_pair_location": 5, "effect_allele": "C", "other_allele": "A",
                     "beta": betas[trait], "standard_error": 0.1, "p_value": p, "n": 9, "n_events": 9, "status": "tested", "p_method": "score"}]  # fmt: skip
            path = str(folder / f"all/{shard}.{trait}.parquet")
            VARIANT_TESTS.write(fill(VARIANT_TESTS, rows), path)
            found["tests"].append(path)
            if shard == "a":
                leads.append(
                    {
                        **lead(),
                        "trait": trait,
                        "variant_id": "1_5_A_C",
                        "chromosome": 1,
                        "base_pair_location": 5,
                        "p_value": p,
                    }
                )
    for trait in traits:
        found["thinned"].append(str(folder / f"all/{trait}.thinned.parquet"))
        rows = [
            {"chromosome": k, "base_pair_location": 5, "variant_id": f"{k}_5_A_C", "p_value": 0.1, "rank": k}
            for k in (1, 2)
        ]
        THINNED.write(fill(THINNED, rows), found["thinned"][-1])
    (folder / "wgs").mkdir()
    found["variants"] = [str(folder / "wgs/a.variants.parquet")]
    VARIANT_QC.write(VARIANT_QC.empty(), found["variants"][0])
    LEADS.write(fill(LEADS, leads), folder / "all/leads.tsv")
    ANALYSIS_SAMPLES.write(pd.DataFrame({"#IID": ["P1", "P2"]}), folder / "all/samples.tsv")
    return found


def test_traits_of_both_freezes(tmp_path: Path) -> None:
    older = write(tmp_path / "older", ["slope", "gone", "age"], {"slope": 1.0, "gone": 2.0, "age": 3.0})
    newer = write(tmp_path / "newer", ["age", "slope"], {"slope": 1.0, "age": 3.5})
    files = {f"{side}_{name}": paths for side, of in (("older", older), ("newer", newer)) for name, paths in of.items()}
    both = {name: [str(tmp_path / side / f"all/{file}") for side in ("older", "newer")]
            for name, file in (("leads", "leads.tsv"), ("people", "samples.tsv"))}  # fmt: skip
    summary = {"cohorts": {"all": ["wgs"]}, "shards": list(SHARDS)}
    outputs = {"hits": tmp_path / "hits.tsv", "effects": tmp_path / "effects.parquet"}
    compare_hits(SimpleNamespace(**files, **both), ({**summary, "traits": ["slope", "gone", "age"]}, {**summary, "traits": ["age", "slope"]}),
                 AssociationConfig(), CompareConfig(), outputs)  # fmt: skip
    hits = COMPARED_HITS.read(outputs["hits"])
    assert hits[["trait", "variant_id", "older_beta", "newer_beta"]].to_numpy().tolist() == [
        ["age", "1_5_A_C", 3.0, 3.5], ["slope", "1_5_A_C", 1.0, 1.0],
    ]  # fmt: skip
    effects = COMPARED_EFFECTS.read(outputs["effects"])
    assert effects.groupby("trait")["is_lead"].apply(list).to_dict() == {"age": [True, False], "slope": [True, False]}


def test_overlap() -> None:
    assert overlap_of({"a", "b", "c", "d"}, {"a"}) == pytest.approx(0.5)
    assert overlap_of(set(), {"a"}) == 0.0
