"""Gene tests of genes that do nothing: cells, one null data set of a cell, and the page of the rates.

Everything goes through `alsreg.engines.genes.test_gene`, so that selection, collapsing, floors and corrections are those of
the `burden` stage.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.config.burden import BurdenConfig
from alsreg.engines.gene_selection import GeneVariants, MaskMembers
from alsreg.engines.genes import test_gene
from alsreg.engines.nulls import FITTED, FittedNull
from calibration.cohorts import COVARIATES, draw_cohort, fit_null
from calibration.counts import COLUMNS, COVERAGE, LEVELS, Rate, count_data_set, rate_of
from calibration.page import markdown, show
from calibration.run import run_cells

TESTS = ("burden", "skat", "skat_o", "acat_v", "acat_o", "omnibus")
N_PEOPLE, N_GENES = 1000, 250  # of a data set
MAX_VARIANTS, COPIES = 20, (3, 50)  # of a gene, of a variant: both log-uniform
FEW = 50  # copies in a gene up to which its rows are counted once more, apart
N_TESTS, ROUND, BATCH = 1_000_000, 20_000, 4
SETTINGS = {
    "default": BurdenConfig(),
    "never corrected": BurdenConfig(min_z_correction=5.0),
    "corrected from |z| > 1": BurdenConfig(min_z_correction=1.0),
    "nothing collapsed": BurdenConfig(max_mac_collapsed=0),
}
PAGE_LEVELS = (0.05, 1e-3, 1e-4)
TEXT = Path(__file__).with_name("genes.md")


@dataclass(frozen=True)
class GeneCell:
    """A trait, the fraction of people with an event or cases among them (1 where there are none), and settings."""

    trait: str
    fraction: float
    setting: str = "default"

    @property
    def name(self) -> str:
        return f"genes/{self.trait}/{self.setting}/{self.fraction:g}"

    @property
    def n_tests(self) -> int:
        """Tests to be made by the test that is made least often."""
        return N_TESTS


def gene_cells() -> list[GeneCell]:
    """Every cell, the default settings first."""
    with_events = [GeneCell(*cell) for cell in product(("survival", "binary"), (0.2, 0.5, 0.9))]
    cells = [*with_events, GeneCell("quantitative", 1.0), GeneCell("longitudinal", 1.0)]
    return cells + [
        GeneCell(trait, fraction, setting)
        for setting in list(SETTINGS)[1:]
        for trait, fraction in (("survival", 0.2), ("survival", 0.9), ("binary", 0.2))
    ]


class _OneModel:
    """In place of `NullModels`: the one model there is."""

    def __init__(self, fitted: FittedNull) -> None:
        self.fitted = fitted

    def fit(self, trait: str, carrier_set: str = "", is_on_x: bool = False, chromosome: str = "") -> FittedNull:
        return self.fitted


def scan_genes(cell: GeneCell, index: int) -> list[dict[str, object]]:
    """Rows of counts, one per test; those of genes with few copies once more under ``<cell>/few``.

    The stream of random numbers is that of the cell's trait and `index`, so that settings are compared on the same genes.
    """
    rng = np.random.default_rng([zlib.crc32(f"genes/{cell.trait}/{cell.fraction:g}".encode()), index])
    cohort = draw_cohort(rng, N_PEOPLE, "plain")
    null = fit_null(rng, cohort, cell.trait, cell.fraction, "plain")
    people = np.arange(N_PEOPLE)
    models = _OneModel(FittedNull(cell.trait, cell.trait, "", people, N_PEOPLE, {}, COVARIATES, null, FITTED))
    rows = [
        row for _ in range(N_GENES) for row in test_gene(draw_gene(rng), cell.trait, models, SETTINGS[cell.setting])
    ]
    table = pd.DataFrame(rows)
    few = table[table["mac"] <= FEW]
    return [
        _count(name, test, part) for name, part in ((cell.name, table), (f"{cell.name}/few", few)) for test in TESTS
    ]


def draw_gene(rng: np.random.Generator) -> GeneVariants:
    """A gene with two masks: all of its variants, and the first third of them."""
    m = int(np.exp(rng.uniform(0.0, np.log(MAX_VARIANTS + 1))))
    low, high = np.log(COPIES[0]), np.log(COPIES[1] + 1)
    counts = np.zeros((m, 2 * N_PEOPLE))
    for row in counts:
        row[rng.choice(2 * N_PEOPLE, int(np.exp(rng.uniform(low, high))), replace=False, shuffle=False)] = 1.0
    everything, some = np.ones(m, dtype=bool), np.arange(m) < max(m // 3, 1)
    masks = {"some": MaskMembers(some, 0.05), "all": MaskMembers(everything, 0.05)}
    names, carrier_set = np.arange(m).astype(object), np.full(m, "", dtype=object)
    return GeneVariants("G", "1", names, carrier_set, everything, ~everything, counts[:, ::2] + counts[:, 1::2], masks)


def _count(cell: str, test: str, table: pd.DataFrame) -> dict[str, object]:
    p = table.loc[table["test"] == test, "p_value"].to_numpy(dtype=np.float64)
    is_tested = ~np.isnan(p)
    found = count_data_set(p[is_tested])
    row = {
        "cell": cell,
        "test": test,
        "n_data_sets": 1,
        "n_tests": int(is_tested.sum()),
        "n_untestable": int((~is_tested).sum()),
    }
    row |= {f"sum_{level:g}": k for level, k in zip(LEVELS, found, strict=True)}
    row |= {f"squares_{level:g}": k * k for level, k in zip(LEVELS, found, strict=True)}
    return {column: row[column] for column in COLUMNS}


def run_genes(path: Path, n_processes: int, cells: list[GeneCell] | None = None, n_tests: int = N_TESTS) -> None:
    """In rounds, so that a study stopped early has as many tests of every cell."""
    for target in range(ROUND, n_tests + ROUND, ROUND):
        run_cells(cells or gene_cells(), path, n_processes, min(target, n_tests), scan_genes, BATCH)


def write_page(counts: pd.DataFrame, path: Path) -> None:
    """Every rate, those above their level first."""
    table = counts.set_index(["cell", "test"])
    defaults = [cell for cell in gene_cells() if cell.setting == "default"]
    sections = {
        "rates": _table(table, defaults), "few": _table(table, defaults, "/few"), "above": _above(table),
        "settings": _settings(table), "missing": _missing(table),
        "n_tests": f"{counts.loc[~counts['cell'].str.endswith('/few'), 'n_tests'].sum() / 1e6:,.1f} million",
    }  # fmt: skip
    text = TEXT.read_text(encoding="utf-8")
    for name, content in sections.items():
        text = text.replace(f"{{{name}}}", content)
    path.write_text(text, encoding="utf-8")


def rates(table: pd.DataFrame, cell: GeneCell, test: str, suffix: str = "") -> list[Rate]:
    """Rates of a test at every level of the page; none before the cell was run."""
    key = (cell.name + suffix, test)
    if key not in table.index or not table.loc[key, "n_tests"]:
        return []
    return [rate_of(table.loc[key], level) for level in PAGE_LEVELS]


def above(table: pd.DataFrame) -> list[tuple[GeneCell, str, Rate]]:
    """Rates of the default settings above their level."""
    return [
        (cell, f"{test}{suffix}", rate)
        for cell in gene_cells()
        if cell.setting == "default"
        for test in TESTS
        for suffix in ("", "/few")
        for rate in rates(table, cell, test, suffix)
        if rate.is_anticonservative
    ]


def _in_table(text: str) -> str:
    """A bar would end the cell."""
    return text.replace("|", "\\|")


def _label(cell: GeneCell) -> list[str]:
    return [cell.trait, "" if cell.fraction == 1 else f"{cell.fraction:.0%}"]


def _table(table: pd.DataFrame, cells: list[GeneCell], suffix: str = "") -> str:
    rows = [
        [*_label(cell), test, f"{found[0].n_tests:,}", *map(show, found)]
        for cell in cells
        for test in TESTS
        if (found := rates(table, cell, test, suffix))
    ]
    return markdown(["trait", "events or cases", "test", "tests", *(f"{level:g}" for level in PAGE_LEVELS)], rows)


def _settings(table: pd.DataFrame) -> str:
    varied = list(dict.fromkeys((c.trait, c.fraction) for c in gene_cells() if c.setting != "default"))
    rows = [
        [*_label(cell), test, _in_table(setting), f"{found[0].n_tests:,}", *map(show, found)]
        for trait, fraction in varied
        for test in TESTS
        for setting in SETTINGS
        if (found := rates(table, cell := GeneCell(trait, fraction, setting), test))
    ]
    return markdown(
        ["trait", "events or cases", "test", "setting", "tests", *(f"{level:g}" for level in PAGE_LEVELS)], rows
    )


def _above(table: pd.DataFrame) -> str:
    made = sum(
        len(rates(table, c, t, s)) for c in gene_cells() if c.setting == "default" for t in TESTS for s in ("", "/few")
    )
    found = above(table)
    rows = [[*_label(cell), test, f"{rate.level:g}", show(rate)] for cell, test, rate in found]
    by_chance = made * (1.0 - COVERAGE) / 2.0
    said = f"Of {made} rates of the default settings, {by_chance:.1f} would lie above by chance; {len(rows)} do."
    return (
        said
        if not rows
        else f"{said}\n\n{markdown(['trait', 'events or cases', 'test', 'level', 'rate / level'], rows)}"
    )


def _missing(table: pd.DataFrame) -> str:
    rows = []
    for cell in gene_cells():
        found = rates(table, cell, "omnibus")
        made = found[0].n_tests if found else 0
        if made < cell.n_tests:
            rows.append([*_label(cell), _in_table(cell.setting), f"{made:,}"])
    if not rows:
        return "None: every cell has its tests."
    return markdown(["trait", "events or cases", "setting", "tests by the omnibus, of 1,000,000"], rows)
