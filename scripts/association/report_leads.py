"""Find and refit the leading variants of every trait, and say how well each trait's tests are calibrated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from alsreg.config.association import AssociationConfig
from alsreg.config.traits import TraitSpecification
from alsreg.engines.diagnostics import describe_trait
from alsreg.engines.leads import ClumpRules, Genotypes, find_leads
from alsreg.engines.nulls import NullModels
from alsreg.engines.people import people_of_fileset
from alsreg.formats.gene_bounds import read_gene_bounds
from alsreg.runlog import rule_log
from alsreg.tables.results import DIAGNOSTICS, LEADS

# The largest carrier sets decide the numbers of people; reading one column tells which sets there are.
SUMMARY_COLUMNS = ["p_value", "effect_allele_frequency", "status", "carrier_set"]


@dataclass(frozen=True)
class Shard:
    """Genotypes of a shard and its results by trait."""

    name: str
    pgen: str
    tests: Mapping[str, str]


def report_leads(
    shards: Sequence[Shard], tables: tuple[str, str], genes: str | None, specification: TraitSpecification,
    settings: AssociationConfig, outputs: tuple[str, str],
) -> None:  # fmt: skip
    """Write leads.tsv and diagnostics.tsv; `tables` are samples.tsv and visits.tsv."""
    prefixes = {shard.name: str(Path(shard.pgen).with_suffix("")) for shard in shards}
    people = people_of_fileset(prefixes[shards[0].name], *tables)
    models = NullModels(people, specification, settings.min_people_per_source)
    bounds = read_gene_bounds(genes) if genes else None
    rules = ClumpRules(settings.lead_window_kb, settings.max_lead_r2, settings.max_leads, settings.genome_wide_p)
    leads, diagnostics = [LEADS.empty()], []
    with Genotypes(prefixes) as genotypes:
        for trait in specification.traits:
            candidates = read_candidates(shards, trait, settings.max_p_lead)
            leads.append(find_leads(candidates, genotypes, models, trait, rules, bounds))
            tests = pd.concat(
                [pd.read_parquet(shard.tests[trait], columns=SUMMARY_COLUMNS) for shard in shards], ignore_index=True
            )
            sets = sorted(tests["carrier_set"].unique())
            diagnostics.append(describe_trait(models, trait, sets, tests, settings.genome_wide_p))
    found = [table for table in leads if len(table)]
    LEADS.write(pd.concat(found, ignore_index=True) if found else LEADS.empty(), outputs[0])
    columns = dict.fromkeys(DIAGNOSTICS.column_names)
    DIAGNOSTICS.write(pd.DataFrame([columns | row for row in diagnostics]), outputs[1])


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
            outputs=(snakemake.output.leads, snakemake.output.diagnostics),
        )
