"""Everything that holds a person's data goes, nothing else does, and the trail names nobody."""

from __future__ import annotations

import gzip
import html
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alsreg import cli
from alsreg.formats.trail import read_trail
from alsreg.provenance import record_run
from alsreg.workflow.purge import find_results
from helpers.byte_search import files_with
from registry_tables import clean_tables, write_tables


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Two freezes; P01 is in the first, by name, as a sample, and within sums."""
    root = tmp_path / "results"
    for freeze, person in (("one", "P01"), ("two", "P011")):
        for folder in (
            f"registry/{freeze}",
            f"ingest/{freeze}/array",
            f"association/{freeze}/all",
            "logs/registry/import_registry",
        ):
            (root / folder).mkdir(parents=True, exist_ok=True)
        samples = pd.DataFrame({"person": [person], "sample": [f"A-{person}"]})
        samples.to_parquet(root / f"registry/{freeze}/samples.parquet")
        (root / f"ingest/{freeze}/array/chr1.psam").write_text(f"#IID\nA-{person}\n")
        (root / f"ingest/{freeze}/array/chr1.pgen").write_bytes(b"\x6c\x1b")
        (root / f"association/{freeze}/all/survival.tsv.gz").write_bytes(gzip.compress(b"p\n0.5\n"))
        (root / f"logs/registry/import_registry/{freeze}.log").write_text("ok\n")
    (root / "audit").mkdir()
    return root


def of_freeze(root: Path, freeze: str) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file() and (freeze in path.parts or path.stem == freeze)]


def purge(root: Path, *more: str, person: str = "P01") -> int:
    return cli.main(["purge", "--person", person, "--results", str(root), *more])


def test_listing_deletes_nothing_and_gives_reasons(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(results.rglob("*"))
    assert purge(results) == 0
    said = capsys.readouterr().out
    assert sorted(results.rglob("*")) == before
    assert "names the person\tingest/one/array/chr1.psam" in said
    assert "computed with them\tassociation/one/all/survival.tsv.gz" in said
    assert "5 files" in said and "two" not in said and "withdrawn.tsv" in said


def test_deleting_leaves_other_freezes_and_a_record_without_the_person(results: Path) -> None:
    kept = of_freeze(results, "two")
    assert purge(results, "--yes") == 0
    assert of_freeze(results, "one") == [] and of_freeze(results, "two") == kept
    assert not (results / "ingest/one").exists()
    trail = read_trail(results / "audit/registry.jsonl")
    assert [(record["action"], record["n_files"]) for record in trail] == [("purge", 5)]
    assert "P01" not in (results / "audit/registry.jsonl").read_text()


def test_files_of_no_freeze_are_found_by_what_they_say(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (results / ".snakemake/log").mkdir(parents=True)
    (results / "logs/runs").mkdir()
    for name in (".snakemake/log/run.snakemake.log", "logs/runs/1.log", "report/note.html"):
        (results / name).parent.mkdir(exist_ok=True)
        (results / name).write_text("row 2, column person: value 'P01'\n")
        (results / name).with_suffix(".other").write_text("row 2, value 'P011'\n")
    assert purge(results, "--yes") == 0
    said = capsys.readouterr().out
    assert said.count("names the person") == 2 + 3 and "8 files" in said
    left = [path for path in results.rglob("*") if path.is_file() and b"P01'" in path.read_bytes()]
    assert left == [] and len([*results.rglob("*.other")]) == 3


@pytest.mark.parametrize("person", ["患者1", "A&B"])
def test_a_person_is_recognised_in_json_html_and_every_kind_of_text_column(results: Path, person: str) -> None:
    folder = results / "association/one/all"
    pd.DataFrame({"x": pd.Series([person], dtype="category")}).to_parquet(folder / "category.parquet")
    (folder / "a.json").write_text(json.dumps([person]))
    (folder / "a.html").write_text(f"<td>{html.escape(person)}</td>")
    table = pa.table({"x": pa.array([person], pa.large_string())})
    pq.write_table(table, folder / "large.parquet")
    found = find_results(results, person)
    assert {path.name for path, reason in found.items() if reason == "names the person"} == {
        "category.parquet", "a.json", "a.html", "large.parquet",
    }  # fmt: skip


def test_somebody_written_otherwise_is_hinted_at(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert purge(results, person="p０1") == 0
    said = capsys.readouterr().out
    assert "0 files" in said and "in these results there is P01:" in said


def test_nothing_is_deleted_that_cannot_be_put_on_record(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (results / "audit/registry.jsonl").write_text("{}\n")
    before = sorted(results.rglob("*"))
    assert purge(results, "--yes") == 1
    assert "the trail was changed" in capsys.readouterr().err and sorted(results.rglob("*")) == before


def test_somebody_in_no_result(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert purge(results, "--yes", person="P0") == 0
    assert "0 files" in capsys.readouterr().out and len(of_freeze(results, "one")) == 5


def test_a_folder_of_traits_goes_whole(tmp_path: Path) -> None:
    write_tables(clean_tables(), tmp_path / "in")
    arguments = ["--registry", str(tmp_path / "in"), "--freeze-date", "2022-02-28", "--out", str(tmp_path / "out")]
    assert cli.main(["traits", *arguments]) == 0
    assert purge(tmp_path / "out", "--yes") == 0
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == ["registry.jsonl"]


def test_a_folder_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert purge(tmp_path / "none") == 1
    assert "no such folder" in capsys.readouterr().err


@pytest.fixture
def complete(results: Path) -> Path:
    """The first freeze with a file of every kind that stages write; B-01 bears another label but is P01's."""
    for name, content in {
        "identity/one/persons.tsv": "person\tassay\tsample\tclaimed_person\tis_usable\treason\nP01\twes\tB-01\tP07\ttrue\tswap\n",
        "merge/one/all/chr1.psam": "#IID\nP01\n",
        "report/one/all.html": "<td>B-01</td>",
        "ingest/one/wes/kept.vcf": "#CHROM\tPOS\tB-01\n",
        "structure/one/all/components.tsv": "#IID\tPC1\nP01\t0.1\n",
        "registry/one/issues.tsv": "person\nP01\n",
        "logs/ingest/import_genotypes/one.wes.chr1.log": "sample B-01: few calls\n",
        "logs/runs/1.log": "person P01\n",
    }.items():
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / name).write_text(content)
    (results / "association/one/all/samples.tsv.gz").write_bytes(gzip.compress(b"#IID\nP01\n"))
    np.savez(results / "structure/one/all/relationships.npz", people=np.array(["P01"]))
    pd.DataFrame({"person": ["P01"]}).to_parquet(results / "registry/one/patients.parquet")
    return results


