"""Gene tests of a cohort: from genotypes, null models and masks to one row per gene, mask and test.

The variants of a gene may be carried by different sets of assays, so that each has its own null model; Φ
between two sets comes from the people observed for both. Within a set all is one block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alsreg.config.burden import BurdenConfig
from alsreg.engines.local import TESTED, UNTESTED_CHROMOSOMES
from alsreg.engines.nulls import FittedNull, NullModels
from alsreg.stats import gene_tests
from alsreg.stats.cox import CoxNull
from alsreg.stats.dosages import centre_dosages
from alsreg.stats.logistic import LogisticNull
from alsreg.stats.null import FloatArray, VariantTestOptions, VariantTests

LOSSES = ("n_absent", "n_excluded", "n_unobserved", "n_without_copies", "n_too_common")


@dataclass(frozen=True)
class GeneVariants:
    """A gene's annotated variants.

    `table` has one row per variant: ``variant_id``, ``consequence``, ``carrier_set``, ``is_present`` (in the
    cohort's genotypes) and ``is_excluded``; `alt_counts` ``(m, n)`` the copies of ALT by person of the
    cohort, NaN where missing.
    """

    gene: str
    chromosome: str
    table: pd.DataFrame
    alt_counts: FloatArray


@dataclass(frozen=True)
class CarrierBlock:
    """Rare variants of a gene in one carrier set, after collapsing: what the tests are made of."""

    fitted: FittedNull
    copies: FloatArray  # (k, n) copies of the rarer allele, NaN where missing
    frequency: FloatArray  # (k,) that the weights are taken at
    tests: VariantTests  # of each row alone, at any count

    @property
    def filled(self) -> FloatArray:
        """Missing genotypes at the mean of their row."""
        block = centre_dosages(self.copies)
        return block.centred + block.mean[:, None]


@dataclass(frozen=True)
class Selection:
    """What a mask selects in a gene for a trait, and what became of the rest."""

    blocks: tuple[CarrierBlock, ...]
    counts: dict[str, float]
    n_expected: (
        float  # events expected among carriers (binary: cases or controls, the fewer); infinite for other traits
    )
    null_status: str  # why a carrier set has no null model, if one has none


def test_gene(
    gene: GeneVariants,
    masks: dict[str, tuple[Sequence[str], float]],
    trait: str,
    models: NullModels,
    settings: BurdenConfig,
) -> list[dict[str, object]]:
    """Rows of `GENES` for one gene and trait; `masks` are consequences and highest frequency by name."""
    rows = []
    for mask, (consequences, max_frequency) in masks.items():
        chosen = np.flatnonzero(gene.table["consequence"].isin(list(consequences)).to_numpy())
        selection = _select(gene, chosen, max_frequency, (trait, models, settings))
        status = _status(gene, len(chosen), selection, settings)
        results = _test(selection, settings) if status == TESTED else {}
        common = {"gene": gene.gene, "mask": mask, "n_in_mask": len(chosen), **selection.counts}
        for test in settings.tests:
            result = results.get(test, {"status": status})
            rows.append({**common, "test": test, **result})
    return rows


def _select(
    gene: GeneVariants, chosen: np.ndarray, max_frequency: float, context: tuple[str, NullModels, BurdenConfig]
) -> Selection:
    """Blocks by carrier set: the frequency is that among the people tested, the rarer allele is counted."""
    trait, models, settings = context
    counts = dict.fromkeys((*LOSSES, "n_variants", "n_collapsed"), 0)
    table = gene.table.iloc[chosen]
    is_present, is_excluded = (table[name].to_numpy(dtype=bool) for name in ("is_present", "is_excluded"))
    counts["n_absent"], counts["n_excluded"] = int((~is_present).sum()), int((is_present & is_excluded).sum())
    usable, carrier_sets = chosen[is_present & ~is_excluded], gene.table["carrier_set"].to_numpy(dtype=object)
    blocks, carriers, null_status, mac = [], {}, "", 0.0
    for carrier_set in sorted(set(carrier_sets[usable])):
        rows = usable[carrier_sets[usable] == carrier_set]
        fitted = models.fit(trait, str(carrier_set))
        if fitted.model is None:
            counts["n_unobserved"] += len(rows)
            null_status = fitted.status
            continue
        copies = _count_rarer(gene.alt_counts[np.ix_(rows, fitted.people)])
        seen = centre_dosages(copies)
        is_carried, is_rare = seen.mac > 0, seen.frequency <= max_frequency
        counts["n_without_copies"] += int((~is_carried).sum())
        counts["n_too_common"] += int((is_carried & ~is_rare).sum())
        kept = is_carried & is_rare
        if not kept.any():
            continue
        counts["n_variants"] += int(kept.sum())
        mac += float(seen.mac[kept].sum())
        for place in np.flatnonzero((copies[kept] >= 0.5).any(axis=0)):
            carriers.setdefault(int(fitted.people[place]), (fitted, place))
        collapsed, frequency, n_collapsed = _collapse(
            copies[kept], seen.mac[kept], seen.frequency[kept], settings.max_mac_collapsed
        )
        counts["n_collapsed"] += n_collapsed
        blocks.append(_block(fitted, collapsed, frequency, settings))
    tested = {int(person) for block in blocks for person in block.fitted.people}
    totals = {"n_carriers": len(carriers), "mac": mac, "n": len(tested), "n_events": _n_events(blocks)}
    return Selection(tuple(blocks), {**counts, **totals}, _expected(list(carriers.values())), null_status)


def _count_rarer(alt_counts: FloatArray) -> FloatArray:
    """Copies of the rarer allele: those of REF where ALT is the common one."""
    is_alt_common = centre_dosages(alt_counts).mean > 1
    return np.where(is_alt_common[:, None], 2 - alt_counts, alt_counts)


def _collapse(
    copies: FloatArray, mac: FloatArray, frequency: FloatArray, max_mac: float
) -> tuple[FloatArray, FloatArray, int]:
    """Variants with at most `max_mac` copies as one row at the end, if there are two or more: copies and
    frequency.

    ASSUME: the joined row is weighed as one of its members (their mean frequency), not by its own higher
    frequency: what it joins is rare, and rarity is what the weights are for. ACAT-V does the same (Liu 2019).
    """
    is_ultra_rare = mac <= max_mac
    if is_ultra_rare.sum() < 2:
        return copies, frequency, 0
    joined = gene_tests.collapse(copies[is_ultra_rare])
    frequencies = np.append(frequency[~is_ultra_rare], frequency[is_ultra_rare].mean())
    return np.vstack([copies[~is_ultra_rare], joined]), frequencies, int(is_ultra_rare.sum())


def _block(fitted: FittedNull, copies: FloatArray, frequency: FloatArray, settings: BurdenConfig) -> CarrierBlock:
    options = VariantTestOptions(0.0, 0.0, settings.min_z_correction, 0.0)
    return CarrierBlock(fitted, copies, frequency, fitted.model.test_variants(copies, options))


def _n_events(blocks: Sequence[CarrierBlock]) -> int:
    """Events or cases (binary, survival) or people (else) among all who are in some block."""
    counted: set[int] = set()
    for block in blocks:
        model, people = block.fitted.model, block.fitted.people
        if isinstance(model, CoxNull):
            people = people[model.fit.sets.is_event]
        elif isinstance(model, LogisticNull):
            people = people[model.y == 1]
        counted.update(people.tolist())
    return len(counted)


def _expected(carriers: list[tuple[FittedNull, int]]) -> float:
    """Events the null models expect among carriers, each carrier under the first model that has them."""
    sums = np.zeros(2)
    for fitted, place in carriers:
        if isinstance(fitted.model, CoxNull):
            sums += fitted.model.fit.hazards.expected[place]
        elif isinstance(fitted.model, LogisticNull):
            sums += (fitted.model.mean[place], 1 - fitted.model.mean[place])
        else:
            return np.inf
    return float(sums.min())


def _status(gene: GeneVariants, n_chosen: int, selection: Selection, settings: BurdenConfig) -> str:
    """``tested`` or why not: by counts and the null model alone, never by the outcome of carriers."""
    n_carriers = selection.counts["n_carriers"]
    if gene.chromosome in UNTESTED_CHROMOSOMES:
        return UNTESTED_CHROMOSOMES[gene.chromosome]
    if not n_chosen:
        return "the mask selects no variant of the gene"
    if not selection.blocks:
        return selection.null_status or "no qualifying variants"
    if n_carriers < settings.min_carriers:
        return f"too few carriers: {n_carriers}"
    if selection.n_expected < settings.min_expected_events:
        return f"fewer than {settings.min_expected_events:g} events expected among carriers"
    return TESTED


def _test(selection: Selection, settings: BurdenConfig) -> dict[str, dict[str, object]]:
    """Results by test; a test that cannot be made has a status instead of a p-value."""
    blocks = selection.blocks
    u = np.concatenate([block.fitted.model.score(block.copies).u for block in blocks])
    phi = _covariance(blocks)
    if not gene_tests.is_covariance(phi):
        return {
            test: {"status": "the covariance of the scores is not positive semidefinite"} for test in settings.tests
        }
    own = _tests_with(blocks, u, phi, (settings.weight_alpha, settings.weight_beta), settings)
    if "acat_o" in settings.tests:
        own["acat_o"] = _omnibus([own, _tests_with(blocks, u, phi, (1.0, 1.0), settings, ("burden", "skat", "acat_v"))])
    return own


def _covariance(blocks: Sequence[CarrierBlock]) -> FloatArray:
    """Φ over all carrier sets, ``(k, k)``."""
    rows = []
    for i, left in enumerate(blocks):
        row = [
            left.fitted.model.covariance(left.copies)
            if i == j
            else left.fitted.model.cross_covariance(left.copies, right.fitted.model, right.copies)
            for j, right in enumerate(blocks)
        ]
        rows.append(np.hstack(row))
    phi = np.vstack(rows)
    return 0.5 * (phi + phi.T)


def _tests_with(
    blocks: Sequence[CarrierBlock], u: FloatArray, phi: FloatArray, shape: tuple[float, float], settings: BurdenConfig,
    tests: Sequence[str] | None = None,
) -> dict[str, dict[str, object]]:  # fmt: skip
    """Burden, SKAT, SKAT-O and ACAT-V under one choice of weights."""
    frequency = np.concatenate([block.frequency for block in blocks])
    weights = gene_tests.beta_weights(frequency, *shape)
    wanted = settings.tests if tests is None else tests
    results = {"burden": _burden(blocks, phi, weights, settings)}
    u, phi, correction = _correct(blocks, u, phi, weights, results["burden"])
    method = "contour" + (f"+{correction}" if correction else "")
    for name, test in (("skat", gene_tests.skat), ("skat_o", gene_tests.skat_o)):
        if name in wanted:
            results[name] = _guarded(lambda test=test: test(u, phi, weights), method)
    if "acat_v" in wanted or "acat_o" in wanted:
        p = np.concatenate([block.tests.p_value for block in blocks])
        known = ~np.isnan(p)
        results["acat_v"] = _guarded(lambda: gene_tests.acat_v(p[known], frequency[known], weights[known]), "cauchy")
    return results


def _guarded(test, method: str) -> dict[str, object]:  # type: ignore[no-untyped-def]
    """A p-value with its method, or in the row's status why there is none."""
    try:
        return {"p_value": test(), "p_method": method, "status": TESTED}
    except ValueError as error:
        return {"status": str(error)}


def _burden(
    blocks: Sequence[CarrierBlock], phi: FloatArray, weights: FloatArray, settings: BurdenConfig
) -> dict[str, object]:
    """The weighted sum of copies, tested as if it were one variant; over several carrier sets their scores
    are summed.

    In one set that gives the exact t of a quantitative trait, the saddlepoint of a binary one and the signed
    root of survival. Over several, each set's score is first replaced by the one that reproduces its own p.
    """
    options = VariantTestOptions(0.0, 0.0, settings.min_z_correction, settings.max_p_refit)
    starts = np.cumsum([0, *(len(block.copies) for block in blocks)])
    pieces = []
    for block, start, stop in zip(blocks, starts, starts[1:], strict=False):
        total = weights[start:stop] @ block.filled
        scale = total.max() / 2  # as copies of one variant, at most 2, so that counts of carriers mean what they say
        model = block.fitted.model
        pieces.append((model.test_variants((total / scale)[None], options), model.score(total[None]), scale))
    if len(pieces) == 1:
        tests, _, scale = pieces[0]
        if tests.status[0] != TESTED:
            return {"status": str(tests.status[0])}
        beta, error = float(tests.beta[0] / scale), float(tests.standard_error[0] / scale)
        return _burden_result(beta, error, max(float(tests.p_value[0]), gene_tests.SMALLEST_P), str(tests.p_method[0]))
    corrected = [
        gene_tests.calibrate_scores(score.u, score.v, tests.p_value)[0] if tests.status[0] == TESTED else score.u[0]
        for tests, score, _ in pieces
    ]
    variance = float(weights @ phi @ weights)
    if not variance > 0:
        return {"status": "the weighted sum of copies does not vary"}
    total_score = float(np.sum(corrected))
    methods = sorted({str(tests.p_method[0]) for tests, *_ in pieces} - {""})
    p = gene_tests.chi_square_p(total_score**2 / variance)
    return _burden_result(total_score / variance, variance**-0.5, p, "+".join(methods))


def _burden_result(beta: float, standard_error: float, p: float, method: str) -> dict[str, object]:
    return {"beta": beta, "standard_error": standard_error, "p_value": p, "p_method": method, "status": TESTED}


def _correct(
    blocks: Sequence[CarrierBlock], u: FloatArray, phi: FloatArray, weights: FloatArray, burden: dict[str, object]
) -> tuple[FloatArray, FloatArray, str]:
    """Scores and Φ corrected for small counts, and by what: survival by signed roots, binary in the variance."""
    p, method = (np.concatenate([getattr(block.tests, name) for block in blocks]) for name in ("p_value", "p_method"))
    is_corrected = ~np.isnan(p) & ~np.isin(method, ("", "score", "t"))
    kind, corrections = blocks[0].fitted.kind, set(method[is_corrected].astype(str))
    if kind == "survival" and is_corrected.any():
        u = np.where(is_corrected, gene_tests.calibrate_scores(u, np.diag(phi), np.where(is_corrected, p, 1.0)), u)
    elif kind == "binary":
        own = gene_tests.score_p(u, np.diag(phi))
        phi = gene_tests.calibrate_covariance(u, phi, np.where(is_corrected, p, own))
        if burden.get("p_method", "score") != "score":
            phi = phi * gene_tests.burden_inflation(u, phi, weights, float(burden["p_value"]))
            corrections.update(str(burden["p_method"]).split("+"))
    return u, phi, "+".join(sorted(corrections - {"score"}))


def _omnibus(parts: Sequence[dict[str, dict[str, object]]]) -> dict[str, object]:
    """ACAT-O: burden, SKAT and ACAT-V, under the configured weights and under equal ones."""
    members = [part[test] for part in parts for test in ("burden", "skat", "acat_v") if test in part]
    p = [float(member["p_value"]) for member in members if member["status"] == TESTED]
    if not p:
        return {"status": str(members[0]["status"])}
    return _guarded(lambda: gene_tests.cauchy_combination(np.array(p)), "cauchy")
