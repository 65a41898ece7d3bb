"""The shards of one fileset, read as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from types import TracebackType

import numpy as np
import pandas as pd

from alsreg.errors import InputError
from alsreg.formats.pgen import PgenReader


class ShardedReader:
    """Read ALT counts by row number over all shards.

    Parameters
    ----------
    prefixes
        One fileset per shard; all must hold the same samples in the same order.

    Attributes
    ----------
    samples
        As `read_psam` returns them.
    n_variants
        Over all shards.
    name
        Prefix of the first shard, for messages.
    """

    def __init__(self, prefixes: Sequence[str]) -> None:
        self._readers = [PgenReader(prefix) for prefix in prefixes]
        self.name = str(prefixes[0])
        self.samples: pd.DataFrame = self._readers[0].samples
        for reader in self._readers[1:]:
            if list(reader.samples["IID"]) != list(self.samples["IID"]):
                raise InputError(
                    f"samples differ from those of {prefixes[0]}.psam", file=f"{reader.prefix}.psam",
                    remedy="write all shards of a fileset from the same samples",
                )  # fmt: skip
        self._starts = np.cumsum([0, *(reader.n_variants for reader in self._readers)])
        self._stack = ExitStack()

    def __enter__(self) -> ShardedReader:
        for reader in self._readers:
            self._stack.enter_context(reader)
        return self

    def __exit__(self, kind: type | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.__exit__(kind, value, trace)

    @property
    def n_variants(self) -> int:
        return int(self._starts[-1])

    @property
    def variants(self) -> pd.DataFrame:
        """As `read_pvar` returns them, all shards one after another."""
        return pd.concat([reader.variants for reader in self._readers], ignore_index=True)

    def hardcalls_at(self, rows: np.ndarray) -> np.ndarray:
        """ALT counts of variants by ascending row number: int8 ``(len(rows), n_samples)``, missing is -9."""
        rows = np.asarray(rows, dtype=np.int64)
        if np.any(np.diff(rows) < 0):
            raise ValueError("row numbers must ascend")
        cuts = np.searchsorted(rows, self._starts)
        parts = [
            reader.hardcalls_at(rows[start:stop] - offset)
            for reader, offset, start, stop in zip(self._readers, self._starts, cuts, cuts[1:], strict=False)
        ]
        return np.concatenate(parts)

    def read_variants(self, ids: Iterable[str], size: int = 4096) -> np.ndarray:
        """ALT counts of variants by name, in file order: int8 ``(m, n_samples)``.

        Raises
        ------
        InputError
            If a variant is absent.
        """
        wanted = set(ids)
        names = pd.concat([reader.variants["ID"] for reader in self._readers], ignore_index=True)
        rows = np.flatnonzero(names.isin(wanted).to_numpy())
        if len(rows) != len(wanted):
            raise InputError(
                f"{len(wanted) - len(rows)} of the variants wanted are absent", file=f"{self._readers[0].prefix}.pgen",
                remedy="rerun the stage that chose the variants",
            )  # fmt: skip
        parts = [self.hardcalls_at(rows[start : start + size]) for start in range(0, len(rows), size)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.samples)), dtype=np.int8)
