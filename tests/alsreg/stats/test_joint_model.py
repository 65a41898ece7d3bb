"""The joint model: R's brute-force integration, its own gradient, and what it must be where parts fall away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, optimize

from alsreg.errors import AnalysisError
from alsreg.stats.joint_likelihood import JointLikelihood, Parameters, survival_mean
from alsreg.stats.joint_model import JointFit, Survival, fit_joint_model, follow_up, weibull_shape
from alsreg.stats.mixed_fit import FixedDesign, PersonSums, fit_random_slopes, sum_visits
from alsreg.stats.splines import natural_spline, place_knots

FROZEN = Path(__file__).resolve().parents[2] / "reference/joint_model"


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return pd.read_csv(FROZEN / "people.csv")


@pytest.fixture(scope="module")
def sums(people: pd.DataFrame) -> PersonSums:
    visits = pd.read_csv(FROZEN / "visits.csv")
    columns = (visits[name].to_numpy(dtype=float) for name in ("score", "months"))
    return sum_visits(*columns, visits["person"].to_numpy() - 1, len(people))


def design_of(people: pd.DataFrame) -> FixedDesign:
    covariates = np.column_stack([np.ones(len(people)), people["g"]])
    return FixedDesign(covariates, covariates)


def survival_of(people: pd.DataFrame) -> Survival:
    return Survival(
        people["entry"].to_numpy(), people["exit"].to_numpy(), people["event"].to_numpy() == 1,
        people[["g"]].to_numpy(dtype=float),
    )  # fmt: skip


@pytest.fixture(scope="module")
def fit(people: pd.DataFrame, sums: PersonSums) -> JointFit:
    return fit_joint_model(sums, design_of(people), survival_of(people), n_pieces=3, shape=1.0)


def likelihood_of(people: pd.DataFrame, sums: PersonSums, edges: np.ndarray) -> JointLikelihood:
    survival = survival_of(people)
    centred = survival.covariates - survival.covariates.mean(axis=0)
    return JointLikelihood(
        sums, design_of(people), follow_up(survival.entry, survival.exit, survival.is_event, centred, edges)
    )


def test_likelihood_agrees_with_brute_force(people: pd.DataFrame, sums: PersonSums, fit: JointFit) -> None:
    """At four points, from no association to one that multiplies the hazard by eight per SD of slope."""
    points = pd.read_csv(FROZEN / "loglik.csv")
    likelihood = likelihood_of(people, sums, fit.edges)
    for row in points.to_numpy():
        assert likelihood.evaluate(row[:-1])[0] == pytest.approx(row[-1], abs=2e-6)
    assert len(points) == 4


def test_fit_agrees_with_brute_force(fit: JointFit) -> None:
    """R's optimum is found by differences: to a hundredth of a standard error, standard errors to 1 %."""
    answer = pd.read_csv(FROZEN / "fit.csv").set_index("parameter")
    estimate, error = answer["estimate"], answer["standard_error"]
    names = ["intercept", "g", "months", "months_g", "alpha_intercept", "alpha_slope", "gamma"]
    ours = np.concatenate([fit.beta, fit.association, fit.log_ratios])
    np.testing.assert_allclose((ours - estimate[names]) / error[names], 0.0, atol=0.01)
    errors = np.concatenate([fit.beta_errors, fit.association_errors, fit.log_ratio_errors])
    np.testing.assert_allclose(errors, error[names], rtol=0.01)
    factor = np.array([[np.exp(estimate["log_l11"]), 0.0], [estimate["l21"], np.exp(estimate["log_l22"])]])
    np.testing.assert_allclose(fit.random, factor @ factor.T, rtol=0.01, atol=0.01)
    np.testing.assert_allclose(np.log(fit.hazard), estimate[["log_h1", "log_h2", "log_h3"]], atol=0.01)


