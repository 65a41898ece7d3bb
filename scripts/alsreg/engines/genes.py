"""Gene tests of a cohort: from genotypes, null models and masks to one row per gene, mask and test.

The rows that masks share are tested once (`gene_blocks`), and the burdens of all masks together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alsreg.config.annotation import ALL_MASKS
from alsreg.config.burden import BurdenConfig
from alsreg.engines.gene_blocks import MaskRows, rows_of_masks
from alsreg.engines.gene_selection import FATES, GeneVariants, ObservedGene, Selection, fates, observe, select
from alsreg.engines.local import TESTED
from alsreg.engines.nulls import Null, NullModels
from alsreg.engines.variants import UNTESTED_CHROMOSOMES
from alsreg.stats import gene_tests
from alsreg.stats.null import FloatArray, VariantTestOptions

# Tests whose p-values ACAT-O joins, under the weights chosen and under equal ones.
OMNIBUS_MEMBERS = ("burden", "skat", "acat_v")
EQUAL_WEIGHTS = (1.0, 1.0)  # parameters of the Beta density
CORRECTIONS = {"saddlepoint", "signed_root_lrt", "firth_lrt"}
Result = dict[str, object]


@dataclass(frozen=True)
class MaskResult:
    """Results by test, and the p-values that an omnibus test takes from them."""

    by_test: dict[str, Result]
    members: tuple[Result, ...] = ()


def test_gene(gene: GeneVariants, trait: str, models: NullModels, settings: BurdenConfig) -> list[Result]:
    """Rows of `GENES` for one gene and trait: one per mask and test, then those about all masks together."""
    observed = observe(gene, trait, models)
    about, chosen = [], {}
    for mask in gene.masks:
        about.append(_about(gene, observed, [mask], settings))
        if about[-1].status == TESTED:  # masks that keep the same variants are the same test
            chosen.setdefault(about[-1].key, about[-1].selection)
    done = dict(zip(chosen, _test(list(chosen.values()), settings), strict=True))
    rows = []
    for masked in about:
        results = done[masked.key].by_test if masked.status == TESTED else {}
        for test in settings.tests:
            if test != "omnibus":
                rows.append({**masked.common, "test": test, **results.get(test, {"status": masked.status})})
    if "omnibus" in settings.tests:
        every = _about(gene, observed, list(gene.masks), settings)
        members = [member for part in done.values() for member in part.members]
        status = every.status if every.status != TESTED else "no mask could be tested"
        rows.append({**every.common, "test": "omnibus", **(omnibus(members) if members else {"status": status})})
    return rows


@dataclass(frozen=True)
class _Masked:
    """What one mask, or all together, keep of a gene, and whether that can be tested."""

    selection: Selection
    common: Result  # what every row of `GENES` about it says
    status: str

    @property
    def key(self) -> bytes:
        return self.selection.kept.tobytes()


def _about(gene: GeneVariants, observed: ObservedGene, masks: list[str], settings: BurdenConfig) -> _Masked:
    fate = fates(gene, observed, masks)
    selection = select(observed, fate, settings.max_mac_collapsed)
    name = masks[0] if len(masks) == 1 else ALL_MASKS
    common = {"gene": gene.gene, "mask": name, "n_in_mask": int((fate >= 0).sum()), **selection.counts}
    return _Masked(selection, common, _status(gene, selection, observed.null_status, settings))


def _status(gene: GeneVariants, selection: Selection, null_status: str, settings: BurdenConfig) -> str:
    """``tested`` or why not: by counts and the null model alone, never by the outcome of carriers."""
    counts = selection.counts
    if gene.chromosome in UNTESTED_CHROMOSOMES:
        return UNTESTED_CHROMOSOMES[gene.chromosome]
    if not sum(counts[name] for name in FATES):
        return "the mask selects no variant of the gene"
    if not selection.blocks:
        return null_status or "no qualifying variants"
    if counts["n_carriers"] < settings.min_carriers:
        return f"too few carriers: {counts['n_carriers']}"
    if selection.n_expected < settings.min_expected_events:
        return f"fewer than {settings.min_expected_events:g} events expected among carriers"
    return TESTED


def _test(selections: Sequence[Selection], settings: BurdenConfig) -> list[MaskResult]:
    """Of each selection of one gene, results by test; a test that cannot be made has a status instead of a p-value."""
    if not selections:
        return []
    masks = rows_of_masks(selections, settings)
    joins = bool({"acat_o", "omnibus"} & set(settings.tests))
    own_shape = (settings.weight_alpha, settings.weight_beta)
    wanted = {own_shape: {*settings.tests, *(OMNIBUS_MEMBERS if joins else ())}}
    if joins:
        wanted.setdefault(EQUAL_WEIGHTS, set(OMNIBUS_MEMBERS))
    weighted = [[gene_tests.beta_weights(mask.frequency, *shape) for shape in wanted] for mask in masks]
    burdens = _burdens(masks, weighted, settings)
    results = []
    for mask, weights, burden in zip(masks, weighted, burdens, strict=True):
        if not gene_tests.is_covariance(mask.phi):
            fault = {"status": "the covariance of the scores is not positive semidefinite"}
            results.append(MaskResult(dict.fromkeys(settings.tests, fault)))
            continue
        parts = [_tests_with(mask, *given) for given in zip(weights, burden, wanted.values(), strict=True)]
        members = tuple(part[test] for part in (parts[0], parts[-1]) for test in OMNIBUS_MEMBERS) if joins else ()
        results.append(MaskResult({**parts[0], **({"acat_o": omnibus(members)} if joins else {})}, members))
    return results


def _tests_with(mask: MaskRows, weights: FloatArray, burden: Result, wanted: set[str]) -> dict[str, Result]:
    """Burden, SKAT, SKAT-O and ACAT-V under one choice of weights."""
    results = {"burden": burden}
    u, phi, correction = _correct(mask, weights, burden)
    method = "contour" + (f"+{correction}" if correction else "")
    for name, test in (("skat", gene_tests.skat), ("skat_o", gene_tests.skat_o)):
        if name in wanted:
            results[name] = guarded(lambda test=test: test(u, phi, weights), method)
    if "acat_v" in wanted:
        p, methods = mask.p_values
        known = ~np.isnan(p)
        acat_method = "+".join(["cauchy", *sorted(set(methods.astype(str)) & CORRECTIONS)])
        results["acat_v"] = guarded(
            lambda: gene_tests.acat_v(p[known], mask.frequency[known], weights[known]), acat_method
        )
    return results


def guarded(test, method: str) -> Result:  # type: ignore[no-untyped-def]
    """A p-value with its method, or in the row's status why there is none."""
    try:
        return {"p_value": test(), "p_method": method, "status": TESTED}
    except ValueError as error:
        return {"status": str(error)}


