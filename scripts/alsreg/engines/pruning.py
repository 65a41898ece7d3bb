"""Variants of a fileset that tell relationships: autosomal, common, and in approximate linkage equilibrium."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from alsreg.config.structure import StructureConfig
from alsreg.errors import AnalysisError
from alsreg.formats.contigs import canonical_chromosome
from alsreg.formats.shards import ShardedReader
from alsreg.genotypes.autosomes import AUTOSOMES
from alsreg.genotypes.pruning import prune_by_correlation, thin_evenly
from alsreg.stats.null import IntArray

log = logging.getLogger("alsreg.engines")
BLOCK = 4096


def rows_by_chromosome(variants: pd.DataFrame) -> dict[str, IntArray]:
    """Row numbers of autosomal variants (`PVAR_COLUMNS`) by chromosome, ascending; chromosomes in their order."""
    names = {contig: canonical_chromosome(contig) for contig in variants["CHROM"].unique()}
    chromosome = variants["CHROM"].map(names)
    found = {name: np.flatnonzero(chromosome == name) for name in AUTOSOMES}
    return {name: rows for name, rows in found.items() if len(rows)}


def pruned_rows(reader: ShardedReader, settings: StructureConfig | None) -> dict[str, IntArray]:
    """Rows by chromosome: all autosomal ones, or (with `settings`) those that stay after pruning and thinning.

    Common and well-called SNPs are pruned by correlation as the structure stage does it.
    """
    variants = reader.variants
    found = rows_by_chromosome(variants)
    if settings is None:
        return found
    is_snp = ((variants["REF"].str.len() == 1) & (variants["ALT"].str.len() == 1)).to_numpy()
    kept = {}
    for chromosome, rows in found.items():
        rows = rows[is_snp[rows]]
        position = variants["POS"].to_numpy(dtype=np.int64)[rows]
        if (np.diff(position) < 0).any():
            raise AnalysisError("variants are not sorted by position", file=reader.name, where=f"chromosome {chromosome}",
                                remedy="sort them: plink2 --sort-vars")  # fmt: skip
        maf, call_rate = _frequencies(reader, rows)
        chosen = np.flatnonzero((maf >= settings.min_maf) & (call_rate >= settings.min_call_rate))
        rows = rows[chosen]
        keep = prune_by_correlation(
            lambda start, stop, rows=rows: reader.hardcalls_at(rows[start:stop]), position[chosen], maf[chosen],
            settings.window_kb * 1000, settings.max_r2, settings.min_overlap,
        )  # fmt: skip
        kept[chromosome] = rows[keep]
    total = sum(map(len, kept.values()))
    stays = np.zeros(total, dtype=bool)
    stays[thin_evenly(total, settings.max_variants)] = True
    log.info("%d common variants in linkage equilibrium, %d used for relationships", total, stays.sum())
    parts = np.split(stays, np.cumsum([len(rows) for rows in kept.values()])[:-1])
    return {name: rows[part] for (name, rows), part in zip(kept.items(), parts, strict=True)}


def _frequencies(reader: ShardedReader, rows: IntArray) -> tuple[np.ndarray, np.ndarray]:
    """Minor allele frequency (0 where nobody is typed) and call rate of variants."""
    maf, call_rate = np.zeros(len(rows)), np.zeros(len(rows))
    for start in range(0, len(rows), BLOCK):
        counts = reader.hardcalls_at(rows[start : start + BLOCK])
        called = (counts >= 0).sum(axis=1)
        frequency = np.where(counts >= 0, counts, 0).sum(axis=1) / np.maximum(2 * called, 1)
        maf[start : start + BLOCK] = np.minimum(frequency, 1 - frequency)
        call_rate[start : start + BLOCK] = called / counts.shape[1]
    return maf, call_rate
