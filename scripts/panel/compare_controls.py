"""Compare carriers per gene with allele counts of a public sites file."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alsreg.config.annotation import AnnotationConfig
from alsreg.config.panel import SummaryControlsConfig
from alsreg.engines.public_controls import (
    ALL_STRATA,
    TESTED,
    Stratum,
    compare_genes,
    count_losses,
    summarise_masks,
    with_calibration,
)
from alsreg.errors import AnalysisError
from alsreg.formats.shards import ShardedReader
from alsreg.genotypes.control_cases import choose_cases, count_cases, judge
from alsreg.genotypes.control_counts import seen_in_regions
from alsreg.genotypes.masking import masks_of_rows, read_annotated
from alsreg.genotypes.references import read_references
from alsreg.runlog import rule_log
from alsreg.tables.genotypes import COMPONENTS, MERGED_VARIANTS, VARIANT_QC
from alsreg.tables.panel import CONTROL_COUNTS, PANEL_CONTROL_LOSSES, PANEL_CONTROL_MASKS, PANEL_CONTROLS
from alsreg.tables.registry import PATIENTS

log = logging.getLogger("alsreg.panel")


@dataclass(frozen=True)
class Cohort:
    """Filesets and variant tables by shard, people, and per assay that reads sequence its variant QC and capture regions."""

    pgens: Sequence[str]
    variants: Sequence[str]
    patients: str
    components: str
    variant_qc: Mapping[str, Sequence[str]]
    capture: Mapping[str, tuple[str, str]]  # path and build; assays without see everything


def compare_controls(
    cohort: Cohort, annotated: tuple[Sequence[str], Sequence[str], Sequence[str]], controls: Sequence[str],
    told: tuple[Mapping[str, str], Mapping[str, bool]], settings: tuple[SummaryControlsConfig, AnnotationConfig], outputs: Mapping[str, str],
) -> None:  # fmt: skip
    """Write ``controls``, ``masks`` and ``losses``.

    Parameters
    ----------
    annotated
        Annotation tables, tables of values, and populations with frequencies elsewhere.
    controls
        Tables of `read_controls`.
    told
        Chain files by build, and by population whether its source tells homozygotes.
    """
    chosen, annotation = settings
    masks, limits = with_calibration(chosen, annotation)
    table = read_annotated(*annotated, masks, with_controls=True)
    rows = table.assign(masks=masks_of_rows(table, list(limits), masks))
    rows = rows[rows["masks"] != ""]
    counts = pd.concat([CONTROL_COUNTS.read(path) for path in controls], ignore_index=True)
    counts = counts[counts["variant_id"].isin(rows["variant_id"])]
    strata = build_strata(cohort, counts, chosen, told)
    n = max((len(s.variants) and int(s.variants["n_case_called"].max()) for s in strata), default=0)
    limits = {name: limit if limit > 0 else -limit / (2.0 * max(n, 1)) for name, limit in limits.items()}
    rows = rows[rows["variant_id"].isin(counts["variant_id"])]
    found = compare_genes(rows, strata, limits)
    PANEL_CONTROLS.write(found if len(found) else PANEL_CONTROLS.empty(), outputs["controls"])
    summary = (
        summarise_masks(found, strata, chosen.min_carriers_inflation) if len(found) else PANEL_CONTROL_MASKS.empty()
    )
    PANEL_CONTROL_MASKS.write(summary, outputs["masks"])
    losses = count_losses(rows, strata)
    PANEL_CONTROL_LOSSES.write(losses if len(losses) else PANEL_CONTROL_LOSSES.empty(), outputs["losses"])
    whole = found[found["stratum"] == (ALL_STRATA if len(strata) > 1 else strata[0].name)] if len(found) else found
    log.info("%d genes and masks tested against %s", int((whole["status"] == TESTED).sum()) if len(whole) else 0,
             ", ".join(s.controls for s in strata))  # fmt: skip


def build_strata(
    cohort: Cohort,
    counts: pd.DataFrame,
    chosen: SummaryControlsConfig,
    told: tuple[Mapping[str, str], Mapping[str, bool]],
) -> list[Stratum]:
    """Both sides' counts of every variant, by stratum."""
    variants = counts.drop_duplicates("variant_id").reset_index(drop=True)[["variant_id", "chromosome", "position"]]
    merged = pd.concat(
        [MERGED_VARIANTS.read(path)[["variant_id", "carrier_set", "is_excluded"]] for path in cohort.variants]
    )
    variants = variants.merge(merged, on="variant_id", how="left", validate="one_to_one")
    variants["carrier_set"] = variants["carrier_set"].fillna("")
    variants["is_excluded"] = variants["is_excluded"].eq(True).fillna(False).astype(bool)
    excluded = {assay: _excluded(paths) for assay, paths in cohort.variant_qc.items()}
    opened = read_references(dict(told[0]))
    with ShardedReader([path.removesuffix(".pgen") for path in cohort.pgens]) as reader:
        people = reader.samples["IID"].tolist()
        wanted = merged.loc[merged["variant_id"].isin(variants["variant_id"]), "variant_id"]
        genotypes = np.full((len(variants), len(people)), -9, np.int8)
        place = pd.Series(variants.index, index=variants["variant_id"])
        genotypes[place.loc[wanted].to_numpy()] = reader.read_variants(wanted)
    patients, components = PATIENTS.read(cohort.patients), COMPONENTS.read(cohort.components)
    strata = []
    for name, stratum in chosen.strata.items():
        cases = choose_cases(people, patients, components, stratum.reported_ancestry, list(cohort.variant_qc))
        if not len(cases):
            raise AnalysisError("nobody of the stratum has an assay that reads sequence", where=f"key panel.controls.strata.{name}",
                                value=stratum.reported_ancestry, remedy="name values of reported_ancestry of this registry")  # fmt: skip
        used = sorted(set(cases.assay))
        seen = {a: seen_in_regions(variants, *cohort.capture[a], opened) for a in used if a in cohort.capture}
        own = variants.assign(
            is_excluded=variants["is_excluded"] | variants["variant_id"].isin(set().union(*(excluded[a] for a in used)))
        )
        elsewhere = counts[counts["population"] == stratum.controls].drop(
            columns=["chromosome", "position", "ref", "alt", "population"]
        )
        own = own.join(count_cases(variants, genotypes, cases)).merge(
            elsewhere, on="variant_id", how="left", validate="one_to_one"
        )
        own["status"] = judge(own, len(cases), seen, chosen.min_call_rate)
        strata.append(Stratum(name, stratum.controls, own.set_index("variant_id"), told[1][stratum.controls]))
        log.info(
            "stratum %s: %d patients by %s; %s",
            name,
            len(cases),
            "+".join(used),
            own["status"].value_counts().to_dict(),
        )
    return strata


def _excluded(paths: Sequence[str]) -> set[str]:
    tables = (VARIANT_QC.read(path) for path in paths)
    return {name for table in tables for name in table.loc[table["is_excluded"].astype(bool), "variant_id"]}


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        source, params = snakemake.input, snakemake.params
        n_shards = len(source.variants)
        compare_controls(
            cohort=Cohort(
                source.pgen, source.variants, source.patients, source.components,
                {a: source.variant_qc[k * n_shards : (k + 1) * n_shards] for k, a in enumerate(params.assays)},
                dict(zip(params.captured, zip(source.beds, params.bed_builds, strict=True), strict=True)),
            ),
            annotated=(source.annotations, source.values, params.populations),
            controls=source.controls,
            told=(dict(zip(params.builds, source.chains, strict=True)), params.has_homozygotes),
            settings=(SummaryControlsConfig(**params.settings), AnnotationConfig(**params.annotation)),
            outputs=dict(snakemake.output.items()),
        )  # fmt: skip
