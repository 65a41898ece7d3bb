"""A cohort of the mini registry joined with a file of another."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.tables.meta import META_COUNTS
from workflow.running import run, write_mini_config


def test_meta__joins_a_cohort_with_a_file(mini_run: tuple[Path, Path], mini_freeze: Path, tmp_path: Path) -> None:
    """The file is the cohort's own with the alleles swapped: the effect stays, and its variance halves."""
    results = tmp_path / "results"
    shutil.copytree(mini_run[0], results)
    ours = pd.read_csv(results / "association/mini/array/survival.tsv.gz", sep="\t", na_values=["#NA"])
    swapped = ours.rename(columns={"effect_allele": "other_allele", "other_allele": "effect_allele"})
    swapped["beta"] *= -1
    swapped["effect_allele_frequency"] = 1 - swapped["effect_allele_frequency"]
    swapped.to_csv(tmp_path / "theirs.tsv", sep="\t", index=False)
    meta = {
        "analyses": {
            "joint": {
                "trait": "survival",
                "cohorts": ["array"],
                "external": {"theirs": {"path": str(tmp_path / "theirs.tsv")}},
            }
        }
    }
    config = write_mini_config(tmp_path / "config.yaml", mini_freeze, meta=meta)
    done = run(results, config, "meta")
    assert done.returncode == 0, done.stdout[-4000:]
    joined = pd.read_csv(results / "meta/mini/joint.tsv.gz", sep="\t", na_values=["#NA"])
    assert joined["variant_id"].tolist() == ours["variant_id"].tolist()
    np.testing.assert_allclose(joined["beta"], ours["beta"], rtol=1e-12)
    np.testing.assert_allclose(joined["standard_error"], ours["standard_error"] / np.sqrt(2), rtol=1e-12)
    counts = META_COUNTS.read(results / "meta/mini/joint.counts.tsv").set_index(["study", "reason"])["n_variants"]
    assert counts["theirs", "alleles swapped"] == len(ours)
    assert "Meta-analysis joint" in (results / "meta/mini/joint.html").read_text()
