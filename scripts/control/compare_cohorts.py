"""Compare the treated with their controls: as they are, weighted, matched."""

import logging
from collections.abc import Mapping
from pathlib import Path

from alsreg.config.control import ControlConfig
from alsreg.engines.external_control import compare
from alsreg.runlog import rule_log
from alsreg.tables.control import ALIGNED, BALANCE, COMPARISON, CURVES, EFFECTS, FOLLOWED, SCORE_CHANGE, SCORES

log = logging.getLogger("alsreg.control")
Paths = Mapping[str, str | Path]


def compare_cohorts(inputs: Paths, settings: ControlConfig, outputs: Paths) -> None:
    """Write scores, balance, counts, effects, what became of scores, and curves."""
    compared = compare(ALIGNED.read(inputs["aligned"]), FOLLOWED.read(inputs["followed"]), settings)
    for row in compared.comparison.itertuples():
        log.info("%s: %s; %d treated, %d controls", row.analysis, row.status, row.n_treated, row.n_control)
    for table in (SCORES, BALANCE, COMPARISON, EFFECTS, SCORE_CHANGE, CURVES):
        table.write(getattr(compared, table.name), outputs[table.name])


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        compare_cohorts(
            inputs=dict(snakemake.input.items()),
            settings=ControlConfig(**snakemake.params.settings),
            outputs=dict(snakemake.output.items()),
        )
