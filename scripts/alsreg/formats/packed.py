"""Genotypes in a temporary file, two bits each: written in any order, read in another."""

from __future__ import annotations

from pathlib import Path

import numpy as np

MISSING = -9


class PackedGenotypes:
    """Rows of ALT counts (0, 1, 2, -9) in a file that is deleted on leaving the ``with`` block."""

    def __init__(self, path: str | Path, n_samples: int) -> None:
        self._path, self._n_samples = Path(path), n_samples
        self._row_bytes = -(-n_samples // 4)
        self.n_rows = 0

    def __enter__(self) -> PackedGenotypes:
        self._file = self._path.open("w+b")
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)

    def append(self, counts: np.ndarray) -> None:
        """Append rows, int8 ``(m, n_samples)``."""
        codes = np.zeros((len(counts), self._row_bytes * 4), np.uint8)
        codes[:, : self._n_samples] = counts & 3  # -9 & 3 == 3
        quads = codes.reshape(len(counts), self._row_bytes, 4)
        packed = quads[..., 0] | quads[..., 1] << 2 | quads[..., 2] << 4 | quads[..., 3] << 6
        self._file.seek(0, 2)
        self._file.write(packed.tobytes())
        self.n_rows += len(counts)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Rows by number, in the order asked for: int8 ``(len(rows), n_samples)``."""
        if not len(rows):
            return np.empty((0, self._n_samples), np.int8)
        self._file.flush()
        stored = np.memmap(self._path, np.uint8, "r", shape=(self.n_rows, self._row_bytes))
        packed = stored[np.asarray(rows, dtype=np.int64)]
        codes = (packed[..., None] >> np.array([0, 2, 4, 6], np.uint8)) & 3
        counts = codes.reshape(len(packed), -1)[:, : self._n_samples].astype(np.int8)
        counts[counts == 3] = MISSING
        return counts
