"""Scores and covariances of a gene's variants, made fit to leave the registry.

A score of a variant that one person carries is that person's residual. Variants with few copies are therefore summed, by gene and
annotation, before anything is written; sums with few copies are left out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.config.burden import BurdenConfig
from alsreg.engines.gene_blocks import CarrierBlock, carrier_block, covariance_of
from alsreg.engines.gene_selection import (
    KEPT,
    TOO_COMMON,
    GeneVariants,
    ObservedGene,
    ObservedVariants,
    RareRows,
    expected_events,
    fates,
    observe,
)
from alsreg.engines.genes import CORRECTIONS
from alsreg.engines.nulls import NullModels
from alsreg.engines.variants import UNTESTED_CHROMOSOMES
from alsreg.formats.gene_scores import COLUMNS, SCORED, GeneScores
from alsreg.formats.gene_scores import TOO_COMMON as TOO_COMMON_STATUS
from alsreg.stats import gene_tests
from alsreg.stats.null import FloatArray

SUMMED = "."  # in place of the alleles of rows that sum several variants


def score_gene(
    gene: GeneVariants, details: pd.DataFrame, trait: str, models: NullModels, settings: BurdenConfig
) -> GeneScores | None:
    """Rows to be exported of one gene and trait; none where nothing can be.

    Parameters
    ----------
    details
        Of each variant of `gene`: ``consequence``, ``position``, ``ref`` and ``alt``.
    """
    if gene.chromosome in UNTESTED_CHROMOSOMES:
        return None
    observed = observe(gene, trait, models)
    fate = fates(gene, observed, list(gene.masks))
    words = details["consequence"].to_numpy(dtype=object)
    rows = [_rows(part, observed, fate, words, settings.min_mac_exported) for part in observed.sets]
    rows = [part for part in rows if len(part.members)]
    common = _too_common(gene, details, fate)
    if not rows:
        return GeneScores(gene.gene, common, np.full((len(common),) * 2, np.nan)) if len(common) else None
    blocks = [carrier_block(part, settings) for part in rows]
    phi = covariance_of(blocks)
    parts = [
        _describe(
            block,
            part,
            np.array([observed.mac[row].sum() for row in part.members]),
            gene,
            details,
            settings.min_mac_exported,
        )
        for block, part in zip(blocks, rows, strict=True)
    ]
    table, phi = _join_sums(_align(pd.concat(parts, ignore_index=True), observed, phi), settings.min_mac_exported)
    if not len(table) and not len(common):
        return None
    k, m = len(table), len(common)
    padded = np.full((k + m, k + m), np.nan)
    padded[:k, :k] = phi
    both = pd.concat([part for part in (table, common) if len(part)], ignore_index=True)
    return GeneScores(gene.gene, both[[c for c in COLUMNS if c != "covariances"]], padded)


def _rows(
    part: ObservedVariants, observed: ObservedGene, fate: NDArray[np.int64], words: NDArray[np.object_], min_mac: float
) -> RareRows:
    """Variants of one carrier set: those with `min_mac` copies alone, the others summed by annotation."""
    inside = fate[part.rows] == KEPT
    kept, copies = part.rows[inside], part.copies[inside]
    is_alone = observed.mac[kept] >= min_mac
    members, lines = list(kept[is_alone][:, None]), list(copies[is_alone])
    for word in sorted(set(words[kept[~is_alone]])):
        chosen = ~is_alone & (words[kept] == word)
        filled = np.where(np.isnan(copies[chosen]), np.nanmean(copies[chosen], axis=1, keepdims=True), copies[chosen])
        members.append(kept[chosen])
        lines.append(filled.sum(axis=0))
    frequency = np.array([observed.frequency[row].mean() for row in members])
    return RareRows(part.fitted, tuple(members), np.array(lines).reshape(len(lines), copies.shape[1]), frequency)


def _describe(
    block: CarrierBlock, rows: RareRows, mac: FloatArray, gene: GeneVariants, details: pd.DataFrame, min_mac: float
) -> pd.DataFrame:
    """One row per row of the block, of the rarer allele; ``row`` is the variant's number, -1 of a sum.

    A lone variant with few copies is a sum of one, and told by no place of its own either.
    """
    first = np.array([row[0] for row in rows.members])
    is_sum = mac < min_mac
    is_sum |= np.array([len(row) > 1 for row in rows.members])
    scores, tests = block.fitted.model.score(block.copies), block.tests
    carriers = block.copies >= 0.5
    known = ~np.isnan(block.copies)
    table = details.iloc[first]
    return pd.DataFrame({
        "gene": gene.gene, "chromosome": gene.chromosome, "position": table["position"].to_numpy(),
        "effect_allele": table["alt"].to_numpy(dtype=object), "other_allele": table["ref"].to_numpy(dtype=object),
        "annotation": table["consequence"].to_numpy(dtype=object), "n_variants": [len(row) for row in rows.members],
        "n": known.sum(axis=1), "n_carriers": carriers.sum(axis=1),
        "mac": mac, "effect_allele_frequency": rows.frequency,
        "expected_events": [float(expected_events(block.fitted, row).min()) for row in carriers],
        "score": scores.u, "v": scores.v, "p_value": tests.p_value, "p_method": tests.p_method.astype(object), "status": SCORED,
        "row": np.where(is_sum, -1, first),
    }).replace({"expected_events": np.inf}, np.nan)  # fmt: skip


def _align(table: pd.DataFrame, observed: ObservedGene, phi: FloatArray) -> tuple[pd.DataFrame, FloatArray]:
    """Scores per copy of ALT, where REF is the rarer allele; sums stay sums of rarer alleles."""
    flipped = {int(row) for part in observed.sets for row in part.rows[part.is_alt_common]}
    sign = np.array([-1.0 if row in flipped else 1.0 for row in table["row"]])
    frequency = np.where(sign < 0, 1 - table["effect_allele_frequency"], table["effect_allele_frequency"])
    return table.assign(score=sign * table["score"], effect_allele_frequency=frequency), phi * np.outer(sign, sign)


def _join_sums(given: tuple[pd.DataFrame, FloatArray], min_mac: float) -> tuple[pd.DataFrame, FloatArray]:
    """Sums of one annotation over all carrier sets in one row; those of fewer copies than `min_mac` are left out."""
    table, phi = given
    is_sum = table["row"] < 0
    groups = [[k] for k in np.flatnonzero(~is_sum)]
    for _, part in table[is_sum].groupby("annotation", sort=True):
        if part["mac"].sum() >= min_mac:
            groups.append(list(part.index))
    if not groups:
        return table.iloc[:0], np.zeros((0, 0))
    sums = np.zeros((len(groups), len(table)))
    for k, group in enumerate(groups):
        sums[k, group] = 1.0
    rows = [_sum(table.iloc[group]) if is_sum[group[0]] else table.iloc[group[0]].to_dict() for group in groups]
    return pd.DataFrame(rows), sums @ phi @ sums.T


def _sum(part: pd.DataFrame) -> dict[str, object]:
    """Rows of different carrier sets as one; corrected p-values are joined through the scores that reproduce them."""
    u, v, p = (part[name].to_numpy(dtype=float) for name in ("score", "v", "p_value"))
    is_corrected = part["p_method"].isin(CORRECTIONS).to_numpy() & ~np.isnan(p)
    corrected = np.where(is_corrected, gene_tests.calibrate_scores(u, v, np.where(is_corrected, p, 1.0)), u)
    joined = p[0] if len(part) == 1 else float(gene_tests.score_p(corrected.sum(), v.sum()))
    methods = part["p_method"] if len(part) == 1 else part.loc[is_corrected, "p_method"]
    sums = {name: part[name].sum() for name in ("n_variants", "n_carriers", "mac", "score")}
    return {
        **part.iloc[0].to_dict(), **sums, "position": "", "effect_allele": SUMMED, "other_allele": SUMMED, "n": part["n"].max(),
        "expected_events": part["expected_events"].sum(min_count=1), "p_value": joined,
        "effect_allele_frequency": np.average(part["effect_allele_frequency"], weights=part["n_variants"]),
        "p_method": "+".join(sorted(set(methods))) or "score",
    }  # fmt: skip


def _too_common(gene: GeneVariants, details: pd.DataFrame, fate: NDArray[np.int64]) -> pd.DataFrame:
    """Variants above every mask's frequency, named so that no other cohort's scores stand for them."""
    rows = np.flatnonzero(fate == TOO_COMMON)
    table = details.iloc[rows]
    columns: dict[str, object] = {
        "gene": gene.gene, "chromosome": gene.chromosome, "position": table["position"].to_numpy(),
        "effect_allele": table["alt"].to_numpy(dtype=object), "other_allele": table["ref"].to_numpy(dtype=object),
        "annotation": table["consequence"].to_numpy(dtype=object), "n_variants": 1,
        "status": TOO_COMMON_STATUS, "p_method": "",
    }  # fmt: skip
    return pd.DataFrame(columns, index=range(len(rows))).reindex(columns=[c for c in COLUMNS if c != "covariances"])
