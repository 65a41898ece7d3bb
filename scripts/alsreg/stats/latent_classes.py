"""Latent class mixed model (see `fit_classes`): groups of people whose outcome follows one of a few mean curves over time.

Everything the likelihood needs of a person's visits is their moments, so that its cost does not grow with visits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from scipy import optimize

from alsreg.errors import AnalysisError
from alsreg.stats.null import FloatArray, IntArray

N_VARIANCES = 4  # Λ's lower triangle and log σ²
MAX_ITERATIONS = 400
# A fit is at its maximum when a Newton step promises less than this in log likelihood.
DECREMENT = 1e-8
# Starts whose log likelihoods differ by less reached the same maximum.
SAME_MAXIMUM = 1e-3
# Below this share of the variance nothing is left of the error: everybody's values lie on their own line, and the likelihood
# grows without end.
MIN_RESIDUAL = 1e-7


@dataclass(frozen=True)
class Moments:
    """Sums over each person's visits, ``n`` people, with X the ``p`` powers of scaled time."""

    n_visits: FloatArray  # (n,)
    xx: FloatArray  # (n, p, p) X'X
    xy: FloatArray  # (n, p) X'y
    yy: FloatArray  # (n,) y'y
    time_scale: float  # time in X is time / time_scale
    y_centre: float  # y here is (value - y_centre) / y_scale
    y_scale: float

    @property
    def n_powers(self) -> int:
        return self.xy.shape[1]

    @property
    def units(self) -> FloatArray:
        """What a coefficient of each power here is worth in the units of the data, ``(p,)``."""
        return self.y_scale / self.time_scale ** np.arange(self.n_powers)


