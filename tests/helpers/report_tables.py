"""Every table a cohort's report reads, small enough to check by hand."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from alsreg.config.report import ReportConfig
from alsreg.report.model import CohortReport
from alsreg.tables.base import Table
from alsreg.tables.genotypes import (
    COMPONENTS,
    INGEST_COUNTS,
    KINSHIP,
    MERGED_VARIANTS,
    PAIRS,
    PERSONS,
    SAMPLE_QC,
    SCREE,
    VARIANT_QC,
)
from alsreg.tables.leads import LEAD_DECLINE, LEAD_SENSITIVITY
from alsreg.tables.registry import ISSUES, JOINT_MODEL, PATIENTS, PHENOTYPES, STAGE_TIMES, VISITS
from alsreg.tables.results import COVERAGE, DIAGNOSTICS, GENE_HITS, GENES, LEADS, LEFT_OUT, THINNED
from helpers.course_tables import course_inputs
from helpers.filled import fill, persons_named
from helpers.lead_tables import LEAD_INPUTS
from report.record_provenance import record_provenance
from report.write_report import build_report

ANALYSIS = {
    "cohort": "all",
    "assays": ["wgs", "array"],
    "builds": {"wgs": "GRCh38", "array": "NCBI36"},
    "traits": {"survival": {"type": "survival"}, "bulbar_onset": {"type": "binary"}},
    "relatedness": "exclude",
    "genome_wide_p": 5e-8,
    "lead_p": 1e-5,
    "burden": {"tests": ["burden", "skat"], "weight_alpha": 1.0, "weight_beta": 25.0},
}


def phenotypes(n: int = 12) -> pd.DataFrame:
    """Ages 50, 52, …; the first six die in months 12 to 17; persons 7 to 10 enter late; the twelfth has no times."""
    k = np.arange(n)
    has_time = k != 11
    died = k < 6
    return fill(PHENOTYPES, pd.DataFrame({
        "person": persons_named(n), "sex": np.where(k < 7, "M", "F"), "age_at_onset_years": 50.0 + 2 * k,
        "delta_fs_per_month": 0.5, "n_visits": 2,
        "entry_months": np.where(has_time, np.where((k >= 7) & (k <= 10), 16.5, 6.0), np.nan),
        "exit_months": np.where(has_time, 12.0 + k, np.nan),
        "is_event": pd.Series(np.where(has_time, died.astype(float), np.nan)).astype("Int64"),
        "event_kind": np.where(died, np.where(k == 0, "tracheostomy", "death"), None),
        "onset_region": np.where(k < 3, "bulbar", "upper_limb"),
        "survival_exclusion": np.where(has_time, "", "no_onset_date"),
    }))  # fmt: skip


def visits(n: int = 12) -> pd.DataFrame:
    """Total 40 at registration; 34 or 35 by turns seven months later."""
    rows = [
        {"person": person, "visit_date": "2020-01-01", "months_since_registration": months, "total": total}
        for k, person in enumerate(persons_named(n))
        for months, total in ((0.0, 40), (7.0, 34 + k % 2))
    ]
    return fill(VISITS, rows)


def stage_times(n: int = 12) -> pd.DataFrame:
    """MiToS stage 1: the first five reach it between months 7 and 9, the others do not; King's is not assessable."""
    mitos = {"scale": "mitos", "stage": 1, "entry_months": 6.0, "lower_months": 7.0, "is_reversed": False}
    rows = [
        {
            **mitos,
            "person": person,
            "status": "reached" if k < 5 else "not reached",
            "upper_months": 9.0 if k < 5 else None,
        }
        for k, person in enumerate(persons_named(n))
    ]
    unknown = {"scale": "kings", "stage": 1, "status": "not assessable", "is_reversed": False}
    return fill(STAGE_TIMES, rows + [{**unknown, "person": person} for person in persons_named(n)])


def joint_model() -> pd.DataFrame:
    """The total by both models; too few people have a respiratory score."""
    size = {"n": 60, "n_visits": 200, "n_events": 40, "status": "fitted"}
    limits = {"standard_error": 0.01, "lower": -0.92, "upper": -0.88}
    rows = [
        {"score": "total", "model": model, "parameter": parameter, "estimate": estimate, **limits, **size}
        for model, parameter, estimate in (("mixed", "slope", -0.7), ("joint", "slope", -0.9), ("joint", "association_slope", -2.0))
    ]  # fmt: skip
    failed = {"score": "respiratory_score", "n": 3, "n_visits": 6, "n_events": 2, "status": "too few"}
    return fill(JOINT_MODEL, [*rows, *({**failed, "model": model} for model in ("mixed", "joint"))])


