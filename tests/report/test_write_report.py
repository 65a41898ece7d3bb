"""Numbers of a cohort's page, checked by hand, and pages of cohorts that lack things."""

from __future__ import annotations

import html
import re
from pathlib import Path

import numpy as np
import pytest

from alsreg.config.report import ReportConfig
from alsreg.errors import InputError
from alsreg.language import speaking
from alsreg.report.model import CohortReport, Finding, Level, RuleCount, Step
from alsreg.report.render import render_cohort
from alsreg.tables.registry import ISSUES
from alsreg.tables.results import LEADS
from helpers import report_tables as tables
from report.write_report import build_report, write_report


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> CohortReport:
    return tables.report_of(tmp_path_factory.mktemp("report"))


def text_of(page: str) -> str:
    """What a reader sees, spaces joined."""
    body = re.sub(r"(?s)<(style|script|head)\b.*?</\1>", " ", page)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_people_flow(report: CohortReport) -> None:
    assert report.people_flow == (
        Step("Registered", 14),
        Step("With a sample on these assays", 13, (("no sample", 1),)),
        Step("With a usable sample", 12, (("no sample passed QC and identity", 1),)),
        Step("In the cohort", 12),
        Step("Unrelated, tested", 11, (("relative of somebody who stays", 1),)),
    )


def test_assay_flows(report: CohortReport) -> None:
    wgs, array = report.assay_flows
    assert (wgs.assay, wgs.build, wgs.n_records, wgs.n_written) == ("wgs", "GRCh38", 2000, 0)
    assert (wgs.n_samples, wgs.sample_losses, wgs.n_samples_used) == (7, (("identity", 1),), 6)
    assert (array.n_records, array.n_written, array.n_genotypes_filtered) == (1000, 955, 321)
    assert array.record_losses == (("palindromic_undecided", 40), ("lift_unmapped", 5))
    assert array.record_changes == (("strand_flipped", 17),)
    assert (array.n_samples, array.sample_losses, array.n_samples_used) == (13, (("is_low_call_rate", 1),), 12)
    assert array.variant_losses == (("is_hwe_failure", 1), ("is_low_call_rate", 2))
    assert (array.n_variants_excluded, array.n_variants_used) == (3, 3)


def test_merged(report: CohortReport) -> None:
    assert (report.merged.n, report.merged.losses) == (3, (("is_discordant", 1),))
    assert report.carrier_sets == (("wgs+array", 2), ("array", 1))


def test_registry_and_breakdowns(report: CohortReport) -> None:
    assert report.rules == (RuleCount("item_out_of_range", "error", 3),)
    sex, region = report.breakdowns
    assert sex.levels == (Level("M", 7), Level("F", 5))
    assert region.levels == (Level("upper_limb", None), Level("bulbar", None))


def test_quantities(report: CohortReport) -> None:
    age, delta_fs, entry, n_visits = report.quantities
    assert (age.n, age.mean, age.median, age.lower_quartile, age.upper_quartile) == (12, 61, 61, 55.5, 66.5)
    assert age.sd == pytest.approx(2 * np.sqrt(13))
    assert (delta_fs.mean, delta_fs.sd) == (0.5, 0)
    assert (entry.n, entry.mean) == (11, pytest.approx((7 * 6 + 4 * 16.5) / 11))
    assert (n_visits.n, n_visits.mean) == (12, 2)


def test_survival(report: CohortReport) -> None:
    """Seven are at risk at first, so four deaths leave 3/7; without delayed entry it takes six of eleven."""
    survival = report.survival
    assert (survival.n, survival.n_events) == (11, 6)
    assert (survival.median_months, survival.naive_median_months) == (15, 17)
    assert survival.median_lower <= 15 <= (survival.median_upper or np.inf)
    assert survival.events.levels == (Level("death", None), Level("tracheostomy", None))
    assert survival.exclusions.levels == (Level("no_onset_date", None),)
    assert (survival.entry_tau, survival.entry_tau_p) == (-0.125, 0.5)


def test_identity(report: CohortReport) -> None:
    assert [(finding.finding, finding.n_pairs) for finding in report.findings] == [
        ("expected_match", 4), ("swap", 1), ("relative", 1),
    ]  # fmt: skip
    assert all(isinstance(finding, Finding) and finding.meaning for finding in report.findings)
    (pair,) = report.assay_pairs
    assert (pair.assays, pair.n_pairs, pair.median_n_snps, pair.median_concordance) == ("wgs – array", 3, 200, 0.99)


def test_structure(report: CohortReport) -> None:
    structure = report.structure
    assert (structure.n_people, structure.n_related, structure.n_projected, structure.n_outliers) == (12, 1, 6, 0)
    assert structure.n_pairs == (("first", None),)
    assert structure.variance_percent == pytest.approx([50 / k for k in range(1, 11)])
    assert [picture.title for picture in structure.pictures] == [
        "PC1 and PC2: people per cell", "PC3 and PC4: people per cell", "Variance by component",
    ]  # fmt: skip


