"""λ of the kg3 freeze against phenotypes simulated under the fitted null models.

Everybody's phenotype is simulated from the null model of the carrier set with the most people, so that one person has
one phenotype in all carrier sets. All null models are then fitted again to it and the same variants scored again: what
correlates variants (linkage, structure left over, shared people) acts on simulated λ as it does on the observed one.
``python -m calibration --results RESULTS`` writes docs/calibration/real-genotypes.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.clinical.dates import months_between
from alsreg.config.association import AssociationConfig
from alsreg.config.load import load_freeze, parse_settings, read_yaml
from alsreg.config.traits import BinaryTrait, LongitudinalTrait, QuantitativeTrait, SurvivalTrait, TraitSpecification
from alsreg.engines.nulls import FITTED, FittedNull, NullModels
from alsreg.engines.people import People, read_people
from alsreg.formats.pgen import PgenReader, read_psam
from alsreg.stats.inflation import MEDIAN_CHI2, lambda_gc

ROOT = Path(__file__).resolve().parents[2]
FREEZE, COHORT = "kg3", "all"
N_SIMULATIONS = 200
MIN_FREQUENCY = 0.05
# Carrier sets of fewer variants cannot move the median and would cost as many null models as the rest.
MIN_VARIANTS = 500
INTERVAL = (0.005, 0.995)
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """λ of one trait: as published, from the null models' scores, and from those of simulated phenotypes."""

    trait: str
    n_variants: int
    n_people: int
    published: float
    observed: float
    simulated: FloatArray  # (s,)

    @property
    def interval(self) -> tuple[float, float]:
        """The 99 % interval of `simulated`."""
        low, high = np.quantile(self.simulated, INTERVAL)
        return float(low), float(high)


@dataclass(frozen=True)
class Scan:
    """What all traits share: people, what they are analysed for, and genotypes of the pruned variants."""

    people: People
    specification: TraitSpecification
    censoring: FloatArray  # (n,) months from onset to the freeze date
    variants: pd.DataFrame  # variant_id, carrier_set
    counts: NDArray[np.int8]  # (m, n) of ALT, missing is -9


def read_scan(results: Path) -> Scan:
    """Read a finished run."""
    freeze = load_freeze(FREEZE, ROOT)
    settings = parse_settings(read_yaml(ROOT / "config/kg3.yaml"))
    folder = results / "association" / FREEZE / COHORT
    pruned = pd.read_csv(results / "structure" / FREEZE / COHORT / "pruned.tsv", sep="\t")["variant_id"]
    prefixes = [str(results / "merge" / FREEZE / COHORT / shard) for shard in freeze.shards]
    ids = read_psam(prefixes[0])["IID"]
    variants, counts = [], []
    for prefix in prefixes:
        table = pd.read_parquet(f"{prefix}.variants.parquet", columns=["variant_id", "carrier_set"])
        rows = np.flatnonzero(table["variant_id"].isin(pruned))
        with PgenReader(prefix) as reader:
            counts.append(reader.hardcalls_at(rows))
        variants.append(table.iloc[rows])
    patients = pd.read_parquet(results / "registry" / FREEZE / "patients.parquet").set_index("person").reindex(ids)
    onset = patients["onset_date"].to_numpy(dtype="datetime64[D]")
    return Scan(
        read_people(ids, folder / "samples.tsv", folder / "visits.tsv"),
        TraitSpecification(**settings.model_dump(include=set(TraitSpecification.model_fields))),
        months_between(onset, np.full(len(ids), freeze.freeze_date, dtype="datetime64[D]")),
        pd.concat(variants, ignore_index=True),
        np.concatenate(counts),
    )


def calibrate(
    results: Path, scan: Scan, trait: str, max_variants: int | None = None, n_simulations: int = N_SIMULATIONS
) -> Calibration:
    """Observed and simulated λ of a trait's pruned common variants away from its leads, at most `max_variants` of them."""
    chosen = choose_variants(results, scan, trait, max_variants)
    models = NullModels(scan.people, scan.specification)
    fits = {str(name): models.fit(trait, str(name)) for name in chosen["carrier_set"].unique()}
    blocks = [
        (fits[str(name)], dosages_of(scan, group.index, fits[str(name)].people))
        for name, group in chosen.groupby("carrier_set")
    ]
    widest = max(fits.values(), key=lambda fit: len(fit.people))
    simulate = SIMULATORS[scan.specification.traits[trait].type]
    rng = np.random.default_rng(1)
    simulated = [
        lambda_of_scores(NullModels(simulate(scan, widest, rng), scan.specification), blocks)
        for _ in range(n_simulations)
    ]
    return Calibration(
        trait, len(chosen), len(widest.people), lambda_gc(chosen["p_value"]),
        lambda_of_scores(models, blocks), np.array(simulated),
    )  # fmt: skip


