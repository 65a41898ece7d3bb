"""The prognostic model on the page, and leads given its index beside leads without."""

from __future__ import annotations

import pytest

from alsreg.report import prognosis
from alsreg.report.disclosure import Disclosure
from alsreg.report.model import PrognosisReport
from helpers import course_tables
from helpers import report_tables as tables


def report_of(min_cell: int, **changes) -> PrognosisReport:  # type: ignore[no-untyped-def]
    frames = {
        "people": course_tables.prognosis(), "coefficients": course_tables.prognosis_coefficients(),
        "performance": course_tables.prognosis_performance(), "curves": course_tables.prognosis_calibration(),
        "sensitivity": tables.sensitivity(),
    }  # fmt: skip
    return prognosis.prognosis_report(**(frames | changes), disclosure=Disclosure(min_cell))


def test_numbers() -> None:
    report = report_of(min_cell=1)
    assert (report.n, report.n_events, report.c, report.c_corrected, report.slope_corrected) == (
        9,
        6,
        0.7125,
        0.7,
        0.875,
    )
    fitted, absent = report.predictors
    assert (fitted.hazard_ratio, fitted.ph_p, fitted.n_missing, fitted.is_fitted) == (0.625, 0.25, 3, True)
    assert (absent.status, absent.hazard_ratio, absent.is_fitted) == ("not in the registry", None, False)
    assert [(group.n_events, group.expected_events) for group in report.groups] == [(5, 2.5), (6, 5.0)]
    assert [(level.name, level.n) for level in report.left_out.levels] == [("missing: delta_fs_per_month", 3)]


def test_lead__stands_unadjusted_and_adjusted_side_by_side() -> None:
    (lead,) = report_of(min_cell=5).leads
    assert (lead.n_all, lead.n, lead.n_events, lead.n_carriers) == (11, 9, 6, 5)
    assert [ratio[0] for ratio in (lead.as_analysed, lead.without, lead.given)] == pytest.approx([2.0, 1.75, 1.25])
    assert lead.given[1:3] == pytest.approx((1.25 / 1.21652, 1.25 * 1.21652), rel=1e-4)


def test_lead__without_an_effect_keeps_its_reason() -> None:
    table = tables.sensitivity()
    table.loc[table["analysis"] == "given the prognostic index", ["status", "beta"]] = ["no event", None]
    (lead,) = report_of(min_cell=5, sensitivity=table).leads
    assert lead.given is None and lead.without is not None and lead.status == "no event"


def test_small_numbers_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr(prognosis, "calibration", lambda bands: drawn.extend(bands))
    monkeypatch.setattr(prognosis, "picture", lambda *_: "picture")
    report = report_of(min_cell=6)
    assert [group.n_events for group in report.groups] == [None, None]
    assert report.predictors[0].n_missing is None
    assert report.left_out.levels[0].n is None
    # Only the group with six events, only while six members are at risk.
    assert [(band.name, list(band.times)) for band in drawn] == [("risk group 2", [12.0])]


def test_no_model__the_reason_is_said() -> None:
    performance = (
        course_tables.prognosis_performance().iloc[:1].assign(status="no model: 6 events are too few", apparent=None)
    )
    report = report_of(min_cell=5, performance=performance, curves=course_tables.PROGNOSIS_CALIBRATION.empty())
    assert (report.status, report.slope_corrected, report.groups, report.pictures) == (
        "no model: 6 events are too few", None, (), (),
    )  # fmt: skip