def components(n: int = 12) -> pd.DataFrame:
    """The last one is a relative, when there are several."""
    k = np.arange(n)
    parts = {f"PC{number}": np.cos(k * number) for number in range(1, 5)}
    return fill(COMPONENTS, pd.DataFrame({
        "person": persons_named(n), "assays": "array", "is_related": (k == n - 1) & (n > 1), "is_projected": k % 2 == 1,
        "is_outlier": False, **parts,
    }))  # fmt: skip


def persons(n: int = 12) -> pd.DataFrame:
    """Array: everybody, and P12 unusable. WGS: the first six of them, and one who turned out to be somebody else."""
    names = persons_named(n)
    rows = [
        *({"assay": "array", "sample": f"A{name}", "claimed_person": name, "person": name, "is_usable": True} for name in names),
        {"assay": "array", "sample": "AP12", "claimed_person": "P12", "is_usable": False, "reason": "low_call_rate"},
        *({"assay": "wgs", "sample": f"W{name}", "claimed_person": name, "person": name, "is_usable": True} for name in names[:6]),
        {"assay": "wgs", "sample": "WX", "claimed_person": "P12", "is_usable": False, "reason": "swap"},
        {"assay": "wes", "sample": "E", "claimed_person": "P13", "person": "P13", "is_usable": True},
    ]  # fmt: skip
    return fill(PERSONS, rows)


def sample_qc(n: int = 12) -> pd.DataFrame:
    """One row per sample of the ledger; AP12 is excluded for two reasons."""
    ledger = persons(n)
    bad = ledger["sample"] == "AP12"
    reason = np.where(bad, "is_low_call_rate;is_contaminated", None)
    return fill(SAMPLE_QC, ledger[["sample", "assay", "claimed_person"]].assign(is_excluded=bad, reason=reason))


def ingest() -> pd.DataFrame:
    rows = [
        ("chr1-7", "record", "read", False, 700), ("chr8-X", "record", "read", False, 300),
        ("chr1-7", "record", "palindromic_undecided", True, 30), ("chr8-X", "record", "palindromic_undecided", True, 10),
        ("chr1-7", "variant", "strand_flipped", False, 17), ("chr1-7", "variant", "lift_unmapped", True, 5),
        ("chr1-7", "variant", "written", False, 655), ("chr8-X", "variant", "written", False, 300),
        ("chr1-7", "genotype", "low_gq", True, 321), ("chr1-7", "variant", "off_genome", True, 0),
    ]  # fmt: skip
    names = ("shard", "unit", "reason", "is_loss", "count")
    found = [{"assay": "array", **dict(zip(names, row, strict=True))} for row in rows]
    return fill(INGEST_COUNTS, [*found, {**found[0], "assay": "wgs", "count": 2000}])


def variant_table(table: Table, reasons: list[str], **columns: Any) -> pd.DataFrame:
    """Verdicts of variants; the empty reason is a usable one."""
    rows = [
        {"variant_id": f"1_{k + 1}_A_G", "chromosome": "1", "position": k + 1, "is_excluded": bool(reason), "reason": reason}
        for k, reason in enumerate(reasons)
    ]  # fmt: skip
    return fill(table, pd.DataFrame(rows).assign(**columns))


def pairs() -> pd.DataFrame:
    def pair(
        finding: str, n_snps: int, concordance: float, assays: tuple[str, str] = ("wgs", "array")
    ) -> dict[str, Any]:
        return {"assay_1": assays[0], "sample_1": "W", "assay_2": assays[1], "sample_2": "A", "finding": finding,
                "n_snps": n_snps, "concordance": concordance, "expected": "true"}  # fmt: skip

    return fill(PAIRS, [
        pair("expected_match", 100, 0.99), pair("expected_match", 300, 1.0), pair("expected_match", 200, 0.98),
        pair("expected_match", 9, 0.5, ("array", "array")), pair("swap", 200, 0.4), pair("relative", 90, 0.7),
    ])  # fmt: skip


def lead(**columns: Any) -> dict[str, Any]:
    """A genome-wide lead of survival: hazard ratio 2 with standard error 0.1."""
    return {"trait": "survival", "chromosome": 2, "base_pair_location": 50, "variant_id": "2_50_A_G", "rs_id": "rs7",
            "effect_allele": "G", "other_allele": "A", "effect_allele_frequency": 0.25, "n": 11, "n_events": 6,
            "n_carriers": 4, "beta": float(np.log(2)), "standard_error": 0.1, "p_value": 2.84e-11,
            "effect_method": "refit_wald", "ph_p": 0.25, "carrier_set": "wgs+array", "nearest_gene": "UNC13A",
            "refit_status": "refitted", "ratio": 2.0, "ratio_lower": float(np.exp(np.log(2) - 0.195996398)),
            "ratio_upper": float(np.exp(np.log(2) + 0.195996398)), "locus": "2_50_A_G",
            "is_genome_wide": True, **columns}  # fmt: skip


