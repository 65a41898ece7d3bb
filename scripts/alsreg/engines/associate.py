"""``alsreg associate``: every variant of a PLINK 2 fileset against every trait of a specification."""

from __future__ import annotations

import argparse
import tempfile
from datetime import date
from pathlib import Path

import pandas as pd

from alsreg.config.association import AssociationConfig
from alsreg.config.traits import TraitSpecification
from alsreg.engines.analysis import read_models
from alsreg.engines.diagnostics import describe_trait
from alsreg.engines.local import options_of, score_fileset, variants_of_fileset
from alsreg.engines.nulls import FITTED, NullModels
from alsreg.engines.summaries import Outputs, describe_statistics, write_summary_statistics
from alsreg.errors import AnalysisError
from alsreg.formats.atomic import PARTIAL_PREFIX
from alsreg.tables.results import DIAGNOSTICS

EVERYBODY = ""  # the carrier set of a fileset that knows no assays


def run(arguments: argparse.Namespace) -> None:
    """Run the subcommand."""
    names = ("min_mac", "min_expected_events", "min_z_correction", "max_p_refit", "genome_wide_p")
    settings = AssociationConfig(**{name: getattr(arguments, name) for name in names})
    models = read_models(arguments.pfile, arguments.samples, arguments.spec)
    associate(arguments.pfile, models, settings, arguments.out, build=arguments.build)


def associate(
    prefix: str, models: NullModels, settings: AssociationConfig, out: Path, *, build: str = "GRCh38"
) -> None:
    """Write summary statistics, untestable variants and diagnostics of every trait into `out`.

    Nothing appears there unless everything does.

    Raises
    ------
    AnalysisError
        A trait's null model cannot be fitted: it is constant, covariates are collinear or separate the cases, ...
    """
    for trait in models.traits:
        fitted = models.fit(trait, EVERYBODY)
        if fitted.status != FITTED:
            columns = ", ".join(models.specification.traits[trait].columns)
            raise AnalysisError(f"trait {trait}: {fitted.status}", file=models.people.file, where=f"columns {columns}")
    variants = variants_of_fileset(prefix, build)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=PARTIAL_PREFIX, dir=out) as name:
        folder = Path(name)
        tests = {trait: folder / f"{trait}.parquet" for trait in models.traits}
        score_fileset(prefix, variants, models, options_of(settings), tests)
        rows = []
        for trait, path in tests.items():
            rows.append(describe_trait(models, trait, [EVERYBODY], pd.read_parquet(path), settings.genome_wide_p))
            _summarise(path, trait, models.specification, settings, build)
        columns = dict.fromkeys(DIAGNOSTICS.column_names)
        DIAGNOSTICS.write(pd.DataFrame([columns | row for row in rows]), folder / "diagnostics.tsv")
        for path in sorted(folder.iterdir()):
            path.replace(out / path.name)


def _summarise(
    tests: Path, trait: str, specification: TraitSpecification, settings: AssociationConfig, build: str
) -> None:
    """Write a trait's files beside its table of tests, and remove that table."""
    metadata = describe_statistics([tests], trait, specification, date.today().isoformat(), build)
    beside = tests.parent / trait
    outputs = Outputs(f"{beside}.tsv.gz", f"{beside}.untestable.tsv.gz", f"{beside}.thinned.parquet")
    write_summary_statistics([tests], metadata, settings.n_thinned, outputs)
    tests.unlink()
