"""Scores and frequencies of variants from outside files: one number per variant, the highest a file gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from alsreg.config.annotation_sources import FrequencySource, ScoreSource
from alsreg.errors import InputError
from alsreg.formats.sites import VCF_COLUMNS, Layout, SitesReader, layout_of
from alsreg.genotypes.harmonise import References
from alsreg.genotypes.placing import Counts, VariantPlaces, check_reference, place_alleles, split_alleles

ABSENT = (".", "", "NA", "NaN", "nan", "-")


@dataclass(frozen=True)
class ValueFile:
    """A file, its build and layout, and which column of ours each of its fields becomes."""

    path: str
    build: str
    layout: Layout
    columns: dict[str, str]  # field of the file: our column
    is_spliceai: bool = False
    is_frequency: bool = False


def score_file(path: str, build: str, name: str, source: ScoreSource) -> ValueFile:
    """A file of a score, which becomes column ``score_<name>``."""
    layout = layout_of(source, build)
    return ValueFile(path, build, layout, {layout.fields[0]: f"score_{name}"}, is_spliceai=source.format == "spliceai")


def frequency_file(path: str, build: str, name: str, source: FrequencySource) -> ValueFile:
    """A file of frequencies; population ``p`` becomes column ``frequency_<name>_<p>``."""
    is_vcf = source.format == "vcf"
    fields = tuple(dict.fromkeys(source.populations.values()))
    layout = Layout(VCF_COLUMNS if is_vcf else source.columns, fields, is_vcf)
    columns = {field: frequency_column(f"{name}.{population}") for population, field in source.populations.items()}
    if len(columns) < len(source.populations):
        raise InputError(f"two populations of {name} have the same field", file=path, value=source.populations,
                         remedy="give each population its own")  # fmt: skip
    return ValueFile(path, build, layout, columns, is_frequency=True)


def frequency_column(population: str) -> str:
    """The column of a population named ``source.population``."""
    return f"frequency_{population.replace('.', '_', 1)}"


def look_up(
    file: ValueFile, places: VariantPlaces, references: References, max_mismatch_rate: float, counts: Counts
) -> pd.DataFrame:
    """Values of the variants at hand.

    Returns
    -------
    DataFrame indexed by ``variant_id``, one float column per column of ours; variants that the file lacks are absent.

    Raises
    ------
    InputError
        If a value is not a number, a frequency lies outside 0 to 1, or REF differs too often.
    """
    reader = SitesReader(file.path, file.layout, file.build)
    chain = references.chains.get(file.build)
    per_allele = _per_allele(reader, file)
    convert: Callable[[pd.DataFrame, str], pd.Series] = partial(_splice_scores if file.is_spliceai else _numbers, file)
    rows: Counts = Counter()
    parts = [pd.DataFrame(columns=["variant_id", *file.columns.values()])]
    for block in reader.rows(places.regions(chain)):
        rows["read", False] += len(block)
        alleles = split_alleles(block, per_allele)
        alleles = alleles.assign(
            where=alleles["chromosome"] + ":" + alleles["position"].astype(str), record_alt=alleles["alt"]
        )
        found = places.match(place_alleles(alleles, chain, references.genome, rows), rows)
        parts.append(pd.DataFrame({
            "variant_id": found["variant_id"], **{ours: convert(found, field) for field, ours in file.columns.items()}
        }))  # fmt: skip
    check_reference(rows, max_mismatch_rate, file.path, file.build)
    counts.update(rows)
    filled = [part for part in parts if len(part)]
    table = pd.concat(filled) if filled else parts[0]
    return table.groupby("variant_id", sort=True)[list(file.columns.values())].max().astype(float)


def _per_allele(reader: SitesReader, file: ValueFile) -> tuple[str, ...]:
    """Fields with one value per ALT allele."""
    if not file.layout.is_vcf or file.is_spliceai:
        return () if file.is_spliceai else file.layout.fields
    number = {field: reader.header.info[field][0] for field in file.layout.fields}
    for field in (field for field, kind in number.items() if kind not in ("A", "1", ".")):
        raise InputError(f"INFO field {field} has Number={number[field]}", file=file.path, where="header",
                         remedy="name a field with one value per ALT allele (Number=A) or per record (1)")  # fmt: skip
    return tuple(field for field, kind in number.items() if kind != "1")


def _numbers(file: ValueFile, found: pd.DataFrame, field: str) -> pd.Series:
    text = found[field]
    values = pd.to_numeric(text.mask(text.isin(ABSENT)), errors="coerce")
    wrong = values.isna() & ~text.isin(ABSENT)
    if file.is_frequency:
        wrong |= (values < 0) | (values > 1)
    if wrong.any():
        k = int(np.flatnonzero(wrong)[0])
        what = "not a frequency between 0 and 1" if file.is_frequency else "not a number"
        raise InputError(what, file=file.path, where=f"{found['where'].iloc[k]}, {field}", value=text.iloc[k],
                         remedy="name the field that holds the number")  # fmt: skip
    return values.astype(float)


def _splice_scores(file: ValueFile, found: pd.DataFrame, field: str) -> pd.Series:
    """The highest of the four delta scores over the entries of the row's allele."""
    values = []
    for text, alt, where in found[[field, "record_alt", "where"]].itertuples(index=False, name=None):
        entries = [entry.split("|") for entry in text.split(",")]
        deltas = [delta for entry in entries if entry[0] == alt for delta in entry[2:6] if delta not in ABSENT]
        try:
            values.append(max(map(float, deltas), default=np.nan))
        except ValueError:
            raise InputError("not a number", file=file.path, where=f"{where}, {field}", value=text,
                             remedy="give SpliceAI's own output") from None  # fmt: skip
    return pd.Series(values, index=found.index, dtype=float)
