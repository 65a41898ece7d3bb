"""Files that a freeze names."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from alsreg.config.base import Section

Build = Literal["NCBI36", "GRCh37", "GRCh38"]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=64)]


class DataFile(Section):
    """A file of the freeze and, optionally, its checksum."""

    path: Path = Field(description="Relative to `root`, or absolute")
    sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$", description="Checked by `alsreg preflight`")


class GenotypeFile(DataFile):
    """A VCF or BCF."""

    chromosomes: list[str] | None = Field(None, description="Chromosomes in this file; all when absent")


class SitesFile(GenotypeFile):
    """A text file of places and alleles: VCF, or a table with a header; bgzipped and indexed by tabix, or not."""

    build: Build = Field("GRCh38", description="Genome build of the positions; checked against reference alleles")
