"""Traits and stages of the small registry, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.clinical.registry import Registry
from alsreg.clinical.traits import SLOPES, derive_phenotypes, derive_stages
from alsreg.config.registry import RegistryConfig
from registry_tables import FREEZE_DATE, append, check, put, together

ONSET_TO_REGISTRATION = 416 / 30.4375  # 2014-01-10 to 2015-03-02
ONSET_TO_LAST = 1268 / 30.4375  # to 2017-07-01


def derive(registry: Registry, **settings: object) -> pd.DataFrame:
    tables = (registry.patients, registry.visits, registry.events, registry.samples)
    slopes = pd.DataFrame(columns=[*SLOPES], dtype=float)
    return derive_phenotypes(*tables, slopes, RegistryConfig(**settings), FREEZE_DATE).set_index("person")


def test_traits_of_a_clean_registry(tmp_path: Path) -> None:
    people = derive(check(tmp_path))
    first, second = people.loc["P01"], people.loc["P02"]
    assert first["age_at_onset_years"] == 23265 / 365.25  # 1950-05-01 to 2014-01-10
    assert first["delta_fs_per_month"] == (48 - 36) / ONSET_TO_REGISTRATION
    assert (first["entry_months"], first["exit_months"]) == (ONSET_TO_REGISTRATION, ONSET_TO_LAST)
    assert first["is_event"] == 0 and pd.isna(first["event_kind"])
    assert second["is_event"] == 1 and second["event_kind"] == "death"
    assert first["is_bulbar_onset"] == 1 and second["is_bulbar_onset"] == 0
    assert set(people["n_visits"]) == {3} and set(people["survival_exclusion"]) == {""}


@pytest.mark.parametrize(
    ("change", "person", "reason"),
    [
        (put("patients", 2, onset_date="soon"), "P01", "no onset date"),
        (put("patients", 2, registration_date=""), "P01", "no registration date"),
        (append("events", event="died"), "P01", "an event cannot be used"),
        (put("events", 3, event_date="2016-02-30"), "P02", "an event cannot be used"),
        (put("events", 2, event="gastrostomy"), "P01", "no last contact"),
        (append("events", event="niv_23h", event_date="2015-02-01"), "P01", "exit not after entry"),
        (put("visits", 7, visit_date="2017-07-02"), "P02", "an event cannot be used"),
    ],
)
def test_people_without_a_survival_time_are_named_with_the_reason(
    tmp_path: Path, change: object, person: str, reason: str
) -> None:
    people = derive(check(tmp_path, change))
    assert people.loc[people["survival_exclusion"] != "", "survival_exclusion"].to_dict() == {person: reason}
    assert people.loc[person, ["entry_months", "exit_months", "is_event"]].isna().all()


def test_an_unusable_event_that_is_not_terminal_does_not_exclude(tmp_path: Path) -> None:
    registry = check(tmp_path, put("events", 3, event_date=""), terminal_events=["tracheostomy"])
    people = derive(registry, terminal_events=["tracheostomy"])
    assert people.loc["P02", "survival_exclusion"] == "" and people.loc["P02", "is_event"] == 0


def test_terminal_events_are_a_choice(tmp_path: Path) -> None:
    registry = check(tmp_path, append("events", event="niv", event_date="2016-03-02"))
    assert derive(registry).loc["P01", "is_event"] == 0
    people = derive(registry, terminal_events=["death", "niv"])
    assert (people.loc["P01", "event_kind"], people.loc["P01", "exit_months"]) == ("niv", 782 / 30.4375)


def test_death_alone_and_causes(tmp_path: Path) -> None:
    """Ventilation ends follow-up as a cause of its own; the time to death goes on, even of people ventilated before entry."""
    change = together(
        append("events", event="tracheostomy", event_date="2016-03-02"),
        append("events", person="P02", event="niv_23h", event_date="2015-02-01"),
    )
    people = derive(check(tmp_path, change))
    first, second = people.loc["P01"], people.loc["P02"]
    assert (first["event_cause"], first["exit_months"]) == ("ventilation", 782 / 30.4375)
    assert (first["is_death"], first["death_exit_months"]) == (0, ONSET_TO_LAST)
    assert pd.isna(second["is_event"]) and pd.isna(second["event_cause"]) and second["survival_exclusion"]
    assert second["is_death"] == 1 and second["death_entry_months"] == ONSET_TO_REGISTRATION
    assert derive(check(tmp_path)).loc["P02", "event_cause"] == "death"


def test_entry_waits_for_dna(tmp_path: Path) -> None:
    change = together(
        put("samples", 2, dna_date="2016-01-10"),
        put("samples", 3, dna_date="2015-01-01"),
        append("samples", assay="wgs", sample="W1", dna_date="2016-06-10"),
    )
    registry = check(tmp_path, change)
    people = derive(registry)
    assert people.loc["P01", "entry_months"] == 882 / 30.4375  # the later sample
    assert people.loc["P02", "entry_months"] == ONSET_TO_REGISTRATION
    assert derive(registry, entry="registration").loc["P01", "entry_months"] == ONSET_TO_REGISTRATION


def test_delta_fs_needs_a_visit_with_a_total_near_registration(tmp_path: Path) -> None:
    registry = check(tmp_path, put("visits", 2, walking=""))
    assert np.isnan(derive(registry).loc["P01", "delta_fs_per_month"])
    late = derive(registry, max_registration_visit_days=183).loc["P01", "delta_fs_per_month"]
    assert late == (48 - 36) / (508 / 30.4375)  # the visit of 2015-06-02
    prorated = derive(check(tmp_path, put("visits", 2, walking=""), max_missing_items=1))
    assert prorated.loc["P01", "delta_fs_per_month"] == (48 - 36) / ONSET_TO_REGISTRATION


def test_unknown_onset_region_is_not_a_control(tmp_path: Path) -> None:
    assert pd.isna(derive(check(tmp_path, put("patients", 3, onset_region=""))).loc["P02", "is_bulbar_onset"])


def test_columns_of_ones_own_reach_the_traits(tmp_path: Path) -> None:
    registry = check(tmp_path, lambda tables: tables["patients"].insert(7, "has_dementia", ["0", "1"] * 10))
    assert derive(registry)["has_dementia"].tolist() == [0.0, 1.0] * 10


def stages(registry: Registry) -> pd.DataFrame:
    return derive_stages(registry.patients, registry.visits, registry.events)


def test_without_gastrostomy_only_breathing_and_death_are_certain(tmp_path: Path) -> None:
    change = together(put("visits", 2, respiratory_insufficiency="4"), put("visits", 3, respiratory_insufficiency="4"))
    table = stages(check(tmp_path, change))
    first = table[table["person"] == "P01"]
    assert first["kings"].tolist() == ["not assessable", "not assessable", "4"]
    assert first["mitos"].tolist() == ["0", "0", "1"]
    second = table[table["person"] == "P02"]
    assert second["kings"].tolist()[-1] == second["mitos"].tolist()[-1] == "5"
    assert second["months"].iloc[-1] == ONSET_TO_LAST and second["months"].is_monotonic_increasing


def test_recorded_gastrostomy_makes_kings_stages_assessable(tmp_path: Path) -> None:
    def add(tables: dict[str, pd.DataFrame]) -> None:
        tables["visits"]["has_gastrostomy"] = "0"
        tables["visits"]["respiratory_insufficiency"] = "4"
        tables["visits"].loc[1, "has_gastrostomy"] = "yes"
        tables["visits"].loc[2, "has_gastrostomy"] = ""

    table = stages(check(tmp_path, add))
    assert table.loc[table["person"] == "P01", "kings"].tolist() == ["3", "4", "not assessable"]


def test_a_gastrostomy_event_holds_from_its_day(tmp_path: Path) -> None:
    change = together(
        lambda tables: tables["visits"].__setitem__("respiratory_insufficiency", "4"),
        append("events", event="gastrostomy", event_date="2015-06-02"),
    )
    table = stages(check(tmp_path, change))
    assert table.loc[table["person"] == "P01", "kings"].tolist() == ["not assessable", "4", "4"]
