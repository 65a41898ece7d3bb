"""Write the page of two freezes: one self-contained page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alsreg.config.compare import CompareConfig
from alsreg.config.report import ReportConfig
from alsreg.formats.atomic import atomic_path
from alsreg.language import speaking
from alsreg.report import compare
from alsreg.report.compare_model import CohortHits, ComparisonReport
from alsreg.report.disclosure import Disclosure
from alsreg.report.methods import load_provenance
from alsreg.report.render import render_comparison
from alsreg.runlog import rule_log
from alsreg.tables.compare import (
    COMPARED_EFFECTS,
    COMPARED_FLOWS,
    COMPARED_HITS,
    COMPARED_NUMBERS,
    COMPARED_SETTINGS,
    COMPARED_VALUES,
)

Summary = dict[str, Any]


def write_comparison(inputs: Any, told: dict[str, Any], settings: ReportConfig, output: Path) -> None:
    """Write the page: `inputs` are named as the rule's, `told` is what `build_comparison` takes."""
    with speaking(settings.language):
        page = render_comparison(build_comparison(inputs, told, settings))
    with atomic_path(output) as temporary:
        temporary.write_text(page, encoding="utf-8")


def build_comparison(inputs: Any, told: dict[str, Any], settings: ReportConfig) -> ComparisonReport:
    """Every number of the page.

    ``told`` holds ``older`` and ``newer`` (what the freezes have), ``traits`` (name: type), ``lead_p`` and ``compared``
    (`CompareConfig`).
    """
    hide = Disclosure(settings.min_cell)
    older, newer, compared = told["older"], told["newer"], told["compared"]
    differences = COMPARED_SETTINGS.read(inputs.settings)
    phrases = {"older": older["id"], "newer": newer["id"], "lead_p": told["lead_p"], "max_rows": settings.max_leads,
               "settings": compare.tests_changed(differences)}  # fmt: skip
    alone, cohorts = tuple(_only_in_one(older, newer)), []
    for hits_path, effects_path in zip(inputs.hits, inputs.effects, strict=True):
        hits, effects = COMPARED_HITS.read(hits_path), COMPARED_EFFECTS.read(effects_path)
        traits = tuple(
            compare.trait_hits(trait, kind, hits[hits["trait"] == trait], effects[effects["trait"] == trait], phrases, hide)
            for trait, kind in told["traits"].items() if trait in older["traits"]
        )  # fmt: skip
        cohorts.append(CohortHits(Path(hits_path).name.removesuffix(".hits.tsv"), traits))
    return ComparisonReport(
        older=older["id"],
        newer=newer["id"],
        min_cell=settings.min_cell,
        lead_p=told["lead_p"],
        min_shift_z=compared.min_shift_z,
        only_in_one=alone,
        flows=compare.flows(COMPARED_FLOWS.read(inputs.flows), hide),
        values=compare.values(COMPARED_VALUES.read(inputs.values), hide),
        numbers=compare.numbers(COMPARED_NUMBERS.read(inputs.numbers), {name for _, name, _ in alone}, hide),
        cohorts=tuple(cohorts),
        settings=compare.settings(differences),
        provenance=load_provenance(inputs.provenance)[0],
        hidden=tuple((entry.what, entry.n_hidden, entry.rule) for entry in hide.log),
    )


def _only_in_one(older: Summary, newer: Summary) -> Iterator[tuple[str, str, str]]:
    """Cohorts, traits and assays of one freeze alone."""
    for what, key in (("cohort", "cohorts"), ("trait", "traits"), ("assay", "assays")):
        for side, other in ((older, newer), (newer, older)):
            yield from ((what, name, side["id"]) for name in side[key] if name not in other[key])


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        write_comparison(
            inputs=snakemake.input,
            told={
                "older": snakemake.params.older,
                "newer": snakemake.params.newer,
                "traits": snakemake.params.traits,
                "lead_p": snakemake.params.association["max_p_lead"],
                "compared": CompareConfig(**snakemake.params.compared),
            },
            settings=ReportConfig(**snakemake.params.settings),
            output=Path(snakemake.output.html),
        )
