"""``alsreg associate``: every variant of a PLINK 2 fileset against every trait of a specification."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from alsreg.config.association import AssociationConfig
from alsreg.engines.analysis import models_of_fileset
from alsreg.engines.diagnostics import ScanResults, describe_trait, power_rows, relatedness_rows
from alsreg.engines.local import Tests, block_size, map_blocks, options_of
from alsreg.engines.nulls import FITTED, NullModels
from alsreg.engines.summaries import Summary, SummaryWriter, describe_statistics, summarise
from alsreg.engines.variants import FilesetVariants, Rows
from alsreg.errors import AnalysisError
from alsreg.formats.atomic import PARTIAL_PREFIX
from alsreg.formats.pgen import PgenReader
from alsreg.tables.leads import POWER
from alsreg.tables.results import DIAGNOSTICS, RELATEDNESS

EVERYBODY = ""  # the carrier set of a fileset that knows no assays


def run(arguments: argparse.Namespace) -> None:
    """Run the subcommand."""
    names = ("min_mac", "min_expected_events", "min_z_correction", "max_p_refit", "genome_wide_p")
    settings = AssociationConfig(**{name: getattr(arguments, name) for name in names})
    threads = arguments.threads or len(os.sched_getaffinity(0))
    inputs = (arguments.pfile, arguments.samples, arguments.spec, arguments.relationship_pfile)
    with models_of_fileset(*inputs) as models:
        Scan(arguments.pfile, models, settings, arguments.build, arguments.plain, threads).write(arguments.out)


class Scan:
    """A fileset's variants, its people's null models, and how they are tested and written."""

    def __init__(
        self, prefix: str, models: NullModels, settings: AssociationConfig, build: str, is_plain: bool, n_threads: int
    ) -> None:
        self.prefix, self.models, self.settings, self.build = prefix, models, settings, build
        self.is_plain, self.n_threads = is_plain, n_threads

    def write(self, out: Path) -> None:
        """Write summary statistics, untestable variants and diagnostics of every trait into `out`.

        Nothing appears there unless everything does.

        Raises
        ------
        AnalysisError
            A trait's null model cannot be fitted: it is constant, covariates are collinear or separate the cases, ...
        """
        for trait in self.models.traits:
            fitted = self.models.fit(trait, EVERYBODY)
            if fitted.status != FITTED:
                columns = ", ".join(self.models.specification.traits[trait].columns)
                file = self.models.people.file
                raise AnalysisError(f"trait {trait}: {fitted.status}", file=file, where=f"columns {columns}")
        variants = FilesetVariants(self.prefix, self.build)
        with PgenReader(self.prefix) as reader:
            reader.check_table(len(variants))
            blocks = variants.blocks(block_size(reader))
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=PARTIAL_PREFIX, dir=out) as name:
            folder = Path(name)
            self._write_tables(self._write_traits(blocks, folder), folder)
            for path in sorted(path for path in folder.iterdir() if path.is_file()):
                path.replace(out / path.name)

    def _write_tables(self, diagnostics: list[dict[str, object]], folder: Path) -> None:
        """What is said of traits rather than of variants."""
        thresholds = (self.settings.genome_wide_p, self.settings.nominal_p)
        power, related = [], []
        for trait in self.models.traits:
            power += power_rows(self.models, trait, [EVERYBODY], thresholds, self.settings.min_mac)
            related += relatedness_rows(self.models, trait, [EVERYBODY])
        for table, rows in ((DIAGNOSTICS, diagnostics), (POWER, power), (RELATEDNESS, related)):
            columns = dict.fromkeys(table.column_names)
            table.write(pd.DataFrame([columns | row for row in rows]), folder / f"{table.name}.tsv")

    def _write_traits(self, blocks: Iterator[tuple[Rows, pa.Table]], folder: Path) -> list[dict[str, object]]:
        """Files of every trait; rows of `DIAGNOSTICS`."""
        suffix = ".tsv" if self.is_plain else ".tsv.gz"
        with ExitStack() as stack:
            # What diagnostics need of every test waits in a file, so that memory does not grow.
            held = {trait: stack.enter_context(tempfile.TemporaryFile(dir=folder)) for trait in self.models.traits}
            writers = {
                trait: SummaryWriter(folder / f"{trait}{suffix}", folder / f"{trait}.untestable{suffix}")
                for trait in self.models.traits
            }
            options = options_of(self.settings)
            for parts in map_blocks(self.prefix, blocks, self.models, options, self._summarise, self.n_threads):
                for trait, part in parts.items():
                    writers[trait].append(part)
                    held[trait].write(np.column_stack([part.p_value, part.frequency]).tobytes())
            rows = []
            for trait, writer in writers.items():
                held[trait].seek(0)
                p, frequency = np.fromfile(held[trait]).reshape(-1, 2).T
                scan = ScanResults(p, frequency, writer.n_untestable)
                rows.append(describe_trait(self.models, trait, [EVERYBODY], scan, self.settings.genome_wide_p))
                self._close(trait, writer)
        return rows

    def _summarise(self, tests: Tests) -> Mapping[str, Summary]:
        return {trait: summarise(table, self.is_plain) for trait, table in tests.items()}

    def _close(self, trait: str, writer: SummaryWriter) -> None:
        today = date.today().isoformat()
        metadata = describe_statistics(writer.largest, trait, self.models.specification, today, self.build)
        writer.close(metadata)
