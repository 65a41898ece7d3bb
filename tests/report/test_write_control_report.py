"""The page from tables: whole, escaped, without people, and honest where nothing can be estimated."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from alsreg.config.control import ControlConfig
from alsreg.config.report import ReportConfig
from alsreg.engines.external_control import compare
from alsreg.tables.control import ALIGNED, ATTRITION, BALANCE, COMPARISON, CURVES, EFFECTS, SCORE_CHANGE, SCORES
from helpers.confounded import COVARIATES, Plan, draw_cohorts
from report.record_provenance import record_provenance
from report.write_control_report import write_control_report

SETTINGS = ControlConfig(
    covariates=COVARIATES, negative_control="height", negative_control_event="fracture_date", treatment="<drug> A&B"
)


def page(folder: Path, plan: Plan) -> str:
    people, visits = draw_cohorts(plan, np.random.default_rng(4))
    compared = compare(people, visits[visits["months"] < 7], SETTINGS)
    attrition = ATTRITION.conform(ATTRITION.empty())
    frames = {"attrition": (ATTRITION, attrition), "aligned": (ALIGNED, people)} | {
        table.name: (table, getattr(compared, table.name))
        for table in (SCORES, BALANCE, COMPARISON, EFFECTS, SCORE_CHANGE, CURVES)
    }
    inputs = {}
    for name, (table, frame) in frames.items():
        inputs[name] = folder / Path(table.path).name
        table.write(frame, inputs[name])
    inputs["provenance"] = folder / "provenance.json"
    record_provenance({}, "a" * 64, {"id": "f1", "date": "2022-02-28"}, folder / "runs", inputs["provenance"], {})
    write_control_report(SimpleNamespace(**inputs), ReportConfig(), SETTINGS, ["death"], folder / "control.html")
    return (folder / "control.html").read_text()


def test_write_control_report__everything_is_on_the_page(tmp_path: Path) -> None:
    html = page(tmp_path, Plan(n=400))
    assert "<drug>" not in html
    assert "&lt;drug&gt; A&amp;B against external controls" in html
    assert not re.search(r"\bP\d+\b(?! )", re.sub(r"data:[^\"]+", "", html))
    anchors = re.findall(r'<section id="(\w+)"', html)
    assert anchors == re.findall(r'<li><a href="#(\w+)"', html)
    assert html.count("<figure>") == 5
    assert "After weighting, the hazard of the event" in html
    for words in (
        "change of the ALSFRS-R from baseline to month 6", "ALSFRS-R at month 6: people of the weighted analysis",
        "Negative control: height", "Negative control, time to an event: fracture date",
    ):  # fmt: skip
        assert words in html


def test_write_control_report__no_overlap_is_said_first(tmp_path: Path) -> None:
    html = page(tmp_path, Plan(n=300, strength=10.0))
    summary = html.split('<section id="estimand"')[0]
    assert "No effect is reported." in summary
    assert "not estimable: no overlap" in summary
    assert "After weighting, the hazard" not in html


@pytest.mark.parametrize("min_cell", [5, 50])
def test_write_control_report__curves_follow_the_minimum_cell(min_cell: int) -> None:
    from alsreg.report.control import curve_pictures
    from alsreg.report.disclosure import Disclosure

    people, visits = draw_cohorts(Plan(n=300), np.random.default_rng(4))
    compared = compare(people, visits[visits["months"] < 4], SETTINGS)
    hide = Disclosure(min_cell)
    assert len(curve_pictures(compared.curves, people, compared.scores, hide)) == 3
    n_hidden = sum(entry.n_hidden for entry in hide.log if "steps of a curve" in entry.rule)
    assert (n_hidden > 20) == (min_cell == 50)
