"""What is true about a synthetic registry, and how likely an analysis is to see it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alsreg.simulate import power
from alsreg.simulate.clinical import (
    AGE_SD,
    BULBAR_REGION,
    DAYS_PER_MONTH,
    RESIDUAL_SD,
    slope_covariance,
)
from alsreg.simulate.cohort import RARE, Cohort, PlantedVariant
from alsreg.simulate.faults import PlannedSamples
from alsreg.simulate.tables import RegistryTables

GENOME_WIDE, NOMINAL = 5e-8, 0.05
_UNITS = {
    "age_at_onset": "years",
    "slope": "points per month",
    "survival": "log hazard ratio",
    "bulbar_onset": "log odds ratio",
}


@dataclass(frozen=True)
class Analysed:
    """People whom the cohort of all assays can analyse, and their visits.

    `is_usable` (people,): unspoiled and one of each set of relatives; `has_sequence` (people,): WES or WGS;
    `visits`: days of each person's visits.
    """

    is_usable: np.ndarray
    has_sequence: np.ndarray
    visits: list[np.ndarray]

    @classmethod
    def of(cls, cohort: Cohort, planned: PlannedSamples, tables: RegistryTables, has_sequence: np.ndarray) -> Analysed:
        """The unspoiled people and the first member of each family."""
        family = cohort.pedigree.family[: cohort.n_people]
        is_first = np.ones(len(family), dtype=bool)
        members = np.flatnonzero(family >= 0)
        is_first[members] = False
        is_first[members[np.unique(family[members], return_index=True)[1]]] = True
        return cls(is_first & ~planned.spoiled & tables.is_clean, has_sequence, tables.visits)


def describe(
    cohort: Cohort,
    planned: PlannedSamples,
    tables: RegistryTables,
    analysed: Analysed,
    n_variants: int,
    n_genes: int,
) -> dict[str, object]:
    """Everything planted, with names as the freeze has them, and the power of finding it."""
    thresholds = {"genome_wide": GENOME_WIDE, "nominal": NOMINAL, "bonferroni": 0.05 / n_variants}
    gene_thresholds = {"nominal": NOMINAL, "bonferroni": 0.05 / n_genes}
    return {
        "n_people": cohort.n_people,
        "n_registered": len(tables.persons),
        "n_samples": {assay: len(samples.names) for assay, samples in planned.columns.items()},
        "n_variants": n_variants,
        "n_genes": n_genes,
        "n_analysed": int(analysed.is_usable.sum()),
        "thresholds": {"variants": thresholds, "genes": gene_thresholds},
        "effects": [_effect_truth(cohort, one, analysed, thresholds) for one in cohort.planted],
        "burdened_gene": _burden_truth(cohort, analysed, gene_thresholds),
        "faults": _named_faults(cohort, planned, tables),
    }


def _effect_truth(
    cohort: Cohort, planted: PlantedVariant, analysed: Analysed, thresholds: dict[str, float]
) -> dict[str, object]:
    locus = cohort.loci[planted.chromosome, planted.locus]
    trait, effect = planted.effect.trait, planted.effect.effect
    count = cohort.alt_counts(planted.chromosome, planted.locus, np.array([planted.row]))[0][analysed.is_usable]
    n, frequency = len(count), float(count.mean() / 2)
    variance = float(count.var())
    n_events = int(cohort.courses.is_event_observed[analysed.is_usable].sum())
    degrees = None
    if trait == "age_at_onset":
        noncentrality = power.quantitative_noncentrality(effect, variance, _age_sd(cohort, planted), n)
        degrees = float(n - 2)
    elif trait == "bulbar_onset":
        noncentrality = power.binary_noncentrality(effect, frequency, _share_bulbar(cohort, analysed), n)
    elif trait == "survival":
        noncentrality = power.survival_noncentrality(effect, variance, n_events)
    else:
        noncentrality = power.slope_noncentrality(effect, variance, _slope_information(cohort, analysed))
    position, ref, alt = (
        int(locus.positions[planted.row]),
        locus.ref[planted.row].decode(),
        locus.alt[planted.row].decode(),
    )
    return {
        "trait": trait, "variant_id": f"{planted.chromosome}_{position}_{ref}_{alt}", "chromosome": planted.chromosome,
        "position": position, "ref": ref, "alt": alt, "effect_allele": alt, "effect": effect, "unit": _UNITS[trait],
        "gene": planted.gene.name, "effect_allele_frequency": frequency, "maf": min(frequency, 1 - frequency),
        "assays": ["array", "wes", "wgs"], "n": n, "n_events": n_events if trait == "survival" else None,
        "noncentrality": noncentrality,
        "power": {name: power.power_of_noncentrality(noncentrality, alpha, degrees) for name, alpha in thresholds.items()},
    }  # fmt: skip


def _share_bulbar(cohort: Cohort, analysed: Analysed) -> float:
    return float((cohort.courses.region[analysed.is_usable] == BULBAR_REGION).mean())


def _age_sd(cohort: Cohort, but: PlantedVariant | None) -> float:
    """Residual SD of age at onset: the noise and every other planted effect on it."""
    variance = AGE_SD**2
    for planted in cohort.planted:
        if planted.effect.trait == "age_at_onset" and planted is not but:
            count = cohort.alt_counts(planted.chromosome, planted.locus, np.array([planted.row]))[0]
            variance += planted.effect.effect**2 * count.var()
    if but is not None:
        variance += cohort.burdened.effect_years**2 * _burden(cohort).var()
    return float(np.sqrt(variance))


def _burden(cohort: Cohort) -> np.ndarray:
    burdened = cohort.burdened
    return cohort.alt_counts(burdened.chromosome, burdened.locus, burdened.rows).sum(axis=0)


def _slope_information(cohort: Cohort, analysed: Analysed) -> np.ndarray:
    """Information on intercept and slope at registration, summed over people."""
    delays = (cohort.courses.registration - cohort.courses.onset) / DAYS_PER_MONTH
    covariance = slope_covariance(delays[analysed.is_usable])
    total = np.zeros((2, 2))
    for person in np.flatnonzero(analysed.is_usable):
        times = (analysed.visits[person] - cohort.courses.registration[person]) / DAYS_PER_MONTH
        total += power.slope_information(times, covariance, RESIDUAL_SD)
    return total


def _burden_truth(cohort: Cohort, analysed: Analysed, thresholds: dict[str, float]) -> dict[str, object]:
    """The burdened gene with its alleles, carriers among the sequenced, and the power of the burden test."""
    burdened = cohort.burdened
    locus = cohort.loci[burdened.chromosome, burdened.locus]
    tested = analysed.is_usable & analysed.has_sequence
    per_variant = cohort.alt_counts(burdened.chromosome, burdened.locus, burdened.rows)[:, tested]
    burden = per_variant.sum(axis=0)
    n = int(tested.sum())
    sd = _age_sd(cohort, None)
    noncentrality = power.quantitative_noncentrality(burdened.effect_years, float(burden.var()), sd, n)
    return {
        "gene": burdened.gene.name, "gene_id": burdened.gene.gene_id, "trait": "age_at_onset",
        "effect": burdened.effect_years, "unit": "years per rare allele", "max_frequency": RARE,
        "consequences": ["missense", "stop_gained", "stop_lost", "start_lost"],
        "variants": [
            f"{burdened.chromosome}_{locus.positions[row]}_{locus.ref[row].decode()}_{locus.alt[row].decode()}"
            for row, counts in zip(burdened.rows, per_variant, strict=True) if counts.any()
        ],
        "n": n, "n_carriers": int((burden > 0).sum()), "noncentrality": noncentrality,
        "power": {name: power.power_of_noncentrality(noncentrality, alpha, float(n - 2)) for name, alpha in thresholds.items()},
    }  # fmt: skip


def _named_faults(cohort: Cohort, planned: PlannedSamples, tables: RegistryTables) -> dict[str, object]:
    """Faults by the names the registry uses."""
    persons, columns = tables.persons, planned.columns
    faults = planned.faults
    return {
        "swaps": [
            {"assay": f["assay"], "samples": [columns[f["assay"]].names[c] for c in f["columns"]],
             "persons": [persons[p] for p in f["persons"]]} for f in faults["swaps"]
        ],
        "duplicates": [{"persons": [persons[f["person"]], persons[f["row"]]]} for f in faults["duplicates"]],
        "sex_mismatches": [{"person": persons[f["person"]]} for f in faults["sex_mismatches"]],
        "contaminated": [
            {"assay": f["assay"], "sample": columns[f["assay"]].names[f["column"]], "person": persons[f["person"]],
             "fraction": f["fraction"], "contaminant": columns[f["assay"]].names[f["contaminant_column"]]}
            for f in faults["contaminated"]
        ],
        "low_call_rate": [
            {"assay": f["assay"], "sample": columns[f["assay"]].names[f["column"]], "person": persons[f["person"]]}
            for f in faults["low_call_rate"]
        ],
        "relatives": _relative_pairs(cohort, persons),
        "clinical_rows": tables.bad_rows,
    }  # fmt: skip


def _relative_pairs(cohort: Cohort, persons: list[str]) -> list[dict[str, object]]:
    """First-degree pairs of registered people."""
    pedigree, n = cohort.pedigree, cohort.n_people
    pairs = []
    for one in range(n):
        for other in range(one + 1, n):
            if pedigree.family[one] < 0 or pedigree.family[one] != pedigree.family[other]:
                continue
            if one in (pedigree.father[other], pedigree.mother[other]) or other in (
                pedigree.father[one],
                pedigree.mother[one],
            ):
                kind = "parent-child"
            elif pedigree.father[one] >= 0 and pedigree.father[one] == pedigree.father[other]:
                kind = "siblings"
            else:
                continue
            pairs.append({"persons": [persons[one], persons[other]], "kind": kind})
    return pairs