def choose_variants(results: Path, scan: Scan, trait: str, max_variants: int | None) -> pd.DataFrame:
    """Pruned, common, tested, not near a lead, evenly thinned; the index is that of ``scan.variants``."""
    folder = results / "association" / FREEZE / COHORT
    tests = pd.read_csv(folder / f"{trait}.tsv.gz", sep="\t", dtype={"rs_id": str})
    leads = pd.read_csv(folder / "leads.tsv", sep="\t").query("trait == @trait")
    frequency = tests["effect_allele_frequency"]
    keep = frequency.between(MIN_FREQUENCY, 1 - MIN_FREQUENCY)
    window = AssociationConfig().lead_window_kb * 1000
    for lead in leads.itertuples():
        is_near = (tests["base_pair_location"] - lead.base_pair_location).abs() <= window
        keep &= ~((tests["chromosome"] == lead.chromosome) & is_near)
    known = scan.variants.reset_index().merge(tests.loc[keep, ["variant_id", "p_value"]], on="variant_id")
    known = known.set_index("index")
    known = known[known.groupby("carrier_set")["variant_id"].transform("size") >= MIN_VARIANTS]
    n = min(len(known), max_variants or len(known))
    return known.iloc[np.linspace(0, len(known) - 1, n).astype(int)]


def dosages_of(scan: Scan, rows: pd.Index, people: NDArray[np.int64]) -> NDArray[np.float32]:
    """ALT counts ``(len(rows), len(people))``, NaN where missing."""
    dosages = scan.counts[np.ix_(rows.to_numpy(), people)].astype(np.float32)
    dosages[dosages < 0] = np.nan
    return dosages


def lambda_of_scores(models: NullModels, blocks: list[tuple[FittedNull, NDArray[np.float32]]]) -> float:
    """λ of ``U² / V`` over the variants of all carrier sets; `blocks` say whose dosages they hold."""
    chi2 = []
    for original, dosages in blocks:
        fitted = models.fit(original.trait, original.carrier_set)
        assert fitted.status == FITTED, fitted.status
        assert fitted.model is not None
        assert np.array_equal(fitted.people, original.people)
        scores = fitted.model.score(dosages)
        chi2.append(scores.u**2 / scores.v / getattr(fitted.model, "variance_factor", 1.0))
    return float(np.median(np.concatenate(chi2)) / MEDIAN_CHI2)


def simulate_quantitative(scan: Scan, null: FittedNull, rng: np.random.Generator) -> People:
    """Fitted value plus a normal error of the residual variance."""
    trait = scan.specification.traits[null.trait]
    assert isinstance(trait, QuantitativeTrait)
    assert trait.transform == "none"
    fitted = scan.people.numbers(trait.column)[null.people] - null.model.residuals
    return with_columns(scan.people, null, {trait.column: rng.normal(fitted, np.sqrt(null.model.variance))})


def simulate_binary(scan: Scan, null: FittedNull, rng: np.random.Generator) -> People:
    """A case with the fitted probability."""
    trait = scan.specification.traits[null.trait]
    assert isinstance(trait, BinaryTrait)
    is_case = rng.random(len(null.people)) < null.model.mean
    return with_columns(scan.people, null, {trait.column: is_case.astype(float)})


