"""Cox regression against R's survival: fits, score tests, refits, proportional hazards, gene-set covariance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from alsreg.errors import AnalysisError
from alsreg.stats import cox_tests
from alsreg.stats.cox import CoxNull, fit_cox_null
from alsreg.stats.cox_path import maximise_paths
from alsreg.stats.null import VariantTestOptions
from alsreg.stats.risk_sets import RiskSets, build_risk_sets
from alsreg.stats.schoenfeld import proportional_hazards

NAMES = ["age", "sex", "pc1", "pc2", "pc3"]
TIMES = ["monthly_entry", "monthly_noentry", "continuous_entry", "continuous_noentry"]
EVERYTHING = VariantTestOptions(min_mac=1.0, min_expected_events=0.0)


class Reference:
    """Inputs and answers of the frozen R run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        covariates = pd.read_csv(folder / "covariates.csv").set_index("person")
        self.covariates = covariates[NAMES].to_numpy(dtype=float)
        self.survival = pd.read_csv(folder / "survival.csv").set_index("person").loc[covariates.index]
        self.genotypes = pd.read_csv(folder / "genotypes.csv.gz").set_index("person").loc[covariates.index]

    def read(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / f"{name}.csv")

    def dosages(self, variants: pd.Series) -> np.ndarray:
        return self.genotypes[list(variants)].to_numpy(dtype=float).T

    def sets(self, time: str, stratum: np.ndarray | None = None) -> RiskSets:
        suffix = "_cont" if time.startswith("continuous") else ""
        exit = self.survival[f"exit{suffix}"].to_numpy(dtype=float)
        entry = self.survival[f"entry{suffix}"].to_numpy(dtype=float)
        if time.endswith("noentry"):
            entry = np.full(len(exit), -np.inf)
        return build_risk_sets(entry, exit, self.survival["event"].to_numpy(dtype=bool), stratum)

    def null(self, time: str, ties: str) -> CoxNull:
        return fit_cox_null(self.sets(time), self.covariates, np.arange(len(self.covariates)), NAMES, ties)


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference(Path(__file__).parents[2] / "reference/oracles")


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("time", TIMES)
def test_null_fit_equals_coxph(reference: Reference, time: str, ties: str) -> None:
    answers = reference.read("coxph_null").query("time == @time and ties == @ties").set_index("term").loc[NAMES]
    fit = reference.null(time, ties).fit
    np.testing.assert_allclose(fit.coefficients, answers["beta"], rtol=0, atol=1e-10)
    np.testing.assert_allclose(fit.standard_errors, answers["se"], rtol=1e-9)
    np.testing.assert_allclose(fit.log_likelihood, answers["loglik"].iloc[0], rtol=1e-12)


def test_martingale_residuals_equal_r(reference: Reference) -> None:
    answers = reference.read("coxph_martingale")
    for column, time, ties in (
        ("martingale_entry_efron", "monthly_entry", "efron"),
        ("martingale_entry_breslow", "monthly_entry", "breslow"),
        ("martingale_noentry_efron", "monthly_noentry", "efron"),
    ):
        np.testing.assert_allclose(reference.null(time, ties).residuals, answers[column], rtol=0, atol=1e-9)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("time", ["monthly_entry", "monthly_noentry"])
def test_score_with_missing_at_the_mean_equals_coxph(reference: Reference, time: str, ties: str) -> None:
    answers = reference.read("coxph").query("time == @time and ties == @ties and missing == 'mean'")
    scores = reference.null(time, ties).score(reference.dosages(answers["variant"]))
    np.testing.assert_allclose(scores.u**2 / scores.v, answers["score_chisq"], rtol=1e-8)
    assert scores.n_imputed.max() > 0


