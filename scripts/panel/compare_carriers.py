"""Compare carriers of a cohort with the rest: onset, slope, survival and the other traits."""

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from alsreg.config.panel import PanelConfig
from alsreg.config.traits import TraitSpecification
from alsreg.engines.analysis import models_of_cohort
from alsreg.engines.carriers import Group, compare_carriers, indicator
from alsreg.formats.pgen import read_psam
from alsreg.genotypes.panel import EXPANDED, INTERMEDIATE
from alsreg.runlog import rule_log
from alsreg.stats.null import FloatArray
from alsreg.tables.panel import PANEL_CARRIERS, PANEL_COMPARISONS, PANEL_GENES, PANEL_PEOPLE, PANEL_REPEATS

log = logging.getLogger("alsreg.panel")
DEFINITIVE = ("definitive", "definitive genes")


def compare_groups_of_carriers(
    prefix: str, tables: tuple[str, str], panel: Mapping[str, str], specification: TraitSpecification,
    settings: tuple[PanelConfig, int, Sequence[str]], output: str, relationships: str | None = None,
) -> None:  # fmt: skip
    """Write one row per group of carriers and trait.

    Parameters
    ----------
    prefix
        A fileset of the cohort.
    tables
        Samples and visits of the association stage.
    panel
        Tables of `find_carriers` by name.
    settings
        The panel's, people needed per source assay, and assays that read sequence.
    """
    chosen, min_people, assays = settings
    models = models_of_cohort(prefix, tables, specification, min_people, relationships)
    people = read_psam(prefix)["IID"].to_numpy(dtype=object)
    table = compare_carriers(
        models, group_carriers(people, panel), "+".join(assays), chosen.min_carriers, chosen.max_events_firth
    )
    PANEL_COMPARISONS.write(table if len(table) else PANEL_COMPARISONS.empty(), output)
    log.info("%d comparisons of %d rows", (table["status"] == "compared").sum() if len(table) else 0, len(table))


def group_carriers(people: np.ndarray, panel: Mapping[str, str]) -> dict[Group, FloatArray]:
    """1 for carriers, 0 for the rest, NaN for people not assessed, by group; groups without carriers are left out."""
    genes, carriers, repeats = (
        table.read(panel[name])
        for name, table in (("genes", PANEL_GENES), ("carriers", PANEL_CARRIERS), ("repeats", PANEL_REPEATS))
    )
    known = PANEL_PEOPLE.read(panel["people"])
    assessed = set(known.loc[known["is_assessed"].astype(bool), "person"])
    expanded = repeats[(repeats["repeat_class"] == EXPANDED).fillna(False)]
    pairs = pd.concat([carriers[["person", "gene"]], expanded[["person", "gene"]]]).merge(
        genes[["gene", "tier", "is_definitive"]]
    )
    # Whose repeat is not known may be expanded: repeats are compared apart, and only tiers hold both kinds of carriers.
    by_gene = {gene: set(rows["person"]) for gene, rows in carriers.groupby("gene", sort=True)}
    groups: dict[Group, set[str]] = {("gene", gene): members for gene, members in by_gene.items()}
    groups |= {("tier", tier): set(rows["person"]) for tier, rows in pairs.groupby("tier", sort=True)}
    groups[DEFINITIVE] = set(pairs.loc[pairs["is_definitive"].astype(bool), "person"])
    found = {group: indicator(people, members, assessed) for group, members in groups.items()}
    for gene, rows in repeats.groupby("gene", sort=True):
        called = set(rows.loc[rows["repeat_class"].notna(), "person"])
        for name in (INTERMEDIATE, EXPANDED):
            members = set(rows.loc[(rows["repeat_class"] == name).fillna(False), "person"])
            found["repeat", f"{gene} {name}"] = indicator(people, members, called)
    return {group: values for group, values in found.items() if (values == 1).any()}


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        compare_groups_of_carriers(
            prefix=snakemake.input.pgen.removesuffix(".pgen"),
            tables=(snakemake.input.samples, snakemake.input.visits),
            panel={name: snakemake.input[name] for name in ("genes", "carriers", "repeats", "people")},
            specification=TraitSpecification(**snakemake.params.specification),
            settings=(
                PanelConfig(**snakemake.params.settings),
                snakemake.params.association["min_people_per_source"],
                snakemake.params.reading_assays,
            ),
            output=snakemake.output.comparisons,
            relationships=next(iter(snakemake.input.relationships), None),
        )
