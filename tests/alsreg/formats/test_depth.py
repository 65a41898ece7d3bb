"""Depth by base in gnomAD's two layouts."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from alsreg.errors import InputError
from alsreg.formats.depth import read_depth

PLACES = {"1": np.array([10, 12]), "X": np.array([5])}
V2 = "#chrom\tpos\tmean\tmedian\tover_1\tover_20\n1\t10\t30.1\t30\t1.0\t0.95\n1\t11\t30\t30\t1\t0.5\n1\t12\t3\t3\t1\t0.1\nX\t5\t9\t9\t1\t0.4\n"
V4 = "locus\tmean\tmedian_approx\ttotal_DP\tover_1\tover_20\nchr1:10\t30\t30\t9\t1\t0.95\nchr1:12\t3\t3\t9\t1\t0.1\nchrX:5\t9\t9\t9\t1\t0.4\n"


@pytest.mark.parametrize("text", [V2, V4], ids=["chrom and pos", "locus"])
def test_shares_at_the_places_wanted(tmp_path: Path, text: str) -> None:
    path = tmp_path / "coverage.tsv.bgz"
    path.write_bytes(gzip.compress(text.encode()))
    assert read_depth(path, "over_20", PLACES).to_numpy().tolist() == [["1", 10, 0.95], ["1", 12, 0.1], ["X", 5, 0.4]]


@pytest.mark.parametrize(("text", "message"), [
    (V2.replace("over_20", "over_30"), "columns .*over_20.* are missing"), (V2.replace("0.95", "95"), "not a share"),
    (V2.replace("\t11\t", "\tx\t"), "not a position"),
])  # fmt: skip
def test_bad_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "c.tsv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_depth(tmp_path / "c.tsv", "over_20", PLACES)
    with pytest.raises(InputError, match="no such file"):
        read_depth(tmp_path / "none.tsv", "over_20", PLACES)
