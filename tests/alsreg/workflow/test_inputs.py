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


ANNOTATION = {
    "vcf": [{"path": "wgs1.vcf.gz", "chromosomes": ["1"]}, {"path": "wes.vcf.gz", "build": "GRCh37"}],
    "scores": {"cadd": {"format": "cadd", "files": [{"path": "snv.tsv.gz"}, {"path": "indel.tsv.gz"}]}},
    "frequencies": {"tommo": {"format": "vcf", "populations": {"all": "AF"}, "files": [
        {"path": "t1.vcf.gz", "chromosomes": ["1"]}, {"path": "t2.vcf.gz", "chromosomes": ["2"]}]}},
    "coding": {"path": "genes.txt", "build": "NCBI36"},
}  # fmt: skip


def shard(name: str) -> SimpleNamespace:
    return SimpleNamespace(shard=name)


def test_annotation_files_of_a_shard() -> None:
    freeze, base = make_freeze(annotation=ANNOTATION), Path("/base")
    assert inputs.annotated_vcfs(freeze, base, shard("one")) == ["/data/wgs1.vcf.gz", "/data/wes.vcf.gz"]
    assert inputs.annotated_vcf_builds(freeze, base, shard("rest")) == ["GRCh37"]
    assert inputs.value_files(freeze, base, shard("rest")) == [
        "/data/snv.tsv.gz",
        "/data/indel.tsv.gz",
        "/data/t2.vcf.gz",
    ]
    told = inputs.value_sources(freeze, base, shard("y"))
    assert [(entry["kind"], entry["name"], entry["build"]) for entry in told] == [("score", "cadd", "GRCh38")] * 2
    assert inputs.annotation_builds(freeze, base, shard("y")) == ["GRCh37", "NCBI36"]
    assert inputs.annotation_chains(freeze, base, shard("y")) == ["/data/19.chain", "/data/18.chain"]
    assert inputs.value_tables(freeze, base, None) == [
        f"annotation/f/{name}.sites.parquet" for name in ("one", "rest", "y")
    ]
    assert inputs.populations(freeze, base, None) == ["tommo.all"]
    assert inputs.coverage_table(freeze, base, None) == ["annotation/f/coverage.tsv"]
    assert inputs.coding_build(freeze, base, None) == "NCBI36" and inputs.coverage_builds(freeze, base, None) == [
        "NCBI36"
    ]


def test_annotation_without_further_files_asks_for_none() -> None:
    freeze, base = make_freeze(annotation={"table": {"path": "t"}, "table_build": "GRCh37"}), Path("/base")
    assert inputs.annotation_chains(freeze, base, shard("one")) == ["/data/19.chain"]
    for function in (
        inputs.annotated_vcfs,
        inputs.value_files,
        inputs.value_tables,
        inputs.phased_vcfs,
        inputs.coverage_table,
    ):
        assert function(freeze, base, shard("one")) == []


def test_phased_assays_are_read_with_withdrawals() -> None:
    annotation = {"gff3": {"path": "g.gff3"}, "phased_assays": ["wgs"]}
    freeze, base = make_freeze(annotation=annotation), Path("/base")
    assert inputs.phased_vcfs(freeze, base, shard("one")) == ["/data/g 1.vcf"]
    assert inputs.n_phased_vcfs(freeze, base, shard("one")) == {"wgs": 1}
    assert inputs.withdrawal_of_phased(freeze, base, shard("one")) == inputs.withdrawal_files(freeze, base, None)


@pytest.mark.parametrize(("annotation", "message"), [
    ({}, "give one of"),
    ({"gff3": {"path": "g"}, "vcf": [{"path": "v"}]}, "give one of"),
    ({"gff3": {"path": "g"}, "phased_assays": ["wes"]}, "wes is not on GRCh38"),
    ({"gff3": {"path": "g"}, "phased_assays": ["wgx"]}, "unknown assay wgx"),
    ({"vcf": [{"path": "v"}], "phased_assays": ["wgs"]}, "goes with `gff3`"),
    ({"gff3": {"path": "g"}, "csq_scores": {"cadd": "CADD_PHRED"}}, "goes with `vcf`"),
    ({"gff3": {"path": "g"}, "scores": {"x": {"format": "table", "files": [{"path": "v"}]}}}, "`field` goes with"),
    ({"gff3": {"path": "g"}, "scores": {"x": {"format": "cadd", "field": "RawScore", "files": [{"path": "v"}]}}}, "`field` goes with"),
    ({"vcf": [{"path": "v"}], "csq_scores": {"cadd": "P"}, "scores": {"cadd": {"format": "cadd", "files": [{"path": "v"}]}}}, "two sources"),
])  # fmt: skip
def test_faulty_annotation_is_refused(annotation: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_freeze(annotation=annotation)


def test_annotation_on_a_build_without_chain_is_refused() -> None:
    with pytest.raises(ValueError, match="a file is on NCBI36: give its chain file"):
        make_freeze(annotation=ANNOTATION, chains={"GRCh37": {"path": "19.chain"}}, assays={
            "wgs": {"kind": "wgs", "build": "GRCh38", "files": [{"path": "g.vcf"}]}}, cohorts={"all": {"assays": ["wgs"]}})  # fmt: skip
