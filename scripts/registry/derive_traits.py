"""Derive traits and stages from the checked clinical tables."""

import logging
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from alsreg.clinical.traits import derive_stages
from alsreg.config.registry import RegistryConfig
from alsreg.engines.traits import phenotypes_of
from alsreg.runlog import rule_log
from alsreg.tables.registry import EVENTS, PATIENTS, PHENOTYPES, SAMPLES, STAGES, VISITS

log = logging.getLogger("alsreg.registry")


def derive_traits(
    inputs: Mapping[str, str | Path],
    freeze_date: str,
    settings: RegistryConfig,
    phenotypes: str | Path,
    stages: str | Path,
) -> None:
    """Write one row of traits per person, and the stages at each visit."""
    patients, visits, events, samples = (
        table.read(inputs[table.name]) for table in (PATIENTS, VISITS, EVENTS, SAMPLES)
    )
    people = phenotypes_of(patients, visits, events, samples, settings, date.fromisoformat(freeze_date))
    log.info("survival times: %s", people["survival_exclusion"].replace("", "usable").value_counts().to_dict())
    PHENOTYPES.write(people, phenotypes)
    STAGES.write(derive_stages(patients, visits, events), stages)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        derive_traits(
            inputs=dict(snakemake.input.items()),
            freeze_date=snakemake.params.freeze_date,
            settings=RegistryConfig(**snakemake.params.settings),
            phenotypes=snakemake.output.phenotypes,
            stages=snakemake.output.stages,
        )
