"""The study's own machinery, its verdict, and (slow) a small repetition of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from calibration.cells import HEADLINE_TESTS, SPECTRUM, Cell, all_cells
from calibration.cohorts import draw_cohort, draw_survival
from calibration.counts import COLUMNS, LEVELS, Rate, add_data_sets, rate_of, read_counts
from calibration.genotypes import Ancestry, draw_copies, draw_dosages, homogeneous
from calibration.page import HEADLINE_LEVELS, above, is_below_floors, is_complete, write_page
from calibration.run import run_cells
from calibration.scan import SCORE, USED

FOLDER = Path(__file__).resolve().parents[2] / "docs/calibration"
TRAITS = ("survival", "binary", "quantitative", "longitudinal")


@pytest.fixture(scope="module")
def recorded() -> pd.DataFrame:
    return read_counts(FOLDER / "counts.tsv")


def test_page__is_that_of_the_counts(recorded: pd.DataFrame, tmp_path: Path) -> None:
    write_page(recorded, tmp_path / "README.md")
    assert (tmp_path / "README.md").read_text() == (FOLDER / "README.md").read_text(), "run `make calibration`"


def test_headline__has_no_rate_above_its_level(recorded: pd.DataFrame) -> None:
    table = recorded.set_index(["cell", "test"])
    headline = [cell for cell in all_cells() if cell.table == "headline"]
    assert {(cell.trait, cell.n_people) for cell in headline} == {(t, n) for t in TRAITS for n in (500, 1000, 2000)}
    assert all(cell.n_tests == HEADLINE_TESTS for cell in headline)
    assert [cell.name for cell, _ in above(table) if cell.table == "headline"] == []


@pytest.mark.slow
def test_study__is_complete(recorded: pd.DataFrame) -> None:
    """`make calibration` was run to its end."""
    table = recorded.set_index(["cell", "test"])
    assert [cell.name for cell in all_cells() if not is_complete(table, cell)] == []


def test_floors__let_no_bold_cell_through(recorded: pd.DataFrame) -> None:
    """At the default floors no cell of the grid of copies is above, beyond what chance gives to so many rates."""
    table = recorded.set_index(["cell", "test"])
    bold = [(cell, rate) for cell, rate in above(table) if cell.table == "copies" and not is_below_floors(cell)]
    n_rates = sum(len(HEADLINE_LEVELS) for cell in all_cells() if cell.table == "copies" and not is_below_floors(cell))
    assert len(bold) <= 3 + 0.005 * n_rates
    assert all(rate.low < 1.05 for _, rate in bold)


def _rate_of_data_sets(rejected: list[int]) -> Rate:
    """The rate at 5 % of data sets of 1,000 tests each."""
    sizes = {"cell": "c", "test": USED, "n_data_sets": 1, "n_tests": 1000, "n_untestable": 0}
    rows = [
        sizes | {f"{kind}_{level:g}": k**power for level in LEVELS for power, kind in ((1, "sum"), (2, "squares"))}
        for k in rejected
    ]
    return rate_of(add_data_sets(pd.DataFrame(columns=COLUMNS), rows).iloc[0], 0.05)


def test_interval__widens_where_tests_of_a_data_set_move_together() -> None:
    """Data sets that reject all or nothing are as many draws as there are data sets, not as there are tests."""
    narrow, wide = (_rate_of_data_sets(rejected) for rejected in ([50] * 40, [1000, *[0] * 19] * 2))
    assert narrow.low < 1 < narrow.high and narrow.high - narrow.low < 0.2
    assert wide.low < 1 and wide.high > 3


def test_run__continues_where_it_stopped(tmp_path: Path) -> None:
    """Two runs of one half each give the counts of a single run."""
    cell = Cell("headline", "quantitative", 200, 1.0, SPECTRUM)
    run_cells([cell], tmp_path / "whole.tsv", 1, n_tests=300_000)
    run_cells([cell], tmp_path / "parts.tsv", 1, n_tests=100_000)
    run_cells([cell], tmp_path / "parts.tsv", 1, n_tests=300_000)
    assert (tmp_path / "whole.tsv").read_bytes() == (tmp_path / "parts.tsv").read_bytes()


def test_genotypes__are_in_hardy_weinberg_proportions_and_siblings_share_half() -> None:
    rng = np.random.default_rng(1)
    pair = Ancestry(np.array([0, 0, 1]), np.array([-1, 0, -1]))
    g = draw_dosages(rng, np.tile([0.3, 0.1], (200_000, 1)), pair)
    share = [(g[:, 0] == k).mean() for k in range(3)]
    np.testing.assert_allclose(share, [0.49, 0.42, 0.09], atol=0.005)
    assert g[:, 2].mean() == pytest.approx(0.2, abs=0.005)
    np.testing.assert_allclose(np.corrcoef(g.T)[0, 1:], [0.5, 0.0], atol=0.01)
    copies = draw_copies(rng, 20_000, 30, 7)
    assert (copies.sum(axis=1) == 7).all()
    np.testing.assert_allclose(copies.mean(axis=0), 7 / 30, atol=0.02)


def test_survival__has_the_fraction_of_events_and_everybody_outlives_registration() -> None:
    entry, exit, event = draw_survival(np.random.default_rng(2), np.zeros(2000), 0.35)
    assert event.mean() == pytest.approx(0.35, abs=0.01)
    assert (exit > entry).all() and (exit == np.round(exit)).all() and len(np.unique(exit)) < 200
    assert 4 < np.median(entry) < 12


def test_relatives__excluded_are_one_of_each_pair() -> None:
    rng = np.random.default_rng(3)
    cohort = draw_cohort(rng, 400, "relatives excluded")
    assert len(cohort) == 340 and (cohort.ancestry.sibling == -1).all()
    assert (draw_cohort(rng, 400, "relatives left in").ancestry.sibling >= 0).sum() == 60
    assert (homogeneous(5).sibling == -1).all()


@pytest.mark.slow
@pytest.mark.parametrize("trait", TRAITS)
def test_type_one_error(trait: str, tmp_path: Path) -> None:
    """A million tests of 500 people: no rate above its level; the uncorrected score of survival is far above."""
    cell = next(c for c in all_cells() if (c.table, c.trait, c.n_people) == ("headline", trait, 500))
    run_cells([cell], tmp_path / "counts.tsv", 1, n_tests=1_000_000)
    table = read_counts(tmp_path / "counts.tsv").set_index(["cell", "test"])
    assert above(table) == []
    if trait == "survival":
        assert rate_of(table.loc[(cell.name, SCORE)], 1e-4).low > 1.5
