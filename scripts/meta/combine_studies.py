"""Join cohorts and other registries' files in one meta-analysis, and look variants up in it."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from alsreg.config.meta import MetaAnalysis, MetaConfig
from alsreg.engines.meta import Found, Study, combine, hits_of, pair_of, replicate
from alsreg.errors import InputError
from alsreg.formats.atomic import atomic_path
from alsreg.formats.gwas_ssf import MISSING, index_and_describe, metadata_path
from alsreg.formats.summary_statistics import CHROMOSOMES, KEY, PLACE, require_build
from alsreg.formats.text_table import BGZF_END, bgzip, header_line, to_text
from alsreg.runlog import rule_log
from alsreg.tables.meta import META_COUNTS, META_HITS, META_LOOKUP, META_STATISTICS
from alsreg.tables.results import ANALYSIS_SAMPLES


def combine_studies(inputs: Any, analysis: MetaAnalysis, told: Mapping[str, Any], outputs: Mapping[str, Path]) -> None:
    """Write statistics, counts, hits and lookup.

    ``told`` has ``kind`` (of the trait), ``settings`` (`MetaConfig`), ``max_p`` and ``window_kb`` of hits, ``date``.
    """
    require_strangers(dict(zip(analysis.cohorts, inputs.samples, strict=True)))
    studies = [
        Study(name, Path(path), told["kind"]) for name, path in zip(analysis.cohorts, inputs.statistics, strict=True)
    ]
    for (name, study), path in zip(analysis.external.items(), inputs.external, strict=True):
        require_build(Path(path), study.build)
        studies.append(Study(name, Path(path), told["kind"], study.strand == "forward", study.n, study.n_events))
    lookup = read_lookup(Path(inputs.lookup[0])) if inputs.lookup else None
    wanted = set() if lookup is None else set(zip(lookup["key"], lookup["pair"], strict=True))
    found = Found(told["max_p"], wanted)
    metadata = {"date_metadata_last_modified": told["date"], "trait_description": [analysis.trait], "genome_assembly": "GRCh38",
                "coordinate_system": "1-based", "analysis_software": "alsreg"}  # fmt: skip
    with ExitStack() as stack:
        statistics, index, about = (
            stack.enter_context(atomic_path(outputs[name])) for name in ("statistics", "index", "metadata")
        )
        md5 = write_statistics(combine(studies, told["settings"], found), statistics)
        index_and_describe(statistics, metadata, md5)
        Path(f"{statistics}.tbi").replace(index)
        metadata_path(statistics).replace(about)
    counts = [
        {"study": study.name, "reason": reason, "n_variants": n}
        for study in studies
        for reason, n in study.counts.items()
    ]
    META_COUNTS.write(pd.DataFrame(counts, columns=META_COUNTS.column_names), outputs["counts"])
    META_HITS.write(hits_of(found, told["window_kb"]).reindex(columns=META_HITS.column_names), outputs["hits"])
    rows = META_LOOKUP.empty() if lookup is None else replicate(found, lookup)
    META_LOOKUP.write(rows.reindex(columns=META_LOOKUP.column_names), outputs["lookup"])


def require_strangers(samples: Mapping[str, str]) -> None:
    """Refuse cohorts that share people: they would count twice, and p would be too small."""
    seen: dict[str, set[str]] = {}
    for cohort, path in samples.items():
        people = set(ANALYSIS_SAMPLES.read(path)["#IID"])
        for other, others in seen.items():
            if n := len(people & others):
                raise InputError(f"{n} people are in both cohorts {other} and {cohort}", where="key meta.analyses",
                                 remedy="join cohorts without people in common")  # fmt: skip
        seen[cohort] = people


def read_lookup(path: Path) -> pd.DataFrame:
    """Variants to look for, with the keys they are found by."""
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    lacking = [name for name in (*PLACE, "direction") if name not in table.columns]
    if lacking:
        raise InputError(
            f"columns are missing: {', '.join(lacking)}", file=path, where="line 1", remedy="see docs/meta.md"
        )
    number = table["chromosome"].str.removeprefix("chr").map(CHROMOSOMES)
    is_place = number.notna() & table["base_pair_location"].str.fullmatch(r"\d+") & table["direction"].isin(["+", "-"])
    if not is_place.all():
        k = int((~is_place).to_numpy().argmax())
        raise InputError("chromosome, position or direction cannot be used", file=path, where=f"line {k + 2}", value="\t".join(table.iloc[k]),
                         remedy="give chromosome 1-22 or X, a whole position, and + or -")  # fmt: skip
    table["chromosome"], table["base_pair_location"] = number.astype(int), table["base_pair_location"].astype(int)
    pairs = [pair_of(a, b) for a, b in zip(table["effect_allele"], table["other_allele"], strict=True)]
    return table.assign(key=table["chromosome"] * KEY + table["base_pair_location"], pair=pairs)


def write_statistics(parts: Iterator[pd.DataFrame], path: Path) -> str:
    """Write bgzipped rows as they come; the file's MD5."""
    checksum, names = hashlib.md5(usedforsecurity=False), META_STATISTICS.column_names
    with path.open("wb") as file:

        def write(text: bytes) -> None:
            file.write(text)
            checksum.update(text)

        write(bgzip(header_line(names)))
        for part in parts:
            table = pa.Table.from_pandas(
                META_STATISTICS.conform(part[names]), META_STATISTICS.schema, preserve_index=False
            )
            if len(part):
                write(bgzip(to_text(table, MISSING)))
        write(BGZF_END)
    return checksum.hexdigest()


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        combine_studies(
            inputs=snakemake.input,
            analysis=MetaAnalysis(**snakemake.params.analysis),
            told={
                "kind": snakemake.params.kind,
                "settings": MetaConfig(**snakemake.params.settings),
                "max_p": snakemake.params.association["max_p_lead"],
                "window_kb": snakemake.params.association["lead_window_kb"],
                "date": snakemake.params.freeze_date,
            },
            outputs={name: Path(path) for name, path in snakemake.output.items()},
        )