def test_complete_case_models_equal_coxph(reference: Reference) -> None:
    """Score on the people who have the genotype, full model, and proportional hazards by three transforms."""
    answers = reference.read("coxph").query("missing == 'complete_case'")
    assert set(answers["time"]) == set(TIMES)
    for row in answers.itertuples():
        null = reference.null(row.time, row.ties)
        dosage = reference.dosages([row.variant])[0]
        without, full = cox_tests.model_without(null, dosage), cox_tests.full_model(null, dosage)
        refit = null.refit(dosage)
        assert refit.n == row.n
        np.testing.assert_allclose(
            [refit.beta, refit.standard_error, full.log_likelihood, without.log_likelihood],
            [row.beta, row.se, row.loglik, row.loglik_null], rtol=1e-9,
        )  # fmt: skip
        np.testing.assert_allclose([refit.p_wald, refit.p_lrt], [row.p_wald, row.p_lrt], rtol=1e-7)
        for transform in ("km", "identity", "rank"):
            chi_square, p = proportional_hazards(full, transform=transform)
            expected = getattr(row, f"zph_chisq_{transform}")
            np.testing.assert_allclose(chi_square, expected, rtol=1e-8, atol=1e-10)
            np.testing.assert_allclose(p, getattr(row, f"zph_p_{transform}"), rtol=1e-6)


@pytest.mark.parametrize(
    ("time", "ties"),
    [(time, "efron") for time in TIMES] + [("monthly_entry", "breslow"), ("monthly_noentry", "breslow")],
)
def test_covariance_gives_the_gene_tests_of_r(reference: Reference, time: str, ties: str) -> None:
    """U, V and the eigenvalues of the weighted Φ of every gene, and the burden's score test."""
    parts = reference.read("skat_cox_parts").query("time == @time and ties == @ties")
    burden = reference.read("burden_cox").set_index(["gene", "weights", "time", "ties"])
    null = reference.null(time, ties)
    assert len(parts) > 10
    for (gene, weights), rows in parts.groupby(["gene", "weights"], sort=False):
        dosages = reference.dosages(rows["variant"])
        scores, phi, w = null.score(dosages), null.covariance(dosages), rows["weight"].to_numpy()
        np.testing.assert_allclose(scores.u, rows["score_u"], rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(scores.v, rows["info_given_cov"], rtol=1e-8)
        np.testing.assert_allclose(np.diag(phi), scores.v, rtol=1e-10)
        eigenvalues = np.sort(np.linalg.eigvalsh(phi * np.outer(w, w)))[::-1]
        expected = np.sort(rows["eigenvalue_sorted"].to_numpy())[::-1]
        np.testing.assert_allclose(eigenvalues, expected, rtol=1e-7, atol=1e-7 * expected.max())
        chi_square = (w @ scores.u) ** 2 / (w @ phi @ w)
        np.testing.assert_allclose(chi_square, burden.loc[(gene, weights, time, ties), "score_chisq"], rtol=1e-8)


def test_burden_refit_equals_coxph(reference: Reference) -> None:
    parts = reference.read("skat_cox_parts").set_index(["gene", "weights", "time", "ties"]).sort_index()
    for row in reference.read("burden_cox").itertuples():
        rows = parts.loc[[(row.gene, row.weights, row.time, row.ties)]]
        dosages = reference.dosages(rows["variant"])
        filled = np.where(np.isnan(dosages), np.nanmean(dosages, axis=1, keepdims=True), dosages)
        refit = reference.null(row.time, row.ties).refit(rows["weight"].to_numpy() @ filled)
        np.testing.assert_allclose([refit.beta, refit.standard_error], [row.beta, row.se], rtol=1e-8)
        np.testing.assert_allclose(refit.p_lrt, row.p_lrt, rtol=1e-6)


def naive_log_likelihood(sets: RiskSets, eta: np.ndarray, ties: str) -> float:
    """The partial likelihood written out from its definition."""
    total = 0.0
    for s in np.unique(sets.stratum):
        for t in np.unique(sets.exit[sets.is_event & (sets.stratum == s)]):
            at_risk = (sets.stratum == s) & (sets.entry < t) & (t <= sets.exit)
            dead = (sets.stratum == s) & sets.is_event & (sets.exit == t)
            d = dead.sum()
            for l in range(d):
                a = l / d if ties == "efron" else 0.0
                total -= np.log(np.exp(eta[at_risk]).sum() - a * np.exp(eta[dead]).sum())
            total += eta[dead].sum()
    return total


def simulated(seed: int, n: int = 120, n_strata: int = 3) -> tuple[RiskSets, np.ndarray, np.ndarray]:
    """Monthly times with delayed entry, two covariates and dosages of four variants."""
    rng = np.random.default_rng(seed)
    entry = rng.integers(0, 12, n).astype(float)
    exit = entry + rng.integers(1, 20, n)
    sets = build_risk_sets(entry, exit, rng.random(n) < 0.6, rng.integers(0, n_strata, n))
    return sets, rng.normal(size=(n, 2)), rng.binomial(2, [[0.05], [0.2], [0.5], [0.9]], (4, n)).astype(float)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("seed", range(3))
def test_strata_agree_with_the_definition(seed: int, ties: str) -> None:
    """Likelihood, its slope and curvature with strata, by differences of the likelihood written out."""
    sets, covariates, dosages = simulated(seed)
    null = fit_cox_null(sets, covariates, np.arange(len(covariates)), ties=ties)
    eta = covariates @ null.fit.coefficients
    offset = naive_log_likelihood(sets, eta, ties)
    np.testing.assert_allclose(null.fit.log_likelihood, offset, rtol=1e-11)
    g, h = dosages[1], 1e-4
    x = null.residualise((g - g.mean())[None])[0]
    up, down = (naive_log_likelihood(sets, eta + b * x, ties) for b in (h, -h))
    scores = null.score(dosages[1:2])
    np.testing.assert_allclose(scores.u[0], (up - down) / (2 * h), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(scores.v[0], -(up - 2 * offset + down) / h**2, rtol=1e-4)


def test_entry_at_an_event_time_is_not_at_risk() -> None:
    sets = build_risk_sets(
        np.array([0.0, 5.0, 4.0, 0.0]), np.array([5.0, 9.0, 7.0, 9.0]), np.array([1, 1, 1, 0], dtype=bool)
    )
    np.testing.assert_array_equal(sets.time, [5.0, 7.0, 9.0])
    np.testing.assert_array_equal(sets.sums(np.ones(4)), [3.0, 3.0, 2.0])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.01, 100.0), shift=st.floats(-50.0, 50.0))
