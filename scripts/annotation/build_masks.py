"""Write the gene sets and masks in the files that regenie reads."""

import logging
from collections.abc import Sequence

import pandas as pd

from alsreg.config.annotation import AnnotationConfig
from alsreg.errors import AnalysisError
from alsreg.formats.contigs import ORDER
from alsreg.formats.regenie import GeneSet, write_annotations, write_masks, write_set_list
from alsreg.runlog import rule_log
from alsreg.tables.results import ANNOTATION, MASK_COUNTS

log = logging.getLogger("alsreg.annotation")


def build_masks(annotations: Sequence[str], settings: AnnotationConfig, outputs: dict[str, str]) -> None:
    """Join the shards' annotations and write masks; count what each mask selects.

    Parameters
    ----------
    outputs
        ``annotations``, ``set_list``, ``masks``, ``counts``.

    Raises
    ------
    AnalysisError
        If no mask selects any variant.
    """
    table = pd.concat([ANNOTATION.read(path) for path in annotations], ignore_index=True)
    counts = _count(table, settings)
    if not (counts["status"] == "used").any():
        raise AnalysisError(
            "no mask selects any variant", where="key annotation.masks", value=list(settings.masks),
            remedy=f"consequences of this freeze: {', '.join(sorted(table['consequence'].unique())) or 'none at all'}",
        )  # fmt: skip
    table = _name_places(table)
    write_annotations(table, outputs["annotations"])
    write_set_list(_gene_sets(table), outputs["set_list"])
    used = set(counts.loc[counts["status"] == "used", "mask"])
    masks = {name: mask.consequences for name, mask in settings.masks.items() if name in used}
    write_masks(masks, outputs["masks"])
    MASK_COUNTS.write(counts, outputs["counts"])


def _count(table: pd.DataFrame, settings: AnnotationConfig) -> pd.DataFrame:
    """One row per mask and consequence. A mask that matches nothing stays, and says so."""
    rows = []
    for name, mask in settings.masks.items():
        is_empty = not table["consequence"].isin(mask.consequences).any()
        if is_empty:
            log.warning("mask %s matches no variant of this freeze", name)
        for consequence in mask.consequences:
            hits = table[table["consequence"] == consequence]
            unused = "the mask matches no variant" if is_empty else "no variant has this consequence"
            status = "used" if len(hits) else unused
            rows.append((name, consequence, hits["variant_id"].nunique(), hits["gene"].nunique(), status))
    return pd.DataFrame(rows, columns=MASK_COUNTS.column_names)


def _name_places(table: pd.DataFrame) -> pd.DataFrame:
    """A symbol on two chromosomes is two genes: each takes its chromosome into its name."""
    is_split = table.groupby("gene")["chromosome"].transform("nunique") > 1
    for gene in sorted(table.loc[is_split, "gene"].unique()):
        log.warning("gene %s stands on more than one chromosome: its places are tested apart", gene)
    return table.assign(gene=table["gene"].where(~is_split, table["gene"] + "_chr" + table["chromosome"]))


def _gene_sets(table: pd.DataFrame) -> list[GeneSet]:
    """Genes by chromosome and first position, variants in order of position."""
    ordered = table.assign(rank=table["chromosome"].map(ORDER)).sort_values(["rank", "position", "ref", "alt"])
    sets = [
        GeneSet(str(gene), rows["chromosome"].iloc[0], int(rows["position"].iloc[0]), tuple(rows["variant_id"]))
        for gene, rows in ordered.groupby("gene", sort=True)
    ]
    return sorted(sets, key=lambda s: (ORDER[s.chromosome], s.position, s.gene))


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        build_masks(
            annotations=snakemake.input.variants,
            settings=AnnotationConfig(**snakemake.params.settings),
            outputs={name: snakemake.output[name] for name in ("annotations", "set_list", "masks", "counts")},
        )
