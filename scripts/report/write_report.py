"""Write the report of one cohort: one self-contained page."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from alsreg.config.report import ReportConfig
from alsreg.formats.atomic import atomic_path
from alsreg.formats.gene_bounds import read_gene_bounds
from alsreg.language import gettext, speaking
from alsreg.report import association, genotypes, people, prognosis, results, trajectories
from alsreg.report.coverage import GenesSeen
from alsreg.report.disclosure import Disclosure
from alsreg.report.few_left_out import without_counts
from alsreg.report.gene_hits import gene_hits
from alsreg.report.gene_quantiles import gene_quantiles
from alsreg.report.longitudinal import longitudinal
from alsreg.report.methods import load_provenance, methods
from alsreg.report.model import CohortReport, GeneResult, TraitResult
from alsreg.report.panel import carriers_left_out, panel_report
from alsreg.report.render import render_cohort
from alsreg.report.verdicts import verdicts_of_assay, verdicts_of_cohort
from alsreg.runlog import rule_log
from alsreg.tables.base import Table
from alsreg.tables.genotypes import COMPONENTS, INGEST_COUNTS, KINSHIP, PAIRS, PERSONS, SAMPLE_QC
from alsreg.tables.leads import LEAD_DECLINE
from alsreg.tables.registry import ISSUES, JOINT_MODEL, PATIENTS, PHENOTYPES, STAGE_TIMES, VISITS
from alsreg.tables.results import COVERAGE, DIAGNOSTICS, GENE_HITS, GENES, LEADS, LEFT_OUT, THINNED

Paths = Any  # named inputs of the rule; every attribute is a path or a list of paths


def write_report(inputs: Paths, analysis: dict[str, Any], settings: ReportConfig, output: Path) -> None:
    """Write the page: `inputs` are named as the rule's, `analysis` is what the rule knows, `settings` what may be shown."""
    with speaking(settings.language):
        page = render_cohort(build_report(inputs, analysis, settings))
    with atomic_path(output) as temporary:
        temporary.write_text(page, encoding="utf-8")


def build_report(inputs: Paths, analysis: dict[str, Any], settings: ReportConfig) -> CohortReport:
    """Every number of the page."""
    hide = Disclosure(settings.min_cell)
    source, freeze, freeze_date = load_provenance(inputs.provenance)
    persons, pairs = PERSONS.read(inputs.persons), PAIRS.read(inputs.pairs)
    components = COMPONENTS.read(inputs.components)
    phenotypes = PHENOTYPES.read(inputs.phenotypes)
    cohort_people = phenotypes[phenotypes["person"].isin(components["person"])]
    visits, stage_times = VISITS.read(inputs.visits), STAGE_TIMES.read(inputs.stage_times)
    diagnostics = DIAGNOSTICS.read(inputs.diagnostics)
    thresholds = (analysis["genome_wide_p"], analysis["lead_p"])
    n_registered, told = len(PATIENTS.read(inputs.patients)), (analysis["burden"], analysis["relatedness"])
    merged, carrier_sets = verdicts_of_cohort(inputs.merged)
    seen = GenesSeen(COVERAGE.read(inputs.coverage[0]), analysis["assays"]) if inputs.coverage else None
    genes = _genes(inputs, analysis, settings, hide, seen)
    carriers = panel_report(inputs.panel, inputs.panel_controls, settings.max_genes, hide, seen)
    report = CohortReport(
        freeze=freeze,
        freeze_date=freeze_date,
        cohort=analysis["cohort"],
        assays=tuple(analysis["assays"]),
        min_cell=settings.min_cell,
        genome_wide_p=thresholds[0],
        lead_p=thresholds[1],
        people_flow=people.people_flow(
            n_registered, persons, analysis["assays"], components, told[1], carriers_left_out(inputs.panel, hide)
        ),
        assay_flows=_assay_flows(inputs, analysis, persons),
        merged=genotypes.merged_step(merged),
        carrier_sets=carrier_sets,
        rules=people.rule_counts(ISSUES.read(inputs.issues)),
        breakdowns=tuple(
            people.breakdown(title, cohort_people[column], hide)
            for column, title in (("sex", gettext("Sex")), ("onset_region", gettext("Region of onset")))
        ),
        quantities=people.quantities(cohort_people, hide),
        survival=people.survival(cohort_people, _survival_row(diagnostics), hide),
        trait_pictures=people.pictures(cohort_people, visits[visits["person"].isin(components["person"])], hide),
        longitudinal=longitudinal(
            stage_times[stage_times["person"].isin(components["person"])],
            JOINT_MODEL.read(inputs.joint_model),
            LEAD_DECLINE.read(inputs.lead_decline),
            hide,
        ),
        trajectories=trajectories.trajectory_report(*_read(inputs, trajectories.TABLES), hide),
        prognosis=prognosis.prognosis_report(*_read(inputs, prognosis.TABLES), hide),
        findings=genotypes.findings(pairs),
        assay_pairs=genotypes.assay_pairs(pairs),
        structure=genotypes.structure(components, KINSHIP.read(inputs.kinship), _variance(inputs.scree), hide),
        relatedness=analysis["relatedness"],
        traits=_traits(inputs, analysis, settings, diagnostics, hide),
        genes=genes,
        panel=carriers,
        methods=methods(analysis["traits"], analysis["builds"], thresholds, dict(source.versions), *told),
        provenance=source,
        hidden=tuple((entry.what, entry.n_hidden, entry.rule) for entry in hide.log),
    )
    is_few = any(step.n is None for step in report.people_flow)
    return without_counts(report, hide) if is_few else report


