"""Write docs/calibration/README.md from the counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from alsreg.config.association import AssociationConfig
from calibration.cells import COMMON, SPECTRUM, Cell, all_cells
from calibration.counts import COVERAGE, Rate, inflation_of, rate_of
from calibration.scan import SCORE, THRESHOLDS, USED

HEADLINE_LEVELS = (0.05, 1e-3, 1e-5)
OTHER_LEVELS = (0.05, 1e-3, 1e-4)
TEXT = Path(__file__).with_name("page.md")


def write_page(counts: pd.DataFrame, path: Path) -> None:
    """The study: what was simulated, every rate, and what follows for the defaults."""
    table = counts.set_index(["cell", "test"])
    sections = {
        "headline": _table(table, "headline", HEADLINE_LEVELS, _people_and_trait),
        "score": _table(table, "headline", HEADLINE_LEVELS, _people_and_trait, SCORE),
        **{
            f"copies_{trait}": _copies(table, trait) for trait in ("survival", "binary", "quantitative", "longitudinal")
        },
        "correction": _corrections(table),
        **{name: _table(table, name, OTHER_LEVELS, _setting) for name in ("distributions", "structure", "relatives")},
        "above": _above(table),
        "missing": _missing(table),
        "n_tests": f"{table.xs(USED, level='test')['n_tests'].sum() / 1e6:,.0f} million",
    }
    text = TEXT.read_text(encoding="utf-8")
    for name, content in sections.items():
        text = text.replace(f"{{{name}}}", content)
    path.write_text(text, encoding="utf-8")


def rates(table: pd.DataFrame, cell: Cell, levels: Iterable[float], test: str = USED) -> list[Rate] | None:
    """Rates of a cell; None before it was run."""
    if (cell.name, test) not in table.index:
        return None
    row = table.loc[(cell.name, test)]
    return [rate_of(row, level) for level in levels]


def show(rate: Rate) -> str:
    """The ratio and its interval; bold above the level, in italics below it."""
    digits = 3 if rate.high - rate.low < 0.05 else 2
    ratio = f"{rate.ratio:.{digits}f}"
    mark = "**" if rate.is_anticonservative else "*" if rate.is_conservative else ""
    return f"{mark}{ratio}{mark} ({rate.low:.{digits}f}–{rate.high:.{digits}f})"


def name_of(copies: int) -> str:
    """What a cell's number of copies stands for."""
    return {COMMON: "30 %", SPECTRUM: "spectrum"}.get(copies, f"{copies} copies")


def is_below_floors(cell: Cell) -> bool:
    """Untestable by default: too few copies, or too few events (or cases, or controls) expected among them."""
    defaults = AssociationConfig()
    share = min(cell.fraction, 1.0 - cell.fraction) if cell.trait == "binary" else cell.fraction
    is_rare = 0 < cell.copies < defaults.min_mac
    return is_rare or 0 < cell.copies * share < defaults.min_expected_events


def _people_and_trait(cell: Cell) -> list[str]:
    return [cell.trait, f"{cell.n_people:,}"]


def _setting(cell: Cell) -> list[str]:
    return [cell.trait, cell.setting, f"{cell.n_people:,}", name_of(cell.copies)]


HEADS = {_people_and_trait: ["trait", "people"], _setting: ["trait", "setting", "people", "allele"]}


def _table(
    table: pd.DataFrame, name: str, levels: tuple[float, ...], label: Callable[[Cell], list[str]], test: str = USED
) -> str:
    rows = []
    for cell in all_cells():
        if cell.table == name and (found := rates(table, cell, levels, test)):
            row = table.loc[(cell.name, test)]
            rows.append([*label(cell), f"{found[0].n_tests:,}", f"{inflation_of(row):.3f}", *map(show, found)])
    return markdown([*HEADS[label], "tests", "λ", *(f"{level:g}" for level in levels)], rows)


def _copies(table: pd.DataFrame, trait: str) -> str:
    rows = []
    for cell in all_cells():
        if (cell.table, cell.trait) == ("copies", trait) and (found := rates(table, cell, OTHER_LEVELS)):
            fraction = [] if cell.fraction == 1 else [f"{cell.fraction:.0%}"]
            floor = "untestable" if is_below_floors(cell) else ""
            rows.append([f"{cell.n_people:,}", *fraction, name_of(cell.copies), floor, *map(show, found)])
    has_events = trait in ("survival", "binary")
    events = [{"survival": "events", "binary": "cases"}[trait]] if has_events else []
    heads = ["people", *events, "allele", "by default", *(f"{level:g}" for level in OTHER_LEVELS)]
    return markdown(heads, rows)


def _corrections(table: pd.DataFrame) -> str:
    tests = [SCORE, *(f"|z| > {threshold:g}" for threshold in reversed(THRESHOLDS))]
    rows = []
    for cell in all_cells():
        if cell.table != "correction":
            continue
        for test in tests:
            if found := rates(table, cell, OTHER_LEVELS, test):
                label = "never" if test == SCORE else test
                rows.append([cell.trait, f"{cell.fraction:.0%}", name_of(cell.copies), label, *map(show, found)])
    heads = ["trait", "events or cases", "allele", "corrected where", *(f"{level:g}" for level in OTHER_LEVELS)]
    return markdown(heads, rows)


def above(table: pd.DataFrame) -> list[tuple[Cell, Rate]]:
    """Rates above their level, of what `alsreg` would report."""
    return [
        (cell, rate)
        for cell in all_cells()
        if cell.table != "correction"
        for rate in rates(table, cell, HEADLINE_LEVELS if cell.table == "headline" else OTHER_LEVELS) or []
        if rate.is_anticonservative
    ]


def _above(table: pd.DataFrame) -> str:
    made = sum(3 for cell in all_cells() if cell.table != "correction" and rates(table, cell, (0.05,)))
    rows = []
    for cell, rate in above(table):
        fraction = "" if cell.fraction == 1 else f"{cell.fraction:.0%}"
        floor = "untestable by default" if is_below_floors(cell) else ""
        rows.append([*_setting(cell), fraction, floor, f"{rate.level:g}", show(rate)])
    heads = ["trait", "setting", "people", "allele", "events or cases", "", "level", "rate / level"]
    expected = made * (1.0 - COVERAGE) / 2.0
    return f"Of {made} rates, {expected:.1f} would lie above by chance; {len(rows)} do.\n\n{markdown(heads, rows)}"


def is_complete(table: pd.DataFrame, cell: Cell) -> bool:
    """Has as many tests as the cell asks for."""
    found = _made(table, cell)
    return found is not None and found[0].n_tests >= cell.n_tests


def _made(table: pd.DataFrame, cell: Cell) -> list[Rate] | None:
    """A cell's rate at 5 %; cells of corrections have no one test that is used."""
    return rates(table, cell, (0.05,), SCORE if cell.table == "correction" else USED)


def _missing(table: pd.DataFrame) -> str:
    """How many cells of each table lack tests, and which of the headline."""
    cells = pd.DataFrame(
        [(c.table, c.trait, f"{c.n_people:,}", _made(table, c) is None) for c in all_cells() if not is_complete(table, c)],
        columns=["table", "trait", "people", "is_empty"],
    )  # fmt: skip
    if cells.empty:
        return "None: every cell has its tests."
    grouped = cells.groupby(["table", "trait"], sort=False)
    rows = [
        [*map(str, key), str(len(group)), str(int(group["is_empty"].sum())), ", ".join(dict.fromkeys(group["people"]))]
        for key, group in grouped
    ]
    return markdown(["table", "trait", "cells short of tests", "of these without any", "people"], rows)


def markdown(heads: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
