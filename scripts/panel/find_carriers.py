"""Find who of a cohort carries a variant, or a long repeat, in a gene of the list."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from alsreg.config.annotation import AnnotationConfig
from alsreg.config.panel import PanelConfig
from alsreg.formats.gene_list import read_gene_list
from alsreg.formats.pgen import read_psam
from alsreg.formats.repeats import read_repeats
from alsreg.formats.shards import ShardedReader
from alsreg.genotypes.clinvar import COLUMNS as CLINVAR
from alsreg.genotypes.clinvar import look_up_clinvar
from alsreg.genotypes.masking import read_annotated
from alsreg.genotypes.panel import (
    ASSESSED,
    definitive_carriers,
    describe_genes,
    judge_variants,
    list_carriers,
    people_assessed,
    repeats_of_people,
    select_variants,
)
from alsreg.genotypes.placing import VariantPlaces
from alsreg.genotypes.references import read_references
from alsreg.runlog import rule_log
from alsreg.tables.genotypes import MERGED_VARIANTS, PERSONS
from alsreg.tables.panel import PANEL_CARRIERS, PANEL_GENES, PANEL_PEOPLE, PANEL_REPEATS, PANEL_VARIANTS

log = logging.getLogger("alsreg.panel")
PLACES = {"chromosome": "CHROM", "position": "POS", "variant_id": "ID", "ref": "REF", "alt": "ALT"}


@dataclass(frozen=True)
class Sources:
    """Files besides the cohort's: annotation with values and populations, ClinVar with references, repeats and their assay."""

    annotations: Sequence[str]
    values: Sequence[str] = ()
    populations: Sequence[str] = ()
    clinvar: Sequence[tuple[str, str]] = ()  # path and build
    chains: Mapping[str, str] = field(default_factory=dict)
    fasta: Sequence[str] = ()
    repeats: Sequence[str] = ()
    repeat_assay: str = ""


@dataclass(frozen=True)
class Cohort:
    """Genotype filesets, variant tables, the ledger, and the kind of each assay."""

    name: str
    pgens: Sequence[str]
    variants: Sequence[str]
    persons: str
    kinds: Mapping[str, str]


def find_carriers(
    genes: tuple[str, str], cohort: Cohort, sources: Sources, settings: tuple[PanelConfig, AnnotationConfig], outputs: Mapping[str, str]
) -> None:  # fmt: skip
    """Write ``genes``, ``variants``, ``carriers``, ``repeats`` and ``people``; `genes` are the list and the known places."""
    panel, annotation = settings
    listed = read_gene_list(genes[0])
    people = read_psam(cohort.pgens[0].removesuffix(".pgen"))["IID"].tolist()
    persons = PERSONS.read(cohort.persons)
    table = read_annotated(sources.annotations, sources.values, sources.populations, annotation)
    selected, misplaced = select_variants(
        table, listed, pd.read_csv(genes[1], sep="\t", dtype={"chromosome": str}), settings
    )
    variants, counts = _genotypes(selected, cohort)
    variants = _add_clinvar(judge_variants(variants, counts, panel), sources, annotation)
    carriers = list_carriers(variants, counts, people)
    is_assessed = people_assessed(people, persons, cohort.kinds)
    calls = [read_repeats(path, panel.repeats) for path in sources.repeats]
    repeats = (
        repeats_of_people(pd.concat(calls), persons, sources.repeat_assay, people, panel)
        if calls
        else PANEL_REPEATS.empty()
    )
    PANEL_VARIANTS.write(variants[PANEL_VARIANTS.column_names], outputs["variants"])
    PANEL_CARRIERS.write(carriers, outputs["carriers"])
    PANEL_REPEATS.write(repeats[PANEL_REPEATS.column_names], outputs["repeats"])
    known = dict.fromkeys(table["gene"].unique(), ASSESSED) | misplaced
    assessed = {person for person, inside in zip(people, is_assessed, strict=True) if inside}
    given = {"clinvar": bool(sources.clinvar), "repeats": bool(sources.repeats)}
    rows = describe_genes(listed, known, variants, (carriers, repeats), assessed, panel, given)
    PANEL_GENES.write(rows.reindex(columns=PANEL_GENES.column_names), outputs["genes"])
    PANEL_PEOPLE.write(_people(people, is_assessed, (rows, carriers, repeats), cohort.name, panel), outputs["people"])
    log.info(
        "%d of %d genes of the list (version %s) have a carrier",
        (rows["n_carriers"] > 0).sum(),
        len(rows),
        listed.version,
    )


