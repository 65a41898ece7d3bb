"""Read the clinical tables of a freeze, check them, and write what can be used and what cannot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from alsreg.clinical.audit import TRAIL, account_for_import, import_version, record_import
from alsreg.clinical.registry import check_registry, read_registry
from alsreg.config.freeze import Clinical
from alsreg.config.registry import RegistryConfig
from alsreg.runlog import rule_log
from alsreg.tables.registry import EVENTS, IMPORTS, ISSUES, PATIENTS, PEDIGREE, SAMPLES, VISITS


@dataclass(frozen=True)
class Source:
    """What the freeze says of its clinical tables."""

    freeze: str
    freeze_date: str
    clinical: Clinical
    assays: list[str]


def import_registry(
    inputs: Mapping[str, str | Path],
    source: Source,
    settings: RegistryConfig,
    rules_version: str,
    outputs: Mapping[str, str | Path],
    trail: str | Path,
) -> None:
    """Write patients, visits, events, samples, pedigree, issues and imports, and append to the trail.

    `inputs`: path of each table by name.
    """
    sheets, freeze_date = read_registry(inputs, source.clinical.present), date.fromisoformat(source.freeze_date)
    registry = check_registry(sheets, settings, freeze_date, source.assays)
    version = import_version(rules_version, settings, source.clinical.present, freeze_date)
    imports = account_for_import(registry, sheets, inputs, version)
    for table in (PATIENTS, VISITS, EVENTS, SAMPLES, PEDIGREE, ISSUES):
        table.write(getattr(registry, table.name), outputs[table.name])
    IMPORTS.write(imports, outputs[IMPORTS.name])
    record_import(trail, source.freeze, imports, registry.issues)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        import_registry(
            inputs=dict(snakemake.input.items()),
            source=Source(
                freeze=snakemake.wildcards.freeze,
                freeze_date=snakemake.params.freeze_date,
                clinical=Clinical(**snakemake.params.clinical),
                assays=snakemake.params.assays,
            ),
            settings=RegistryConfig(**snakemake.params.settings),
            rules_version=snakemake.params.code,
            outputs=dict(snakemake.output.items()),
            trail=TRAIL,
        )
