"""What a mask selects in a gene for a trait, and what became of the rest.

The variants of a gene may be carried by different sets of assays, so that each has its own null model and
its own people; frequency and rarer allele are those among the people tested.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alsreg.engines.nulls import FittedNull, NullModels
from alsreg.stats import gene_tests
from alsreg.stats.cox import CoxNull
from alsreg.stats.dosages import centre_dosages
from alsreg.stats.logistic import LogisticNull
from alsreg.stats.null import FloatArray

# What became of a mask's variants, the first that applies; the last are in the test.
FATES = ("n_absent", "n_excluded", "n_unobserved", "n_without_copies", "n_too_common", "n_variants")
_ABSENT, _EXCLUDED, _UNOBSERVED, _WITHOUT_COPIES, TOO_COMMON, KEPT = range(len(FATES))


@dataclass(frozen=True)
class MaskMembers:
    """Which of a gene's ``m`` variants a mask names, and how common they may be."""

    is_member: NDArray[np.bool_]  # (m,)
    max_frequency: float  # of the rarer allele among the people tested
    max_mac: float = np.inf  # its copies among them


@dataclass(frozen=True)
class GeneVariants:
    """A gene's ``m`` annotated variants and the masks over them."""

    gene: str
    chromosome: str
    variant_id: NDArray[np.object_]  # (m,)
    carrier_set: NDArray[np.object_]  # (m,) assays that carry it
    is_present: NDArray[np.bool_]  # (m,) among the cohort's genotypes
    is_excluded: NDArray[np.bool_]  # (m,) by variant QC
    alt_counts: FloatArray  # (m, n) copies of ALT by person of the cohort, NaN where missing
    masks: Mapping[str, MaskMembers]
    is_on_x: bool = False  # outside the pseudoautosomal regions, where males have one copy: sex is adjusted for


@dataclass(frozen=True)
class ObservedVariants:
    """The variants of one carrier set in the people of its null model."""

    fitted: FittedNull
    rows: NDArray[np.int64]  # (k,) among the gene's variants
    copies: FloatArray  # (k, n) copies of the rarer allele, NaN where missing
    is_alt_common: NDArray[np.bool_]  # (k,) REF is counted


@dataclass(frozen=True)
class ObservedGene:
    """A gene's variants as one trait sees them."""

    sets: tuple[ObservedVariants, ...]
    fate: NDArray[np.int64]  # (m,) before any mask's frequency
    frequency: FloatArray  # (m,) of the rarer allele, NaN where not observed
    mac: FloatArray  # (m,)
    null_status: str  # why a carrier set has no null model, if one has none


@dataclass(frozen=True)
class RareRows:
    """Rows to be tested in one carrier set: rare variants, the rarest of them collapsed to one."""

    fitted: FittedNull
    members: tuple[NDArray[np.int64], ...]  # of each row: positions among the gene's variants
    copies: FloatArray  # (k, n)
    frequency: FloatArray  # (k,) that weights are taken at


@dataclass(frozen=True)
class Selection:
    """A mask's rows by carrier set, with all counts that the results name."""

    blocks: tuple[RareRows, ...]
    kept: NDArray[np.int64]  # positions of the variants tested, among the gene's
    counts: dict[str, float]
    n_expected: (
        float  # events expected among carriers (binary: cases or controls, the fewer); infinite for other traits
    )


def observe(gene: GeneVariants, trait: str, models: NullModels) -> ObservedGene:
    """Genotypes of the usable variants among the people of each carrier set's null model."""
    m = len(gene.variant_id)
    fate = np.where(gene.is_present, np.where(gene.is_excluded, _EXCLUDED, KEPT), _ABSENT)
    frequency, mac, sets, null_status = np.full(m, np.nan), np.zeros(m), [], ""
    is_named = np.zeros(m, dtype=bool)
    for mask in gene.masks.values():
        is_named |= mask.is_member
    usable = np.flatnonzero((fate == KEPT) & is_named)
    for carrier_set in sorted(set(gene.carrier_set[usable])):
        rows = usable[gene.carrier_set[usable] == carrier_set]
        fitted = models.fit(trait, str(carrier_set), gene.is_on_x, gene.chromosome).with_one_spread()
        if fitted.model is None:
            fate[rows], null_status = _UNOBSERVED, fitted.status
            continue
        counts = gene.alt_counts[np.ix_(rows, fitted.people)]
        seen = centre_dosages(counts)
        fate[rows[~(seen.mac > 0)]] = _WITHOUT_COPIES
        is_common = seen.mean > 1
        frequency[rows], mac[rows] = np.minimum(seen.frequency, 1 - seen.frequency), seen.mac
        copies = np.where(is_common[:, None], 2 - counts, counts)
        sets.append(ObservedVariants(fitted, rows, copies, is_common))
    return ObservedGene(tuple(sets), fate, frequency, mac, null_status)


