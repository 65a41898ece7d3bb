"""An attacker with the page: hidden counts are not determined by what is published, and nobody is named, wherever one looks."""

from __future__ import annotations

import base64
import gzip
import math
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alsreg.config.report import ReportConfig
from alsreg.report.disclosure import Disclosure, apart, disclosed_steps
from alsreg.report.few_left_out import untold
from alsreg.report.render import render_cohort
from alsreg.tables.panel import PANEL_CARRIERS, PANEL_COMPARISONS, PANEL_GENES, PANEL_PEOPLE
from alsreg.tables.results import LEADS
from helpers import report_tables as tables
from helpers.attack import everything_in, given_back
from helpers.pages import blocks
from report.write_report import build_report

MIN_CELL = 5


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=2, max_size=7))
def test_cells__are_not_determined_by_their_total(counts: list[int]) -> None:
    assume(sum(counts) >= MIN_CELL and sum(counts) > sum(count > 0 for count in counts))
    shown = Disclosure(MIN_CELL).cells(counts, "x")
    assert given_back([np.ones(len(counts))], [sum(counts)], shown, counts) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=2, max_size=7))
def test_bins__are_not_determined_by_the_number_of_all(counts: list[int]) -> None:
    assume(sum(counts) >= MIN_CELL and sum(counts) > sum(count > 0 for count in counts))
    bins = Disclosure(MIN_CELL).bins(np.array(counts), "x")
    shown = [None if math.isnan(value) else int(value) for value in bins]
    assert given_back([np.ones(len(counts))], [sum(counts)], shown, counts) == []


def attack_on_table(counts: np.ndarray, found: tuple[np.ndarray, np.ndarray, np.ndarray]) -> list[int]:
    """Cells of a table that its published cells and totals give back."""
    shown, has_row, has_column = found
    sums, totals = [], []
    for axis, has_total in ((1, has_row), (0, has_column)):
        for place in np.flatnonzero(has_total):
            which = np.zeros_like(counts)
            which[(place, slice(None)) if axis == 1 else (slice(None), place)] = 1
            sums.append(which.ravel())
            totals.append(int((which * counts).sum()))
    cells = [int(n) if is_shown or n == 0 else None for n, is_shown in zip(counts.ravel(), shown.ravel(), strict=True)]
    return given_back(np.array(sums).reshape(-1, counts.size), totals, cells, counts.ravel().tolist())


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 4).flatmap(
        lambda c: st.lists(st.lists(st.integers(0, 14), min_size=c, max_size=c), min_size=1, max_size=4)
    )
)
def test_table__is_not_determined_by_its_margins(rows: list[list[int]]) -> None:
    counts = np.array(rows)
    assert attack_on_table(counts, Disclosure(MIN_CELL).table(counts, "x")) == []


def test_attack__finds_planted_leaks() -> None:
    """A single hidden cell; a margin that should have been hidden."""
    assert given_back([[1, 1, 1]], [50], [40, None, 7], [40, 3, 7]) == [1]
    counts = np.array([[9, 2], [7, 6]])
    leaking = (np.array([[False, False], [True, True]]), np.array([True, True]), np.array([True, True]))
    assert attack_on_table(counts, leaking) == [0, 1]


@given(st.lists(st.integers(5, 60), min_size=1, max_size=6))
def test_apart__groups_described_differ_by_nobody_or_enough(counts: list[int]) -> None:
    shown = [n for n, is_shown in zip(counts, apart(counts, MIN_CELL), strict=True) if is_shown]
    assert max(counts) in shown
    assert all(a == b or abs(a - b) >= MIN_CELL for a in shown for b in shown)


@given(st.lists(st.floats(0, 60), min_size=0, max_size=60), st.integers(0, 10))
def test_disclosed_steps__no_step_is_the_work_of_few(times: list[float], min_cell: int) -> None:
    grid = np.arange(0, 63, 3.0)
    at_risk = np.array([sum(time > month for time in times) for month in grid])
    kept = disclosed_steps(grid, at_risk, np.array(times), min_cell)
    for one, two in pairwise(kept):
        n = sum(grid[one] < time <= grid[two] for time in times)
        assert n == 0 or n >= min_cell


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return render_cohort(tables.report_of(tmp_path_factory.mktemp("attack"), n=30)).encode()


def secrets_of(n: int) -> list[str]:
    """Persons, samples with a name of their own, and exact dates of the registry."""
    samples = [str(value) for value in tables.sample_qc(n)["sample"] if len(str(value)) > 2]
    frame = tables.cohort_tables(n)["patients"][1]
    dates = {str(value)[:10] for name in frame if name.endswith("_date") for value in frame[name].dropna()}
    return [*tables.persons_named(n), *samples, *sorted(dates)]


def named_in(content: bytes, secrets: list[str]) -> list[str]:
    text = everything_in(content)
    return [secret for secret in secrets if re.search(rf"(?<![\w-]){re.escape(secret)}(?![\w-])", text)]


