"""The page of a meta-analysis."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from alsreg.config.meta import MetaAnalysis
from alsreg.config.report import ReportConfig
from alsreg.tables.meta import META_COUNTS, META_HITS, META_LOOKUP
from helpers.filled import fill
from meta.write_meta_report import build_report, write_meta_report
from report.record_provenance import record_provenance

PLACE = {"chromosome": 23, "base_pair_location": 5, "effect_allele": "A", "other_allele": "G"}
TOLD = {"name": "joint", "kind": "survival", "hit_p": 1e-5}


@pytest.fixture
def inputs(tmp_path: Path) -> SimpleNamespace:
    hits = [{**PLACE, "study": name, "beta": beta, "standard_error": 0.1, "p_value": 1e-6, "n": 10, "heterogeneity_i2": 0.5, "heterogeneity_p": 0.2}
            for name, beta in (("<b>", 0.0), ("two", 0.5), ("fixed effects", 0.2), ("random effects", 0.3))]  # fmt: skip
    lookup = [{**PLACE, "direction": "-", "study": "two", "beta": 0.5, "standard_error": 0.1, "p_value": 1e-6, "p_one_sided": 0.9, "status": "found"},
              {**PLACE, "direction": "+", "study": "fixed effects", "status": "in too few studies, or in none"}]  # fmt: skip
    counts = [
        {"study": "<b>", "reason": reason, "n_variants": n}
        for reason, n in (("read", 9), ("used", 7), ("given twice", 2), ("other strand", 0))
    ]
    paths = {}
    for name, table, rows in (
        ("hits", META_HITS, hits),
        ("lookup", META_LOOKUP, lookup),
        ("counts", META_COUNTS, counts),
    ):
        paths[name] = tmp_path / f"{name}.tsv"
        table.write(fill(table, rows), paths[name])
    record_provenance(
        {}, "a" * 64, {"id": "f", "date": "2022-02-28"}, tmp_path / "runs", tmp_path / "provenance.json", {}
    )
    return SimpleNamespace(**paths, provenance=tmp_path / "provenance.json")


def analysis(lookup: str | None) -> MetaAnalysis:
    return MetaAnalysis(trait="survival", cohorts=["one", "two"], lookup=lookup)


def test_numbers(inputs: SimpleNamespace) -> None:
    report = build_report(inputs, analysis("l.tsv"), TOLD, ReportConfig())
    (hit,) = report.hits
    assert (hit.variant, hit.i2, hit.rows[0].effect, hit.rows[-1].study) == ("X_5_G_A", 0.5, 1.0, "random effects")
    assert hit.rows[1].effect == pytest.approx(1.648721)
    assert report.studies[0].reasons == (("given twice", 2),)
    assert (report.studies[0].n_used, report.studies[0].n_read) == (7, 9)
    assert [row.status for row in report.lookup] == ["found", "in too few studies, or in none"]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_page(inputs: SimpleNamespace, tmp_path: Path, language: str) -> None:
    write_meta_report(inputs, analysis("l.tsv"), TOLD, ReportConfig(language=language), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "&lt;b&gt;" in page
    assert "<b>" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)


def test_nothing_found(inputs: SimpleNamespace, tmp_path: Path) -> None:
    META_HITS.write(META_HITS.empty(), inputs.hits)
    META_LOOKUP.write(META_LOOKUP.empty(), inputs.lookup)
    write_meta_report(inputs, analysis(None), TOLD, ReportConfig(), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "No variant has p &lt; 1.00×10⁻⁵." in page and "No variants were looked for." in page
