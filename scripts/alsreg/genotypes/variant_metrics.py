"""Metrics of variants over the usable samples of an assay, a block of variants at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alsreg.genotypes.batch import batch_p
from alsreg.genotypes.frequencies import PLOIDIES, allele_counts, copies, count_genotypes, ploidy_class
from alsreg.genotypes.groups import OTHER
from alsreg.genotypes.hwe import hwe_exact
from alsreg.genotypes.mendel import is_true_trio, mendelian_errors


@dataclass(frozen=True)
class SampleDesign:
    """What the tests know of the n usable samples, in the order of their genotype columns.

    Attributes
    ----------
    sex
        ``M``, ``F`` or empty.
    group
        Ancestry group, index into `group_names`.
    hwe_groups
        Groups large enough, and homogeneous enough, for a Hardy-Weinberg test.
    batches
        One array ``(n,)`` per kind of batch with at least two levels: the level's index, -1 where it is unknown.
    trios
        Columns of child, father and mother, ``(trios, 3)``.
    """

    sex: np.ndarray
    group: np.ndarray
    group_names: tuple[str, ...]
    hwe_groups: tuple[int, ...]
    batches: tuple[np.ndarray, ...]
    trios: np.ndarray


def hwe_groups(names: Sequence[str], group: np.ndarray, min_size: int) -> tuple[int, ...]:
    """Groups of at least `min_size` samples; a mixture of ancestries is in no equilibrium and is left out."""
    sizes = np.bincount(group, minlength=len(names))
    return tuple(g for g, name in enumerate(names) if sizes[g] >= min_size and name != OTHER)


class TrioCheck:
    """Which claimed trios the genotypes believe: one mislabelled sample must not condemn every variant."""

    def __init__(self, trios: np.ndarray, sex: np.ndarray) -> None:
        self._trios, self._sex = trios, sex
        self._counts = np.zeros((2, len(trios)), np.int64)

    def add(self, variants: pd.DataFrame, genotypes: np.ndarray) -> None:
        """Look at a block: ``CHROM``, ``POS`` and ALT counts ``(m, n)``."""
        ploidy = ploidy_class(variants["CHROM"].to_numpy(), variants["POS"].to_numpy())
        for kind in ("diploid", "x"):
            found = mendelian_errors(genotypes[ploidy == kind], self._trios, self._sex, kind)
            self._counts += np.array([part.sum(axis=0) for part in found])

    @property
    def believed(self) -> np.ndarray:
        """The trios that fit, ``(trios, 3)``."""
        return self._trios[is_true_trio(*self._counts)]


def measure_variants(variants: pd.DataFrame, genotypes: np.ndarray, design: SampleDesign) -> pd.DataFrame:
    """Metrics of `VARIANT_QC` from ``n_called`` to ``n_mendelian_errors``, one row per variant.

    Parameters
    ----------
    variants
        ``CHROM`` and ``POS``.
    genotypes
        ALT counts ``(m, n)``, negative is missing; haploid people are coded 0 and 2.
    """
    ploidy = ploidy_class(variants["CHROM"].to_numpy(), variants["POS"].to_numpy())
    parts = []
    for kind in PLOIDIES:
        rows = np.flatnonzero(ploidy == kind)
        if len(rows):
            parts.append(_measure(np.ascontiguousarray(genotypes[rows]), kind, design).set_index(rows))
    return pd.concat(parts).sort_index()


def _measure(genotypes: np.ndarray, kind: str, design: SampleDesign) -> pd.DataFrame:
    n_copies = copies(kind, design.sex)
    counts = _count(genotypes, n_copies, design.group, len(design.group_names))
    alleles = allele_counts(counts[:, :, 0].sum(axis=1), counts[:, :, 1].sum(axis=1))
    # A call counts whoever it is from; only Y is not expected of everybody.
    is_expected = n_copies > 0 if kind == "y" else np.ones(len(n_copies), bool)
    n_called = (genotypes[:, is_expected] >= 0).sum(axis=1)
    hwe_p, n_groups = _hardy_weinberg(counts[:, :, 0], design.hwe_groups)
    table = pd.DataFrame(
        {
            "n_called": n_called,
            "call_rate": n_called / is_expected.sum() if is_expected.any() else np.nan,
            "alt_frequency": alleles.frequency,
            "mac": alleles.mac,
            "is_monomorphic": alleles.mac == 0,
            "hwe_p": hwe_p,
            "hwe_n_groups": n_groups,
            "batch_p": _batch(genotypes, n_copies, design),
        }
    )
    if len(design.trios) == 0:
        return table.assign(n_mendelian_errors=pd.array([pd.NA] * len(table), dtype="Int64"))
    is_error, _ = mendelian_errors(genotypes, design.trios, design.sex, kind)
    return table.assign(n_mendelian_errors=is_error.sum(axis=1))


def _count(genotypes: np.ndarray, n_copies: np.ndarray, group: np.ndarray, n_groups: int) -> np.ndarray:
    """Genotype counts ``(m, groups, 2, 4)``: of diploid and of haploid people."""
    index = np.where((n_copies > 0) & (group >= 0), 2 * group + (n_copies == 1), -1)
    return count_genotypes(genotypes, index, 2 * n_groups).reshape(len(genotypes), n_groups, 2, 4)


def _hardy_weinberg(diploid: np.ndarray, groups: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Smallest exact p over `groups`, and in how many of them the variant was seen with both alleles or not."""
    if not groups:
        return np.full(len(diploid), np.nan), np.zeros(len(diploid), np.int64)
    counts = diploid[:, list(groups)]
    p = hwe_exact(counts[..., 0], counts[..., 1], counts[..., 2])
    n_groups = np.isfinite(p).sum(axis=1)
    smallest = np.where(n_groups > 0, np.nanmin(np.where(np.isfinite(p), p, np.inf), axis=1), np.nan)
    return smallest, n_groups


def _batch(genotypes: np.ndarray, n_copies: np.ndarray, design: SampleDesign) -> np.ndarray:
    """Smallest p over the kinds of batch, times their number."""
    if not design.batches:
        return np.full(len(genotypes), np.nan)
    n_strata = len(design.group_names)
    results = []
    for level in design.batches:
        n_levels = int(level.max()) + 1
        cell = np.where(level >= 0, design.group * n_levels + level, -1)
        counts = _count(genotypes, n_copies, cell, n_strata * n_levels)
        alleles = allele_counts(counts[:, :, 0], counts[:, :, 1])
        shape = (len(genotypes), n_strata, n_levels)
        results.append(batch_p(alleles.alt.reshape(shape), alleles.total.reshape(shape)))
    return np.minimum(np.min(results, axis=0) * len(results), 1.0)
