"""Numbers of the groups of decline; a class of fewer people than the minimum cell is neither drawn nor described."""

from __future__ import annotations

import pandas as pd

from alsreg.language import gettext
from alsreg.plots.courses import Band, class_curves
from alsreg.report.disclosure import Disclosure
from alsreg.report.model import ClassNumber, DeclineClass, Picture, TrajectoryReport
from alsreg.report.people import breakdown
from alsreg.report.pictures import picture
from alsreg.report.results import number
from alsreg.stats.null import Z_95
from alsreg.tables.trajectories import TRAJECTORIES, TRAJECTORY_CLASSES, TRAJECTORY_CURVES, TRAJECTORY_MODELS

# Tables by the name of the rule's input, in the order in which the report takes them.
TABLES = {
    "trajectories": TRAJECTORIES,
    "trajectory_models": TRAJECTORY_MODELS,
    "trajectory_classes": TRAJECTORY_CLASSES,
    "trajectory_curves": TRAJECTORY_CURVES,
}
ASSIGNED = "assigned"


def trajectory_report(
    people: pd.DataFrame, models: pd.DataFrame, classes: pd.DataFrame, curves: pd.DataFrame, disclosure: Disclosure
) -> TrajectoryReport:
    """Groups of decline from the four tables of `group_trajectories`."""
    is_grouped = people["trajectory_status"] == ASSIGNED
    n = int(is_grouped.sum())
    counts = [int(value) for value in classes["n"]]
    shown = disclosure.cells(counts, gettext("people by class of decline"))
    drawn = [
        label for label, count in zip(classes["trajectory_class"], counts, strict=True) if count >= disclosure.min_cell
    ]
    return TrajectoryReport(
        status="" if n else str(models["status"].iloc[0]),
        n=disclosure.count(n, gettext("people grouped by decline")),
        ungrouped=breakdown(gettext("People without a class of decline, whole registry"), people.loc[~is_grouped, "trajectory_status"],
                            disclosure),
        numbers=tuple(_number(row, disclosure) for _, row in models.iterrows()) if n else (),
        classes=tuple(
            _class(row, count, int(row["trajectory_class"]) in drawn)
            for (_, row), count in zip(classes.iterrows(), shown, strict=True)
        ),
        pictures=_pictures(curves[curves["trajectory_class"].isin(drawn)], dict(zip(classes["trajectory_class"], shown, strict=True)), disclosure),
    )  # fmt: skip


def _number(row: pd.Series, disclosure: Disclosure) -> ClassNumber:
    smallest, n_people = number(row["smallest_share"]), number(row["n_people"])
    if smallest is not None and n_people is not None:
        count = disclosure.count(
            round(smallest * n_people), gettext("smallest of {n} classes of decline", n=int(row["n_classes"]))
        )
        smallest = None if count is None else 100.0 * smallest
    return ClassNumber(
        n_classes=int(row["n_classes"]),
        smallest_percent=smallest,
        **{name: number(row[name]) for name in ("bic", "entropy", "rand_index", "min_jaccard")},
        is_chosen=bool(row["is_chosen"]),
        status=str(row["status"]),
    )


def _class(row: pd.Series, n: int | None, is_described: bool) -> DeclineClass:
    """`n` is None where it is hidden; its share would give it back."""
    label = int(row["trajectory_class"])
    if not is_described:
        return DeclineClass(label, n, *[None] * 7)
    change, error = float(row["change"]), number(row["change_standard_error"])
    half = None if error is None else Z_95 * error
    return DeclineClass(
        label=label,
        n=n,
        share_percent=None if n is None else 100.0 * float(row["share"]),
        level=number(row["level"]),
        change=change,
        change_lower=None if half is None else change - half,
        change_upper=None if half is None else change + half,
        certainty=number(row["certainty"]),
        jaccard=number(row["jaccard"]),
    )


def _pictures(curves: pd.DataFrame, shown: dict[int, int | None], disclosure: Disclosure) -> tuple[Picture, ...]:
    """Curves as far as enough people are still seen."""
    bands = []
    for label, rows in curves.groupby("trajectory_class", sort=True):
        seen = rows[rows["n"].astype(int) >= disclosure.min_cell]
        n = shown[int(label)]
        times, mean, lower, upper = (
            seen[name].to_numpy(dtype=float) for name in ("months_since_registration", "mean", "lower", "upper")
        )
        name = (
            gettext("class {label}", label=label)
            if None in shown.values()
            else gettext("class {label}: {n} people", label=label, n=n)
        )
        bands.append(Band(name, times, mean, lower, upper, times[:0]))
    if not bands:
        return ()
    alt = gettext(
        "Mean ALSFRS-R total of each class of decline since registration, with 95 % bands; numbers stand in the table."
    )
    return (picture(gettext("Groups of decline"), alt, class_curves(bands)),)