def fates(gene: GeneVariants, observed: ObservedGene, names: Sequence[str]) -> NDArray[np.int64]:
    """``(m,)`` fate of each variant under the most generous of these masks; -1 where none names it."""
    best = np.full(len(observed.fate), -1)
    for name in names:
        mask = gene.masks[name]
        is_above = (observed.frequency > mask.max_frequency) | (observed.mac > mask.max_mac)
        is_common = (observed.fate == KEPT) & is_above
        fate = np.where(is_common, TOO_COMMON, observed.fate)
        best = np.maximum(best, np.where(mask.is_member, fate, -1))
    return best


def select(observed: ObservedGene, fate: NDArray[np.int64], max_mac_collapsed: int) -> Selection:
    """Rows of the variants that `fates` keeps, by carrier set, and counts of carriers and losses."""
    counts: dict[str, float] = {name: int((fate == code).sum()) for code, name in enumerate(FATES)}
    kept = np.flatnonzero(fate == KEPT)
    n_people = max((int(s.fitted.people.max(initial=-1)) + 1 for s in observed.sets), default=0)
    is_carrier, is_tested, is_event = (np.zeros(n_people, dtype=bool) for _ in range(3))
    expected = np.zeros(2)
    blocks = []
    for part in observed.sets:
        inside = fate[part.rows] == KEPT
        if not inside.any():
            continue
        rows, copies, fitted = part.rows[inside], part.copies[inside], part.fitted
        blocks.append(
            _collapse(fitted, rows, copies, (observed.mac[rows], observed.frequency[rows]), max_mac_collapsed)
        )
        # Each carrier counts once, under the first model that has them.
        is_new = (copies >= 0.5).any(axis=0) & ~is_carrier[fitted.people]
        expected += expected_events(fitted, is_new)
        is_carrier[fitted.people[is_new]] = True
        is_tested[fitted.people] = True
        is_event[fitted.people] |= _has_event(fitted)
    counts |= {
        "n_collapsed": sum(len(row) for block in blocks for row in block.members if len(row) > 1),
        "n_carriers": int(is_carrier.sum()), "mac": float(observed.mac[kept].sum()),
        "n": int(is_tested.sum()), "n_events": int(is_event.sum()),
    }  # fmt: skip
    return Selection(tuple(blocks), kept, counts, float(expected.min()))


def _collapse(
    fitted: FittedNull, rows: NDArray[np.int64], copies: FloatArray, seen: tuple[FloatArray, FloatArray], max_mac: float
) -> RareRows:
    """Variants with at most `max_mac` copies as one row at the end, if there are two or more; `seen` is their
    MAC and frequency.

    ASSUME: the joined row is weighed as one of its members (their mean frequency), not by its own higher
    frequency: what it joins is rare, and rarity is what the weights are for. ACAT-V does the same (Liu 2019).
    """
    mac, frequency = seen
    is_ultra_rare = mac <= max_mac
    if is_ultra_rare.sum() < 2:
        return RareRows(fitted, tuple(rows[:, None]), copies, frequency)
    joined = gene_tests.collapse(copies[is_ultra_rare])
    return RareRows(
        fitted, (*rows[~is_ultra_rare][:, None], rows[is_ultra_rare]), np.vstack([copies[~is_ultra_rare], joined]),
        np.append(frequency[~is_ultra_rare], frequency[is_ultra_rare].mean()),
    )  # fmt: skip


def expected_events(fitted: FittedNull, chosen: NDArray[np.bool_]) -> FloatArray:
    """Events (binary: cases, and controls) that the null model expects among the chosen people, ``(2,)``."""
    model = fitted.independent
    if isinstance(model, CoxNull):
        return np.full(2, model.fit.hazards.expected[chosen].sum())
    if isinstance(model, LogisticNull):
        mean = model.mean[chosen]
        return np.array([mean.sum(), (1 - mean).sum()])
    return np.full(2, np.inf)


def _has_event(fitted: FittedNull) -> NDArray[np.bool_]:
    """Events or cases (survival, binary); everybody for other traits."""
    model = fitted.independent
    if isinstance(model, CoxNull):
        return np.asarray(model.fit.sets.is_event)
    if isinstance(model, LogisticNull):
        return np.asarray(model.y == 1)
    return np.ones(len(fitted.people), dtype=bool)
