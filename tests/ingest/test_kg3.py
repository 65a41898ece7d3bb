"""Three assays of the same people on three builds, real genotypes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from alsreg.genotypes.ledger import unaccounted

pytestmark = pytest.mark.real_data
SHARD = ("19", "20", "21", "22", "X")
PALINDROMES = {"AT", "TA", "CG", "GC"}


@pytest.fixture(scope="module")
def kg3(alsreg_data: Path, run_import_once) -> dict[str, SimpleNamespace]:
    folder = alsreg_data / "kg3"
    chains = {b: str(alsreg_data / f"reference/{b}_to_GRCh38.chain.gz") for b in ("NCBI36", "GRCh37")}
    common = {"chromosomes": SHARD, "chains": chains}
    wgs = run_import_once(folder / "wgs.GRCh38.vcf.gz", **common, name="wgs")
    sites = [f"{wgs.prefix}.variant_info.parquet"]
    wes = run_import_once(
        folder / "wes.GRCh37.vcf.gz", assay={"kind": "wes", "build": "GRCh37"}, sites=sites, **common, name="wes"
    )
    sites.append(f"{wes.prefix}.variant_info.parquet")
    export = {"kind": "array", "build": "NCBI36", "has_reference_alleles": False}
    array = run_import_once(folder / "array.NCBI36.vcf.gz", assay=export, sites=sites, **common, name="array")
    return {"wgs": wgs, "wes": wes, "array": array}


def concordance(one: SimpleNamespace, other: SimpleNamespace, samples: pd.DataFrame) -> pd.DataFrame:
    """By shared variant: share of equal genotypes, as they are and if one side were swapped, among people whom the
    registry claims for both assays."""
    pairs = samples[samples["sample_id"].isin(one.samples)].merge(
        samples[samples["sample_id"].isin(other.samples)], on="person_id"
    )
    first = [one.samples.index(s) for s in pairs["sample_id_x"]]
    second = [other.samples.index(s) for s in pairs["sample_id_y"]]
    rows = {}
    for name in one.genotypes.keys() & other.genotypes.keys():
        a, b = np.array(one.genotypes[name])[first], np.array(other.genotypes[name])[second]
        both = (a >= 0) & (b >= 0)
        rows[name] = (float((a == b)[both].mean()), float((2 - a == b)[both].mean()))
    return pd.DataFrame.from_dict(rows, orient="index", columns=["equal", "equal_if_swapped"])


def test_alleles_agree_across_builds_and_conventions(kg3, alsreg_data: Path) -> None:
    samples = pd.read_csv(alsreg_data / "kg3/registry/samples.csv", dtype=str)
    for one, other, n_shared in (("array", "wgs", 1320), ("wes", "wgs", 1150), ("array", "wes", 80)):
        shares = concordance(kg3[one], kg3[other], samples)
        assert len(shares) > n_shared, (one, other)
        # Some samples are spoiled, some indels are called differently; a wrong strand or REF would look the other way.
        assert shares["equal"].median() > 0.975
        assert (shares["equal"] > shares["equal_if_swapped"]).all(), (one, other)
    palindromic = ["".join(name.split("_")[2:]) in PALINDROMES for name in kg3["array"].genotypes]
    assert sum(palindromic) >= 10


def test_every_record_is_accounted_for(kg3) -> None:
    for name, n_records in (("wgs", 14788), ("wes", 1281), ("array", 1398)):
        got = kg3[name]
        assert got.counts["record", "read"] == n_records
        assert len(unaccounted(got.table)) == 0
        assert got.counts["variant", "written"] == len(got.genotypes) == len(got.info)
        assert got.counts["record", "no_gq"] == n_records  # GT only: said, and gone on
    array = kg3["array"].counts
    assert array["variant", "ref_alt_swapped"] > 400 and array["variant", "strand_flipped"] > 40
    assert kg3["array"].info["is_ref_verified"].mean() > 0.99
