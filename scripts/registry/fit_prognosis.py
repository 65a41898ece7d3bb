"""Fit a model of survival on what is known at registration, and judge it."""

from collections.abc import Mapping
from pathlib import Path

from alsreg.config.prognosis import PrognosisConfig
from alsreg.engines.prognosis import predict_survival
from alsreg.runlog import rule_log
from alsreg.tables.prognosis import PROGNOSIS, PROGNOSIS_CALIBRATION, PROGNOSIS_COEFFICIENTS, PROGNOSIS_PERFORMANCE
from alsreg.tables.registry import PATIENTS, PHENOTYPES

TABLES = {
    "people": PROGNOSIS, "coefficients": PROGNOSIS_COEFFICIENTS, "performance": PROGNOSIS_PERFORMANCE,
    "calibration": PROGNOSIS_CALIBRATION,
}  # fmt: skip


def fit_prognosis(
    phenotypes: str | Path, patients: str | Path, settings: PrognosisConfig, outputs: Mapping[str, str | Path]
) -> None:
    """Write each person's prognostic index, the coefficients, and how well the model does."""
    found = predict_survival(PHENOTYPES.read(phenotypes), PATIENTS.read(patients), settings)
    for name, table in TABLES.items():
        table.write(getattr(found, name).reindex(columns=table.column_names), outputs[name])


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        fit_prognosis(
            phenotypes=snakemake.input.phenotypes,
            patients=snakemake.input.patients,
            settings=PrognosisConfig(**snakemake.params.settings),
            outputs=dict(snakemake.output.items()),
        )
