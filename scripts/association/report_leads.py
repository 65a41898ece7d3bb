"""Find the leading variants of every trait, refit them, look at them from other sides, and refine their loci."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from alsreg.config.association import AssociationConfig
from alsreg.config.traits import TraitSpecification
from alsreg.engines.analysis import models_of_cohort
from alsreg.engines.leads import Genotypes, LeadRules, LeadTables, find_leads
from alsreg.engines.loci import LocusTables, refine_loci
from alsreg.engines.nulls import NullModels
from alsreg.formats.gene_bounds import read_gene_bounds
from alsreg.runlog import rule_log
from alsreg.stats.null import VariantTestOptions
from alsreg.tables import leads as of_leads
from alsreg.tables.base import Table
from alsreg.tables.results import LEADS

TABLES = {
    "leads": LEADS, "groups": of_leads.LEAD_GROUPS, "sensitivity": of_leads.LEAD_SENSITIVITY,
    "decline": of_leads.LEAD_DECLINE, "curves": of_leads.LEAD_CURVES, "means": of_leads.LEAD_MEANS,
    "influence": of_leads.LEAD_INFLUENCE, "loci": of_leads.LOCI, "conditional": of_leads.CONDITIONAL,
    "credible": of_leads.CREDIBLE, "regions": of_leads.REGIONS,
}  # fmt: skip


@dataclass(frozen=True)
class Shard:
    """Genotypes of a shard and its results by trait."""

    name: str
    pgen: str
    tests: Mapping[str, str]


def report_leads(
    shards: Sequence[Shard], tables: tuple[str, str], genes: str | None, specification: TraitSpecification,
    settings: AssociationConfig, outputs: Mapping[str, str], relationships: str | None = None,
) -> None:  # fmt: skip
    """Write the tables about leads; `tables` are samples.tsv and visits.tsv, `outputs` has a path for each of `TABLES`.

    `relationships` (of the structure stage) are needed with `relatedness: mixed`.
    """
    prefixes = {shard.name: str(Path(shard.pgen).with_suffix("")) for shard in shards}
    of_people = (prefixes[shards[0].name], tables, specification, settings.min_people_per_source)
    models = models_of_cohort(*of_people, relationships)
    bounds = read_gene_bounds(genes) if genes else None
    found: dict[str, list[pd.DataFrame]] = {name: [table.empty()] for name, table in TABLES.items()}
    with Genotypes(prefixes) as genotypes:
        for name, part in examine_traits(shards, genotypes, models, settings, bounds):
            if len(part):
                found[name].append(as_table(TABLES[name], part))
    for name, table in TABLES.items():
        parts = found[name][1:] or found[name]
        table.write(pd.concat(parts, ignore_index=True), outputs[name])


def examine_traits(
    shards: Sequence[Shard], genotypes: Genotypes, models: NullModels, settings: AssociationConfig,
    bounds: pd.DataFrame | None,
) -> Iterator[tuple[str, pd.DataFrame]]:  # fmt: skip
    """Rows of every table of every trait, by the table's name."""
    rules = LeadRules(
        settings.lead_window_kb, settings.max_lead_r2, settings.max_leads, settings.genome_wide_p, settings.max_p_lead,
        settings.credible_coverage, settings.prior_sd_log_ratio, settings.prior_sd_share,
    )  # fmt: skip
    options = VariantTestOptions(
        settings.min_mac, settings.min_expected_events, settings.min_z_correction, settings.max_p_refit
    )
    for trait in models.traits:
        leads: LeadTables = find_leads(
            read_candidates(shards, trait, rules.max_p), genotypes, models, trait, rules, bounds
        )

        def read(chromosome: int, low: int, high: int, trait: str = trait) -> pd.DataFrame:
            return read_locus(shards, trait, chromosome, low, high)

        yield from vars(leads).items()
        if len(leads.leads):
            loci: LocusTables = refine_loci(leads.leads, genotypes, models, rules, options, read)
            yield from vars(loci).items()


def as_table(table: Table, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with exactly the columns of `table`, missing where the engine has none."""
    return table.conform(rows.reindex(columns=table.column_names))


def read_locus(shards: Sequence[Shard], trait: str, chromosome: int, low: int, high: int) -> pd.DataFrame:
    """All variants of a window, tested or not, with the shard and row that hold their genotypes."""
    parts = []
    for shard in shards:
        place = pd.read_parquet(shard.tests[trait], columns=["chromosome", "base_pair_location"])
        inside = (place["chromosome"] == chromosome) & place["base_pair_location"].between(low, high)
        if inside.any():
            window = [
                ("chromosome", "==", chromosome),
                ("base_pair_location", ">=", low),
                ("base_pair_location", "<=", high),
            ]
            rows = pd.read_parquet(shard.tests[trait], filters=window)
            parts.append(rows.assign(shard=shard.name, row=inside.to_numpy().nonzero()[0]))
    return pd.concat(parts, ignore_index=True)


def read_candidates(shards: Sequence[Shard], trait: str, max_p: float) -> pd.DataFrame:
    """Results below `max_p`, with the shard and row that hold their genotypes."""
    parts = []
    for shard in shards:
        p_value = pd.read_parquet(shard.tests[trait], columns=["p_value"])["p_value"].to_numpy()
        rows = pd.read_parquet(shard.tests[trait], filters=[("p_value", "<=", max_p)])
        parts.append(rows.assign(shard=shard.name, row=(p_value <= max_p).nonzero()[0]))
    return pd.concat(parts, ignore_index=True)


def split_by_shard(
    names: Sequence[str], pgens: Sequence[str], tests: Sequence[str], traits: Sequence[str]
) -> list[Shard]:
    """Shards from flat lists; `tests` has all traits of the first shard, then of the second, ..."""
    width = len(traits)
    return [
        Shard(name, pgen, dict(zip(traits, tests[k * width : (k + 1) * width], strict=True)))
        for k, (name, pgen) in enumerate(zip(names, pgens, strict=True))
    ]


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        specification = TraitSpecification(**snakemake.params.specification)
        report_leads(
            shards=split_by_shard(
                snakemake.params.shards, snakemake.input.pgen, snakemake.input.tests, list(specification.traits)
            ),
            tables=(snakemake.input.samples, snakemake.input.visits),
            genes=next(iter(snakemake.input.genes), None),
            specification=specification,
            settings=AssociationConfig(**snakemake.params.settings),
            outputs=dict(snakemake.output.items()),
            relationships=next(iter(snakemake.input.relationships), None),
        )
