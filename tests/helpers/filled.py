"""Rows of a declared table from the few columns that matter to a test."""

from __future__ import annotations

from typing import Any

import pandas as pd

from alsreg.tables.base import Table


def fill(table: Table, rows: list[dict[str, Any]] | pd.DataFrame) -> pd.DataFrame:
    """Rows of `table`; columns that `rows` leave out are missing."""
    frame = pd.DataFrame(rows)
    for column in table.columns:
        if column.name not in frame:
            frame[column.name] = None
    return table.conform(frame)


def persons_named(n: int) -> list[str]:
    return [f"P{k:02d}" for k in range(n)]
