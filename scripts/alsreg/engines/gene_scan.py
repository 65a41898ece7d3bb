"""All genes against all traits, by one process or several, in the set list's order."""

from __future__ import annotations

import json
import logging
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from alsreg.config.burden import BurdenConfig
from alsreg.engines.gene_scores import score_gene
from alsreg.engines.gene_sets import GeneCatalogue
from alsreg.engines.genes import test_gene
from alsreg.engines.nulls import NullModels
from alsreg.formats.gene_scores import VERSION, write_gene_scores
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
        parts: dict[str, list[pd.DataFrame]] = {trait: [GENES.empty()] for trait in self.models.traits}
        for tables in self._map_chunks("test_chunk", n_processes):
            for trait, table in tables.items():
                parts[trait].append(table)
        return {trait: adjust(pd.concat(tables, ignore_index=True)) for trait, tables in parts.items()}

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

    def _map_chunks(self, method: str, n_processes: int) -> Iterator[dict[str, Any]]:
        """What a method makes of every chunk of genes, in order."""
        self._fit_nulls()
        n = len(self.catalogue)
        chunks = [range(start, min(start + CHUNK, n)) for start in range(0, n, CHUNK)]
        if n_processes == 1 or len(chunks) < 2:
            with ExitStack() as stack:
                readers = [stack.enter_context(PgenReader(prefix)) for prefix in self.prefixes]
                yield from (getattr(self, method)(chunk, readers) for chunk in chunks)
            return
        # Processes, not threads: most of the work is short calls that hold the interpreter's lock.
        context = multiprocessing.get_context("fork")
        with context.Pool(n_processes, _start_worker, (self,)) as pool:
            yield from pool.imap(partial(_work_on_chunk, method), chunks)

    def export(self, paths: Mapping[str, str | Path], build: str, n_processes: int = 1) -> None:
        """Write scores and covariances of every trait to its path."""
        lines: dict[str, list[str]] = {trait: [] for trait in self.models.traits}
        for found in self._map_chunks("score_chunk", n_processes):
            for trait, part in found.items():
                lines[trait] += part
        for trait, path in paths.items():
            write_gene_scores(self._header(trait, build), lines[trait], path)
            log.info("%s: %d rows of scores in %s", trait, len(lines[trait]), path)

    def _header(self, trait: str, build: str) -> dict[str, str]:
        specification = self.models.specification
        definition = specification.traits[trait].model_dump(exclude_none=True)
        definition["covariates"] = list(specification.covariates_of(trait))
        everybody = self.models.fit(trait)
        return {
            "alsreg_gene_scores": VERSION, "trait": trait, "type": specification.traits[trait].type, "build": build,
            "n_people": str(len(everybody.people)), "n_events": str(everybody.n_events),
            "min_mac": f"{self.settings.min_mac_exported:g}", "definition": json.dumps(definition, sort_keys=True),
        }  # fmt: skip

    def score_chunk(self, chunk: range, readers: Sequence[PgenReader]) -> dict[str, list[str]]:
        """Lines of exported scores of a few genes."""
        lines: dict[str, list[str]] = {trait: [] for trait in self.models.traits}
        for k in chunk:
            gene, details = self.catalogue.load(k, readers), self.catalogue.rows(k)
            for trait in lines:
                scores = score_gene(gene, details, trait, self.models, self.settings)
                lines[trait] += scores.lines() if scores else []
        return lines

    def test_chunk(self, chunk: range, readers: Sequence[PgenReader]) -> dict[str, pd.DataFrame]:
        """Tables of a few genes."""
        rows: dict[str, list[dict[str, object]]] = {trait: [] for trait in self.models.traits}
        for k in chunk:
            gene = self.catalogue.load(k, readers)
            for trait in rows:
                rows[trait] += test_gene(gene, trait, self.models, self.settings)
        return {trait: GENES.conform(pd.DataFrame(found, columns=GENES.column_names)) for trait, found in rows.items()}


def adjust(table: pd.DataFrame) -> pd.DataFrame:
    """Put in p-values adjusted for all that was tested of the trait: genes, masks and tests.

    Tests of one gene are not independent, so that Bonferroni is on the safe side; it is the report's threshold.
    """
    p = table["p_value"].to_numpy(dtype=float)
    return table.assign(p_bonferroni=bonferroni(p), q_value=benjamini_hochberg(p))


_worker: tuple[GeneScan, list[PgenReader]]


def _start_worker(scan: GeneScan) -> None:
    """Each process opens the genotypes for itself: a reader's place in its file cannot be shared."""
    global _worker
    _worker = scan, [PgenReader(prefix) for prefix in scan.prefixes]


def _work_on_chunk(method: str, chunk: range) -> dict[str, Any]:
    scan, readers = _worker
    return getattr(scan, method)(chunk, readers)


def report_counts(trait: str, table: pd.DataFrame) -> None:
    """Log how many rows were tested and why others were not."""
    for status, n in table["status"].value_counts(sort=False).items():
        log.info("%s: %d rows %s", trait, n, status)
    if not (table["status"] == "tested").any():
        log.warning("%s: no gene could be tested", trait)
