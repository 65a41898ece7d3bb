"""The bundle: what it holds, what it drops, that it names nobody, and that it is whole or not there."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest
import yaml

from alsreg.config.report import ExportConfig, ReportConfig
from alsreg.errors import InputError
from alsreg.formats.gwas_ssf import index_and_describe
from alsreg.provenance import sha256
from alsreg.report.export import LOG, MANIFEST, Request, export
from alsreg.report.release_check import Secrets, secrets_in
from alsreg.tables.genotypes import COMPONENTS
from alsreg.tables.panel import PANEL_PEOPLE
from alsreg.tables.results import DIAGNOSTICS
from helpers import report_tables as tables

# n, events, carriers, copies of five variants: common; too rare; few carriers; few without; of few events.
VARIANTS = [(300, 150, 120, 150), (300, 150, 15, 16), (300, 150, 4, 60), (300, 150, 297, 290), (300, 3, 120, 150)]
# Gene, mask, carriers, copies. Masks of A differ by two people; C has few carriers, D few copies.
GENES = [("A", "lof", 30, 40.0), ("A", "all", 32, 42.0), ("B", "lof", 30, 40.0), ("B", "all", 40, 50.0), ("C", "lof", 4, 90.0), ("D", "lof", 9, 9.0)]  # fmt: skip


def write_statistics(path: Path) -> None:
    rows = [
        (1, 100 + k, "T", "C", "0.12345678901234567", 0.1, 0.25, "1.0e-9", f"1_{100 + k}_C_T", "#NA", n, events, carriers, mac, "refit", "score")
        for k, (n, events, carriers, mac) in enumerate(VARIANTS)
    ]  # fmt: skip
    names = ("chromosome base_pair_location effect_allele other_allele beta standard_error effect_allele_frequency p_value variant_id rs_id n "
             "n_events n_carriers mac effect_method p_method")  # fmt: skip
    with pysam.BGZFile(str(path), "wb") as file:
        file.write(pd.DataFrame(rows, columns=names.split()).to_csv(sep="\t", index=False).encode())
    index_and_describe(path, {"trait_description": ["survival"], "samples": [{"sample_size": 300}]}, "0" * 32)


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    """Results of freeze f1, cohort all: survival was tested, bulbar onset was not."""
    results = tmp_path / "results"
    for stage in ("association", "burden", "structure", "panel"):
        (results / stage / "f1/all").mkdir(parents=True)
    (results / "report/f1").mkdir(parents=True)
    write_statistics(results / "association/f1/all/survival.tsv.gz")
    DIAGNOSTICS.write(tables.diagnostics(), results / "association/f1/all/diagnostics.tsv")
    genes = pd.DataFrame(GENES, columns=["gene", "mask", "n_carriers", "mac"])
    genes = genes.assign(
        test="burden",
        n_variants=3,
        beta=0.5,
        standard_error=0.1,
        p_value=0.01,
        p_method="score",
        p_bonferroni=1.0,
        q_value=1.0,
    )
    for trait in ("survival", "bulbar_onset"):
        genes.to_csv(results / f"burden/f1/all/{trait}.genes.tsv", sep="\t", index=False)
    COMPONENTS.write(tables.components(30), results / "structure/f1/all/components.tsv")
    record = {"freeze": {"id": "f1", "date": "2022-02-28"}, "config_sha256": "c" * 64, "inputs": {"clinical.patients": {"name": "Ward 3.csv", "sha256": "d" * 64}},
              "versions": dict.fromkeys(("alsreg", "python", "numpy", "scipy", "pandas", "pgenlib", "pysam"), "1"),
              "run": {"command": "snakemake --directory /data/als", "started": "2022-03-01"}}  # fmt: skip
    (results / "report/f1/provenance.json").write_text(json.dumps(record))
    (results / "report/f1/all.html").write_text("<p>300 people</p>")
    return Request(results, "f1", "all", tables.ANALYSIS, ReportConfig(), 5.0, "c" * 64,
                   frozenset(tables.persons_named(30)) | {"SMP-001", "12", "GENE1"}, frozenset({"GENE1"}), frozenset({str(results)}))  # fmt: skip


def test_export__bundle_is_what_is_listed(request_: Request, tmp_path: Path) -> None:
    files = export(request_, tmp_path / "out")
    assert sorted(map(str, files)) == sorted([
        "association/survival.tsv.gz", "association/survival.tsv.gz-meta.yaml", "association/survival.tsv.gz.tbi",
        "genes/bulbar_onset.genes.tsv", "genes/survival.genes.tsv", "disclosure.tsv", "manifest.tsv", "methods.txt", "provenance.json", "report.html",
    ])  # fmt: skip
    assert {path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*") if path.is_file()} == set(
        files
    )
    manifest = pd.read_csv(tmp_path / "out" / MANIFEST, sep="\t").set_index("file")
    assert set(manifest.index) == set(map(str, files)) - {MANIFEST}
    for name, row in manifest.iterrows():
        path = tmp_path / "out" / str(name)
        assert (row["sha256"], row["n_bytes"]) == (sha256(path), path.stat().st_size)
    modes = {path: path.stat().st_mode & 0o777 for path in [tmp_path / "out", *(tmp_path / "out").rglob("*")]}
    assert all(mode == (0o750 if path.is_dir() else 0o640) for path, mode in modes.items())
    assert (tmp_path / "out/report.html").read_text() == "<p>300 people</p>"


def test_export__statistics_keep_common_variants_and_no_counts_of_carriers(request_: Request, tmp_path: Path) -> None:
    export(request_, tmp_path / "out")
    path = tmp_path / "out/association/survival.tsv.gz"
    table = pd.read_csv(path, sep="\t", dtype=str)
    assert table["variant_id"].tolist() == ["1_100_C_T"]
    assert table["beta"].tolist() == ["0.12345678901234567"], "numbers are copied as they are written"
    assert not {"n_carriers", "mac", "n_events"} & set(table)
    about = yaml.safe_load(Path(f"{path}-meta.yaml").read_text())
    assert about["minor_allele_freq_lower_limit"] == pytest.approx(20 / 600)
    assert about["data_file_name"] == "survival.tsv.gz" and about["data_file_md5sum"] != "0" * 32
    with pysam.TabixFile(str(path)) as tabix:
        assert len(list(tabix.fetch("1", 0, 1000))) == 1


def test_export__genes_rest_on_enough_people_and_masks_do_not_subtract(request_: Request, tmp_path: Path) -> None:
    export(request_, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out/genes/survival.genes.tsv", sep="\t")
    assert list(zip(table["gene"], table["mask"], strict=True)) == [("A", "all"), ("B", "lof"), ("B", "all")]
    assert not {"n_carriers", "mac", "n", "n_events"} & set(table)


def test_export__log_says_what_was_dropped_and_why(request_: Request, tmp_path: Path) -> None:
    export(request_, tmp_path / "out")
    log = pd.read_csv(tmp_path / "out" / LOG, sep="\t")
    assert list(log.itertuples(index=False, name=None)) == [
        ("association: variants of survival.tsv.gz", 4, "fewer than 20 copies of the rarer allele, or fewer than 5 people on a side"),
        ("association: bulbar_onset", 1, "not tested"),
        *(row for trait in ("survival", "bulbar_onset") for row in (
            (f"genes: rows of {trait}.genes.tsv", 2, "fewer than 20 copies of rarer alleles, or fewer than 5 carriers"),
            (f"genes: rows of {trait}.genes.tsv", 1, "differs from another mask of the gene by fewer than 5 carriers"),
        )),
        ("identifiers that the last check could not look for", 32, "short, a bare number or the name of a gene: a page may hold such a word by chance"),
    ]  # fmt: skip


def test_export__provenance_has_no_names_and_no_command(request_: Request, tmp_path: Path) -> None:
    export(request_, tmp_path / "out")
    text = (tmp_path / "out/provenance.json").read_text()
    assert json.loads(text)["inputs"] == {"clinical.patients": "d" * 64}
    assert "Ward" not in text and "/data/als" not in text


def test_export__few_left_out_carriers_keep_statistics_inside(request_: Request, tmp_path: Path) -> None:
    people = [
        {"person": name, "is_assessed": True, "is_left_out": k < 3} for k, name in enumerate(tables.persons_named(30))
    ]
    path = request_.results / PANEL_PEOPLE.path.format(freeze="f1", cohort="all")
    PANEL_PEOPLE.write(tables.fill(PANEL_PEOPLE, people), path)
    files = export(request_, tmp_path / "out")
    assert not any("association" in str(file) for file in files)
    assert "few carriers were left out" in (tmp_path / "out" / LOG).read_text()
    PANEL_PEOPLE.write(tables.fill(PANEL_PEOPLE, people).assign(is_left_out=True), path)
    assert any("association" in str(file) for file in export(request_, tmp_path / "many"))


def test_export__in_japanese(request_: Request, tmp_path: Path) -> None:
    export(replace(request_, settings=ReportConfig(language="ja")), tmp_path / "out")
    assert "検定なし" in (tmp_path / "out" / LOG).read_text()
    assert "遺伝子型" in (tmp_path / "out/methods.txt").read_text()


def test_export__gene_scores_only_where_asked_and_of_enough_copies(request_: Request, tmp_path: Path) -> None:
    asked = replace(request_, settings=ReportConfig(export=ExportConfig(is_with_gene_scores=True)))
    with pytest.raises(InputError, match=r"burden\.min_mac_exported.*fewer copies.*5\.0.*20"):
        export(asked, tmp_path / "out")
    for trait in tables.ANALYSIS["traits"]:
        (request_.results / f"burden/f1/all/{trait}.scores.tsv.gz").write_bytes(gzip.compress(b"gene\n"))
    files = export(replace(asked, burden_min_mac=20.0), tmp_path / "out")
    assert sum(file.name.endswith(".scores.tsv.gz") for file in files) == 2


EMBEDDED = base64.b64encode(b"<svg><title>ID-P07</title></svg>").decode()


@pytest.mark.parametrize(
    "page", ["<p>ID-P07</p>", "<p title='ID-P07'>", "x,ID-P07,y", "in {results}/registry", f"data:image/svg+xml;base64,{EMBEDDED}"]
)  # fmt: skip
def test_export__a_file_that_names_somebody_stops_it_and_leaves_nothing(
    request_: Request, tmp_path: Path, page: str
) -> None:
    (request_.results / "report/f1/all.html").write_text(page.format(results=request_.results))
    with pytest.raises(InputError, match=r"report\.html: would name a person, a sample or a folder"):
        export(replace(request_, names=request_.names | {"ID-P07"}), tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results"]


def test_export__bad_requests(request_: Request, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(InputError, match="the folder exists"):
        export(request_, tmp_path / "there")
    with pytest.raises(InputError, match="no such folder"):
        export(request_, tmp_path / "nowhere/out")
    with pytest.raises(InputError, match="made with other settings"):
        export(replace(request_, config_sha256="e" * 64), tmp_path / "out")
    (request_.results / "burden/f1/all/survival.genes.tsv").unlink()
    with pytest.raises(InputError, match=r"survival\.genes\.tsv: no such result"):
        export(request_, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results", "there"]


def test_secrets_in__whole_words_only() -> None:
    secrets = Secrets(frozenset({"ID-77", "山田001"}), frozenset(), frozenset({"/data/als"}))
    assert secrets_in(b"ID-778 XID-77", secrets) is None
    assert secrets_in(b"(ID-77)", secrets) == "ID-77"
    assert secrets_in("<td>山田001</td>".encode(), secrets) == "山田001"
    assert secrets_in(b"file:///data/als/x", secrets) == "/data/als"


def test_people_of_the_fixture_are_sought_or_counted(request_: Request) -> None:
    """Persons of the tables have three letters: too short to look for, so they are in the log."""
    sought = Secrets(request_.names, request_.public, frozenset()).sought
    assert sought == {"SMP-001"}
    assert len(request_.names) == 33 and np.isclose(len(request_.names - sought), 32)
