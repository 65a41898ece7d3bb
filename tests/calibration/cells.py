"""The cells of the study: a trait, a number of people, a fraction of events, allele counts and a setting."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

PEOPLE = (500, 1000, 2000)
FRACTIONS = (0.05, 0.2, 0.5, 0.9)  # cases or events among people
COPIES = (5, 10, 20, 50, 100)
COMMON = 0  # in place of a number of copies: allele frequency 30 %
SPECTRUM = -1  # in place of a number of copies: the neutral spectrum above the default floors
TYPICAL = {"quantitative": 1.0, "longitudinal": 1.0, "survival": 0.7, "binary": 0.3}
HEADLINE_TESTS, TESTS = 10_000_000, 1_000_000


@dataclass(frozen=True)
class Cell:
    """One row of a table of rates."""

    table: str
    trait: str
    n_people: int
    fraction: float  # of cases or events; 1 where there are none
    copies: int  # SPECTRUM, COMMON, or that many of the rarer allele
    setting: str = "plain"

    @property
    def name(self) -> str:
        return f"{self.table}/{self.trait}/{self.setting}/{self.n_people}/{self.fraction:g}/{self.copies}"

    @property
    def n_tests(self) -> int:
        """Tests to be made."""
        return HEADLINE_TESTS if self.table == "headline" else TESTS


def all_cells() -> list[Cell]:
    """Every cell, headline cells first."""
    return [*_headline(), *_copies(), *_correction(), *_distributions(), *_structure(), *_relatives()]


def _headline() -> list[Cell]:
    traits = ("survival", "binary", "quantitative", "longitudinal")
    return [Cell("headline", trait, n, TYPICAL[trait], SPECTRUM) for trait in traits for n in PEOPLE]


def _copies() -> list[Cell]:
    """Hardly any events (5 %) are looked at where they are fewest: among 500 people."""
    with_events = [
        Cell("copies", trait, n, fraction, copies)
        for trait, n, fraction, copies in product(("survival", "binary"), PEOPLE, FRACTIONS, (*COPIES, COMMON))
        if fraction >= 0.2 or n == min(PEOPLE)
    ]
    others = product(("quantitative", "longitudinal"), PEOPLE, (*COPIES, COMMON))
    return with_events + [Cell("copies", trait, n, 1.0, copies) for trait, n, copies in others]


def _correction() -> list[Cell]:
    """Corrected from |z| > 1 on, so that every later threshold can be read from the same tests."""
    return [
        Cell("correction", trait, 500, fraction, copies)
        for trait, fraction, copies in product(("survival", "binary"), (0.2, 0.7), (20, 50, COMMON))
    ]


def _distributions() -> list[Cell]:
    """By number of copies in 500 people, where departures from normality matter most; the spectrum at every size."""
    settings = ("heavy-tailed", "skewed", "heavy-tailed, ranked", "skewed, ranked")
    quantitative = product(("quantitative",), settings, PEOPLE, (20, 50, 100, COMMON, SPECTRUM))
    longitudinal = product(("longitudinal",), ("normal",), PEOPLE, (5, 10, 20, 50, SPECTRUM))
    return [
        Cell("distributions", trait, n, 1.0, copies, setting)
        for trait, setting, n, copies in (*quantitative, *longitudinal)
        if n == min(PEOPLE) or copies == SPECTRUM
    ]


def _structure() -> list[Cell]:
    settings = ("structure", "structure, components left out")
    cells = product(settings, ("survival", "binary", "quantitative", "longitudinal"), (500, 1000))
    slopes = [
        Cell("structure", "longitudinal", n, 1.0, SPECTRUM, "structure, components x time left out")
        for n in (500, 1000)
    ]
    return [Cell("structure", trait, n, TYPICAL[trait], SPECTRUM, setting) for setting, trait, n in cells] + slopes


def _relatives() -> list[Cell]:
    settings = ("relatives excluded", "relatives left in", "relatives modelled")
    cells = product(settings, ("survival", "binary", "quantitative", "longitudinal"))
    return [Cell("relatives", trait, 1000, TYPICAL[trait], SPECTRUM, setting) for setting, trait in cells]
