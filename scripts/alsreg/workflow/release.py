"""What `alsreg export` has to know of a run: the analysis of a cohort, and the names that must not leave."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

from alsreg.config.freeze import expand_variables
from alsreg.config.load import load_freeze, parse_settings, read_yaml
from alsreg.errors import ConfigError, InputError
from alsreg.tables.genotypes import PERSONS
from alsreg.tables.registry import PATIENTS
from alsreg.workflow.locks import refuse_running
from alsreg.workflow.preflight import overlay
from alsreg.workflow.run import Run


def release_of(config: Path, cohort: str, results: Path, base: Path) -> dict[str, Any]:
    """Fields of an export of `cohort`: settings in force, what is known of the analysis, identifiers and folders.

    Raises
    ------
    ConfigError, InputError
        A fault in the configuration, an unknown cohort, no results, or a run that still writes them.
    """
    os.umask(0o027)
    settings = parse_settings(overlay(read_yaml(base / "config/config.yaml"), read_yaml(config)), config)
    run = Run(settings, load_freeze(settings.freeze, base), base)
    freeze = run.freeze.id
    if cohort not in run.freeze.cohorts:
        raise ConfigError("no such cohort", file=f"freeze {freeze}", where="--cohort", value=cohort,
                          remedy=f"choose among {', '.join(run.freeze.cohorts)}")  # fmt: skip
    if not (results / "report" / freeze).is_dir():
        raise InputError(
            "no reports of the freeze", file=results / "report" / freeze, remedy="run the pipeline, or give --results"
        )
    refuse_running(results)
    return {
        "results": results,
        "freeze": freeze,
        "cohort": cohort,
        "analysis": run.analysis_of_cohort(SimpleNamespace(cohort=cohort)),
        "settings": settings.report,
        "burden_min_mac": settings.burden.min_mac_exported,
        "config_sha256": run.settings_digest,
        "names": frozenset(_names(results, freeze)),
        "public": frozenset(_genes(results / "burden" / freeze / cohort)),
        "folders": frozenset(
            {str(base), str(results.resolve()), expand_variables(run.freeze.root), str(Path.home())} - {"/", "."}
        ),
    }


def _names(results: Path, freeze: str) -> Iterator[str]:
    """Every identifier of a person or sample that the pipeline met."""
    patients = results / PATIENTS.path.format(freeze=freeze)
    ledger = results / PERSONS.path.format(freeze=freeze)
    for path, table, columns in (
        (patients, PATIENTS, ("person",)),
        (ledger, PERSONS, ("person", "sample", "claimed_person")),
    ):
        frame = table.read(path)
        yield from pd.unique(
            frame[list(columns)].astype("string").to_numpy().ravel()[frame[list(columns)].notna().to_numpy().ravel()]
        )


def _genes(folder: Path) -> Iterator[str]:
    """Names of genes, which an identifier may look like."""
    for path in folder.glob("*.genes.tsv"):
        yield from pd.read_csv(path, sep="\t", usecols=["gene"], dtype=str)["gene"].unique()
