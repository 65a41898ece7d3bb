"""The page: sentences for every reason, small counts hidden, everything escaped."""

from __future__ import annotations

import html
import re
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from alsreg.config.compare import CompareConfig
from alsreg.config.report import ReportConfig
from alsreg.report.compare_model import ComparisonReport
from alsreg.report.render import render_comparison
from alsreg.tables.compare import (
    COMPARED_EFFECTS,
    COMPARED_FLOWS,
    COMPARED_HITS,
    COMPARED_NUMBERS,
    COMPARED_SETTINGS,
    COMPARED_VALUES,
)
from compare.write_comparison import build_comparison, write_comparison
from helpers.filled import fill
from report.record_provenance import record_provenance

TESTED = {f"{side}_{name}": value for side in ("older", "newer")
          for name, value in {"beta": 0.5, "standard_error": 0.1, "p_value": 1e-6, "rank": 1, "n": 50, "n_events": 20, "status": "tested",
                              "p_method": "score"}.items()}  # fmt: skip
REASONS = {
    "absent": "No assay of new brings the variant.",
    "excluded": "In new the variant is left out before merging (wgs: hwe_failure).",
    "untestable": "In new the variant is not tested: wgs: hwe_failure.",
    "replaced": "In new p is still below 1.00×10⁻⁵, but 1_9_A_C leads the locus.",
    "not_listed": "In new p is still below 1.00×10⁻⁵",
    "effect": "In new the effect is smaller",
    "precision": "In new the same effect has less evidence",
    "effect_or_precision": "either alone takes p over the threshold",
    "effect_and_precision": "only together they take p over the threshold",
}
TOLD = {
    "older": {"id": "old", "cohorts": {"all": [], "<i>": []}, "traits": ["survival"], "assays": ["wgs"]},
    "newer": {"id": "new", "cohorts": {"all": []}, "traits": ["survival", "age"], "assays": ["wgs"]},
    "traits": {"survival": "survival", "age": "quantitative"},
    "lead_p": 1e-5,
    "compared": CompareConfig(),
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    folder = tmp_path_factory.mktemp("comparison")
    hits = [{"trait": "survival", "variant_id": f"1_{k}_A_C", "change": "vanished", "reason": reason, "detail": "wgs: hwe_failure",
             "locus_lead": "1_9_A_C", **TESTED} for k, reason in enumerate(REASONS)]  # fmt: skip
    hits[0]["newer_n_events"] = 3
    hits.append({"trait": "survival", "variant_id": "2_1_A_C", "change": "moved", "shift_z": -2.5, **TESTED})
    tables = {
        "flows": (COMPARED_FLOWS, [{"cohort": "all", "change": c, "reason": r, "n_people": n} for c, r, n in
                                   (("entered", "not registered", 2), ("left", "not registered", 30), ("stayed", "in the cohort", 40))], "flows.tsv"),
        "values": (COMPARED_VALUES, [{"table": "visits", "change": "changed", "key": f"P{k % 2} 2020-01-0{k}", "column": "<b>"} for k in range(1, 7)]
                   + [{"table": "events", "change": "left", "key": f"P{k} death"} for k in range(6)], "values.parquet"),
        "numbers": (COMPARED_NUMBERS, [
            {"stage": "sample_qc", "unit": "wgs", "metric": "n_samples", "older": 10, "newer": 12},
            {"stage": "sample_qc", "unit": "wgs", "metric": "median_call_rate", "older": 0.99, "newer": 0.99},
            {"stage": "association", "unit": "all/survival", "metric": "n_events", "older": 20, "newer": 4},
            {"stage": "association", "unit": "all/age", "metric": "n", "newer": 4},
        ], "numbers.tsv"),
        "settings": (COMPARED_SETTINGS, [{"kind": "setting", "key": key, "older": "1", "newer": "2"} for key in ("variant_qc.min_call_rate", "report.max_leads")],
                     "settings.tsv"),
    }  # fmt: skip
    found = {}
    for name, (table, rows, file) in tables.items():
        table.write(fill(table, rows), folder / file)
        found[name] = folder / file
    effects = pd.DataFrame({"trait": "survival", "variant_id": ["a", "b", "c"], "older_beta": [1.0, 2.0, 3.0], "newer_beta": [2.0, 4.0, -6.0],
                            "older_standard_error": 1.0, "newer_standard_error": 1.0, "is_lead": [True, False, False]})  # fmt: skip
    COMPARED_HITS.write(fill(COMPARED_HITS, hits), folder / "all.hits.tsv")
    COMPARED_EFFECTS.write(fill(COMPARED_EFFECTS, effects), folder / "all.effects.parquet")
    record_provenance(
        {}, "a" * 64, {"id": "new", "date": "2022-02-28"}, folder / "runs", folder / "provenance.json", {}
    )
    return SimpleNamespace(**found, hits=[str(folder / "all.hits.tsv")], effects=[str(folder / "all.effects.parquet")],
                           provenance=folder / "provenance.json")  # fmt: skip


@pytest.fixture(scope="module")
def report(inputs: SimpleNamespace) -> ComparisonReport:
    return build_comparison(inputs, TOLD, ReportConfig())


def test_an_answer_for_every_reason(report: ComparisonReport) -> None:
    rows = {row.variant: row for row in report.cohorts[0].traits[0].rows}
    for k, (reason, words) in enumerate(REASONS.items()):
        assert words in rows[f"1_{k}_A_C"].answer, reason
        assert rows[f"1_{k}_A_C"].answer.endswith("Settings that tests depend on differ: variant_qc.min_call_rate.")
    assert "p 1.00×10⁻⁶ (score), 50 people, SE 0.100" in rows["1_5_A_C"].answer
    assert rows["2_1_A_C"].answer.startswith("The effect differs by 2.50 standard errors")


def test_small_counts_are_hidden(report: ComparisonReport) -> None:
    assert [row.n_people for row in report.flows[0].rows] == [None, None, 40]
    assert [(row.table, row.n_people) for row in report.values] == [("visits", None), ("events", 6)]
    assert [(row.metric, row.older, row.newer, row.change) for row in report.numbers] == [
        ("n_samples", "10", "12", "+2"), ("n_events", "20", "hidden", ""),
    ]  # fmt: skip
    first = report.cohorts[0].traits[0].rows[0]
    assert (first.newer.n_events, first.newer.is_hidden, first.older.n_events) == (None, True, 20)
    assert len(report.hidden) == 4


def test_agreement_and_scope(report: ComparisonReport) -> None:
    (trait,) = report.cohorts[0].traits
    assert (trait.n_effects, trait.n_same_sign) == (3, 2)
    assert trait.correlation == pytest.approx(-0.755929, abs=1e-6)
    assert dict(trait.counts) == {"appeared": 0, "vanished": 9, "kept": 0, "moved": 1}
    assert report.only_in_one == (("cohort", "<i>", "old"), ("trait", "age", "new"))


def test_page_is_offline_and_escaped(inputs: SimpleNamespace, tmp_path: Path) -> None:
    write_comparison(inputs, TOLD, ReportConfig(), tmp_path / "index.html")
    page = (tmp_path / "index.html").read_text()
    assert "&lt;b&gt;" in page and "<b></td>" not in page and "&lt;i&gt;" in page
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)
    assert "P1 " not in html.unescape(page)


def test_nothing_in_common(inputs: SimpleNamespace, tmp_path: Path) -> None:
    alone = SimpleNamespace(**{**vars(inputs), "hits": [], "effects": []})
    page = render_comparison(build_comparison(alone, TOLD, ReportConfig()))
    assert "no cohort in common" in page
