"""Make the tests that cells still lack, and keep their counts.

Counts of a cell are those of its data sets 0, 1, 2, …: a run may be stopped at any time and continued, and the number of
processes does not matter.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol, TypeVar

import pandas as pd

from calibration.counts import add_data_sets, read_counts, write_counts
from calibration.scan import scan_data_set

BATCH = 20  # data sets between two writings


class Countable(Protocol):
    """A cell of any study."""

    @property
    def name(self) -> str: ...

    @property
    def n_tests(self) -> int:
        """Tests to be made."""
        ...


C = TypeVar("C", bound=Countable)
Scan = Callable[[C, int], list[dict[str, object]]]


def run_cells(
    cells: Iterable[C], path: Path, n_processes: int, n_tests: int | None = None, scan: Scan[C] = scan_data_set,
    batch: int = BATCH,
) -> None:  # fmt: skip
    """Complete `cells` to `n_tests` each (default: what the cell asks for), writing counts to `path`.

    `scan` makes the rows of counts of a data set; `batch` data sets are made between two writings.
    """
    with get_context("fork").Pool(n_processes) as pool:
        for cell in cells:
            counts = read_counts(path)
            n_sets, made = _progress(counts, cell)
            while made < (n_tests or cell.n_tests):
                found = pool.map(partial(scan, cell), range(n_sets, n_sets + batch), chunksize=1)
                counts = add_data_sets(counts, [row for rows in found for row in rows])
                write_counts(path, counts)
                n_sets, made = _progress(counts, cell)
            print(f"{cell.name}: {made:,} tests in {n_sets} data sets", flush=True)


def _progress(counts: pd.DataFrame, cell: Countable) -> tuple[int, int]:
    """Data sets of a cell, and tests made by the test that was made least often."""
    done = counts[counts["cell"] == cell.name]
    return (int(done["n_data_sets"].iloc[0]), int(done["n_tests"].min())) if len(done) else (0, 0)


def chosen(cells: Iterable[C], pattern: str) -> list[C]:
    """Cells whose name matches a shell pattern."""
    return [cell for cell in cells if fnmatch.fnmatch(cell.name, pattern)]
