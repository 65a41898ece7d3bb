"""A registry without genotypes: its mapping drafted, its tables checked, its traits derived."""

from __future__ import annotations

import argparse
from pathlib import Path

from alsreg.clinical.audit import TRAIL, account_for_import, import_version, record_import
from alsreg.clinical.quality import registry_quality
from alsreg.clinical.registry import check_registry
from alsreg.clinical.stage_times import add_sightings, derive_stage_times
from alsreg.clinical.traits import derive_stages
from alsreg.config.load import parse_settings, read_yaml
from alsreg.config.registry import RegistryConfig
from alsreg.engines.decline import compare_decline
from alsreg.engines.traits import phenotypes_of
from alsreg.errors import ConfigError
from alsreg.formats.atomic import atomic_folder, atomic_path
from alsreg.tables.base import Table
from alsreg.tables.registry import (
    EVENTS,
    IMPORTS,
    ISSUES,
    JOINT_MODEL,
    PATIENTS,
    PEDIGREE,
    PHENOTYPES,
    QUALITY,
    SAMPLES,
    STAGE_TIMES,
    STAGES,
    VISITS,
)
from alsreg.workflow.code import code_digest
from alsreg.workflow.registry_source import MAPPING, draft_mapping, find_registry, write_mapping

TABLES = (
    PATIENTS, VISITS, EVENTS, SAMPLES, PEDIGREE, ISSUES, IMPORTS, PHENOTYPES, STAGES, QUALITY, STAGE_TIMES, JOINT_MODEL,
)  # fmt: skip


def map_registry(options: argparse.Namespace) -> int:
    """Write the draft; an existing mapping is never overwritten."""
    if options.out.exists():
        raise ConfigError("the mapping exists", file=options.out, remedy="name another with --out, or delete it")
    drafts = draft_mapping(options.files, options.out.parent)
    with atomic_path(options.out) as temporary:
        temporary.write_text(write_mapping(drafts), encoding="utf-8")
    for draft in drafts:
        print(f"{draft.table}: {draft.entries['path']}, {len(draft.evidence)} guesses to review")
        for doubt in draft.doubts:
            print(f"  not understood: {doubt}")
    print(f"wrote {options.out}")
    return 0


def derive_traits(options: argparse.Namespace, base: Path) -> int:
    """Import, check and derive the traits; the rules of the registry stage call the same functions."""
    settings = _settings(options.configfile)
    source = find_registry(options.registry)
    sheets = source.read()
    assays = sorted(set(sheets["samples"].frame["assay"])) if "samples" in sheets else []
    registry = check_registry(sheets, settings, options.freeze_date, assays)
    rules = code_digest(base / "scripts/registry/import_registry.py")
    version = import_version(rules, settings, source.tables.present, options.freeze_date)
    imports = account_for_import(registry, sheets, source.paths, version)
    clinical = (registry.patients, registry.visits, registry.events)
    stage_times = derive_stage_times(*clinical, registry.samples, settings, options.freeze_date)
    phenotypes = phenotypes_of(*clinical, registry.samples, settings, options.freeze_date)
    phenotypes = add_sightings(phenotypes, stage_times)
    quality = registry_quality(*clinical, registry.issues, options.freeze_date, settings.visit_interval_months)
    made = [
        (PATIENTS, registry.patients), (VISITS, registry.visits), (EVENTS, registry.events), (ISSUES, registry.issues),
        *([(SAMPLES, registry.samples)] if "samples" in sheets else []),
        *([(PEDIGREE, registry.pedigree)] if "pedigree" in sheets else []),
        (IMPORTS, imports), (PHENOTYPES, phenotypes), (STAGES, derive_stages(*clinical)), (QUALITY, quality),
        (STAGE_TIMES, stage_times), (JOINT_MODEL, compare_decline(phenotypes, registry.visits)),
    ]  # fmt: skip
    with atomic_folder(options.out, [MAPPING, *(_name(table) for table in TABLES)]) as folder:
        for table, frame in made:
            table.write(frame, folder / _name(table))
        if source.drafts:
            (folder / MAPPING).write_text(source.mapping_in(options.out), encoding="utf-8")
        record_import(options.out / TRAIL, str(options.freeze_date), imports, registry.issues)
    if source.drafts:
        print(f"columns were recognised by their names: read {options.out / MAPPING}")
    severity = registry.issues["severity"].value_counts()
    print(f"{len(phenotypes)} persons, {len(registry.visits)} visits, {severity.get('error', 0)} errors and "
          f"{severity.get('warning', 0)} warnings in {options.out / 'issues.tsv'}")  # fmt: skip
    return 0


def _name(table: Table) -> str:
    return Path(table.path).name


def _settings(configfile: Path | None) -> RegistryConfig:
    if configfile is None:
        return RegistryConfig()
    return parse_settings({"freeze": "none", **read_yaml(configfile)}, configfile).registry
