"""Numbers of the association and gene sections."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from alsreg.language import gettext, noop
from alsreg.plots.association import manhattan, quantile_quantile
from alsreg.report.association_model import Limits
from alsreg.report.coverage import GenesSeen
from alsreg.report.disclosure import Disclosure, apart
from alsreg.report.model import GeneResult, GeneRow, Lead, Picture, TraitResult
from alsreg.report.pictures import picture, with_data
from alsreg.report.terms import words
from alsreg.report.thinning import thin
from alsreg.stats.null import Z_95

# Effects of these kinds are printed as ratios.
RATIOS = {"survival": noop("hazard ratio"), "binary": noop("odds ratio")}
EFFECTS = {"quantitative": noop("effect"), "longitudinal": noop("points/month")}
GENE_ALPHA = 0.05
MAX_POINTS, SMALL_P = 4000, 1e-4  # that a reader keeps, or sees when zooming


def trait_result(
    diagnostics: pd.Series, leads: pd.DataFrame, thinned: pd.DataFrame, thresholds: tuple[float, float],
    max_leads: int, disclosure: Disclosure,
) -> TraitResult:  # fmt: skip
    """Results of one trait: its row of diagnostics, its leads, and what its plots need."""
    trait, kind = str(diagnostics["trait"]), str(diagnostics["kind"])
    n_events = integer(diagnostics["n_events"]) if kind in RATIOS else None
    shown = leads.sort_values(["p_value", "variant_id"]).head(max_leads)
    return TraitResult(
        trait=trait,
        kind=kind,
        status=str(diagnostics["status"]),
        effect_name=gettext(RATIOS.get(kind) or EFFECTS[kind]),
        has_events=kind in RATIOS,
        covariates=", ".join(words(name.strip()) for name in text(diagnostics["covariates"]).split(",")),
        n=integer(diagnostics["n"]),
        n_events=None if n_events is None else disclosure.count(n_events, gettext("{trait}: events", trait=words(trait))),
        n_tested=int(diagnostics["n_tested"]),
        n_untestable=int(diagnostics["n_untestable"]),
        **{name: number(diagnostics[name]) for name in
           ("lambda_gc", "lambda_gc_common", "lambda_1000", "effective_n", "detectable_effect")},
        n_hits=int(number(diagnostics["n_hits"]) or 0),
        n_hits_expected=number(diagnostics["n_hits_expected"]) or 0.0,
        n_leads=len(leads),
        leads=tuple(_lead(row, kind, disclosure) for _, row in shown.iterrows()),
        pictures=_pictures(trait, diagnostics, shown, thinned, thresholds),
    )  # fmt: skip


def gene_result(
    trait: str, genes: pd.DataFrame, max_genes: int, disclosure: Disclosure, seen: GenesSeen | None = None
) -> GeneResult:
    """Gene tests of one trait, smallest p first; Bonferroni over the tests done; and how much of each gene was seen.

    An estimate that rests on few carriers, or differs from that of another mask by few, is hidden with their number.
    """
    tested = genes[genes["p_value"].notna()].sort_values(["p_value", "gene", "mask", "test"])
    threshold = GENE_ALPHA / max(len(tested), 1)
    chosen = tested.head(max_genes)
    described = _described_masks(trait, chosen, disclosure)
    rows = tuple(
        GeneRow(
            gene=str(row["gene"]), mask=str(row["mask"]), test=str(row["test"]), n_variants=int(row["n_variants"]),
            n_carriers=int(row["n_carriers"]) if is_described else None,
            beta=number(row["beta"]) if is_described else None,
            p_value=float(row["p_value"]), method=text(row["p_method"]),
            is_significant=bool(row["p_value"] < threshold), visible=seen.of(str(row["gene"])) if seen else "",
        )
        for _, row in chosen.iterrows()
        for is_described in [(row["gene"], row["mask"]) in described]
    )  # fmt: skip
    counts = int(tested["gene"].nunique()), len(tested), len(genes) - len(tested)
    return GeneResult(trait, *counts, threshold, rows, seen.overall if seen else "")


def _described_masks(trait: str, rows: pd.DataFrame, disclosure: Disclosure) -> set[tuple[str, str]]:
    """(gene, mask) whose carriers are enough, and differ from those of a larger mask by nobody or enough."""
    described = set()
    for gene, counts in rows.groupby(["gene", "mask"], sort=True)["n_carriers"].max().groupby(level=0):
        sizes = counts.astype(int).tolist()
        is_apart = [n == 0 or n >= disclosure.min_cell for n in sizes]
        large = [n for n, enough in zip(sizes, is_apart, strict=True) if enough]
        differing = iter(apart(large, disclosure.min_cell))
        shown = [enough and next(differing) for enough in is_apart]
        described |= {pair for pair, is_shown in zip(counts.index, shown, strict=True) if is_shown}
        if n_hidden := shown.count(False):
            what = gettext("{trait}: carriers of {gene}", trait=words(trait), gene=gene)
            disclosure.hide(what, n_hidden, gettext("few carriers, or few more than of another mask of the gene"))
    return described


def _lead(row: pd.Series, kind: str, disclosure: Disclosure) -> Lead:
    beta, half = float(row["beta"]), Z_95 * float(row["standard_error"])
    scale = math.exp if kind in RATIOS else float
    variant = str(row["variant_id"])
    return Lead(
        variant=variant,
        rs_id=text(row["rs_id"]).removeprefix("#NA"),
        gene=text(row["nearest_gene"]),
        effect_allele=str(row["effect_allele"]),
        frequency=float(row["effect_allele_frequency"]),
        n=int(row["n"]),
        n_events=disclosure.count(int(row["n_events"]), gettext("{variant}: events", variant=variant)),
        n_carriers=disclosure.count(int(row["n_carriers"]), gettext("{variant}: carriers", variant=variant)),
        effect=scale(beta),
        lower=scale(beta - half),
        upper=scale(beta + half),
        p_value=float(row["p_value"]),
        method=text(row["effect_method"]),
        ph_p=number(row["ph_p"]),
        carrier_set=text(row["carrier_set"]),
        is_genome_wide=bool(row["is_genome_wide"]),
    )


def _pictures(
    trait: str,
    diagnostics: pd.Series,
    leads: pd.DataFrame,
    thinned: pd.DataFrame,
    thresholds: tuple[float, float],
) -> tuple[Picture, ...]:
    if not len(thinned):
        return ()
    arrays = {name: thinned[name].to_numpy() for name in ("chromosome", "base_pair_location", "p_value", "rank")}
    chromosome = arrays["chromosome"].astype(np.int64)
    position = arrays["base_pair_location"].astype(np.int64)
    p_value = arrays["p_value"].astype(float)
    labels = {
        (int(row["chromosome"]), int(row["base_pair_location"])): text(row["nearest_gene"]) or text(row["rs_id"])
        for _, row in leads[leads["is_genome_wide"].astype(bool)].iterrows()
    }
    across = manhattan(chromosome, position, p_value, thresholds, labels)
    lambda_gc, n_tested = float(diagnostics["lambda_gc"]), int(diagnostics["n_tested"])
    rank = arrays["rank"].astype(np.int64)
    quantiles = quantile_quantile(p_value, rank, n_tested, lambda_gc)
    name = {"trait": words(trait)}
    genome = picture(
        gettext("{trait}: p along the genome", **name),
        gettext("Manhattan plot of {trait}; leads are in the table below.", **name), across, "png",
    )  # fmt: skip
    observed = picture(
        gettext("{trait}: observed against expected", **name),
        gettext("Quantile-quantile plot of {trait}, 95 % band.", **name), quantiles, "png",
    )  # fmt: skip
    few = thin(thinned, MAX_POINTS, (thinned["p_value"] < SMALL_P).to_numpy(dtype=bool))
    places = few[["variant_id", "chromosome", "base_pair_location", "p_value"]]
    ranks = few.assign(expected_p=(few["rank"] - 0.5) / n_tested)[["rank", "expected_p", "p_value"]]
    return (
        with_data(genome, places.sort_values(["chromosome", "base_pair_location"]), "manhattan"),
        with_data(observed, ranks),
    )


def number(value: object) -> float | None:
    """A float, or None where the table has none."""
    return None if pd.isna(value) else float(value)  # type: ignore[arg-type]


def integer(value: object) -> int | None:
    """A whole number, or None where the table has none."""
    return None if pd.isna(value) else int(value)  # type: ignore[call-overload]


def text(value: object) -> str:
    """A string, empty where the table has none."""
    return "" if pd.isna(value) else str(value)  # type: ignore[arg-type]


def limits(beta: object, error: object, is_ratio: bool) -> Limits | None:
    """Estimate and 95 % limits on the scale that is printed; None without an estimate."""
    estimate, spread = number(beta), number(error)
    if estimate is None or spread is None:
        return None
    scale: Callable[[float], float] = math.exp if is_ratio else float
    return scale(estimate), scale(estimate - Z_95 * spread), scale(estimate + Z_95 * spread)