def test_trait_results(report: CohortReport) -> None:
    survival, bulbar = report.traits
    assert (survival.n, survival.n_events, survival.n_tested, survival.n_untestable) == (11, 6, 955, 45)
    assert (survival.effect_name, survival.covariates, survival.n_hits) == ("hazard ratio", "sex, PC1", 1)
    assert (survival.lambda_gc, survival.lambda_1000, survival.detectable_effect) == (1.0125, None, 1.625)
    (lead,) = survival.leads
    assert (lead.effect, lead.p_value, lead.ph_p) == (pytest.approx(2), 2.84e-11, 0.25)
    assert (lead.lower, lead.upper) == pytest.approx((2 * np.exp(-0.195996398), 2 * np.exp(0.195996398)))
    assert (lead.n, lead.n_events, lead.n_carriers) == (11, 6, None)
    assert len(survival.pictures) == 2
    assert (bulbar.status, bulbar.n, bulbar.n_events, bulbar.n_tested) == ("no variants", None, None, 0)
    assert (bulbar.leads, bulbar.pictures, bulbar.lambda_gc) == ((), (), None)


def test_gene_results(report: CohortReport) -> None:
    survival, bulbar = report.genes
    assert (survival.n_genes, survival.n_tests, survival.n_untested) == (2, 3, 1)
    assert survival.threshold == pytest.approx(0.05 / 3)
    assert [(row.gene, row.test, row.n_carriers, row.beta, row.is_significant) for row in survival.rows] == [
        ("SOD1", "burden", 7, -0.5, True), ("SOD1", "skat", 7, None, False), ("FUS", "skat", None, None, False),
    ]  # fmt: skip
    assert (bulbar.n_tests, bulbar.threshold, bulbar.rows) == (0, 0.05, ())
    assert [row.visible for row in survival.rows] == ["wgs 98 %, array 0.2 %"] * 2 + ["not among the coding models"]
    assert survival.visible == "wgs 98 %, array 0.2 %"


def test_gene_results__without_coding_models_say_nothing_of_coverage(tmp_path: Path) -> None:
    inputs = tables.write_inputs(tmp_path)
    inputs.coverage = []
    report = build_report(inputs, tables.ANALYSIS, ReportConfig())
    assert report.genes[0].visible == "" and "coding bases seen" not in text_of(render_cohort(report))


def test_page__says_the_numbers(report: CohortReport) -> None:
    text = text_of(render_cohort(report))
    for words in (
        "Bulbar onset could not be tested: no variants.",
        "Survival was tested in 11 people (6 with the event)",
        "hazard ratio 2.00 (1.64 to 2.43) per copy of G, p = 2.84×10⁻¹¹",
        "Records read 1,000",
        "palindromic undecided: 40",
        "no sample: 1",
        "age at onset years 12 61.00 7.21 61.00 55.50 to 66.50",
        "Median survival is 15.0 months",
        "ignoring delayed entry it would have read 17.0",
        "Kendall's τ = −0.125 (p = 0.5)",
        "SOD1 loss of function burden 3 7 −0.500 0.0166 contour wgs 98 %, array 0.2 %",
        "Bonferroni threshold 0.0167",
    ):
        assert words in text, words


def test_page__logs_what_it_hid(report: CohortReport) -> None:
    assert {what for what, _, _ in report.hidden} >= {
        "Region of onset", "pairs: first", "2_50_A_G: carriers", "survival: carriers of FUS",
    }  # fmt: skip
    text = text_of(render_cohort(report))
    assert all(what in text for what, _, _ in report.hidden)


def test_write_report__file_is_the_page(tmp_path: Path) -> None:
    inputs, output = tables.write_inputs(tmp_path), tmp_path / "out/all.html"
    write_report(inputs, tables.ANALYSIS, ReportConfig(), output)
    assert output.read_text() == render_cohort(build_report(inputs, tables.ANALYSIS, ReportConfig()))
    first = output.read_bytes()
    write_report(inputs, tables.ANALYSIS, ReportConfig(), output)
    assert output.read_bytes() == first
    assert [path.name for path in output.parent.iterdir()] == ["all.html"]


def test_write_report__missing_table_leaves_nothing(tmp_path: Path) -> None:
    inputs = tables.write_inputs(tmp_path)
    Path(inputs.leads).unlink()
    with pytest.raises(InputError, match=r"leads\.tsv: table leads is missing"):
        write_report(inputs, tables.ANALYSIS, ReportConfig(), tmp_path / "all.html")
    assert not (tmp_path / "all.html").exists()


