"""Fit decline and survival together, beside decline alone."""

from pathlib import Path

from alsreg.engines.decline import compare_decline
from alsreg.runlog import rule_log
from alsreg.tables.registry import JOINT_MODEL, PHENOTYPES, VISITS


def fit_joint_model(phenotypes: str | Path, visits: str | Path, joint_model: str | Path) -> None:
    """Write the estimates of both models for every score."""
    JOINT_MODEL.write(compare_decline(PHENOTYPES.read(phenotypes), VISITS.read(visits)), joint_model)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        fit_joint_model(
            phenotypes=snakemake.input.phenotypes,
            visits=snakemake.input.visits,
            joint_model=snakemake.output.joint_model,
        )
