"""Maximum likelihood of the random intercept and slope model, from sums over each person's visits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded where they are first used: half a second that most commands save
from numpy.typing import NDArray

from alsreg.errors import AnalysisError
from alsreg.stats.null import FloatArray, IntArray


@dataclass(frozen=True)
class PersonSums:
    """What the likelihood needs of each person's visits, ``n`` people.

    ``Z = [1, time, curve]``: random effects are of the first two columns alone, the curve is everybody's.
    """

    n_visits: FloatArray  # (n,)
    zz: FloatArray  # (n, d, d) Z'Z
    zy: FloatArray  # (n, d) Z'y
    yy: FloatArray  # (n,) y'y

    @property
    def scale(self) -> float:
        """Root mean square of the times: a unit of time that conditions the model well."""
        return float(np.sqrt(self.zz[:, 1, 1].sum() / self.n_visits.sum()))

    def of(self, people: NDArray[np.bool_] | IntArray) -> PersonSums:
        """Those of some of the people."""
        return PersonSums(self.n_visits[people], self.zz[people], self.zy[people], self.yy[people])

    def per(self, scale: float) -> PersonSums:
        """With time, and the curve, in units of `scale`."""
        unit = np.full(self.zy.shape[1], 1.0 / scale)
        unit[0] = 1.0
        return PersonSums(self.n_visits, self.zz * np.outer(unit, unit), self.zy * unit, self.yy)


@dataclass(frozen=True)
class FixedDesign:
    """``X_i = Z_i K_i``: `intercept` columns are constant within a person, `slope` columns multiply time.

    The columns of a curve of time stand between them.
    """

    intercept: FloatArray  # (n, p) covariates as main effects, 1 first
    slope: FloatArray  # (n, q) covariates that multiply time, 1 first
    n_curve: int = 0  # columns of the curve, in units of time

    def columns(self) -> FloatArray:
        """``K (n, 2 + n_curve, p + n_curve + q)``."""
        (n, p), bends = self.intercept.shape, np.arange(self.n_curve)
        k = np.zeros((n, 2 + self.n_curve, p + self.n_curve + self.slope.shape[1]))
        k[:, 0, :p] = self.intercept
        k[:, 2 + bends, p + bends] = 1.0
        k[:, 1, p + self.n_curve :] = self.slope
        return k

    def unit(self, scale: float) -> FloatArray:
        """``(p + n_curve + q,)``: coefficients are times this if time in the data is in units of `scale`."""
        p = self.intercept.shape[1]
        return np.concatenate([np.ones(p), np.full(self.n_curve + self.slope.shape[1], 1.0 / scale)])


@dataclass(frozen=True)
class MixedFit:
    """A fitted random intercept and slope model; times in the unit given."""

    beta: FloatArray  # (p + n_curve + q,) in the order of FixedDesign
    root: FloatArray  # root root' = (X'V⁻¹X)⁻¹
    random: FloatArray  # (2, 2) D, covariance of random intercept and slope
    residual: float  # σ²
    loglik: float  # restricted if REML
    weights: FloatArray  # (n, d, d) A = Z'V⁻¹Z
    scores: FloatArray  # (n, d) s = Z'V⁻¹(y - Xβ)

    @property
    def standard_errors(self) -> FloatArray:
        """Of `beta`, as lme4 gives them: variance components taken as known."""
        return np.linalg.norm(self.root, axis=1)


def sum_visits(
    y: FloatArray, time: FloatArray, person: IntArray, n: int, curve: FloatArray | None = None
) -> PersonSums:
    """Sums over each person's visits; `person` are positions 0 … n-1, `curve` is ``(v, n_curve)``."""

    def total(values: FloatArray) -> FloatArray:
        return np.bincount(person, weights=values, minlength=n)

    z = [np.ones_like(y), time, *([] if curve is None else curve.T)]
    zz = np.stack([np.stack([total(a * b) for b in z], axis=1) for a in z], axis=1)
    return PersonSums(total(z[0]), zz, np.stack([total(a * y) for a in z], axis=1), total(y * y))


