"""The reports of a whole run: every number is an attribute, nobody is in them, nothing is fetched."""

from __future__ import annotations

import dataclasses
import re
import zipfile
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import yaml

from alsreg.config.report import ReportConfig
from alsreg.report import render
from alsreg.report.association import TABLES as LEAD_TABLES
from alsreg.report.model import CohortReport, Picture, Provenance
from alsreg.workflow.run import Run, start_run
from helpers.browser import opened, running
from workflow.running import ROOT
from workflow.running import run as run_pipeline

# Numbers that are words of the template: 95 % intervals, power 0.8 at frequency 0.25, GRCh38, ΔFS(-R), τ, λ of 1,000.
WORDS = re.compile(r"95 %|power 0\.8|frequency 0\.25|GRCh3[78]|NCBI36|SHA-256|Beta\(1, 25\)|\|z\| > 2|NIV_?23h|niv 23h")
NUMBER = re.compile(r"(?<![\w.#])[−-]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?(?:×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?(?![\w])")


@pytest.fixture(scope="module")
def report(mini_run: tuple[Path, Path]) -> CohortReport:
    from report.write_report import build_report

    results, config = mini_run
    run = start_run(yaml.safe_load(config.read_text()), ROOT)
    return build_report(
        inputs_of(results, run, "all"), run.analysis_of_cohort(SimpleNamespace(cohort="all")), ReportConfig()
    )


@pytest.fixture(scope="module")
def page(mini_run: tuple[Path, Path]) -> str:
    return (mini_run[0] / "report/mini/all.html").read_text()


def inputs_of(results: Path, run: Run, cohort: str) -> SimpleNamespace:
    """The inputs of the report rule."""
    wildcards, freeze = SimpleNamespace(cohort=cohort), run.freeze.id
    bound = run.bind(__import__("alsreg.workflow.inputs", fromlist=["inputs"]))
    association, structure = results / "association" / freeze / cohort, results / "structure" / freeze / cohort
    registry = results / "registry" / freeze
    return SimpleNamespace(
        provenance=results / "report" / freeze / "provenance.json",
        patients=registry / "patients.parquet",
        phenotypes=registry / "phenotypes.parquet",
        visits=registry / "visits.parquet",
        stage_times=registry / "stage_times.parquet",
        joint_model=registry / "joint_model.tsv",
        trajectories=registry / "trajectories.parquet",
        **{name: registry / f"{name}.tsv" for name in ("trajectory_models", "trajectory_classes", "trajectory_curves")},
        prognosis=registry / "prognosis.parquet",
        prognosis_coefficients=registry / "prognosis.tsv",
        **{name: registry / f"{name}.tsv" for name in ("prognosis_performance", "prognosis_calibration")},
        issues=registry / "issues.tsv",
        ingest=results / "ingest" / freeze / "ingest.tsv",
        samples=[results / path for path in bound.sample_qc_of_cohort(wildcards)],
        variants=[results / path for path in bound.variant_qc_of_cohort(wildcards)],
        persons=results / "identity" / freeze / "persons.tsv",
        pairs=results / "identity" / freeze / "pairs.tsv",
        merged=[results / "merge" / freeze / cohort / f"{shard}.variants.parquet" for shard in run.shards],
        components=structure / "components.tsv",
        kinship=structure / "kinship.tsv",
        scree=structure / "scree.tsv",
        diagnostics=association / "diagnostics.tsv",
        leads=association / "leads.tsv",
        **{name: association / Path(table.path).name for name, table in LEAD_TABLES.items()},
        gene_bounds=bound.gene_bounds(wildcards),
        lead_decline=association / "lead_decline.tsv",
        thinned=[association / f"{trait}.thinned.parquet" for trait in run.traits],
        **{
            name: [results / path for path in getattr(run, f"{name}_of_cohort")(wildcards)]
            for name in ("genes", "hits", "left_out", "panel", "panel_controls")
        },
        coverage=[results / path for path in bound.coverage_table(wildcards)],
    )


def attributes(node: object) -> Iterator[object]:
    """Every leaf of a view model."""
    if dataclasses.is_dataclass(node):
        for field in dataclasses.fields(node):
            yield from attributes(getattr(node, field.name))
    elif isinstance(node, tuple):
        for child in node:
            yield from attributes(child)
    else:
        yield node


def printed_forms(value: object) -> set[str]:
    """All ways in which the template may print a value."""
    if isinstance(value, str):
        return set(NUMBER.findall(value)) | set(NUMBER.findall(render.words(value)))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return {
            render.whole(value),
            render.probability(value),
            *(render.fixed(value, digits) for digits in (1, 2, 3, 4)),
        }
    return set()


def visible_text(page: str) -> str:
    body = re.sub(r"(?s)<(style|script|head)\b.*?</\1>", " ", page)
    return (
        re.sub(r"<[^>]+>", " ", body)
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", " ")
        .replace("&#39;", "'")
    )


