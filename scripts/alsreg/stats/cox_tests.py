"""Single variants under a Cox null model: score test, small-count correction, full refit.

Where |z| exceeds the threshold the normal tail of the score is far too heavy in small samples (up to 50 times at 1e-4: see
``docs/calibration-cox.md``). Two corrections from one maximisation replace it: the signed root r of the likelihood ratio
and its saddlepoint modification r*. The one nearer to zero gives p, since r alone is too bold for carriers who live long
and r* alone for carriers who die early.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np
from scipy import special

from alsreg.errors import AnalysisError
from alsreg.stats import cox
from alsreg.stats.cox_path import maximise_paths, modified_root, signed_root
from alsreg.stats.dosages import assemble_tests, centre_dosages, screen
from alsreg.stats.null import FloatArray, Refit, VariantTestOptions, VariantTests
from alsreg.stats.risk_sets import build_risk_sets

if TYPE_CHECKING:
    from alsreg.stats.cox import CoxNull


def two_sided(z: FloatArray) -> FloatArray:
    """Two-sided normal p, accurate in the far tail."""
    return special.erfc(np.abs(z) / np.sqrt(2.0))


def test_variants(null: CoxNull, dosages: FloatArray, options: VariantTestOptions) -> VariantTests:
    """Test ``(m, n)`` dosages; missing ones stand at the variant's mean, and are counted."""
    hazards = null.fit.hazards
    block = centre_dosages(dosages)
    u, v, cross = null._score_centred(block.centred)
    weighted = block.centred**2 @ hazards.expected
    status = screen(block, v / np.where(weighted > 0, weighted, 1.0), options)
    expected, n_events = _carrier_sums(
        np.ascontiguousarray(dosages), block.mean > 1.0, hazards.expected, null.fit.sets.is_event
    )
    too_few = (status == "tested") & (expected < options.min_expected_events)
    status = np.where(too_few, f"fewer than {options.min_expected_events:g} events expected among carriers", status)
    with np.errstate(divide="ignore", invalid="ignore"):
        numbers = {"beta": u / v, "standard_error": 1.0 / np.sqrt(v), "p_value": two_sided(u / np.sqrt(v))}
        large = np.flatnonzero((status == "tested") & (u * u > options.min_z_correction**2 * v))
    labels = {
        "effect_method": np.full(len(u), "score", dtype="<U16"), "p_method": np.full(len(u), "score", dtype="<U16")
    }  # fmt: skip
    if len(large):
        rows = null.residualise(block.centred[large], cross[large])
        corrected = _corrected(null, rows, u[large] / v[large])
        numbers["p_value"][large], labels["p_method"][large] = corrected
    for j in np.flatnonzero((status == "tested") & (numbers["p_value"] <= options.max_p_refit)):
        _use_full_model(null, dosages[j], j, numbers, labels)
    counts = {"n": block.n_typed, "n_events": n_events, "n_imputed": block.n_missing}
    return assemble_tests(block, status, numbers, labels, counts)


def _corrected(null: CoxNull, rows: FloatArray, start: FloatArray) -> tuple[FloatArray, FloatArray]:
    """p and its method for residualised dosages whose score is large."""
    fit = null.fit
    effect, ratio, information = maximise_paths(fit.sets, fit.hazards, rows, start, fit.ties)
    r = signed_root(effect, ratio)
    modified, exists = modified_root(effect, ratio, information)
    is_modified = exists & (np.abs(modified) < np.abs(r))
    method = np.where(is_modified, "saddlepoint", "signed_root_lrt")
    return two_sided(np.where(is_modified, modified, r)), method


def _use_full_model(
    null: CoxNull, dosage: FloatArray, j: int, numbers: dict[str, FloatArray], labels: dict[str, FloatArray]
) -> None:
    """Put the full model's effect in place of the score's; where it has no maximum, the score's one-step effect stays."""
    try:
        refit = null.refit(dosage)
    except AnalysisError:
        return
    if refit.effect_method == "wald":
        numbers["beta"][j], numbers["standard_error"][j] = refit.beta, refit.standard_error
        labels["effect_method"][j] = "wald"


@numba.njit(cache=True, nogil=True)
def _carrier_sums(dosages, is_flipped, expected, is_event):  # type: ignore[no-untyped-def]
    """Events expected among carriers of the rarer allele, and events among people with a genotype."""
    m, n = dosages.shape
    among_carriers, events = np.zeros(m), np.zeros(m, np.int64)
    for j in range(m):
        for i in range(n):
            g = dosages[j, i]
            if g == g:
                events[j] += is_event[i]
                if (g <= 1.5) if is_flipped[j] else (g >= 0.5):
                    among_carriers[j] += expected[i]
    return among_carriers, events


def full_model(null: CoxNull, dosage: FloatArray) -> tuple[cox.CoxFit, cox.CoxFit]:
    """The models without and with the variant on the people who have its genotype ``(n,)``: (null, full).

    The dosage is the last covariate of the full model.
    """
    typed = np.flatnonzero(np.isfinite(dosage))
    g = np.asarray(dosage, dtype=np.float64)[typed]
    if len(g) == 0 or np.ptp(g) == 0:
        raise AnalysisError("the variant does not vary among the people analysed")
    sets, ties = null.fit.sets, null.fit.ties
    if len(typed) < len(dosage):
        sets = build_risk_sets(sets.entry[typed], sets.exit[typed], sets.is_event[typed], sets.stratum[typed])
    covariates = null.fit.covariates[:, typed].T
    without = null.fit if len(typed) == len(dosage) else cox.fit_cox(sets, covariates, ties, null.fit.standardised)
    start = np.append(without.coefficients, 0.0)
    with_variant = cox.fit_cox(sets, np.column_stack([covariates, g]), ties, start)
    return without, with_variant


def refit_variant(null: CoxNull, dosage: FloatArray) -> Refit:
    """The full model of one variant: Wald effect and likelihood ratio.

    Where all events fall on one side (separation), the likelihood only levels off: the effect is then not estimable
    (NaN), the likelihood ratio is, and ``effect_method`` says ``separated``.
    """
    without, full = full_model(null, dosage)
    ratio = 2.0 * (full.log_likelihood - without.log_likelihood)
    p_lrt, n = float(special.chdtrc(1, max(ratio, 0.0))), int(np.isfinite(dosage).sum())
    if not full.is_converged:
        return Refit(np.nan, np.nan, np.nan, p_lrt, n, "separated")
    beta, error = float(full.coefficients[-1]), float(full.standard_errors[-1])
    return Refit(beta, error, float(two_sided(np.array(beta / error))), p_lrt, n, "wald")
