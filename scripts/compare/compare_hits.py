"""Say what became of each lead of a cohort between two freezes, and why."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from alsreg.config.association import AssociationConfig
from alsreg.config.compare import CompareConfig
from alsreg.engines.hits_compared import Freeze, compare_effects, compare_leads
from alsreg.report.qc_numbers import by_folder
from alsreg.runlog import rule_log
from alsreg.tables.compare import COMPARED_EFFECTS, COMPARED_HITS
from alsreg.tables.results import ANALYSIS_SAMPLES, LEADS, THINNED

Summary = dict[str, Any]


@dataclass(frozen=True)
class Side:
    """A freeze's files of one cohort: tests and thinned p by trait, variant QC by assay, leads of all traits."""

    tests: dict[str, list[str]]
    thinned: dict[str, str]
    variant_qc: dict[str, list[str]]
    leads: pd.DataFrame

    def of(self, trait: str, max_hits: int) -> Freeze:
        """Of one trait, with its leads of smallest p."""
        own = self.leads[self.leads["trait"] == trait].nsmallest(max_hits, "p_value")
        return Freeze(self.tests[trait], self.variant_qc, own)

    def best(self, trait: str, n: int) -> list[str]:
        """The variants with the smallest p."""
        return THINNED.read(self.thinned[trait]).nsmallest(n, "rank")["variant_id"].tolist()


def compare_hits(
    inputs: Any, summaries: tuple[Summary, Summary], association: AssociationConfig, settings: CompareConfig, outputs: dict[str, Path]
) -> None:  # fmt: skip
    """Write leads and effects of the traits of both freezes."""
    older, newer = sides = _sides(inputs, summaries)
    overlap = overlap_of(*(set(ANALYSIS_SAMPLES.read(path)["#IID"]) for path in inputs.people))
    hits, effects = [], []
    for trait in (name for name in newer.tests if name in older.tests):
        then, now = (side.of(trait, settings.max_hits) for side in sides)
        found = compare_leads(
            then, now, association.max_p_lead, association.lead_window_kb, settings.min_shift_z, overlap
        )
        hits.append(found.assign(trait=trait))
        best = [name for side in (newer, older) for name in side.best(trait, settings.n_agreement)]
        led = [*now.leads["variant_id"], *then.leads["variant_id"]]
        effects.append(compare_effects(then.tests, now.tests, [*best, *led], led).assign(trait=trait))
    for parts, table, name in ((hits, COMPARED_HITS, "hits"), (effects, COMPARED_EFFECTS, "effects")):
        filled = [part for part in parts if len(part)]
        frame = pd.concat(filled, ignore_index=True) if filled else table.empty()
        table.write(frame.reindex(columns=table.column_names), outputs[name])


def overlap_of(older: set[str], newer: set[str]) -> float:
    """Correlation of estimates from people of whom some are in both: n_both / sqrt(n_older n_newer)."""
    return len(older & newer) / float(np.sqrt(len(older) * len(newer))) if older and newer else 0.0


def _sides(inputs: Any, summaries: tuple[Summary, Summary]) -> tuple[Side, Side]:
    files = (
        (inputs.older_tests, inputs.older_thinned, inputs.older_variants, inputs.leads[0]),
        (inputs.newer_tests, inputs.newer_thinned, inputs.newer_variants, inputs.leads[1]),
    )
    found = []
    for (tests, thinned, variants, leads), summary in zip(files, summaries, strict=True):
        assays = summary["cohorts"][Path(leads).parent.name]
        by_assay = {assay: paths for assay, paths in by_folder(variants).items() if assay in assays}
        traits = summary["traits"]  # the trait varies fastest along the shards' files
        found.append(Side(
            {trait: tests[k :: len(traits)] for k, trait in enumerate(traits)}, dict(zip(traits, thinned, strict=True)),
            by_assay, LEADS.read(leads),
        ))  # fmt: skip
    return found[0], found[1]


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        compare_hits(
            inputs=snakemake.input,
            summaries=(snakemake.params.older, snakemake.params.newer),
            association=AssociationConfig(**snakemake.params.association),
            settings=CompareConfig(**snakemake.params.settings),
            outputs={name: Path(path) for name, path in snakemake.output.items()},
        )
