"""``alsreg source``: where a person's genotype at a variant came from, and what every assay says."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from alsreg.errors import InputError
from alsreg.formats.parquet import read_metadata
from alsreg.formats.pgen import PgenReader
from alsreg.tables.base import write_tsv
from alsreg.tables.genotypes import MERGED_VARIANTS, PERSONS, VARIANT_QC

COLUMNS = ["freeze", "cohort", "variant_id", "rs_id", "assay", "sample", "genotype", "is_kept", "why"]
_SUFFIX = ".source.parquet"


def add_arguments(parser: argparse.ArgumentParser, base: Path) -> None:
    parser.add_argument("--person", required=True, help="as the registry names them")
    parser.add_argument("--variant", required=True, help="chromosome_position_REF_ALT on GRCh38, or an rs number")
    parser.add_argument("--results", type=Path, default=base / "results", help="default: %(default)s")


def run(options: argparse.Namespace) -> int:
    """Print a table, one row per assay of every cohort that has the person and the variant."""
    rows = list(find_sources(options.results, options.person, options.variant))
    write_tsv(pd.DataFrame(rows, columns=COLUMNS), sys.stdout)
    return 0


@dataclass(frozen=True)
class Place:
    """A variant of a merged shard: `row` among its variants, `column` of the person."""

    prefix: Path
    variant: pd.Series
    row: int
    column: int

    @property
    def freeze(self) -> str:
        return self.prefix.parent.parent.name

    @property
    def cohort(self) -> str:
        return self.prefix.parent.name

    @property
    def assays(self) -> list[str]:
        """Assays of the cohort, in order of priority."""
        return read_metadata(f"{self.prefix}{_SUFFIX}")["assays"].split(",")


def find_sources(results: Path, person: str, variant: str) -> Iterator[tuple]:
    """Rows of `COLUMNS`.

    Raises
    ------
    InputError
        If there are no merged genotypes, no cohort has the person, or none of these has the variant.
    """
    prefixes = [Path(str(path).removesuffix(_SUFFIX)) for path in sorted((results / "merge").glob(f"*/*/*{_SUFFIX}"))]
    if not prefixes:
        raise InputError(
            "no merged genotypes",
            file=results / "merge",
            remedy="name the results with --results, or run the stage merge",
        )
    having = {prefix: people.index(person) for prefix in prefixes if person in (people := _people(prefix))}
    if not having:
        raise InputError("no cohort has this person", file=results / "merge", value=person,
                         remedy="identity/<freeze>/persons.tsv says why a sample is not used")  # fmt: skip
    places = [place for prefix, column in having.items() for place in _find_variant(prefix, column, variant)]
    if not places:
        raise InputError("no assay of the person's cohorts kept this variant", file=results / "merge", value=variant,
                         remedy="name it chromosome_position_REF_ALT on GRCh38; variant_qc and ingest.tsv say what was left out")  # fmt: skip
    for place in places:
        yield from _describe(results, place, person)


def _people(prefix: Path) -> list[str]:
    with PgenReader(prefix) as reader:
        return reader.samples["IID"].astype(str).tolist()


def _find_variant(prefix: Path, column: int, variant: str) -> Iterator[Place]:
    table = MERGED_VARIANTS.read(f"{prefix}.variants.parquet")
    for row in np.flatnonzero((table["variant_id"] == variant) | (table["rs_id"] == variant).fillna(False)):
        yield Place(prefix, table.iloc[row], int(row), column)


def _describe(results: Path, place: Place, person: str) -> Iterator[tuple]:
    """What each assay of the cohort says of the person, and which one was believed."""
    ledger = PERSONS.read(results / f"identity/{place.freeze}/persons.tsv")
    kept = _source(place)
    for number, assay in enumerate(place.assays, start=1):
        mine = ledger[(ledger["assay"] == assay) & (ledger["person"] == person) & ledger["is_usable"]]
        sample = str(mine["sample"].iloc[0]) if len(mine) else None
        genotype, why = _genotype(results, place, assay, sample)
        if genotype is not None and not why:
            why = "used" if number == kept else "of lower priority" if kept else "assays differ and none is kept"
        yield (place.freeze, place.cohort, place.variant["variant_id"], place.variant["rs_id"], assay, sample, genotype,
               number == kept, why)  # fmt: skip


def _source(place: Place) -> int:
    """Number of the assay that the person's genotype came from, from 1; 0 where it is missing."""
    file, start = pq.ParquetFile(f"{place.prefix}{_SUFFIX}"), 0
    for group in range(file.num_row_groups):
        n_rows = file.metadata.row_group(group).num_rows
        if place.row < start + n_rows:
            cells = file.read_row_group(group, columns=["source"])["source"]
            return int(cells[place.row - start].as_py()[place.column])
        start += n_rows
    raise InputError("fewer rows than variants", file=f"{place.prefix}{_SUFFIX}", remedy="run the stage merge again")


def _genotype(results: Path, place: Place, assay: str, sample: str | None) -> tuple[str | None, str]:
    """The alleles the assay calls, and why there are none or why they could not be used."""
    if sample is None:
        return None, "no usable sample of the person"
    shard = place.prefix.name
    table = VARIANT_QC.read(results / f"variant_qc/{place.freeze}/{assay}/{shard}.variants.parquet")
    rows = np.flatnonzero(table["variant_id"] == place.variant["variant_id"])
    if not len(rows):
        return None, "not in this assay"
    with PgenReader(results / f"ingest/{place.freeze}/{assay}/{shard}") as reader:
        column = reader.samples["IID"].astype(str).tolist().index(sample)
        count = int(reader.hardcalls_at(rows[:1])[0, column])
    alleles = None if count < 0 else "/".join(place.variant["alt" if k < count else "ref"] for k in (1, 0))
    if table["is_excluded"].iloc[rows[0]]:
        return alleles, f"variant left out ({table['reason'].iloc[rows[0]]})"
    return alleles, "" if alleles else "no call"
