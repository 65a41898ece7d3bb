"""A new freeze is described from the data, checks out, and never replaces another one."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from alsreg import cli
from alsreg.config.freeze import CHROMOSOMES
from alsreg.config.load import load_freeze
from alsreg.provenance import sha256
from alsreg.workflow.new_freeze import BYTES_PER_SHARD, LENGTHS_MB, shards_for

ALL = [name for name in CHROMOSOMES if name not in ("Y", "MT")]


@pytest.fixture
def arguments(data: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A command line that describes `data`, renamed to the columns a hand-made registry would have."""
    monkeypatch.setattr(cli, "BASE", base)
    for path in (data / "registry").glob("*.csv"):
        header, _, rows = path.read_text().partition("\n")
        path.write_text(header.replace("person_id", "person").replace("sample_id", "sample") + "\n" + rows)
    given = yaml.safe_load((data / "freeze.yaml").read_text())
    files = {name: ",".join(file["path"] for file in assay["files"]) for name, assay in given["assays"].items()}
    builds = {name: assay["build"] for name, assay in given["assays"].items()}
    chains = [f"{build}:{file['path']}" for build, file in given["chains"].items()]
    return [
        "new-freeze", "--id", "2022-02", "--freeze-date", "2022-02-28", "--root", str(data), "--registry", "registry",
        *(word for name in files for word in ("--assay", f"{name}:{name}:{builds[name]}:{files[name]}")),
        *(word for chain in chains for word in ("--chain", chain)),
        "--fasta", given["fasta"]["path"], "--gff3", given["annotation"]["gff3"]["path"],
    ]  # fmt: skip


def fail(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that must fail; return its one line."""
    assert cli.main(arguments) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("alsreg: error: ")
    return lines[0]


def changed(arguments: list[str], option: str, value: str) -> list[str]:
    """The command with the first `option` set to `value`."""
    at = arguments.index(option) + 1
    return [*arguments[:at], value, *arguments[at + 1 :]]


def test_new_freeze__names_decisions_and_withdrawals(arguments: list[str], data: Path, base: Path) -> None:
    (data / "registry/withdrawn.tsv").write_text("person\nnobody\n")
    (data / "registry/overrides.csv").write_text("table,person,column,value,decision,replacement,who,why,date\n")
    assert cli.main(arguments) == 0
    clinical = load_freeze("2022-02", base).clinical
    assert str(clinical.withdrawn.path) == "registry/withdrawn.tsv" and clinical.withdrawn.sha256 is None
    assert clinical.overrides.sha256 == sha256(data / "registry/overrides.csv")


def test_new_freeze__describes_the_data_and_preflights(
    arguments: list[str], data: Path, base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 0
    truth = yaml.safe_load((data / "freeze.yaml").read_text())
    freeze = load_freeze("2022-02", base)
    assert {name: assay.n_samples for name, assay in freeze.assays.items()} == {
        name: assay["n_samples"] for name, assay in truth["assays"].items()
    }
    assert {name: assay.has_reference_alleles for name, assay in freeze.assays.items()} == {
        name: name != "array" for name in truth["assays"]
    }
    assert freeze.clinical.patients.sha256 == sha256(data / "registry/patients.csv")
    assert freeze.clinical.pedigree is not None
    assert {name: cohort.assays for name, cohort in freeze.cohorts.items()} == {
        "array": ["array"], "wes": ["wes"], "wgs": ["wgs"], "all": ["wgs", "wes", "array"],
    }  # fmt: skip
    assert len(freeze.shards) == 2
    config = base / "mine.yaml"
    config.write_text("freeze: 2022-02\n")
    capsys.readouterr()
    status = cli.main(["preflight", str(config)])
    lines = capsys.readouterr().out.splitlines()
    assert (status, lines[-1]) == (0, "ready to run"), lines
    n_files = 3 + 5 + len(truth["chains"]) + 2
    assert any(f"checksums: {n_files} of {n_files} files" in line for line in lines)


def test_new_freeze__never_overwrites(arguments: list[str], base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = base / "config/freezes/2022-02.yaml"
    target.write_text("precious")
    assert "this freeze exists" in fail(arguments, capsys)
    assert target.read_text() == "precious"


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--assay", "array:array:NCBI36:absent.vcf.gz", ["absent.vcf.gz", "no such file", "--root"]),
        ("--assay", "array:array:NCBI36", ["--assay needs NAME:KIND:BUILD:FILE"]),
        ("--assay", "array:chip:GRCh38:registry/patients.csv", ["patients.csv", "not a VCF or BCF"]),
        ("--chain", "GRCh37:absent.chain", ["absent.chain", "no such file"]),
        ("--chain", "GRCh37", ["no such file"]),
        ("--fasta", "absent.fa", ["absent.fa", "no such file"]),
        ("--gff3", "reference", ["reference", "no such file"]),
        ("--registry", "genotypes", ["patients", "visits", "events", "samples", "missing", "patients.csv|.tsv|.xlsx"]),
        ("--id", "not a name", ["key id"]),
        ("--freeze-date", "yesterday", ["key freeze_date", "yesterday"]),
        ("--root", "${ALSREG_UNSET_VARIABLE}", ["ALSREG_UNSET_VARIABLE", "export"]),
    ],
)
def test_new_freeze__names_what_is_wrong(
    arguments: list[str], base: Path, capsys: pytest.CaptureFixture[str], option: str, value: str, words: list[str]
) -> None:
    said = fail([*changed(arguments, option, value), "--no-checksums"], capsys)
    assert [word for word in words if word not in said] == []
    assert list((base / "config/freezes").iterdir()) == []


def test_new_freeze__assay_given_twice(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    again = arguments[arguments.index("--assay") + 1]
    assert "given before" in fail([*arguments, "--assay", again], capsys)


def test_new_freeze__lifted_assay_needs_its_chain(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    at = arguments.index("--chain")
    said = fail([*arguments[:at], *arguments[at + 2 :], "--no-checksums"], capsys)
    assert "give its chain file" in said


def test_new_freeze__without_checksums(arguments: list[str], base: Path) -> None:
    assert cli.main([*arguments, "--no-checksums"]) == 0
    assert "sha256" not in (base / "config/freezes/2022-02.yaml").read_text()


@pytest.mark.parametrize(
    ("n_bytes", "n_shards"),
    [(0, 2), (1, 2), (2 * BYTES_PER_SHARD, 2), (2 * BYTES_PER_SHARD + 1, 3), (23 * BYTES_PER_SHARD, 23), (10**15, 23)],
)
def test_shards_for__number(n_bytes: int, n_shards: int) -> None:
    assert len(shards_for(n_bytes)) == n_shards


@given(st.integers(0, 40 * BYTES_PER_SHARD))
def test_shards_for__every_chromosome_once_in_order(n_bytes: int) -> None:
    shards = shards_for(n_bytes)
    assert [name for group in shards.values() for name in group] == ALL
    for shard, group in shards.items():
        assert shard == (f"chr{group[0]}" if len(group) == 1 else f"chr{group[0]}-{group[-1]}")


@given(st.integers(2, 8))
def test_shards_for__about_equal_lengths(n_shards: int) -> None:
    lengths = [sum(LENGTHS_MB[name] for name in group) for group in shards_for(n_shards * BYTES_PER_SHARD).values()]
    assert len(lengths) == n_shards
    assert max(lengths) - min(lengths) <= 2 * max(LENGTHS_MB.values())
