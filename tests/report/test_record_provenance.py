"""Provenance names inputs by content, and this run rather than an older one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alsreg.provenance import record_run, sha256, versions
from alsreg.report.methods import load_provenance
from alsreg.report.model import Source
from report.record_provenance import record_provenance

FREEZE = {"id": "mini", "date": "2022-02-28"}
SETTINGS = {"variant_qc": {"min_call_rate": 0.95}}


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, str]:
    for name in ("b.csv", "a.vcf"):
        (tmp_path / name).write_text(name)
    return {"clinical.patients": str(tmp_path / "b.csv"), "assays.wgs.files[0]": str(tmp_path / "a.vcf")}


def test_record__inputs_versions_and_newest_run(tmp_path: Path, inputs: dict[str, str]) -> None:
    record_run(tmp_path / "runs", ["snakemake", "old"], {})
    record_run(tmp_path / "runs", ["snakemake", "--cores", "2"], {})
    record_provenance(inputs, "c" * 64, FREEZE, tmp_path / "runs", tmp_path / "out/provenance.json", SETTINGS)
    record = json.loads((tmp_path / "out/provenance.json").read_text())
    assert record["freeze"] == FREEZE
    assert record["config_sha256"] == "c" * 64
    assert record["settings"] == SETTINGS
    assert record["versions"] == versions()
    assert record["run"]["command"] == "snakemake --cores 2"
    assert list(record["inputs"]) == ["assays.wgs.files[0]", "clinical.patients"]
    assert record["inputs"]["clinical.patients"] == {"name": "b.csv", "sha256": sha256(tmp_path / "b.csv")}
    assert str(tmp_path) not in json.dumps(record["inputs"])


def test_record__without_a_run(tmp_path: Path, inputs: dict[str, str]) -> None:
    path = tmp_path / "provenance.json"
    record_provenance(inputs, "c" * 64, FREEZE, tmp_path / "runs", path, SETTINGS)
    first = path.read_bytes()
    source, freeze, freeze_date = load_provenance(path)
    assert (freeze, freeze_date) == ("mini", "2022-02-28")
    assert (source.command, source.started) == ("not recorded", "not recorded")
    assert source.inputs == (Source("a.vcf", sha256(tmp_path / "a.vcf")), Source("b.csv", sha256(tmp_path / "b.csv")))
    assert source.versions == tuple(versions().items())
    record_provenance(dict(reversed(inputs.items())), "c" * 64, FREEZE, tmp_path / "runs", path, SETTINGS)
    assert path.read_bytes() == first


def test_record__missing_input_leaves_nothing(tmp_path: Path, inputs: dict[str, str]) -> None:
    Path(inputs["clinical.patients"]).unlink()
    with pytest.raises(FileNotFoundError):
        record_provenance(inputs, "c" * 64, FREEZE, tmp_path / "runs", tmp_path / "out/provenance.json", SETTINGS)
    assert not (tmp_path / "out").exists()
