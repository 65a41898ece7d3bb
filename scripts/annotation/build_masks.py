"""Write the gene sets and masks in the files that regenie reads."""

import logging
from collections.abc import Mapping, Sequence

import pandas as pd

from alsreg.config.annotation import AnnotationConfig
from alsreg.errors import AnalysisError
from alsreg.formats.regenie import write_annotations, write_masks, write_set_list
from alsreg.genotypes.masking import (
    Selection,
    categories,
    gene_sets,
    mask_categories,
    name_places,
    read_annotated,
    select_rows,
)
from alsreg.runlog import rule_log
from alsreg.tables.results import MASK_COUNTS

log = logging.getLogger("alsreg.annotation")


def build_masks(
    annotations: Sequence[str],
    settings: AnnotationConfig,
    outputs: dict[str, str],
    values: Sequence[str] = (),
    populations: Sequence[str] = (),
) -> None:
    """Join the shards' annotations and write masks; count what each mask selects.

    Parameters
    ----------
    outputs
        ``annotations``, ``set_list``, ``masks``, ``counts``.
    values
        Scores and frequencies elsewhere of the same shards, if the freeze has such files.
    populations
        Populations the freeze has frequencies of.

    Raises
    ------
    AnalysisError
        If no mask selects any variant, or scores that a mask needs are missing for too many.
    """
    table = read_annotated(annotations, values, populations, settings)
    selections = {name: select_rows(table, name, mask, settings) for name, mask in settings.masks.items()}
    counts = _count(table, settings, selections)
    if not (counts["status"] == "used").any():
        raise AnalysisError(
            "no mask selects any variant", where="key annotation.masks", value=list(settings.masks),
            remedy=f"consequences of this freeze: {', '.join(sorted(table['consequence'].unique())) or 'none at all'}",
        )  # fmt: skip
    table, split = name_places(table)
    for gene in split:
        log.warning("gene %s stands on more than one chromosome: its places are tested apart", gene)
    consequence = table["consequence"]
    table["consequence"] = categories(table, settings.masks, selections)
    write_annotations(table, outputs["annotations"])
    write_set_list(gene_sets(table), outputs["set_list"])
    used = set(counts.loc[counts["status"] == "used", "mask"])
    words = table["consequence"]
    masks = {name: mask_categories(words, consequence, name, mask) for name, mask in settings.masks.items()}
    write_masks({name: listed for name, listed in masks.items() if name in used}, outputs["masks"])
    MASK_COUNTS.write(counts, outputs["counts"])


def _count(table: pd.DataFrame, settings: AnnotationConfig, selections: Mapping[str, Selection]) -> pd.DataFrame:
    """One row per mask and consequence. A mask that matches nothing stays, and says so."""
    rows = []
    for name, mask in settings.masks.items():
        is_empty = not selections[name].is_selected.any()
        if is_empty:
            log.warning("mask %s matches no variant of this freeze", name)
        for consequence in mask.all_consequences:
            has_it = table["consequence"] == consequence
            hits = table[has_it]
            unused = "the mask matches no variant" if is_empty else "no variant has this consequence"
            fates = selections[name].counts(has_it, table["variant_id"])
            status = "used" if fates["n_selected"] else unused if is_empty or not len(hits) else "none passes the mask"
            rows.append({
                "mask": name, "consequence": consequence, "n_variants": hits["variant_id"].nunique(),
                "n_genes": hits["gene"].nunique(), "status": status, **fates,
            })  # fmt: skip
    counts = pd.DataFrame(rows)
    is_plain = all(mask.is_plain for mask in settings.masks.values())
    return counts[MASK_COUNTS.column_names[:5]] if is_plain else counts


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        build_masks(
            annotations=snakemake.input.variants,
            settings=AnnotationConfig(**snakemake.params.settings),
            outputs={name: snakemake.output[name] for name in ("annotations", "set_list", "masks", "counts")},
            values=snakemake.input.sites,
            populations=snakemake.params.populations,
        )
