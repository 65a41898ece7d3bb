"""Gene tests over several cohorts or registries, from their exported scores alone.

Scores and covariances of cohorts that share nobody are summed variant by variant, after alleles have been aligned: what a
model stratified by cohort, with covariate effects of its own in each, would have. Sources: Lee 2013 AJHG 93:42 (MetaSKAT); Liu 2014 Nat Genet
46:200 (RAREMETAL); Chen 2014 Genet Epidemiol 38:191 (seqMeta: signed roots in place of Cox scores).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.config.annotation import ALL_MASKS
from alsreg.config.burden import BurdenConfig
from alsreg.engines.gene_scores import SUMMED
from alsreg.engines.gene_sets import MaskRule
from alsreg.engines.genes import CORRECTIONS, OMNIBUS_MEMBERS, Result, burden_result, guarded, omnibus
from alsreg.engines.local import TESTED
from alsreg.errors import InputError
from alsreg.formats.gene_scores import SCORED, GeneScores
from alsreg.stats import gene_tests
from alsreg.stats.null import FloatArray

Key = tuple[str, ...]  # chromosome, position and alleles in alphabetic order, or of a sum its annotation
_ADDED = ("score", "n", "effect_allele_frequency", "mac", "n_carriers", "expected_events", "n_variants")


@dataclass(frozen=True)
class CohortScores:
    """A gene in one cohort, and how many people and events that cohort's trait has."""

    name: str
    kind: str
    n_people: int
    n_events: int
    scores: GeneScores


@dataclass(frozen=True)
class JointGene:
    """A gene's ``k`` rows over all cohorts: variants, and one sum of rare variants per annotation."""

    gene: str
    annotation: NDArray[np.object_]  # (k,)
    is_sum: NDArray[np.bool_]  # (k,)
    is_too_common: NDArray[np.bool_]  # (k,) above every mask's frequency in a cohort
    n_variants: FloatArray  # (k,) of sums: the most that one cohort sums
    frequency: FloatArray  # (k,) of the rarer allele; of sums: mean of their variants
    mac: FloatArray  # (k,)
    n_carriers: FloatArray  # (k,) people with two variants count twice
    expected_events: FloatArray  # (k,) infinite where the trait has none
    score: FloatArray  # (k,) per copy of the rarer allele, as cohorts computed it
    corrected: FloatArray  # (k,) with small-count corrections
    phi: FloatArray  # (k, k)
    method: NDArray[np.object_]  # (k,) corrections
    n: int
    n_events: int


def join_cohorts(gene: str, cohorts: Sequence[CohortScores]) -> JointGene:
    """Sum a gene's scores over cohorts. A variant that a cohort does not name is taken to have no copies there.

    Raises
    ------
    InputError
        If cohorts put the gene on different chromosomes, or annotate a variant of it differently.
    """
    _require_one_place(gene, cohorts)
    sums = _Sums(_order(gene, cohorts))
    for cohort in cohorts:
        sums.add(cohort)
    return sums.joint(gene, sum(c.n_people for c in cohorts), sum(c.n_events for c in cohorts))


def _order(gene: str, cohorts: Sequence[CohortScores]) -> dict[Key, str]:
    """Every row of any cohort, with its annotation."""
    order: dict[Key, str] = {}
    for cohort in cohorts:
        for (key, _), word in zip(_keys(cohort.scores.table), cohort.scores.table["annotation"], strict=True):
            if order.setdefault(key, word) != word:
                raise InputError(f"cohorts annotate a variant of {gene} differently: {order[key]} and {word}",
                                 file=cohort.name, value=":".join(key[:4]), remedy="annotate all cohorts alike, from one file")  # fmt: skip
    return order


