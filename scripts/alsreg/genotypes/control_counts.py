"""Allele counts of people elsewhere, and whether a variant could have been seen there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from alsreg.config.annotation_sources import ControlSource
from alsreg.errors import InputError
from alsreg.formats.contigs import CHROMOSOMES
from alsreg.formats.depth import read_depth
from alsreg.formats.intervals import read_bed
from alsreg.formats.sites import VCF_COLUMNS, Layout, SitesReader
from alsreg.formats.variant_ids import variant_ids
from alsreg.genotypes.coverage import bases_within, lift_intervals, merge_intervals
from alsreg.genotypes.harmonise import References
from alsreg.genotypes.placing import Counts, VariantPlaces, check_reference, place_alleles, split_alleles

KEYS = ["variant_id", "chromosome", "position", "ref", "alt"]
COUNT_COLUMNS = ["population", "n_copies", "n_alleles", "n_homozygotes", "is_pass"]
FIELDS = ("copies", "number", "homozygotes")
EVERYWHERE = np.array([[1, 300_000_000]])
# Bases beside a coding interval in which splice sites are looked for.
FLANK = 10


def read_counts(
    files: Sequence[tuple[str, str]], source: ControlSource, coding: pd.DataFrame, ours: VariantPlaces,
    references: References, max_mismatch_rate: float,
) -> pd.DataFrame:  # fmt: skip
    """Counts of every population at variants on coding bases or beside them.

    Parameters
    ----------
    files
        Path and build of each file that may hold the chromosomes wanted.
    coding
        Merged intervals on GRCh38: ``chromosome, start, end``.
    ours
        The freeze's variants: their REF is held against the file's.

    Returns
    -------
    `KEYS`, ``population`` (our name, without the source), ``n_copies``, ``n_alleles``, ``n_homozygotes`` (missing where the source has none),
    ``is_pass``. Rows of variants that nobody of any population carries are left out unless the freeze has the variant.

    Raises
    ------
    InputError
        If a count is no whole number, copies exceed alleles, a variant stands twice, or the file is on another build.
    """
    is_vcf = source.format == "vcf"
    told = {
        (p, f): getattr(counts, f) for p, counts in source.populations.items() for f in FIELDS if getattr(counts, f)
    }
    layout = Layout(
        VCF_COLUMNS if is_vcf else source.columns, tuple(dict.fromkeys(told.values())), is_vcf, has_filter=is_vcf
    )
    regions = coding.assign(start=(coding["start"] - FLANK).clip(lower=1), end=coding["end"] + FLANK)
    regions = merge_intervals(regions, ["chromosome"])
    wide = [_read_file(path, build, layout, regions, ours, references, max_mismatch_rate) for path, build in files]
    rows = pd.concat(wide, ignore_index=True) if wide else pd.DataFrame(columns=[*KEYS, *layout.fields, "filter"])
    twice = rows.duplicated("variant_id")
    if twice.any():
        raise InputError("a variant stands twice in the files of a source of controls", file=files[0][0],
                         value=rows.loc[twice, "variant_id"].iloc[0], remedy="give one file per chromosome")  # fmt: skip
    parts = (
        [
            _population(rows, name, {f: told.get((name, f)) for f in FIELDS}, str(files[0][0]))
            for name in source.populations
        ]
        if wide
        else []
    )
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*KEYS, *COUNT_COLUMNS])
    is_carried = table["variant_id"].isin(table.loc[table["n_copies"] > 0, "variant_id"])
    return table[is_carried | table["variant_id"].isin(ours.variants["ID"])].reset_index(drop=True)


def _read_file(path, build, layout, regions, ours, references, max_mismatch_rate):  # type: ignore[no-untyped-def]
    """Rows of one file on GRCh38 within the regions, one per allele, counts as text."""
    reader, chain = SitesReader(path, layout, build), references.chains.get(build)
    per_allele = _per_allele(reader, path) if layout.is_vcf else layout.fields
    own = {str(name): rows[["start", "end"]].to_numpy() for name, rows in regions.groupby("chromosome")}
    wanted = own if chain is None else dict.fromkeys(own, EVERYWHERE)
    counts: Counts = Counter()
    parts = [pd.DataFrame(columns=[*KEYS, *layout.fields, "filter"])]
    for block in reader.rows(wanted):
        placed = place_alleles(split_alleles(block, per_allele), chain, references.genome, counts)
        ours.match(placed, counts)
        is_inside = bases_within(placed.assign(start=placed["position"], end=placed["position"]), regions) > 0
        kept = placed[is_inside]
        names = variant_ids(kept["chromosome"], kept["position"], kept["ref"], kept["alt"])
        parts.append(
            kept.assign(variant_id=np.array(names, dtype=object), filter=kept.get("filter", "PASS"))[parts[0].columns]
        )
    check_reference(counts, max_mismatch_rate, path, build)
    return pd.concat([part for part in parts if len(part)] or parts)


def _per_allele(reader: SitesReader, path: str) -> tuple[str, ...]:
    """Fields with one value per ALT allele; others go with the record."""
    number = {name: reader.header.info[name][0] for name in reader.layout.fields}
    for name in (name for name, kind in number.items() if kind not in ("A", "1", ".")):
        raise InputError(f"INFO field {name} has Number={number[name]}", file=path, where="header",
                         remedy="name fields with one value per ALT allele (A) or per record (1)")  # fmt: skip
    return tuple(name for name, kind in number.items() if kind != "1")


def _population(rows: pd.DataFrame, population: str, fields: dict[str, str | None], path: str) -> pd.DataFrame:
    copies, number, homozygotes = (_whole(rows, fields[name], path) for name in FIELDS)
    wrong = (copies > number) | (2 * homozygotes > copies)
    if wrong.any():
        raise InputError("more copies than alleles, or more homozygotes than copies allow", file=path,
                         where=rows.loc[wrong, "variant_id"].iloc[0], value=f"{population}: {copies[wrong].iloc[0]:g} of {number[wrong].iloc[0]:g}",
                         remedy="name the fields of one population")  # fmt: skip
    is_pass = rows["filter"].isin(["PASS", "."]).to_numpy(dtype=bool)
    counts = {"n_copies": copies, "n_alleles": number, "n_homozygotes": homozygotes, "is_pass": is_pass}
    return rows[KEYS].assign(population=population, **counts)


def _whole(rows: pd.DataFrame, field: str | None, path: str) -> pd.Series:
    if field is None:
        return pd.Series(np.nan, index=rows.index)
    text = rows[field]
    values = pd.to_numeric(text.mask(text.isin([".", ""]), "0"), errors="coerce")
    wrong = values.isna() | (values < 0) | (values % 1 != 0)
    if wrong.any():
        raise InputError("not a count", file=path, where=f"{rows.loc[wrong, 'variant_id'].iloc[0]}, {field}",
                         value=text[wrong].iloc[0], remedy="name the field that holds the count")  # fmt: skip
    return values.astype(float)


def seen_in_regions(variants: pd.DataFrame, bed: str, build: str, references: References) -> np.ndarray:
    """Whether each variant's first base lies in capture regions, ``(n,)`` bool."""
    regions = merge_intervals(lift_intervals(read_bed(bed), references.chains.get(build)), ["chromosome"])
    return bases_within(variants.assign(start=variants["position"], end=variants["position"]), regions) > 0