def test_invariances(seed: int, scale: float, shift: float) -> None:
    """Swapping alleles flips the sign; the order of people and the covariates' units do not matter."""
    sets, covariates, dosages = simulated(seed, n=80, n_strata=2)
    n = len(covariates)
    tests = fit_cox_null(sets, covariates, np.arange(n)).test_variants(dosages, EVERYTHING)
    swapped = fit_cox_null(sets, covariates, np.arange(n)).test_variants(2.0 - dosages, EVERYTHING)
    np.testing.assert_allclose(swapped.beta, -tests.beta, rtol=1e-6, equal_nan=True)
    np.testing.assert_allclose(swapped.p_value, tests.p_value, rtol=1e-6, equal_nan=True)
    order = np.random.default_rng(seed).permutation(n)
    shuffled = build_risk_sets(sets.entry[order], sets.exit[order], sets.is_event[order], sets.stratum[order])
    other = fit_cox_null(shuffled, (covariates * scale + shift)[order], np.arange(n))
    again = other.test_variants(dosages[:, order], EVERYTHING)
    np.testing.assert_allclose(again.p_value, tests.p_value, rtol=1e-5, equal_nan=True)
    np.testing.assert_allclose(again.standard_error, tests.standard_error, rtol=1e-6, equal_nan=True)
    null = fit_cox_null(sets, covariates, np.arange(n))
    for given_as in (dosages, dosages.astype(np.int8)):
        parts = [null.test_variants(given_as[rows], EVERYTHING) for rows in ([0, 1, 2], [3])]
        p_value = np.concatenate([part.p_value for part in parts])
        np.testing.assert_allclose(p_value, tests.p_value, rtol=1e-10, equal_nan=True)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("seed", range(3))
