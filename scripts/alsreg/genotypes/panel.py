"""Carriers in the genes of a list: which variants count, who carries them, and whose repeats are long."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from alsreg.config.annotation import AnnotationConfig
from alsreg.config.panel import PanelConfig, RepeatRange
from alsreg.formats.gene_list import GeneList
from alsreg.formats.repeats import CALLED
from alsreg.genotypes.masking import masks_of_rows

log = logging.getLogger("alsreg.panel")

COUNTED = "counted"
UNKNOWN = "no annotated variant has this gene symbol"
ASSESSED, NOT_ASSESSED, NO_REPEAT = "assessed", "not assessed", "no repeat judged here"
NORMAL, INTERMEDIATE, EXPANDED = "normal", "intermediate", "expanded"


def select_variants(
    table: pd.DataFrame, listed: GeneList, places: pd.DataFrame, settings: tuple[PanelConfig, AnnotationConfig]
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Variants of listed genes that a mask selects, and genes whose symbol stands elsewhere in the annotation.

    Parameters
    ----------
    table
        As `read_annotated` gives it.
    places
        Where genes are known to lie on GRCh38: ``gene, chromosome, start, end``. Another gene of that name, or another build,
        is told by it; listed genes without a row are not checked.

    Returns
    -------
    Rows of the table with ``masks`` and ``tier``, and by gene where it is annotated instead.
    """
    masks = masks_of_rows(table, settings[0].masks or list(settings[1].masks), settings[1])
    rows = table.assign(masks=masks).merge(listed.table[["gene", "tier"]], on="gene")
    misplaced = {}
    for gene, chromosome, start, end in places[["gene", "chromosome", "start", "end"]].itertuples(
        index=False, name=None
    ):
        of_gene = rows[rows["gene"] == gene]
        is_here = (of_gene["chromosome"] == chromosome) & of_gene["position"].between(start - 10_000, end + 10_000)
        if len(of_gene) and not is_here.any():
            misplaced[gene] = f"annotated at {of_gene['chromosome'].iloc[0]}:{of_gene['position'].iloc[0]}"
            log.warning("%s is %s, known at %s:%d-%d", gene, misplaced[gene], chromosome, start, end)
    return rows[(rows["masks"] != "") & ~rows["gene"].isin(misplaced)].reset_index(drop=True), misplaced


def judge_variants(variants: pd.DataFrame, counts: np.ndarray, settings: PanelConfig) -> pd.DataFrame:
    """Which of the variants that masks select count.

    Parameters
    ----------
    variants
        ``alt_frequency``, ``is_excluded``, ``is_present`` (the cohort has genotypes).
    counts
        ALT copies ``(len(variants), n)`` of the cohort's people, negative where missing.

    Returns
    -------
    The variants with ``n_called``, ``n_carriers`` and ``status``.
    """
    n_carriers = (counts > 0).sum(axis=1)
    is_common = (variants["alt_frequency"] > settings.max_allele_frequency).to_numpy(dtype=bool) & (n_carriers > 1)
    reasons = [
        (~variants["is_present"].to_numpy(dtype=bool), "not among the cohort's variants"),
        (variants["is_excluded"].to_numpy(dtype=bool), "excluded by variant QC"),
        (n_carriers == 0, "nobody carries it"),
        (is_common, "too common in the cohort"),
    ]
    status = np.select([hit for hit, _ in reasons], [reason for _, reason in reasons], COUNTED)
    return variants.assign(n_called=(counts >= 0).sum(axis=1), n_carriers=n_carriers, status=status)


def list_carriers(variants: pd.DataFrame, counts: np.ndarray, people: Sequence[str]) -> pd.DataFrame:
    """One row per person and variant counted."""
    index, person = np.nonzero((counts > 0) & (variants["status"] == COUNTED).to_numpy()[:, None])
    columns = ["gene", "tier", "variant_id", "consequence", "is_pathogenic"]
    rows = variants[columns].iloc[index].reset_index(drop=True)
    return rows.assign(person=np.asarray(people, dtype=object)[person], copies=counts[index, person].astype(np.int64))


def people_assessed(people: Sequence[str], persons: pd.DataFrame, kinds: Mapping[str, str]) -> np.ndarray:
    """Who has a usable sample in an assay that reads sequence, ``(n,)``; in any, where the cohort has no such assay.

    ASSUME: an array shows only the variants it was made for, so that people with nothing else are no non-carriers.
    `kinds` says of each assay of the cohort whether it is an array, wes or wgs.
    """
    reading = [assay for assay, kind in kinds.items() if kind != "array"] or list(kinds)
    usable = persons[persons["is_usable"].to_numpy(dtype=bool) & persons["assay"].isin(reading).to_numpy()]
    return np.isin(np.asarray(people, dtype=object), usable["person"].to_numpy(dtype=object))


