"""Bring the treated cohort and the registry to one time zero and one set of criteria."""

import logging
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from alsreg.clinical.alignment import align_cohorts as align
from alsreg.clinical.baseline import CohortTables
from alsreg.config.control import ControlConfig
from alsreg.config.registry import RegistryConfig
from alsreg.runlog import rule_log
from alsreg.tables.control import ALIGNED, ATTRITION, FOLLOWED
from alsreg.tables.registry import EVENTS, PATIENTS, SAMPLES, VISITS

log = logging.getLogger("alsreg.control")
Paths = Mapping[str, str | Path]


def align_cohorts(
    inputs: Paths, freeze_date: str, settings: ControlConfig, clinical: RegistryConfig, outputs: Paths
) -> None:
    """Write the people compared, their visits, and the account of everybody else."""
    read = {table.name: table.read(inputs[table.name]) for table in (PATIENTS, VISITS, EVENTS, SAMPLES)}
    registry = CohortTables("registry", **read, freeze_date=date.fromisoformat(freeze_date))
    read = {table.name: table.read(inputs[f"treated_{table.name}"]) for table in (PATIENTS, VISITS, EVENTS)}
    treated = CohortTables("treated cohort", **read, samples=SAMPLES.empty(), freeze_date=settings.treated_freeze_date)
    aligned = align(treated, registry, settings, clinical)
    log.info("people compared: %s", aligned.people["is_treated"].value_counts().to_dict())
    ALIGNED.write(aligned.people, outputs["aligned"])
    FOLLOWED.write(aligned.followed, outputs["followed"])
    ATTRITION.write(aligned.attrition, outputs["attrition"])


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        align_cohorts(
            inputs=dict(snakemake.input.items()),
            freeze_date=snakemake.params.freeze_date,
            settings=ControlConfig(**snakemake.params.settings),
            clinical=RegistryConfig(**snakemake.params.clinical),
            outputs=dict(snakemake.output.items()),
        )
