"""Shards read as one fileset."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsreg.errors import InputError
from alsreg.formats.pgen import PgenWriter
from alsreg.formats.shards import ShardedReader


def write(prefix: Path, names: list[str], counts: np.ndarray, people: list[str]) -> str:
    table = pd.DataFrame({"CHROM": "1", "POS": range(1, len(names) + 1), "ID": names, "REF": "A", "ALT": "C"})
    with PgenWriter(prefix, pd.DataFrame({"IID": people, "SEX": "F"}), len(names)) as writer:
        writer.append(table, counts)
    return str(prefix)


def test_rows_run_over_shards(tmp_path: Path) -> None:
    counts = np.random.default_rng(1).integers(0, 3, (7, 4)).astype(np.int8)
    people = list("abcd")
    prefixes = [write(tmp_path / "x.1", ["u", "v", "w"], counts[:3], people), write(tmp_path / "empty", [], counts[:0], people),
                write(tmp_path / "x.2", ["x", "y", "z", "s"], counts[3:], people)]  # fmt: skip
    with ShardedReader(prefixes) as reader:
        assert reader.n_variants == 7
        np.testing.assert_array_equal(reader.hardcalls_at(np.array([0, 2, 3, 6])), counts[[0, 2, 3, 6]])
        np.testing.assert_array_equal(reader.hardcalls_at(np.array([], dtype=int)), counts[:0])
        np.testing.assert_array_equal(reader.read_variants(["z", "v"], size=1), counts[[1, 5]])
        with pytest.raises(ValueError, match="ascend"):
            reader.hardcalls_at(np.array([3, 1]))
        with pytest.raises(InputError, match="1 of the variants"):
            reader.read_variants(["z", "nowhere"])


def test_shards_of_different_people_are_refused(tmp_path: Path) -> None:
    counts = np.zeros((1, 2), np.int8)
    prefixes = [write(tmp_path / "one", ["u"], counts, ["a", "b"]), write(tmp_path / "two", ["v"], counts, ["b", "a"])]
    with pytest.raises(InputError, match="samples differ"):
        ShardedReader(prefixes)