@pytest.mark.parametrize("s", [1e-7, 0.1, 1.0, 2.0, 3.0])
def test_survival_mean_is_the_integral(s: float) -> None:
    m = np.array([-30.0, -8.0, -2.0, 0.0, 2.0, 5.0])
    found = survival_mean(m, np.full(len(m), s))
    for k, centre in enumerate(m):

        def integrand(z: float, power: int = 0, weight: int = 0, centre: float = centre) -> float:
            w = np.exp(centre + s * z)
            return z**power * w**weight * np.exp(-0.5 * z * z - w) / np.sqrt(2 * np.pi)

        # The largest w that counts: beyond it the integrand is below 1e-300.
        mode = optimize.brentq(lambda z, c=centre: z + s * np.exp(c + s * z), -200.0, 1.0)
        values = {
            key: sum(
                integrate.quad(integrand, a, b, args=key, epsabs=0, epsrel=1e-12, limit=200)[0]
                for a, b in ((mode - 12, mode - 3), (mode - 3, mode), (mode, mode + 3), (mode + 3, mode + 12))
            )
            for key in ((0, 0), (1, 0), (2, 0), (0, 1), (1, 1))
        }
        total = values[0, 0]
        assert found.log_value[k] == pytest.approx(np.log(total), abs=1e-10)
        for name, key in (("z", (1, 0)), ("zz", (2, 0)), ("w", (0, 1)), ("zw", (1, 1))):
            assert getattr(found, name)[k] == pytest.approx(values[key] / total, rel=1e-8, abs=1e-10)


def test_gradient_is_that_of_the_likelihood(people: pd.DataFrame, sums: PersonSums, fit: JointFit) -> None:
    likelihood = likelihood_of(people, sums, fit.edges)
    for row in pd.read_csv(FROZEN / "loglik.csv").to_numpy()[:, :-1]:
        gradient = likelihood.evaluate(row)[1]
        steps = 1e-5 * np.eye(len(row))
        differences = [(likelihood.evaluate(row + h)[0] - likelihood.evaluate(row - h)[0]) / 2e-5 for h in steps]
        np.testing.assert_allclose(gradient, differences, rtol=1e-5, atol=1e-3)


def test_without_association_it_is_two_models(people: pd.DataFrame, sums: PersonSums) -> None:
    """The mixed model's likelihood plus that of piecewise constant hazards on the time at risk; entry then only shortens it."""
    design, survival = design_of(people), survival_of(people)
    mixed = fit_random_slopes(sums, design, is_reml=False)
    edges = np.array([25.0, 40.0])
    likelihood = likelihood_of(people, sums, edges)
    up = likelihood.follow_up
    hazard = up.is_in.sum(axis=0) / (up.exposure - up.exposure_before).sum(axis=0)
    at = Parameters(
        mixed.beta, np.linalg.cholesky(mixed.random), np.sqrt(mixed.residual), np.zeros(2), np.zeros(1), np.log(hazard)
    )
    alone = (up.is_in @ np.log(hazard) - (up.exposure - up.exposure_before) @ hazard).sum()
    assert likelihood.evaluate(at.vector)[0] == pytest.approx(mixed.loglik + alone, abs=1e-6)
    assert survival.is_event.sum() == up.is_event.sum()


