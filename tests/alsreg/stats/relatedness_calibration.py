"""Null simulation in families: how often each way to treat relatives rejects, by trait and allele frequency.

``PYTHONPATH=tests python tests/alsreg/stats/relatedness_calibration.py`` writes ``docs/calibration-relatedness.md``.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alsreg.genotypes.relationship import sum_relationships
from alsreg.stats.cox import fit_cox_null
from alsreg.stats.linear import fit_linear_null
from alsreg.stats.logistic import fit_logistic_null
from alsreg.stats.mixed import Visits, fit_mixed_null
from alsreg.stats.null import NullModel, VariantTestOptions
from alsreg.stats.polygenic import fit_polygenic_null
from alsreg.stats.retrospective import account_for_relatives
from alsreg.stats.risk_sets import build_risk_sets
from helpers.families import FAMILY, drop_genes, pedigree_relationship

KINDS = ("quantitative", "quantitative, 5,000 SNPs", "binary", "survival", "longitudinal")
WAYS = ("ignored", "exclude", "mixed")
LEVELS = (0.05, 1e-3, 1e-4)
FREQUENCIES = (0.3, 0.05, 0.01)
N_FAMILIES, N_UNRELATED = 60, 260  # 540 people in families of nine, 260 others
N_RELATIONSHIP, N_FEW = 20_000, 5_000
BATCH = 2500
HERITABILITY = 0.6
OPTIONS = VariantTestOptions(min_mac=5.0, min_expected_events=2.0, max_p_refit=0.0)


@dataclass(frozen=True)
class Cohort:
    """Traits that follow the pedigree, and the relationships that many and that few SNPs show."""

    covariates: np.ndarray
    liability: np.ndarray  # (n, kinds)
    noise: np.ndarray  # (n, 6): entry, intercept and four visits
    relationship: np.ndarray
    relationship_of_few: np.ndarray

    def null(self, kind: str, people: np.ndarray) -> NullModel:
        """The null model that takes `people` as independent."""
        x, liability = self.covariates[people], self.liability[people, KINDS.index(kind)]
        if kind.startswith("quantitative"):
            return fit_linear_null(liability, x, people)
        if kind == "binary":
            return fit_logistic_null((liability > 0.8).astype(float), x, people)
        if kind == "survival":
            time = 30 * np.exp(-0.7 * liability)
            entry = np.floor(10 * np.abs(self.noise[people, 0]))
            leave = np.ceil(np.maximum(np.minimum(time, 70), entry + 1))
            return fit_cox_null(build_risk_sets(entry, leave, time <= 70), x, people)
        months = np.tile([0.0, 3.0, 6.0, 12.0], len(people))
        person = np.repeat(np.arange(len(people)), 4)
        intercept, error = 40 + 4 * self.noise[people, 1], 2 * self.noise[people, 2:]
        value = intercept[person] - (0.5 + 0.3 * liability[person]) * months + error.ravel()
        return fit_mixed_null(Visits(value, months, person), x, people, ["a", "b"], ["a", "b"])

    def by_way(self, kind: str) -> dict[str, NullModel]:
        everybody = np.arange(len(self.covariates))
        ignored = self.null(kind, everybody)
        if kind.startswith("quantitative"):
            y, few = self.liability[:, KINDS.index(kind)], kind != "quantitative"
            relationship = self.relationship_of_few if few else self.relationship
            mixed = fit_polygenic_null(y, self.covariates, everybody, relationship)
        else:
            mixed = account_for_relatives(ignored, self.relationship)
        return {"ignored": ignored, "exclude": self.null(kind, unrelated()), "mixed": mixed}


def unrelated() -> np.ndarray:
    """Founders of the families and people outside."""
    founders = [i for i, (father, _) in enumerate(FAMILY) if father < 0]
    inside = np.concatenate([np.array(founders) + len(FAMILY) * k for k in range(N_FAMILIES)])
    return np.concatenate([inside, len(FAMILY) * N_FAMILIES + np.arange(N_UNRELATED)])


def simulate_cohort(rng: np.random.Generator) -> Cohort:
    phi = pedigree_relationship(N_FAMILIES, N_UNRELATED)
    n, root = len(phi), np.linalg.cholesky(phi)
    covariates = rng.normal(size=(n, 2))
    genetic = root @ rng.normal(size=(n, len(KINDS)))
    liability = np.sqrt(HERITABILITY) * genetic + np.sqrt(1 - HERITABILITY) * rng.normal(size=(n, len(KINDS)))
    counts = drop_genes(rng, rng.uniform(0.05, 0.95, N_RELATIONSHIP), N_FAMILIES, N_UNRELATED)
    relationships = (sum_relationships(part).matrix() for part in (counts, counts[:N_FEW]))
    return Cohort(covariates, liability + 0.2 * covariates[:, :1], rng.normal(size=(n, 6)), *relationships)


def count_rejections(seed: int, n_cohorts: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tests ``(cohort, kind, way, frequency)``, rejections by level as last axis, heritabilities or variance ratios."""
    shape = (n_cohorts, len(KINDS), len(WAYS), len(FREQUENCIES))
    tests, rejections = np.zeros(shape), np.zeros((*shape, len(LEVELS)))
    parameters = np.zeros((n_cohorts, len(KINDS)))
    for c in range(n_cohorts):
        rng = np.random.default_rng([seed, c])
        cohort = simulate_cohort(rng)
        models = [cohort.by_way(kind) for kind in KINDS]
        parameters[c] = [
            getattr(m["mixed"], "variance_ratio", None) or m["mixed"].components.heritability for m in models
        ]
        for f, frequency in enumerate(FREQUENCIES):
            counts = drop_genes(rng, np.full(BATCH, frequency), N_FAMILIES, N_UNRELATED).astype(float)
            for k, by_way in enumerate(models):
                for w, way in enumerate(WAYS):
                    p = by_way[way].test_variants(counts[:, by_way[way].people], OPTIONS).p_value
                    p = p[np.isfinite(p)]
                    tests[c, k, w, f] = len(p)
                    rejections[c, k, w, f] = [(p < level).sum() for level in LEVELS]
    return tests, rejections, parameters


