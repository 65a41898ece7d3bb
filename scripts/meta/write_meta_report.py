"""Write the page of a meta-analysis: one self-contained page."""

from pathlib import Path
from typing import Any

from alsreg.config.meta import MetaAnalysis
from alsreg.config.report import ReportConfig
from alsreg.formats.atomic import atomic_path
from alsreg.language import gettext, speaking
from alsreg.report import meta
from alsreg.report.meta_model import MetaReport
from alsreg.report.methods import load_provenance
from alsreg.report.render import render_meta
from alsreg.report.results import EFFECTS, RATIOS
from alsreg.runlog import rule_log
from alsreg.tables.meta import META_COUNTS, META_HITS, META_LOOKUP


def write_meta_report(
    inputs: Any, analysis: MetaAnalysis, told: dict[str, Any], settings: ReportConfig, output: Path
) -> None:
    """Write the page; ``told`` has its ``name``, the ``kind`` of trait, and ``hit_p``."""
    with speaking(settings.language):
        page = render_meta(build_report(inputs, analysis, told, settings))
    with atomic_path(output) as temporary:
        temporary.write_text(page, encoding="utf-8")


def build_report(inputs: Any, analysis: MetaAnalysis, told: dict[str, Any], settings: ReportConfig) -> MetaReport:
    """Every number of the page."""
    source, freeze, freeze_date = load_provenance(inputs.provenance)
    kind = told["kind"]
    hits, n_not_shown = meta.hits(META_HITS.read(inputs.hits), kind, settings.max_leads)
    return MetaReport(
        analysis=told["name"],
        trait=analysis.trait,
        effect_name=gettext(RATIOS.get(kind) or EFFECTS[kind]),
        freeze=freeze,
        freeze_date=freeze_date,
        hit_p=told["hit_p"],
        studies=meta.flows(META_COUNTS.read(inputs.counts)),
        hits=hits,
        n_not_shown=n_not_shown,
        has_lookup=analysis.lookup is not None,
        lookup=meta.lookup(META_LOOKUP.read(inputs.lookup), kind),
        provenance=source,
    )


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        write_meta_report(
            inputs=snakemake.input,
            analysis=MetaAnalysis(**snakemake.params.analysis),
            told={
                "name": snakemake.wildcards.analysis,
                "kind": snakemake.params.kind,
                "hit_p": snakemake.params.association["max_p_lead"],
            },
            settings=ReportConfig(**snakemake.params.settings),
            output=Path(snakemake.output.html),
        )
