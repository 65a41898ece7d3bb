"""Read the clinical tables of the treated cohort and check them, as the registry's are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from alsreg.clinical.audit import TRAIL, account_for_import, import_version, record_import
from alsreg.clinical.registry import check_registry
from alsreg.config.registry import RegistryConfig
from alsreg.runlog import rule_log
from alsreg.tables.registry import EVENTS, IMPORTS, ISSUES, PATIENTS, VISITS
from alsreg.workflow.registry_source import find_registry


@dataclass(frozen=True)
class Source:
    """Where the treated cohort is described, and how the trail names it."""

    name: str
    mapping: Path
    freeze_date: date


def import_treated(
    source: Source,
    settings: RegistryConfig,
    rules_version: str,
    outputs: Mapping[str, str | Path],
    trail: str | Path,
) -> None:
    """Write patients, visits, events, issues and imports, and append to the trail; samples are not looked at."""
    found = find_registry(source.mapping)
    sheets = {name: sheet for name, sheet in found.read().items() if name not in ("samples", "pedigree")}
    registry = check_registry(sheets, settings, source.freeze_date)
    tables = {name: table for name, table in found.tables.present.items() if name in sheets}
    version = import_version(rules_version, settings, tables, source.freeze_date)
    imports = account_for_import(registry, sheets, found.paths, version)
    for table in (PATIENTS, VISITS, EVENTS, ISSUES):
        table.write(getattr(registry, table.name), outputs[table.name])
    IMPORTS.write(imports, outputs[IMPORTS.name])
    record_import(trail, source.name, imports, registry.issues)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        import_treated(
            source=Source(
                name=f"{snakemake.wildcards.freeze}: treated cohort",
                mapping=Path(snakemake.input.mapping),
                freeze_date=date.fromisoformat(snakemake.params.freeze_date),
            ),
            settings=RegistryConfig(**snakemake.params.settings),
            rules_version=snakemake.params.code,
            outputs=dict(snakemake.output.items()),
            trail=TRAIL,
        )
