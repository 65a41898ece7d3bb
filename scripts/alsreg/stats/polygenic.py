"""Quantitative traits of related people: a polygenic effect whose covariance is the relationship matrix.

``y = X β + g b + u + e``, ``u ~ N(0, σ²_g K)``, ``e ~ N(0, σ²_e I)``. In the eigenbasis of K, divided by each element's standard
deviation, it is least squares: the scan is the t-test there at the null's REML ``λ = σ²_g / σ²_e`` (Kang 2010, Nat Genet 42:348), and the
refit of a lead estimates ``λ`` anew with the variant in the model (Zhou & Stephens 2012, Nat Genet 44:821: GEMMA's Wald test).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded where they are first used: half a second that most commands save
from numpy.typing import ArrayLike, NDArray

from alsreg.errors import AnalysisError
from alsreg.stats.design import check_trait, design_matrix
from alsreg.stats.dosages import assemble_tests, centre_dosages, refuse_untestable, screen
from alsreg.stats.genotype_sums import as_dosages
from alsreg.stats.linear import LinearNull, t_test_p
from alsreg.stats.logistic import likelihood_ratio_p
from alsreg.stats.null import FloatArray, IntArray, Refit, Scores, VariantTestOptions, VariantTests, test_in_tiles
from alsreg.stats.variance_components import Eigenbasis, VarianceComponents, decompose, estimate_components


def fit_polygenic_null(
    y: ArrayLike, covariates: ArrayLike | None, people: ArrayLike, relationship: FloatArray,
    names: Sequence[str] | None = None, eigenbasis: Eigenbasis | None = None,
) -> PolygenicNull:  # fmt: skip
    """REML fit of ``y (n,)`` on an intercept and ``covariates (n, p)``.

    Parameters
    ----------
    people
        Positions on the cohort's person axis.
    relationship
        ``(N, N)`` over that axis; for a variant to be tested, without the variant's chromosome.
    eigenbasis
        Of the relationships of `people`, if known already.

    Raises
    ------
    AnalysisError
        The trait is constant or explained by the covariates; covariates are collinear (named); the relationships are no
        covariance.
    """
    y, people = check_trait(y, people)
    design = design_matrix(covariates, len(y), names)
    remainder = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    if remainder @ remainder < 1e-20 * np.sum((y - y.mean()) ** 2):
        raise AnalysisError("the covariates explain the trait completely", remedy="do not adjust a trait for itself")
    basis = decompose(relationship[np.ix_(people, people)]) if eigenbasis is None else eigenbasis
    columns, _ = np.linalg.qr(design)  # the same fit, better conditioned
    rotated, outcome = basis.vectors.T @ columns, basis.vectors.T @ y
    components = estimate_components(basis.values, outcome, rotated)
    root = 1.0 / np.sqrt(components.ratio * basis.values + 1.0)
    whitened, _ = np.linalg.qr(root[:, None] * rotated)
    residuals = root * outcome
    for _ in range(2):
        residuals = residuals - whitened @ (whitened.T @ residuals)
    return PolygenicNull(people, relationship, basis, y, design[:, 1:], components, root, whitened, residuals)


def add_polygenic_effect(
    null: LinearNull, relationship: FloatArray, eigenbasis: Eigenbasis | None = None
) -> PolygenicNull:
    """The model of a least-squares null, with a polygenic effect; arguments as of `fit_polygenic_null`.

    Likelihoods, effects and tests given the covariates depend on the trait through what these leave of it, and on them
    through the space they span.
    """
    intercept = null.basis.sum(axis=0) / np.sqrt(len(null.people))  # in the coordinates of the basis, of length 1
    covariates = null.basis @ scipy.linalg.null_space(intercept[None])
    return fit_polygenic_null(null.residuals, covariates, null.people, relationship, eigenbasis=eigenbasis)


@dataclass(frozen=True)
class PolygenicNull:
    """Variance components and, in the eigenbasis and per unit of σ_e, residuals and a basis of the covariates."""

    people: IntArray
    relationship: FloatArray  # (N, N) over the cohort's person axis
    eigenbasis: Eigenbasis
    y: FloatArray  # (n,)
    covariates: FloatArray  # (n, p) without the intercept
    components: VarianceComponents
    root: FloatArray  # (n,) 1 / sqrt(λ d + 1)
    basis: FloatArray  # (n, k), orthonormal
    residuals: FloatArray  # (n,)

    @property
    def information(self) -> float:
        """Information on the effect per unit of genotype variance, for a genotype unrelated to K: ``tr P``."""
        spread = np.sum(self.root**2) - np.sum((self.root[:, None] * self.basis) ** 2)
        return float(spread / self.components.residual)

    def _rotate(self, centred: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Genotypes in the eigenbasis, of unit error variance, ``(m, n)``, and their projection on the covariates."""
        rotated = (centred @ self.eigenbasis.vectors) * self.root
        return rotated, rotated @ self.basis

    def score(self, dosages: FloatArray) -> Scores:
        """``U = g'Py`` and ``V = g'Pg`` at the null's components; missing genotypes at the variant's mean."""
        block = centre_dosages(dosages)
        rotated, projection = self._rotate(block.centred)
        v = np.maximum(np.sum(rotated**2, axis=1) - np.sum(projection**2, axis=1), 0.0)
        residual = self.components.residual
        return Scores(rotated @ self.residuals / residual, v / residual, block.n_missing)

    def covariance(self, dosages: FloatArray) -> FloatArray:
        """``Φ = G P G'``."""
        rows = self._whiten(dosages)
        return rows @ rows.T

    def _whiten(self, dosages: FloatArray) -> FloatArray:
        rotated, projection = self._rotate(centre_dosages(dosages).centred)
        return (rotated - projection @ self.basis.T) / np.sqrt(self.components.residual)

    def cross_covariance(self, dosages: FloatArray, other: PolygenicNull, other_dosages: FloatArray) -> FloatArray:
        """``Φ = G P V₁₂ P' G'`` with ``V₁₂ = σ_g σ'_g K₁₂ + σ_e σ'_e I₁₂`` between the people of both models.

        All blocks put together are the covariance of one vector of polygenic effects and one of errors on the cohort's
        person axis, hence never indefinite.
        """
        left, right = self._weigh_people(dosages), other._weigh_people(other_dosages)
        _, here, there = np.intersect1d(self.people, other.people, assume_unique=True, return_indices=True)
        genetic = np.sqrt(self.components.genetic * other.components.genetic)
        residual = np.sqrt(self.components.residual * other.components.residual)
        related = left @ self.relationship[np.ix_(self.people, other.people)] @ right.T
        return genetic * related + residual * left[:, here] @ right[:, there].T

    def _weigh_people(self, dosages: FloatArray) -> FloatArray:
        """``G P``: what each person's trait weighs in the scores, ``(m, n)``."""
        rows = self._whiten(dosages) * self.root @ self.eigenbasis.vectors.T
        return rows / np.sqrt(self.components.residual)

    def test_variants(self, dosages: NDArray[np.number], options: VariantTestOptions) -> VariantTests:
        """The t-test of generalised least squares at the null's ``λ``; least squares where ``λ`` is 0.

        At or below ``max_p_refit``, ``λ`` is estimated with the variant in the model: GEMMA's Wald test. `dosages` are
        ``(m, n)`` hard calls (missing negative) or dosages (missing NaN); missing ones stand at the variant's mean.
        """
        return test_in_tiles(lambda tile: self._test_tile(tile, options), np.atleast_2d(dosages))

    def _test_tile(self, dosages: NDArray[np.number], options: VariantTestOptions) -> VariantTests:
        block = centre_dosages(as_dosages(dosages))
        rotated, projection = self._rotate(block.centred)
        total = np.sum(rotated**2, axis=1)
        u, v = rotated @ self.residuals, total - np.sum(projection**2, axis=1)
        status = screen(block, v / np.where(total > 0, total, 1.0), options)
        dof = len(self.people) - self.basis.shape[1] - 1
        with np.errstate(divide="ignore", invalid="ignore"):
            beta = u / v
            error = np.sqrt(np.maximum(self.residuals @ self.residuals - u * beta, 0.0) / dof / v)
            p = t_test_p(beta / error, dof)
        is_refitted = (status == "tested") & (p <= options.max_p_refit)
        for j in np.flatnonzero(is_refitted):
            fit = _fit_variant(self.eigenbasis, self.y, self.covariates, block.centred[j])
            beta[j], error[j], p[j] = fit.beta, fit.standard_error, fit.p_value
        return assemble_tests(
            block, status, {"beta": beta, "standard_error": error, "p_value": p},
            {"effect_method": np.where(is_refitted, "reml", "gls"), "p_method": np.array("t")},
            {"n": block.n_typed, "n_events": block.n_typed, "n_imputed": block.n_missing},
        )  # fmt: skip

    def refit(self, dosage: FloatArray) -> Refit:
        """``λ`` estimated with the variant in the model, on the people who have its genotype.

        Effect, standard error and Wald p under REML (n - k - 1 degrees of freedom), the likelihood ratio under ML: GEMMA's.
        """
        dosage = np.asarray(dosage, dtype=np.float64)
        refuse_untestable(self.test_variants(dosage[None], VariantTestOptions(min_mac=0.0)).status[0])
        typed = ~np.isnan(dosage)
        people = self.people[typed]
        # The mean of K taken out: nothing changes under REML (an intercept is there), and ML is GEMMA's.
        basis = decompose(centre_relationship(self.relationship[np.ix_(people, people)]))
        fit = _fit_variant(basis, self.y[typed], self.covariates[typed], dosage[typed] - dosage[typed].mean())
        designs = (fit.design, fit.design[:, :-1])
        ml = [estimate_components(basis.values, fit.y, design, is_restricted=False) for design in designs]
        p_lrt = likelihood_ratio_p(ml[0].log_likelihood, ml[1].log_likelihood)
        return Refit(fit.beta, fit.standard_error, fit.p_value, p_lrt, len(people), "reml")