def test_maximum_along_the_path_is_that_of_the_likelihood_written_out(seed: int, ties: str) -> None:
    """Strong and weak effects, and a start on the wrong side."""
    sets, covariates, dosages = simulated(seed, n=200)
    dosages[1] = np.where(sets.is_event & (sets.exit < np.median(sets.exit)), 2.0, dosages[1])
    null = fit_cox_null(sets, covariates, np.arange(len(covariates)), ties=ties)
    eta, offset = covariates @ null.fit.coefficients, null.fit.log_likelihood
    rows = null.residualise(dosages - dosages.mean(axis=1, keepdims=True))
    effect, ratio, curvature = maximise_paths(sets, null.fit.hazards, rows, np.array([0.1, 0.5, -2.0, 0.0]), ties)
    for x, *found in zip(rows, effect, ratio, curvature, strict=True):

        def loss(b: float, x: np.ndarray = x) -> float:
            return -naive_log_likelihood(sets, eta + b * x, ties)

        best = optimize.minimize_scalar(loss, bracket=(found[0] - 0.3, found[0] + 0.2), tol=1e-10)
        h = 1e-3
        expected = (loss(best.x + h) - 2 * loss(best.x) + loss(best.x - h)) / h**2
        np.testing.assert_allclose(found[0], best.x, atol=1e-5)
        np.testing.assert_allclose(found[1], 2 * (-best.fun - offset), rtol=1e-8, atol=1e-9)
        np.testing.assert_allclose(found[2], expected, rtol=1e-4)
    assert ratio.max() > 20.0


def test_cross_covariance_with_itself_is_the_covariance() -> None:
    sets, covariates, dosages = simulated(1, n=300)
    people = np.arange(300)
    breslow = fit_cox_null(sets, covariates, people, ties="breslow")
    phi = breslow.covariance(dosages)
    np.testing.assert_allclose(breslow.cross_covariance(dosages, breslow, dosages), phi, rtol=1e-9, atol=1e-9)
    efron = fit_cox_null(sets, covariates, people, ties="efron")
    phi = efron.covariance(dosages)
    tolerance = 2e-3 * np.abs(phi).max()  # the spread of the risk-set mean within tied times
    np.testing.assert_allclose(efron.cross_covariance(dosages, efron, dosages), phi, rtol=0, atol=tolerance)


@pytest.mark.slow
def test_cross_covariance_predicts_how_scores_move_together() -> None:
    """Over simulated null data: the mean of U_j U_k of models that share half their people."""
    rng = np.random.default_rng(4)
    n = 300
    here, there = np.arange(200), np.arange(100, 300)
    products, predicted = [], []
    g = rng.binomial(2, 0.3, (1, n)).astype(float)
    z = rng.normal(size=(n, 1))
    for _ in range(3000):
        entry = np.floor(rng.exponential(4, n))
        time = entry + np.ceil(rng.exponential(10 * np.exp(-0.5 * z[:, 0])))
        exit, event = np.minimum(time, entry + 15), time <= entry + 15
        a, b = (fit_cox_null(build_risk_sets(entry[p], exit[p], event[p]), z[p], p) for p in (here, there))
        products.append(a.score(g[:, here]).u[0] * b.score(g[:, there]).u[0])
        predicted.append(a.cross_covariance(g[:, here], b, g[:, there])[0, 0])
    error = np.std(products) / np.sqrt(len(products))
    assert abs(np.mean(products) - np.mean(predicted)) < 3 * error
    assert np.mean(predicted) > 5 * error


def test_no_common_people_no_covariance() -> None:
    sets, covariates, dosages = simulated(2)
    n = len(covariates)
    a, b = fit_cox_null(sets, covariates, np.arange(n)), fit_cox_null(sets, covariates, np.arange(n, 2 * n))
    np.testing.assert_array_equal(a.cross_covariance(dosages, b, dosages), np.zeros((4, 4)))


