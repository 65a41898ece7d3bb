"""Group people by the course of their ALSFRS-R total, the number of groups chosen from the data."""

from collections.abc import Mapping
from pathlib import Path

from alsreg.config.trajectories import TrajectoriesConfig
from alsreg.engines.trajectories import group_people
from alsreg.runlog import rule_log
from alsreg.tables.registry import PATIENTS, VISITS
from alsreg.tables.trajectories import TRAJECTORIES, TRAJECTORY_CLASSES, TRAJECTORY_CURVES, TRAJECTORY_MODELS

TABLES = {
    "people": TRAJECTORIES,
    "models": TRAJECTORY_MODELS,
    "classes": TRAJECTORY_CLASSES,
    "curves": TRAJECTORY_CURVES,
}


def group_trajectories(
    patients: str | Path, visits: str | Path, settings: TrajectoriesConfig, outputs: Mapping[str, str | Path]
) -> None:
    """Write each person's class, the numbers of classes tried, the classes and their curves."""
    found = group_people(PATIENTS.read(patients)["person"], VISITS.read(visits), settings)
    for name, table in TABLES.items():
        table.write(getattr(found, name).reindex(columns=table.column_names), outputs[name])


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        group_trajectories(
            patients=snakemake.input.patients,
            visits=snakemake.input.visits,
            settings=TrajectoriesConfig(**snakemake.params.settings),
            outputs=dict(snakemake.output.items()),
        )
