"""Read allele counts of controls on coding bases, and whether each variant could have been seen there."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alsreg.config.annotation_sources import ControlSource
from alsreg.formats.intervals import read_coding
from alsreg.formats.pgen import read_pvar
from alsreg.genotypes.control_counts import KEYS, read_counts, seen_in_regions, share_at_depth
from alsreg.genotypes.coverage import bases_within, lift_intervals, merge_intervals
from alsreg.genotypes.harmonise import References
from alsreg.genotypes.placing import VariantPlaces
from alsreg.genotypes.references import read_references
from alsreg.runlog import rule_log
from alsreg.tables.panel import CONTROL_COUNTS

log = logging.getLogger("alsreg.annotation")
NAMES = {"ID": "variant_id", "CHROM": "chromosome", "POS": "position", "REF": "ref", "ALT": "alt"}


@dataclass(frozen=True)
class SourceFiles:
    """A source of controls: path and build of its files, depth files, and capture regions (at most one)."""

    source: ControlSource
    files: Sequence[tuple[str, str]]
    coverage: Sequence[tuple[str, str]] = ()
    capture: Sequence[tuple[str, str]] = ()


def read_controls(
    pvars: Sequence[str],
    coding: tuple[str, str],
    sources: Mapping[str, SourceFiles],
    references: tuple[Mapping[str, str], Sequence[str]],
    chromosomes: Sequence[str],
    max_mismatch_rate: float,
    output: str,
) -> None:
    """Write one row per variant and population: variants of any source, and the freeze's own, on coding bases.

    Parameters
    ----------
    pvars
        Variant tables of all assays of the shard.
    coding
        File of coding bases and its build.
    references
        Chain files by build, and at most one FASTA.
    """
    opened = read_references(dict(references[0]), references[1])
    models = merge_intervals(lift_intervals(read_coding(coding[0]), opened.chains.get(coding[1])), ["chromosome"])
    models = models[models["chromosome"].isin(chromosomes)]
    ours = pd.concat([read_pvar(path.removesuffix(".pvar.zst"))[list(NAMES)] for path in pvars]).drop_duplicates("ID")
    here = ours.rename(columns=NAMES).assign(start=ours["POS"], end=ours["POS"])
    inside = here.loc[bases_within(here, models) > 0, KEYS]
    parts = [CONTROL_COUNTS.empty()]
    for name, told in sources.items():
        counts = read_counts(told.files, told.source, models, VariantPlaces(ours), opened, max_mismatch_rate)
        log.info("%s: %d variants on coding bases", name, counts["variant_id"].nunique())
        parts.append(_describe(name, told, counts, inside, opened))
    CONTROL_COUNTS.write(pd.concat([part for part in parts if len(part)] or parts), output)


def _describe(
    name: str, told: SourceFiles, counts: pd.DataFrame, ours: pd.DataFrame, references: References
) -> pd.DataFrame:
    """Rows of `CONTROL_COUNTS` of one source; variants of ours that it lacks have no counts."""
    variants = pd.concat([counts[KEYS], ours]).drop_duplicates("variant_id", ignore_index=True)
    is_captured = np.ones(len(variants), bool)
    for bed, build in told.capture:
        is_captured = seen_in_regions(variants, bed, build, references)
    share = share_at_depth(variants, told.coverage, told.source.coverage_column, references)
    # A base that a file of depths does not list was not looked at.
    share = np.where(np.isnan(share), 0.0, share) if told.coverage else share
    seen = variants.assign(is_captured=is_captured, share_covered=share)
    parts = []
    for population in told.source.populations:
        own = counts[counts["population"] == population].drop(columns=[*KEYS[1:], "population"])
        parts.append(seen.merge(own, on="variant_id", how="left").assign(population=f"{name}.{population}"))
    return pd.concat(parts)


def group_files(paths: Sequence[str], told: Sequence[Mapping], sources: Mapping[str, dict]) -> dict[str, SourceFiles]:
    """Files by source; `told` says of each path its ``name``, ``part`` (files, coverage or capture) and ``build``."""
    found: dict[str, dict[str, list[tuple[str, str]]]] = {
        name: {"files": [], "coverage": [], "capture": []} for name in sources
    }
    for path, one in zip(paths, told, strict=True):
        found[one["name"]][one["part"]].append((path, one["build"]))
    return {name: SourceFiles(ControlSource(**sources[name]), **parts) for name, parts in found.items()}


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        source, params = snakemake.input, snakemake.params
        read_controls(
            pvars=source.pvar,
            coding=(source.models[0], params.models_build),
            sources=group_files(source.files, params.files, params.sources),
            references=(dict(zip(params.builds, source.chains, strict=True)), source.fasta),
            chromosomes=params.chromosomes,
            max_mismatch_rate=params.settings["max_mismatch_rate"],
            output=snakemake.output.controls,
        )
