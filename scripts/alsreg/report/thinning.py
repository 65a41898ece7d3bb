"""Fewer points that show the same: tails are kept, the bulk is thinned evenly by rank."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def thin(rows: pd.DataFrame, n: int, is_kept: NDArray[np.bool_]) -> pd.DataFrame:
    """At most `n` rows by rising ``p_value``.

    Those of ``is_kept (len(rows),)`` stay, the smallest p first if they are more than half of `n`; the others are taken evenly in rank.
    """
    order = np.argsort(rows["p_value"].to_numpy(), kind="stable")
    kept = np.flatnonzero(is_kept[order])
    if len(rows) > n:
        kept = kept[: n // 2]
    others = np.setdiff1d(np.arange(len(rows)), kept)
    room = max(n - len(kept), 0)
    chosen = others if len(others) <= room else others[np.linspace(0, len(others) - 1, room).astype(int)]
    return rows.iloc[order[np.union1d(kept, chosen)]]