def classify_repeats(calls: pd.DataFrame, ranges: Mapping[str, RepeatRange]) -> pd.DataFrame:
    """Calls (``gene, longer, lower, upper, status``) with ``repeat_class`` and ``is_uncertain``."""
    rows = []
    for gene, longer, lower, upper, status in calls[["gene", "longer", "lower", "upper", "status"]].itertuples(
        index=False, name=None
    ):
        classes = (
            [_class_of(int(size), ranges[gene]) for size in (longer, lower, upper)] if status == CALLED else [None]
        )
        rows.append((classes[0], len(set(classes)) > 1 if status == CALLED else None))
    return calls.assign(repeat_class=[row[0] for row in rows], is_uncertain=[row[1] for row in rows])


def repeats_of_people(
    calls: pd.DataFrame, persons: pd.DataFrame, assay: str, people: Sequence[str], settings: PanelConfig
) -> pd.DataFrame:
    """Calls of the people, by their usable samples of `assay`, with their classes; of several samples the longest call speaks."""
    is_of_assay = persons["is_usable"].to_numpy(dtype=bool) & (persons["assay"] == assay).to_numpy()
    found = calls.merge(persons.loc[is_of_assay, ["sample", "person"]], on="sample")
    found = found[found["person"].isin(people)]
    log.info("repeats: %d of %d calls are of the cohort's people", len(found), len(calls))
    order = ["person", "gene", "is_called", "longer"]
    ordered = found.assign(is_called=found["status"] == CALLED).sort_values(order, kind="stable")
    return classify_repeats(ordered.drop_duplicates(["person", "gene"], keep="last"), settings.repeats)


def _class_of(size: int, limits: RepeatRange) -> str:
    if size >= limits.expanded_from:
        return EXPANDED
    is_between = limits.intermediate_from is not None and size >= limits.intermediate_from
    return INTERMEDIATE if is_between else NORMAL


def definitive_carriers(
    carriers: pd.DataFrame, repeats: pd.DataFrame, definitive: Sequence[str], *, pathogenic_only: bool
) -> pd.DataFrame:
    """``person, gene`` of carriers of a variant counted, or of an expanded repeat, in a definitive gene; each once."""
    by_variant = carriers[carriers["gene"].isin(definitive)]
    if pathogenic_only:
        by_variant = by_variant[by_variant["is_pathogenic"].eq(True).fillna(False).astype(bool)]
    by_repeat = repeats[(repeats["repeat_class"] == EXPANDED).fillna(False) & repeats["gene"].isin(definitive)]
    both = pd.concat([by_variant[["person", "gene"]], by_repeat[["person", "gene"]]])
    return both.drop_duplicates().sort_values(["person", "gene"], ignore_index=True)


def count_repeats(repeats: pd.DataFrame, gene: str) -> dict[str, int]:
    """People by class of a gene's repeat."""
    rows = repeats[(repeats["gene"] == gene) & (repeats["status"] == CALLED)]
    return {
        "n_repeat_assessed": len(rows),
        "n_intermediate": int((rows["repeat_class"] == INTERMEDIATE).sum()),
        "n_expanded": int((rows["repeat_class"] == EXPANDED).sum()),
        "n_uncertain": int(rows["is_uncertain"].eq(True).fillna(False).sum()),
    }


def describe_genes(
    listed: GeneList, known: Mapping[str, str], variants: pd.DataFrame, found: tuple[pd.DataFrame, pd.DataFrame],
    assessed: Collection[str], panel: PanelConfig, given: Mapping[str, bool],
) -> pd.DataFrame:  # fmt: skip
    """Rows of `PANEL_GENES`.

    `known` is the status of genes of the annotation, `found` are carriers and repeats, `given` says whether the freeze has
    ``clinvar`` and ``repeats``.
    """
    carriers, repeats = found
    rows = []
    for row in listed.table.to_dict("records"):
        own = carriers[carriers["gene"] == row["gene"]]
        inside = own[own["person"].isin(assessed)]
        judged = row["gene"] in panel.repeats
        rows.append({
            **row, "is_definitive": row["tier"] in panel.definitive_tiers,
            "status": known.get(row["gene"], UNKNOWN), "n_assessed": len(assessed),
            "n_variants": int(((variants["gene"] == row["gene"]) & (variants["status"] == COUNTED)).sum()),
            "n_carriers": inside["person"].nunique(),
            "n_pathogenic_carriers": _n_pathogenic(inside) if given["clinvar"] else None,
            "n_carriers_elsewhere": own["person"].nunique() - inside["person"].nunique(),
            "repeat_status": NO_REPEAT if not judged else ASSESSED if given["repeats"] else NOT_ASSESSED,
            **(count_repeats(repeats, row["gene"]) if judged and given["repeats"] else {}),
            "list_version": listed.version, "list_sha256": listed.sha256,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _n_pathogenic(carriers: pd.DataFrame) -> int:
    return carriers.loc[carriers["is_pathogenic"].eq(True).fillna(False).astype(bool), "person"].nunique()
