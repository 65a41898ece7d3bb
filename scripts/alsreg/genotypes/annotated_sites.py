"""Consequences that VEP or SnpEff wrote into a VCF, matched to the variants at hand after splitting, lifting and left-aligning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from alsreg.config.consequences import SEVERITY
from alsreg.formats.sites import VCF_COLUMNS, Layout, SitesReader
from alsreg.formats.transcript_fields import COLUMNS, EntryReader, find_field
from alsreg.genotypes.harmonise import References
from alsreg.genotypes.placing import Counts, VariantPlaces, check_reference, place_alleles, split_alleles

LOFTEE_COLUMNS = ["lof", "lof_filter", "lof_flags"]
_LOF_RANK = {"HC": 0, "LC": 1, "OS": 2}


@dataclass(frozen=True)
class TranscriptChoice:
    """Which transcripts speak for a gene, in order of preference, and which parts of CSQ are scores."""

    transcripts: Sequence[str]
    scores: Mapping[str, str]
    max_mismatch_rate: float


def read_consequences(
    files: Sequence[tuple[str, str]], places: VariantPlaces, references: References, choice: TranscriptChoice, counts: Counts
) -> pd.DataFrame:  # fmt: skip
    """The most severe consequence of each variant in each gene over the transcripts chosen.

    Parameters
    ----------
    files
        Path and build of each VCF.
    counts
        Rows read, lost and matched, and entries of transcripts not chosen.

    Returns
    -------
    DataFrame with ``variant_id``, ``gene``, ``consequence``, ``transcript``; ``lof``, ``lof_filter``, ``lof_flags`` where a
    file has LOFTEE's parts; ``score_<name>``, the highest over the transcripts chosen.
    """
    parts, has_loftee = [], False
    for path, build in files:
        reader = SitesReader(path, Layout(VCF_COLUMNS, (), is_vcf=True), build)
        told = find_field(reader.header, path, choice.scores, choice.transcripts)
        has_loftee |= told.has_loftee
        reader.layout = replace(reader.layout, fields=(told.name,))
        entries, rows = EntryReader(told, path), Counter()
        chain = references.chains.get(build)
        for block in reader.rows(places.regions(chain)):
            rows["read", False] += len(block)
            alleles = split_alleles(block, ()).assign(record_ref=lambda t: t["ref"], where=_where)
            found = places.match(place_alleles(alleles, chain, references.genome, rows), rows)
            parts.append(_expand(found, told.name, entries, list(choice.scores)))
        entries.check()
        check_reference(rows, choice.max_mismatch_rate, path, build)
        rows["allele_not_in_record", True] += entries.n_unmatched
        counts.update(rows)
    columns = ["variant_id", *COLUMNS, *(f"score_{name}" for name in choice.scores)]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    chosen = _choose(table, choice.transcripts, counts)
    return _most_severe(chosen, has_loftee)


def _where(table: pd.DataFrame) -> pd.Series:
    return table["chromosome"] + ":" + table["position"].astype(str)


def _expand(found: pd.DataFrame, name: str, entries: EntryReader, scores: list[str]) -> pd.DataFrame:
    """One row per variant and transcript."""
    columns = ["variant_id", name, "record_ref", "alts", "allele", "where"]
    rows = [
        (variant, *row)
        for variant, text, ref, alts, allele, where in found[columns].itertuples(index=False, name=None)
        if text
        for row in entries.read(text, ref, alts.split(","), allele, where)
    ]
    return pd.DataFrame(rows, columns=["variant_id", *COLUMNS, *(f"score_{score}" for score in scores)])


def _choose(table: pd.DataFrame, transcripts: Sequence[str], counts: Counts) -> pd.DataFrame:
    """Entries of the first kind of transcript that their gene has anywhere among the variants at hand."""
    if not len(table):
        return table
    is_kind = [
        table[f"is_{kind}"].to_numpy(dtype=bool) if kind != "all" else np.ones(len(table), bool) for kind in transcripts
    ]
    rank = np.select(is_kind, range(len(is_kind)), len(is_kind))
    best = pd.Series(rank).groupby(table["gene"].to_numpy()).transform("min").to_numpy()
    keep = np.select([best == k for k in range(len(is_kind))], is_kind, False)
    counts["transcript_not_chosen", True] += int((~keep).sum())
    return table[keep]


def _most_severe(table: pd.DataFrame, has_loftee: bool) -> pd.DataFrame:
    """One row per variant and gene; among equals what LOFTEE trusts, then the transcript first in name."""
    scores = [name for name in table.columns if name.startswith("score_")]
    highest = table.groupby(["variant_id", "gene"], sort=False)[scores].max() if scores else None
    ranked = table.assign(severity=table["consequence"].map(SEVERITY), trust=table["lof"].map(_LOF_RANK).fillna(3))
    ordered = ranked.sort_values(["variant_id", "gene", "severity", "trust", "transcript"], kind="stable")
    first = ordered.drop_duplicates(["variant_id", "gene"])
    out = first[["variant_id", "gene", "consequence", "transcript", *(LOFTEE_COLUMNS if has_loftee else [])]]
    if highest is not None:
        out = out.merge(highest.astype(float), left_on=["variant_id", "gene"], right_index=True)
    return out.replace({name: {"": pd.NA} for name in ("transcript", *(LOFTEE_COLUMNS if has_loftee else []))})
