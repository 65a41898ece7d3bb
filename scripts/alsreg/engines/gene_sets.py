"""Genes, their annotated variants and masks, matched with the genotypes of a cohort."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from alsreg.engines.gene_selection import GeneVariants, MaskMembers
from alsreg.engines.variants import is_haploid_in_males
from alsreg.errors import InputError
from alsreg.formats.contigs import CHROMOSOME_NUMBERS
from alsreg.formats.pgen import PgenReader, read_pvar
from alsreg.formats.regenie import GeneSet, read_annotations, read_set_list
from alsreg.stats.genotype_sums import as_dosages

log = logging.getLogger("alsreg.burden")

# Columns that say where a variant stands and whether it may be used.
VARIANT_COLUMNS = ["variant_id", "chromosome", "position", "ref", "alt", "carrier_set", "is_excluded"]


class MaskRule(NamedTuple):
    """Words of the annotation file that a mask selects, and how common its variants may be among the people tested."""

    consequences: Sequence[str]
    max_frequency: float
    max_mac: float = np.inf


@dataclass(frozen=True)
class GeneCatalogue:
    """All genes of a set list, in its order.

    `members` has one row per gene and variant, genes one after the other: ``gene``, ``variant_id``,
    ``consequence``, ``carrier_set``, ``is_present``, ``is_excluded``, and where the genotypes stand: ``shard``
    and ``row`` (-1 where absent), with its ``position``, ``ref`` and ``alt``. Gene ``k`` has rows ``starts[k]:starts[k + 1]``.
    """

    sets: tuple[GeneSet, ...]
    members: pd.DataFrame
    starts: np.ndarray
    masks: Mapping[str, MaskRule]

    def __len__(self) -> int:
        return len(self.sets)

    def rows(self, k: int) -> pd.DataFrame:
        """Rows of `members` of gene ``k``."""
        return self.members.iloc[self.starts[k] : self.starts[k + 1]]

    def load(self, k: int, readers: Sequence[PgenReader]) -> GeneVariants:
        """Gene ``k`` with the cohort's genotypes, each read once for all masks and traits."""
        rows = self.rows(k)
        consequence, shard, row = (rows[name].to_numpy() for name in ("consequence", "shard", "row"))
        counts = np.full((len(rows), readers[0].n_samples), np.nan)
        for number in np.unique(shard[shard >= 0]):
            here = np.flatnonzero(shard == number)
            calls = readers[int(number)].genotypes_at(row[here].astype(np.uint32))
            counts[here] = as_dosages(calls)
        masks = {
            name: MaskMembers(np.isin(consequence, list(rule.consequences)), rule.max_frequency, rule.max_mac)
            for name, rule in self.masks.items()
        }
        arrays = (rows[name].to_numpy() for name in ("variant_id", "carrier_set", "is_present", "is_excluded"))
        gene = self.sets[k]
        on_x = gene.chromosome == "X" and is_haploid_in_males(CHROMOSOME_NUMBERS["X"], gene.position)
        return GeneVariants(gene.gene, gene.chromosome, *arrays, counts, masks, on_x)


def read_catalogue(
    annotations: str | Path,
    set_list: str | Path,
    masks: Mapping[str, MaskRule],
    variants: Sequence[pd.DataFrame],
) -> GeneCatalogue:
    """Match regenie's annotation file and set list with the variants of each shard (`VARIANT_COLUMNS`, in file order).

    Raises
    ------
    InputError
        If a variant of a gene has no consequence for it, stands on another chromosome than its gene, or its
        name stands twice among the genotypes.
    """
    sets = read_set_list(set_list)
    members = _members(sets, read_annotations(annotations), set_list)
    placed = pd.concat([
        table[VARIANT_COLUMNS].assign(shard=shard, row=np.arange(len(table))) for shard, table in enumerate(variants)
    ])  # fmt: skip
    placed = placed[placed["variant_id"].isin(members["variant_id"])]
    twice = placed["variant_id"].duplicated()
    if twice.any():
        raise InputError("a variant of the set list stands twice among the genotypes", file=set_list,
                         value=placed.loc[twice, "variant_id"].iloc[0], remedy="give every variant a name of its own")  # fmt: skip
    found = members.merge(placed, on="variant_id", how="left", validate="many_to_one")
    _check_chromosomes(found, set_list)
    is_present = found["row"].notna()
    if not is_present.all():
        log.warning("%d of %d variants of %s are not among the genotypes: n_absent counts them by gene and mask",
                    (~is_present).sum(), len(found), set_list)  # fmt: skip
    table = pd.DataFrame({
        **{name: found[name] for name in ("gene", "variant_id", "consequence")},
        "carrier_set": found["carrier_set"].fillna(""), "is_present": is_present,
        "is_excluded": found["is_excluded"].eq(True).fillna(False).astype(bool),
        **{name: found[name].fillna(-1).astype(np.int64) for name in ("shard", "row", "position")},
        **{name: pd.Categorical(found[name]) for name in ("ref", "alt")},
    }).astype({"variant_id": object, "consequence": object, "carrier_set": object})  # fmt: skip
    starts = np.cumsum([0, *(len(s.variants) for s in sets)])
    return GeneCatalogue(tuple(sets), table, starts, masks)


def _members(sets: Sequence[GeneSet], annotations: pd.DataFrame, path: str | Path) -> pd.DataFrame:
    """One row per gene and variant of the set list, with the consequence there."""
    table = pd.DataFrame({
        "gene": [s.gene for s in sets for _ in s.variants], "gene_chromosome": [s.chromosome for s in sets for _ in s.variants],
        "variant_id": [name for s in sets for name in s.variants],
    })  # fmt: skip
    table = table.merge(annotations, on=["gene", "variant_id"], how="left", validate="one_to_one")
    unknown = table[table["consequence"].isna()]
    if len(unknown):
        n, gene = len(unknown), unknown["gene"].iloc[0]
        raise InputError(f"{n} variants of {unknown['gene'].nunique()} genes (first: {gene}) are not annotated for them",
                         file=path, value=unknown["variant_id"].iloc[0],
                         remedy="give each a line in the annotation file, or take it out of the set list")  # fmt: skip
    return table


def _check_chromosomes(found: pd.DataFrame, path: str | Path) -> None:
    wrong = found[found["chromosome"].notna() & (found["chromosome"] != found["gene_chromosome"])]
    if len(wrong):
        first = wrong.iloc[0]
        raise InputError(f"{len(wrong)} variants stand on another chromosome than their gene", file=path,
                         where=f"gene {first['gene']} of chromosome {first['gene_chromosome']}",
                         value=f"{first['variant_id']} of chromosome {first['chromosome']}",
                         remedy="check that both files speak of the same build and genes")  # fmt: skip


def variants_by_name(prefix: str | Path) -> pd.DataFrame:
    """Variants of a fileset under their names there, everybody observed everywhere."""
    table = read_pvar(prefix)
    return pd.DataFrame(
        {"variant_id": table["ID"], "chromosome": table["CHROM"], "position": table["POS"], "ref": table["REF"],
         "alt": table["ALT"], "carrier_set": "", "is_excluded": False}
    )  # fmt: skip
