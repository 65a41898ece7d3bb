"""Relationships between the people of an analysis, each time without one chromosome.

A variant's own chromosome is left out of the relationships it is tested under: a polygenic effect that held the variant, or others
in disequilibrium with it, would take away part of what is tested (Yang 2014, Nat Genet 46:100).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from alsreg.errors import AnalysisError, InputError
from alsreg.formats.relationships import RelationshipFile, RelationshipWriter
from alsreg.formats.shards import ShardedReader
from alsreg.genotypes.relationship import RelationshipSums, keep_relatives, sum_relationships
from alsreg.stats.cox import CoxNull
from alsreg.stats.linear import LinearNull
from alsreg.stats.logistic import LogisticNull
from alsreg.stats.mixed import MixedNull
from alsreg.stats.null import FloatArray, IntArray
from alsreg.stats.polygenic import PolygenicNull, add_polygenic_effect
from alsreg.stats.retrospective import RetrospectiveNull, account_for_relatives
from alsreg.stats.variance_components import Eigenbasis, decompose

log = logging.getLogger("alsreg.engines")
BLOCK = 4096
# Fewer variants tell kinship so roughly that part of the heritability is lost and relatives stay correlated (docs/calibration).
FEW_VARIANTS = 5000
# Twice KING's lower bound of third-degree kinship, which relationships of enough variants reach by descent only.
MIN_RELATIVE = 2.0 * 2.0**-4.5
# Standard errors that no pair of a cohort of thousands reaches by chance.
Z_CHANCE = 6.0
# Decompositions kept: traits of one chromosome often share their people.
N_KEPT = 2


def write_relationships(reader: ShardedReader, rows: Mapping[str, IntArray], path: str | Path, min_snps: int) -> None:
    """Write the sums of every chromosome in one pass; memory depends on the number of people alone.

    Parameters
    ----------
    rows
        Row numbers, ascending, by chromosome: autosomal variants in approximate linkage equilibrium.

    Raises
    ------
    AnalysisError
        The variants lie on fewer than two chromosomes, or too few remain without one of them.
    """
    use_one_thread()
    sizes = {name: len(places) for name, places in rows.items() if len(places)}
    refuse_too_few(sizes, min_snps, reader.name)
    if (total := sum(sizes.values())) < FEW_VARIANTS:
        log.warning("relationships from %d variants are rough: %d and more are advised", total, FEW_VARIANTS)
    with RelationshipWriter(path, list(reader.samples["IID"]), min_snps) as writer:
        for chromosome in sizes:
            sums = RelationshipSums.without_variants(len(reader.samples))
            for start in range(0, sizes[chromosome], BLOCK):
                sums = sums.plus(sum_relationships(reader.hardcalls_at(rows[chromosome][start : start + BLOCK])))
            writer.append(chromosome, sizes[chromosome], sums.products, sums.n_shared)
            log.info("chromosome %s: relationships over %d variants", chromosome, sizes[chromosome])


def use_one_thread() -> None:
    """Linear algebra of this process takes one thread from now on: more add up in another order, which is other bytes."""
    threadpool_limits(limits=1)


def refuse_too_few(sizes: Mapping[str, int], min_snps: int, file: str) -> None:
    """Raise an `AnalysisError` unless enough variants remain whichever chromosome is left out."""
    remedy = "give variants of all autosomes, or choose `relatedness: exclude`"
    total = sum(sizes.values())
    if len(sizes) < 2:
        raise AnalysisError(
            "relationships need variants on two chromosomes or more: the chromosome tested is left out of them",
            file=file, value=f"{total} variants on chromosomes {', '.join(sizes) or 'none'}", remedy=remedy,
        )  # fmt: skip
    largest = max(sizes, key=lambda name: sizes[name])
    if total - sizes[largest] < min_snps:
        raise AnalysisError(
            f"{total} common variants in linkage equilibrium, {total - sizes[largest]} without chromosome {largest}: "
            f"fewer than {min_snps}, too few for relationships", file=file, remedy=remedy,
        )  # fmt: skip


class Relationships:
    """Relationship matrices ``(N, N)`` over the person axis of an analysis.

    Attributes
    ----------
    chromosomes
        Those that can be left out.
    is_known
        ``(N,)`` who is typed for enough variants whichever chromosome is left out.
    """

    def __init__(self, path: str | Path, people: Sequence[str]) -> None:
        use_one_thread()
        self._file = RelationshipFile(path)
        position = {name: place for place, name in enumerate(self._file.people)}
        self._rows = np.array([position.get(name, -1) for name in people], dtype=np.int64)
        if not (self._rows >= 0).any():
            raise InputError(
                "none of the people analysed is among those whose relationships are known", file=path,
                value=self._file.people[:3], remedy="give genotypes of the same people under the same identifiers",
            )  # fmt: skip
        refuse_too_few(self._file.n_variants, self._file.min_snps, str(path))
        self.chromosomes = frozenset(self._file.chromosomes)
        self._total, fewest = self._add_up()
        self.is_known = (self._rows >= 0) & (fewest[self._rows] >= self._file.min_snps)
        self._matrix: tuple[str, FloatArray] | None = None
        self._covariance: tuple[str, FloatArray] | None = None
        self._eigenbases: dict[tuple[str, bytes], Eigenbasis] = {}

    def _add_up(self) -> tuple[RelationshipSums, FloatArray]:
        """Sums over all chromosomes, and each person's variants without the chromosome that gives most of them."""
        n = len(self._file.people)
        total, most = RelationshipSums.without_variants(n), np.zeros(n)
        for chromosome in self._file.chromosomes:
            sums = RelationshipSums(*self._file.read(chromosome))
            total, most = total.plus(sums), np.maximum(most, np.diag(sums.n_shared))
        return total, np.diag(total.n_shared) - most

    def matrix(self, left_out: str) -> FloatArray:
        """Relationships without chromosome `left_out` (empty: of all), NaN for people of whom too little is known."""
        if self._matrix is None or self._matrix[0] != left_out:
            sums = self._total
            if left_out:
                sums = sums.minus(RelationshipSums(*self._file.read(left_out)))
            found = sums.matrix(self._file.min_snps)
            if not np.array_equal(self._rows, np.arange(len(found))):
                is_here = self._rows >= 0
                found = np.where(np.outer(is_here, is_here), found[np.ix_(self._rows, self._rows)], np.nan)
            self._matrix = (left_out, found)
        return self._matrix[1]

    def covariance(self, left_out: str) -> FloatArray:
        """`matrix` of relatives alone: the covariance of a polygenic effect."""
        if self._covariance is None or self._covariance[0] != left_out:
            self._covariance = (left_out, keep_relatives(self.matrix(left_out)))
        return self._covariance[1]

    def eigenbasis(self, left_out: str, people: IntArray) -> Eigenbasis:
        """Of the covariance of `people`, positions on the person axis."""
        key = (left_out, people.tobytes())
        if key not in self._eigenbases:
            while len(self._eigenbases) >= N_KEPT:
                del self._eigenbases[next(iter(self._eigenbases))]
            self._eigenbases[key] = decompose(self.covariance(left_out)[np.ix_(people, people)])
        return self._eigenbases[key]

    def add_to(
        self, model: LinearNull | LogisticNull | CoxNull | MixedNull, left_out: str
    ) -> PolygenicNull | RetrospectiveNull:
        """A null model of independent people, made to account for these relationships.

        Quantitative traits get a polygenic effect; the others scores whose variance counts that relatives share alleles.
        """
        if isinstance(model, LinearNull):
            basis = self.eigenbasis(left_out, model.people)
            return add_polygenic_effect(model, self.covariance(left_out), basis)
        return account_for_relatives(model, self.matrix(left_out))

    def has_relative(self, people: IntArray) -> NDArray[np.bool_]:
        """Who of `people` has a third-degree relative or a closer one among them, ``(n,)``.

        Unrelated people's relationship has variance 1 / m at m independent variants; what chance gives does not count.
        """
        pairs = np.ix_(self._rows[people], self._rows[people])
        noise = 1.0 / np.sqrt(np.maximum(self._total.n_shared[pairs], 1.0))
        is_close = self.matrix("")[np.ix_(people, people)] >= np.maximum(MIN_RELATIVE, Z_CHANCE * noise)
        np.fill_diagonal(is_close, False)
        return np.asarray(is_close.any(axis=1))