class _Sums:
    """Sums over cohorts, one entry per row of `order`."""

    def __init__(self, order: dict[Key, str]) -> None:
        k = len(order)
        self.row = {key: number for number, key in enumerate(order)}
        self.annotation = np.array(list(order.values()), dtype=object)
        self.is_sum = np.array([key[0] == SUMMED for key in order])
        self.copies, self.people, self.mac, self.n_carriers, self.expected, self.score, self.corrected = np.zeros(
            (7, k)
        )
        self.phi, self.n_variants, self.is_too_common = np.zeros((k, k)), np.ones(k), np.zeros(k, dtype=bool)
        self.methods: list[set[str]] = [set() for _ in range(k)]

    def add(self, cohort: CohortScores) -> None:
        keys = _keys(cohort.scores.table)
        at, sign = np.array([self.row[key] for key, _ in keys]), np.array([sign for _, sign in keys])
        is_scored = (cohort.scores.table["status"] == SCORED).to_numpy()
        self.is_too_common[at[~is_scored]] = True
        table, rows, sign = cohort.scores.table[is_scored], at[is_scored], sign[is_scored]
        numbers = {name: table[name].to_numpy(dtype=float) for name in _ADDED}
        phi = cohort.scores.phi[np.ix_(is_scored, is_scored)] * np.outer(sign, sign)
        u = numbers["score"] * sign
        corrected, phi, methods = _correct(cohort.kind, u, phi, table)
        people = np.full(len(self.people), float(cohort.n_people))
        people[rows] = numbers["n"]
        self.people += people
        self.phi[np.ix_(rows, rows)] += phi
        self.score[rows] += u
        self.corrected[rows] += corrected
        frequency = numbers["effect_allele_frequency"]
        self.copies[rows] += 2 * numbers["n"] * np.where(sign < 0, 1 - frequency, frequency)
        self.mac[rows] += numbers["mac"]
        self.n_carriers[rows] += numbers["n_carriers"]
        self.expected[rows] += np.where(np.isnan(numbers["expected_events"]), np.inf, numbers["expected_events"])
        self.n_variants[rows] = np.maximum(self.n_variants[rows], numbers["n_variants"])
        for row, method in zip(rows, methods, strict=True):
            self.methods[row] |= set(method.split("+")) & CORRECTIONS

    def joint(self, gene: str, n_people: int, n_events: int) -> JointGene:
        """The same per copy of the allele that is rarer in all cohorts together."""
        frequency = self.copies / (2 * self.people)
        flip = np.where((frequency > 0.5) & ~self.is_sum, -1.0, 1.0)
        mac = np.where(self.is_sum, self.mac, np.minimum(self.copies, 2 * self.people - self.copies))
        methods = np.array(["+".join(sorted(methods)) for methods in self.methods], dtype=object)
        return JointGene(
            gene, self.annotation, self.is_sum, self.is_too_common, self.n_variants, np.minimum(frequency, 1 - frequency),
            mac, self.n_carriers, self.expected, flip * self.score, flip * self.corrected, self.phi * np.outer(flip, flip),
            methods, n_people, n_events,
        )  # fmt: skip


def _keys(table: pd.DataFrame) -> list[tuple[Key, float]]:
    """What rows of all cohorts are known by, and -1 where the effect allele is the other one of that name.

    Alleles are put in alphabetic order; strands are not looked at: files of one build name one strand.
    """
    found = []
    for chromosome, position, effect, other, word in zip(
        *(table[name] for name in ("chromosome", "position", "effect_allele", "other_allele", "annotation")),
        strict=True,
    ):
        if effect == SUMMED:
            found.append(((SUMMED, word), 1.0))
        else:
            low, high = sorted((effect, other))
            found.append(((chromosome, str(position), low, high), 1.0 if effect == high else -1.0))
    return found


def _require_one_place(gene: str, cohorts: Sequence[CohortScores]) -> None:
    places = {c.name: c.scores.table["chromosome"].iloc[0] for c in cohorts}
    if len(set(places.values())) > 1:
        raise InputError(f"the gene stands on different chromosomes: {', '.join(f'{v} ({k})' for k, v in places.items())}",
                         value=gene, remedy="use one build and one list of genes everywhere")  # fmt: skip


def _correct(
    kind: str, u: FloatArray, phi: FloatArray, table: pd.DataFrame
) -> tuple[FloatArray, FloatArray, list[str]]:
    """Scores and Φ of one cohort, corrected for small counts by the p-values of its rows."""
    p, methods = table["p_value"].to_numpy(), table["p_method"].astype(str).tolist()
    is_corrected = np.array([bool(set(m.split("+")) & CORRECTIONS) for m in methods], dtype=bool) & ~np.isnan(p)
    if kind == "survival" and is_corrected.any():
        signed = gene_tests.calibrate_scores(u, np.diag(phi), np.where(is_corrected, p, 1.0))
        return np.where(is_corrected, signed, u), phi, methods
    if kind == "binary" and is_corrected.any():
        own = gene_tests.score_p(u, np.diag(phi))
        return u, gene_tests.calibrate_covariance(u, phi, np.where(is_corrected, p, own)), methods
    return u, phi, methods


def test_joint_gene(joint: JointGene, masks: Mapping[str, MaskRule], settings: BurdenConfig) -> list[Result]:
    """Rows of `GENES`, as `alsreg.engines.genes.test_gene` makes them of one cohort."""
    rows, done, parts, union = [], {}, [], np.zeros(len(joint.mac), dtype=bool)
    for mask, rule in masks.items():
        is_member, kept = _select(joint, rule)
        union |= kept
        status = _status(joint, is_member, kept, settings)
        key = kept.tobytes()
        if key not in done and status == TESTED:
            done[key] = _test(joint, kept, settings)
            parts.append(done[key])
        by_test = done[key][0] if status == TESTED else {}
        common = {"gene": joint.gene, "mask": mask, **_counts(joint, is_member, kept, settings)}
        rows += [
            {**common, "test": test, **by_test.get(test, {"status": status})}
            for test in settings.tests
            if test != "omnibus"
        ]
    if "omnibus" in settings.tests:
        members = [member for _, own in parts for member in own]
        named = np.logical_or.reduce([np.isin(joint.annotation, list(rule.consequences)) for rule in masks.values()])
        common = {"gene": joint.gene, "mask": ALL_MASKS, **_counts(joint, named, union, settings)}
        rows.append(
            {**common, "test": "omnibus", **(omnibus(members) if members else {"status": "no mask could be tested"})}
        )
    return rows


