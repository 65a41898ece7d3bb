"""How many variants each reason excluded: the columns of large tables that a report counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq


def verdicts_of_assay(paths: Sequence[str], assay: str) -> Counter[str]:
    """First reason of each variant's verdict: number of variants of the assay, the name of a file's folder."""
    found: Counter[str] = Counter()
    for path in paths:
        if Path(path).parent.name == assay:
            found.update(_first_reasons(pq.read_table(path, columns=["reason", "is_excluded"]).to_pandas()))
    return found


def verdicts_of_cohort(paths: Sequence[str]) -> tuple[Counter[str], tuple[tuple[str, int], ...]]:
    """First reason of each merged variant: number of variants; and variants by carrier set, most first."""
    reasons: Counter[str] = Counter()
    sets: Counter[str] = Counter()
    for path in paths:
        table = pq.read_table(path, columns=["reason", "is_excluded", "carrier_set"]).to_pandas()
        reasons.update(_first_reasons(table))
        sets.update(table["carrier_set"].value_counts().to_dict())
    return reasons, tuple(sorted(sets.items(), key=lambda item: (-item[1], item[0])))


def _first_reasons(table: pd.DataFrame) -> dict[str, int]:
    """The empty reason stands for usable."""
    first = table["reason"].fillna("").astype(str).str.split(";").str[0]
    return first.where(table["is_excluded"].astype(bool), "").value_counts().to_dict()
