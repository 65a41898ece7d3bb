"""Read the clinical tables of the treated cohort and check them, as the registry's are."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from alsreg.clinical.registry import check_registry
from alsreg.config.registry import RegistryConfig
from alsreg.runlog import rule_log
from alsreg.tables.registry import EVENTS, ISSUES, PATIENTS, VISITS
from alsreg.workflow.registry_source import find_registry


def import_treated(
    mapping: str | Path, freeze_date: str, settings: RegistryConfig, outputs: Mapping[str, str | Path]
) -> None:
    """Write patients, visits, events and issues; genotyped samples of this cohort are not looked at."""
    sheets = find_registry(Path(mapping)).read()
    tables = {name: sheet for name, sheet in sheets.items() if name not in ("samples", "pedigree")}
    registry = check_registry(tables, settings, date.fromisoformat(freeze_date))
    for table in (PATIENTS, VISITS, EVENTS, ISSUES):
        table.write(getattr(registry, table.name), outputs[table.name])


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        import_treated(
            mapping=snakemake.input.mapping,
            freeze_date=snakemake.params.freeze_date,
            settings=RegistryConfig(**snakemake.params.settings),
            outputs=dict(snakemake.output.items()),
        )