@dataclass(frozen=True)
class ClassFit:
    """A maximum of the likelihood; classes by increasing decline."""

    coefficients: FloatArray  # (k, p) of powers of time, in the units of the data
    covariances: FloatArray  # (k, p, p) of each row; NaN where the information is singular
    shares: FloatArray  # (k,) π
    random: FloatArray  # (2, 2) D
    residual: float  # σ²
    log_likelihood: float
    posterior: FloatArray  # (n, k)
    n_parameters: int
    n_reached: int  # starts that ended at this maximum
    n_starts: int
    parameters: FloatArray  # as the likelihood takes them, for starts elsewhere

    @property
    def n_classes(self) -> int:
        return len(self.shares)

    @property
    def assigned(self) -> IntArray:
        """Most probable class of each person, ``(n,)``, 0 the slowest decline."""
        return self.posterior.argmax(axis=1).astype(np.int64)

    def curves(self, times: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean of each class at `times` and its standard error, each ``(k, len(times))``."""
        x = times[:, None] ** np.arange(self.coefficients.shape[1])
        variance = np.einsum("tp,kpq,tq->kt", x, self.covariances, x)
        return self.coefficients @ x.T, np.sqrt(variance)


def sum_moments(y: FloatArray, time: FloatArray, person: IntArray, n: int, degree: int) -> Moments:
    """Moments of visits ``(v,)`` by `person` 0 … n-1; the mean curve is a polynomial of `degree` in time."""
    if len(np.unique(time)) <= degree:
        raise AnalysisError(
            f"visits at fewer than {degree + 2} times say nothing of the course", remedy="check the visits"
        )
    time_scale, centre, scale = float(np.sqrt(np.mean(time**2))), float(y.mean()), float(y.std())
    if not scale > 0:
        raise AnalysisError("all visits have one value", remedy="check the visits")
    y = (y - centre) / scale
    x = (time / time_scale)[:, None] ** np.arange(degree + 1)

    def total(values: FloatArray) -> FloatArray:
        return np.bincount(person, weights=values, minlength=n)

    p = degree + 1
    powers = np.stack([total(x[:, min(k, p - 1)] * x[:, k - min(k, p - 1)]) for k in range(2 * p - 1)], axis=1)
    xx = powers[:, np.add.outer(np.arange(p), np.arange(p))]
    xy = np.stack([total(x[:, k] * y) for k in range(p)], axis=1)
    return Moments(total(np.ones_like(y)), xx, xy, total(y * y), time_scale, centre, scale)


def fit_classes(moments: Moments, n_classes: int, rng: np.random.Generator, n_starts: int = 10) -> ClassFit:
    """Fit a latent class mixed model by maximum likelihood.

    Person i belongs to class k with probability π_k, unseen; given the class, values are normal with mean ``X_i β_k``, X the
    powers of time, and covariance ``Z_i D Z_i' + σ² I``, Z the intercept and time; D and σ² are shared by the classes
    (Verbeke & Lesaffre 1996, JASA 91:217; Proust-Lima, Philipps & Liquet 2017, J Stat Softw 78(2), `hlme`). Whoever leaves
    is missing at random given the values recorded. The best maximum over several starts counts; classes are numbered by
    their mean change up to the mean time of visits, slowest decline first; a person's posterior is by Bayes' rule.

    Parameters
    ----------
    moments
        Of ``n`` people.
    n_classes
        Number of classes.
    rng
        Draws the random starts. The first start is not random: classes are quantiles of the predicted slope.
    n_starts
        Starts in all (one suffices for a single class).

    Raises
    ------
    AnalysisError
        No start reaches a maximum.
    """
    weights = np.ones(len(moments.yy))
    found, reached = climb_from_starts(moments, weights, n_classes, rng, n_starts)
    theta, covariance = _polish(moments, weights, found[0], n_classes)
    n_reached = int(np.sum(reached > reached[0] - SAME_MAXIMUM))
    return _as_fit(moments, theta, covariance, (n_classes, n_reached, len(found)))


def climb_from_starts(
    moments: Moments, weights: FloatArray, n_classes: int, rng: np.random.Generator, n_starts: int,
    first: FloatArray | None = None,
) -> tuple[list[FloatArray], FloatArray]:  # fmt: skip
    """Parameters reached from each start and their log likelihoods, best first.

    `weights` ``(n,)`` say how often each person counts; `first` are parameters to start from instead of quantiles.

    Raises
    ------
    AnalysisError
        No start reaches a maximum.
    """
    one = _climb(moments, weights, _single_start(moments))
    starts = [] if n_classes == 1 else _starts(moments, weights, n_classes, rng, n_starts, first, one)
    found = [_climb(moments, weights, start) for start in starts] or [one]
    reached = np.array([evaluate(moments, weights, theta, n_classes)[0] for theta in found])
    reached[[theta[-1] < np.log(MIN_RESIDUAL) for theta in found]] = np.nan
    if not np.isfinite(reached).any():
        raise AnalysisError(f"no maximum of the likelihood with {n_classes} classes was found from {len(found)} starts")
    order = np.argsort(-np.where(np.isfinite(reached), reached, -np.inf), kind="stable")
    return [found[place] for place in order], reached[order]


def posterior_of(moments: Moments, parameters: FloatArray, n_classes: int) -> FloatArray:
    """Probability of each class for people who need not be those fitted, ``(n, k)``, in the order of `parameters`."""
    return evaluate(moments, np.ones(len(moments.yy)), parameters, n_classes)[2]


def evaluate(
    moments: Moments, weights: FloatArray, theta: FloatArray, n_classes: int
) -> tuple[float, FloatArray, FloatArray]:
    """Log likelihood of the values in the units of the data, its gradient in `theta`, and posteriors ``(n, k)``.

    `theta` is β ``(k p)``, log π_k/π_1 ``(k - 1)``, Λ's lower triangle ``(3)`` with ``D = σ² Λ Λ'``, and log σ².
    """
    p = moments.n_powers
    split = n_classes * p
    beta = np.ascontiguousarray(theta[:split].reshape(n_classes, p))
    logits = np.concatenate([[0.0], theta[split : split + n_classes - 1]])
    log_shares = logits - np.logaddexp.reduce(logits)
    triangle = theta[-N_VARIANCES:-1]
    sums = _mixture(
        moments.n_visits, moments.xx, moments.xy, moments.yy, weights, beta, log_shares, triangle, theta[-1]
    )
    loglik, by_beta, by_class, slope, by_scale, posterior = sums
    lower = np.array([[triangle[0], 0.0], [triangle[1], triangle[2]]])
    by_lambda = np.exp(theta[-1]) * 2.0 * slope @ lower
    by_logit = by_class - weights.sum() * np.exp(log_shares)
    gradient = np.concatenate(
        [by_beta.ravel(), by_logit[1:], [by_lambda[0, 0], by_lambda[1, 0], by_lambda[1, 1]], [by_scale]]
    )
    n_values = float(weights @ moments.n_visits)
    return loglik - n_values * np.log(moments.y_scale), gradient, posterior


@numba.njit(cache=True, nogil=True)
def _mixture(n_visits, xx, xy, yy, weights, beta, log_shares, triangle, log_scale):  # type: ignore[no-untyped-def]
    """Sums over people: log likelihood; by β, class, D and log σ² its derivatives; posteriors."""
    n, (k, p) = len(yy), beta.shape
    scale = np.exp(log_scale)
    a, b, c = triangle
    posterior, by_beta, by_class = np.empty((n, k)), np.zeros((k, p)), np.zeros(k)
    slope = np.zeros((2, 2))
    loglik, by_scale = 0.0, 0.0
    log_density, quadratic, projected = np.empty(k), np.empty(k), np.empty((k, p))
    for i in range(n):
        if weights[i] == 0.0:
            posterior[i] = np.nan
            continue
        s00, s01, s11 = xx[i, 0, 0], xx[i, 0, 1], xx[i, 1, 1]
        # M = I + Λ'SΛ; G = Λ M⁻¹ Λ'; V⁻¹ = (I - Z G Z') / σ².
        m00 = 1.0 + a * (a * s00 + b * s01) + b * (a * s01 + b * s11)
        m01 = c * (a * s01 + b * s11)
        m11 = 1.0 + c * c * s11
        det = m00 * m11 - m01 * m01
        i00, i01, i11 = m11 / det, -m01 / det, m00 / det
        g00 = a * a * i00
        g01 = a * b * i00 + a * c * i01
        g11 = b * b * i00 + 2.0 * b * c * i01 + c * c * i11
        constant = n_visits[i] * (np.log(2.0 * np.pi) + log_scale) + np.log(det)
        for j in range(k):
            rr = yy[i]
            for u in range(p):
                left = xy[i, u]
                for v in range(p):
                    left -= xx[i, u, v] * beta[j, v]
                projected[j, u] = left
                rr -= beta[j, u] * (xy[i, u] + left)
            z0, z1 = projected[j, 0], projected[j, 1]
            h0, h1 = g00 * z0 + g01 * z1, g01 * z0 + g11 * z1
            quadratic[j] = (rr - z0 * h0 - z1 * h1) / scale
            log_density[j] = log_shares[j] - 0.5 * (constant + quadratic[j])
            for u in range(p):
                projected[j, u] = (projected[j, u] - xx[i, u, 0] * h0 - xx[i, u, 1] * h1) / scale
        top = log_density.max()
        total = np.sum(np.exp(log_density - top))
        loglik += weights[i] * (top + np.log(total))
        # Z'V⁻¹Z = (S - S G S) / σ².
        t00, t01 = g00 * s00 + g01 * s01, g00 * s01 + g01 * s11
        t10, t11 = g01 * s00 + g11 * s01, g01 * s01 + g11 * s11
        half = 0.5 * weights[i]
        slope[0, 0] -= half * (s00 - s00 * t00 - s01 * t10) / scale
        slope[0, 1] -= half * (s01 - s00 * t01 - s01 * t11) / scale
        slope[1, 1] -= half * (s11 - s01 * t01 - s11 * t11) / scale
        by_scale -= half * n_visits[i]
        for j in range(k):
            posterior[i, j] = np.exp(log_density[j] - top) / total
            w = weights[i] * posterior[i, j]
            by_class[j] += w
            by_scale += 0.5 * w * quadratic[j]
            for u in range(p):
                by_beta[j, u] += w * projected[j, u]
            slope[0, 0] += 0.5 * w * projected[j, 0] * projected[j, 0]
            slope[0, 1] += 0.5 * w * projected[j, 0] * projected[j, 1]
            slope[1, 1] += 0.5 * w * projected[j, 1] * projected[j, 1]
    slope[1, 0] = slope[0, 1]
    return loglik, by_beta, by_class, slope, by_scale, posterior


def _climb(moments: Moments, weights: FloatArray, start: FloatArray) -> FloatArray:
    """Quasi-Newton ascent with the exact gradient."""
    n_classes = (len(start) + 1 - N_VARIANCES) // (moments.n_powers + 1)
    size = float(weights.sum())

    def objective(theta: FloatArray) -> tuple[float, FloatArray]:
        loglik, gradient, _ = evaluate(moments, weights, theta, n_classes)
        return -loglik / size, -gradient / size

    result = optimize.minimize(
        objective, start, jac=True, method="BFGS", options={"gtol": 1e-6, "maxiter": MAX_ITERATIONS}
    )
    return result.x


def _single_start(moments: Moments) -> FloatArray:
    beta = np.linalg.solve(moments.xx.sum(axis=0), moments.xy.sum(axis=0))
    return np.concatenate([beta, [2.0, 0.0, 1.0], [np.log(0.05)]])


def _starts(moments, weights, n_classes, rng, n_starts, first, one):  # type: ignore[no-untyped-def]
    """Start parameters: given or by quantiles of slope, then by nearness to people drawn at random."""
    random = _predict_random(moments, one)
    slope = random[:, 1]
    if first is None:
        edges = np.quantile(slope[weights > 0], np.arange(1, n_classes) / n_classes)
        yield _start_from_groups(moments, weights, np.searchsorted(edges, slope), n_classes, one)
    else:
        yield first
    spread = random / np.where(random.std(axis=0) > 0, random.std(axis=0), 1.0)
    for _ in range(n_starts - 1):
        drawn = rng.choice(np.flatnonzero(weights > 0), n_classes, replace=False)
        near = ((spread[:, None, :] - spread[drawn]) ** 2).sum(axis=2).argmin(axis=1)
        yield _start_from_groups(moments, weights, near, n_classes, one)


def _predict_random(moments: Moments, theta: FloatArray) -> FloatArray:
    """Predicted intercept and slope of each person under one class, ``(n, 2)``: ``D Z'V⁻¹(y - Xβ)``."""
    p = moments.n_powers
    lower = np.array([[theta[p], 0.0], [theta[p + 1], theta[p + 2]]])
    relative = lower @ lower.T
    zr = (moments.xy - moments.xx @ theta[:p])[:, :2]
    shrink = np.linalg.inv(np.eye(2) + moments.xx[:, :2, :2] @ relative)
    return np.einsum("ij,njk,nk->ni", relative, shrink, zr)


def _start_from_groups(
    moments: Moments, weights: FloatArray, group: IntArray, n_classes: int, one: FloatArray
) -> FloatArray:
    """Least squares in each group; random effects half as wide as without classes."""
    p = moments.n_powers
    beta, sizes = np.tile(one[:p], (n_classes, 1)), np.ones(n_classes)
    for label in range(n_classes):
        inside = weights * (group == label)
        sizes[label] += inside.sum()
        # A little of the curve of all keeps small groups well defined.
        ridge = 1e-3 * np.tensordot(weights, moments.xx, 1)
        right = np.tensordot(inside, moments.xy, 1) + ridge @ one[:p]
        beta[label] = np.linalg.solve(np.tensordot(inside, moments.xx, 1) + ridge, right)
    logits = np.log(sizes / sizes[0])
    return np.concatenate([beta.ravel(), logits[1:], 0.5 * one[-N_VARIANCES:-1], one[-1:]])


def _polish(
    moments: Moments, weights: FloatArray, theta: FloatArray, n_classes: int
) -> tuple[FloatArray, FloatArray | None]:
    """Newton's steps with differences of the exact gradient; the parameters and their covariance (None: singular)."""
    for _ in range(10):
        loglik, gradient, _ = evaluate(moments, weights, theta, n_classes)
        values, vectors = np.linalg.eigh(_information(moments, weights, theta, n_classes))
        if values[0] <= 1e-9 * values[-1]:
            return theta, None
        step = vectors @ ((vectors.T @ gradient) / values)
        if not evaluate(moments, weights, theta + step, n_classes)[0] >= loglik - 1e-9 * abs(loglik):
            return theta, None
        theta = theta + step
        if gradient @ step < DECREMENT:
            return theta, (vectors / values) @ vectors.T
    return theta, None


def _information(moments: Moments, weights: FloatArray, theta: FloatArray, n_classes: int) -> FloatArray:
    """Observed information, ``(d, d)``."""
    step = 1e-5
    rows = []
    for unit in np.eye(len(theta)):
        ahead, behind = (evaluate(moments, weights, theta + sign * step * unit, n_classes)[1] for sign in (1.0, -1.0))
        rows.append((behind - ahead) / (2.0 * step))
    matrix = np.array(rows)
    return (matrix + matrix.T) / 2.0


def _as_fit(
    moments: Moments, theta: FloatArray, covariance: FloatArray | None, counts: tuple[int, int, int]
) -> ClassFit:
    """The fit in the units of the data, classes in the order of their decline."""
    n_classes, n_reached, n_starts = counts
    p = moments.n_powers
    beta = theta[: n_classes * p].reshape(n_classes, p)
    logits = np.concatenate([[0.0], theta[n_classes * p : n_classes * p + n_classes - 1]])
    shares = np.exp(logits - np.logaddexp.reduce(logits))
    order = np.argsort(-_mean_change(moments, beta), kind="stable")
    reordered = logits[order] - logits[order[0]]
    blocks = np.full((n_classes, p, p), np.nan)
    if covariance is not None:
        blocks = np.array([covariance[k * p : (k + 1) * p, k * p : (k + 1) * p] for k in range(n_classes)])
    parameters = np.concatenate([beta[order].ravel(), reordered[1:], theta[-N_VARIANCES:]])
    loglik, _, posterior = evaluate(moments, np.ones(len(moments.yy)), parameters, n_classes)
    units, lower = moments.units, np.array([[theta[-4], 0.0], [theta[-3], theta[-2]]])
    residual = float(np.exp(theta[-1])) * moments.y_scale**2
    return ClassFit(
        coefficients=beta[order] * units + moments.y_centre * np.eye(p)[0],
        covariances=blocks[order] * np.outer(units, units),
        shares=shares[order],
        random=residual * (lower @ lower.T) / np.outer([1.0, moments.time_scale], [1.0, moments.time_scale]),
        residual=residual,
        log_likelihood=loglik,
        posterior=posterior,
        n_parameters=len(theta),
        n_reached=n_reached,
        n_starts=n_starts,
        parameters=parameters,
    )


def _mean_change(moments: Moments, beta: FloatArray) -> FloatArray:
    """Change of each class's mean per scaled time, from 0 to the mean time of all visits, ``(k,)``."""
    sums = moments.xx.sum(axis=0)
    middle = sums[0, 1] / sums[0, 0]
    powers = np.arange(1, moments.n_powers)
    return beta[:, 1:] @ middle ** (powers - 1)
