"""Make the tests that cells still lack, and keep their counts.

Counts of a cell are those of its data sets 0, 1, 2, …: a run may be stopped at any time and continued, and the number of
processes does not matter.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from calibration.cells import Cell
from calibration.counts import add_data_sets, read_counts, write_counts
from calibration.scan import scan_data_set

BATCH = 20  # data sets between two writings


def run_cells(cells: Iterable[Cell], path: Path, n_processes: int, n_tests: int | None = None) -> None:
    """Complete `cells` to `n_tests` each (default: what the cell asks for), writing counts to `path`."""
    with get_context("fork").Pool(n_processes) as pool:
        for cell in cells:
            counts = read_counts(path)
            done = counts[counts["cell"] == cell.name]
            n_sets, made = (int(done[name].iloc[0]) if len(done) else 0 for name in ("n_data_sets", "n_tests"))
            while made < (n_tests or cell.n_tests):
                batches = pool.map(partial(scan_data_set, cell), range(n_sets, n_sets + BATCH), chunksize=1)
                n_sets, made = n_sets + BATCH, made + sum(int(rows[0]["n_tests"]) for rows in batches)
                counts = add_data_sets(counts, [row for rows in batches for row in rows])
                write_counts(path, counts)
            print(f"{cell.name}: {made:,} tests in {n_sets} data sets", flush=True)


def chosen(cells: Iterable[Cell], pattern: str) -> list[Cell]:
    """Cells whose name matches a shell pattern."""
    return [cell for cell in cells if fnmatch.fnmatch(cell.name, pattern)]
