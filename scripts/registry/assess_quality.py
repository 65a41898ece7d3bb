"""Say how well each hospital fills the registry."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from alsreg.clinical.quality import registry_quality
from alsreg.config.registry import RegistryConfig
from alsreg.runlog import rule_log
from alsreg.tables.registry import EVENTS, ISSUES, PATIENTS, QUALITY, VISITS


def assess_quality(
    inputs: Mapping[str, str | Path], freeze_date: str, settings: RegistryConfig, output: str | Path
) -> None:
    """Write completeness, delays and visit adherence per hospital."""
    tables = [table.read(inputs[table.name]) for table in (PATIENTS, VISITS, EVENTS, ISSUES)]
    QUALITY.write(registry_quality(*tables, date.fromisoformat(freeze_date), settings.visit_interval_months), output)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        assess_quality(
            inputs=dict(snakemake.input.items()),
            freeze_date=snakemake.params.freeze_date,
            settings=RegistryConfig(**snakemake.params.settings),
            output=snakemake.output.quality,
        )
