"""A trait's results as files for others: GWAS-SSF, the untestable variants, and what plots need."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from alsreg.config.traits import TraitSpecification
from alsreg.errors import AnalysisError
from alsreg.formats.atomic import atomic_path
from alsreg.formats.gwas_ssf import MISSING, index_and_describe, metadata_path
from alsreg.formats.text_table import BGZF_END, bgzip, header_line, to_text
from alsreg.tables.results import SUMMARY_STATISTICS, THINNED, UNTESTABLE

SMALL_P = 1e-3  # every smaller p is drawn
TESTED = "tested"


@dataclass(frozen=True)
class Outputs:
    """Paths of one trait's files; index and metadata lie beside `statistics`."""

    statistics: str
    untestable: str
    thinned: str


@dataclass(frozen=True)
class Summary:
    """Some variants of a trait as parts of its two files, and what is said of all of them together."""

    statistics: bytes
    untestable: bytes
    p_value: NDArray[np.float64]  # of the variants tested
    frequency: NDArray[np.float64]  # of the effect allele, of the same
    n_untestable: int
    largest: tuple[int, int]  # people and events of the test with the most


def summarise(tests: pa.Table, is_plain: bool = False) -> Summary:
    """Rows of `VARIANT_TESTS`, in order of position, as bgzipped or plain text without headers."""
    is_tested = pc.equal(tests["status"], TESTED)
    tested, others = tests, tests[:0]
    if not pc.all(is_tested).as_py():
        tested, others = tests.filter(is_tested), tests.filter(pc.invert(is_tested))
    p = tested["p_value"].to_numpy()
    _refuse_missing(tested)
    # A p below the smallest double is written as that number, never as zero.
    floor = np.maximum(p, np.finfo(float).tiny)
    tested = tested.set_column(tested.column_names.index("p_value"), "p_value", [pa.array(floor)])
    others = others.rename_columns(["reason" if n == "status" else n for n in others.column_names])
    reason = pc.replace_substring(others["reason"], '"', "'")
    others = others.set_column(others.column_names.index("reason"), "reason", reason)
    pack = bytes if is_plain else bgzip
    return Summary(
        pack(to_text(tested.select(SUMMARY_STATISTICS.column_names), MISSING)),
        pack(to_text(others.select(UNTESTABLE.column_names), "NA")) if len(others) else b"",
        p, tested["effect_allele_frequency"].to_numpy(), len(others), _largest(tested["n"].to_numpy(), tested["n_events"].to_numpy()),
    )  # fmt: skip


def _refuse_missing(tested: pa.Table) -> None:
    for name in ("beta", "standard_error", "p_value"):
        is_finite = np.isfinite(tested[name].to_numpy())
        if not is_finite.all():
            bad = tested["variant_id"][int(is_finite.argmin())].as_py()
            raise AnalysisError(
                "a tested variant has no number", where=f"variant {bad}", remedy="report this as a defect"
            )


def _largest(n: NDArray[np.int64], n_events: NDArray[np.int64]) -> tuple[int, int]:
    if not len(n):
        return 0, 0
    most = n.max()
    return int(most), int(n_events[n == most].max())


class SummaryWriter:
    """Gather a trait's summaries in two files, in the order of the parts; memory does not grow with them."""

    def __init__(self, statistics: Path, untestable: Path) -> None:
        self.path = statistics
        self.largest, self.n_tested, self.n_untestable = (0, 0), 0, 0
        self.is_plain = statistics.suffix != ".gz"
        self.checksum = hashlib.md5(usedforsecurity=False)
        self._stack = ExitStack()
        self._files = [(path, self._stack.enter_context(path.open("wb"))) for path in (statistics, untestable)]
        for (path, file), table in zip(self._files, (SUMMARY_STATISTICS, UNTESTABLE), strict=True):
            line = header_line(table.column_names)
            self._write(path, file, bgzip(line) if path.suffix == ".gz" else line)

    def append(self, part: Summary) -> None:
        for (path, file), text in zip(self._files, (part.statistics, part.untestable), strict=True):
            self._write(path, file, text)
        self.largest = max(self.largest, part.largest)
        self.n_tested += len(part.p_value)
        self.n_untestable += part.n_untestable

    def _write(self, path: Path, file: BinaryIO, text: bytes) -> None:
        file.write(text)
        if path == self.path and not self.is_plain:
            self.checksum.update(text)

    def close(self, metadata: Mapping[str, object]) -> None:
        """Finish both files; unless they are plain, index the statistics and write `metadata` beside them."""
        for path, file in self._files:
            if path.suffix == ".gz":
                self._write(path, file, BGZF_END)
        self._stack.close()
        if not self.is_plain:
            index_and_describe(self.path, metadata, self.checksum.hexdigest())


def write_summary_statistics(
    shards: Sequence[str | Path], metadata: Mapping[str, object], n_thinned: int, outputs: Outputs
) -> None:
    """Write a trait's files from its tables of `VARIANT_TESTS`; `metadata` as `describe_statistics` gives them."""
    beside = (outputs.statistics, f"{outputs.statistics}.tbi", metadata_path(outputs.statistics), outputs.untestable)
    with ExitStack() as stack:
        # Made together in one folder, moved out one by one.
        statistics, index, about, untestable = (stack.enter_context(atomic_path(path)) for path in beside)
        writer = SummaryWriter(statistics, untestable)
        for tests in _in_order(shards):
            writer.append(summarise(tests))
        writer.close(metadata)
        for made, path in ((Path(f"{statistics}.tbi"), index), (metadata_path(statistics), about)):
            made.replace(path)
    THINNED.write(thin(shards, n_thinned), outputs.thinned)


PART = 1 << 16  # rows formatted at a time


def _in_order(shards: Sequence[str | Path]) -> Iterator[pa.Table]:
    """Rows of all shards, sorted by chromosome, position and identifier."""
    held = {
        path: set(pq.read_table(path, columns=["chromosome"])["chromosome"].unique().to_pylist()) for path in shards
    }
    for chromosome in sorted(set().union(*held.values())):
        rows = pa.concat_tables(
            pq.read_table(path, filters=[("chromosome", "==", chromosome)])
            for path, chromosomes in held.items()
            if chromosome in chromosomes
        )
        rows = rows.sort_by([("base_pair_location", "ascending"), ("variant_id", "ascending")])
        yield from (rows[start : start + PART].combine_chunks() for start in range(0, len(rows), PART))


def largest_test(shards: Iterable[str | Path]) -> tuple[int, int]:
    """People and events of the test with the most."""
    largest = (0, 0)
    for path in shards:
        counts = pq.read_table(path, columns=["n", "n_events"], filters=[("status", "==", TESTED)])
        largest = max(largest, _largest(counts["n"].to_numpy(), counts["n_events"].to_numpy()))
    return largest


def describe_statistics(
    largest: tuple[int, int], trait: str, specification: TraitSpecification, date: str, build: str = "GRCh38"
) -> dict[str, object]:
    """The metadata that GWAS-SSF asks for, besides those about the file; `date` is ISO."""
    kind = specification.traits[trait].type
    n, events = largest
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
