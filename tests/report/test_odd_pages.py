"""Cohorts that lack things or have odd names: the page still says what happened, and keeps its shape."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from alsreg.config.report import ReportConfig
from alsreg.report.render import render_cohort
from alsreg.tables.results import DIAGNOSTICS, LEADS, THINNED
from helpers import lead_tables
from helpers import report_tables as tables
from helpers.browser import opened, running
from report.write_report import build_report

LONG = "x" * 300
MARKUP = "<script>document.title = 'taken'</script>"
EMPTY = {name: table.empty() for name, (table, _) in lead_tables.LEAD_INPUTS.items()}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def engine(chromium: str) -> Iterator[Browser]:
    with running(chromium) as found:
        yield found


def seen(engine: Browser, folder: Path, page: str, width: int = 390) -> str:
    """What a reader on a phone sees of the page, which must be silent and must not scroll sideways."""
    path = folder / "page.html"
    path.write_text(page, encoding="utf-8")
    with opened(engine, path, width) as found:
        found.page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
        assert found.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert (found.requests, found.complaints) == ([], [])
        assert "alsreg" in found.page.title()
        return found.page.locator("main").inner_text()


@pytest.mark.parametrize("name", [LONG, MARKUP], ids=["long", "markup"])
def test_odd_names__are_text_and_find_room(engine: Browser, tmp_path: Path, name: str) -> None:
    row = tables.lead(n_carriers=9, nearest_gene=name, carrier_set=name, groups_status=name)
    changes = {"lead_groups": lead_tables.groups().assign(source=name), "loci": lead_tables.loci().assign(warning=name),
               "leads": tables.fill(LEADS, [row]), "confounding": lead_tables.confounding().assign(source=name)}  # fmt: skip
    inputs = tables.write_inputs(tmp_path, **changes)
    report = build_report(inputs, {**tables.ANALYSIS, "cohort": name}, ReportConfig())
    assert seen(engine, tmp_path, render_cohort(report)).count(name) >= 5


def test_no_hits(engine: Browser, tmp_path: Path) -> None:
    text = seen(engine, tmp_path, render_cohort(tables.report_of(tmp_path, leads=LEADS.empty(), **EMPTY)))
    assert "Leads, p < 1.00×10⁻⁵: 0." in text and "Leads from other sides" not in text


def test_one_person(engine: Browser, tmp_path: Path) -> None:
    text = seen(engine, tmp_path, render_cohort(tables.report_of(tmp_path, 1, leads=LEADS.empty(), **EMPTY)))
    assert "Bulbar onset could not be tested: no variants." in text


def test_no_trait_could_be_tested(engine: Browser, tmp_path: Path) -> None:
    rows = [{"trait": trait, "kind": kind, "status": "fewer people than parameters", "n_tested": 0, "n_untestable": 9,
             "n_hits": 0, "n_hits_expected": 0.0} for trait, kind in (("survival", "survival"), ("bulbar_onset", "binary"))]  # fmt: skip
    inputs = tables.write_inputs(tmp_path, leads=LEADS.empty(), diagnostics=tables.fill(DIAGNOSTICS, rows), **EMPTY)
    THINNED.write(THINNED.empty(), inputs.thinned[0])
    text = seen(engine, tmp_path, render_cohort(build_report(inputs, tables.ANALYSIS, ReportConfig())))
    assert text.count("Not tested: fewer people than parameters.") == 2


def test_without_optional_stages(engine: Browser, tmp_path: Path) -> None:
    inputs = tables.write_inputs(tmp_path)
    inputs.genes, inputs.coverage = [], []
    text = seen(
        engine, tmp_path, render_cohort(build_report(inputs, {**tables.ANALYSIS, "burden": None}, ReportConfig()))
    )
    assert "The freeze has no annotation: genes were not tested." in text
