"""Read the clinical tables of a freeze, check them, and write what can be used and what cannot."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from alsreg.clinical.registry import REQUIRED, check_registry, read_registry
from alsreg.config.freeze import Clinical
from alsreg.config.registry import RegistryConfig
from alsreg.runlog import rule_log
from alsreg.tables.registry import EVENTS, ISSUES, PATIENTS, PEDIGREE, SAMPLES, VISITS


def import_registry(
    inputs: Mapping[str, str | Path],
    clinical: Clinical,
    assays: Sequence[str],
    freeze_date: str,
    settings: RegistryConfig,
    outputs: Mapping[str, str | Path],
) -> None:
    """Write patients, visits, events, samples, pedigree and issues; `inputs`: path of each table by name."""
    tables = {name: table for name in REQUIRED if (table := getattr(clinical, name)) is not None}
    registry = check_registry(read_registry(inputs, tables), settings, date.fromisoformat(freeze_date), assays)
    for table in (PATIENTS, VISITS, EVENTS, SAMPLES, PEDIGREE, ISSUES):
        table.write(getattr(registry, table.name), outputs[table.name])


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        import_registry(
            inputs=dict(snakemake.input.items()),
            clinical=Clinical(**snakemake.params.clinical),
            assays=snakemake.params.assays,
            freeze_date=snakemake.params.freeze_date,
            settings=RegistryConfig(**snakemake.params.settings),
            outputs=dict(snakemake.output.items()),
        )
