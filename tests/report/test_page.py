"""The page of a small cohort in a real browser: offline, accessible, on a phone and on paper, and what can be done with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from alsreg.report.render import render_cohort
from alsreg.tables.results import LEADS
from helpers import report_tables as tables
from helpers.browser import Opened, opened, running

MAX_BYTES = 8_000_000
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    rows = [tables.lead(variant_id=f"2_{50 + k}_A_G", base_pair_location=50 + k, p_value=(k + 1) * 2.84e-11, n_carriers=8 + k)
            for k in range(9)]  # fmt: skip
    path = folder / "page.html"
    path.write_text(render_cohort(tables.report_of(folder, leads=tables.fill(LEADS, rows))), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def engine(chromium: str) -> Iterator[Browser]:
    with running(chromium) as found:
        yield found


@pytest.fixture(scope="module", params=[1200, 390])
def browser(request: pytest.FixtureRequest, engine: Browser, file: Path) -> Iterator[Opened]:
    with opened(engine, file, request.param) as found:
        yield found


def test_page__opens_offline_in_silence(browser: Opened, file: Path) -> None:
    page = browser.page
    page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
    page.wait_for_timeout(200)
    assert (browser.requests, browser.complaints) == ([], [])
    timing = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    print(f"opened in {timing / 1000:.2f} s, {file.stat().st_size / 1e6:.1f} MB")
    assert file.stat().st_size <= MAX_BYTES


def test_page__does_not_scroll_sideways(browser: Opened) -> None:
    assert browser.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_page__is_accessible(browser: Opened) -> None:
    """No violation of axe's rules (WCAG 2 and best practice), with everything unfolded."""
    page = browser.page
    page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
    page.wait_for_timeout(200)
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found] == []


def cells(page: Page, caption: str, column: int) -> list[str]:
    """Cells of a column that are shown, of the table whose caption holds `caption`."""
    rows = page.locator(f"table:has(caption:has-text('{caption}')) tbody tr:visible")
    return [row.locator("th, td").nth(column).inner_text() for row in rows.all()]


def test_tables__sort_as_numbers_and_search(browser: Opened) -> None:
    page, leads = browser.page, "per copy of the effect allele, with"
    p = [f"{(k + 1) * 2.84:.1f}" for k in range(9)]
    table = page.locator(f"table:has(caption:has-text('{leads}'))").first
    column = table.locator("thead th").all_inner_texts().index("p")
    head = table.locator("thead th").nth(column)
    head.get_by_role("button").click()
    first = cells(page, leads, column)
    assert (
        head.get_attribute("aria-sort") == "ascending"
        and first[0].startswith(p[0])
        and first[-1].startswith("2.56×10⁻¹⁰")
    )
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending" and cells(page, leads, column) == first[::-1]
    search = page.get_by_role("searchbox", name="Search this table").first
    search.fill("2_53_")
    assert cells(page, leads, 0) == ["2_53_A_G"]
    search.fill("")
    assert len(cells(page, leads, 0)) == 9


@pytest.mark.parametrize("chart", ["manhattan", "region"])
def test_figures__zoom_and_tell_what_lies_under_the_pointer(browser: Opened, chart: str) -> None:
    page = browser.page
    figure = page.locator(f"figure:has(button[data-chart={chart}])").first
    button, image = figure.get_by_role("button", name="zoom and hover"), figure.locator("img")
    page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
    assert image.is_visible() and button.get_attribute("aria-pressed") == "false"
    button.click()
    assert not image.is_visible() and button.get_attribute("aria-pressed") == "true"
    page.wait_for_function(f"Bokeh.documents.length > {0 if chart == 'manhattan' else 1}")
    names = page.evaluate("Bokeh.documents.at(-1).all_models ? Array.from(Bokeh.documents.at(-1).all_models)"
                          ".filter((m) => m.type === 'HoverTool').flatMap((m) => m.tooltips.map((t) => t[0])) : []")  # fmt: skip
    assert {"base pair location", "p value"} <= set(names) and not {"person", "sample"} & set(names)
    button.click()
    assert image.is_visible() and not figure.locator(".chart").is_visible()
    assert browser.complaints == []


def test_figures__data_can_be_kept(browser: Opened) -> None:
    page = browser.page
    with page.expect_download() as kept:
        page.locator("figure:has(button[data-chart=manhattan]) a[download]").first.click()
    text = Path(kept.value.path()).read_text()
    assert kept.value.suggested_filename == "survival_p_along_the_genome.csv"
    assert text.startswith("variant_id,chromosome,base_pair_location,p_value\n") and ",2,50,2.84e-11" in text


def test_page__is_whole_without_scripts_and_on_paper(engine: Browser, file: Path, tmp_path: Path) -> None:
    with opened(engine, file, script=False) as found:
        page = found.page
        assert (
            page.locator("button[data-chart]:visible").count() == 0 and page.locator("figure img:visible").count() >= 5
        )
        page.pdf(path=tmp_path / "page.pdf", format="A4")
    assert (tmp_path / "page.pdf").stat().st_size > 50_000


def test_page__skip_link_is_the_first_stop_of_the_keyboard(browser: Opened) -> None:
    page = browser.page
    page.reload()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
