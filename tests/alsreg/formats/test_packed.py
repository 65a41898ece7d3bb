"""Two bits per genotype."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from alsreg.formats.packed import PackedGenotypes


@pytest.mark.parametrize("n_samples", [1, 3, 4, 5, 101])
def test_rows_come_back_in_any_order(tmp_path: Path, n_samples: int) -> None:
    draw = np.random.default_rng(n_samples)
    counts = draw.choice(np.array([0, 1, 2, -9], np.int8), (50, n_samples))
    with PackedGenotypes(tmp_path / "x", n_samples) as packed:
        assert packed.read(np.array([], int)).shape == (0, n_samples)
        packed.append(counts[:20])
        packed.append(counts[20:20])
        assert (packed.read(np.array([3])) == counts[[3]]).all()
        packed.append(counts[20:])
        order = draw.permutation(50)
        np.testing.assert_array_equal(packed.read(order), counts[order])
    assert not (tmp_path / "x").exists()