def fit_random_slopes(sums: PersonSums, design: FixedDesign, *, is_reml: bool = True) -> MixedFit:
    """Fit by (restricted) maximum likelihood over the relative Cholesky factor Λ, ``D = σ² Λ Λ'``.

    β and σ² are profiled out (Bates et al. 2015, J Stat Softw 67(1), eq. 34 and 41); the gradient in Λ is
    exact. Quasi-Newton steps from two starts are followed by Newton's until the gradient vanishes. Λ is
    unconstrained, as the signs of its columns do not matter: a fit on the boundary (a random effect without
    variance) needs no special case.

    Raises
    ------
    AnalysisError
        No maximum is found.
    """
    # Orthonormal covariates, and time in units of its own spread: the same model, well conditioned.
    scale = sums.scale
    intercept, intercept_triangle = np.linalg.qr(design.intercept)
    slope, slope_triangle = np.linalg.qr(design.slope)
    plain = scipy.linalg.block_diag(
        np.linalg.inv(intercept_triangle), np.eye(design.n_curve), np.linalg.inv(slope_triangle)
    )
    back = plain * design.unit(scale)[:, None]
    columns = FixedDesign(intercept, slope, design.n_curve).columns()
    profile = _Profile(sums.per(scale), columns, is_reml)
    found = [_minimise(profile, np.array(start)) for start in ((1.0, 0.0, 1.0), (0.3, 0.0, 0.1))]
    theta, _ = min(found, key=lambda pair: pair[1])
    theta, decrement = _polish(profile, theta)
    if not decrement < 1e-8:
        # A saddle: with hardly any variance of intercepts, all (0, a, b) of one a² + b² are nearly alike.
        spread = float(np.hypot(theta[1], theta[2]))
        found = [_minimise(profile, np.array(start)) for start in ((0.1, -0.1, spread), (0.1, 0.1, spread))]
        theta, decrement = _polish(profile, min(found, key=lambda pair: pair[1])[0])
    if not decrement < 1e-8:
        raise AnalysisError(
            "the mixed model of random intercept and slope has no maximum that can be found",
            remedy="look in the visits for implausible values or too few repeated visits",
        )
    return profile.fit(theta, scale, back)


def _minimise(profile: _Profile, start: FloatArray) -> tuple[FloatArray, float]:
    result = scipy.optimize.minimize(
        profile.deviance_and_gradient, start, jac=True, method="BFGS", options={"gtol": 1e-2}
    )
    return result.x, float(result.fun)


def _polish(profile: _Profile, theta: FloatArray) -> tuple[FloatArray, float]:
    """Newton's steps with differences of the exact gradient; returns the last step's promise in deviance."""
    step_size = 1e-4
    for _ in range(10):
        gradient = profile.deviance_and_gradient(theta)[1]
        moved = [
            [profile.deviance_and_gradient(theta + sign * step_size * unit)[1] for sign in (1.0, -1.0)]
            for unit in np.eye(3)
        ]
        hessian = np.array([(forward - back) / (2.0 * step_size) for forward, back in moved])
        values, vectors = np.linalg.eigh((hessian + hessian.T) / 2.0)
        if values[0] < -1e-6 * values[-1]:
            return theta, np.inf
        # A flat direction (a random effect without variance) has nothing to gain.
        inverse = np.where(values > 1e-8 * values[-1], 1.0 / np.where(values > 0, values, 1.0), 0.0)
        step = vectors @ (inverse * (vectors.T @ gradient))
        decrement = float(gradient @ step)
        theta = theta - step
        if decrement < 1e-12:
            break
    return theta, decrement


