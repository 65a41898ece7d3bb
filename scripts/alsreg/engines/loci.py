"""Within a locus: further signals given the lead, and which variants may be the cause."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from alsreg.engines.leads import MIN_OVERLAP, Genotypes, LeadRules
from alsreg.engines.nulls import NullModels
from alsreg.engines.variations import adjust, by_null, null_of, relatives_in
from alsreg.errors import AnalysisError
from alsreg.genotypes.pruning import squared_correlation
from alsreg.stats.credible import credible_set, log_bayes_factor, posterior
from alsreg.stats.mixed import MixedNull
from alsreg.stats.null import FloatArray, VariantTestOptions

BLOCK = 1024
MAX_SIGNALS = 5
# Below these an approximate credible set is said to be weak. ASSUME: orders of magnitude, not thresholds of a theory.
MIN_SIZE = 500  # people (survival: events; binary: the fewer of cases and others)
MIN_VARIANTS = 50  # tested in the locus
MIN_R2 = 0.5  # of a member with the lead
MAX_SIZE_RATIO = 1.1  # of the largest number of people a variant of the locus was seen in, to the smallest
# All variants of a locus tested by the scan: rows of `VARIANT_TESTS` with ``shard`` and ``row``.
ReadLocus = Callable[[int, int, int], pd.DataFrame]


@dataclass(frozen=True)
class LocusTables:
    """Rows of `LOCI`, `CONDITIONAL`, `CREDIBLE` and `REGIONS`."""

    loci: pd.DataFrame
    conditional: pd.DataFrame
    credible: pd.DataFrame
    regions: pd.DataFrame


def refine_loci(
    leads: pd.DataFrame, genotypes: Genotypes, models: NullModels, rules: LeadRules, options: VariantTestOptions,
    read_locus: ReadLocus,
) -> LocusTables:  # fmt: skip
    """Refine every locus of one trait's leads (with ``shard`` and ``row``), strongest first.

    Each locus gives its further signals by stepwise regression, and the credible set of a single causal variant.
    """
    loci, conditional, credible, regions = [], [], [], []
    for _, members in leads.groupby("locus", sort=False):
        top = members.iloc[0]
        reach = int(rules.window_kb * 1000)
        place = int(top["base_pair_location"])
        variants = read_locus(int(top["chromosome"]), max(place - reach, 1), place + reach)
        tested = variants[variants["status"] == "tested"].reset_index(drop=True)
        common = {"trait": top["trait"], "locus": top["variant_id"]}
        steps = condition(tested, members, genotypes, models, rules.max_p, options)
        n_signals = int(sum(bool(row["is_signal"]) for row in steps))
        members_of_set, summary = find_credible_set(tested, top, genotypes, models, rules, n_signals)
        conditional += [common | {"relatives": relatives_in(models)} | row for row in steps]
        credible.append(members_of_set.assign(**common))
        regions.append(tested[_DRAWN].assign(r2=_r2(top, tested, genotypes), **common))
        loci.append({**common, "n_variants": len(tested), "n_untestable": len(variants) - len(tested),
                     "n_leads": len(members), "n_signals": n_signals, **summary})  # fmt: skip
    joined = (pd.concat(parts) if parts else pd.DataFrame() for parts in (credible, regions))
    return LocusTables(pd.DataFrame(loci), pd.DataFrame(conditional), *joined)


_DRAWN = ["variant_id", "rs_id", "chromosome", "base_pair_location", "p_value"]


def condition(
    tested: pd.DataFrame, members: pd.DataFrame, genotypes: Genotypes, models: NullModels, max_p: float,
    options: VariantTestOptions,
) -> list[dict[str, object]]:  # fmt: skip
    """Stepwise regression from the top lead: the smallest p given the signals so far joins them while it is at most `max_p`.

    Tests are those of the scan with the signals as covariates, on people who have all these genotypes. The last row
    is the best variant that did not join. Leads that are no signal are told given all signals.
    """
    top = members.iloc[0]
    trait = str(top["trait"])
    chosen, rows = (
        [top],
        [{"step": 0, "is_signal": True, "p_conditional": top["p_value"], "status": "lead", **_place(top)}],
    )
    while True:
        adjusted = _given(chosen, genotypes, models, trait)
        scan = _scan(tested, adjusted, genotypes, trait, options)
        p = scan["p_conditional"].to_numpy(dtype=float)
        if not np.isfinite(p).any():
            break
        best = scan.iloc[int(np.nanargmin(p))]
        is_signal = bool(best["p_conditional"] <= max_p) and len(chosen) < MAX_SIGNALS
        row = {"step": len(chosen), "is_signal": is_signal, "p_conditional": best["p_conditional"], **_place(best)}
        rows.append(row | {"n": int(best["n_conditional"]), "status": "signal" if is_signal else "no further signal"})
        if not is_signal:
            break
        chosen.append(best)
    known = {row["variant_id"] for row in rows}
    others = scan[scan["variant_id"].isin(set(members["variant_id"]) - known)]
    for _, other in others.iterrows():
        row = {"step": None, "is_signal": False, "p_conditional": other["p_conditional"], **_place(other)}
        rows.append(row | {"n": int(other["n_conditional"]), "status": str(other["status_conditional"])})
    if len(chosen) > 1:
        for row, lead in zip(rows, chosen, strict=False):
            rest = [other for other in chosen if other is not lead]
            row |= _joint(lead, _given(rest, genotypes, models, trait), genotypes, trait)
    r2 = _r2(top, pd.DataFrame(rows), genotypes)
    return [
        {name: row[name] for name in row if name not in ("shard", "row")} | {"r2": float(value)}
        for row, value in zip(rows, r2, strict=True)
    ]


def _place(variant: pd.Series) -> dict[str, object]:
    names = ("variant_id", "rs_id", "chromosome", "base_pair_location", "n", "p_value", "shard", "row")
    return {name: variant[name] for name in names}


def _given(signals: Sequence[pd.Series], genotypes: Genotypes, models: NullModels, trait: str) -> NullModels:
    """Models adjusted for these variants, as observed in the people each was analysed in."""
    dosages = {}
    for variant in signals:
        own = np.full(len(models.people), np.nan)
        people = null_of(models, trait, variant).people
        own[people] = genotypes.dosage(variant["shard"], int(variant["row"]))[people]
        dosages[f"given {variant['variant_id']}"] = own
    return adjust(models, trait, dosages)


def _scan(
    tested: pd.DataFrame, adjusted: NullModels, genotypes: Genotypes, trait: str, options: VariantTestOptions
) -> pd.DataFrame:
    """The variants with ``p_conditional``, ``n_conditional`` and ``status_conditional``."""
    parts = []
    for group in by_null(tested):
        model = null_of(adjusted, trait, group.iloc[0])
        for shard, rows in group.groupby("shard", sort=True):
            for start in range(0, len(rows), BLOCK):
                block = rows.iloc[start : start + BLOCK]
                found = {
                    "p_conditional": np.nan,
                    "n_conditional": len(model.people),
                    "status_conditional": model.status,
                }
                if model.model is not None:
                    dosages = genotypes.dosages(str(shard), block["row"].tolist())[:, model.people]
                    tests = model.model.test_variants(dosages.astype(np.float64), options)
                    found = {
                        "p_conditional": tests.p_value, "n_conditional": tests.n, "status_conditional": tests.status,
                    }  # fmt: skip
                parts.append(block.assign(**found))
    return pd.concat(parts).sort_index()


def _joint(variant: pd.Series, others: NullModels, genotypes: Genotypes, trait: str) -> dict[str, object]:
    """The variant's effect in the model that holds all signals."""
    fitted = null_of(others, trait, variant)
    if fitted.model is None:
        return {"status": fitted.status}
    own = genotypes.dosage(variant["shard"], int(variant["row"]))[fitted.people]
    try:
        refit = fitted.model.refit(np.asarray(own, dtype=np.float64))
    except AnalysisError as error:
        return {"status": str(error)}
    p = refit.p_wald if fitted.kind == "quantitative" else refit.p_lrt
    return {"beta_joint": refit.beta, "standard_error_joint": refit.standard_error, "p_joint": p}