@dataclass(frozen=True)
class _VariantFit:
    """A variant's effect at the REML ``λ`` of the model that holds it, and the model's rotated trait and design."""

    beta: float
    standard_error: float
    p_value: float  # t, n - k - 1 degrees of freedom
    y: FloatArray
    design: FloatArray  # the variant is the last column


def _fit_variant(basis: Eigenbasis, y: FloatArray, covariates: FloatArray, centred: FloatArray) -> _VariantFit:
    columns, triangle = np.linalg.qr(np.column_stack([np.ones(len(y)), covariates, centred]))
    y, x = basis.vectors.T @ y, basis.vectors.T @ columns
    full = estimate_components(basis.values, y, x)
    root = 1.0 / np.sqrt(full.ratio * basis.values + 1.0)
    orthonormal, upper = np.linalg.qr(root[:, None] * x)
    scale = upper[-1, -1] * triangle[-1, -1]
    beta = float(orthonormal[:, -1] @ (root * y) / scale)
    error = float(np.sqrt(full.residual) / abs(scale))
    return _VariantFit(beta, error, float(t_test_p(np.array(beta / error), np.array(len(y) - x.shape[1]))), y, x)


def centre_relationship(relationship: FloatArray) -> FloatArray:
    """``M K M`` with M the matrix that takes the mean out."""
    mean = relationship.mean(axis=0)
    return relationship - mean - mean[:, None] + mean.mean()