def test_without_events(tmp_path: Path) -> None:
    report = tables.report_of(tmp_path, phenotypes=tables.phenotypes().assign(is_event=0, event_kind=None))
    survival = report.survival
    assert (survival.n, survival.n_events, survival.events.levels) == (11, 0, ())
    assert (survival.median_months, survival.median_lower, survival.naive_median_months) == (None, None, None)
    assert "Survival with delayed entry" not in [picture.title for picture in report.trait_pictures]
    assert "Median survival is – months (– to –)" in text_of(render_cohort(report))


@pytest.mark.parametrize("min_cell", [1, 5])
def test_one_person(tmp_path: Path, min_cell: int) -> None:
    report = tables.report_of(tmp_path, 1, min_cell)
    assert report.structure.n_people == 1
    assert report.quantities == ()
    assert report.breakdowns[0].levels == (Level("M", 1 if min_cell == 1 else None),)
    assert f"Cohort {report.cohort}" in text_of(render_cohort(report))


def test_nobody_with_anything_known(tmp_path: Path) -> None:
    """A cohort for which the registry has no dates, no visits, no components."""
    people = tables.phenotypes()
    unknown = {name: None for name in people if name != "person"}
    parts = tables.components().assign(PC1=np.nan, PC2=np.nan, PC3=np.nan, PC4=np.nan)
    report = tables.report_of(tmp_path, phenotypes=people.assign(**unknown), visits=tables.visits(0), components=parts)
    assert report.breakdowns[0].levels == (Level("not known", 12),)
    assert (report.quantities, report.trait_pictures) == ((), ())
    assert len(report.structure.pictures) == 1
    assert "0 people contribute follow-up" in text_of(render_cohort(report))


def test_no_leads_and_no_findings(tmp_path: Path) -> None:
    report = tables.report_of(tmp_path, leads=LEADS.empty(), issues=ISSUES.empty())
    assert (report.rules, report.traits[0].leads, report.traits[0].n_leads) == ((), (), 0)
    text = text_of(render_cohort(report))
    assert "Leads, p < 1.00×10⁻⁵: 0." in text
    assert "The strongest is" not in text


def test_leads__more_than_shown_are_counted(tmp_path: Path) -> None:
    rows = [tables.lead(variant_id=f"2_{k}_A_G", base_pair_location=k, p_value=k * 1e-9) for k in range(1, 31)]
    report = tables.report_of(tmp_path, leads=tables.fill(LEADS, rows[::-1]))
    assert report.traits[0].n_leads == 30
    assert [lead.variant for lead in report.traits[0].leads] == [f"2_{k}_A_G" for k in range(1, 21)]


@pytest.mark.parametrize(
    "name", ["<b>&\"'" + "x" * 3, "長い名前" * 60, "{{ 7 * 7 }}"], ids=["markup", "long", "template"]
)
def test_names_are_text(tmp_path: Path, name: str) -> None:
    leads = tables.fill(LEADS, [tables.lead(nearest_gene=name, rs_id=name, carrier_set=name)])
    page = render_cohort(tables.report_of(tmp_path, leads=leads))
    escaped = (
        name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;").replace("'", "&#39;")
    )
    assert page.count(f"<td>{escaped}</td>") == 3
    text = re.sub(r"(?s)<script>.*?</script>", "", page)
    assert escaped == name or name not in text


def test_without_annotation(tmp_path: Path) -> None:
    inputs = tables.write_inputs(tmp_path)
    inputs.genes = []
    report = build_report(inputs, {**tables.ANALYSIS, "burden": None}, ReportConfig())
    assert report.genes == ()
    assert not any("gene and mask" in paragraph for paragraph in report.methods)
    assert "genes were not tested" in text_of(render_cohort(report))


def test_people_outside_the_cohort_do_not_count(tmp_path: Path) -> None:
    """Somebody whom filters left out adds to no number of the traits section."""
    more = tables.phenotypes(13)
    more.loc[12, "age_at_onset_years"] = 1000.0
    report = tables.report_of(tmp_path, phenotypes=more)
    assert report.quantities[0].n == 12
    assert report.quantities[0].mean == 61


@pytest.mark.parametrize("language", ["en", "ja"])
def test_names_from_data_are_text_everywhere(tmp_path: Path, language: str) -> None:
    """A hospital, a gene, a trait, a status called ``<script>`` is printed, in text, attributes, figures and what is embedded."""
    name = "</script><script>alert('x')</script>"
    leads = tables.fill(LEADS, [tables.lead(nearest_gene=name, rs_id=name, carrier_set=name, trait="survival")])
    people = tables.phenotypes().assign(onset_region=name, event_kind=name)
    with speaking(language):
        page = render_cohort(tables.report_of(tmp_path, leads=leads, phenotypes=people))
    assert "&lt;/script&gt;&lt;script&gt;alert(&#39;x&#39;)" in page
    assert "<script>alert" not in page
