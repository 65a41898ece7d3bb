"""Look up scores and frequencies elsewhere of the variants that a mask may select."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from alsreg.config.annotation import AnnotationConfig
from alsreg.config.annotation_sources import FrequencySource, ScoreSource
from alsreg.genotypes.placing import VariantPlaces
from alsreg.genotypes.references import read_references
from alsreg.genotypes.site_values import ValueFile, frequency_file, look_up, score_file
from alsreg.runlog import rule_log
from alsreg.tables.results import ANNOTATION, SITE_COUNTS, SITE_VALUES

log = logging.getLogger("alsreg.annotation")
NAMES = {"chromosome": "CHROM", "position": "POS", "variant_id": "ID", "ref": "REF", "alt": "ALT"}


def match_sites(
    variants: str,
    files: Sequence[tuple[str, Mapping[str, Any]]],
    references: tuple[Mapping[str, str], Sequence[str]],
    settings: AnnotationConfig,
    shard: str,
    outputs: Mapping[str, str],
) -> None:
    """Write one row per variant with a consequence that some mask names.

    Parameters
    ----------
    variants
        Annotated variants of the shard.
    files
        Path of each file, and what it is: ``kind`` (score or frequency), ``name``, ``build``, ``source``.
    references
        Chain files by build, and at most one FASTA.
    outputs
        ``values`` and ``counts``.
    """
    annotated = ANNOTATION.read(variants)
    wanted = annotated[annotated["consequence"].isin(settings.mask_consequences)].drop_duplicates("variant_id")
    places = VariantPlaces(wanted[list(NAMES)].rename(columns=NAMES))
    opened = read_references(dict(references[0]), references[1])
    values = pd.DataFrame(index=pd.Index(wanted["variant_id"], name="variant_id"))
    counts: Counter[tuple[str, str, str, bool]] = Counter()
    for path, told in files:
        file = _describe(path, told)
        rows: Counter[tuple[str, bool]] = Counter()
        found = look_up(file, places, opened, settings.max_mismatch_rate, rows) if len(wanted) else None
        counts.update({(told["name"], "row", *key): n for key, n in rows.items()})
        for column in file.columns.values():
            values[column] = _join(values, column, found)
    for name in dict.fromkeys(told["name"] for _, told in files):
        columns = [c for c in values if c == f"score_{name}" or c.startswith(f"frequency_{name}_")]
        n_with = int(values[columns].notna().any(axis=1).sum())
        counts[name, "variant", "with_value", False] += n_with
        counts[name, "variant", "without_value", True] += len(values) - n_with
        log.log(logging.INFO if n_with or not len(values) else logging.WARNING,
                "%s: %d of %d variants have a value", name, n_with, len(values))  # fmt: skip
    SITE_VALUES.write(values.reset_index(), outputs["values"])
    table = [(shard, *key[:3], key[3], n) for key, n in counts.items()]
    SITE_COUNTS.write(pd.DataFrame(table, columns=SITE_COUNTS.column_names), outputs["counts"])


def _describe(path: str, told: Mapping[str, Any]) -> ValueFile:
    if told["kind"] == "score":
        return score_file(path, told["build"], told["name"], ScoreSource(**told["source"]))
    return frequency_file(path, told["build"], told["name"], FrequencySource(**told["source"]))


def _join(values: pd.DataFrame, column: str, found: pd.DataFrame | None) -> pd.Series:
    """A column with the values of one more file; the highest counts where files overlap."""
    known = values[column] if column in values else pd.Series(float("nan"), index=values.index)
    if found is None:
        return known
    return pd.concat([known, found[column].reindex(values.index)], axis=1).max(axis=1)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        match_sites(
            variants=snakemake.input.variants,
            files=list(zip(snakemake.input.files, snakemake.params.sources, strict=True)),
            references=(
                dict(zip(snakemake.params.builds, snakemake.input.chains, strict=True)),
                snakemake.input.fasta,
            ),
            settings=AnnotationConfig(**snakemake.params.settings),
            shard=snakemake.wildcards.shard,
            outputs={"values": snakemake.output.values, "counts": snakemake.output.counts},
        )
