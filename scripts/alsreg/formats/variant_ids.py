"""Variant names: ``{chromosome}_{position}_{REF}_{ALT}`` on GRCh38."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd


def variant_id(chromosome: str, position: int, ref: str, alt: str) -> str:
    """Name of one variant."""
    return f"{chromosome}_{position}_{ref}_{alt}"


def variant_ids(
    chromosome: Iterable[str], position: Iterable[int], ref: Iterable[str], alt: Iterable[str]
) -> list[str]:
    """Names of variants, in order."""
    return [variant_id(*parts) for parts in zip(chromosome, position, ref, alt, strict=True)]


def split_variant_ids(names: Sequence[str]) -> pd.DataFrame:
    """The parts of variant names: ``CHROM``, ``POS`` (int64), ``REF``, ``ALT``."""
    parts = pd.DataFrame([name.split("_") for name in names], columns=["CHROM", "POS", "REF", "ALT"], dtype=str)
    parts["POS"] = parts["POS"].astype("int64")
    return parts