def test_carriers_who_all_live_get_a_finite_p() -> None:
    """Separation: no event among 30 carriers; the exact chance of that bounds the p-value's order of size."""
    rng = np.random.default_rng(0)
    n = 400
    exit = rng.integers(1, 40, n).astype(float)
    g = np.zeros((1, n))
    g[0, :30] = 1.0
    event = (rng.random(n) < 0.7) & (g[0] == 0)
    sets = build_risk_sets(np.zeros(n), exit, event)
    null = fit_cox_null(sets, rng.normal(size=(n, 1)), np.arange(n))
    tests = null.test_variants(g, EVERYTHING)
    assert tests.status[0] == "tested" and tests.p_method[0] in ("saddlepoint", "signed_root_lrt")
    assert tests.effect_method[0] == "score" and np.isfinite([tests.beta[0], tests.standard_error[0]]).all()
    at_risk, carriers = sets.sums(np.ones(n)), sets.sums(g[0])
    chance = np.exp((sets.n_events * np.log1p(-carriers / at_risk)).sum())
    assert chance / 10 < tests.p_value[0] < chance * 30
    refit = null.refit(g[0])
    assert refit.effect_method == "separated" and np.isnan(refit.beta) and 0 < refit.p_lrt < 1e-4


def test_missing_genotypes_are_counted_and_statuses_say_why() -> None:
    sets, covariates, dosages = simulated(3, n=200)
    dosages = np.vstack([dosages, np.zeros(200), np.full(200, np.nan), covariates[:, 0]])
    dosages[2, :7] = np.nan
    null = fit_cox_null(sets, covariates, np.arange(200))
    tests = null.test_variants(dosages, VariantTestOptions(min_mac=5.0, min_expected_events=2.0))
    assert tests.n_imputed[2] == 7 and tests.n[2] == 193
    assert tests.n_events[2] == sets.is_event[7:].sum()
    assert list(tests.status[4:6]) == ["monomorphic", "no genotypes"]
    assert np.isnan(tests.p_value[4:6]).all()
    few = null.test_variants(dosages[:1], VariantTestOptions(min_mac=1.0, min_expected_events=1e4))
    assert few.status[0] == "fewer than 10000 events expected among carriers"
    scaled = 2.0 * (covariates[:, 0] - covariates[:, 0].min()) / np.ptp(covariates[:, 0])
    aliased = null.test_variants(scaled[None], EVERYTHING)
    assert "covariates" in aliased.status[0] and np.isnan(aliased.p_value[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s, c: (s[0], s[1], np.zeros(len(c), dtype=bool)), "no event among"),
        (lambda s, c: (s[1], s[1], s[2]), "entry at or after exit"),
        (lambda s, c: (np.zeros(len(c)), np.full(len(c), 9.0), s[2]), "happen at one time"),
        (lambda s, c: (np.where(np.arange(len(c)) == 3, np.nan, s[0]), s[1], s[2]), "is missing"),
    ],
)
def test_impossible_times_are_refused(change, message: str) -> None:  # type: ignore[no-untyped-def]
    sets, covariates, _ = simulated(5)
    entry, exit, event = change((sets.entry, sets.exit, sets.is_event), covariates)
    with pytest.raises(AnalysisError, match=message):
        fit_cox_null(build_risk_sets(entry, exit, event), covariates, np.arange(len(covariates)))


def test_impossible_covariates_are_named() -> None:
    sets, covariates, _ = simulated(6)
    people, n = np.arange(len(covariates)), len(covariates)
    with pytest.raises(AnalysisError, match="collinear: third"):
        fit_cox_null(sets, np.column_stack([covariates, covariates.sum(axis=1)]), people, ["first", "second", "third"])
    with pytest.raises(AnalysisError, match="within strata") as caught:
        fit_cox_null(sets, np.column_stack([covariates, sets.stratum == 1]), people, ["a", "b", "assay"])
    assert caught.value.value == ["assay"]
    never = np.zeros(n)
    never[np.flatnonzero(~sets.is_event)[:5]] = 1.0
    with pytest.raises(AnalysisError, match="no finite maximum") as caught:
        fit_cox_null(sets, np.column_stack([covariates, never]), people, ["a", "b", "site=S9"])
    assert caught.value.value == "site=S9"


def test_one_stratum_is_no_strata() -> None:
    sets, covariates, dosages = simulated(7, n_strata=1)
    relabelled = build_risk_sets(sets.entry, sets.exit, sets.is_event, np.full(len(covariates), 4))
    a, b = (fit_cox_null(s, covariates, np.arange(len(covariates))).score(dosages) for s in (sets, relabelled))
    np.testing.assert_array_equal(a.u, b.u)
