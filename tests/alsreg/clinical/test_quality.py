"""Quality per hospital, by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from alsreg.clinical.quality import registry_quality
from registry_tables import FREEZE_DATE, check, put, together


def quality(tmp_path: Path, change: object = None) -> pd.DataFrame:
    registry = check(tmp_path, change)
    tables = (registry.patients, registry.visits, registry.events, registry.issues)
    return registry_quality(*tables, FREEZE_DATE, 3).set_index("site", drop=False)


def test_a_hospital_by_hand(tmp_path: Path) -> None:
    """Registered 2015-03-02, three visits to 2015-09-02, followed to 2017-07-01: 27.96 months, visits due at 0, 3 … 27."""
    row = quality(tmp_path).loc["S1"]
    assert (row["n_persons"], row["n_visits"], row["n_visits_planned"]) == (20, 60, 20 * 10)
    assert row["visit_adherence"] == 3 / 10
    assert (
        row[["complete_fraction", "with_visit_fraction", "scored_visit_fraction", "known_end_fraction"]].tolist()
        == [1.0] * 4
    )
    assert row["median_onset_to_registration_months"] == 416 / 30.4375 and pd.isna(
        row["median_onset_to_diagnosis_months"]
    )
    assert row["median_months_without_news"] == 1703 / 30.4375  # 2017-07-01 to 2022-02-28, of the ten alive


def test_a_hospital_whose_visits_are_all_late_shows(tmp_path: Path) -> None:
    """Due on 2015-06-02 and 2015-09-02 (92 and 184 days are 3.02 and 6.05 months); held 30 days later at the second hospital."""
    late = together(*(put("patients", row, site="S2") for row in (2, 3)), *(
        put("visits", row, visit_date=day) for row, day in ((3, "2015-07-02"), (4, "2015-10-02"), (6, "2015-07-02"), (7, "2015-10-02"))
    ))  # fmt: skip
    table = quality(tmp_path, late)
    on_time = [92 / 30.4375 - 3, 184 / 30.4375 - 6]
    behind = [122 / 30.4375 - 3, 214 / 30.4375 - 6]
    assert table.loc["S1", "median_visit_delay_months"] == pytest.approx(sum(on_time) / 2)
    assert table.loc["S2", "median_visit_delay_months"] == pytest.approx(sum(behind) / 2)
    assert table.loc["S2", "visit_adherence"] == table.loc["S1", "visit_adherence"] == 0.3


def test_what_is_missing_shows_at_its_hospital(tmp_path: Path) -> None:
    change = together(
        put("patients", 2, site="S2", onset_date=""), put("patients", 3, site="S2", sex="x"), put("patients", 4, site=""),
        put("visits", 2, walking="7"), put("visits", 3, visit_date="2015-04-10"), put("events", 2, event_date="soon"),
    )  # fmt: skip
    table = quality(tmp_path, change)
    second = table.loc["S2"]
    assert (second["n_persons"], second["complete_fraction"], second["scored_visit_fraction"]) == (2, 0.0, 5 / 6)
    # P01: the last news is the visit of 2015-09-02, so 0, 3, 6 are due; 2015-04-10 serves the visit at 0 again.
    assert (second["n_visits_planned"], second["known_end_fraction"]) == (3 + 10, 0.5)
    assert second["visit_adherence"] == (2 + 3) / 13
    assert second["n_errors"] == 3 and second["n_warnings"] == 2
    assert table["n_persons"].tolist() == [20, 17, 2, 1] and table["site"].isna().tolist() == [
        False,
        False,
        False,
        True,
    ]
    assert table.loc["all", "n_errors"] == 3


def test_ventilation_ends_what_is_due(tmp_path: Path) -> None:
    plain = quality(tmp_path).loc["all", "n_visits_planned"]
    change = lambda tables: tables.__setitem__(  # noqa: E731
        "events",
        pd.concat([tables["events"], pd.DataFrame([["P01", "niv_23h", "2015-10-02"]], columns=[*tables["events"]])]),
    )
    assert quality(tmp_path, change).loc["all", "n_visits_planned"] == pytest.approx(plain - 7)
