"""Gene tests of a cohort: from genotypes, null models and masks to one row per gene, mask and test.

Within a carrier set all variants share one null model; Φ between two sets comes from the people observed for
both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alsreg.config.annotation import ALL_MASKS
from alsreg.config.burden import BurdenConfig
from alsreg.engines.gene_selection import FATES, GeneVariants, RareRows, Selection, fates, observe, select
from alsreg.engines.local import TESTED
from alsreg.engines.nulls import FittedNull, NullModels
from alsreg.engines.variants import UNTESTED_CHROMOSOMES
from alsreg.stats import gene_tests
from alsreg.stats.dosages import centre_dosages
from alsreg.stats.null import FloatArray, VariantTestOptions, VariantTests

# Tests whose p-values ACAT-O joins, under the weights chosen and under equal ones.
OMNIBUS_MEMBERS = ("burden", "skat", "acat_v")
CORRECTIONS = {"saddlepoint", "signed_root_lrt", "firth_lrt"}
Result = dict[str, object]


@dataclass(frozen=True)
class CarrierBlock:
    """Rows to be tested in one carrier set, with the test of each row alone."""

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
class MaskResult:
    """Results by test, and the p-values that an omnibus test takes from them."""

    by_test: dict[str, Result]
    members: tuple[Result, ...] = ()


def test_gene(gene: GeneVariants, trait: str, models: NullModels, settings: BurdenConfig) -> list[Result]:
    """Rows of `GENES` for one gene and trait: one per mask and test, then those about all masks together."""
    observed = observe(gene, trait, models)
    rows, done, parts = [], {}, []
    for mask in gene.masks:
        fate = fates(gene, observed, [mask])
        selection = select(observed, fate, settings.max_mac_collapsed)
        status = _status(gene, selection, observed.null_status, settings)
        key = selection.kept.tobytes()  # masks that keep the same variants are the same test
        if key not in done and status == TESTED:
            done[key] = _test(selection, settings)
            parts.append(done[key])
        results = done[key].by_test if status == TESTED else {}
        common = {"gene": gene.gene, "mask": mask, "n_in_mask": int((fate >= 0).sum()), **selection.counts}
        for test in settings.tests:
            if test != "omnibus":
                rows.append({**common, "test": test, **results.get(test, {"status": status})})
    if "omnibus" in settings.tests:
        fate = fates(gene, observed, list(gene.masks))
        selection = select(observed, fate, settings.max_mac_collapsed)
        common = {"gene": gene.gene, "mask": ALL_MASKS, "n_in_mask": int((fate >= 0).sum()), **selection.counts}
        members = [member for part in parts for member in part.members]
        status = {"status": _status(gene, selection, observed.null_status, settings)}
        if not members and status["status"] == TESTED:
            status = {"status": "no mask could be tested"}
        rows.append({**common, "test": "omnibus", **(omnibus(members) if members else status)})
    return rows


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


def carrier_block(rows: RareRows, settings: BurdenConfig) -> CarrierBlock:
    """The rows of one carrier set, each tested alone."""
    options = VariantTestOptions(0.0, 0.0, settings.min_z_correction, 0.0)
    model = rows.fitted.model
    return CarrierBlock(rows.fitted, rows.copies, rows.frequency, model.test_variants(rows.copies, options))


def _test(selection: Selection, settings: BurdenConfig) -> MaskResult:
    """Results by test; a test that cannot be made has a status instead of a p-value."""
    blocks = [carrier_block(rows, settings) for rows in selection.blocks]
    u = np.concatenate([block.fitted.model.score(block.copies).u for block in blocks])
    phi = covariance_of(blocks)
    if not gene_tests.is_covariance(phi):
        fault = {"status": "the covariance of the scores is not positive semidefinite"}
        return MaskResult(dict.fromkeys(settings.tests, fault))
    own = _tests_with(blocks, u, phi, (settings.weight_alpha, settings.weight_beta), settings)
    if not {"acat_o", "omnibus"} & set(settings.tests):
        return MaskResult(own)
    equal = _tests_with(blocks, u, phi, (1.0, 1.0), settings, OMNIBUS_MEMBERS)
    members = tuple(part[test] for part in (own, equal) for test in OMNIBUS_MEMBERS if test in part)
    return MaskResult({**own, "acat_o": omnibus(members)}, members)


def covariance_of(blocks: Sequence[CarrierBlock]) -> FloatArray:
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
) -> dict[str, Result]:  # fmt: skip
    """Burden, SKAT, SKAT-O and ACAT-V under one choice of weights."""
    frequency = np.concatenate([block.frequency for block in blocks])
    weights = gene_tests.beta_weights(frequency, *shape)
    wanted = {*settings.tests, *(OMNIBUS_MEMBERS if {"acat_o", "omnibus"} & set(settings.tests) else ())}
    wanted = wanted if tests is None else set(tests)
    results = {"burden": _burden(blocks, phi, weights, settings)}
    u, phi, correction = _correct(blocks, u, phi, weights, results["burden"])
    method = "contour" + (f"+{correction}" if correction else "")
    for name, test in (("skat", gene_tests.skat), ("skat_o", gene_tests.skat_o)):
        if name in wanted:
            results[name] = guarded(lambda test=test: test(u, phi, weights), method)
    if "acat_v" in wanted:
        p = np.concatenate([block.tests.p_value for block in blocks])
        known = ~np.isnan(p)
        corrections = set(np.concatenate([block.tests.p_method for block in blocks]).astype(str)) & CORRECTIONS
        acat_method = "+".join(["cauchy", *sorted(corrections)])
        results["acat_v"] = guarded(lambda: gene_tests.acat_v(p[known], frequency[known], weights[known]), acat_method)
    return results


def guarded(test, method: str) -> Result:  # type: ignore[no-untyped-def]
    """A p-value with its method, or in the row's status why there is none."""
    try:
        return {"p_value": test(), "p_method": method, "status": TESTED}
    except ValueError as error:
        return {"status": str(error)}


def _burden(blocks: Sequence[CarrierBlock], phi: FloatArray, weights: FloatArray, settings: BurdenConfig) -> Result:
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
        return burden_result(beta, error, max(float(tests.p_value[0]), gene_tests.SMALLEST_P), str(tests.p_method[0]))
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
    return burden_result(total_score / variance, variance**-0.5, p, "+".join(methods))


def burden_result(beta: float, standard_error: float, p: float, method: str) -> Result:
    """What a row of a burden test says."""
    return {"beta": beta, "standard_error": standard_error, "p_value": p, "p_method": method, "status": TESTED}


def _correct(
    blocks: Sequence[CarrierBlock], u: FloatArray, phi: FloatArray, weights: FloatArray, burden: Result
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


def omnibus(members: Sequence[Result]) -> Result:
    """Cauchy combination of p-values; its method names the small-count corrections of what it joins."""
    tested = [member for member in members if member["status"] == TESTED]
    if not tested:
        return {"status": str(members[0]["status"])}
    corrections = {word for member in tested for word in str(member["p_method"]).split("+")} & CORRECTIONS
    p = np.array([float(member["p_value"]) for member in tested])
    return guarded(lambda: gene_tests.cauchy_combination(p), "+".join(["cauchy", *sorted(corrections)]))