WORDS = ["P01", "A-P01", "B-01"]


def test_nothing_of_the_person_is_left_in_any_kind_of_file(complete: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(files_with(complete, WORDS)) == 13
    assert purge(complete, "--yes") == 0
    assert files_with(complete, WORDS) == []
    assert capsys.readouterr().out.endswith("\nperson\tassay\tsample\nP01\t\t\n\twes\tB-01\n")
    assert len(of_freeze(complete, "two")) == 5


def test_a_purge_that_was_killed_is_finished_by_another(complete: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after every single file, what is left still says whose it is."""
    n_left, unlink = len(of_freeze(complete, "one")), Path.unlink
    assert n_left > 10

    def die_after_one(path: Path) -> None:
        unlink(path)
        raise KeyboardInterrupt

    while find_results(complete, "P01"):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(Path, "unlink", die_after_one)
            purge(complete, "--yes")
    assert files_with(complete, WORDS) == []
    assert of_freeze(complete, "one") == []


def test_a_folder_that_a_run_holds_is_left_alone(complete: Path, capsys: pytest.CaptureFixture[str]) -> None:
    locks = complete / ".snakemake/locks"
    locks.mkdir(parents=True)
    (locks / "0.output.lock").write_text("ingest/one/array/chr1.pgen\n")
    before = sorted(complete.rglob("*"))
    assert purge(complete, "--yes") == 1
    said = capsys.readouterr().err
    assert "a run of the pipeline holds the folder" in said and "0.output.lock" in said and "--unlock" in said
    assert sorted(complete.rglob("*")) == before
    assert purge(complete) == 0  # listing does no harm


def test_a_folder_that_a_run_without_lock_writes_to_is_left_alone(
    complete: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record_run(complete / "logs/runs", ["snakemake", "--nolock"], {})  # by this process, which lives
    assert purge(complete, "--yes") == 1
    assert "a run of the pipeline is writing there" in capsys.readouterr().err
    assert (complete / "registry/one/samples.parquet").exists()


def test_the_lock_of_a_run_that_was_killed_is_no_hindrance(complete: Path) -> None:
    (complete / ".snakemake/locks").mkdir(parents=True)
    (complete / ".snakemake/locks/0.output.lock").write_text("x")
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    record = record_run(complete / "logs/runs", ["snakemake"], {})
    record.write_text(json.dumps({**json.loads(record.read_text()), "process": process.pid}))
    assert purge(complete, "--yes") == 0
    assert of_freeze(complete, "one") == []


def test_a_comparison_goes_with_either_freeze_and_takes_neither_along(results: Path) -> None:
    """It names people of both freezes: the other one, of which the person never was, stays."""
    for freeze, older in (("two", "one"), ("two", "none"), ("three", "one")):
        folder = results / f"compare/{freeze}/{older}"
        folder.mkdir(parents=True)
        (folder / "settings.tsv").write_text("kind\n")
    pd.DataFrame({"person": ["P01"]}).to_parquet(results / "compare/two/one/people.parquet")
    found = {str(path.relative_to(results)) for path in find_results(results, "P01")}
    compared = {name for name in found if name.startswith("compare/")}
    assert compared == {
        "compare/two/one/settings.tsv",
        "compare/two/one/people.parquet",
        "compare/three/one/settings.tsv",
    }
    assert not [name for name in found if "/two/" in name and name not in compared]
    assert "registry/one/samples.parquet" in found
