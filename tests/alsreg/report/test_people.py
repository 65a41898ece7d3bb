"""Figures of people show no more than the tables do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alsreg.report import people
from alsreg.report.disclosure import Disclosure
from alsreg.report.model import Level, Step
from alsreg.tables.genotypes import PERSONS
from helpers import report_tables as tables


def test_people_flow__every_loss() -> None:
    """Thirteen claimed, one without a usable sample, one known by genotype only; filters leave nine, one a relative."""
    stray = {"assay": "array", "sample": "AQ", "person": "Q", "is_usable": True}
    ledger = pd.concat([tables.persons(), tables.fill(PERSONS, [stray])], ignore_index=True)
    assert people.people_flow(20, ledger, ["wgs", "array"], tables.components(9)) == (
        Step("Registered", 20),
        Step("With a sample on these assays", 13, (("no sample", 7),)),
        Step(
            "With a usable sample", 13, (("no sample passed QC and identity", 1), ("established by genotype only", 1))
        ),
        Step("In the cohort", 9, (("outside the cohort's filters", 4),)),
        Step("Unrelated, tested", 8, (("relative of somebody who stays", 1),)),
    )


def test_people_flow__relatives_stay_where_models_account_for_them() -> None:
    flow = people.people_flow(20, tables.persons(), ["wgs", "array"], tables.components(9), "mixed")
    assert flow[-1] == Step("Tested, relatives among them", 9)


def test_breakdown__most_frequent_first_then_by_name() -> None:
    values = pd.Series(["b"] * 6 + ["a"] * 6 + ["c"] * 9 + [None] * 5, dtype="string")
    found = people.breakdown("Things", values, Disclosure(5))
    assert found.levels == (Level("c", 9), Level("a", 6), Level("b", 6), Level("not known", 5))


def test_pictures__which_there_are() -> None:
    hide = Disclosure(5)
    found = people.pictures(tables.phenotypes(), tables.visits(), hide)
    assert [picture.title for picture in found] == [
        "Age at onset", "Survival with delayed entry", "ALSFRS-R since registration",
    ]  # fmt: skip
    assert all(picture.uri.startswith("data:image/svg+xml;base64,") for picture in found)
    assert [entry.n_hidden for entry in hide.log if entry.what == "age at onset"] == [5]


@pytest.mark.parametrize("ages", [[60.0] * 8, [59.9] * 8, [60.0] * 8 + [65.0] * 8])
def test_pictures__ages_on_the_edge_of_a_bin(monkeypatch: pytest.MonkeyPatch, ages: list[float]) -> None:
    drawn: list[tuple[np.ndarray, np.ndarray]] = []
    original = people.histogram
    monkeypatch.setattr(
        people,
        "histogram",
        lambda edges, counts, *rest: drawn.append((edges, counts)) or original(edges, counts, *rest),
    )
    cohort = tables.phenotypes(len(ages)).assign(age_at_onset_years=ages)
    people.pictures(cohort, tables.visits(0), Disclosure(5))
    ((edges, counts),) = drawn
    assert counts.sum() == len(ages)
    assert len(edges) == len(counts) + 1
    assert edges[0] <= min(ages) <= max(ages) <= edges[-1]
    assert set(np.diff(edges)) == {people.AGE_BIN_YEARS}


def test_mean_decline__by_half_year() -> None:
    """Twelve people: 40 points at registration; half of them 34 and half 35 in the second half-year."""
    months, mean, half = people._mean_decline(tables.visits(), Disclosure(5))
    assert months.tolist() == [3, 9]
    assert mean.tolist() == [40, 34.5]
    assert half.tolist() == pytest.approx([0, 1.96 * np.sqrt(12 * 0.25 / 11) / np.sqrt(12)])


def test_mean_decline__few_people_with_many_visits_are_not_shown() -> None:
    visits = pd.concat([tables.visits(4)] * 5, ignore_index=True)
    months, mean, half = people._mean_decline(visits, Disclosure(5))
    assert (len(months), len(mean), len(half)) == (0, 0, 0)


def test_curve__ends_where_few_are_at_risk() -> None:
    """Twenty enter at 0, one has the event each month: five are at risk at month 15, three at 18; five events take two quarters."""
    followed = tables.phenotypes(20).assign(entry_months=0.0, exit_months=np.arange(1.0, 21), is_event=1)
    hide = Disclosure(5)
    curve = people._curve(people._estimate(followed, delayed=True), followed, hide)
    assert curve.times.tolist() == [0, 6, 12]
    np.testing.assert_allclose(curve.survival, [1, 0.7, 0.4])
    assert hide.log[0].n_hidden == 3
    assert ((curve.lower <= curve.survival) & (curve.survival <= curve.upper)).all()
    assert curve.risk_times == [0]