class _Profile:
    """The profiled deviance of one data set; everything in units of σ²."""

    def __init__(self, sums: PersonSums, columns: FloatArray, is_reml: bool) -> None:
        self.sums, self.columns, self.is_reml = sums, columns, is_reml
        self.dof = float(sums.n_visits.sum()) - (columns.shape[2] if is_reml else 0)

    def solve(self, theta: FloatArray) -> _Solution:
        sums, columns = self.sums, self.columns
        p = columns.shape[2]
        d = columns.shape[1]
        relative = np.zeros((d, d))
        relative[:2, :2] = _lower(theta) @ _lower(theta).T
        # (I + S T)⁻¹, d x d for every person.
        shrink = np.linalg.inv(np.eye(d) + sums.zz @ relative)
        weights = shrink @ sums.zz
        weights = (weights + np.swapaxes(weights, 1, 2)) / 2.0
        zy = np.einsum("nij,nj->ni", shrink, sums.zy)
        weighted = weights @ columns
        information = columns.reshape(-1, p).T @ weighted.reshape(-1, p)
        factor = np.linalg.cholesky(information)
        right = columns.reshape(-1, p).T @ zy.reshape(-1)
        beta = scipy.linalg.cho_solve((factor, True), right)
        # Residual sums of squares about Xβ, formed person by person so that nothing large cancels.
        fitted = np.einsum("nip,p->ni", columns, beta)
        zr = sums.zy - np.einsum("nij,nj->ni", sums.zz, fitted)
        rr = sums.yy - 2.0 * np.sum(fitted * sums.zy, axis=1) + np.einsum("ni,nij,nj->n", fitted, sums.zz, fitted)
        scores = np.einsum("nij,nj->ni", shrink, zr)
        rss = float(rr.sum() - np.einsum("ni,ij,nj->", zr, relative, scores))
        log_det = float(-np.log(np.linalg.det(shrink)).sum())
        return _Solution(beta, factor, weights, weighted, scores, rss / self.dof, log_det)

    def deviance_and_gradient(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """``-2 log`` (restricted) likelihood and its gradient in Λ's lower triangle."""
        s = self.solve(theta)
        deviance = self.dof * (1.0 + np.log(2.0 * np.pi * s.residual)) + s.log_det
        slope = s.weights[:, :2, :2].sum(axis=0) - s.scores[:, :2].T @ s.scores[:, :2] / s.residual
        if self.is_reml:
            deviance += 2.0 * np.log(np.diag(s.factor)).sum()
            projected = scipy.linalg.solve_triangular(s.factor, s.weighted.reshape(-1, len(s.beta)).T, lower=True)
            rows = projected.T.reshape(*s.weighted.shape)[:, :2]
            slope = slope - np.einsum("nip,njp->ij", rows, rows, optimize=True)
        gradient = 2.0 * slope @ _lower(theta)
        return float(deviance), gradient[[0, 1, 1], [0, 0, 1]]

    def fit(self, theta: FloatArray, scale: float, back: FloatArray) -> MixedFit:
        """The fit at `theta` in the units of the data: time times `scale`, coefficients times `back`."""
        s = self.solve(theta)
        loglik = -0.5 * self.deviance_and_gradient(theta)[0]
        if self.is_reml:
            loglik += np.linalg.slogdet(back)[1]
        root = back @ scipy.linalg.solve_triangular(s.factor, np.eye(len(s.beta)), lower=True).T
        relative, unit = _lower(theta) @ _lower(theta).T, np.full(self.columns.shape[1], scale)
        unit[0] = 1.0
        return MixedFit(
            beta=back @ s.beta,
            root=np.sqrt(s.residual) * root,
            random=s.residual * relative / np.outer(unit[:2], unit[:2]),
            residual=s.residual,
            loglik=float(loglik),
            weights=s.weights * np.outer(unit, unit) / s.residual,
            scores=s.scores * unit / s.residual,
        )


@dataclass(frozen=True)
class _Solution:
    beta: FloatArray
    factor: FloatArray  # lower Cholesky of X'W⁻¹X, with V = σ² W
    weights: FloatArray  # (n, d, d) Z'W⁻¹Z
    weighted: FloatArray  # (n, d, p) Z'W⁻¹X
    scores: FloatArray  # (n, d) Z'W⁻¹(y - Xβ)
    residual: float  # σ²
    log_det: float  # Σ log |W|


def _lower(theta: FloatArray) -> FloatArray:
    return np.array([[theta[0], 0.0], [theta[1], theta[2]]])
