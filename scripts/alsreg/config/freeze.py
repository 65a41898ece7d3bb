"""One immutable data release: which files, which builds, which people in which cohorts."""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from alsreg.config.annotation_sources import AnnotationSource
from alsreg.config.base import Section
from alsreg.config.files import Build, DataFile, GenotypeFile, Name
from alsreg.errors import ConfigError

CHROMOSOMES = (*(str(number) for number in range(1, 23)), "X", "Y", "MT")
# Tables beside the registry's own: decisions on them, and people who are taken out of them.
BESIDE = ("overrides", "withdrawn")
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


class Assay(Section):
    """One kind of genotyping: its files, build and conventions."""

    kind: Literal["array", "wes", "wgs"] = Field(description="array: strand and REF may need resolving")
    build: Build = Field(description="Genome build of the positions; checked against known positions")
    files: list[GenotypeFile] = Field(min_length=1, description="One VCF/BCF, or one per chromosome")
    n_samples: int | None = Field(None, gt=0, description="Samples expected; another number is an error")
    has_reference_alleles: bool = Field(
        True, description="REF is the genome's forward-strand allele; false for raw array exports"
    )
    capture_bed: DataFile | None = Field(None, description="Regions captured, in the assay's build")


class EntryColumns(Section):
    """Columns of a table with one row per value; all its other columns together say which row a value belongs to."""

    field: str = Field(description="The file's column that names the field")
    value: str = Field(description="The file's column that holds the value")


class ClinicalTable(DataFile):
    """A clinical table; `columns` maps our names to the file's."""

    columns: dict[str, str] = Field(default_factory=dict, description="Our column name: the file's column name")
    sheet: str | None = Field(None, description="Excel sheet; the first when absent")
    values: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="Our column name: the file's value: our value, e.g. sex: {male: M}"
    )
    encoding: str | None = Field(None, description="Text encoding; UTF-8 and CP932 are recognised when absent")
    date_order: dict[str, Literal["day_first", "month_first"]] = Field(
        default_factory=dict,
        description="Our column name: how 3/2/2015 is meant there; refused as ambiguous when absent",
    )
    rows: dict[str, list[str]] = Field(
        default_factory=dict,
        description="The file's column: values; only rows with one of them belong to this table, as where one file "
        "holds several tables, e.g. redcap_event_name: [visit_1_arm_1]",
    )
    entries: EntryColumns | None = Field(None, description="For a file with one row per value (record, field, value)")
    event_columns: dict[str, str] = Field(
        default_factory=dict,
        description="Events only: our event: the file's column with its date, where events are columns, not rows",
    )


class RegistryTables(Section):
    """The registry's tables: what a mapping file holds."""

    patients: ClinicalTable
    visits: ClinicalTable
    events: ClinicalTable
    samples: ClinicalTable | None = None
    pedigree: ClinicalTable | None = None
    overrides: DataFile | None = Field(None, description="Reviewed decisions on single cells and rows")
    withdrawn: DataFile | None = Field(
        None, description="People who withdrew consent: the one file of a freeze that may grow, so without a checksum"
    )

    @model_validator(mode="after")
    def _withdrawals_may_grow(self) -> RegistryTables:
        if self.withdrawn is not None and self.withdrawn.sha256 is not None:
            raise ValueError("withdrawn: the file grows with every withdrawal; leave out its sha256")
        return self

    @property
    def present(self) -> dict[str, ClinicalTable]:
        """The tables there are, by name."""
        tables = {name: getattr(self, name) for name in RegistryTables.model_fields}
        return {name: table for name, table in tables.items() if isinstance(table, ClinicalTable)}

    @property
    def files(self) -> dict[str, DataFile]:
        """Every file, by name: the tables, and overrides and withdrawn where they exist."""
        others = {"overrides": self.overrides, "withdrawn": self.withdrawn}
        return {**self.present, **{name: file for name, file in others.items() if file is not None}}


class Clinical(RegistryTables):
    """The registry's tables in a freeze."""

    samples: ClinicalTable


class RepeatCalls(Section):
    """Repeat numbers of an assay's samples, as ExpansionHunter writes them."""

    assay: Name = Field(description="Assay whose sample names the VCFs use")
    files: list[DataFile] = Field(min_length=1, description="VCFs, one per sample or several samples in one")