def simulate_survival(scan: Scan, null: FittedNull, rng: np.random.Generator) -> People:
    """An event from the fitted baseline hazard of the stratum, given survival to the person's own entry.

    # ASSUME: who was censored would have been so at the same time; who had the event, at the freeze date. The baseline
    # hazard is nil beyond the last event of the stratum: survivors to there are censored.
    """
    trait = scan.specification.traits[null.trait]
    assert isinstance(trait, SurvivalTrait)
    fit = null.model.fit
    sets, hazards = fit.sets, fit.hazards
    censoring = np.where(sets.is_event, scan.censoring[null.people], sets.exit)
    assert (censoring >= sets.exit).all()
    cumulated = np.concatenate([[0.0], np.cumsum(hazards.mass)])  # strata one after another: only differences count
    end = np.searchsorted(sets.time_stratum, sets.stratum, side="right")
    target = cumulated[sets.first] + rng.exponential(size=len(sets.first)) / hazards.risk
    at = np.searchsorted(cumulated[1:], target, side="left")
    time = np.append(sets.time, np.inf)[np.where(at < end, at, len(sets.time))]
    assert (time > sets.entry).all()
    columns = {trait.exit: np.minimum(time, censoring), trait.event: (time <= censoring).astype(float)}
    return with_columns(scan.people, null, columns)


def simulate_longitudinal(scan: Scan, null: FittedNull, rng: np.random.Generator) -> People:
    """A random intercept, a random slope and residuals at the times of the person's visits."""
    trait = scan.specification.traits[null.trait]
    assert isinstance(trait, LongitudinalTrait)
    model, n = null.model, len(null.people)
    position = np.full(len(scan.people), -1)
    position[null.people] = np.arange(n)
    table, file = scan.people.visits_of(trait.visits)
    visits = table[["row", trait.time, trait.value]].dropna()
    visits = visits.astype({"row": np.int64})
    visits = visits[position[visits["row"].to_numpy()] >= 0]
    person, months = position[visits["row"].to_numpy()], visits[trait.time].to_numpy(dtype=float)
    mean = np.einsum("nip,p->ni", model.design.columns(), model.fit.beta)
    own = mean + rng.multivariate_normal(np.zeros(2), model.fit.random, size=n)
    error = rng.normal(0.0, np.sqrt(model.fit.residual), size=len(visits))
    value = own[person, 0] + own[person, 1] * months + error
    return replace(scan.people, visits={file: visits.assign(**{trait.value: value})})


def with_columns(people: People, null: FittedNull, columns: dict[str, FloatArray]) -> People:
    """`people` with a new phenotype for those of the null model and none for the others."""
    table = people.table.copy()
    for name, values in columns.items():
        table[name] = np.nan
        table.loc[null.people, name] = values
    return replace(people, table=table)


SIMULATORS: dict[str, Callable[[Scan, FittedNull, np.random.Generator], People]] = {
    "quantitative": simulate_quantitative,
    "binary": simulate_binary,
    "survival": simulate_survival,
    "longitudinal": simulate_longitudinal,
}


def tabulate(found: list[Calibration]) -> str:
    """A Markdown table."""
    lines = [
        "| trait | people | variants | λ published | λ of scores | 99 % interval under the null | median under the null |",
        "|---|---|---|---|---|---|---|",
    ]
    for c in found:
        low, high = c.interval
        middle = np.median(c.simulated)
        lines.append(
            f"| {c.trait} | {c.n_people} | {c.n_variants:,} | {c.published:.3f} | {c.observed:.3f} |"
            f" {low:.3f} to {high:.3f} | {middle:.3f} |"
        )
    return "\n".join(lines)


def write_page(results: Path, path: Path) -> None:
    """Write docs/calibration/real-genotypes.md, from all variants."""
    scan = read_scan(results)
    found = [calibrate(results, scan, trait) for trait in scan.specification.traits]
    path.write_text(PAGE.format(table=tabulate(found)), encoding="utf-8")


PAGE = """# Calibration on real genotypes

Written by `make calibration` where the results of `make kg3` are. λ of cohort `all` over its
LD-pruned variants of minor allele frequency 5 % or more, without those within 500 kb of a lead of the trait and without
carrier sets of fewer than 500 variants. The interval is that of 200 phenotypes simulated under the fitted null model:

- **quantitative**: fitted value plus a normal error;
- **binary**: a case with the fitted probability;
- **survival**: an event from the fitted baseline hazard of the person's stratum, given survival to entry; who was
  censored is censored at that time at the latest, who had the event at the freeze date;
- **longitudinal**: random intercept, random slope and residuals at the times of the visits.

A person has one simulated phenotype, from the null model of the carrier set with the most people. Every null model is
fitted again to it, and the same variants are scored. "Published" is λ of the p-values of the summary statistics, "of
scores" that of U²/V as simulated, with the allowance for the estimated null model. λ outside would mean structure that the
covariates miss, or a wrong variance.

{table}
"""
