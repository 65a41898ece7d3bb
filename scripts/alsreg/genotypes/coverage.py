"""How many of a gene's coding bases an assay could see."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alsreg.formats.chain import Chain
from alsreg.formats.contigs import CHROMOSOMES

BASES_AT_A_TIME = 1_000_000


def lift_intervals(table: pd.DataFrame, chain: Chain | None) -> pd.DataFrame:
    """Bring intervals to GRCh38: whole where they can be, otherwise those of their bases that can.

    Parameters
    ----------
    table
        ``chromosome``, ``start``, ``end`` (1-based, inclusive) and any further columns.
    """
    if chain is None:
        return table
    parts = []
    for chromosome, rows in table.groupby("chromosome", sort=False):
        start, end = rows["start"].to_numpy(), rows["end"].to_numpy()
        lifted = chain.lift(str(chromosome), start, end - start + 1)
        is_whole = lifted.chromosome >= 0
        parts.append(rows[is_whole].assign(
            chromosome=[CHROMOSOMES[rank] for rank in lifted.chromosome[is_whole]],
            start=lifted.position[is_whole], end=lifted.position[is_whole] + (end - start)[is_whole],
        ))  # fmt: skip
        parts += _lift_bases(str(chromosome), rows[~is_whole], chain)
    return pd.concat(parts, ignore_index=True)


def _lift_bases(chromosome: str, rows: pd.DataFrame, chain: Chain) -> list[pd.DataFrame]:
    """Base by base, each its own interval; in parts that fit memory."""
    length = (rows["end"] - rows["start"] + 1).to_numpy()
    part = np.cumsum(length) // BASES_AT_A_TIME
    out = []
    for number in np.unique(part):
        some, n = rows[part == number], length[part == number]
        index = np.repeat(np.arange(len(some)), n)
        position = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n) + some["start"].to_numpy()[index]
        lifted = chain.lift(chromosome, position)
        kept = lifted.chromosome >= 0
        out.append(some.iloc[index[kept]].assign(
            chromosome=[CHROMOSOMES[rank] for rank in lifted.chromosome[kept]],
            start=lifted.position[kept], end=lifted.position[kept],
        ))  # fmt: skip
    return out


def merge_intervals(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Unite intervals that overlap or touch within the same `keys` (``chromosome`` among them)."""
    ordered = table.sort_values([*keys, "start", "end"], ignore_index=True)
    reach = ordered.groupby(keys, sort=False)["end"].cummax()
    is_first = ~ordered.duplicated(keys)
    is_new = is_first | (ordered["start"] > reach.shift(fill_value=0) + 1)
    block = is_new.cumsum()
    merged = ordered[is_new].reset_index(drop=True)
    return merged.assign(end=ordered.groupby(block)["end"].max().to_numpy())[[*keys, "start", "end"]]


class CoveredBases:
    """Counts bases of an interval that lie in given intervals, or values at given positions, by running sums."""

    def __init__(self, first: np.ndarray, last: np.ndarray) -> None:
        """Disjoint, ascending intervals, 1-based, inclusive."""
        self._first, self._last = np.asarray(first, np.int64), np.asarray(last, np.int64)
        self._before = np.append(0, np.cumsum(self._last - self._first + 1))

    def up_to(self, position: np.ndarray) -> np.ndarray:
        """Covered bases at most at each position."""
        k = np.searchsorted(self._first, position, side="right")
        within = np.append(0, self._last)[k]
        return self._before[k] - np.maximum(within - position, 0) * (k > 0)

    def within(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Covered bases of intervals."""
        return self.up_to(np.asarray(end)) - self.up_to(np.asarray(start) - 1)


def bases_within(coding: pd.DataFrame, regions: pd.DataFrame) -> np.ndarray:
    """Of each coding interval, the bases that lie in merged regions: int64 ``(len(coding),)``."""
    out = np.zeros(len(coding), np.int64)
    for chromosome, rows in regions.groupby("chromosome", sort=False):
        here = (coding["chromosome"] == chromosome).to_numpy()
        covered = CoveredBases(rows["start"].to_numpy(), rows["end"].to_numpy())
        out[here] = covered.within(coding["start"].to_numpy()[here], coding["end"].to_numpy()[here])
    return out


def variants_within(coding: pd.DataFrame, variants: pd.DataFrame) -> pd.DataFrame:
    """Of each coding interval: ``n_variants``, ``n_excluded``, ``call_rate`` (their sum), ``n_sites`` (bases with a usable one).

    Parameters
    ----------
    variants
        ``chromosome``, ``position``, ``is_excluded``, ``call_rate``.
    """
    out = pd.DataFrame(0.0, index=coding.index, columns=["n_variants", "n_excluded", "call_rate", "n_sites"])
    for chromosome, rows in variants.groupby("chromosome", sort=False):
        here = coding.index[coding["chromosome"] == chromosome]
        rows = rows.sort_values("position", kind="stable")
        position, excluded = rows["position"].to_numpy(), rows["is_excluded"].to_numpy(dtype=bool)
        usable = np.unique(position[~excluded])
        start, end = coding.loc[here, "start"].to_numpy(), coding.loc[here, "end"].to_numpy()
        low, high = np.searchsorted(position, start), np.searchsorted(position, end, side="right")
        for name, values in (
            ("n_variants", np.ones(len(rows))),
            ("n_excluded", excluded),
            ("call_rate", rows["call_rate"].fillna(0)),
        ):
            sums = np.append(0.0, np.cumsum(np.asarray(values, float)))
            out.loc[here, name] = sums[high] - sums[low]
        out.loc[here, "n_sites"] = np.searchsorted(usable, end, side="right") - np.searchsorted(usable, start)
    return out