def find_credible_set(
    tested: pd.DataFrame, top: pd.Series, genotypes: Genotypes, models: NullModels, rules: LeadRules, n_signals: int
) -> tuple[pd.DataFrame, dict[str, object]]:
    """Rows of `CREDIBLE` and what `LOCI` says of the set.

    Bayes factors take each variant's z from its p-value (with the small-count corrections of the scan) and its standard
    error, as if all were seen in the same people.
    """
    fitted = null_of(models, str(top["trait"]), top)
    prior = prior_sd(fitted, rules)
    # The z of a p below 1e-300 is beyond the reach of its inverse.
    z = -special.ndtri(np.maximum(tested["p_value"].to_numpy(dtype=float), 1e-300) / 2.0)
    factor = log_bayes_factor(z, tested["standard_error"].to_numpy(dtype=float), prior)
    probability = posterior(factor)
    chosen = credible_set(probability, rules.coverage)
    found = tested.iloc[chosen][
        ["variant_id", "rs_id", "chromosome", "base_pair_location", "n", "p_value", "shard", "row"]
    ]
    r2 = _r2(top, found, genotypes)
    found = found.drop(columns=["shard", "row"]).assign(
        r2=r2, log10_bayes_factor=factor[chosen] / np.log(10.0), posterior=probability[chosen],
        cumulative=np.minimum(np.cumsum(probability[chosen]), 1.0),
    )  # fmt: skip
    size = min(fitted.n_events, len(fitted.people) - fitted.n_events) if fitted.kind == "binary" else fitted.n_events
    weak = _weaknesses(tested, top, rules, n_signals, float(np.nanmin(r2)), int(size))
    return found, {
        "n_credible": len(found),
        "min_r2": float(np.nanmin(r2)),
        "prior_sd": prior,
        "warning": "; ".join(weak),
    }


