"""Check everything a run needs before its first job starts; say all faults at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd

from alsreg.clinical.alignment import align_cohorts
from alsreg.clinical.baseline import CohortTables
from alsreg.clinical.registry import Registry, check_registry, read_registry
from alsreg.config.freeze import Freeze
from alsreg.config.load import load_freeze, parse_settings, read_yaml
from alsreg.config.settings import Settings
from alsreg.errors import AlsregError
from alsreg.formats.vcf import VcfFile, open_assay
from alsreg.provenance import sha256
from alsreg.sheets.withdrawn import read_samples_withdrawn
from alsreg.tables.prognosis import PROGNOSIS
from alsreg.tables.registry import PHENOTYPES, SAMPLES, VISITS
from alsreg.tables.trajectories import TRAJECTORIES
from alsreg.workflow.annotation_check import check_annotation
from alsreg.workflow.meta_inputs import check_meta
from alsreg.workflow.panel_check import check_panel
from alsreg.workflow.registry_source import find_registry
from alsreg.workflow.run import absent_files, freeze_files

MAX_NAMED = 5


@dataclass(frozen=True)
class Finding:
    """A line of the preflight: what was checked, and how it came out."""

    is_error: bool
    message: str

    def __str__(self) -> str:
        return f"{'ERROR' if self.is_error else 'ok   '} {self.message}"


def preflight(config: Path, base: Path, *, check_sums: bool = True) -> list[Finding]:
    """Check configuration, freeze, checksums, VCF headers, clinical tables, the columns that traits name, and that samples
    and people fit together.

    A fault hides only what cannot be known because of it: a file is checked even if another one is missing.

    Parameters
    ----------
    config
        The file given to ``--configfile``; it overlays ``config/config.yaml`` of `base`.
    base
        Folder of the pipeline.
    check_sums
        Compare SHA-256 where the freeze gives one.
    """
    findings: list[Finding] = []
    settings, freeze = _read(config, base, findings)
    if freeze is None:
        return findings
    if settings is not None:
        with _noting(findings):
            check_annotation(settings.annotation, freeze.annotation)
        with _noting(findings):
            check_panel(settings, freeze, base)
        with _noting(findings):
            check_meta(settings, freeze, base)
    absent = absent_files(freeze, base)
    findings += [Finding(True, f"{path}, key {key}: no such file. Remedy: check `root` and the paths in the freeze file, "
                         "and the environment variables they use") for key, path in absent.items()]  # fmt: skip
    if check_sums:
        findings += _check_sums(freeze, base, absent)
    claimed: dict[str, set[str]] | None = None
    if settings is not None and not _any_below("clinical.", absent):
        with _noting(findings, "clinical tables: "):
            claimed = _check_clinical(settings, freeze, base, findings)
            if settings.control.treated is not None:
                with _noting(findings, "control: "):
                    findings.append(_check_control(settings, freeze, base))
    for assay in freeze.assays:
        if not _any_below(f"assays.{assay}.files[", absent):
            with _noting(findings, f"assay {assay}: "):
                findings += _check_assay(freeze, base, assay, claimed)
    return findings


def _read(config: Path, base: Path, findings: list[Finding]) -> tuple[Settings | None, Freeze | None]:
    """Settings and freeze, None for what cannot be used."""
    settings = freeze = None
    with _noting(findings):
        values = overlay(read_yaml(base / "config/config.yaml"), read_yaml(config))
        with _noting(findings):
            settings = parse_settings(values, config)
        if isinstance(name := values.get("freeze"), str):  # otherwise the settings' fault has been noted
            freeze = load_freeze(name, base)
            findings.append(Finding(False, f"freeze {freeze.id}: {len(freeze.cohorts)} cohorts"))
    return settings, freeze


@contextmanager
def _noting(findings: list[Finding], prefix: str = "") -> Iterator[None]:
    """Note a fault and go on."""
    try:
        yield
    except AlsregError as error:
        findings.append(Finding(True, f"{prefix}{error}"))


def _any_below(prefix: str, keys: Iterable[str]) -> bool:
    return any(key.startswith(prefix) for key in keys)


def overlay(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Nested mappings merge; anything else is replaced."""
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = overlay(merged[key], value) if both else value
    return merged


def _check_sums(freeze: Freeze, base: Path, absent: Mapping[str, str]) -> Iterator[Finding]:
    files = freeze_files(freeze)
    summed = [(key, file) for key, file in files if file.sha256 is not None and key not in absent]
    for key, file in summed:
        path = freeze.resolve(file, base)
        if sha256(path) != file.sha256:
            yield Finding(True, f"{path}, key {key}: SHA-256 differs from the freeze's. Remedy: "
                          "restore the file, or write a new freeze for new data")  # fmt: skip
    yield Finding(False, f"checksums: {len(summed)} of {len(files)} files have one in the freeze and were compared")


