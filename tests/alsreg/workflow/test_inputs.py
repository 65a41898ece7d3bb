"""Which files a job needs."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from alsreg.config.freeze import Freeze
from alsreg.workflow import inputs


def make_freeze(**changes) -> Freeze:
    table = {"path": "x.csv"}
    values = {
        "id": "f", "freeze_date": "2022-02-28", "root": "/data",
        "assays": {
            "chip": {"kind": "array", "build": "NCBI36", "files": [{"path": "a.vcf"}], "has_reference_alleles": False},
            "wes": {"kind": "wes", "build": "GRCh37", "files": [{"path": "e.vcf"}]},
            "wgs": {"kind": "wgs", "build": "GRCh38", "files": [
                {"path": "g 1.vcf", "chromosomes": ["1"]}, {"path": "g2.vcf", "chromosomes": ["2"]}]},
            "resolved": {"kind": "array", "build": "GRCh38", "files": [{"path": "r.vcf"}]},
        },
        "clinical": dict.fromkeys(("patients", "visits", "events", "samples"), table),
        "cohorts": {"all": {"assays": ["wgs", "wes", "chip"]}},
        "shards": {"one": ["1"], "rest": ["2", "X"], "y": ["Y"]},
        "chains": {"NCBI36": {"path": "18.chain"}, "GRCh37": {"path": "19.chain"}},
        **changes,
    }  # fmt: skip
    return Freeze(**values)


@pytest.mark.parametrize(("shard", "files"), [
    ("one", ["/data/g 1.vcf"]), ("rest", ["/data/g2.vcf"]), ("y", ["/data/g 1.vcf", "/data/g2.vcf"]),
])  # fmt: skip
def test_files_of_a_shard(shard: str, files: list[str]) -> None:
    assert inputs.assay_vcfs(make_freeze(), Path("/base"), SimpleNamespace(assay="wgs", shard=shard)) == files


@pytest.mark.parametrize(("assay", "has_fasta", "expected"), [
    ("wgs", False, []), ("wes", False, ["wgs"]), ("chip", False, ["wgs", "wes"]), ("resolved", False, ["wgs", "wes"]),
    ("wgs", True, []), ("wes", True, []), ("chip", True, ["wgs", "wes"]), ("resolved", True, []),
])  # fmt: skip
def test_assays_an_assay_is_held_against(assay: str, has_fasta: bool, expected: list[str]) -> None:
    freeze = make_freeze(**({"fasta": {"path": "38.fa"}} if has_fasta else {}))
    got = inputs.reference_sites(freeze, Path("/base"), SimpleNamespace(assay=assay, shard="one"))
    assert got == [f"ingest/f/{name}/one.variant_info.parquet" for name in expected]
    fasta = inputs.fasta_files(freeze, Path("/base"), SimpleNamespace())
    assert fasta == (["/data/38.fa"] if has_fasta else [])


def test_chains_are_in_the_order_of_their_builds() -> None:
    freeze = make_freeze()
    assert list(freeze.chains) == ["NCBI36", "GRCh37"]
    assert inputs.chain_files(freeze, Path("/base"), SimpleNamespace()) == ["/data/18.chain", "/data/19.chain"]