def share_at_depth(
    variants: pd.DataFrame, files: Sequence[tuple[str, str]], column: str, references: References
) -> np.ndarray:
    """Share of people at sufficient depth at each variant's first base, ``(n,)``; NaN where no file tells."""
    out = pd.Series(np.nan, index=pd.RangeIndex(len(variants)))
    at = variants.reset_index(drop=True)
    for path, build in files:
        chain = references.chains.get(build)
        asked = at[["chromosome", "position"]].assign(row=at.index)
        if chain is not None:
            asked = _lift_back(asked, chain)
        places = {str(name): np.unique(rows["position"]) for name, rows in asked.groupby("chromosome")}
        found = asked.merge(read_depth(path, column, places), on=["chromosome", "position"])
        out.loc[found["row"]] = found["share"].to_numpy()
    return out.to_numpy()


def _lift_back(asked: pd.DataFrame, chain) -> pd.DataFrame:  # type: ignore[no-untyped-def]
    back, parts = chain.inverse(), [asked.iloc[:0]]
    for name, rows in asked.groupby("chromosome", sort=False):
        lifted = back.lift(str(name), rows["position"].to_numpy())
        ok = lifted.chromosome >= 0
        parts.append(
            rows[ok].assign(chromosome=[CHROMOSOMES[k] for k in lifted.chromosome[ok]], position=lifted.position[ok])
        )
    return pd.concat(parts)
