"""How often null tests reject: counts by data set, their sums in one table, and Monte-Carlo intervals.

Tests of one data set share its phenotype, so rejections are counted by data set and the variance of a rate is taken
between data sets.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

LEVELS = (0.5, 0.05, 1e-3, 1e-4, 1e-5)
COVERAGE = 0.99
KEYS = ["cell", "test"]
TOTALS = ["n_data_sets", "n_tests", "n_untestable"]
COLUMNS = [*KEYS, *TOTALS, *(f"{kind}_{level:g}" for level in LEVELS for kind in ("sum", "squares"))]


def count_data_set(p_value: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rejections at every level."""
    return np.array([(p_value <= level).sum() for level in LEVELS])


@dataclass(frozen=True)
class Rate:
    """A rejection rate over its nominal level, with its Monte-Carlo interval."""

    level: float
    ratio: float
    low: float
    high: float
    n_rejected: int
    n_tests: int

    @property
    def is_anticonservative(self) -> bool:
        return self.low > 1.0

    @property
    def is_conservative(self) -> bool:
        return self.high < 1.0


def rate_of(row: pd.Series, level: float) -> Rate:
    """The rate of a row of counts.

    The binomial (Clopper-Pearson) interval is taken at the effective number of tests: those made, over the factor by
    which the variance between data sets exceeds the binomial one (if it does).
    """
    n_sets, n_tests = int(row["n_data_sets"]), int(row["n_tests"])
    rejected, squares = row[f"sum_{level:g}"], row[f"squares_{level:g}"]
    share = rejected / n_tests
    between = (squares - rejected**2 / n_sets) / (n_sets - 1) if n_sets > 1 else 0.0
    binomial = n_tests / n_sets * share * (1.0 - share)
    effect = max(1.0, between / binomial) if binomial > 0 else 1.0
    k, n = rejected / effect, n_tests / effect
    tail = (1.0 - COVERAGE) / 2.0
    low = stats.beta.ppf(tail, k, n - k + 1.0) if k > 0 else 0.0
    high = stats.beta.isf(tail, k + 1.0, n - k)
    return Rate(level, share / level, low / level, high / level, int(rejected), n_tests)


def inflation_of(row: pd.Series) -> float:
    """λ_GC of the tests, from the share of p-values up to one half: λ is 1 + (share - 1/2) / (x f(x)) at the median x."""
    median = stats.chi2.isf(0.5, 1)
    share = row["sum_0.5"] / row["n_tests"]
    return float(1.0 + (share - 0.5) / (median * stats.chi2.pdf(median, 1)))


def read_counts(path: Path) -> pd.DataFrame:
    """One row per cell and test; empty when there is no file yet."""
    return pd.read_csv(path, sep="\t") if path.exists() else pd.DataFrame(columns=COLUMNS)


def write_counts(path: Path, counts: pd.DataFrame) -> None:
    """Whole or not at all: a stopped run leaves the last complete table."""
    part = path.with_suffix(".part")
    counts[COLUMNS].sort_values(KEYS).to_csv(part, sep="\t", index=False)
    part.replace(path)


def add_data_sets(counts: pd.DataFrame, found: list[dict[str, object]]) -> pd.DataFrame:
    """Counts with more data sets added."""
    both = pd.concat([counts, pd.DataFrame(found, columns=COLUMNS)], ignore_index=True)
    both[COLUMNS[2:]] = both[COLUMNS[2:]].astype(np.int64)
    return both.groupby(KEYS, as_index=False)[COLUMNS[2:]].sum()
