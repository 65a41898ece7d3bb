"""GWAS-SSF as others read it: sorted, indexed, complete, accepted by the public validator."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest
import yaml

from alsreg.config.association import AssociationConfig
from alsreg.engines.summaries import Outputs, thin
from alsreg.tables.results import SUMMARY_STATISTICS, THINNED, UNTESTABLE
from association.write_summary_statistics import gather_shards
from helpers.association_cohort import SHARDS, SPECIFICATION, Cohort
from helpers.requirements import absent

TRAITS = list(SPECIFICATION.traits)


def write(cohort: Cohort, trait: str, folder: Path, settings: AssociationConfig) -> Outputs:
    outputs = Outputs(*(str(folder / f"{trait}{end}") for end in (".tsv.gz", ".untestable.tsv.gz", ".thinned.parquet")))
    shards = [cohort.path(f"{shard}.{trait}.parquet") for shard in reversed(SHARDS)]
    gather_shards(shards, trait, SPECIFICATION, "2024-03-31", settings, outputs)
    return outputs


def all_tests(cohort: Cohort, trait: str) -> pd.DataFrame:
    return pd.concat([pd.read_parquet(cohort.path(f"{shard}.{trait}.parquet")) for shard in SHARDS])


@pytest.mark.parametrize("trait", TRAITS)
def test_tested_and_untestable_are_everything(
    scored: Cohort, settings: AssociationConfig, tmp_path: Path, trait: str
) -> None:
    outputs, everything = write(scored, trait, tmp_path, settings), all_tests(scored, trait)
    statistics = pd.read_csv(
        outputs.statistics, sep="\t", na_values=["#NA"], keep_default_na=False, float_precision="round_trip"
    )
    assert list(statistics.columns) == SUMMARY_STATISTICS.column_names
    untestable = UNTESTABLE.read(outputs.untestable)
    assert set(statistics["variant_id"]) | set(untestable["variant_id"]) == set(everything["variant_id"])
    assert len(statistics) + len(untestable) == len(everything)
    place = statistics[["chromosome", "base_pair_location"]]
    assert (place.sort_values(list(place), kind="stable").index == place.index).all()
    assert statistics["chromosome"].max() == 23 and statistics["rs_id"].isna().any()
    both = statistics.merge(everything, on="variant_id", suffixes=("", "_scored"))
    for name in ("beta", "standard_error", "p_value"):
        np.testing.assert_array_equal(both[name], both[f"{name}_scored"])
    assert untestable["reason"].notna().all() and "tested" not in set(untestable["reason"])


def test_index_and_metadata_fit_the_file(scored: Cohort, settings: AssociationConfig, tmp_path: Path) -> None:
    outputs = write(scored, "bulbar_onset", tmp_path, settings)
    statistics = pd.read_csv(outputs.statistics, sep="\t")
    with pysam.TabixFile(outputs.statistics) as index:
        fetched = list(index.fetch("7", 0, 3_000_000))
    inside = statistics.query("chromosome == 7 and base_pair_location <= 3_000_000")
    assert [line.split("\t")[8] for line in fetched] == list(inside["variant_id"])
    about = yaml.safe_load(Path(f"{outputs.statistics}-meta.yaml").read_text())
    assert about["data_file_md5sum"] == hashlib.md5(Path(outputs.statistics).read_bytes()).hexdigest()
    assert (about["genome_assembly"], about["coordinate_system"]) == ("GRCh38", "1-based")
    assert str(about["date_metadata_last_modified"]) == "2024-03-31"
    sample = about["samples"][0]
    assert sample["case_count"] + sample["control_count"] == sample["sample_size"] == statistics["n"].max()


def test_bytes_are_the_same_again(scored: Cohort, settings: AssociationConfig, tmp_path: Path) -> None:
    first, second = (write(scored, "survival", tmp_path / name, settings) for name in ("a", "b"))
    for suffix in ("", ".tbi", "-meta.yaml"):
        assert Path(first.statistics + suffix).read_bytes() == Path(second.statistics + suffix).read_bytes()


def test_thinning_keeps_small_p_values_and_even_ranks(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    p = rng.random(50_000)
    table = pd.DataFrame({"chromosome": 1, "base_pair_location": np.arange(50_000), "variant_id": "v", "p_value": p})
    table.assign(status="tested").to_parquet(tmp_path / "t.parquet")
    thinned = THINNED.conform(thin([str(tmp_path / "t.parquet")], 1000))
    n_small = int((p < 1e-3).sum())
    assert len(thinned) == n_small + 1000
    assert (np.sort(thinned["p_value"])[:n_small] == np.sort(p)[:n_small]).all()
    ranks = np.sort(thinned["rank"].to_numpy(dtype=int))
    assert ranks[0] == 1 and ranks[-1] == 50_000
    assert np.ptp(np.diff(ranks[n_small:])) <= 1
    expected = np.sort(p)[thinned["rank"].to_numpy(dtype=int) - 1]
    np.testing.assert_array_equal(thinned["p_value"], expected)


@pytest.mark.network
def test_the_public_validator_accepts_it(scored: Cohort, settings: AssociationConfig, tmp_path: Path) -> None:
    if shutil.which("uv") is None:
        absent("uv")
    validator = ["uv", "tool", "run", "--from", "gwas-sumstats-tools==1.0.25", "--with", "numpy<2", "--with", "six",
                 "--with", "click<8.2", "gwas-ssf", "validate", "--min-rows", "1"]  # fmt: skip
    path = Path(write(scored, "survival", tmp_path, settings).statistics)
    good = subprocess.run([*validator, str(path)], capture_output=True, text=True, check=False)
    assert "Data table is valid" in good.stdout, good.stdout + good.stderr
    broken = tmp_path / "broken.tsv.gz"
    text = gzip.decompress(path.read_bytes()).decode().replace("_A_G", ":A:G")
    broken.write_bytes(gzip.compress(text.encode()))
    bad = subprocess.run([*validator, str(broken)], capture_output=True, text=True, check=False)
    assert "Data table is valid" not in bad.stdout