@dataclass(frozen=True)
class _WeightedSum:
    """The weighted copies of one carrier set, tested as if they were one variant."""

    result: Result
    u: float
    v: float


def _burdens(
    masks: Sequence[MaskRows], weighted: Sequence[Sequence[FloatArray]], settings: BurdenConfig
) -> list[list[Result]]:
    """The weighted sum of copies of each mask under each of its weights, tested as if it were one variant; over several
    carrier sets their scores are summed.

    In one set that gives the exact t of a quantitative trait, the saddlepoint of a binary one and the signed
    root of survival. Over several, each set's score is first replaced by the one that reproduces its own p.
    """
    totals: dict[str, list[FloatArray]] = {}  # by carrier set, in the order in which they are taken out again below
    models = {}
    for mask, choices in zip(masks, weighted, strict=True):
        for weights in choices:
            for block, own in zip(mask.blocks, mask.split(weights), strict=True):
                models[block.fitted.carrier_set] = block.fitted.model
                totals.setdefault(block.fitted.carrier_set, []).append(own @ block.filled)
    sums = {name: iter(_test_sums(models[name], np.stack(rows), settings)) for name, rows in totals.items()}
    return [
        [_joined([next(sums[block.fitted.carrier_set]) for block in mask.blocks], mask.phi, w) for w in choices]
        for mask, choices in zip(masks, weighted, strict=True)
    ]


