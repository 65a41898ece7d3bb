"""Times to stages by hand: between which visits, not yet, before anybody looked, undone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.clinical.stage_times import add_sightings, derive_stage_times
from alsreg.clinical.traits import SLOPES, derive_phenotypes
from alsreg.config.registry import RegistryConfig
from registry_tables import FREEZE_DATE, append, check, put, together

REGISTERED, SECOND, LAST = (days / 30.4375 for days in (416, 508, 600))


def times_of(registry: object, person: str, scale: str, stage: int, **settings: object) -> pd.Series:
    tables = (registry.patients, registry.visits, registry.events, registry.samples)
    found = derive_stage_times(*tables, RegistryConfig(**settings), FREEZE_DATE)
    row = found[(found["person"] == person) & (found["scale"] == scale) & (found["stage"] == stage)]
    assert len(row) == 1
    return row.iloc[0]


def summary(row: pd.Series) -> tuple:
    return row["status"], *(
        None if np.isnan(row[name]) else row[name] for name in ("entry_months", "lower_months", "upper_months")
    )


def test_between_two_visits_or_by_death_or_not_yet(tmp_path: Path) -> None:
    registry = check(tmp_path)
    # Q12 falls to 2 at the third visit: breathing is lost.
    assert summary(times_of(registry, "P01", "mitos", 1)) == ("reached", REGISTERED, SECOND, LAST)
    assert summary(times_of(registry, "P01", "mitos", 2)) == ("not reached", REGISTERED, LAST, None)
    assert summary(times_of(registry, "P02", "mitos", 2)) == ("reached", REGISTERED, LAST, 1268 / 30.4375)
    # Q12 below 4 is King's 4 at registration.
    assert summary(times_of(registry, "P01", "kings", 4)) == ("left-censored", None, 0.0, REGISTERED)


def test_every_person_has_a_row_for_every_stage(tmp_path: Path) -> None:
    registry = check(tmp_path, put("visits", 2, person="P02", visit_date="2015-03-05"))
    found = derive_stage_times(
        registry.patients, registry.visits, registry.events, registry.samples, RegistryConfig(), FREEZE_DATE
    )
    assert len(found) == 20 * 8 and not found.duplicated(["person", "scale", "stage"]).any()
    timed = found[found["status"] == "reached"]
    assert (timed["entry_months"] <= timed["lower_months"]).all() and (
        timed["lower_months"] < timed["upper_months"]
    ).all()


def lose_and_regain(tables: dict[str, pd.DataFrame]) -> None:
    """P01's visits: Q12 is 2, then 3, then 2."""
    tables["visits"].loc[0, "respiratory_insufficiency"] = "2"
    tables["visits"].loc[1, "respiratory_insufficiency"] = "3"


def test_a_reversal_is_flagged_and_undoes_the_stage_only_if_asked(tmp_path: Path) -> None:
    registry = check(tmp_path, lose_and_regain)
    first = times_of(registry, "P01", "mitos", 1)
    assert summary(first) == ("left-censored", None, 0.0, REGISTERED) and first["is_reversed"]
    sustained = times_of(registry, "P01", "mitos", 1, stage_reached="sustained")
    assert summary(sustained) == ("reached", SECOND, SECOND, LAST) and sustained["is_reversed"]
    assert not times_of(registry, "P02", "mitos", 1)["is_reversed"]


def test_an_unknown_gastrostomy_hides_when_but_not_that_a_stage_was_reached(tmp_path: Path) -> None:
    """Three regions are affected: 3 is certain; that 4 is not reached never is."""
    registry = check(tmp_path, lambda tables: tables["visits"].__setitem__("respiratory_insufficiency", "4"))
    assert summary(times_of(registry, "P01", "kings", 3)) == ("left-censored", None, 0.0, REGISTERED)
    assert summary(times_of(registry, "P01", "kings", 4)) == ("not assessable", None, None, None)
    # Death alone shows nothing: nobody saw whether the stage was reached before.
    assert times_of(registry, "P02", "kings", 4)["status"] == "not assessable"


def test_visits_before_dna_sampling_do_not_count_as_observation(tmp_path: Path) -> None:
    def late(tables: dict[str, pd.DataFrame]) -> None:
        tables["samples"]["dna_date"] = "2015-06-01"

    registry = check(tmp_path, late)
    assert summary(times_of(registry, "P01", "mitos", 1)) == ("reached", SECOND, SECOND, LAST)
    assert summary(times_of(registry, "P01", "mitos", 1, entry="registration")) == ("reached", REGISTERED, SECOND, LAST)


@pytest.mark.parametrize(
    "change", [put("events", 3, event_date="2016-02-30"), append("events", person="P02", event="died")]
)
def test_a_death_without_date_leaves_later_stages_unknown(tmp_path: Path, change: object) -> None:
    registry = check(tmp_path, change)
    assert summary(times_of(registry, "P02", "mitos", 1)) == ("reached", REGISTERED, SECOND, LAST)
    assert times_of(registry, "P02", "mitos", 2)["status"] == "not assessable"


def test_a_death_after_the_freeze_is_none(tmp_path: Path) -> None:
    change = together(put("events", 3, event_date="2022-03-02"), put("events", 4, event_date="2022-03-02"))
    assert times_of(check(tmp_path, change), "P02", "mitos", 2)["status"] == "not reached"


def test_sightings_are_survival_times(tmp_path: Path) -> None:
    registry = check(tmp_path)
    times = derive_stage_times(
        registry.patients, registry.visits, registry.events, registry.samples, RegistryConfig(), FREEZE_DATE
    )
    tables = (registry.patients, registry.visits, registry.events, registry.samples)
    bare = derive_phenotypes(*tables, pd.DataFrame(columns=[*SLOPES], dtype=float), RegistryConfig(), FREEZE_DATE)
    people = add_sightings(bare, times).set_index("person")
    assert people.loc["P01", ["mitos_1_entry_months", "mitos_1_exit_months", "is_mitos_1"]].tolist() == [
        REGISTERED,
        LAST,
        1,
    ]
    assert people.loc["P01", ["mitos_2_entry_months", "mitos_2_exit_months", "is_mitos_2"]].tolist() == [
        REGISTERED,
        LAST,
        0,
    ]
    assert people.loc["P01", ["kings_4_entry_months", "kings_4_exit_months", "is_kings_4"]].isna().all()