def test_curve_of_mean_decline(people: pd.DataFrame, sums: PersonSums) -> None:
    """With a natural spline: the gradient, the two models without association, and what it leaves of a bend."""
    visits = pd.read_csv(FROZEN / "visits.csv")
    months, person = visits["months"].to_numpy(dtype=float), visits["person"].to_numpy() - 1
    knots = place_knots(months, 4)
    bend = natural_spline(months, knots)
    bent = visits["score"].to_numpy() + bend @ np.array([1.5, -2.0])
    curved = sum_visits(bent, months, person, len(people), bend)
    straight = design_of(people)
    design = FixedDesign(straight.intercept, straight.slope, n_curve=2)
    likelihood = JointLikelihood(curved, design, likelihood_of(people, sums, np.array([25.0, 40.0])).follow_up)
    mixed = fit_random_slopes(curved, design, is_reml=False)
    hazard = np.log([0.01, 0.03, 0.05])
    rest = (np.linalg.cholesky(mixed.random), np.sqrt(mixed.residual))
    up = likelihood.follow_up
    alone = (up.is_in @ hazard - (up.exposure - up.exposure_before) @ np.exp(hazard)).sum()
    at = Parameters(mixed.beta, *rest, np.zeros(2), np.zeros(1), hazard).vector
    assert likelihood.evaluate(at)[0] == pytest.approx(mixed.loglik + alone, abs=1e-6)
    at = Parameters(mixed.beta, *rest, np.array([-0.06, -1.1]), np.array([0.3]), hazard).vector
    steps = 1e-5 * np.eye(len(at))
    differences = [(likelihood.evaluate(at + h)[0] - likelihood.evaluate(at - h)[0]) / 2e-5 for h in steps]
    np.testing.assert_allclose(likelihood.evaluate(at)[1], differences, rtol=1e-5, atol=1e-3)
    # The bend added is the bend found: everything else as without one.
    fit = fit_joint_model(curved, design, survival_of(people), n_pieces=3)
    plain = sum_visits(visits["score"].to_numpy(dtype=float), months, person, len(people), bend)
    other = fit_joint_model(plain, design, survival_of(people), n_pieces=3)
    np.testing.assert_allclose(fit.beta - other.beta, [0, 0, 1.5, -2.0, 0, 0], atol=1e-4)
    np.testing.assert_allclose(fit.beta_errors, other.beta_errors, rtol=1e-3)
    assert fit.loglik == pytest.approx(other.loglik, abs=1e-5)


def test_units_do_not_matter(people: pd.DataFrame, sums: PersonSums) -> None:
    """Years for months, and half points for points; with the shape estimated."""
    fit = fit_joint_model(sums, design_of(people), survival_of(people), n_pieces=3)
    assert fit.shape != 1.0
    unit = np.array([1.0, 1.0 / 12])
    scaled = PersonSums(sums.n_visits, sums.zz * np.outer(unit, unit), 2 * sums.zy * unit, 4 * sums.yy)
    years = Survival(
        *(x / 12 if x.dtype.kind == "f" and x.ndim == 1 else x for x in vars(survival_of(people)).values())
    )
    other = fit_joint_model(scaled, design_of(people), years, n_pieces=3)
    per = np.array([2.0, 2.0, 24.0, 24.0])
    np.testing.assert_allclose(other.beta, fit.beta * per, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(other.beta_errors, fit.beta_errors * per, rtol=1e-4)
    np.testing.assert_allclose(other.association, fit.association / np.array([2.0, 24.0]), rtol=1e-4)
    np.testing.assert_allclose(other.log_ratios, fit.log_ratios, rtol=1e-4)
    n_events, n_visits = people["event"].sum(), sums.n_visits.sum()
    assert other.loglik == pytest.approx(fit.loglik + n_events * np.log(12) - n_visits * np.log(2), abs=1e-6)


def test_weibull_shape_with_delayed_entry() -> None:
    rng = np.random.default_rng(1)
    time, entry = 30 * rng.weibull(1.7, 8000), rng.uniform(0, 30, 8000)
    kept = time > entry
    time, entry = time[kept], entry[kept]
    exit = np.minimum(time, entry + 20)
    assert weibull_shape(entry, exit, time == exit) == pytest.approx(1.7, abs=0.06)
    assert weibull_shape(np.zeros(len(exit)), exit, time == exit) > 2.0


def test_what_cannot_be_fitted_is_refused(people: pd.DataFrame, sums: PersonSums) -> None:
    design, survival = design_of(people), survival_of(people)
    with pytest.raises(AnalysisError, match="entry < exit"):
        fit_joint_model(sums, design, Survival(survival.exit, survival.exit, survival.is_event, survival.covariates))
    few = np.arange(len(people)) < 3
    with pytest.raises(AnalysisError, match="too few for the joint model"):
        fit_joint_model(sums, design, Survival(survival.entry, survival.exit, few, survival.covariates))