def diagnostics() -> pd.DataFrame:
    """Survival was tested; nothing is known of the other trait but why it could not be."""
    return fill(DIAGNOSTICS, [
        {"trait": "survival", "kind": "survival", "status": "tested", "n": 11, "n_events": 6, "n_tested": 955,
         "n_untestable": 45, "lambda_gc": 1.0125, "lambda_gc_common": 0.9875, "effective_n": 10.9, "n_hits": 1,
         "n_hits_expected": 955 * 5e-8, "covariates": "sex,PC1", "entry_tau": -0.125, "entry_tau_p": 0.5,
         "detectable_effect": 1.625},
        {"trait": "bulbar_onset", "kind": "binary", "status": "no variants", "n_tested": 0, "n_untestable": 0,
         "n_hits": 0, "n_hits_expected": 0.0},
    ])  # fmt: skip


def thinned() -> pd.DataFrame:
    return fill(THINNED, pd.DataFrame({
        "chromosome": [1, 1, 2, 2, 23], "base_pair_location": [10, 90, 50, 60, 30],
        "p_value": [0.5, 0.75, 2.84e-11, 0.1, 0.25], "rank": [480, 720, 1, 95, 240],
    }))  # fmt: skip


def genes() -> pd.DataFrame:
    """Three tests done on two genes: the threshold is 0.05 / 3."""

    def row(gene: str, test: str, p_value: float | None, n_carriers: int, beta: float | None = None) -> dict[str, Any]:
        return {"gene": gene, "mask": "loss_of_function", "test": test, "n_variants": 3, "n_carriers": n_carriers,
                "beta": beta, "p_value": p_value, "p_method": "contour", "status": "tested"}  # fmt: skip

    return fill(GENES, [row("SOD1", "skat", 0.02, 7), row("SOD1", "burden", 0.0166, 7, -0.5), row("FUS", "skat", 0.9, 3),
                        row("TBK1", "skat", None, 0)])  # fmt: skip


def coverage() -> pd.DataFrame:
    """The genome sees all of SOD1 at a call rate of 98 %, the array one base in 465; nothing is known of FUS."""
    gene = {"gene": "SOD1", "chromosome": "21", "start": 1, "end": 600, "n_coding": 465, "n_excluded": 0}
    return fill(COVERAGE, [
        {**gene, "assay": "wgs", "n_visible": 465, "share_visible": 1.0, "basis": "genome", "n_variants": 5, "mean_call_rate": 0.98},
        {**gene, "assay": "array", "n_visible": 1, "share_visible": 1 / 465, "basis": "sites", "n_variants": 1, "mean_call_rate": 1.0},
    ])  # fmt: skip


def sensitivity() -> pd.DataFrame:
    """The lead as analysed, and with and without the prognostic index in nine people."""

    def row(analysis: str, n: int, beta: float, n_carriers: int) -> dict[str, Any]:
        return {"trait": "survival", "variant_id": "2_50_A_G", "analysis": analysis, "cause": "any", "model": "cox", "n": n,
                "n_events": 6, "n_carriers": n_carriers, "beta": float(np.log(beta)), "standard_error": 0.1,
                "p_value": 0.01, "status": "tested"}  # fmt: skip

    return fill(LEAD_SENSITIVITY, [
        row("as analysed", 11, 2.0, 4), row("same people, without the index", 9, 1.75, 5),
        row("given the prognostic index", 9, 1.25, 5), {**row("cause_specific", 11, 3.0, 4), "cause": "death"},
    ])  # fmt: skip


def lead_decline() -> pd.DataFrame:
    """A lead with two events beside survival, and one whose joint model has no fit."""

    def row(variant: str, analysis: str, beta: float, **more: Any) -> dict[str, Any]:
        return {"trait": "slope", "variant_id": variant, "analysis": analysis, "n": 11, "n_events": 2, "beta": beta,
                "standard_error": 0.1, "p_value": 0.25, "status": "tested",
                "model": "joint" if analysis == "jointly with survival" else "mixed"} | more  # fmt: skip

    return fill(LEAD_DECLINE, [
        row("2_50_A_G", "as analysed", -0.5), row("2_50_A_G", "same people and visits", -0.375),
        row("2_50_A_G", "jointly with survival", -0.625, log_hazard_ratio=float(np.log(2.0)), log_hazard_ratio_error=0.5),
        row("3_60_C_T", "as analysed", 0.25),
        row("3_60_C_T", "jointly with survival", np.nan, n=None, n_events=None, status="too few events"),
    ])  # fmt: skip