def test_page__names_nobody(page: bytes) -> None:
    secrets = secrets_of(30)
    assert len(secrets) >= 30
    assert named_in(page, secrets) == []


@pytest.mark.parametrize("wrap", [
    lambda name: name, lambda name: f"<!-- {name} -->", lambda name: "".join(f"&#{ord(c)};" for c in name),
    lambda name: "data:image/svg+xml;base64," + base64.b64encode(f"<svg><title>{name}</title></svg>".encode()).decode(),
    lambda name: "data:text/csv;base64," + base64.b64encode(gzip.compress(f"person\n{name}\n".encode())).decode(),
    lambda name: '{"x": "' + "".join(f"\\u{ord(c):04x}" for c in name) + '"}', lambda name: "data:text/csv," + "".join(f"%{ord(c):02x}" for c in name),
], ids=["text", "comment", "entities", "svg", "gzip", "json", "percent"])  # fmt: skip
def test_attack__finds_a_planted_person(page: bytes, wrap) -> None:
    planted = page.replace(b"</main>", f"<p>{wrap('P07')}</p></main>".encode())
    assert named_in(planted, secrets_of(30)) == ["P07"]


def few_left_out(folder: Path, n_left_out: int) -> tuple[object, str]:
    """A cohort of 30, one of them a relative, of whom `n_left_out` carry something in a definitive gene."""
    inputs = tables.write_inputs(folder, 30)
    gene = {"gene": "SOD1", "tier": "definitive", "is_definitive": True, "n_variants": 2, "n_carriers": n_left_out, "n_pathogenic_carriers": 0,
            "source": "s", "status": "assessed", "repeat_status": "no repeat judged here", "list_version": "v", "list_sha256": "ab" * 32,
            "n_assessed": 30, "n_carriers_elsewhere": 0}  # fmt: skip
    people = [
        {"person": name, "is_assessed": True, "is_left_out": k < n_left_out}
        for k, name in enumerate(tables.persons_named(30))
    ]
    inputs.panel = [
        str(folder / name) for name in ("genes.tsv", "carriers.parquet", "people.parquet", "comparisons.tsv")
    ]
    frames = (
        tables.fill(PANEL_GENES, [gene]),
        PANEL_CARRIERS.empty(),
        tables.fill(PANEL_PEOPLE, people),
        PANEL_COMPARISONS.empty(),
    )
    for table, frame, path in zip(
        (PANEL_GENES, PANEL_CARRIERS, PANEL_PEOPLE, PANEL_COMPARISONS), frames, inputs.panel, strict=True
    ):
        table.write(frame, Path(path))
    report = build_report(inputs, tables.ANALYSIS, ReportConfig())
    return report, render_cohort(report)


def people_beside_tests(html: str) -> list[str]:
    """Where the page says 27, the number of people tested."""
    shown = re.sub(
        r'(?s)<section id="(flow|registry|identity|structure|provenance|panel|disclosure)">.*?</section>', "", html
    )
    return [n for block in blocks(shown) if block.tag in ("td", "p", "dd") for n in block.numbers if n == "27"]


def test_few_carriers_left_out__numbers_of_people_do_not_give_them_back(tmp_path: Path) -> None:
    """Diagnostics say that 27 were tested; 29 are unrelated; so two were left out, which the flow hides."""
    diagnostics = tables.diagnostics().assign(n=27, effective_n=27.0)
    leads = tables.fill(LEADS, [tables.lead(n=27, variant_id="2_50_A_G")])
    for name in ("few", "many"):
        (tmp_path / name).mkdir()
    original = tables.write_inputs

    def with_counts(folder: Path, n: int = 12, **changes):
        return original(folder, n, **changes, diagnostics=diagnostics, leads=leads)

    tables.write_inputs = with_counts
    try:
        report, html = few_left_out(tmp_path / "few", 2)
        many, html_many = few_left_out(tmp_path / "many", 8)
    finally:
        tables.write_inputs = original
    assert people_beside_tests(html) == []
    assert len(people_beside_tests(html_many)) >= 2, (
        "where the flow tells how many, the tests do too: the attack sees them"
    )
    assert any("would give back" in rule for _, _, rule in report.hidden)
    assert all(math.isnan(trait.n) for trait in report.traits) and many.traits[0].n == 27


def test_untold__replaces_counts_however_deep_and_nothing_else(tmp_path: Path) -> None:
    report = tables.report_of(tmp_path)
    before, after = report.traits[0], untold(report.traits[0])
    assert math.isnan(after.n) and math.isnan(after.leads[0].n_carriers) and math.isnan(after.effective_n)
    assert (after.n_tested, after.lambda_gc, after.leads[0].effect) == (
        before.n_tested,
        before.lambda_gc,
        before.leads[0].effect,
    )
