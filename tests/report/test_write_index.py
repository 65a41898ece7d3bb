"""The index leads to every cohort with its numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alsreg.tables.genotypes import COMPONENTS
from alsreg.tables.results import LEADS
from helpers import report_tables as tables
from report.record_provenance import record_provenance
from report.write_index import write_index


@pytest.fixture
def provenance(tmp_path: Path) -> str:
    record_provenance(
        {}, "a" * 64, {"id": "<mini>", "date": "2022-02-28"}, tmp_path / "runs", tmp_path / "provenance.json", {}
    )
    return str(tmp_path / "provenance.json")


def write_cohorts(folder: Path, sizes: dict[str, tuple[int, int]]) -> tuple[list[str], list[str]]:
    """Components and leads of cohorts with so many people and leads."""
    paths: tuple[list[str], list[str]] = ([], [])
    for name, (n_people, n_leads) in sizes.items():
        rows = [tables.lead(variant_id=f"2_{k}_A_G") for k in range(n_leads)]
        for found, table, frame, file in (
            (paths[0], COMPONENTS, tables.components(n_people), f"{name}.components.tsv"),
            (paths[1], LEADS, tables.fill(LEADS, rows), f"{name}.leads.tsv"),
        ):
            table.write(frame, folder / file)
            found.append(str(folder / file))
    return paths


def test_write_index__a_row_per_cohort(tmp_path: Path, provenance: str) -> None:
    components, leads = write_cohorts(tmp_path, {"wgs": (6, 0), "all": (1234, 7)})
    write_index({"wgs": ["wgs"], "all": ["wgs", "array"]}, components, leads, provenance, tmp_path / "index.html")
    page = (tmp_path / "index.html").read_text()
    body = page.split("<tbody>")[1].split("</tbody>")[0]
    rows = [re.sub(r"<[^>]+>", "|", row).replace("||", "|") for row in body.strip().splitlines()]
    assert [[cell for cell in row.split("|") if cell] for row in rows] == [
        ["wgs", "wgs", "6", "0"], ["all", "wgs, array", "1,234", "7"],
    ]  # fmt: skip
    assert re.findall(r'<a href="([^"]+)"', body) == ["wgs.html", "all.html"]
    assert "Freeze &lt;mini&gt;" in page
    assert "<mini>" not in page
    assert "a" * 64 in page


def test_write_index__links_the_comparison_where_there_is_one(tmp_path: Path, provenance: str) -> None:
    components, leads = write_cohorts(tmp_path, {"wgs": (6, 0)})
    for control, n_links in (([], 0), (["report/mini/control.html"], 1)):
        write_index({"wgs": ["wgs"]}, components, leads, provenance, tmp_path / "index.html", control)
        assert (tmp_path / "index.html").read_text().count('href="control.html"') == n_links


def test_write_index__lists_must_match(tmp_path: Path, provenance: str) -> None:
    components, leads = write_cohorts(tmp_path, {"wgs": (6, 0)})
    with pytest.raises(ValueError, match="zip"):
        write_index({"wgs": ["wgs"], "all": ["wgs"]}, components, leads, provenance, tmp_path / "index.html")
    assert not (tmp_path / "index.html").exists()
