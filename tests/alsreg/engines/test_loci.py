"""Loci with planted causes: leads, nearest genes, further signals, credible sets and their warnings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from alsreg.config.traits import TraitSpecification
from alsreg.engines.leads import Genotypes, LeadRules, LeadTables, find_leads
from alsreg.engines.local import score_fileset
from alsreg.engines.loci import LocusTables, refine_loci
from alsreg.engines.nulls import NullModels
from alsreg.engines.people import read_people
from alsreg.engines.variants import FilesetVariants
from alsreg.formats.pgen import PgenWriter
from alsreg.stats.null import VariantTestOptions
from alsreg.tables.results import VARIANT_TESTS

N_PEOPLE, N_VARIANTS = 1200, 60  # variants per chromosome
FIRST, SECOND = 20, 45  # causes on chromosome 1; on chromosome 2 only the first does anything; nothing on chromosome 3
EFFECT = 0.4
OPTIONS = VariantTestOptions(min_mac=20)
RULES = LeadRules(window_kb=500, max_r2=0.1, max_leads=50, genome_wide_p=5e-8, max_p=1e-5)
TRAITS = {
    "level": {"type": "quantitative", "column": "level"},
    "case": {"type": "binary", "column": "case"},
    "survival": {"type": "survival", "entry": "entry", "exit": "exit", "event": "event"},
    "few": {"type": "quantitative", "column": "few"},
}
GENES = pd.DataFrame(
    [("1", 1, 150_000, "FAR"), ("1", 100_000 + 5000 * FIRST - 100, 100_000 + 5000 * FIRST + 100, "HERE"),
     ("1", 150_000, 400_000, "AROUND"), ("2", 1, 90_000, "LEFT"), ("2", 450_000, 500_000, "RIGHT")],
    columns=["chromosome", "start", "end", "gene"],
)  # fmt: skip


def in_disequilibrium(rng: np.random.Generator) -> np.ndarray:
    """Variants of frequency near 0.35 whose correlation falls with distance, ``(m, n)``."""
    latent = rng.normal(size=(2 * N_PEOPLE, N_VARIANTS))
    for k in range(1, N_VARIANTS):
        latent[:, k] = 0.93 * latent[:, k - 1] + np.sqrt(1 - 0.93**2) * latent[:, k]
    alleles = latent > rng.normal(0.4, 0.1, N_VARIANTS)
    return (alleles[:N_PEOPLE].astype(np.int8) + alleles[N_PEOPLE:]).T


@dataclass(frozen=True)
class Scan:
    models: NullModels
    genotypes: np.ndarray  # (chromosome, m, n), -9 missing
    samples: pd.DataFrame
    leads: dict[str, LeadTables]
    loci: dict[str, LocusTables]


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    rng = np.random.default_rng(3)
    folder = tmp_path_factory.mktemp("loci")
    g = np.stack([in_disequilibrium(rng) for _ in range(3)])
    score = EFFECT * (g[0, FIRST] + g[0, SECOND] + g[1, FIRST])
    score = score - score.mean()
    time = rng.exponential(40 * np.exp(-score))
    entry, leave = rng.integers(0, 6, N_PEOPLE), rng.integers(30, 90, N_PEOPLE)
    samples = pd.DataFrame(
        {
            "#IID": [f"P{k}" for k in range(N_PEOPLE)],
            "pc": rng.normal(size=N_PEOPLE),
            "level": score + rng.normal(size=N_PEOPLE),
            "case": (rng.random(N_PEOPLE) < 1 / (1 + np.exp(-1.6 * score))).astype(int),
            "entry": entry,
            "exit": np.maximum(np.ceil(np.minimum(time, leave)), 1),
            "event": (time <= leave).astype(int),
        }
    )
    samples["few"] = samples["level"].where(np.arange(N_PEOPLE) < 250)
    g[:, ::4] = np.where(rng.random(g[:, ::4].shape) < 0.01, -9, g[:, ::4])
    samples.to_csv(folder / "samples.tsv", sep="\t", index=False, na_rep="NA")
    position = 100_000 + 5000 * np.arange(N_VARIANTS)
    table = pd.DataFrame({"CHROM": np.repeat(["1", "2", "3"], N_VARIANTS), "POS": np.tile(position, 3)})
    table["ID"] = [f"v{k}" for k in range(len(table))]
    with PgenWriter(folder / "x", pd.DataFrame({"IID": samples["#IID"], "SEX": "F"}), len(table)) as writer:
        writer.append(table.assign(REF="A", ALT="C"), g.reshape(-1, N_PEOPLE))
    models = NullModels(
        read_people(samples["#IID"], folder / "samples.tsv"), TraitSpecification(traits=TRAITS, covariates=["pc"])
    )
    paths = {trait: folder / f"{trait}.parquet" for trait in TRAITS}
    score_fileset(folder / "x", FilesetVariants(folder / "x").table(), models, OPTIONS, paths)
    leads, loci = {}, {}
    with Genotypes({"x": str(folder / "x")}) as genotypes:
        for trait, path in paths.items():
            rows = VARIANT_TESTS.read(path).assign(shard="x", row=np.arange(len(table)))
            rules = RULES if trait != "few" else LeadRules(500, 0.1, 50, 5e-8, 1e-3)
            leads[trait] = find_leads(rows[rows["p_value"] <= rules.max_p], genotypes, models, trait, rules, GENES)
            loci[trait] = refine_loci(leads[trait].leads, genotypes, models, rules, OPTIONS, reader(rows))
    return Scan(models, g, samples, leads, loci)


def reader(rows: pd.DataFrame) -> Callable[[int, int, int], pd.DataFrame]:
    def read(chromosome: int, low: int, high: int) -> pd.DataFrame:
        inside = (rows["chromosome"] == chromosome) & rows["base_pair_location"].between(low, high)
        return rows[inside].reset_index(drop=True)

    return read


def index_of(variant_id: str) -> tuple[int, int]:
    """Chromosome and number on it."""
    chromosome, position, *_ = variant_id.split("_")
    return int(chromosome), (int(position) - 100_000) // 5000


def r2(scan: Scan, one: tuple[int, int], other: tuple[int, int]) -> float:
    first, second = (scan.genotypes[chromosome - 1, k].astype(float) for chromosome, k in (one, other))
    both = (first >= 0) & (second >= 0)
    return float(np.corrcoef(first[both], second[both])[0, 1] ** 2)


POWERED = ("level", "case", "survival")


@pytest.mark.parametrize("trait", POWERED)
def test_leads__tag_the_causes_and_nothing_else(scan: Scan, trait: str) -> None:
    leads = scan.leads[trait].leads
    assert set(leads["chromosome"]) == {1, 2}  # nothing was planted on 3
    for name in leads["variant_id"]:
        chromosome = index_of(name)[0]
        causes = [(1, FIRST), (1, SECOND)] if chromosome == 1 else [(2, FIRST)]
        assert max(r2(scan, index_of(name), cause) for cause in causes) > 0.3
    for cause in ((1, FIRST), (1, SECOND), (2, FIRST)):
        assert (
            max(r2(scan, index_of(name), cause) for name in leads["variant_id"] if index_of(name)[0] == cause[0]) > 0.6
        )
    assert leads.groupby("chromosome")["locus"].nunique().eq(1).all()
    for _, lead in leads.iterrows():  # of one locus, none is a proxy of another
        others = [
            name for name in leads["variant_id"] if name != lead["variant_id"] and name[0] == lead["variant_id"][0]
        ]
        assert all(r2(scan, index_of(lead["variant_id"]), index_of(name)) <= 0.1 for name in others)


def test_nearest_gene__is_the_shortest_around_else_the_nearest(scan: Scan) -> None:
    for _, lead in scan.leads["level"].leads.iterrows():
        chromosome, number = index_of(lead["variant_id"])
        if chromosome == 1:
            assert lead["nearest_gene"] == ("HERE" if number == FIRST else "AROUND")
        else:  # ends of the genes are 90,000 and 450,000; the cause is at 200,000
            assert lead["nearest_gene"] == "LEFT"


@pytest.mark.parametrize("trait", POWERED)
def test_signals__are_as_many_as_were_planted(scan: Scan, trait: str) -> None:
    loci, steps = scan.loci[trait].loci, scan.loci[trait].conditional
    by_chromosome = loci.set_index(loci["locus"].map(lambda name: index_of(name)[0]))
    assert by_chromosome["n_signals"].to_dict() == {1: 2, 2: 1}
    assert (by_chromosome["n_variants"] == N_VARIANTS).all()
    signals = steps[steps["is_signal"] & (steps["chromosome"] == 1)]
    for cause in ((1, FIRST), (1, SECOND)):
        assert max(r2(scan, index_of(name), cause) for name in signals["variant_id"]) > 0.6
    best_left = steps[steps["status"] == "no further signal"]
    assert len(best_left) == 2 and (best_left["p_conditional"] > RULES.max_p).all()
    explained = steps[steps["step"].isna()]
    assert (explained["p_conditional"] > RULES.max_p).all()
    truth = EFFECT * (1.6 if trait == "case" else 1.0)
    assert ((signals["beta_joint"] - truth).abs() < 4 * signals["standard_error_joint"] + 0.1).all()


def test_conditional__is_least_squares_with_both_variants(scan: Scan) -> None:
    steps = scan.loci["level"].conditional.query("chromosome == 1 and step >= 0").sort_values("step")
    columns = [np.where(g < 0, np.nan, g) for g in (scan.genotypes[0, index_of(v)[1]] for v in steps["variant_id"])]
    pc = pd.read_csv(scan.models.people.file, sep="\t")["pc"]
    for step in (1, 2):
        design = np.column_stack([np.ones(N_PEOPLE), pc, *columns[: step + 1]])
        typed = ~np.isnan(design).any(axis=1)
        fit = sm.OLS(scan.samples["level"].to_numpy()[typed], design[typed]).fit()
        row = steps.iloc[step]
        assert row["n"] == typed.sum()
        np.testing.assert_allclose(row["p_conditional"], fit.pvalues[-1], rtol=1e-6)
    joint = np.column_stack([np.ones(N_PEOPLE), pc, *columns[:2]])
    typed = ~np.isnan(joint).any(axis=1)
    fit = sm.OLS(scan.samples["level"].to_numpy()[typed], joint[typed]).fit()
    np.testing.assert_allclose(steps["beta_joint"].iloc[:2].astype(float), fit.params[-2:], rtol=1e-7)
    np.testing.assert_allclose(steps["p_joint"].iloc[:2].astype(float), fit.pvalues[-2:], rtol=1e-6)


@pytest.mark.parametrize("trait", POWERED)
def test_credible_set__holds_the_single_cause(scan: Scan, trait: str) -> None:
    found = scan.loci[trait]
    members = found.credible[found.credible["chromosome"] == 2]
    row = found.loci[found.loci["locus"] == members["locus"].iloc[0]].iloc[0]
    assert (2, FIRST) in [index_of(name) for name in members["variant_id"]]
    assert 1 <= len(members) == row["n_credible"] < N_VARIANTS / 3
    assert members["cumulative"].iloc[-1] >= 0.95 and (members["cumulative"].iloc[:-1] < 0.95).all()
    assert members["posterior"].is_monotonic_decreasing
    np.testing.assert_allclose(
        members["r2"], [r2(scan, index_of(row["locus"]), index_of(name)) for name in members["variant_id"]], rtol=1e-6
    )


def test_credible_set__warns_where_it_is_weak(scan: Scan) -> None:
    strong = scan.loci["level"].loci.set_index(scan.loci["level"].loci["locus"].str[0])
    assert strong.loc["2", "warning"] == ""
    assert strong.loc["1", "warning"] == "2 signals in the locus, where one is assumed"
    weak = scan.loci["few"].loci["warning"]
    assert len(weak) and weak.str.contains("N is weak: 250 people").all()
    assert weak.str.contains("not genome-wide significant").any() and weak.str.contains("LD is weak").any()
