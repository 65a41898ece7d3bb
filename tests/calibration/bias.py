"""Write docs/calibration/power-and-bias.md: what common shortcuts cost, against what `alsreg` does, on the same data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special

from alsreg.errors import AnalysisError
from alsreg.stats.cox import CoxNull, fit_cox_null
from alsreg.stats.heterogeneity import sum_groups
from alsreg.stats.linear import fit_linear_null
from alsreg.stats.logistic import fit_logistic_null
from alsreg.stats.mixed import MixedNull, Visits, fit_mixed_null
from alsreg.stats.null import NullModel, VariantTestOptions
from alsreg.stats.risk_sets import build_risk_sets
from calibration.cohorts import COVARIATES, Cohort, draw_cohort, draw_survival, draw_visits

N_DATA_SETS = 600
N_PEOPLE = 1000
FREQUENCY = 0.25
LEVEL = 0.05
ANY = VariantTestOptions(min_mac=1.0, min_expected_events=0.0, max_p_refit=0.0)
TEXT = Path(__file__).with_name("bias.md")
# One data set's answers: method, effect estimated, its standard error, p.
Answer = tuple[str, float, float, float]


def write_page(path: Path) -> None:
    """Simulate every comparison and write the page."""
    text = TEXT.read_text(encoding="utf-8")
    for name, compare in COMPARISONS.items():
        text = text.replace(f"{{{name}}}", tabulate(compare))
    path.write_text(text, encoding="utf-8")


def tabulate(compare: Callable[[np.random.Generator], Iterator[tuple[str, float, list[Answer]]]]) -> str:
    """Rows of scenario and method: mean effect, bias, coverage of the 95 % interval, share with p <= 5 %."""
    found = [
        (scenario, truth, *answer)
        for index in range(N_DATA_SETS)
        for scenario, truth, answers in compare(np.random.default_rng(index))
        for answer in answers
    ]
    table = pd.DataFrame(found, columns=["scenario", "truth", "method", "beta", "error", "p"])
    table["is_covered"] = (table["beta"] - table["truth"]).abs() <= -special.ndtri(0.025) * table["error"]
    table["is_rejected"] = table["p"] <= LEVEL
    lines = [
        "| simulated | method | true effect | mean estimate | bias | interval holds the truth | p ≤ 5 % |",
        "|---|---|---|---|---|---|---|",
    ]
    for (scenario, truth, method), group in table.groupby(["scenario", "truth", "method"], sort=False):
        mean = group["beta"].mean()
        error = group["beta"].std() / np.sqrt(len(group))
        bias = f"{mean / truth - 1:+.0%} (± {1.96 * error / abs(truth):.0%})" if truth else f"± {1.96 * error:.3f}"
        lines.append(
            f"| {scenario} | {method} | {truth:g} | {mean:.3f} | {bias} | {group['is_covered'].mean():.1%} |"
            f" {group['is_rejected'].mean():.1%} |"
        )
    return "\n".join(lines)


def answer(method: str, null: NullModel, dosage: np.ndarray) -> Answer:
    """The score test and the effect of the full model."""
    refit = null.refit(dosage)
    p = null.test_variants(dosage[None], ANY).p_value[0]
    return method, refit.beta, refit.standard_error, float(p)


def _one_step(method: str, null: NullModel, dosage: np.ndarray) -> Answer:
    """The score test and its effect U / V."""
    tests = null.test_variants(dosage[None], ANY)
    return method, float(tests.beta[0]), float(tests.standard_error[0]), float(tests.p_value[0])


def _genotypes(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.binomial(2, FREQUENCY, n).astype(np.float64)


def compare_entry(rng: np.random.Generator) -> Iterator[tuple[str, float, list[Answer]]]:
    """People who live longer are likelier to be registered; a variant may also hasten diagnosis."""
    for scenario, effect, wait, hastened in (
        ("registered after 12 months", 0.3, 12.0, 0.0),
        ("registered after 36 months", 0.3, 36.0, 0.0),
        ("registered after 12 months", 0.0, 12.0, 0.0),
        ("after 12 months, carriers 30 % earlier", 0.0, 12.0, -0.35),
    ):
        cohort = draw_cohort(rng, N_PEOPLE, "plain")
        g, covariates, times = _registered(rng, cohort, effect, wait, hastened)
        entry, exit, event = times
        answers = [
            answer(method, _fit_survival(start, exit, event, covariates), g)
            for method, start in (("entry used", entry), ("entry ignored", np.zeros_like(entry)))
        ]
        yield scenario, effect, answers


def _registered(rng, cohort: Cohort, effect: float, wait: float, hastened: float):  # type: ignore[no-untyped-def]
    """Genotypes, covariates and times of people who lived to be registered: selection acts on genotypes, too."""
    many = np.tile(np.arange(len(cohort)), 5)
    g = _genotypes(rng, len(many))
    log_hazard = 0.5 * cohort.covariates[many, 1] + 0.25 * cohort.covariates[many, 0] + effect * g
    time = 40.0 * np.exp(-log_hazard / 1.3) * rng.weibull(1.3, len(many))
    entry = np.floor(rng.exponential(wait * np.exp(hastened * g)))
    seen = np.flatnonzero(time > entry)[: len(cohort)]
    time, entry = time[seen], entry[seen]
    follow_up = rng.exponential(size=len(seen))
    leave = entry + follow_up * np.quantile((time - entry) / follow_up, 0.7)
    exit = np.maximum(np.ceil(np.minimum(time, leave)), entry + 1)
    return g[seen], cohort.covariates[many[seen]], (entry, exit, time <= leave)


def _fit_survival(entry, exit, event, covariates) -> CoxNull:  # type: ignore[no-untyped-def]
    return fit_cox_null(build_risk_sets(entry, exit, event), covariates, np.arange(len(exit)), COVARIATES)


def compare_slopes(rng: np.random.Generator) -> Iterator[tuple[str, float, list[Answer]]]:
    """Effects on the slope of ALSFRS-R: the mixed model, predicted slopes as an outcome, and random intercepts alone."""
    for scenario, effect in (("variant hastens decline", -0.1), ("variant does nothing", 0.0)):
        cohort = draw_cohort(rng, N_PEOPLE, "plain")
        g = _genotypes(rng, N_PEOPLE)
        slope = -0.8 + 0.5 * rng.normal(size=N_PEOPLE) + 0.1 * cohort.covariates[:, 1] + effect * g
        visits = draw_visits(rng, slope, is_normal=True)
        null = fit_mixed_null(visits, cohort.covariates, np.arange(N_PEOPLE), COVARIATES, COVARIATES)
        predicted = null.predict_random_effects()[:, 1]
        regression = fit_linear_null(predicted, cohort.covariates, np.arange(N_PEOPLE), COVARIATES)
        answers = [
            _one_step("mixed model", null, g),
            answer("regression of predicted slopes (BLUP)", regression, g),
            _random_intercept(visits, null, g),
        ]
        yield scenario, effect, answers


def _random_intercept(visits: Visits, null: MixedNull, g: np.ndarray) -> Answer:
    """Least squares after quasi-demeaning (Fuller & Battese 1974): random intercepts, no random slopes."""
    y, t = np.asarray(visits.value), np.asarray(visits.months)
    person = np.asarray(visits.person)
    count = np.bincount(person)
    fixed = np.column_stack([null.design.intercept, g])[person]
    by_time = np.column_stack([null.design.slope, g])[person] * t[:, None]
    x = np.column_stack([fixed, by_time])
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    mean = np.bincount(person, residual) / count
    within = np.sum((residual - mean[person]) ** 2) / (len(y) - len(count))
    between = max(float(np.mean(mean**2 - within / count)), 0.0)
    share = (1.0 - np.sqrt(within / (within + count * between)))[person]

    def demean(values: np.ndarray) -> np.ndarray:
        return values - share * (np.bincount(person, values) / count)[person]

    columns = np.column_stack([demean(column) for column in x.T])
    outcome = demean(y)
    gram = np.linalg.inv(columns.T @ columns)
    beta = gram @ (columns.T @ outcome)
    variance = np.sum((outcome - columns @ beta) ** 2) / (len(y) - len(beta))
    error = float(np.sqrt(variance * gram[-1, -1]))
    return "random intercepts alone", float(beta[-1]), error, float(special.erfc(abs(beta[-1] / error) / np.sqrt(2)))


# Populations whose people decline faster also have the allele more often.
FREQUENCY_BY_POPULATION = (0.25, 0.15, 0.35)


def compare_time(rng: np.random.Generator) -> Iterator[tuple[str, float, list[Answer]]]:
    """Populations that differ in their decline: components as covariates of the level alone, or of the slope, too."""
    cohort = draw_cohort(rng, N_PEOPLE, "structure")
    g = rng.binomial(2, np.array(FREQUENCY_BY_POPULATION)[cohort.ancestry.population]).astype(float)
    for scenario, effect in (("variant hastens decline", -0.1), ("variant does nothing", 0.0)):
        slope = -0.8 + 0.5 * (rng.normal(size=N_PEOPLE) + cohort.shift) + 0.1 * cohort.covariates[:, 1] + effect * g
        visits = draw_visits(rng, slope, is_normal=True)
        answers = [
            _one_step(method, fit_mixed_null(visits, cohort.covariates, np.arange(N_PEOPLE), COVARIATES, by_time), g)
            for method, by_time in (
                ("components × time in", COVARIATES),
                ("components × time left out", [name for name in COVARIATES if not name.startswith("PC")]),
            )
        ]
        yield scenario, effect, answers


ASSAY_SHARES = (0.6, 0.3, 0.1)


def compare_groups(rng: np.random.Generator) -> Iterator[tuple[str, float, list[Answer]]]:
    """One model with the source assay as a covariate (stratum), a model per assay with scores summed, no assay at all."""
    for shift in (0.0, 1.0):
        cohort = draw_cohort(rng, N_PEOPLE, "plain")
        assay = rng.choice(3, N_PEOPLE, p=ASSAY_SHARES)
        # Where assays differ in the trait, they also differ in frequency: newer platforms saw other people.
        frequency = FREQUENCY + (0.1 * assay if shift else 0.0)
        g = rng.binomial(2, frequency, N_PEOPLE).astype(float)
        for kind, effect in (("quantitative", 0.0), ("quantitative", 0.15), ("binary", 0.3), ("survival", 0.2)):
            fit = _draw_trait(rng, kind, cohort, g, effect, shift * assay)
            dummies = np.column_stack([(assay == k).astype(float) for k in (1, 2)])
            everybody, groups = np.arange(N_PEOPLE), [np.flatnonzero(assay == k) for k in range(3)]
            answers = [
                answer("joint, assay adjusted", fit(everybody, dummies, assay), g),
                _summed([partial(fit, rows, None, None) for rows in groups], [g[rows] for rows in groups]),
            ]
            if shift:
                answers.append(answer("assay left out", fit(everybody, None, None), g))
            platform = "assays differ in trait and frequency" if shift else "assays alike"
            yield f"{kind}, {platform}", effect, answers


def _summed(fits: list[Callable[[], NullModel]], dosages: list[np.ndarray]) -> Answer:
    """Scores of groups summed, without groups too small for a null model of their own."""
    scores = []
    for fit, dosage in zip(fits, dosages, strict=True):
        try:
            scores.append(fit().score(dosage[None]))
        except AnalysisError:
            continue
    found = sum_groups([score.u[0] for score in scores], [score.v[0] for score in scores])
    return "one model per assay, scores summed", found.beta, found.standard_error, found.p_value


def _draw_trait(rng, kind: str, cohort: Cohort, g, effect: float, shift):  # type: ignore[no-untyped-def]
    """A trait, and how to fit its null model to some of the people with extra covariates or strata."""
    base = 0.3 * cohort.covariates[:, 0] + effect * g + shift
    n = len(cohort)
    if kind == "survival":
        entry, exit, event = draw_survival(rng, base, 0.7)
    elif kind == "binary":
        y = (rng.random(n) < special.expit(base - 1.2)).astype(float)
    else:
        y = base + rng.normal(size=n)

    def fit(rows, dummies, stratum):  # type: ignore[no-untyped-def]
        x = cohort.covariates[rows]
        if kind == "survival":
            sets = build_risk_sets(entry[rows], exit[rows], event[rows], None if stratum is None else stratum[rows])
            return fit_cox_null(sets, x, rows)
        x = x if dummies is None else np.column_stack([x, dummies[rows]])
        return (fit_logistic_null if kind == "binary" else fit_linear_null)(y[rows], x, rows)

    return fit


def compare_one_step(rng: np.random.Generator) -> Iterator[tuple[str, float, list[Answer]]]:
    """The one-step effect U / V of the score against the full model's, by size of effect."""
    for kind, effect in (("survival", 0.1), ("survival", 0.4), ("survival", 0.8), ("binary", 0.1), ("binary", 0.8)):
        cohort = draw_cohort(rng, N_PEOPLE, "plain")
        g = _genotypes(rng, N_PEOPLE)
        null = _draw_trait(rng, kind, cohort, g, effect, 0.0)(np.arange(N_PEOPLE), None, None)
        yield kind, effect, [_one_step("one step, U / V", null, g), answer("full model", null, g)]


COMPARISONS = {
    "entry": compare_entry,
    "slopes": compare_slopes,
    "time": compare_time,
    "groups": compare_groups,
    "one_step": compare_one_step,
}
