"""A trait's results as files for others: GWAS-SSF, the untestable variants, and what plots need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from alsreg.config.traits import TraitSpecification
from alsreg.errors import AnalysisError
from alsreg.formats.atomic import atomic_path
from alsreg.formats.gwas_ssf import write_bgzip, write_gwas_ssf
from alsreg.tables.results import SUMMARY_STATISTICS, THINNED, UNTESTABLE

SMALL_P = 1e-3  # every smaller p is drawn


@dataclass(frozen=True)
class Outputs:
    """Paths of one trait's files; index and metadata lie beside `statistics`."""

    statistics: str
    untestable: str
    thinned: str


def write_summary_statistics(
    shards: Sequence[str | Path], metadata: Mapping[str, object], n_thinned: int, outputs: Outputs
) -> None:
    """Write a trait's files from its tables of `VARIANT_TESTS`; `metadata` as `describe_statistics` gives them."""
    tested = (chunk[chunk["status"] == "tested"] for chunk in _by_chromosome(shards))
    write_gwas_ssf(map(_as_statistics, tested), SUMMARY_STATISTICS.column_names, outputs.statistics, metadata)
    not_tested = (chunk[chunk["status"] != "tested"] for chunk in _by_chromosome(shards))
    with atomic_path(outputs.untestable) as path:
        write_bgzip(map(_as_untestable, not_tested), UNTESTABLE.column_names, path)
    THINNED.write(thin(shards, n_thinned), outputs.thinned)


def _by_chromosome(shards: Sequence[str | Path]) -> Iterator[pd.DataFrame]:
    """Rows of all shards, one chromosome at a time, sorted by position and identifier."""
    held = {
        path: set(pq.read_table(path, columns=["chromosome"])["chromosome"].unique().to_pylist()) for path in shards
    }
    for chromosome in sorted(set().union(*held.values())):
        parts = [
            pd.read_parquet(path, filters=[("chromosome", "==", chromosome)])
            for path, chromosomes in held.items()
            if chromosome in chromosomes
        ]
        rows = pd.concat(parts, ignore_index=True)
        yield rows.sort_values(["base_pair_location", "variant_id"], kind="stable", ignore_index=True)


def _as_statistics(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of `SUMMARY_STATISTICS`."""
    if not np.isfinite(rows[["beta", "standard_error", "p_value"]].to_numpy(dtype=float)).all():
        bad = rows.loc[rows[["beta", "standard_error", "p_value"]].isna().any(axis=1), "variant_id"].iloc[0]
        raise AnalysisError("a tested variant has no number", where=f"variant {bad}", remedy="report this as a defect")
    # A p below the smallest double is written as that number, never as zero.
    rows = rows.assign(p_value=rows["p_value"].clip(lower=np.finfo(float).tiny))
    return SUMMARY_STATISTICS.conform(rows[SUMMARY_STATISTICS.column_names])


def _as_untestable(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of `UNTESTABLE`."""
    return UNTESTABLE.conform(rows.rename(columns={"status": "reason"})[UNTESTABLE.column_names])


def describe_statistics(
    shards: Sequence[str | Path], trait: str, specification: TraitSpecification, date: str, build: str = "GRCh38"
) -> dict[str, object]:
    """The metadata that GWAS-SSF asks for, besides those about the file; `date` is ISO."""
    kind = specification.traits[trait].type
    tested = [("status", "==", "tested")]
    counts = pd.concat([pd.read_parquet(path, columns=["n", "n_events"], filters=tested) for path in shards])
    largest = counts.sort_values(["n", "n_events"]).iloc[-1] if len(counts) else {"n": 0, "n_events": 0}
    n, events = int(largest["n"]), int(largest["n_events"])
    sample: dict[str, object] = {"sample_size": n, "case_control_study": kind == "binary"}
    if kind == "binary":
        sample |= {"case_count": events, "control_count": n - events}
    return {
        "date_metadata_last_modified": date,
        "trait_description": [trait],
        "genome_assembly": build,
        "coordinate_system": "1-based",
        "samples": [sample],
        "analysis_software": "alsreg",
        "adjusted_covariates": specification.covariates_of(trait),
    }


def thin(shards: Sequence[str | Path], n_kept: int) -> pd.DataFrame:
    """All small p-values and `n_kept` others evenly in rank, by position."""
    columns = ["chromosome", "base_pair_location", "variant_id", "p_value"]
    parts = [pd.read_parquet(path, columns=columns, filters=[("status", "==", "tested")]) for path in shards]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows.sort_values(["p_value", "chromosome", "base_pair_location", "variant_id"], kind="stable")
    rows = rows.assign(rank=np.arange(1, len(rows) + 1))
    n_small = int((rows["p_value"] < SMALL_P).sum())
    rest = np.unique(np.linspace(n_small, len(rows) - 1, n_kept).astype(int)) if len(rows) > n_small else []
    kept = rows.iloc[[*range(n_small), *rest]]
    return kept.sort_values(["chromosome", "base_pair_location", "variant_id"], kind="stable")
