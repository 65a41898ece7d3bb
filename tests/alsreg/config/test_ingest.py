"""Bounds of the ingest section."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from alsreg.config.ingest import IngestConfig


@pytest.mark.parametrize("wrong", [
    {"min_gq": -1}, {"min_het_alt_fraction": 0.5}, {"max_palindromic_maf": 0.5}, {"min_dp": 4, "min_dp_haploid": 5},
    {"min_qg": 20}, {"max_mismatch_rate": 0},
])  # fmt: skip
def test_bounds(wrong: dict) -> None:
    with pytest.raises(ValidationError):
        IngestConfig(**wrong)
