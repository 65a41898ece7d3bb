"""Likelihood of decline and survival together: shared random effects, delayed entry.

Visits follow the mixed model of `mixed_fit`: ``y_i = X_i β + Z_i b_i + e_i``, ``Z_i = [1, t]``, ``b_i ~ N(0, D)``. The
hazard at time t since the same origin is ``h_0(t) exp(γ'w_i + α'b_i)`` with ``h_0`` constant in pieces of a scale of time: who starts
lower or declines faster than others dies sooner (α < 0), whatever their visits happened to show. Person i is under
observation because they lived at `entry`, so the contribution is

    ``∫ p(y_i | b) h(exit | b)^event S(exit | b) p(b) db / ∫ S(entry | b) p(b) db``.

(Wulfsohn & Tsiatis 1997, Biometrics 53:330; shared random effects: Rizopoulos 2012, ch. 4; delayed entry: van den Hout &
Muniz-Terrera 2016, Stat Methods Med 25:769.) Given the visits, b is normal, and survival depends on it through the one
number ``u = α'b`` alone. Both integrals are therefore of one dimension, ``E exp(-exp(m + s z))``, z standard normal.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numba
import numpy as np
from scipy import special

from alsreg.stats.mixed_fit import FixedDesign, PersonSums
from alsreg.stats.null import FloatArray

# Where the integrand has fallen by exp(-REACH² / 2), and the step at which what the rule errs by is as little.
REACH, LOG_ACCURACY, WIDEST_STEP = 7.5, 28.0, 0.7
SMALLEST_SPREAD = 1e-7


@dataclass(frozen=True)
class FollowUp:
    """Survival of ``n`` people from the origin of the visits, on the scale of time on which the pieces are constant."""

    exposure: FloatArray  # (n, k) time spent in each piece of the baseline hazard from the origin to exit
    exposure_before: FloatArray  # (n, k) the same from the origin to entry
    is_in: FloatArray  # (n, k) 1 in the piece of the event, 0 elsewhere
    covariates: FloatArray  # (n, q) of the hazard

    @cached_property
    def is_event(self) -> FloatArray:
        """1 if the event happened, ``(n,)``."""
        return self.is_in.sum(axis=1)


@dataclass(frozen=True)
class Parameters:
    """Of the joint model; `vector` puts them in one unconstrained vector."""

    beta: FloatArray  # (p,)
    factor: FloatArray  # (2, 2) lower Cholesky factor of D, positive diagonal
    residual: float  # standard deviation of e
    association: FloatArray  # (2,) α
    log_ratios: FloatArray  # (q,) γ
    log_hazard: FloatArray  # (k,) of the pieces

    @property
    def vector(self) -> FloatArray:
        f = self.factor
        chol = [np.log(f[0, 0]), f[1, 0], np.log(f[1, 1]), np.log(self.residual)]
        return np.concatenate([self.beta, chol, self.association, self.log_ratios, self.log_hazard])

    @classmethod
    def of(cls, vector: FloatArray, p: int, q: int) -> Parameters:
        beta, chol, association, ratios, hazard = np.split(vector, np.cumsum([p, 4, 2, q]))
        factor = np.array([[np.exp(chol[0]), 0.0], [chol[1], np.exp(chol[2])]])
        return cls(beta, factor, float(np.exp(chol[3])), association, ratios, hazard)


@dataclass(frozen=True)
class Mean:
    """``log E exp(-w)``, ``w = exp(m + s z)``, and moments under the density ``φ(z) exp(-w)`` normalised; ``(n,)`` each."""

    log_value: FloatArray
    z: FloatArray
    zz: FloatArray
    w: FloatArray
    zw: FloatArray


def survival_mean(m: FloatArray, s: FloatArray) -> Mean:
    """Quadrature by the trapezoidal rule about the mode, which is Wright's ω function of ``m + log s²``.

    The logarithm of the integrand bends at least as much as that of φ left of the mode and more to its right, which
    bounds where it matters; it is analytic within ``π / 2s`` of the real line, so that the rule's error falls as
    ``exp(-π² / (s step))`` (Trefethen & Weideman 2014, SIAM Rev 56:385).
    """
    omega = special.wrightomega(m + 2.0 * np.log(s))
    mode = -omega / s
    peak = -0.5 * mode**2 - omega / s**2
    step = np.minimum(WIDEST_STEP, np.pi**2 / ((LOG_ACCURACY - peak) * s))
    return Mean(*_integrate(m, s, mode, peak, 1.0 / np.sqrt(1.0 + omega), step))


@numba.njit(cache=True, nogil=True)
def _integrate(m, s, mode, peak, spread, step):  # type: ignore[no-untyped-def]
    n = len(m)
    log_value, z1, z2, w1, zw = np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    for i in range(n):
        total, a, b, c, d = 0.0, 0.0, 0.0, 0.0, 0.0
        left, right = int(REACH / step[i]), int(REACH * spread[i] / step[i]) + 1
        for k in range(-left, right + 1):
            z = mode[i] + k * step[i]
            w = np.exp(m[i] + s[i] * z)
            # Relative to the value at the mode: everything stays of the order of one.
            mass = np.exp(-0.5 * z * z - w - peak[i])
            total += mass
            a += z * mass
            b += z * z * mass
            c += w * mass
            d += z * w * mass
        log_value[i] = peak[i] + np.log(step[i] * total) - 0.5 * np.log(2.0 * np.pi)
        z1[i], z2[i], w1[i], zw[i] = a / total, b / total, c / total, d / total
    return log_value, z1, z2, w1, zw


@dataclass(frozen=True)
class JointLikelihood:
    """The log-likelihood of one data set and its exact gradient."""

    sums: PersonSums
    design: FixedDesign
    follow_up: FollowUp

    @cached_property
    def columns(self) -> FloatArray:
        """``K (n, d, p)``: X = Z K; random effects are of the first two columns of Z."""
        return self.design.columns()

    def evaluate(self, vector: FloatArray) -> tuple[float, FloatArray]:
        """Log-likelihood and gradient at an unconstrained parameter vector.

        By Fisher's identity the gradient is that of the complete data, averaged over b given visits and survival, less
        that of the condition, averaged over b given survival to entry.
        """
        at = Parameters.of(vector, self.columns.shape[2], self.follow_up.covariates.shape[1])
        random = at.factor @ at.factor.T
        visits = self._visits(at, random)
        risk = np.exp(self.follow_up.covariates @ at.log_ratios)
        hazard = np.exp(at.log_hazard)
        after = self._after(at, visits, risk, hazard)
        before = self._before(at, random, risk, hazard)
        event = self.follow_up.is_event
        fixed = event * np.log(risk) + self.follow_up.is_in @ at.log_hazard
        loglik = visits.loglik + fixed.sum() + after.log_value.sum() - before.log_value.sum()
        gradient = self._gradient(at, random, visits, after, before)
        return float(loglik), gradient

    def _visits(self, at: Parameters, random: FloatArray) -> _Visits:
        """b given the visits alone: ``N(mean, covariance)``."""
        sums, variance = self.sums, at.residual**2
        fitted = self.columns @ at.beta
        zr = sums.zy - np.einsum("nij,nj->ni", sums.zz, fitted)
        rr = sums.yy - np.einsum("ni,ni->n", fitted, sums.zy + zr)
        zz = sums.zz[:, :2, :2]
        shrink = np.linalg.inv(np.eye(2) + zz @ random / variance)
        weights = shrink @ zz / variance
        mean = np.einsum("ij,njk,nk->ni", random, shrink, zr[:, :2]) / variance
        covariance = random - random @ weights @ random
        quadratic = (rr - np.einsum("ni,ni->n", zr[:, :2], mean)) / variance
        log_det = sums.n_visits * np.log(2.0 * np.pi * variance) - np.log(np.linalg.det(shrink))
        return _Visits(
            float(-0.5 * (log_det + quadratic).sum()), zr, rr, mean, (covariance + covariance.swapaxes(1, 2)) / 2
        )

    def _after(self, at: Parameters, visits: _Visits, risk: FloatArray, hazard: FloatArray) -> _Effects:
        """b given visits and what became of the person."""
        event, alpha = self.follow_up.is_event, at.association
        direction = visits.covariance @ alpha
        s = np.sqrt(np.maximum(direction @ alpha, SMALLEST_SPREAD**2))
        direction = direction / s[:, None]
        centre = visits.mean + direction * (event * s)[:, None]
        log_rate = np.log(self.follow_up.exposure @ hazard * risk)
        mean = survival_mean(log_rate + centre @ alpha, s)
        log_value = mean.log_value + event * (visits.mean @ alpha) + event * s**2 / 2.0
        return _Effects.of(log_value, mean, centre, direction, visits.covariance)

    def _before(self, at: Parameters, random: FloatArray, risk: FloatArray, hazard: FloatArray) -> _Effects:
        """b given survival to entry."""
        n, alpha = len(risk), at.association
        s = max(float(np.sqrt(alpha @ random @ alpha)), SMALLEST_SPREAD)
        direction = np.tile(random @ alpha / s, (n, 1))
        rate = self.follow_up.exposure_before @ hazard * risk
        log_rate = np.log(np.maximum(rate, 1e-300))
        mean = survival_mean(log_rate, np.full(n, s))
        return _Effects.of(mean.log_value, mean, np.zeros((n, 2)), direction, random)

    def _gradient(
        self, at: Parameters, random: FloatArray, visits: _Visits, after: _Effects, before: _Effects
    ) -> FloatArray:
        up, sums, variance = self.follow_up, self.sums, at.residual**2
        remainder = visits.zr - np.einsum("nij,nj->ni", sums.zz[:, :, :2], after.b)
        beta = np.einsum("nip,ni->p", self.columns, remainder, optimize=True) / variance
        square = visits.rr - 2.0 * np.sum(after.b * visits.zr[:, :2], axis=1)
        square += np.einsum("nij,nij->n", sums.zz[:, :2, :2], after.bb)
        log_residual = float(square.sum() / variance - sums.n_visits.sum())
        inverse = np.linalg.inv(random)
        slope = inverse @ (after.bb.sum(axis=0) - before.bb.sum(axis=0)) @ inverse @ at.factor
        chol = [slope[0, 0] * at.factor[0, 0], slope[1, 0], slope[1, 1] * at.factor[1, 1], log_residual]
        event = up.is_event
        association = (event[:, None] * after.b - after.wb + before.wb).sum(axis=0)
        ratios = (event - after.w + before.w) @ up.covariates
        hazard = np.exp(at.log_hazard)
        pieces = up.is_in.sum(axis=0) - _by_piece(up.exposure * hazard, after.w)
        pieces += _by_piece(up.exposure_before * hazard, before.w)
        return np.concatenate([beta, chol, association, ratios, pieces])


def _by_piece(rate: FloatArray, w: FloatArray) -> FloatArray:
    """Cumulative hazards `w` split over the pieces they were gathered in."""
    total = rate.sum(axis=1)
    return np.divide(w, total, out=np.zeros_like(w), where=total > 0) @ rate


@dataclass(frozen=True)
class _Visits:
    loglik: float
    zr: FloatArray  # (n, d) Z'(y - Xβ)
    rr: FloatArray  # (n,) |y - Xβ|²
    mean: FloatArray  # (n, 2)
    covariance: FloatArray  # (n, 2, 2)


@dataclass(frozen=True)
class _Effects:
    """Moments of b, and of w (the cumulative hazard) with it."""

    log_value: FloatArray  # (n,)
    b: FloatArray  # (n, 2)
    bb: FloatArray  # (n, 2, 2)
    w: FloatArray  # (n,)
    wb: FloatArray  # (n, 2)

    @classmethod
    def of(cls, log_value: FloatArray, mean: Mean, centre: FloatArray, direction: FloatArray, covariance: FloatArray) -> _Effects:  # fmt: skip
        """b is `centre` + `direction` z + what is independent of survival."""
        b = centre + direction * mean.z[:, None]
        along = direction[:, :, None] * direction[:, None, :]
        bb = b[:, :, None] * b[:, None, :] + covariance + along * (mean.zz - mean.z**2 - 1.0)[:, None, None]
        wb = centre * mean.w[:, None] + direction * mean.zw[:, None]
        return cls(log_value, b, bb, mean.w, wb)