class CohortFilters(Section):
    """Who belongs to a cohort, besides having a usable sample; an absent filter admits everybody."""

    reported_ancestry: list[str] | None = None
    site: list[str] | None = None
    family_history: bool | None = None


class Cohort(Section):
    """A set of people analysed together."""

    assays: list[Name] = Field(min_length=1, description="In order of priority when a person has several")
    filters: CohortFilters = CohortFilters()


class Freeze(Section):
    """One data release. New data are a new file, never a changed one."""

    id: Name = Field(description="Name of the freeze: folder name under results/<stage>/")
    freeze_date: date = Field(description="Data cut-off; follow-up ends here at the latest")
    root: str = Field(".", description="Folder of the data; ${NAME} and ${NAME:-default} are expanded; "
                      "relative to the folder the pipeline lives in")  # fmt: skip
    assays: dict[Name, Assay] = Field(min_length=1)
    clinical: Clinical
    cohorts: dict[Name, Cohort] = Field(min_length=1)
    shards: dict[Name, list[str]] = Field(description="Sets of chromosomes processed together; written by new-freeze")
    fasta: DataFile | None = Field(None, description="GRCh38 reference, indexed; verifies REF and feeds csq")
    chains: dict[Build, DataFile] = Field(default_factory=dict, description="Chain file from a build to GRCh38")
    annotation: AnnotationSource | None = Field(None, description="None: no gene tests")
    sample_overrides: DataFile | None = Field(
        None,
        description="Reviewed decisions on samples: assay, sample, decision (use, exclude), person, who, why, date",
    )
    repeats: RepeatCalls | None = Field(None, description="Repeat numbers (REPCN); none: repeat genes are not assessed")

    @field_validator("shards")
    @classmethod
    def _shards_partition(cls, shards: dict[str, list[str]]) -> dict[str, list[str]]:
        seen: set[str] = set()
        for name, chromosomes in shards.items():
            for chromosome in chromosomes:
                if chromosome not in CHROMOSOMES:
                    raise ValueError(f"shard {name}: {chromosome!r} is not one of {', '.join(CHROMOSOMES)}")
                if chromosome in seen:
                    raise ValueError(f"chromosome {chromosome} stands in two shards")
                seen.add(chromosome)
        return shards

    @model_validator(mode="after")
    def _references_exist(self) -> Freeze:
        for name, cohort in self.cohorts.items():
            unknown = [assay for assay in cohort.assays if assay not in self.assays]
            if unknown:
                raise ValueError(f"cohort {name}: unknown assays {unknown}; known: {list(self.assays)}")
        for name, assay in self.assays.items():
            if assay.build != "GRCh38" and assay.build not in self.chains:
                raise ValueError(f"assay {name} is on {assay.build}: give its chain file under `chains`")
        if self.repeats is not None and self.repeats.assay not in self.assays:
            raise ValueError(f"repeats: unknown assay {self.repeats.assay}; known: {list(self.assays)}")
        if self.annotation is not None:
            self._check_annotation(self.annotation)
        return self

    def _check_annotation(self, annotation: AnnotationSource) -> None:
        for build in sorted(annotation.builds - set(self.chains)):
            raise ValueError(f"annotation: a file is on {build}: give its chain file under `chains`")
        for name in annotation.phased_assays:
            if name not in self.assays:
                raise ValueError(f"annotation.phased_assays: unknown assay {name}; known: {list(self.assays)}")
            if self.assays[name].build != "GRCh38":
                raise ValueError(f"annotation.phased_assays: {name} is not on GRCh38, where the gene models are")

    def resolve(self, file: DataFile, base: Path) -> Path:
        """Absolute path of a file of the freeze; `base` is the folder of the pipeline."""
        return (base / expand_variables(self.root) / file.path).resolve()


def expand_variables(text: str) -> str:
    """Expand ``${NAME}`` and ``${NAME:-default}``; an unset variable without default is a `ConfigError`."""

    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1]) or match[2]
        if found is None:
            raise ConfigError(f"environment variable {match[1]} is not set", value=text, remedy=f"export {match[1]}=…")
        return found

    return _VARIABLE.sub(value, text)
