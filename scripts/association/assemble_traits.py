"""Put the traits and covariates of a cohort's people into the tables that every test reads."""

import logging
from collections.abc import Sequence

import pandas as pd

from alsreg.config.traits import BinaryTrait, LongitudinalTrait, QuantitativeTrait, SurvivalTrait, TraitSpecification
from alsreg.engines.nulls import CARRIER_COLUMN
from alsreg.errors import AnalysisError, ConfigError
from alsreg.runlog import rule_log
from alsreg.tables.genotypes import COMPONENTS, PERSONS
from alsreg.tables.panel import PANEL_PEOPLE
from alsreg.tables.prognosis import PROGNOSIS
from alsreg.tables.registry import PHENOTYPES, SAMPLES, VISITS
from alsreg.tables.results import ANALYSIS_SAMPLES, ANALYSIS_VISITS
from alsreg.tables.trajectories import TRAJECTORIES

log = logging.getLogger("alsreg.association")
SAMPLE_COLUMNS = ("platform_version", "capture_kit", "centre")


def assemble_traits(
    registry: tuple[str, str, str], visits: str, components: str, samples: tuple[str, str],
    specification: TraitSpecification, outputs: tuple[str, str], carriers: str | None = None,
) -> None:  # fmt: skip
    """Write samples.tsv and visits.tsv.

    `registry` are phenotypes, trajectories and prognosis; `samples` the registry's samples and the ledger of persons;
    `outputs` the two tables; `carriers` the panel's people, where some are to be left out of single-variant tests.
    """
    phenotypes, cohort = PHENOTYPES.read(registry[0]), COMPONENTS.read(components)
    measures = VISITS.read(visits)
    require_values(specification, phenotypes, measures)
    derived = {"trajectories": TRAJECTORIES.read(registry[1]), "prognosis": PROGNOSIS.read(registry[2])}
    people = cohort.merge(phenotypes.drop(columns="assays", errors="ignore"), on="person", how="left")
    for table in derived.values():
        people = people.merge(table, on="person", how="left")
    sources = {
        "components": set(cohort.columns), "phenotypes": set(phenotypes.columns),
        **{name: set(table.columns) for name, table in derived.items()}, "samples": set(),
    }  # fmt: skip
    wanted = columns_of(specification)
    if any(name in SAMPLE_COLUMNS and name not in people.columns for name in wanted):
        of_samples = sample_columns(people, *samples)
        people = people.join(of_samples)
        sources["samples"] = set(of_samples.columns)
    require_columns(wanted, people, sources)
    table = people[["person", "assays", "is_related", *wanted]].rename(columns={"person": "#IID"})
    if carriers is not None:
        table.insert(3, CARRIER_COLUMN, mark_carriers(table["#IID"], carriers))
    for name in wanted:
        if table[name].isna().all():
            log.warning("column %s is missing for all %d people of the cohort", name, len(table))
    ANALYSIS_SAMPLES.write(table, outputs[0])
    ANALYSIS_VISITS.write(visits_of(specification, measures, table["#IID"]), outputs[1])


def mark_carriers(people: pd.Series, carriers: str) -> pd.Series:
    """Who is left out of single-variant tests as a carrier in a definitive gene."""
    known = PANEL_PEOPLE.read(carriers).set_index("person")["is_left_out"]
    marked = people.map(known.astype(bool))
    log.info("%d carriers in definitive genes are left out of single-variant tests", int(marked.sum()))
    return marked.astype("boolean")


def require_values(specification: TraitSpecification, registry: pd.DataFrame, visits: pd.DataFrame) -> None:
    """Raise if nobody in the whole registry has a trait: a fault of the data, not of one cohort."""
    for name, trait in specification.traits.items():
        table = visits if isinstance(trait, LongitudinalTrait) else registry
        for column in outcome_columns(trait):
            if column in table.columns and table[column].isna().all():
                raise AnalysisError(
                    f"trait {name}: column {column} is missing for everybody in the registry",
                    remedy="see registry issues.tsv, or drop the trait",
                )


