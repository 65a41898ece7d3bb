"""What rules draw from settings and freeze."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from alsreg.config.freeze import DataFile, Freeze
from alsreg.errors import ConfigError
from alsreg.workflow.run import Run, freeze_files, memory, one_of, runtime, start_run

COHORT = SimpleNamespace(cohort="all")


@pytest.fixture
def run(data: Path, base: Path) -> Run:
    return start_run({"freeze": str(data / "freeze.yaml")}, base)


def test_start_run__names_every_missing_file(data: Path, base: Path) -> None:
    for name in ("patients", "events"):
        (data / f"registry/{name}.csv").unlink()
    with pytest.raises(ConfigError) as caught:
        start_run({"freeze": str(data / "freeze.yaml")}, base)
    assert f"clinical.patients ({data / 'registry/patients.csv'})" in str(caught.value)
    assert "clinical.events" in str(caught.value)
    assert "clinical.visits" not in str(caught.value)


def test_freeze_files__every_file_by_its_key(simulated: Path) -> None:
    values = yaml.safe_load((simulated / "freeze.yaml").read_text())
    found = dict(freeze_files(Freeze.model_validate(values)))
    assert set(found) == {
        *(f"assays.{name}.files[0]" for name in values["assays"]), "assays.wes.capture_bed",
        *(f"clinical.{name}" for name in values["clinical"]), *(f"chains.{name}" for name in values["chains"]),
        "fasta", "annotation.gff3",
    }  # fmt: skip
    assert all(isinstance(file, DataFile) for file in found.values())
    assert str(found["fasta"].path) == values["fasta"]["path"]


def test_run__assays_are_those_of_the_cohorts(
    data: Path, base: Path, edit: Callable[[Callable[[dict], object]], None]
) -> None:
    edit(lambda freeze: freeze.update(cohorts={"some": {"assays": ["wgs", "array"]}}))
    run = start_run({"freeze": str(data / "freeze.yaml")}, base)
    assert run.assays == ["array", "wgs"]
    assert run.cohort_assays == {"some": ["wgs", "array"]}


def test_run__analysis_of_a_cohort(run: Run) -> None:
    analysis = run.analysis_of_cohort(COHORT)
    assert analysis["assays"] == ["wgs", "wes", "array"]
    assert analysis["builds"] == {name: run.freeze.assays[name].build for name in ("wgs", "wes", "array")}
    assert list(analysis["traits"]) == ["age_at_onset", "slope", "survival", "bulbar_onset"]
    assert (analysis["genome_wide_p"], analysis["lead_p"]) == (5e-8, run.settings.association.max_p_lead)


def test_run__genes_follow_the_annotation(
    run: Run, data: Path, base: Path, edit: Callable[[Callable[[dict], object]], None]
) -> None:
    assert run.genes_of_cohort(COHORT)[0] == "burden/mini/all/age_at_onset.genes.tsv"
    assert len(run.genes_of_cohort(COHORT)) == 4
    edit(lambda freeze: freeze.pop("annotation"))
    assert start_run({"freeze": str(data / "freeze.yaml")}, base).genes_of_cohort(COHORT) == []


def test_run__settings_digest_sees_settings_and_freeze_only(data: Path, base: Path, run: Run) -> None:
    freeze = str(data / "freeze.yaml")
    assert start_run({"freeze": freeze}, base).settings_digest == run.settings_digest
    assert start_run({"freeze": freeze, "report": {"min_cell": 6}}, base).settings_digest != run.settings_digest


def test_run__section_is_plain(run: Run) -> None:
    assert run.section("report") == {
        "language": "en",
        "min_cell": 5,
        "max_leads": 20,
        "max_genes": 20,
        "max_leads_drawn": 4,
    }


def test_run__section_within_a_section_is_taken_by_its_own_name(run: Run) -> None:
    """Or a choice of the prognostic model would have the tables imported again."""
    assert not {"trajectories", "prognosis"} & set(run.section("registry"))
    assert run.section("registry.trajectories", "degree") == {"degree": 1}
    assert "delta_fs_per_month" in run.section("registry.prognosis")["predictors"]


@pytest.mark.parametrize(("make", "first"), [(memory, 2000), (runtime, 30)])
def test_resources__double_with_every_attempt(make: Callable[[int], Callable[..., int]], first: int) -> None:
    assert [make(first)(None, attempt=attempt) for attempt in (1, 2, 3)] == [first, 2 * first, 4 * first]


def test_one_of__matches_these_names_only() -> None:
    pattern = re.compile(one_of(["chr1-7", "a.b"]))
    assert pattern.fullmatch("chr1-7")
    assert pattern.fullmatch("a.b")
    assert not pattern.fullmatch("axb")


SCORED = {"scored": [{"consequences": ["missense_variant"], "min_scores": {"cadd": 20}}]}


@pytest.mark.parametrize(("annotation", "message"), [
    ({"masks": {"m": SCORED}}, r"key annotation.masks.m.scored: the freeze has no such score \(value: 'cadd'\)"),
    ({"masks": {"m": {"consequences": ["stop_gained"], "loftee": "high_confidence"}}}, "only an annotated VCF holds LOFTEE"),
    ({"masks": {"m": {"consequences": ["stop_gained"], "max_external_frequency": 0.1}}}, "no frequencies of other people"),
    ({"external_populations": ["gnomad.eas"]}, "the freeze has no such population"),
    ({"transcripts": ["mane"]}, "only an annotated VCF tells kinds of transcript"),
])  # fmt: skip
def test_run__masks_ask_only_for_what_the_freeze_has(data: Path, base: Path, annotation: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        start_run({"freeze": str(data / "freeze.yaml"), "annotation": annotation}, base)
