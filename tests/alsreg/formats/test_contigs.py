"""Names of chromosomes."""

from __future__ import annotations

import pytest

from alsreg.errors import InputError
from alsreg.formats.contigs import build_of_lengths, build_of_text, canonical_chromosome, check_naming


@pytest.mark.parametrize(("name", "expected"), [
    ("chr1", "1"), ("1", "1"), ("CHR22", "22"), ("chrX", "X"), ("23", "X"), ("24", "Y"), ("chrM", "MT"), ("MT", "MT"),
    ("26", "MT"), ("M", "MT"), ("x", "X"), ("chr1_KI270706v1_random", None), ("HLA-A*01:01", None), ("0", None), ("chr", None),
    ("01", None),
])  # fmt: skip
def test_canonical(name: str, expected: str | None) -> None:
    assert canonical_chromosome(name) == expected


def test_naming() -> None:
    check_naming(["chr1", "chrX", "GL000207.1"], "f")
    check_naming(["1", "X", "chrUn_x"], "f")
    with pytest.raises(InputError, match="mixed"):
        check_naming(["chr1", "X"], "f")
    with pytest.raises(InputError, match="two names"):
        check_naming(["X", "23"], "f")


def test_builds() -> None:
    assert build_of_lengths({"chr1": 248956422, "chr2": 242193529}) == "GRCh38"
    assert build_of_lengths({"chr1": 248956422, "chr2": 243199373}) is None
    assert build_of_lengths({"1": 5000}) is None
    assert build_of_text("file:///x/human_g1k_v37_hs37d5.fa") == "GRCh37"
    assert build_of_text("lifted from hg19 to hg38") is None and build_of_text("ref.fa") is None
