"""All genes against all traits, by one process or several, in the set list's order."""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import pandas as pd

from alsreg.config.burden import BurdenConfig
from alsreg.engines.gene_sets import GeneCatalogue
from alsreg.engines.genes import test_gene
from alsreg.engines.nulls import NullModels
from alsreg.formats.pgen import PgenReader
from alsreg.stats.multiple_testing import benjamini_hochberg, bonferroni
from alsreg.tables.results import GENES

log = logging.getLogger("alsreg.burden")
# Genes that one process takes at a time.
CHUNK = 64


@dataclass(frozen=True)
class GeneScan:
    """What every process needs: `prefixes` are the filesets whose people are ``models.people``, in order."""

    catalogue: GeneCatalogue
    prefixes: Sequence[str]
    models: NullModels
    settings: BurdenConfig

    def run(self, n_processes: int = 1) -> dict[str, pd.DataFrame]:
        """One table of `GENES` per trait."""
        self._fit_nulls()
        chunks = [
            range(start, min(start + CHUNK, len(self.catalogue))) for start in range(0, len(self.catalogue), CHUNK)
        ]
        parts: dict[str, list[pd.DataFrame]] = {trait: [GENES.empty()] for trait in self.models.traits}
        for tables in self._run_chunks(chunks, n_processes):
            for trait, table in tables.items():
                parts[trait].append(table)
        return {trait: _adjust(pd.concat(tables, ignore_index=True)) for trait, tables in parts.items()}

    def _fit_nulls(self) -> None:
        """Fit before the processes part, so that none fits again what another has fitted.

        With `relatedness: mixed` each chromosome has models of its own, too large to be held together.
        """
        if self.models.relationships is not None:
            return
        members = self.catalogue.members
        for carrier_set in sorted(members.loc[members["is_present"] & ~members["is_excluded"], "carrier_set"].unique()):
            for trait in self.models.traits:
                self.models.fit(trait, carrier_set)

    def _run_chunks(self, chunks: Sequence[range], n_processes: int) -> Iterator[dict[str, pd.DataFrame]]:
        if n_processes == 1 or len(chunks) < 2:
            with ExitStack() as stack:
                readers = [stack.enter_context(PgenReader(prefix)) for prefix in self.prefixes]
                yield from (self.test_chunk(chunk, readers) for chunk in chunks)
            return
        # Processes, not threads: most of the work is short calls that hold the interpreter's lock.
        context = multiprocessing.get_context("fork")
        with context.Pool(n_processes, _start_worker, (self,)) as pool:
            yield from pool.imap(_test_chunk, chunks)

    def test_chunk(self, chunk: range, readers: Sequence[PgenReader]) -> dict[str, pd.DataFrame]:
        """Tables of a few genes."""
        rows: dict[str, list[dict[str, object]]] = {trait: [] for trait in self.models.traits}
        for k in chunk:
            gene = self.catalogue.load(k, readers)
            for trait in rows:
                rows[trait] += test_gene(gene, trait, self.models, self.settings)
        return {trait: GENES.conform(pd.DataFrame(found, columns=GENES.column_names)) for trait, found in rows.items()}


def _adjust(table: pd.DataFrame) -> pd.DataFrame:
    """Put in p-values adjusted for the genes and masks tested, within each test.

    ASSUME: who reads the results of one test pays for its genes and masks, not for the other tests of the same data.
    """
    p = table.groupby("test", sort=False)["p_value"]
    return table.assign(p_bonferroni=p.transform(bonferroni), q_value=p.transform(benjamini_hochberg))


_worker: tuple[GeneScan, list[PgenReader]]


def _start_worker(scan: GeneScan) -> None:
    """Each process opens the genotypes for itself: a reader's place in its file cannot be shared."""
    global _worker
    _worker = scan, [PgenReader(prefix) for prefix in scan.prefixes]


def _test_chunk(chunk: range) -> dict[str, pd.DataFrame]:
    scan, readers = _worker
    return scan.test_chunk(chunk, readers)


def report_counts(trait: str, table: pd.DataFrame) -> None:
    """Log how many rows were tested and why others were not."""
    for status, n in table["status"].value_counts(sort=False).items():
        log.info("%s: %d rows %s", trait, n, status)
    if not (table["status"] == "tested").any():
        log.warning("%s: no gene could be tested", trait)
