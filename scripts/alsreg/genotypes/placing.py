"""Rows of outside files, each about one allele, brought to normal form on GRCh38 and matched with the variants at hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from alsreg.errors import InputError
from alsreg.formats.chain import AMBIGUOUS, UNMAPPED, Chain
from alsreg.formats.contigs import CHROMOSOMES, ORDER
from alsreg.formats.fasta import Genome
from alsreg.formats.sites import merge_regions
from alsreg.formats.variant_ids import variant_ids
from alsreg.genotypes.alleles import left_align, reverse_complement, trim
from alsreg.genotypes.sites import site_keys

Counts = Counter[tuple[str, bool]]
# Bases around a variant in which other spellings of it are looked for, and between regions read in one go.
PADDING, GAP = 50, 1000
MIN_ROWS_JUDGED = 20


def split_alleles(rows: pd.DataFrame, per_allele: tuple[str, ...]) -> pd.DataFrame:
    """One row per ALT allele that is bases.

    Parameters
    ----------
    rows
        As `SitesReader.rows` yields them.
    per_allele
        Fields whose text holds one value per ALT allele, joined by commas; the others go with every allele.

    Returns
    -------
    The rows with one ``alt`` each, and ``allele``: its number among the record's, from 1; ``alts``: all of them.
    """
    rows = rows.assign(alts=rows["alt"])
    is_many = rows["alt"].str.contains(",", regex=False)
    out = rows.assign(allele=1)
    if is_many.any():
        many = rows[is_many]
        number = many["alt"].str.count(",").to_numpy() + 1
        split = many.assign(alt=many["alt"].str.split(","))
        for name in per_allele:
            values = many[name].str.split(",")
            fits = values.str.len().to_numpy() == number
            split[name] = [v if ok else [v[0]] * n for v, ok, n in zip(values, fits, number, strict=True)]
        split["allele"] = [list(range(1, n + 1)) for n in number]
        split = split.explode(["alt", "allele", *per_allele])
        out = pd.concat([out[~is_many], split]).sort_index(kind="stable")
    return out[out["alt"].str.fullmatch("[ACGT]+") & out["ref"].str.fullmatch("[ACGT]+")].reset_index(drop=True)


def place_alleles(table: pd.DataFrame, chain: Chain | None, genome: Genome | None, counts: Counts) -> pd.DataFrame:
    """Bring rows to the forward strand of GRCh38 in normal form, rows that cannot be placed left out and counted.

    Parameters
    ----------
    table
        ``chromosome``, ``position``, ``ref``, ``alt`` (bases) and any further columns.
    chain
        None for a table already on GRCh38.
    genome
        Without it alleles are trimmed but not left-aligned, and an insertion or deletion on a reversed stretch cannot
        be anchored again: it is lost, and counted.
    """
    parts = [table] if chain is None else []
    for chromosome, rows in table.groupby("chromosome", sort=False) if chain is not None else ():
        lifted = chain.lift(str(chromosome), rows["position"].to_numpy(), rows["ref"].str.len().to_numpy())
        for why, code in (("lift_unmapped", UNMAPPED), ("lift_ambiguous", AMBIGUOUS)):
            counts[why, True] += int((lifted.chromosome == code).sum())
        placed = lifted.chromosome >= 0
        rows = rows[placed].assign(
            chromosome=[CHROMOSOMES[rank] for rank in lifted.chromosome[placed]],
            position=lifted.position[placed], is_reversed=lifted.is_reversed[placed],
        )  # fmt: skip
        is_indel = (rows["ref"].str.len() != 1) | (rows["alt"].str.len() != 1)
        is_lost = rows["is_reversed"] & is_indel & (genome is None)
        counts["lift_reversed_indel", True] += int(is_lost.sum())
        rows = rows[~is_lost]
        for name in ("ref", "alt"):
            rows[name] = rows[name].where(~rows["is_reversed"], rows[name].map(reverse_complement))
        parts.append(rows.drop(columns="is_reversed"))
    out = pd.concat(parts).sort_index(kind="stable") if parts else table
    counts["placed_on_grch38", False] += len(out)
    return _normalise(out, genome)


def _normalise(table: pd.DataFrame, genome: Genome | None) -> pd.DataFrame:
    """Shortest alleles, leftmost where the genome is known; chromosome by chromosome. SNPs are in normal form."""
    table = table.reset_index(drop=True)
    position, ref, alt = (table[name].to_numpy(copy=True) for name in ("position", "ref", "alt"))
    is_long = ((table["ref"].str.len() != 1) | (table["alt"].str.len() != 1)).to_numpy(dtype=bool)
    for chromosome, rows in table[is_long].groupby("chromosome", sort=True):
        sequence = genome.sequence(str(chromosome)) if genome is not None else b""
        for k in rows.index:
            is_inside = position[k] - 1 + len(ref[k]) <= len(sequence) and ref[k] != alt[k]
            form = (int(position[k]), ref[k], alt[k])
            position[k], ref[k], alt[k] = left_align(*form, sequence) if is_inside else trim(*form)
    return table.assign(position=position.astype(np.int64), ref=ref, alt=alt)


def has_genome_reference(variants: pd.DataFrame, genome: Genome) -> np.ndarray:
    """Whether REF is what the genome holds at ``CHROM``, ``POS``: bool ``(len(variants),)``; rows numbered from 0."""
    agrees = np.zeros(len(variants), dtype=bool)
    for chromosome, rows in variants.groupby("CHROM", sort=False):
        sequence = genome.sequence(str(chromosome))
        for index, position, ref in rows[["POS", "REF"]].itertuples(name=None):
            agrees[index] = sequence[position - 1 : position - 1 + len(ref)] == ref.encode()
    return agrees


class VariantPlaces:
    """Variants at hand, to match rows with: ``CHROM``, ``POS``, ``ID``, ``REF``, ``ALT`` on GRCh38."""

    def __init__(self, variants: pd.DataFrame) -> None:
        self.variants = variants
        self._names = pd.Index(variants["ID"]).unique()
        keys = site_keys(variants["CHROM"].map(ORDER).to_numpy(), variants["POS"].to_numpy())
        self._keys, first = np.unique(keys, return_index=True)
        self._first_base = variants["REF"].str[0].to_numpy()[first]

    def regions(self, chain: Chain | None) -> dict[str, np.ndarray]:
        """Where rows about these variants stand in a file on GRCh38, or on the build that `chain` lifts from."""
        by_chromosome: dict[str, list[np.ndarray]] = {}
        back = chain.inverse() if chain is not None else None
        for name, rows in self.variants.groupby("CHROM", sort=False):
            position = rows["POS"].to_numpy()
            if back is None:
                by_chromosome[str(name)] = [position]
                continue
            lifted = back.lift(str(name), position)
            for rank in np.unique(lifted.chromosome[lifted.chromosome >= 0]):
                by_chromosome.setdefault(CHROMOSOMES[rank], []).append(lifted.position[lifted.chromosome == rank])
        return {name: merge_regions(np.concatenate(parts), PADDING, GAP) for name, parts in by_chromosome.items()}

    def match(self, rows: pd.DataFrame, counts: Counts) -> pd.DataFrame:
        """Rows about the variants at hand, with their ``variant_id``; all others counted, and REF compared.

        Parameters
        ----------
        rows
            As `place_alleles` gives them.
        counts
            Besides losses, ``ref_compared`` and ``ref_differs``: SNP rows where a variant of ours stands, and those
            among them whose REF is another base.
        """
        keys = site_keys(rows["chromosome"].map(ORDER).to_numpy(), rows["position"].to_numpy())
        index = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        is_here = self._keys[index] == keys
        is_snp = ((rows["ref"].str.len() == 1) & (rows["alt"].str.len() == 1)).to_numpy(dtype=bool)
        is_compared = is_here & is_snp
        differs = is_compared & (self._first_base[index] != rows["ref"].to_numpy())
        here = rows[is_here]
        names = variant_ids(here["chromosome"], here["position"], here["ref"], here["alt"])
        found = here.assign(variant_id=np.array(names, dtype=object))
        found = found[found["variant_id"].isin(self._names)]
        for why, is_loss, number in (
            ("matched", False, len(found)), ("alleles_differ", True, len(here) - len(found)),
            ("not_among_the_variants", True, len(rows) - len(here)),
            ("ref_compared", False, is_compared.sum()), ("ref_differs", False, differs.sum()),
        ):  # fmt: skip
            counts[why, is_loss] += int(number)
        return found


def check_reference(counts: Counts, max_mismatch_rate: float, path: str | Path, build: str) -> None:
    """Raise `InputError` if REF differs at too many shared SNP positions: the file is on another build or strand."""
    compared, differs = counts["ref_compared", False], counts["ref_differs", False]
    if compared >= MIN_ROWS_JUDGED and differs > max_mismatch_rate * compared:
        raise InputError(f"REF differs from ours at {differs} of {compared} SNPs at shared positions: not {build}",
                         file=path, remedy="set the true `build` of the file in the freeze")  # fmt: skip
