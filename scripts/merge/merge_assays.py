"""Merge a cohort's assays: one genotype per person and variant, with its source."""

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alsreg.config.freeze import Cohort
from alsreg.config.merge import MergeConfig
from alsreg.errors import InputError
from alsreg.formats.parquet import ParquetAppender
from alsreg.formats.pgen import PgenReader, PgenWriter
from alsreg.genotypes.concordance import Concordance
from alsreg.genotypes.frequencies import allele_counts, copies, count_genotypes, ploidy_class
from alsreg.genotypes.members import Members, cohort_members
from alsreg.genotypes.merging import MergedBlock, align_variants, merge_block, read_assays
from alsreg.genotypes.platform import platform_p
from alsreg.runlog import rule_log
from alsreg.tables.genotypes import GENOTYPE_PAIRS, GENOTYPE_SOURCES, MERGED_VARIANTS, PAIRS, PERSONS, VARIANT_QC
from alsreg.tables.registry import PATIENTS

log = logging.getLogger("alsreg.merge")

BLOCK = 1024


@dataclass(frozen=True)
class PersonTables:
    """Paths of the tables that say who belongs to the cohort and who is related."""

    persons: str
    patients: str
    pairs: str


def merge_assays(
    pgens: Sequence[str],
    variants: Sequence[str],
    people: PersonTables,
    cohort: Cohort,
    settings: MergeConfig,
    prefix: str,
) -> None:
    """Write the merged fileset, its variant table, the source of every genotype, and what each two assays say of a person.

    `pgens` and `variants` hold one file per assay, in the cohort's order of priority.
    """
    tables = [VARIANT_QC.read(path) for path in variants]
    members = cohort_members(
        PERSONS.read(people.persons), PATIENTS.read(people.patients), PAIRS.read(people.pairs), cohort
    )
    aligned, rows = align_variants(tables, cohort.assays)
    with ExitStack() as stack:
        readers = [stack.enter_context(PgenReader(path.removesuffix(".pgen"))) for path in pgens]
        for reader, table in zip(readers, tables, strict=True):
            check_order(reader, table)
        columns = [
            members.columns(assay, reader.samples["IID"]) for assay, reader in zip(cohort.assays, readers, strict=True)
        ]
        pgen = stack.enter_context(PgenWriter(prefix, members.psam, len(aligned)))
        order = {"assays": ",".join(cohort.assays)}
        sources = stack.enter_context(ParquetAppender(f"{prefix}.source.parquet", GENOTYPE_SOURCES.empty(), order))
        concordance = Concordance(cohort.assays, members.names)
        summaries = [aligned.iloc[:0].assign(n_called=0)]
        for start in range(0, len(aligned), BLOCK):
            part = aligned.iloc[start : start + BLOCK].reset_index(drop=True)
            counts = read_assays(readers, rows[:, start : start + BLOCK], columns, len(members.names))
            concordance.add(counts)
            block = merge_block(counts, settings.discordance_policy)
            pgen.append(pvar_rows(part), block.genotypes)
            sources.append(
                pd.DataFrame({"variant_id": part["variant_id"], "source": [row.tobytes() for row in block.source]})
            )
            summaries.append(part.assign(**summarise(part, block, members, cohort.assays)))
        merged = flag_variants(pd.concat(summaries, ignore_index=True), settings)
        MERGED_VARIANTS.write(merged, f"{prefix}.variants.parquet")
        GENOTYPE_PAIRS.write(concordance.table(), f"{prefix}.pairs.parquet")
    log.info("%d people, %d variants by carrier set %s", len(members.names), len(merged),
             merged["carrier_set"].value_counts().to_dict())  # fmt: skip
    log.info("flags: %s", merged["reason"].value_counts().to_dict())


def check_order(reader: PgenReader, table: pd.DataFrame) -> None:
    """Refuse a variant table that does not describe the fileset row by row."""
    if list(reader.variants["ID"]) != list(table["variant_id"]):
        raise InputError(
            "variant QC does not match the genotypes row by row", file=f"{reader.prefix}.pgen",
            remedy="rerun variant_qc after ingest",
        )  # fmt: skip


def pvar_rows(part: pd.DataFrame) -> pd.DataFrame:
    names = {"chromosome": "CHROM", "position": "POS", "variant_id": "ID", "ref": "REF", "alt": "ALT"}
    return part.rename(columns=names)


def summarise(part: pd.DataFrame, block: MergedBlock, members: Members, assays: Sequence[str]) -> dict[str, object]:
    """Counts, frequency and platform effect of the variants of a block."""
    n_by_source = np.stack([(block.source == k + 1).sum(axis=1) for k in range(len(assays))], axis=1)
    frequency, p = np.full(len(part), np.nan), np.full(len(part), np.nan)
    ploidies = ploidy_class(part["chromosome"].to_numpy(dtype=str), part["position"].to_numpy(dtype=np.int64))
    for ploidy in np.unique(ploidies):
        at = np.flatnonzero(ploidies == ploidy)
        n_copies = copies(str(ploidy), members.psam["SEX"].to_numpy())
        diploid = count_genotypes(block.genotypes[at], np.where(n_copies == 2, 0, -1), 1)[:, 0]
        haploid = count_genotypes(block.genotypes[at], np.where(n_copies == 1, 0, -1), 1)[:, 0]
        frequency[at] = allele_counts(diploid, haploid).frequency
        p[at] = platform_p(block.genotypes[at], block.source[at], members.stratum, n_copies, len(assays))
    return {
        "n_called": (block.source > 0).sum(axis=1), "alt_frequency": frequency, "platform_p": p,
        "n_by_assay": [";".join(f"{a}={n}" for a, n in zip(assays, row, strict=True) if n) for row in n_by_source],
        "n_compared": block.n_compared, "n_discordant": block.n_discordant,
    }  # fmt: skip


def flag_variants(merged: pd.DataFrame, settings: MergeConfig) -> pd.DataFrame:
    """Add the flags, the verdict and its reason."""
    merged = merged.reindex(columns=MERGED_VARIANTS.column_names)
    n_compared, n_discordant = (merged[name].to_numpy(dtype=float) for name in ("n_compared", "n_discordant"))
    is_judged = n_compared >= settings.min_compared
    merged["is_discordant"] = is_judged & (n_discordant > settings.max_discordance * n_compared)
    merged["is_platform_effect"] = merged["platform_p"].to_numpy(dtype=float) < settings.min_platform_p
    flags = merged[["is_discordant", "is_platform_effect"]].to_numpy(dtype=bool)
    merged["is_excluded"] = flags.any(axis=1)
    reasons = np.array(["", "discordant", "platform_effect", "discordant;platform_effect"], dtype=object)
    merged["reason"] = reasons[flags @ np.array([1, 2])]
    return merged


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        merge_assays(
            pgens=snakemake.input.pgen,
            variants=snakemake.input.variants,
            people=PersonTables(snakemake.input.persons, snakemake.input.patients, snakemake.input.pairs),
            cohort=Cohort(**snakemake.params.cohort),
            settings=MergeConfig(**snakemake.params.settings),
            prefix=snakemake.output.pgen.removesuffix(".pgen"),
        )
