"""Variant names: ``{chromosome}_{position}_{REF}_{ALT}`` on GRCh38."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd


def variant_ids(
    chromosome: Iterable[str], position: Iterable[int], ref: Iterable[str], alt: Iterable[str]
) -> list[str]:
    """Names of variants, in order."""
    return [f"{c}_{p}_{r}_{a}" for c, p, r, a in zip(chromosome, position, ref, alt, strict=True)]


def split_variant_ids(names: Sequence[str]) -> pd.DataFrame:
    """The parts of variant names: ``CHROM``, ``POS`` (int64), ``REF``, ``ALT``."""
    parts = pd.DataFrame([name.split("_") for name in names], columns=["CHROM", "POS", "REF", "ALT"], dtype=str)
    parts["POS"] = parts["POS"].astype("int64")
    return parts