def write_table(path: Path, seed: int, n_cohorts: int) -> None:
    tests, rejections, parameters = count_rejections(seed, n_cohorts)
    many = BATCH * n_cohorts
    errors = ", ".join(f"{np.sqrt((1 - level) / (many * level)):.2f} at {level:g}" for level in LEVELS)
    lines = [
        "# Calibration with related people",
        "",
        "Written by `PYTHONPATH=tests python tests/alsreg/stats/relatedness_calibration.py`. Null data: "
        f"{N_FAMILIES} families of {len(FAMILY)} over three generations and {N_UNRELATED} other people; every trait rests on a "
        f"liability of heritability {HERITABILITY:g}, so relatives resemble each other, and on two covariates; tested variants are "
        f"dropped through the pedigree and have no effect. Relationships are estimated from {N_RELATIONSHIP:,} other SNPs unless said. "
        f"{many:,} variants per cell ({n_cohorts} cohorts), those with fewer than 5 copies or 2 events expected among carriers "
        f"left out. Numbers are rejection rates over the nominal rate; binomial standard error: {errors}, for the row's cells with "
        "all variants tested; tests of one cohort share its trait, so the true one is larger.",
        "",
        "- **ignored**: everybody analysed as if unrelated.",
        "- **exclude**: one person of each related pair left out (the default).",
        "- **mixed**: everybody analysed; quantitative traits by the polygenic mixed model, the others by scores whose variance "
        "counts shared alleles.",
        "",
        f"Mean heritability estimated for the quantitative trait: {parameters[:, 0].mean():.2f} "
        f"with {N_RELATIONSHIP:,} SNPs, {parameters[:, 1].mean():.2f} with {N_FEW:,}. Mean variance ratio: "
        + ", ".join(f"{kind} {parameters[:, k].mean():.2f}" for k, kind in enumerate(KINDS) if k > 1) + ".",
        "",
        f"| trait | frequency | tests (mixed) | rate at | {' | '.join(WAYS)} |",
        "|---|---|---|---|" + "---|" * len(WAYS),
    ]  # fmt: skip
    total, hits = tests.sum(axis=0), rejections.sum(axis=0)
    for k, kind in enumerate(KINDS):
        for f, frequency in enumerate(FREQUENCIES):
            for level_at, level in enumerate(LEVELS):
                rates = hits[k, :, f, level_at] / np.maximum(total[k, :, f], 1) / level
                cells = " | ".join(f"{rate:.2f}" for rate in rates)
                lines.append(f"| {kind} | {frequency:g} | {total[k, 2, f]:,.0f} | {level:g} | {cells} |")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[3] / "docs" / "calibration-relatedness.md")
    options = parser.parse_args()
    write_table(options.out, options.seed, options.cohorts)
