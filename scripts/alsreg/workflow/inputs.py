"""Input functions: which files a job needs, from the freeze and the job's wildcards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from alsreg.config.annotation_sources import AnnotationSource, FrequencySource, ScoreSource
from alsreg.config.files import GenotypeFile, SitesFile
from alsreg.config.freeze import Assay, Freeze

AnyFile = TypeVar("AnyFile", bound=GenotypeFile)


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


def sample_override_files(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Reviewed decisions on samples; none if the freeze has none."""
    return [str(freeze.resolve(freeze.sample_overrides, base))] if freeze.sample_overrides else []


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
    return [f"ingest/{freeze.id}/{name}/{wildcards.shard}.pvar.zst" for name in _assays_used(freeze)]


def annotation_table(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """The ready table of consequences, if that is the freeze's way."""
    table = freeze.annotation.table if freeze.annotation else None
    return [str(freeze.resolve(table, base))] if table else []


def annotation_builds(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Builds other than GRCh38 that the annotation's files stand on."""
    if freeze.annotation is None:
        return []
    return sorted(freeze.annotation.builds | {freeze.annotation.table_build or "GRCh38"} - {"GRCh38"})


def annotation_chains(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """The chain files from `annotation_builds`."""
    return [str(freeze.resolve(freeze.chains[build], base)) for build in annotation_builds(freeze, base, wildcards)]


def annotated_vcfs(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """VCFs with CSQ or ANN that may hold chromosomes of the shard, if that is the freeze's way."""
    return [str(freeze.resolve(file, base)) for file in _of_shard(freeze, freeze.annotation, wildcards)]


def annotated_vcf_builds(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Their builds."""
    return [file.build for file in _of_shard(freeze, freeze.annotation, wildcards)]


def _of_shard(freeze: Freeze, source: AnnotationSource | None, wildcards: Any) -> list[SitesFile]:
    return [] if source is None else files_of_shard(source.vcf, freeze.shards[wildcards.shard])


def csq_scores(freeze: Freeze, base: Path, wildcards: Any) -> dict[str, str]:
    """Scores that stand in CSQ: our name and the part."""
    return dict(freeze.annotation.csq_scores) if freeze.annotation else {}


def phased_vcfs(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """VCFs of the phased assays that may hold chromosomes of the shard, assay after assay."""
    return [
        str(freeze.resolve(file, base))
        for assay in (freeze.annotation.phased_assays if freeze.annotation else [])
        for file in files_of_shard(freeze.assays[assay].files, freeze.shards[wildcards.shard])
    ]


def n_phased_vcfs(freeze: Freeze, base: Path, wildcards: Any) -> dict[str, int]:
    """How many of them belong to each assay."""
    chromosomes = freeze.shards[wildcards.shard]
    assays = freeze.annotation.phased_assays if freeze.annotation else []
    return {assay: len(files_of_shard(freeze.assays[assay].files, chromosomes)) for assay in assays}


def withdrawal_of_phased(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """As `withdrawal_files`, where genotypes are read."""
    is_read = freeze.annotation is not None and bool(freeze.annotation.phased_assays)
    return withdrawal_files(freeze, base, wildcards) if is_read else []


def files_of_shard(files: Sequence[AnyFile], chromosomes: Sequence[str]) -> list[AnyFile]:
    """Files that may hold one of the chromosomes; unlike an assay's, a file of sites may be absent for a shard."""
    return [file for file in files if file.chromosomes is None or set(chromosomes) & set(file.chromosomes)]


def value_files(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Files of scores and frequencies that may hold chromosomes of the shard."""
    return [str(freeze.resolve(file, base)) for _, _, _, file in _value_files(freeze, wildcards)]


def value_sources(freeze: Freeze, base: Path, wildcards: Any) -> list[dict[str, Any]]:
    """What each of them is: kind (score or frequency), name, build, and the freeze's entry."""
    return [
        {"kind": kind, "name": name, "build": file.build, "source": source.model_dump(mode="json")}
        for kind, name, source, file in _value_files(freeze, wildcards)
    ]


def _value_files(freeze: Freeze, wildcards: Any) -> list[tuple[str, str, ScoreSource | FrequencySource, SitesFile]]:
    if freeze.annotation is None:
        return []
    kinds = (("score", freeze.annotation.scores), ("frequency", freeze.annotation.frequencies))
    return [
        (kind, name, source, file)
        for kind, sources in kinds
        for name, source in sources.items()
        for file in files_of_shard(source.files, freeze.shards[wildcards.shard])
    ]


def value_tables(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Scores and frequencies of all shards; none if the freeze names no such files."""
    if freeze.annotation is None or not (freeze.annotation.scores or freeze.annotation.frequencies):
        return []
    return [f"annotation/{freeze.id}/{shard}.sites.parquet" for shard in freeze.shards]


def populations(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Populations with frequencies, source.population."""
    return freeze.annotation.population_names if freeze.annotation else []


def clinvar_files(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """ClinVar's VCFs, if the freeze has them."""
    return [str(freeze.resolve(file, base)) for file in (freeze.annotation.clinvar if freeze.annotation else [])]


def clinvar_builds(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Their builds."""
    return [file.build for file in (freeze.annotation.clinvar if freeze.annotation else [])]


def repeat_files(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """VCFs of repeat numbers, if the freeze has them."""
    return [str(freeze.resolve(file, base)) for file in (freeze.repeats.files if freeze.repeats else [])]


def repeat_assay(freeze: Freeze, base: Path, wildcards: Any) -> str:
    """The assay whose samples they name."""
    return freeze.repeats.assay if freeze.repeats else ""


def assay_kinds_of_cohort(freeze: Freeze, base: Path, wildcards: Any) -> dict[str, str]:
    """Kind of each assay of a cohort, in order of priority."""
    return {assay: freeze.assays[assay].kind for assay in freeze.cohorts[wildcards.cohort].assays}


def reading_assays_of_cohort(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Assays of a cohort that read sequence; all of them where none does."""
    kinds = assay_kinds_of_cohort(freeze, base, wildcards)
    return [assay for assay, kind in kinds.items() if kind != "array"] or list(kinds)


def _control_files(freeze: Freeze, wildcards: Any) -> list[tuple[str, str, SitesFile]]:
    """Source, part and file of the controls for a shard."""
    found: list[tuple[str, str, SitesFile]] = []
    for name, source in (freeze.annotation.controls if freeze.annotation else {}).items():
        chromosomes = freeze.shards[wildcards.shard]
        found += [(name, "files", file) for file in files_of_shard(source.files, chromosomes)]
        found += [(name, "coverage", file) for file in files_of_shard(source.coverage, chromosomes)]
        found += [(name, "capture", source.capture_bed)] if source.capture_bed else []
    return found


def control_files(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Allele counts, depths and capture regions of the controls that may hold chromosomes of the shard."""
    return [str(freeze.resolve(file, base)) for _, _, file in _control_files(freeze, wildcards)]


def control_parts(freeze: Freeze, base: Path, wildcards: Any) -> list[dict[str, str]]:
    """What each of them is: its source, its part in it, and its build."""
    return [{"name": name, "part": part, "build": file.build} for name, part, file in _control_files(freeze, wildcards)]


def control_sources(freeze: Freeze, base: Path, wildcards: Any) -> dict[str, dict[str, Any]]:
    """The freeze's entries."""
    sources = freeze.annotation.controls if freeze.annotation else {}
    return {name: source.model_dump(mode="json") for name, source in sources.items()}


def control_homozygotes(freeze: Freeze, base: Path, wildcards: Any) -> dict[str, bool]:
    """By population of the controls, whether people with two copies are told."""
    sources = freeze.annotation.controls if freeze.annotation else {}
    return {
        f"{name}.{p}": told.homozygotes is not None for name, s in sources.items() for p, told in s.populations.items()
    }


def variant_qc_of_reading_assays(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Variant tables of the assays that read sequence, all shards of each."""
    assays = reading_assays_of_cohort(freeze, base, wildcards)
    return [f"variant_qc/{freeze.id}/{assay}/{shard}.variants.parquet" for assay in assays for shard in freeze.shards]


def captured_reading_assays(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Those of them that have capture regions."""
    return [a for a in reading_assays_of_cohort(freeze, base, wildcards) if freeze.assays[a].capture_bed]


def beds_of_reading_assays(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Their capture regions."""
    beds = (freeze.assays[a].capture_bed for a in captured_reading_assays(freeze, base, wildcards))
    return [str(freeze.resolve(bed, base)) for bed in beds if bed]


def bed_builds_of_reading_assays(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """The builds of these."""
    return [freeze.assays[a].build for a in captured_reading_assays(freeze, base, wildcards)]


def lifted_bed_builds(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Builds other than GRCh38 of the capture regions."""
    return sorted(set(bed_builds_of_reading_assays(freeze, base, wildcards)) - {"GRCh38"})


def lifted_bed_chains(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """The chain files from these builds."""
    builds = lifted_bed_builds(freeze, base, wildcards)
    return [str(freeze.resolve(freeze.chains[build], base)) for build in builds]


def coding_models(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """The file that tells the coding bases of genes."""
    models = freeze.annotation.coding_models if freeze.annotation else None
    return [str(freeze.resolve(models, base))] if models else []


def capture_beds(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Capture regions of the assays that have them, in the order of the assays used."""
    return [str(freeze.resolve(a.capture_bed, base)) for a in _assays_used(freeze).values() if a.capture_bed]


def coverage_builds(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """Builds other than GRCh38 of the coding models and capture regions."""
    coding = freeze.annotation.coding if freeze.annotation else None
    builds = {coding.build} if coding else set()
    return sorted(builds | {a.build for a in _assays_used(freeze).values() if a.capture_bed} - {"GRCh38"})


def coverage_chains(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """The chain files from `coverage_builds`."""
    return [str(freeze.resolve(freeze.chains[build], base)) for build in coverage_builds(freeze, base, wildcards)]


def coverage_assays(freeze: Freeze, base: Path, wildcards: Any) -> dict[str, dict[str, Any]]:
    """Of each assay used: kind, build, and whether it has capture regions."""
    return {
        name: {"kind": assay.kind, "build": assay.build, "is_captured": assay.capture_bed is not None}
        for name, assay in _assays_used(freeze).items()
    }


def coding_build(freeze: Freeze, base: Path, wildcards: Any) -> str:
    """The build of the coding models."""
    coding = freeze.annotation.coding if freeze.annotation else None
    return coding.build if coding else "GRCh38"


def coverage_table(freeze: Freeze, base: Path, wildcards: Any) -> list[str]:
    """How much of each gene each assay could see; none if nothing tells the coding bases."""
    has_models = freeze.annotation is not None and freeze.annotation.coding_models is not None
    return [f"annotation/{freeze.id}/coverage.tsv"] if has_models else []


def _assays_used(freeze: Freeze) -> dict[str, Assay]:
    used = {assay for cohort in freeze.cohorts.values() for assay in cohort.assays}
    return {name: assay for name, assay in freeze.assays.items() if name in used}


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