def _traits(
    inputs: Paths, analysis: dict[str, Any], settings: ReportConfig, diagnostics: pd.DataFrame, hide: Disclosure
) -> tuple[TraitResult, ...]:
    leads, rows = LEADS.read(inputs.leads), diagnostics.set_index("trait", drop=False)
    tables = {name: table.read(getattr(inputs, name)) for name, table in association.TABLES.items()}
    genes = read_gene_bounds(inputs.gene_bounds[0]) if inputs.gene_bounds else pd.DataFrame()
    thresholds = (analysis["genome_wide_p"], analysis["lead_p"])
    found = []
    for trait, path in zip(analysis["traits"], inputs.thinned, strict=True):
        own, row = leads[leads["trait"] == trait], rows.loc[trait]
        result = results.trait_result(row, own, THINNED.read(path), thresholds, settings.max_leads, hide)
        limit = (settings.max_leads_drawn, thresholds[0])
        detail = association.trait_detail(trait, result.kind, own, tables, genes, limit, hide)
        found.append(replace(result, detail=detail if result.status == "tested" else None))
    return tuple(found)


def _genes(
    inputs: Paths, analysis: dict[str, Any], settings: ReportConfig, hide: Disclosure, seen: GenesSeen | None
) -> tuple[GeneResult, ...]:
    """Gene tests by trait; none if the freeze has no annotation."""
    if not inputs.genes:
        return ()
    closer = GENE_HITS.read(inputs.hits[0]), LEFT_OUT.read(inputs.left_out[0])
    tables = {trait: GENES.read(path) for trait, path in zip(analysis["traits"], inputs.genes, strict=True)}
    return tuple(
        replace(
            results.gene_result(trait, rows, settings.max_genes, hide, seen),
            hits=gene_hits(trait, *closer, settings.max_genes, hide), pictures=gene_quantiles(trait, rows),
        )
        for trait, rows in tables.items()
    )  # fmt: skip


def _assay_flows(inputs: Paths, analysis: dict[str, Any], persons: pd.DataFrame) -> tuple:
    ingest = INGEST_COUNTS.read(inputs.ingest)
    samples = pd.concat([SAMPLE_QC.read(path) for path in inputs.samples])
    return tuple(
        genotypes.assay_flow(
            assay, analysis["builds"][assay], ingest, samples, persons, verdicts_of_assay(inputs.variants, assay)
        )
        for assay in analysis["assays"]
    )


def _read(inputs: Paths, tables: dict[str, Table]) -> list[pd.DataFrame]:
    return [table.read(getattr(inputs, name)) for name, table in tables.items()]


def _survival_row(diagnostics: pd.DataFrame) -> pd.Series | None:
    return next((row for _, row in diagnostics.iterrows() if row["kind"] == "survival"), None)


def _variance(path: str) -> np.ndarray:
    return pd.read_csv(path, sep="\t")["variance_share"].to_numpy(dtype=float)


if "snakemake" in globals():
    with rule_log(snakemake.log[0]):
        write_report(
            inputs=snakemake.input,
            analysis=snakemake.params.analysis,
            settings=ReportConfig(**snakemake.params.settings),
            output=Path(snakemake.output.html),
        )
