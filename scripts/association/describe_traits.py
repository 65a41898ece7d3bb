"""Say of every trait how well its tests are calibrated, what they could find, and whether assays differ in it."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from alsreg.config.association import AssociationConfig
from alsreg.config.traits import TraitSpecification
from alsreg.engines.confounding import assay_confounding
from alsreg.engines.diagnostics import ScanResults, describe_trait, power_rows
from alsreg.engines.nulls import NullModels
from alsreg.engines.people import people_of_fileset
from alsreg.runlog import rule_log
from alsreg.tables.leads import CONFOUNDING, POWER
from alsreg.tables.results import DIAGNOSTICS

# The largest carrier sets decide the numbers of people; reading one column tells which sets there are.
SUMMARY_COLUMNS = ["p_value", "effect_allele_frequency", "status", "carrier_set"]


def describe_traits(
    psam: str, tests: Sequence[str], tables: tuple[str, str], specification: TraitSpecification,
    settings: AssociationConfig, outputs: tuple[str, str, str],
) -> None:  # fmt: skip
    """Write diagnostics.tsv, power.tsv and confounding.tsv.

    `tests` has all traits of the first shard, then of the second, …; `tables` are samples.tsv and visits.tsv.
    """
    people = people_of_fileset(Path(psam).with_suffix(""), *tables)
    models = NullModels(people, specification, settings.min_people_per_source)
    thresholds = (settings.genome_wide_p, settings.nominal_p)
    diagnostics, power, confounding = [], [], []
    for place, trait in enumerate(specification.traits):
        shards = tests[place :: len(specification.traits)]
        rows = pd.concat([pd.read_parquet(path, columns=SUMMARY_COLUMNS) for path in shards], ignore_index=True)
        sets = sorted(rows["carrier_set"].unique())
        diagnostics.append(describe_trait(models, trait, sets, ScanResults.of(rows), settings.genome_wide_p))
        power += power_rows(models, trait, sets, thresholds, settings.min_mac)
        confounding.append(assay_confounding(models, trait, sets))
    for table, found, path in ((DIAGNOSTICS, diagnostics, outputs[0]), (POWER, power, outputs[1])):
        columns = dict.fromkeys(table.column_names)
        table.write(pd.DataFrame([columns | row for row in found], columns=table.column_names), path)
    CONFOUNDING.write(pd.concat(confounding, ignore_index=True), outputs[2])


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        describe_traits(
            psam=snakemake.input.psam,
            tests=list(snakemake.input.tests),
            tables=(snakemake.input.samples, snakemake.input.visits),
            specification=TraitSpecification(**snakemake.params.specification),
            settings=AssociationConfig(**snakemake.params.settings),
            outputs=(snakemake.output.diagnostics, snakemake.output.power, snakemake.output.confounding),
        )