test_joint_gene.__test__ = False  # type: ignore[attr-defined]  # the name is not that of a test


def _select(joint: JointGene, rule: MaskRule) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Rows that a mask names, and those of them that are rare enough in all cohorts together."""
    is_member = np.isin(joint.annotation, list(rule.consequences))
    is_above = (joint.frequency > rule.max_frequency) | (~joint.is_sum & (joint.mac > rule.max_mac))
    return is_member, is_member & ~is_above & ~joint.is_too_common & (np.diag(joint.phi) > 0)


def _counts(
    joint: JointGene, is_member: NDArray[np.bool_], kept: NDArray[np.bool_], settings: BurdenConfig
) -> dict[str, float]:
    collapsed = kept & (joint.is_sum | (joint.mac <= settings.max_mac_collapsed))
    n_collapsed = joint.n_variants[collapsed].sum()
    return {
        "n_in_mask": int(joint.n_variants[is_member].sum()), "n_variants": int(joint.n_variants[kept].sum()),
        "n_too_common": int(joint.n_variants[is_member & ~kept].sum()), "n_carriers": int(joint.n_carriers[kept].sum()),
        "mac": float(joint.mac[kept].sum()), "n": joint.n, "n_events": joint.n_events,
        "n_collapsed": int(n_collapsed) if n_collapsed > 1 else 0, "n_absent": 0, "n_excluded": 0, "n_unobserved": 0,
        "n_without_copies": 0,
    }  # fmt: skip


def _status(joint: JointGene, is_member: NDArray[np.bool_], kept: NDArray[np.bool_], settings: BurdenConfig) -> str:
    if not is_member.any():
        return "the mask selects no variant of the gene"
    if not kept.any():
        return "no qualifying variants"
    if joint.n_carriers[kept].sum() < settings.min_carriers:
        return f"too few carriers: {int(joint.n_carriers[kept].sum())}"
    if joint.expected_events[kept].sum() < settings.min_expected_events:
        return f"fewer than {settings.min_expected_events:g} events expected among carriers"
    return TESTED


def _test(
    joint: JointGene, kept: NDArray[np.bool_], settings: BurdenConfig
) -> tuple[dict[str, Result], tuple[Result, ...]]:
    """Results by test, and those that omnibus tests join. Ultra-rare rows are summed to one, as cohorts collapse them."""
    sums, frequency = _collapse(joint, kept, settings.max_mac_collapsed)
    score, corrected, phi = sums @ joint.score, sums @ joint.corrected, sums @ joint.phi @ sums.T
    if not gene_tests.is_covariance(phi):
        fault: Result = {"status": "the covariance of the scores is not positive semidefinite"}
        return dict.fromkeys(settings.tests, fault), ()
    words = {word for method in joint.method[kept] for word in method.split("+")} - {""}
    correction = "+".join(["", *sorted(words)])

    def tests(shape: tuple[float, float]) -> dict[str, Result]:
        weights = gene_tests.beta_weights(frequency, *shape)
        p = gene_tests.score_p(corrected, np.diag(phi))
        variance = float(weights @ phi @ weights)
        chi_square = float(weights @ corrected) ** 2 / variance
        return {
            "burden": burden_result(float(weights @ score) / variance, variance**-0.5, gene_tests.chi_square_p(chi_square), f"score{correction}"),
            "skat": guarded(lambda: gene_tests.skat(corrected, phi, weights), f"contour{correction}"),
            **({"skat_o": guarded(lambda: gene_tests.skat_o(corrected, phi, weights), f"contour{correction}")} if "skat_o" in settings.tests else {}),
            "acat_v": guarded(lambda: gene_tests.acat_v(np.maximum(p, gene_tests.SMALLEST_P), frequency, weights), f"cauchy{correction}"),
        }  # fmt: skip

    own, equal = tests((settings.weight_alpha, settings.weight_beta)), tests((1.0, 1.0))
    members = tuple(part[test] for part in (own, equal) for test in OMNIBUS_MEMBERS)
    return {**own, "acat_o": omnibus(members)}, members


def _collapse(joint: JointGene, kept: NDArray[np.bool_], max_mac: float) -> tuple[FloatArray, FloatArray]:
    """Sums ``(j, k)`` over the gene's rows, and the frequency that each is weighed at."""
    is_rare = kept & (joint.is_sum | (joint.mac <= max_mac))
    alone = np.flatnonzero(kept & ~is_rare)
    groups = [[row] for row in alone] + ([list(np.flatnonzero(is_rare))] if is_rare.any() else [])
    sums = np.zeros((len(groups), len(kept)))
    for j, group in enumerate(groups):
        sums[j, group] = 1.0
    frequency = [np.average(joint.frequency[group], weights=joint.n_variants[group]) for group in groups]
    return sums, np.array(frequency)
