"""Groups of decline on the page: what is shown, and what a small class gives away."""

from __future__ import annotations

import pytest

from alsreg.report import trajectories
from alsreg.report.disclosure import Disclosure
from alsreg.report.model import TrajectoryReport
from helpers import course_tables


def report_of(min_cell: int) -> TrajectoryReport:
    frames = (
        course_tables.trajectories(),
        course_tables.trajectory_models(),
        course_tables.trajectory_classes(),
        course_tables.trajectory_curves(),
    )
    return trajectories.trajectory_report(*frames, Disclosure(min_cell))


def test_small_class__is_neither_drawn_nor_described(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr(trajectories, "class_curves", lambda bands: drawn.extend(bands))
    monkeypatch.setattr(trajectories, "picture", lambda *_: "picture")
    report = report_of(min_cell=5)
    first, small, last = report.classes
    assert (small.label, small.n, small.share_percent, small.level, small.change, small.jaccard) == (2, *[None] * 5)
    # Eleven people less the five of one class would give the small one back: another is hidden with it.
    assert [first.n, last.n].count(None) == 1 and first.change == -0.5
    assert (first.change_lower, first.change_upper) == pytest.approx((-0.5 - 0.245, -0.5 + 0.245), abs=1e-4)
    assert report.numbers[1].smallest_percent is None
    assert [band.name for band in drawn] == ["class 1", "class 3"]  # no shares: they would tell the hidden count
    assert [list(band.times) for band in drawn] == [[0], [0, 6]]  # four people are not enough at month 6
    assert (report.n, report.pictures) == (11, ("picture",))


def test_without_cells__everything_is_shown() -> None:
    report = report_of(min_cell=1)
    assert [row.n for row in report.classes] == [5, 1, 5]
    assert report.numbers[1].smallest_percent == pytest.approx(100 / 11)
    assert report.numbers[1].is_chosen and report.numbers[0].entropy is None
    assert [level.name for level in report.ungrouped.levels] == ["fewer than 2 scored visits"]


def test_no_classes__the_reason_is_said() -> None:
    reason = "no classes: fewer than 20 people have 2 scored visits"
    models = course_tables.trajectory_models().iloc[:1].assign(status=reason)
    people = course_tables.trajectories().assign(trajectory_class=None, trajectory_status=reason)
    report = trajectories.trajectory_report(
        people, models, course_tables.TRAJECTORY_CLASSES.empty(), course_tables.TRAJECTORY_CURVES.empty(), Disclosure(5)
    )
    assert (report.status, report.n, report.classes, report.pictures, report.numbers) == (reason, 0, (), (), ())