def _check_clinical(settings: Settings, freeze: Freeze, base: Path, findings: list[Finding]) -> dict[str, set[str]]:
    """Samples the registry names, by assay."""
    paths = {name: str(freeze.resolve(file, base)) for name, file in freeze.clinical.files.items()}
    sheets = read_registry(paths, freeze.clinical.present)
    registry = check_registry(sheets, settings.registry, freeze.freeze_date, list(freeze.assays))
    findings.append(
        Finding(False, f"clinical tables: {len(registry.patients)} persons, {len(registry.visits)} visits; "
                f"{_severities(registry)}")
    )  # fmt: skip
    findings += _check_columns(settings, registry)
    return {str(assay): set(rows["sample"]) for assay, rows in registry.samples.groupby("assay")}


def _check_control(settings: Settings, freeze: Freeze, base: Path) -> Finding:
    """Bring both cohorts to time zero, as the control stage will."""
    clinical, cut_off = freeze.clinical, settings.control.treated_freeze_date
    paths = {name: freeze.resolve(file, base) for name, file in clinical.files.items()}
    sheets = (read_registry(paths, clinical.present), find_registry(base / str(settings.control.treated)).read())
    dates = (freeze.freeze_date, cut_off or freeze.freeze_date)
    cohorts = [
        CohortTables(name, checked.patients, checked.visits, checked.events, checked.samples, day)
        for name, tables, day in zip(("registry", "treated cohort"), sheets, dates, strict=True)
        for checked in [check_registry(tables, settings.registry, day, list(freeze.assays))]
    ]
    people = align_cohorts(cohorts[1], cohorts[0], settings.control, settings.registry).people
    n_treated = int(people["is_treated"].sum())
    return Finding(
        False, f"control: {n_treated} treated and {len(people) - n_treated} registry persons meet all criteria"
    )


def _check_columns(settings: Settings, registry: Registry) -> Iterator[Finding]:
    """Columns that traits and covariates name must exist once the traits are derived."""
    components = [f"PC{number + 1}" for number in range(settings.structure.n_components)]
    tables = (PHENOTYPES, TRAJECTORIES, PROGNOSIS, SAMPLES)
    people = {*registry.patients.columns, *components, *(name for table in tables for name in table.column_names)}
    visits = {*VISITS.column_names, *registry.visits.columns}
    for column, predictor in settings.registry.prognosis.used.items():
        if column not in people and not predictor.is_optional:
            yield _no_column(f"registry.prognosis.predictors.{column}", column, people)
    for name, trait in settings.traits.items():
        told = trait.model_dump()
        named = [
            told[key] for key in ("column", "entry", "exit", "event", "cause", "prognostic_index") if told.get(key)
        ]
        named += [column for end in told.get("sensitivity", {}).values() for column in end.values() if column]
        named += [*told.get("strata", []), *told.get("covariates_by_time", []), *settings.covariates_of(name)]
        timed = [told[key] for key in ("time", "value") if key in told]
        timed += [told["joint"]["time"]] if told.get("joint") else []
        for column, known in [(column, people) for column in named] + [(column, visits) for column in timed]:
            if column not in known:
                yield _no_column(f"traits.{name}", column, known)


def _no_column(key: str, column: str, known: set[str]) -> Finding:
    near = ", ".join(get_close_matches(column, sorted(known), n=1)) or "see docs/data-dictionary.md"
    return Finding(True, f"key {key}: no column {column!r} in the tables. Remedy: did you mean {near}?")


def _severities(registry: Registry) -> str:
    counts: pd.Series = registry.issues["severity"].value_counts()
    return ", ".join(f"{int(n)} {name}s" for name, n in sorted(counts.items())) + " to read in issues.tsv" if len(
        counts
    ) else "no findings"  # fmt: skip


def _check_assay(freeze: Freeze, base: Path, assay: str, claimed: Mapping[str, set[str]] | None) -> Iterator[Finding]:
    """`claimed`: None if the clinical tables cannot tell."""
    described = freeze.assays[assay]
    paths = [freeze.resolve(file, base) for file in described.files]
    tables = [freeze.clinical.samples] if freeze.clinical.withdrawn else []
    clinical = [freeze.resolve(file, base) for file in (freeze.clinical.withdrawn, *tables) if file]
    without = read_samples_withdrawn(clinical, tables, assay) if all(path.exists() for path in clinical) else ()
    files = open_assay(paths, described.build, described.n_samples, without)
    samples = set(files[0].samples)
    known = samples if claimed is None else claimed.get(assay, set())
    if not samples & known:
        yield Finding(True, f"assay {assay}: none of the {len(samples)} samples of the VCF is in the samples table "
                      f"(VCF: {_some(samples)}; table: {_some(known) or 'none'}). Remedy: check the columns sample and "
                      "assay of the table")  # fmt: skip
        return
    yield Finding(False, f"assay {assay}: {len(samples)} samples, {described.build}, {_indexes(files)}")
    for names, message in ((samples - known, "in the VCF but not in the samples table: will be excluded"),
                           (known - samples, "in the samples table but not in the VCF")):  # fmt: skip
        if names:
            yield Finding(False, f"assay {assay}: {len(names)} samples {message}: {_some(names)}")


def _indexes(files: list[VcfFile]) -> str:
    absent = [file.path.name for file in files if file.index is None]
    return f"no index for {', '.join(absent)}: every shard reads the whole file" if absent else "indexed"


def _some(names: set[str]) -> str:
    shown = ", ".join(sorted(names)[:MAX_NAMED])
    return f"{shown}, …" if len(names) > MAX_NAMED else shown
