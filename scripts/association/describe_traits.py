"""Say of every trait how well its tests are calibrated, what they could find, and whether assays differ in it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from alsreg.config.association import AssociationConfig
from alsreg.config.traits import TraitSpecification
from alsreg.engines.analysis import models_of_cohort
from alsreg.engines.confounding import assay_confounding
from alsreg.engines.diagnostics import ScanResults, describe_trait, power_rows, relatedness_rows
from alsreg.runlog import rule_log
from alsreg.tables.base import Table
from alsreg.tables.leads import CONFOUNDING, POWER
from alsreg.tables.results import DIAGNOSTICS, RELATEDNESS

# The largest carrier sets decide the numbers of people; reading one column tells which sets there are.
SUMMARY_COLUMNS = ["p_value", "effect_allele_frequency", "status", "carrier_set"]


def describe_traits(
    psam: str, tests: Sequence[str], tables: tuple[str, str], specification: TraitSpecification,
    settings: AssociationConfig, outputs: Mapping[str, str], relationships: str | None = None,
) -> None:  # fmt: skip
    """Write the tables `DIAGNOSTICS`, `POWER`, `RELATEDNESS` and `CONFOUNDING`; `outputs` has a path for each by its name.

    `tests` has all traits of the first shard, then of the second, …; `tables` are samples.tsv and visits.tsv;
    `relationships` (of the structure stage) are needed with `relatedness: mixed`.
    """
    prefix = Path(psam).with_suffix("")
    models = models_of_cohort(prefix, tables, specification, settings.min_people_per_source, relationships)
    thresholds = (settings.genome_wide_p, settings.nominal_p)
    confounding: list[pd.DataFrame] = []
    found: dict[Table, list[dict[str, object]]] = {DIAGNOSTICS: [], POWER: [], RELATEDNESS: []}
    for place, trait in enumerate(specification.traits):
        shards = tests[place :: len(specification.traits)]
        rows = pd.concat([pd.read_parquet(path, columns=SUMMARY_COLUMNS) for path in shards], ignore_index=True)
        sets = sorted(rows["carrier_set"].unique())
        found[DIAGNOSTICS].append(describe_trait(models, trait, sets, ScanResults.of(rows), settings.genome_wide_p))
        found[POWER] += power_rows(models, trait, sets, thresholds, settings.min_mac)
        found[RELATEDNESS] += relatedness_rows(models, trait, sets)
        confounding.append(assay_confounding(models, trait, sets))
    for table, rows_of_table in found.items():
        columns = dict.fromkeys(table.column_names)
        frame = pd.DataFrame([columns | row for row in rows_of_table], columns=table.column_names)
        table.write(frame, outputs[table.name])
    CONFOUNDING.write(pd.concat(confounding, ignore_index=True), outputs[CONFOUNDING.name])


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        describe_traits(
            psam=snakemake.input.psam,
            tests=list(snakemake.input.tests),
            tables=(snakemake.input.samples, snakemake.input.visits),
            specification=TraitSpecification(**snakemake.params.specification),
            settings=AssociationConfig(**snakemake.params.settings),
            outputs=dict(snakemake.output.items()),
            relationships=next(iter(snakemake.input.relationships), None),
        )