def outcome_columns(trait: object) -> list[str]:
    """Columns the trait itself needs (of the visits table, if longitudinal)."""
    if isinstance(trait, QuantitativeTrait | BinaryTrait):
        return [trait.column]
    if isinstance(trait, SurvivalTrait):
        return [*([trait.entry] if trait.entry else []), trait.exit, trait.event]
    assert isinstance(trait, LongitudinalTrait)
    return [trait.time, trait.value]


def visit_columns(trait: LongitudinalTrait) -> list[str]:
    """Columns of the visits table; the time that only the joint model of leads needs may be missing for everybody."""
    return [*outcome_columns(trait), *([trait.joint.time] if trait.joint else [])]


def sensitivity_columns(trait: SurvivalTrait) -> list[str]:
    """Columns that only the sensitivity analyses of leads need; they may be missing for everybody."""
    ends = [column for end in trait.sensitivity.values() for column in end.model_dump().values() if column]
    return [*[column for column in (trait.cause, trait.prognostic_index) if column], *ends]


def columns_of(specification: TraitSpecification) -> list[str]:
    """Columns of the samples table that the specification names, each once, in its order."""
    names: list[str] = []
    for name, trait in specification.traits.items():
        if isinstance(trait, LongitudinalTrait):
            names += trait.covariates_by_time
        else:
            names += outcome_columns(trait)
        if isinstance(trait, SurvivalTrait):
            names += trait.strata + sensitivity_columns(trait)
        names += specification.covariates_of(name)
    return list(dict.fromkeys(names))


def sample_columns(people: pd.DataFrame, samples: str, persons: str) -> pd.DataFrame:
    """Columns of each person's sample in the first of their assays, aligned with `people`."""
    ledger = PERSONS.read(persons)
    ledger = ledger[ledger["is_usable"].astype(bool)]
    table = SAMPLES.read(samples)
    known = [name for name in SAMPLE_COLUMNS if name in table.columns]
    of_person = ledger.merge(table[["sample", "assay", *known]], on=["sample", "assay"], how="left")
    of_person = of_person.drop_duplicates(["person", "assay"]).set_index(["person", "assay"])[known]
    first = people["assays"].str.split("+").str[0]
    rows = of_person.reindex(pd.MultiIndex.from_arrays([people["person"], first]))
    return rows.set_index(people.index)


def require_columns(wanted: Sequence[str], people: pd.DataFrame, sources: dict[str, set[str]]) -> None:
    """Raise a `ConfigError` that names a column found nowhere and those there are."""
    absent = [name for name in wanted if name not in people.columns]
    if absent:
        known = "; ".join(f"{table}: {', '.join(sorted(names))}" for table, names in sources.items() if names)
        raise ConfigError(f"no column {absent[0]!r} for a trait or covariate", remedy=f"choose among {known}")


def visits_of(specification: TraitSpecification, visits: pd.DataFrame, people: pd.Series) -> pd.DataFrame:
    """Visits of these people: person, then the times and values of the longitudinal traits."""
    traits = [trait for trait in specification.traits.values() if isinstance(trait, LongitudinalTrait)]
    names = list(dict.fromkeys(name for trait in traits for name in visit_columns(trait)))
    absent = [name for name in names if name not in visits.columns]
    if absent:
        raise ConfigError(f"no column {absent[0]!r} in visits", remedy=f"choose among {', '.join(visits.columns)}")
    rows = visits[visits["person"].isin(people)].sort_values(["person", "visit_date"], kind="stable")
    return rows[["person", *names]].rename(columns={"person": "#IID"})


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        assemble_traits(
            registry=(snakemake.input.phenotypes, snakemake.input.trajectories, snakemake.input.prognosis),
            visits=snakemake.input.visits,
            components=snakemake.input.components,
            samples=(snakemake.input.samples, snakemake.input.persons),
            specification=TraitSpecification(**snakemake.params.specification),
            outputs=(snakemake.output.samples, snakemake.output.visits),
            carriers=next(iter(snakemake.input.carriers), None),
        )
