"""Where consequences, scores and frequencies of other people come from: files of the freeze."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from alsreg.config.base import Section
from alsreg.config.files import Build, DataFile, Name, SitesFile

# Names of scores and populations become column names.
SourceName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=32)]
ScoreFormat = Literal["cadd", "revel", "alphamissense", "spliceai", "vcf", "table"]


class AlleleColumns(Section):
    """Columns of a table that name a variant."""

    chromosome: str = Field("chrom", description="The file's column with the chromosome")
    position: str = Field("pos", description="The file's column with the 1-based position")
    ref: str = Field("ref", description="The file's column with the reference allele")
    alt: str = Field("alt", description="The file's column with the alternate allele, several joined by commas")


class ScoreSource(Section):
    """An in-silico score: higher is more damaging. Of several values for a variant the highest counts."""

    format: ScoreFormat = Field(description="A published layout, `vcf` (an INFO field) or `table` (named columns)")
    files: list[SitesFile] = Field(min_length=1, description="One file, or one per chromosome or kind of variant")
    field: str | None = Field(None, description="INFO field or column; fixed by the published layouts")
    columns: AlleleColumns = Field(AlleleColumns(), description="Columns that name a variant, for `table`")

    @model_validator(mode="after")
    def _field_is_named(self) -> ScoreSource:
        if (self.format in ("vcf", "table")) != (self.field is not None):
            raise ValueError("`field` goes with the formats vcf and table, and only with them")
        return self


class FrequencySource(Section):
    """Allele frequencies of other people, such as gnomAD or ToMMo."""

    format: Literal["vcf", "table"] = Field(description="`vcf`: INFO fields; `table`: columns")
    files: list[SitesFile] = Field(min_length=1, description="One file, or one per chromosome")
    populations: dict[SourceName, str] = Field(
        min_length=1, description="Our name of a population: the INFO field or column with its ALT frequency"
    )
    columns: AlleleColumns = Field(AlleleColumns(), description="Columns that name a variant, for `table`")


class AlleleCounts(Section):
    """Fields of one population: INFO fields, or columns."""

    copies: str = Field(description="Copies of ALT: gnomAD's AC_eas, ToMMo's AC")
    number: str = Field(description="Alleles called: gnomAD's AN_eas, ToMMo's AN")
    homozygotes: str | None = Field(
        None, description="People with two copies: gnomAD's nhomalt_eas; without it copies are compared, on both sides"
    )


class ControlSource(Section):
    """Allele counts of people without the disease, such as gnomAD or ToMMo, that carriers are compared with."""

    format: Literal["vcf", "table"] = Field(description="`vcf`: INFO fields; `table`: columns, all rows pass")
    files: list[SitesFile] = Field(min_length=1, description="One file, or one per chromosome")
    populations: dict[SourceName, AlleleCounts] = Field(
        min_length=1, description="Our name of a population: its fields"
    )
    kind: Literal["wes", "wgs"] = Field(
        description="wgs: a place without a variant was seen, unless `coverage` says otherwise"
    )
    capture_bed: SitesFile | None = Field(None, description="Regions captured; a wes needs these or `coverage`")
    coverage: list[SitesFile] = Field(
        default_factory=list, description="Depth by base as gnomAD publishes it: chrom, pos (or locus) and over_20"
    )
    coverage_column: str = Field("over_20", description="Column with the share of people at sufficient depth")
    columns: AlleleColumns = Field(AlleleColumns(), description="Columns that name a variant, for `table`")

    @model_validator(mode="after")
    def _tells_what_it_saw(self) -> ControlSource:
        if self.kind == "wes" and self.capture_bed is None and not self.coverage:
            raise ValueError("a wes needs `capture_bed` or `coverage`: else an absent variant may be an unseen one")
        return self


class AnnotationSource(Section):
    """Where consequences come from: an annotated VCF, FASTA and GFF3 for bcftools csq, or a ready table."""

    table: DataFile | None = Field(None, description="Columns chrom, pos, ref, alt, gene, region")
    table_build: Build | None = Field(None, description="Build of the ready table")
    gff3: DataFile | None = Field(None, description="Gene models, Ensembl style, GRCh38")
    phased_assays: list[Name] = Field(
        default_factory=list,
        description="With gff3: assays on GRCh38 whose genotypes are phased; neighbours on one haplotype are judged together",
    )
    vcf: list[SitesFile] = Field(
        default_factory=list,
        description="VCFs with VEP's CSQ or SnpEff's ANN in INFO: the assays' own, or one of all sites",
    )
    csq_scores: dict[SourceName, str] = Field(
        default_factory=dict, description="With vcf: our name of a score: the subfield of CSQ that holds it"
    )
    scores: dict[SourceName, ScoreSource] = Field(default_factory=dict, description="In-silico scores by name")
    frequencies: dict[SourceName, FrequencySource] = Field(
        default_factory=dict, description="Frequencies of other people by name"
    )
    controls: dict[SourceName, ControlSource] = Field(
        default_factory=dict, description="Allele counts that carriers per gene are compared with, by name"
    )
    clinvar: list[SitesFile] = Field(
        default_factory=list, description="ClinVar's sites VCF (INFO CLNSIG, CLNREVSTAT), for the panel of genes"
    )
    genes: DataFile | None = Field(None, description="Gene bounds: GENE_CHROMOSOME, GENE_START, GENE_END, GENE_NAME")
    coding: SitesFile | None = Field(
        None, description="Coding bases of genes, for coverage: GFF3 or UCSC genePred; `gff3` serves when absent"
    )

    @model_validator(mode="after")
    def _one_route(self) -> AnnotationSource:
        if [self.table is not None, self.gff3 is not None, bool(self.vcf)].count(True) != 1:
            raise ValueError("give one of `table` (with `table_build`), `gff3`, or `vcf`")
        if (self.table is None) != (self.table_build is None):
            raise ValueError("`table` and `table_build` go together")
        if self.phased_assays and self.gff3 is None:
            raise ValueError("`phased_assays` goes with `gff3`")
        if self.csq_scores and not self.vcf:
            raise ValueError("`csq_scores` goes with `vcf`")
        if both := sorted(set(self.csq_scores) & set(self.scores)):
            raise ValueError(f"scores {both} have two sources")
        return self

    @property
    def score_names(self) -> list[str]:
        """Scores that masks may name."""
        return [*self.csq_scores, *self.scores]

    @property
    def population_names(self) -> list[str]:
        """Populations that the configuration may name, in the freeze's order: ``source.population``."""
        return [f"{source}.{name}" for source, told in self.frequencies.items() for name in told.populations]

    @property
    def coding_models(self) -> SitesFile | DataFile | None:
        """The file that tells the coding bases of genes."""
        return self.coding or self.gff3

    @property
    def builds(self) -> set[str]:
        """Builds other than GRCh38 that files stand on."""
        files = [*self.vcf, *self.clinvar, *([self.coding] if self.coding else [])]
        files += [file for told in (*self.scores.values(), *self.frequencies.values()) for file in told.files]
        for told in self.controls.values():
            files += [*told.files, *told.coverage, *([told.capture_bed] if told.capture_bed else [])]
        return {file.build for file in files if file.build != "GRCh38"}
