"""One null data set of a cell: a cohort, a trait, its null model, and tests of thousands of variants."""

from __future__ import annotations

import zlib

import numpy as np
from scipy import special

from alsreg.config.association import AssociationConfig
from alsreg.engines.local import options_of
from alsreg.stats.null import VariantTestOptions, VariantTests
from calibration.cells import COMMON, SPECTRUM, Cell
from calibration.cohorts import FST, Cohort, draw_cohort, fit_null
from calibration.counts import COLUMNS, LEVELS, count_data_set
from calibration.genotypes import (
    COMMON_FREQUENCY,
    draw_copies,
    draw_dosages,
    population_frequencies,
    spectrum_frequencies,
)

BLOCK, BLOCKS = 2500, 4  # variants of a data set
THRESHOLDS = (1.0, 1.5, 1.8, 2.0)  # |z| from which the correction might be made
USED, SCORE = "used", "score"


def scan_data_set(cell: Cell, index: int) -> list[dict[str, object]]:
    """Rows of counts, one per test: what `alsreg` reports, and the normal tail of the score alone.

    The stream of random numbers is that of the cell and `index`: any process may do any data set.
    """
    rng = np.random.default_rng([zlib.crc32(cell.name.encode()), index])
    cohort = draw_cohort(rng, cell.n_people, cell.setting)
    null = fit_null(rng, cohort, cell.trait, cell.fraction, cell.setting)
    options = options_for(cell)
    n_rejected: dict[str, np.ndarray] = {}
    n_tests = n_drawn = 0
    for _ in range(BLOCKS):
        tests = null.test_variants(draw_variants(rng, cell, cohort, options), options)
        is_tested = tests.status == "tested"
        n_drawn += len(is_tested)
        n_tests += int(is_tested.sum())
        for test, p in p_values(cell, tests).items():
            n_rejected[test] = n_rejected.get(test, 0) + count_data_set(p[is_tested])
    return [_row(cell.name, test, n_tests, n_drawn - n_tests, found) for test, found in n_rejected.items()]


def options_for(cell: Cell) -> VariantTestOptions:
    """The default settings; no floors where the number of copies is what the cell asks about.

    Refits are left out where they change effects alone: not of a polygenic model.
    """
    defaults = options_of(AssociationConfig())
    has_floors = cell.copies == SPECTRUM
    return VariantTestOptions(
        min_mac=defaults.min_mac if has_floors else 1.0,
        min_expected_events=defaults.min_expected_events if has_floors else 0.0,
        min_z_correction=THRESHOLDS[0] if cell.table == "correction" else defaults.min_z_correction,
        max_p_refit=defaults.max_p_refit if cell.trait == "quantitative" else 0.0,
    )


def draw_variants(rng: np.random.Generator, cell: Cell, cohort: Cohort, options: VariantTestOptions) -> np.ndarray:
    """A block of null genotypes, ``(m, n)``."""
    n = len(cohort)
    if cell.copies > 0:
        return draw_copies(rng, BLOCK, n, cell.copies)
    if cell.copies == COMMON:
        frequency = np.full((BLOCK, 1), COMMON_FREQUENCY)
    else:
        frequency = spectrum_frequencies(rng, BLOCK, options.min_mac / (2.0 * n))
    if cohort.ancestry.population.any():
        frequency = population_frequencies(rng, frequency, int(cohort.ancestry.population.max()) + 1, FST)
    return draw_dosages(rng, frequency, cohort.ancestry)


def p_values(cell: Cell, tests: VariantTests) -> dict[str, np.ndarray]:
    """p-values by test."""
    if cell.trait == "quantitative" or cell.trait == "longitudinal":
        return {USED: tests.p_value}
    z = np.abs(tests.beta / tests.standard_error)
    score = special.erfc(z / np.sqrt(2.0))
    if cell.table == "correction":
        corrected = {f"|z| > {t:g}": np.where(z > t, tests.p_value, score) for t in THRESHOLDS}
        return {SCORE: score, **corrected}
    return {USED: tests.p_value, SCORE: score}


def _row(cell: str, test: str, n_tests: int, n_untestable: int, found: np.ndarray) -> dict[str, object]:
    counts = {f"sum_{level:g}": k for level, k in zip(LEVELS, found, strict=True)}
    squares = {f"squares_{level:g}": k * k for level, k in zip(LEVELS, found, strict=True)}
    row = {"cell": cell, "test": test, "n_data_sets": 1, "n_tests": n_tests, "n_untestable": n_untestable}
    row |= counts | squares
    return {column: row[column] for column in COLUMNS}
