"""The numbers of every stage's QC, one per row: for a comparison of freezes, and for MultiQC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from alsreg.tables.compare import QC_NUMBERS
from alsreg.tables.genotypes import COMPONENTS, INGEST_COUNTS, PAIRS, PERSONS, SAMPLE_QC
from alsreg.tables.results import DIAGNOSTICS

WHOLE_FREEZE = "all"
SAMPLE_MEDIANS = ("call_rate", "heterozygosity", "inbreeding_f", "ti_tv", "mean_dp", "contamination")
TRAIT_NUMBERS = ("n", "n_events", "n_tested", "n_untestable", "lambda_gc", "lambda_1000", "n_hits")
Row = tuple[str, str, str, float]


def as_table(rows: Iterator[Row]) -> pd.DataFrame:
    """Rows of `QC_NUMBERS`."""
    return QC_NUMBERS.conform(pd.DataFrame(list(rows), columns=QC_NUMBERS.column_names))


def of_ingest(path: str) -> Iterator[Row]:
    """Counts by assay, shards summed."""
    counts = INGEST_COUNTS.read(path).groupby(["assay", "unit", "reason"], sort=False)["count"].sum()
    for (assay, unit, reason), n in counts.items():
        yield "ingest", assay, f"n_{unit}_{reason}", float(n)


def of_samples(paths: Mapping[str, str]) -> Iterator[Row]:
    """Samples, those excluded by every flag that does, and medians of the rest, by assay."""
    for assay, path in paths.items():
        samples = SAMPLE_QC.read(path)
        excluded = samples["is_excluded"].to_numpy(dtype=bool)
        yield "sample_qc", assay, "n_samples", float(len(samples))
        yield "sample_qc", assay, "n_excluded", float(excluded.sum())
        for name, n in _flags(samples.loc[excluded, "reason"]).items():
            yield "sample_qc", assay, str(name), n
        for name in SAMPLE_MEDIANS:
            values = samples.loc[~excluded, name].to_numpy(dtype=float, na_value=np.nan)
            if np.isfinite(values).any():
                yield "sample_qc", assay, f"median_{name}", float(np.nanmedian(values))


def of_variants(paths: Mapping[str, Sequence[str]], stage: str, median: str | None = None) -> Iterator[Row]:
    """Variants, those excluded by every flag that does, and the median of a column over the rest, by assay or cohort."""
    for unit, files in paths.items():
        n, flags, kept = 0, pd.Series(dtype=float), [np.empty(0)]
        for file in files:
            table = pq.read_table(file, columns=["is_excluded", "reason", *([median] if median else [])]).to_pandas()
            excluded = table["is_excluded"].to_numpy(dtype=bool)
            n += len(table)
            flags = flags.add(_flags(table.loc[excluded, "reason"]), fill_value=0)
            kept.append(table.loc[~excluded, median].to_numpy(dtype=float) if median else np.zeros((~excluded).sum()))
        values = np.concatenate(kept)
        yield stage, unit, "n_variants", float(n)
        yield stage, unit, "n_excluded", float(n - len(values))
        yield from ((stage, unit, name, value) for name, value in flags.sort_index().items())
        if median and np.isfinite(values).any():
            yield stage, unit, f"median_{median}", float(np.nanmedian(values))


def _flags(reasons: pd.Series) -> pd.Series:
    """How many each flag excludes, by the name of its metric; what has several flags counts under each of them."""
    flags = reasons.fillna("").astype(str).str.split(";").explode()
    return ("n_" + flags.str.removeprefix("is_")).value_counts().sort_index().astype(float)


def of_identity(pairs: str, persons: str) -> Iterator[Row]:
    """Sample pairs by finding, and samples used."""
    for finding, n in PAIRS.read(pairs)["finding"].value_counts().sort_index().items():
        yield "identity", WHOLE_FREEZE, f"n_pairs_{finding}", float(n)
    ledger = PERSONS.read(persons)
    yield "identity", WHOLE_FREEZE, "n_samples", float(len(ledger))
    yield "identity", WHOLE_FREEZE, "n_usable", float(ledger["is_usable"].sum())


def of_structure(paths: Mapping[str, str]) -> Iterator[Row]:
    """People, relatives and outliers, by cohort."""
    for cohort, path in paths.items():
        people = COMPONENTS.read(path)
        yield "structure", cohort, "n_people", float(len(people))
        yield "structure", cohort, "n_related", float(people["is_related"].sum())
        yield "structure", cohort, "n_outliers", float(people["is_outlier"].sum())


def of_traits(paths: Mapping[str, str]) -> Iterator[Row]:
    """Size and calibration of every trait's tests, by cohort/trait."""
    for cohort, path in paths.items():
        for row in DIAGNOSTICS.read(path).to_dict("records"):
            for name in TRAIT_NUMBERS:
                value = row[name]
                yield "association", f"{cohort}/{row['trait']}", name, np.nan if pd.isna(value) else float(value)


def by_folder(paths: Sequence[str]) -> dict[str, list[str]]:
    """Files by the name of the folder they lie in: the assay or the cohort."""
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(Path(path).parent.name, []).append(path)
    return found
