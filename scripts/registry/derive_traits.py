"""Derive traits and stages from the checked clinical tables."""

import logging
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from alsreg.clinical.stage_times import add_sightings, derive_stage_times
from alsreg.clinical.traits import derive_stages
from alsreg.config.registry import RegistryConfig
from alsreg.engines.traits import phenotypes_of
from alsreg.runlog import rule_log
from alsreg.tables.registry import EVENTS, PATIENTS, PHENOTYPES, SAMPLES, STAGE_TIMES, STAGES, VISITS

log = logging.getLogger("alsreg.registry")


def derive_traits(
    inputs: Mapping[str, str | Path],
    freeze_date: str,
    settings: RegistryConfig,
    phenotypes: str | Path,
    stages: str | Path,
    stage_times: str | Path,
) -> None:
    """Write one row of traits per person, the stages at each visit, and when each stage was reached."""
    patients, visits, events, samples = (
        table.read(inputs[table.name]) for table in (PATIENTS, VISITS, EVENTS, SAMPLES)
    )
    freeze = date.fromisoformat(freeze_date)
    times = derive_stage_times(patients, visits, events, samples, settings, freeze)
    people = add_sightings(phenotypes_of(patients, visits, events, samples, settings, freeze), times)
    log.info("survival times: %s", people["survival_exclusion"].replace("", "usable").value_counts().to_dict())
    PHENOTYPES.write(people, phenotypes)
    STAGES.write(derive_stages(patients, visits, events), stages)
    STAGE_TIMES.write(times, stage_times)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        derive_traits(
            inputs=dict(snakemake.input.items()),
            freeze_date=snakemake.params.freeze_date,
            settings=RegistryConfig(**snakemake.params.settings),
            phenotypes=snakemake.output.phenotypes,
            stages=snakemake.output.stages,
            stage_times=snakemake.output.stage_times,
        )
