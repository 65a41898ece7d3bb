"""Check everything a run needs before its first job starts; say all faults at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from alsreg.clinical.registry import REQUIRED, Registry, check_registry, read_registry
from alsreg.config.load import read_yaml
from alsreg.errors import AlsregError
from alsreg.formats.vcf import VcfFile, open_assay
from alsreg.provenance import sha256
from alsreg.workflow.run import Run, freeze_files, start_run

MAX_NAMED = 5


@dataclass(frozen=True)
class Finding:
    """A line of the preflight: what was checked, and how it came out."""

    is_error: bool
    message: str

    def __str__(self) -> str:
        return f"{'ERROR' if self.is_error else 'ok   '} {self.message}"


def preflight(config: Path, base: Path, *, check_sums: bool = True) -> list[Finding]:
    """Check configuration, freeze, checksums, VCF headers, clinical tables, and that samples and people fit together.

    Parameters
    ----------
    config
        The file given to ``--configfile``; it overlays ``config/config.yaml`` of `base`.
    base
        Folder of the pipeline.
    check_sums
        Compare SHA-256 where the freeze gives one.
    """
    try:
        run = start_run(_overlay(read_yaml(base / "config/config.yaml"), read_yaml(config)), base)
    except AlsregError as error:
        return [Finding(True, str(error))]
    findings = [Finding(False, f"configuration {config}: freeze {run.freeze.id}, {len(run.cohorts)} cohorts")]
    if check_sums:
        findings += _attempt("checksums", lambda: _check_sums(run))
    claimed: dict[str, set[str]] = {}
    findings += _attempt("clinical tables", lambda: _check_clinical(run, claimed))
    for assay in run.assays:
        findings += _attempt(f"assay {assay}", lambda assay=assay: _check_assay(run, assay, claimed))
    return findings


def _overlay(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Nested mappings merge; anything else is replaced."""
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _overlay(merged[key], value) if both else value
    return merged


def _attempt(what: str, check: Callable[[], Iterator[Finding]]) -> list[Finding]:
    found: list[Finding] = []
    try:
        found.extend(check())
    except AlsregError as error:
        found.append(Finding(True, f"{what}: {error}"))
    return found


def _check_sums(run: Run) -> Iterator[Finding]:
    n_checked = 0
    for key, file in freeze_files(run.freeze):
        if file.sha256 is not None:
            n_checked += 1
            if sha256(run.path(file)) != file.sha256:
                yield Finding(True, f"{run.path(file)}, key {key}: SHA-256 differs from the freeze's. Remedy: "
                              "restore the file, or write a new freeze for new data")  # fmt: skip
    yield Finding(False, f"checksums: {n_checked} of {len(freeze_files(run.freeze))} files have one in the freeze")


def _check_clinical(run: Run, claimed: dict[str, set[str]]) -> Iterator[Finding]:
    """Fills `claimed` with the samples the registry names, by assay."""
    clinical = run.freeze.clinical
    tables = {name: table for name in REQUIRED if (table := getattr(clinical, name)) is not None}
    sheets = read_registry({name: run.path(table) for name, table in tables.items()}, tables)
    registry = check_registry(sheets, run.settings.registry, run.freeze.freeze_date, list(run.freeze.assays))
    for assay, rows in registry.samples.groupby("assay"):
        claimed[str(assay)] = set(rows["sample"])
    yield Finding(False, f"clinical tables: {len(registry.patients)} persons, {len(registry.visits)} visits; "
                  f"{_severities(registry)}")  # fmt: skip


def _severities(registry: Registry) -> str:
    counts: pd.Series = registry.issues["severity"].value_counts()
    return ", ".join(f"{int(n)} {name}s" for name, n in sorted(counts.items())) + " to read in issues.tsv" if len(
        counts
    ) else "no findings"  # fmt: skip


def _check_assay(run: Run, assay: str, claimed: dict[str, set[str]]) -> Iterator[Finding]:
    described = run.freeze.assays[assay]
    files = open_assay([run.path(file) for file in described.files], described.build, described.n_samples)
    samples = set(files[0].header.samples)
    known = claimed.get(assay, set())
    if known and not samples & known:
        yield Finding(True, f"assay {assay}: none of the {len(samples)} samples of the VCF is in the samples table "
                      f"(VCF: {_some(samples)}; table: {_some(known)}). Remedy: check the sample column of the table")  # fmt: skip
        return
    yield Finding(False, f"assay {assay}: {len(samples)} samples, {described.build}, {_indexes(files)}")
    for names, message in ((samples - known, "in the VCF but not in the samples table: will be excluded"),
                           (known - samples, "in the samples table but not in the VCF")):  # fmt: skip
        if names and known:
            yield Finding(False, f"assay {assay}: {len(names)} samples {message}: {_some(names)}")


def _indexes(files: list[VcfFile]) -> str:
    absent = [file.path.name for file in files if not file.has_index]
    return f"no index for {', '.join(absent)}: every shard reads the whole file" if absent else "indexed"


def _some(names: set[str]) -> str:
    shown = ", ".join(sorted(names)[:MAX_NAMED])
    return f"{shown}, …" if len(names) > MAX_NAMED else shown
