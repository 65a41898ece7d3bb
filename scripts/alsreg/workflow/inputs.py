"""Input functions: which files a job needs, from the freeze and the job's wildcards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alsreg.config.freeze import Freeze


def assay_vcfs(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """VCFs of an assay that may hold chromosomes of the shard; all of them if none claims to."""
    wanted = set(freeze.shards[wildcards.shard])
    files = freeze.assays[wildcards.assay].files
    chosen = [file for file in files if file.chromosomes is None or wanted & set(file.chromosomes)]
    return [str(freeze.resolve(file, base)) for file in chosen or files]


def chain_files(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """All chain files, in the order of `freeze.chains`: to lift, and to name the build that would fit."""
    return [str(freeze.resolve(file, base)) for file in freeze.chains.values()]


def fasta_files(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """The reference genome, if the freeze has one."""
    return [str(freeze.resolve(freeze.fasta, base))] if freeze.fasta else []


def withdrawal_files(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Withdrawals, and the samples table that says whose a sample is; none if the freeze has no withdrawals."""
    clinical = freeze.clinical
    if clinical.withdrawn is None:
        return []
    return [str(freeze.resolve(file, base)) for file in (clinical.withdrawn, clinical.samples)]


def withdrawal_tables(freeze: Freeze, base: Path, wildcards: Any) -> list[dict[str, Any]]:
    """How the samples table is read, where `withdrawal_files` needs it."""
    return [freeze.clinical.samples.model_dump(mode="json")] if freeze.clinical.withdrawn else []


def reference_sites(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Variant tables of the sequencing assays that an assay's alleles are held against.

    Sequencing assays come first, those on GRCh38 before those that were lifted, then the freeze's order; each is held
    against all before it. A FASTA makes this needless, except for arrays of unknown strand: palindromic SNPs need
    frequencies.
    """
    ranked = sorted(freeze.assays, key=lambda name: _reference_rank(freeze, name))
    assay = wildcards.assay
    if freeze.fasta is not None and freeze.assays[assay].has_reference_alleles:
        return []
    before = [name for name in ranked[: ranked.index(assay)] if is_sequencing(freeze, name)]
    return [f"ingest/{freeze.id}/{name}/{wildcards.shard}.variant_info.parquet" for name in before]


def is_sequencing(freeze: Freeze, name: str) -> bool:
    """Whether an assay's alleles can serve as a reference for others."""
    return freeze.assays[name].kind != "array" and freeze.assays[name].has_reference_alleles


def _reference_rank(freeze: Freeze, name: str) -> tuple[bool, bool]:
    return not is_sequencing(freeze, name), freeze.assays[name].build != "GRCh38"


def sample_qc_of_cohort(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Sample tables of a cohort's assays."""
    return [f"sample_qc/{freeze.id}/{assay}.samples.tsv" for assay in freeze.cohorts[wildcards.cohort].assays]


def variant_qc_of_cohort(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Variant tables of a cohort's assays, all shards."""
    return [
        f"variant_qc/{freeze.id}/{assay}/{shard}.variants.parquet"
        for assay in freeze.cohorts[wildcards.cohort].assays
        for shard in freeze.shards
    ]


def assay_conventions(freeze: Freeze, base: Path, wildcards: Any) -> dict[str, Any]:
    """The freeze's entry of an assay, as plain values."""
    return freeze.assays[wildcards.assay].model_dump(mode="json")


def shard_chromosomes(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Chromosomes of the shard."""
    return freeze.shards[wildcards.shard]


def pgens_of_cohort(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Genotypes of the shard in each of a cohort's assays, in order of priority."""
    return [f"ingest/{freeze.id}/{assay}/{wildcards.shard}.pgen" for assay in freeze.cohorts[wildcards.cohort].assays]


def variants_of_cohort(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Variant QC of the shard in each of a cohort's assays, in order of priority."""
    return [
        f"variant_qc/{freeze.id}/{assay}/{wildcards.shard}.variants.parquet"
        for assay in freeze.cohorts[wildcards.cohort].assays
    ]


def cohort_definition(freeze: Freeze, base: Path, wildcards: Any) -> dict[str, Any]:
    """The freeze's entry of a cohort, as plain values."""
    return freeze.cohorts[wildcards.cohort].model_dump(mode="json")


def pvars_of_shard(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Variant tables of all assays of a shard."""
    used = {assay for cohort in freeze.cohorts.values() for assay in cohort.assays}
    return [f"ingest/{freeze.id}/{name}/{wildcards.shard}.pvar.zst" for name in freeze.assays if name in used]


def annotation_table(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """The ready table of consequences, if that is the freeze's way."""
    table = freeze.annotation.table if freeze.annotation else None
    return [str(freeze.resolve(table, base))] if table else []


def annotation_chain(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """The chain file from the ready table's build; none if it is on GRCh38."""
    build = freeze.annotation.table_build if freeze.annotation else None
    return [str(freeze.resolve(freeze.chains[build], base))] if build not in (None, "GRCh38") else []


def gene_models(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Gene models for bcftools csq, if that is the freeze's way."""
    models = freeze.annotation.gff3 if freeze.annotation else None
    return [str(freeze.resolve(models, base))] if models else []


def gene_bounds(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Where genes lie, to name the one nearest a lead: the table of bounds, otherwise the gene models."""
    file = (freeze.annotation.genes or freeze.annotation.gff3) if freeze.annotation else None
    return [str(freeze.resolve(file, base))] if file else []


def annotation_build(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """The build of the ready table, if there is one."""
    build = freeze.annotation.table_build if freeze.annotation else None
    return [build] if build else []
