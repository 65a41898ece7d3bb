"""Measure how much of each gene each assay could see."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from alsreg.formats.contigs import ORDER
from alsreg.formats.intervals import read_bed, read_coding
from alsreg.genotypes.coverage import bases_within, lift_intervals, merge_intervals, variants_within
from alsreg.genotypes.references import read_references
from alsreg.runlog import rule_log
from alsreg.tables.genotypes import VARIANT_QC
from alsreg.tables.results import COVERAGE

log = logging.getLogger("alsreg.annotation")
VARIANT_COLUMNS = ["chromosome", "position", "is_excluded", "call_rate"]


@dataclass(frozen=True)
class AssayView:
    """What an assay looked at: its kind and build, its capture regions if told, its variants by shard."""

    kind: str
    build: str
    variants: Sequence[str]
    bed: str | None = None


@dataclass(frozen=True)
class Models:
    """The file that tells coding bases, its build, and chain files by build."""

    path: str
    build: str = "GRCh38"
    chains: Mapping[str, str] = field(default_factory=dict)


def measure_coverage(models: Models, assays: Mapping[str, AssayView], output: str) -> None:
    """Write one row per gene and assay."""
    chains = read_references(dict(models.chains)).chains
    coding = merge_intervals(lift_intervals(read_coding(models.path), chains.get(models.build)), ["gene", "chromosome"])
    genes = coding.assign(n_coding=coding["end"] - coding["start"] + 1).groupby(["gene", "chromosome"], as_index=False).agg(
        start=("start", "min"), end=("end", "max"), n_coding=("n_coding", "sum")
    )  # fmt: skip
    parts = []
    for name, assay in assays.items():
        seen = _see(coding, assay, chains.get(assay.build)).groupby([coding["gene"], coding["chromosome"]]).sum()
        seen = seen.reset_index()
        table = genes.merge(seen, on=["gene", "chromosome"], validate="one_to_one").assign(assay=name)
        parts.append(_describe(table, assay))
        log.info("%s (%s): %s of %d coding bases visible", name, parts[-1]["basis"].iloc[0],
                 parts[-1]["n_visible"].sum(min_count=1), table["n_coding"].sum())  # fmt: skip
    out = pd.concat(parts)
    out = out.assign(rank=out["chromosome"].map(ORDER), order=out["assay"].map({n: k for k, n in enumerate(assays)}))
    COVERAGE.write(out.sort_values(["rank", "start", "gene", "order"])[COVERAGE.column_names], output)


def _see(coding: pd.DataFrame, assay: AssayView, chain) -> pd.DataFrame:  # type: ignore[no-untyped-def]
    """Counts by coding interval."""
    variants = pd.concat([VARIANT_QC.read(path)[VARIANT_COLUMNS] for path in assay.variants], ignore_index=True)
    seen = variants_within(coding, variants)
    if assay.bed is not None:
        regions = merge_intervals(lift_intervals(read_bed(assay.bed), chain), ["chromosome"])
        seen["n_captured"] = bases_within(coding, regions)
    return seen


def _describe(table: pd.DataFrame, assay: AssayView) -> pd.DataFrame:
    """ASSUME: whole genomes see every base by design; an array sees the bases it has a usable variant at and no other."""
    basis = "capture_bed" if assay.bed is not None else {"wgs": "genome", "array": "sites"}.get(assay.kind, "unknown")
    visible = {"capture_bed": "n_captured", "genome": "n_coding", "sites": "n_sites"}
    n_visible = table[visible[basis]].astype(float) if basis in visible else np.nan
    call_rate = table["call_rate"] / table["n_variants"].where(table["n_variants"] > 0)
    out = table.assign(
        basis=basis, n_visible=n_visible, share_visible=n_visible / table["n_coding"], mean_call_rate=call_rate
    )
    out["share_called"] = out["share_visible"] * out["mean_call_rate"]
    counts = {name: out[name].astype("int64") for name in ("n_variants", "n_excluded")}
    return out.assign(**counts)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        source, params = snakemake.input, snakemake.params
        n_shards = len(source.variants) // len(params.assays)
        beds = iter(source.beds)
        measure_coverage(
            models=Models(
                source.models[0],
                params.models_build,
                dict(zip(params.builds, source.chains, strict=True)),
            ),
            assays={
                name: AssayView(
                    told["kind"],
                    told["build"],
                    source.variants[k * n_shards : (k + 1) * n_shards],
                    next(beds) if told["is_captured"] else None,
                )
                for k, (name, told) in enumerate(params.assays.items())
            },
            output=snakemake.output.coverage,
        )