def _test_sums(model: Null, totals: FloatArray, settings: BurdenConfig) -> list[_WeightedSum]:
    """Each row of ``(k, n)`` weighted copies tested as if it were one variant."""
    options = VariantTestOptions(0.0, 0.0, settings.min_z_correction, settings.max_p_refit)
    scale = totals.max(axis=1) / 2  # as copies of one variant, at most 2, so that counts of carriers mean what they say
    tests, scores = model.test_variants(totals / scale[:, None], options), model.score(totals)
    p = np.maximum(tests.p_value, gene_tests.SMALLEST_P)
    return [
        _WeightedSum(
            burden_result(tests.beta[k] / scale[k], tests.standard_error[k] / scale[k], p[k], str(tests.p_method[k]))
            if tests.status[k] == TESTED
            else {"status": str(tests.status[k])},
            float(scores.u[k]),
            float(scores.v[k]),
        )
        for k in range(len(totals))
    ]


def _joined(sums: Sequence[_WeightedSum], phi: FloatArray, weights: FloatArray) -> Result:
    """One burden test of the sums of all carrier sets."""
    if len(sums) == 1:
        return sums[0].result
    variance = float(weights @ phi @ weights)
    if not variance > 0:
        return {"status": "the weighted sum of copies does not vary"}
    total, methods = 0.0, set()
    for part in sums:
        if part.result["status"] == TESTED:
            p = np.array(part.result["p_value"])
            total += float(gene_tests.calibrate_scores(np.array(part.u), np.array(part.v), p))
            methods.add(str(part.result["p_method"]))
        else:
            total += part.u
    p_value = gene_tests.chi_square_p(total**2 / variance)
    return burden_result(total / variance, variance**-0.5, p_value, "+".join(sorted(methods)))


def burden_result(beta: float, standard_error: float, p: float, method: str) -> Result:
    """What a row of a burden test says."""
    numbers = {"beta": float(beta), "standard_error": float(standard_error), "p_value": float(p)}
    return {**numbers, "p_method": method, "status": TESTED}


def _correct(mask: MaskRows, weights: FloatArray, burden: Result) -> tuple[FloatArray, FloatArray, str]:
    """Scores and Φ corrected for small counts, and by what: survival by signed roots, binary in the variance."""
    u, phi, (p, method) = mask.u, mask.phi, mask.p_values
    is_corrected = ~np.isnan(p) & ~np.isin(method, ("", "score", "t"))
    kind, corrections = mask.blocks[0].fitted.kind, set(method[is_corrected].astype(str))
    if kind == "survival" and is_corrected.any():
        u = np.where(is_corrected, gene_tests.calibrate_scores(u, np.diag(phi), np.where(is_corrected, p, 1.0)), u)
    elif kind == "binary":
        own = gene_tests.score_p(u, np.diag(phi))
        phi = gene_tests.calibrate_covariance(u, phi, np.where(is_corrected, p, own))
        if burden.get("p_method", "score") != "score":
            phi = phi * gene_tests.burden_inflation(u, phi, weights, float(burden["p_value"]))
            corrections.update(str(burden["p_method"]).split("+"))
    return u, phi, "+".join(sorted(corrections - {"score"}))


def omnibus(members: Sequence[Result]) -> Result:
    """Cauchy combination of p-values; its method names the small-count corrections of what it joins."""
    tested = [member for member in members if member["status"] == TESTED]
    if not tested:
        return {"status": str(members[0]["status"])}
    corrections = {word for member in tested for word in str(member["p_method"]).split("+")} & CORRECTIONS
    p = np.array([float(member["p_value"]) for member in tested])
    return guarded(lambda: gene_tests.cauchy_combination(p), "+".join(["cauchy", *sorted(corrections)]))
