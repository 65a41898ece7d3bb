"""What became of every record, variant and genotype."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from alsreg.formats.contigs import ORDER
from alsreg.formats.variant_ids import variant_ids
from alsreg.formats.vcf import FIELDS, RecordBlock
from alsreg.genotypes.filters import CALLED, REASONS

VARIANT_COLUMNS = [
    "chromosome",
    "position",
    "ref",
    "alt",
    "rs_id",
    "is_ref_verified",
    "n_called",
    "alt_frequency",
]
Counts = Counter[tuple[str, str, bool]]


def count_genotypes(counts: Counts, block: RecordBlock, reason: np.ndarray, records: np.ndarray) -> None:
    """Count the genotypes of the records kept, by verdict; haploid calls besides."""
    tally = np.bincount(reason[records].ravel(), minlength=len(REASONS))
    counts["genotype", "read", False] += int(tally.sum())
    for code, name in enumerate(REASONS):
        if tally[code]:
            counts["genotype", name, code != CALLED] += int(tally[code])
    n_haploid = int(((block.second[records] == -2) & (block.first[records] >= 0)).sum())
    if n_haploid:
        counts["genotype", "haploid", False] += n_haploid


def count_fields(counts: Counts, block: RecordBlock, records: np.ndarray) -> None:
    """Count records without a field that a filter needs."""
    for column, name in enumerate(FIELDS):
        n_absent = int((~block.has[records, column]).sum())
        if n_absent:
            counts["record", f"no_{name.lower()}", False] += n_absent


def resolve_duplicates(parts: Sequence[pd.DataFrame], counts: Counts) -> pd.DataFrame:
    """Sort by place and alleles; of variants with one name keep the one with most calls, the first of equals.

    Parameters
    ----------
    parts
        ``chromosome position ref alt rs_id is_ref_verified n_called alt_frequency``, in the order in which their
        genotypes were stored.

    Returns
    -------
    The variants kept, with ``variant_id`` and ``stored_row``. Adds ``duplicate`` and ``written`` to `counts`.
    """
    filled = [part for part in parts if len(part)]
    table = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=VARIANT_COLUMNS)
    table["stored_row"] = np.arange(len(table))
    table["variant_id"] = variant_ids(table["chromosome"], table["position"], table["ref"], table["alt"])
    table["rank"] = table["chromosome"].map(ORDER).astype("int64")
    table["n_called"] = table["n_called"].astype("int64")
    table["n_missing"] = -table["n_called"]
    table = table.sort_values(["rank", "position", "ref", "alt", "n_missing", "stored_row"], kind="stable")
    is_repeat = table["variant_id"].duplicated().to_numpy(dtype=bool)
    if is_repeat.any():
        counts["variant", "duplicate", True] += int(is_repeat.sum())
    counts["variant", "written", False] += int((~is_repeat).sum())
    return table[~is_repeat].drop(columns=["rank", "n_missing"]).reset_index(drop=True)


def counts_table(assay: str, shard: str, counts: Counts) -> pd.DataFrame:
    """Rows of `INGEST_COUNTS`, in a fixed order."""
    units = {"record": 0, "variant": 1, "genotype": 2}
    ordered = sorted(counts.items(), key=lambda item: (units[item[0][0]], item[0][2], item[0][1]))
    rows = [(assay, shard, unit, reason, is_loss, n) for (unit, reason, is_loss), n in ordered]
    return pd.DataFrame(rows, columns=["assay", "shard", "unit", "reason", "is_loss", "count"])


def unaccounted(table: pd.DataFrame) -> pd.DataFrame:
    """Units of assays and shards (rows of `INGEST_COUNTS`) that do not add up; empty if all do.

    Records: read = lost + used. Variants: from_records = lost + written. Genotypes: read = lost + called.
    """
    sides = {
        "record": ("read", "used"),
        "variant": ("from_records", "written"),
        "genotype": ("read", "called"),
    }
    rows = []
    for (assay, shard, unit), part in table.groupby(["assay", "shard", "unit"], sort=False):
        by_reason = part[~part["is_loss"]].set_index("reason")["count"]
        came, stayed = (int(by_reason.get(reason, 0)) for reason in sides[unit])
        lost = int(part.loc[part["is_loss"], "count"].sum())
        if came != stayed + lost:
            rows.append((assay, shard, unit, came, stayed, lost))
    return pd.DataFrame(rows, columns=["assay", "shard", "unit", "came", "stayed", "lost"])
