"""Any trait of related people: scores whose variance counts that relatives share alleles.

A score is ``U = Σ r_i g_i`` with r the residuals of a null model that takes people as independent. Given the traits, genotypes are
random: ``Cov(g_i, g_k) = 2p(1 - p) Φ_ik`` with Φ the relationship (twice the kinship), hence ``Var(U) = 2p(1 - p) r'Φr``, whatever the trait
and however families were ascertained (Thornton & McPeek 2010, AJHG 86:172; Schaid 2013, Genet Epidemiol 37:409; Jiang 2016, AJHG
98:243). Against unrelated people the variance grows by one factor for all variants, ``c = r'Φr / Σ r_i² Φ_ii``; it is below 1 where
relatives differ in the trait more than strangers do. Scores and information are divided by c: effects stay, their variance is c times
that of the null model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from alsreg.errors import AnalysisError
from alsreg.stats.cox import CoxNull
from alsreg.stats.genotype_sums import Genotypes
from alsreg.stats.logistic import LogisticNull
from alsreg.stats.mixed import MixedNull
from alsreg.stats.null import FloatArray, IntArray, Refit, Scores, VariantTestOptions, VariantTests

# ASSUME: a smaller relationship is chance (closer than third cousins have more); fastGWA draws the line here (Jiang 2019, Nat Genet 51:1749).
MIN_RELATIONSHIP = 0.05


def account_for_relatives(model: LogisticNull | CoxNull | MixedNull, relationship: FloatArray) -> RetrospectiveNull:
    """Scale a null model's scores by the relationships ``(N, N)`` over the cohort's person axis."""
    residuals = _residuals(model)
    phi = relationship[np.ix_(model.people, model.people)]
    own = float(residuals**2 @ np.diag(phi))
    between = np.where(phi >= MIN_RELATIONSHIP, phi, 0.0)
    np.fill_diagonal(between, 0.0)
    ratio = 1.0 + float(residuals @ between @ residuals) / own
    if not ratio > 0:
        raise AnalysisError("relatives leave the scores no variance", value=ratio, remedy="use `relatedness: exclude`")
    return RetrospectiveNull(model, ratio)


def _residuals(model: LogisticNull | CoxNull | MixedNull) -> FloatArray:
    """What each person's genotype weighs in the score."""
    if isinstance(model, LogisticNull):
        return model.y - model.mean
    if isinstance(model, CoxNull):
        return model.residuals
    information = model.fit.weights.sum(axis=0)  # variant x time, given the variant's main effect
    return model.fit.scores[:, 1] - information[0, 1] / information[0, 0] * model.fit.scores[:, 0]


@dataclass(frozen=True)
class RetrospectiveNull:
    """A null model of independent people, and by how much relatives multiply the variance of its scores."""

    model: LogisticNull | CoxNull | MixedNull
    variance_ratio: float

    @property
    def people(self) -> IntArray:
        return self.model.people

    @property
    def information(self) -> float:
        """Information on the effect per unit of genotype variance."""
        return self.model.information / self.variance_ratio

    def score(self, dosages: FloatArray) -> Scores:
        scores = self.model.score(dosages)
        return Scores(scores.u / self.variance_ratio, scores.v / self.variance_ratio, scores.n_imputed)

    def covariance(self, dosages: FloatArray) -> FloatArray:
        return self.model.covariance(dosages) / self.variance_ratio

    def cross_covariance(self, dosages: FloatArray, other: RetrospectiveNull, other_dosages: FloatArray) -> FloatArray:
        """That of the null models, scaled as both diagonals are, so that it stays a covariance.

        ASSUME: the correlation of two carrier sets' scores is that of the people in both; relatives of whom one is in each
        set add nothing to it.
        """
        ratio = np.sqrt(self.variance_ratio * other.variance_ratio)
        return self.model.cross_covariance(dosages, other.model, other_dosages) / ratio

    def test_variants(self, dosages: Genotypes, options: VariantTestOptions) -> VariantTests:
        """The null model's tests, corrected for small counts as there, then χ² divided by the ratio."""
        tests = self.model.test_variants(dosages, options)
        return replace(
            tests,
            standard_error=tests.standard_error * np.sqrt(self.variance_ratio),
            p_value=self._scale(tests.p_value),
        )

    def _scale(self, p: FloatArray) -> FloatArray:
        """Two-sided p of the normal deviate that `p` stands for, divided by the root of the ratio."""
        deviate = special.ndtri(np.asarray(p) / 2.0) / np.sqrt(self.variance_ratio)
        return np.minimum(2.0 * special.ndtr(deviate), 1.0)

    def refit(self, dosage: FloatArray) -> Refit:
        """The full model of independent people; standard error and p-values scaled."""
        refit = self.model.refit(dosage)
        return replace(
            refit,
            standard_error=refit.standard_error * float(np.sqrt(self.variance_ratio)),
            p_wald=float(self._scale(refit.p_wald)),
            p_lrt=float(self._scale(refit.p_lrt)),
        )
