"""Genetic sex from heterozygosity on the non-pseudoautosomal X."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import bdtrc

from alsreg.genotypes.frequencies import allele_counts, count_genotypes
from alsreg.genotypes.groups import AncestryGroups
from alsreg.genotypes.heterozygosity import expected_heterozygosity

MIN_MAF = 0.01
# Chance that a male shows so many heterozygotes by error, below which a female is proven.
MAX_MALE_P = 1e-6


@dataclass(frozen=True)
class XEvidence:
    """What X says about each sample, arrays ``(n,)``.

    ``inbreeding_f`` is NaN without informative variants; ``n_independent`` is the effective number of independent
    variants among the informative ones called.
    """

    inbreeding_f: np.ndarray
    n_called: np.ndarray
    n_heterozygous: np.ndarray
    n_independent: np.ndarray


def x_evidence(genotypes: np.ndarray, groups: AncestryGroups) -> XEvidence:
    """Weigh informative variants: minor allele frequency at least 1 % over all samples.

    Expected heterozygotes come from the allele frequencies of a sample's own ancestry group. Males are coded 0 and 2, so the
    frequencies do not depend on who is male.

    Parameters
    ----------
    genotypes
        ALT counts of non-pseudoautosomal X variants, int8 ``(m, n)``, negative is missing.
    groups
        Ancestry group of each sample.
    """
    counts = count_genotypes(genotypes, groups.index, len(groups.names))
    frequency = np.nan_to_num(allele_counts(counts.sum(axis=1)).frequency)
    alleles = allele_counts(groups.pool(counts))
    is_informative = np.minimum(frequency, 1 - frequency) >= MIN_MAF
    chosen = genotypes[is_informative]
    expected = expected_heterozygosity(alleles.alt, alleles.total)[is_informative][:, groups.index]
    is_called = chosen >= 0
    n_called = is_called.sum(axis=0)
    n_het = (chosen == 1).sum(axis=0)
    sum_expected = (expected * is_called).sum(axis=0)
    f = 1 - np.divide(n_het, sum_expected, out=np.full(len(n_het), np.nan), where=sum_expected > 0)
    share = n_called / max(len(chosen), 1)
    return XEvidence(f, n_called, n_het, share * effective_number(chosen, groups.index))


def effective_number(genotypes: np.ndarray, group: np.ndarray) -> float:
    """Effective number of independent variants: m^2 over the sum of squared correlations within groups.

    The sum over all pairs of variants comes from the smaller ``(n, n)`` product. The squared correlation that n
    samples show by chance is taken off.
    """
    m = len(genotypes)
    if m == 0:
        return 0.0
    z = np.where(genotypes >= 0, genotypes, np.nan).astype(np.float64)
    for number in np.unique(group):
        block = z[:, group == number]
        n_known = np.isfinite(block).sum(axis=1, keepdims=True)
        z[:, group == number] = block - np.nansum(block, axis=1, keepdims=True) / np.maximum(n_known, 1)
    z = np.nan_to_num(z)
    norm = np.sqrt((z**2).sum(axis=1, keepdims=True))
    z = z[norm[:, 0] > 0] / norm[norm[:, 0] > 0]
    m = len(z)
    product = z.T @ z if m > z.shape[1] else z @ z.T
    by_chance = m * (m - 1) / max(z.shape[1] - len(np.unique(group)), 1)
    return float(min(m, m**2 / max((product**2).sum() - by_chance, m))) if m else 0.0


def call_sex(
    evidence: XEvidence, *, max_female_f: float, min_male_f: float, min_independent: int, max_male_heterozygosity: float
) -> np.ndarray:
    """``M``, ``F``, ``ambiguous`` or ``not testable`` for each sample.

    Where X is thick enough, F decides. Where it is thin, linked variants may all be homozygous in a female, so that a
    male is never called; but more heterozygotes than error can give a male prove a female.
    """
    f = np.nan_to_num(evidence.inbreeding_f, nan=np.inf)
    is_thick = (evidence.n_independent >= min_independent) & np.isfinite(f)
    male_p = bdtrc(evidence.n_heterozygous - 1, evidence.n_called, max_male_heterozygosity)
    is_proven_female = (f <= max_female_f) & (male_p < MAX_MALE_P)
    return np.select(
        [is_proven_female, ~is_thick, f <= max_female_f, f >= min_male_f],
        ["F", "not testable", "F", "M"],
        "ambiguous",
    )