def cohort_tables(n: int = 12) -> dict[str, tuple[Table, pd.DataFrame, str]]:
    """Table, rows and file of every input that is one file."""
    issues = [
        {
            "table": "visits",
            "file": "visits.csv",
            "rule": "item_out_of_range",
            "severity": "error",
            "action": "cell ignored",
            "remedy": "correct the score",
        }
    ]
    related = [{"person_1": "P00", "person_2": "P11", "n_snps": 100, "kinship": 0.25, "relation": "first"}]
    scree = [{"component": f"PC{k}", "eigenvalue": 4.0 / k, "variance_share": 0.5 / k} for k in range(1, 13)]
    return {
        "patients": (PATIENTS, fill(PATIENTS, [{"person": name} for name in persons_named(14)]), "patients.parquet"),
        "phenotypes": (PHENOTYPES, phenotypes(n), "phenotypes.parquet"),
        "visits": (VISITS, visits(n), "visits.parquet"),
        "stage_times": (STAGE_TIMES, stage_times(n), "stage_times.parquet"),
        "joint_model": (JOINT_MODEL, joint_model(), "joint_model.tsv"),
        "issues": (ISSUES, fill(ISSUES, issues * 3), "issues.tsv"),
        "ingest": (INGEST_COUNTS, ingest(), "ingest.tsv"),
        "persons": (PERSONS, persons(n), "persons.tsv"),
        "pairs": (PAIRS, pairs(), "pairs.tsv"),
        "components": (COMPONENTS, components(n), "components.tsv"),
        "kinship": (KINSHIP, fill(KINSHIP, related), "kinship.tsv"),
        "scree": (SCREE, fill(SCREE, scree), "scree.tsv"),
        "diagnostics": (DIAGNOSTICS, diagnostics(), "diagnostics.tsv"),
        "leads": (LEADS, fill(LEADS, [lead()]), "leads.tsv"),
        "lead_sensitivity": (LEAD_SENSITIVITY, sensitivity(), "lead_sensitivity.tsv"),
        "lead_decline": (LEAD_DECLINE, lead_decline(), "lead_decline.tsv"),
        **{name: (table, rows(), Path(table.path).name) for name, (table, rows) in LEAD_INPUTS.items()},
        **course_inputs(n),
    }


def write_inputs(folder: Path, n: int = 12, **changes: pd.DataFrame) -> SimpleNamespace:
    """Write every input of the report of a cohort of `n`; `changes` replaces tables."""
    inputs = SimpleNamespace()
    for name, (table, frame, file) in cohort_tables(n).items():
        table.write(changes.get(name, frame), folder / file)
        setattr(inputs, name, str(folder / file))

    def several(name: str, table: Table, frames: dict[str, pd.DataFrame]) -> None:
        for file, frame in frames.items():
            table.write(frame, folder / file)
        setattr(inputs, name, [str(folder / file) for file in frames])

    samples = sample_qc(n)
    several(
        "samples", SAMPLE_QC, {f"{assay}.samples.tsv": samples[samples["assay"] == assay] for assay in ("wgs", "array")}
    )
    several("variants", VARIANT_QC, {
        "variant_qc/array/chr1-7.variants.parquet": variant_table(VARIANT_QC, ["", "", "is_low_call_rate;is_hwe_failure"]),
        "variant_qc/array/chr8-X.variants.parquet": variant_table(VARIANT_QC, ["is_hwe_failure", "is_low_call_rate", ""]),
        "variant_qc/wgs/chr1-7.variants.parquet": variant_table(VARIANT_QC, [""]),
    })  # fmt: skip
    several("merged", MERGED_VARIANTS, {
        "merge/chr1-7.variants.parquet": variant_table(MERGED_VARIANTS, ["", "is_discordant"], carrier_set="wgs+array"),
        "merge/chr8-X.variants.parquet": variant_table(MERGED_VARIANTS, [""], carrier_set="array"),
    })  # fmt: skip
    several(
        "thinned", THINNED, {"survival.thinned.parquet": thinned(), "bulbar_onset.thinned.parquet": THINNED.empty()}
    )
    several("coverage", COVERAGE, {"coverage.tsv": coverage()})
    several("hits", GENE_HITS, {"hits.tsv": changes.get("hits", GENE_HITS.empty())})
    several("left_out", LEFT_OUT, {"left_out.tsv": changes.get("left_out", LEFT_OUT.empty())})
    several("genes", GENES, {"survival.genes.tsv": genes(), "bulbar_onset.genes.tsv": GENES.empty()})
    inputs.panel, inputs.panel_controls, inputs.gene_bounds = [], [], []
    inputs.provenance = str(folder / "provenance.json")
    record_provenance({"clinical.patients": inputs.patients}, "0" * 64, {"id": "mini", "date": "2022-02-28"},
                      folder / "runs", Path(inputs.provenance), {})  # fmt: skip
    return inputs


def report_of(folder: Path, n: int = 12, min_cell: int = 5, **changes: pd.DataFrame) -> CohortReport:
    """The view model of that cohort."""
    return build_report(write_inputs(folder, n, **changes), ANALYSIS, ReportConfig(min_cell=min_cell))