def test_report__every_number_is_an_attribute(report: CohortReport, page: str) -> None:
    allowed = set().union(*(printed_forms(value) for value in attributes(report)))
    printed = NUMBER.findall(WORDS.sub(" ", visible_text(page)))
    assert len(printed) > 200
    assert [number for number in printed if number.replace("<", "") not in allowed] == []


def test_report__page_is_the_rendered_model(report: CohortReport, page: str) -> None:
    assert render.render_cohort(report) == page


def test_report__numbers_agree_with_the_tables(report: CohortReport, mini_run: tuple[Path, Path]) -> None:
    results = mini_run[0]
    components = pd.read_csv(results / "structure/mini/all/components.tsv", sep="\t")
    assert report.structure.n_people == len(components) == report.people_flow[3].n
    diagnostics = pd.read_csv(results / "association/mini/all/diagnostics.tsv", sep="\t").set_index("trait")
    for trait in report.traits:
        summary = pd.read_csv(results / f"association/mini/all/{trait.trait}.tsv.gz", sep="\t")
        assert trait.n_tested == len(summary) == diagnostics.loc[trait.trait, "n_tested"]
        assert trait.n_hits == int((summary["p_value"] < report.genome_wide_p).sum())
    for flow in report.assay_flows:
        assert flow.n_samples == flow.n_samples_used + sum(n for _, n in flow.sample_losses)
        assert flow.n_written == flow.n_variants_used + sum(n for _, n in flow.variant_losses)


def test_report__names_no_person_sample_or_date(mini_run: tuple[Path, Path], mini_freeze: Path) -> None:
    freeze = yaml.safe_load(mini_freeze.read_text())
    registry = mini_freeze.parent / "registry"
    patients = pd.read_csv(registry / "patients.csv", dtype=str)
    samples = pd.read_csv(registry / "samples.csv", dtype=str)
    dates = set(patients.filter(like="_date").to_numpy().ravel()) - {str(freeze["freeze_date"])}
    secrets = {*patients["person_id"], *samples["sample_id"], *dates}
    assert len(secrets) > 200
    for path in (mini_run[0] / "report").rglob("*"):
        if path.suffix in (".html", ".json"):
            text = re.sub(r"data:image/[a-z+]+;base64,[\w+/=]+", " ", path.read_text())
            text = re.sub(r"data:text/csv[^,]*,([\w+/=]+)", lambda kept: b64decode(kept[1]).decode(), text)
            words = set(re.findall(r"[\w-]+", text))
            assert secrets & words == set(), path


def test_report__escapes_what_comes_from_data(report: CohortReport) -> None:
    hostile = dataclasses.replace(report, cohort="<script>alert(1)</script>", hidden=(("<b>x</b>", 1, "&"),))
    page = render.render_cohort(hostile)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_report__is_small_and_self_contained(page: str) -> None:
    assert len(page) < 8_000_000
    # The library can load MathJax for labels in TeX, which there are none of: the policy forbids it, and the browser sees no request.
    markup = re.sub(r"(?s)<script>.*?</script>", "", page)
    assert re.findall(r"""(?:src|href)=["'](?!data:|#)[^"']*""", markup) == []
    assert re.findall(r"<(?:script src|link rel=.stylesheet|iframe|object)", page) == []
    assert "default-src 'none'" in page and page.count("<script>") == 2


def test_report__figures_have_words(report: CohortReport) -> None:
    def pictures(node: object) -> Iterator[Picture]:
        if isinstance(node, Picture):
            yield node
        elif dataclasses.is_dataclass(node) and not isinstance(node, Provenance):
            for field in dataclasses.fields(node):
                yield from pictures(getattr(node, field.name))
        elif isinstance(node, tuple):
            for child in node:
                yield from pictures(child)

    found = list(pictures(report))
    assert len(found) >= 8
    assert all(len(picture.alt) > 20 and picture.uri.startswith("data:image/") for picture in found)


@pytest.mark.browser
@pytest.mark.parametrize("name", ["all", "index"])
def test_report__opens_without_network_or_console_errors(mini_run: tuple[Path, Path], chromium: str, name: str) -> None:
    with running(chromium) as engine, opened(engine, mini_run[0] / f"report/mini/{name}.html") as found:
        assert found.page.locator("h1").count() == 1
        for button in found.page.locator("button[data-chart]:visible").all():
            button.click()
        assert (found.requests, found.complaints) == ([], [])


def test_snakemakes_own_report__holds_the_pages(mini_run: tuple[Path, Path], tmp_path: Path) -> None:
    results, config = mini_run
    done = run_pipeline(results, config, "--report", str(tmp_path / "report.zip"))
    assert done.returncode == 0, done.stdout[-3000:]
    with zipfile.ZipFile(tmp_path / "report.zip") as archive:
        pages = [name for name in archive.namelist() if name.endswith(".html") and "/data/raw/" in name]
    assert {Path(page).name for page in pages} == {"all.html", "array.html"}
