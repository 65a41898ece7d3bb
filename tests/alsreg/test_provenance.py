"""Digests see content and nothing else; the newest record of a run is found."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import tomllib
from datetime import date
from pathlib import Path

import numpy as np

from alsreg.provenance import digest, latest_run, record_run, sha256, versions

ROOT = Path(__file__).resolve().parents[2]


def test_sha256__of_the_standard(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert sha256(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    large = os.urandom(3_000_001)
    (tmp_path / "b").write_bytes(large)
    assert sha256(str(tmp_path / "b")) == hashlib.sha256(large).hexdigest()


def test_digest__of_content_not_order() -> None:
    one = digest({"a": 1, "b": {"c": [1, 2], "d": date(2022, 2, 28)}})
    assert one == digest({"b": {"d": date(2022, 2, 28), "c": [1, 2]}, "a": 1})
    assert one != digest({"a": 1, "b": {"c": [2, 1], "d": date(2022, 2, 28)}})
    assert one != digest({"a": 1, "b": {"c": [1, 2], "d": date(2022, 3, 1)}})


def test_versions__of_every_declared_library() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    found = versions()
    assert list(found)[:2] == ["python", "alsreg"]
    libraries = set(found) - {"python", "alsreg"}
    assert libraries <= {re.split(r"[<>=]", line)[0] for line in declared}
    assert libraries >= {"cyvcf2", "lifelines", "numpy", "pandas", "pgenlib", "pysam", "scipy", "snakemake"}
    assert found["python"] == platform.python_version()
    assert found["numpy"] == np.__version__


def test_record_run__newest_is_found(tmp_path: Path) -> None:
    assert latest_run(tmp_path / "runs") is None
    first = record_run(tmp_path / "runs", ["snakemake", "--cores", "2"], {"freeze": "a"})
    second = record_run(tmp_path / "runs", ["snakemake", "all"], {"freeze": "b"})
    assert first != second
    found = latest_run(tmp_path / "runs")
    assert found is not None
    assert (found["command"], found["file"]) == (["snakemake", "all"], second.name)
    assert found["config_sha256"] == digest({"freeze": "b"})
    assert found["process"] == os.getpid()
    assert json.loads(first.read_text())["command"] == ["snakemake", "--cores", "2"]