def prior_sd(fitted, rules: LeadRules) -> float:  # type: ignore[no-untyped-def]
    """Standard deviation of a causal effect before the data: on the log ratio, or as a share of the trait's spread."""
    if fitted.kind in ("binary", "survival"):
        return rules.prior_sd_log_ratio
    if isinstance(fitted.independent, MixedNull):
        return rules.prior_sd_share * float(np.sqrt(fitted.independent.fit.random[1, 1]))
    return rules.prior_sd_share * float(np.sqrt(len(fitted.people) / fitted.model.information))


def _weaknesses(
    tested: pd.DataFrame, top: pd.Series, rules: LeadRules, n_signals: int, min_r2: float, size: int
) -> list[str]:
    n = tested["n"].to_numpy(dtype=float)
    unit = "people" if int(top["n_events"]) == int(top["n"]) else "events or cases"
    checks = [
        (float(top["p_value"]) >= rules.genome_wide_p, "the lead is not genome-wide significant"),
        (n_signals > 1, f"{n_signals} signals in the locus, where one is assumed"),
        (size < MIN_SIZE, f"N is weak: {size} {unit}"),
        (n.max() > MAX_SIZE_RATIO * n.min(),
         f"N differs: variants were seen in {n.min():.0f} to {n.max():.0f} people, and the better seen are favoured"),
        (min_r2 < MIN_R2, f"LD is weak: a member has r2 {min_r2:.2f} with the lead"),
        (len(tested) < MIN_VARIANTS, f"only {len(tested)} variants tested in the locus: the cause may not be among them"),
    ]  # fmt: skip
    return [words for is_weak, words in checks if is_weak]


def _r2(top: pd.Series, variants: pd.DataFrame, genotypes: Genotypes) -> FloatArray:
    """r² with the top lead over people called for both; NaN where fewer than `MIN_OVERLAP` are."""
    first = genotypes.counts(top["shard"], [int(top["row"])])
    out = np.empty(len(variants))
    for shard, rows in variants.reset_index(drop=True).groupby("shard", sort=True):
        for start in range(0, len(rows), BLOCK):
            block = rows.iloc[start : start + BLOCK]
            second = genotypes.counts(str(shard), block["row"].astype(int).tolist())
            r2 = squared_correlation(first, second, MIN_OVERLAP)[0]
            n_both = ((first >= 0) & (second >= 0)).sum(axis=1)
            out[block.index] = np.where(n_both < MIN_OVERLAP, np.nan, r2)
    return out
