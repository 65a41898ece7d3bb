"""What a meta-analysis reads, and entries that cannot be."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from alsreg.errors import ConfigError
from alsreg.workflow.run import start_run


def start(data: Path, base: Path, **changes: Any) -> Any:
    (data / "other.tsv").write_text("chromosome\n")
    entry = {
        "trait": "survival",
        "cohorts": ["all"],
        "external": {"other": {"path": str(data / "other.tsv")}},
    } | changes
    return start_run({"freeze": str(data / "freeze.yaml"), "meta": {"analyses": {"joint": entry}}}, base)


def test_inputs(data: Path, base: Path) -> None:
    run = start(data, base)
    job = SimpleNamespace(analysis="joint")
    assert run.metas.names == ["joint"]
    assert run.metas.kind(job) == "survival"
    assert run.metas.statistics(job) == ["association/mini/all/survival.tsv.gz"]
    assert run.metas.samples(job) == ["association/mini/all/samples.tsv"]
    assert run.metas.external(job) == [str((data / "other.tsv").resolve())]
    assert run.metas.lookup(job) == []
    assert run.metas.results(None) == ["meta/mini/joint.html"]
    with pytest.raises(ConfigError, match="no meta-analysis is defined"):
        start_run({"freeze": str(data / "freeze.yaml")}, base).metas.results(None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"trait": "height"}, r"joint.trait: no such trait \(value: 'height'\)"),
        ({"cohorts": ["none"]}, r"joint.cohorts: no such cohort \(value: 'none'\)"),
        ({"external": {"o": {"path": "nowhere.tsv"}}}, r"joint.external.o.path: no such file"),
        (
            {"external": {"o": {"path": "README.md", "build": "GRCh37"}}},
            r"joint.external.o.build: the file is not on GRCh38",
        ),
        ({"lookup": "nowhere.tsv"}, r"joint.lookup: no such file"),
        ({"external": {}}, r"name at least two cohorts or external files"),
        ({"cohorts": ["all", "all"]}, r"\['all'\] stand there twice"),
    ],
)
def test_bad_entries(data: Path, base: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        start(data, base, **changes)
