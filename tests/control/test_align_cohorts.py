"""Time zero, eligibility and the account of everybody, on tables small enough to check by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from alsreg.clinical.alignment import Aligned, align_cohorts, describe_criterion
from alsreg.clinical.baseline import CohortTables
from alsreg.config.control import ControlConfig, Criterion
from alsreg.config.registry import RegistryConfig
from alsreg.errors import ConfigError, InputError
from alsreg.tables.registry import EVENTS, ITEMS, PATIENTS, SAMPLES, VISITS

MONTH = 30.4375
FREEZE = date(2022, 2, 28)


def person(name: str, **changes: object) -> dict:
    """Onset on 1 January 2018, registered half a year later, seen until 2021; `changes` overwrite."""
    return {
        "person": name, "site": "S1", "sex": "F", "birth_date": "1960-01-01", "onset_date": "2018-01-01",
        "registration_date": "2018-07-01", "onset_region": "bulbar", "is_birth_date_partial": False,
        "is_onset_date_partial": False, "is_registration_date_partial": False, "unusable_events": pd.NA,
        "el_escorial": "definite", **changes,
    }  # fmt: skip


def cohort(
    people: list[dict],
    visits: dict[str, list[tuple[str, int | None]]],
    ends: dict[str, tuple[str, str]] | None = None,
    name: str = "registry",
) -> CohortTables:
    """`visits`: person to (day, total); `ends`: person to (event, day), otherwise last seen on 2021-01-01."""
    frame = pd.DataFrame(people)
    for column in ("birth_date", "onset_date", "registration_date"):
        frame[column] = pd.to_datetime(frame[column])
    rows = []
    for who, seen in visits.items():
        for day, total in seen:
            row = {"person": who, "visit_date": pd.Timestamp(day), "total": total, "is_visit_date_partial": False}
            rows.append(row | dict.fromkeys(ITEMS, pd.NA if total is None else total // 12))
    seen = pd.DataFrame(rows)
    for column in VISITS.columns:
        if column.name not in seen.columns and column.is_required:
            seen[column.name] = np.nan if column.kind == "number" else pd.NA
    events = [(who, *(ends or {}).get(who, ("last_contact", "2021-01-01"))) for who in frame["person"]]
    happened = pd.DataFrame(events, columns=["person", "event", "event_date"]).assign(is_event_date_partial=False)
    happened["event_date"] = pd.to_datetime(happened["event_date"])
    return CohortTables(
        name, PATIENTS.conform(frame), VISITS.conform(seen), EVENTS.conform(happened), SAMPLES.empty(), FREEZE
    )


def treated(start: str = "2019-01-01", day: str = "2018-12-20", **changes: object) -> CohortTables:
    """One treated person."""
    people = [person("T1", treatment_start_date=start, birth_date="1950-01-01", **changes)]
    return cohort(people, {"T1": [(day, 40), ("2019-04-01", 36)]}, name="treated cohort")


def align(
    controls: CohortTables, patients: CohortTables | None = None, clinical: dict | None = None, **settings: object
) -> Aligned:
    settings = {"covariates": ["age_years", "total"], **settings}
    return align_cohorts(patients or treated(), controls, ControlConfig(**settings), RegistryConfig(**(clinical or {})))


def steps(aligned: Aligned, name: str = "control") -> dict[str, tuple[int, int, int]]:
    rows = aligned.attrition[aligned.attrition["cohort"] == name]
    return {row.step: (row.n_persons, row.n_failed, row.n_unknown) for row in rows.itertuples()}


def control_row(aligned: Aligned, name: str) -> pd.Series:
    rows = aligned.people[~aligned.people["is_treated"].astype(bool)].set_index("person")
    return rows.loc[name]


def test_time_zero__is_treatment_start_with_the_visit_before_it() -> None:
    row = align(cohort([person("C1")], {"C1": [("2018-07-01", 42)]})).people.iloc[0]
    assert (row["person"], str(row["time_zero"].date()), row["total"]) == ("T1", "2019-01-01", 40)
    assert row["months_since_onset"] == pytest.approx(365 / MONTH)
    assert row["entry_months"] == 0
    assert row["exit_months"] == pytest.approx(731 / MONTH)
    assert row["age_years"] == pytest.approx(69.0, abs=0.01)


def test_time_zero__first_eligible_visit_against_first_visit() -> None:
    controls = cohort([person("C1")], {"C1": [("2018-07-01", 47), ("2018-10-01", 44), ("2019-01-01", 41)]})
    limit = [{"column": "total", "max": 45}]
    found = align(controls, eligibility=limit)
    assert str(control_row(found, "C1")["time_zero"].date()) == "2018-10-01"
    judged_at_first = align(controls, eligibility=limit, registry_time_zero="first_visit")
    assert steps(judged_at_first)["ALSFRS-R total ≤ 45"] == (0, 1, 0)


def test_immortal_time__nobody_enters_before_time_zero_or_after_the_event() -> None:
    people = [person("C1"), person("C2")]
    visits = {"C1": [("2018-07-01", 47), ("2019-07-01", 40)], "C2": [("2018-07-01", 47), ("2018-12-01", 40)]}
    # C1 dies before the visit at which the total would be low enough is counted; C2 afterwards.
    found = align(cohort(people, visits, {"C1": ("death", "2019-07-01"), "C2": ("death", "2019-07-01")}),
                  eligibility=[{"column": "total", "max": 45}])  # fmt: skip
    row = control_row(found, "C2")
    assert row["exit_months"] == pytest.approx(212 / MONTH)
    assert row["is_event"] == 1
    assert "C1" not in set(found.people["person"])


def test_delayed_entry__observed_only_from_dna_on() -> None:
    controls = cohort([person("C1")], {"C1": [("2018-07-01", 42)]})
    dna = pd.DataFrame({"sample": ["A"], "assay": ["wgs"], "person": ["C1"], "dna_date": [pd.Timestamp("2018-10-01")]})
    controls = CohortTables(
        controls.name, controls.patients, controls.visits, controls.events, SAMPLES.conform(dna), FREEZE
    )
    assert control_row(align(controls), "C1")["entry_months"] == pytest.approx(92 / MONTH)
    assert control_row(align(controls, clinical={"entry": "registration"}), "C1")["entry_months"] == 0


def test_baseline__is_never_later_than_time_zero() -> None:
    late = treated(start="2019-01-01", day="2019-01-02")
    found = align(cohort([person("C1")], {"C1": [("2018-07-01", 42)]}), late)
    assert steps(found, "treated")["ALSFRS-R at baseline"] == (0, 0, 1)
    too_old = treated(start="2019-01-01", day="2018-11-01")
    assert (
        steps(align(cohort([person("C1")], {"C1": [("2018-07-01", 42)]}), too_old), "treated")["ALSFRS-R at baseline"][
            0
        ]
        == 0
    )


def test_treatment_in_the_registry__ends_follow_up_and_bars_later_visits() -> None:
    people = [
        person("C1", drug="2019-07-01"),
        person("C2", drug="2018-06-01"),
        person("C3", drug=""),
        person("C4", drug="2019"),
    ]
    visits = {name: [("2018-07-01", 42)] for name in ("C1", "C2", "C3", "C4")}
    controls = cohort(people, visits, {"C1": ("death", "2020-01-01")})
    found = align(controls, registry_treatment_start="drug")
    assert steps(found)["not yet treated at time zero"] == (2, 2, 0)
    row = control_row(found, "C1")
    assert row["is_event"] == 0
    assert row["exit_months"] == pytest.approx(365 / MONTH)


def test_same_person_in_both_cohorts__is_no_control() -> None:
    twin = person("C1", birth_date="1950-01-01")
    found = align(cohort([twin, person("C2")], {"C1": [("2018-07-01", 42)], "C2": [("2018-07-01", 42)]}))
    assert steps(found)["not in the treated cohort"] == (1, 1, 0)


def test_criteria__unknown_is_told_from_failed() -> None:
    people = [person("C1", fvc=90.0), person("C2", fvc=60.0), person("C3", fvc=np.nan)]
    controls = cohort(people, {name: [("2018-07-01", 42)] for name in ("C1", "C2", "C3")})
    criteria = [{"column": "fvc", "min": 80}, {"column": "el_escorial", "values": ["definite"]}]
    found = align(controls, treated(fvc=95.0), eligibility=criteria)
    assert steps(found)["fvc ≥ 80"] == (1, 1, 1)
    assert steps(found)["El Escorial category: definite"] == (1, 0, 0)
    assert steps(found, "treated")["fvc ≥ 80"] == (1, 0, 0)


def test_attrition__the_losses_add_up() -> None:
    people = [person(f"C{k}", el_escorial="possible" if k % 2 else "definite") for k in range(6)]
    found = align(cohort(people, {f"C{k}": [("2018-07-01", 42)] for k in range(5)}),
                  eligibility=[{"column": "el_escorial", "values": ["definite"]}])  # fmt: skip
    for _, rows in found.attrition.groupby("cohort"):
        remaining = rows["n_persons"].to_numpy()
        assert (remaining[:-1] - (rows["n_failed"] + rows["n_unknown"]).to_numpy()[1:] == remaining[1:]).all()
    assert steps(found)["visit with an ALSFRS-R total"] == (5, 0, 1)


def test_followed__baseline_and_visits_until_the_event() -> None:
    controls = cohort([person("C1")], {"C1": [("2018-07-01", 42), ("2018-10-01", 40), ("2020-07-01", 20)]})
    followed = align(controls, decline_months=12).followed
    assert followed.loc[followed["person"] == "C1", "total"].tolist() == [42, 40]
    own = followed[followed["person"] == "T1"]
    assert own["total"].tolist() == [40, 36]
    assert own["months"].iloc[0] == pytest.approx(-12 / MONTH)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"covariates": ["weight"]}, ConfigError, "no baseline column weight"),
        ({"eligibility": [{"column": "el_escorial", "min": 1}]}, ConfigError, "bounds on a column that holds text"),
        ({"treated_time_zero": "treatment_start"}, InputError, "did you mean treatment_start_date"),
    ],
)
def test_settings__that_the_tables_cannot_serve(settings: dict, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        align(cohort([person("C1")], {"C1": [("2018-07-01", 42)]}), **settings)


def test_unreadable_start__is_named() -> None:
    with pytest.raises(InputError, match=r"person T1.*cannot be used.*3/2/2019"):
        align(cohort([person("C1")], {"C1": [("2018-07-01", 42)]}), treated(start="3/2/2019"))


def test_partial_start__is_not_known_to_the_day() -> None:
    found = align(cohort([person("C1")], {"C1": [("2018-07-01", 42)]}), treated(start="2019-01"))
    assert steps(found, "treated")["treatment start known to the day"] == (0, 0, 1)


@pytest.mark.parametrize(
    ("criterion", "words"),
    [
        ({"column": "total", "min": 20, "max": 44}, "ALSFRS-R total: 20 to 44"),
        ({"column": "my_score", "max": 3}, "my score ≤ 3"),
        ({"column": "site", "values": ["A", "B"]}, "site: A, B"),
    ],
)
def test_describe_criterion(criterion: dict, words: str) -> None:
    assert describe_criterion(Criterion(**criterion)) == words


@pytest.mark.parametrize(
    "wrong",
    [{"column": "total"}, {"column": "total", "min": 5, "max": 1}, {"column": "site", "min": 1, "values": ["A"]}],
)
def test_criterion__that_says_nothing_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match=wrong["column"]):
        Criterion(**wrong)


def test_negative_control_event__is_the_first_after_time_zero_within_follow_up() -> None:
    days = {"C1": "2019-01-01", "C2": "", "C3": "2018-06-01", "C4": "2019", "C5": "2021-06-01", "C6": "2018-07-01"}
    people = [person(name, fracture_date=day, birth_date=f"196{k}-01-01") for k, (name, day) in enumerate(days.items())]
    controls = cohort(people, {name: [("2018-07-01", 42)] for name in days}, {"C2": ("death", "2020-07-01")})
    found = align(controls, treated(fracture_date=""), negative_control_event="fracture_date").people.set_index(
        "person"
    )
    months = found["negative_control_exit_months"]
    assert months["C1"] == pytest.approx(184 / MONTH)
    assert months["C2"] == found.loc["C2", "exit_months"]
    assert months["C5"] == found.loc["C5", "exit_months"]  # after the last contact: not seen to happen
    # Before time zero or on it, or on a day not known: not at risk of a first one.
    assert found.loc[["C3", "C4", "C6"], "negative_control_exit_months"].isna().all()
    happened = found["is_negative_control_event"]
    assert happened[["T1", "C1", "C2", "C5"]].tolist() == [0, 1, 0, 0]
    assert happened[["C3", "C4", "C6"]].isna().all()


def test_negative_control_event__absent_column_and_unreadable_day_are_named() -> None:
    controls = cohort([person("C1", fracture_date="soon")], {"C1": [("2018-07-01", 42)]})
    with pytest.raises(InputError, match="treated cohort has no column 'fracture_date'"):
        align(controls, negative_control_event="fracture_date")
    with pytest.raises(InputError, match="column fracture_date of the registry cannot be used"):
        align(controls, treated(fracture_date=""), negative_control_event="fracture_date")


def test_followed__reaches_the_month_of_the_change() -> None:
    seen = [(str(day), 40) for day in ("2018-07-01", "2018-10-01", "2019-08-10", "2020-07-01")]
    found = align(cohort([person("C1")], {"C1": seen}), decline_months=3, change_months=12, change_window_months=2)
    followed = found.followed[~found.followed["is_treated"].astype(bool)]
    assert followed["months"].round(1).tolist() == [0.0, 3.0, 13.3]