def _genotypes(selected: pd.DataFrame, cohort: Cohort) -> tuple[pd.DataFrame, np.ndarray]:
    """The selected variants with what the cohort knows of them, and ALT copies, -9 where missing."""
    columns = ["variant_id", "alt_frequency", "is_excluded"]
    merged = pd.concat([MERGED_VARIANTS.read(path)[columns] for path in cohort.variants])
    variants = selected.merge(merged, on="variant_id", how="left", validate="many_to_one")
    is_present = variants["is_excluded"].notna().to_numpy()
    with ShardedReader([path.removesuffix(".pgen") for path in cohort.pgens]) as reader:
        counts = np.full((len(variants), len(reader.samples)), -9, np.int8)
        wanted = merged.loc[merged["variant_id"].isin(variants["variant_id"]), "variant_id"]  # in file order
        read = reader.read_variants(wanted)
        place = pd.Series(np.arange(len(wanted)), index=wanted.to_numpy())
        counts[is_present] = read[place.loc[variants.loc[is_present, "variant_id"]].to_numpy()]
    return variants.assign(is_present=is_present, is_excluded=variants["is_excluded"].eq(True).fillna(False)), counts


def _add_clinvar(variants: pd.DataFrame, sources: Sources, annotation: AnnotationConfig) -> pd.DataFrame:
    """Every variant with what ClinVar says, missing where it says nothing; all missing without ClinVar."""
    if not sources.clinvar or variants.empty:
        return variants.assign(clinvar_significance=pd.NA, clinvar_review=pd.NA, is_pathogenic=pd.NA)
    places = VariantPlaces(variants.drop_duplicates("variant_id")[list(PLACES)].rename(columns=PLACES))
    opened, rows = read_references(dict(sources.chains), sources.fasta), Counter()
    found = look_up_clinvar(sources.clinvar, places, opened, annotation.max_mismatch_rate, rows)
    log.info("ClinVar: %s; %d variants known there", {why: n for (why, _), n in rows.items()}, len(found))
    joined = variants.merge(found, left_on="variant_id", right_index=True, how="left")
    return joined.assign(is_pathogenic=joined[CLINVAR[2]].eq(True).fillna(False))


def _people(
    people: Sequence[str], is_assessed: np.ndarray, found: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame], cohort: str, panel: PanelConfig
) -> pd.DataFrame:  # fmt: skip
    """Rows of `PANEL_PEOPLE`."""
    genes, carriers, repeats = found
    definitive = genes.loc[genes["is_definitive"].astype(bool), "gene"].tolist()
    carried = definitive_carriers(carriers, repeats, definitive, pathogenic_only=False)
    leaving = definitive_carriers(
        carriers, repeats, definitive, pathogenic_only=panel.leave_out_by == "clinvar_pathogenic"
    )
    joined = carried.groupby("person")["gene"].agg(";".join)
    is_left_out = np.isin(people, leaving["person"]) if cohort in panel.leave_out_of else np.zeros(len(people), bool)
    log.info(
        "%d people carry something in a definitive gene, %d are left out of single-variant tests",
        len(joined),
        is_left_out.sum(),
    )
    return pd.DataFrame({
        "person": people, "is_assessed": is_assessed, "definitive_genes": joined.reindex(people).to_numpy(), "is_left_out": is_left_out
    })  # fmt: skip


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        source, params = snakemake.input, snakemake.params
        find_carriers(
            genes=(source.genes, source.places),
            cohort=Cohort(snakemake.wildcards.cohort, source.pgen, source.variants, source.persons, params.kinds),
            sources=Sources(
                source.annotations, source.values, params.populations, list(zip(source.clinvar, params.clinvar_builds, strict=True)),
                dict(zip(params.builds, source.chains, strict=True)), source.fasta, source.repeats, params.repeat_assay,
            ),
            settings=(PanelConfig(**params.settings), AnnotationConfig(**params.annotation)),
            outputs=dict(snakemake.output.items()),
        )  # fmt: skip
