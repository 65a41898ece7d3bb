"""Numbers of the gene panel's section: carriers by gene, tier and consequence, and carriers against the rest."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from alsreg.config.consequences import SEVERITY
from alsreg.engines.carriers import COMPARED
from alsreg.genotypes.panel import ASSESSED, NO_REPEAT
from alsreg.language import gettext, noop
from alsreg.report.coverage import GenesSeen
from alsreg.report.disclosure import Disclosure
from alsreg.report.panel_controls import control_section
from alsreg.report.panel_model import CarrierComparison, CarrierCount, PanelGene, PanelReport
from alsreg.report.results import EFFECTS, RATIOS, number
from alsreg.report.terms import term, words
from alsreg.tables.panel import PANEL_CARRIERS, PANEL_COMPARISONS, PANEL_GENES, PANEL_PEOPLE

# Tables in the order of the rule's input; those of the external controls may follow.
TABLES = (PANEL_GENES, PANEL_CARRIERS, PANEL_PEOPLE, PANEL_COMPARISONS)
UNJUDGED = len(SEVERITY)
# A hidden number of people with a class of the repeat, and a shown one.
REPEAT_CLASSES = (
    (noop("fewer than {n}, or hidden with such, intermediate"), noop("{n} intermediate")),
    (noop("fewer than {n}, or hidden with such, expanded"), noop("{n} expanded")),
)


def panel_report(
    paths: Sequence[str], controls: Sequence[str], max_genes: int, disclosure: Disclosure, seen: GenesSeen | None
) -> PanelReport | None:
    """The section from the tables of the panel stage; None where the freeze has no annotation."""
    if not paths:
        return None
    genes, carriers, people, comparisons = (table.read(path) for table, path in zip(TABLES, paths, strict=True))
    assessed = people.loc[people["is_assessed"].astype(bool), "person"]
    inside = carriers[carriers["person"].isin(assessed)]
    shown, by_gene, by_tier = _carriers(genes, inside, disclosure)
    totals = _published(genes, inside, shown, comparisons, disclosure.min_cell)
    is_described = (comparisons["status"] == COMPARED) & (comparisons["n_carriers"] >= disclosure.min_cell).fillna(
        False
    )
    few = comparisons[(comparisons["status"] == COMPARED) & ~is_described]
    if len(few):
        disclosure.hide(
            gettext("carriers against the rest"), len(few), gettext("groups of carriers below the minimum cell")
        )
    return PanelReport(
        version=str(genes["list_version"].iloc[0]),
        sha256=str(genes["list_sha256"].iloc[0]),
        sources=tuple(sorted({f"{source} ({date})" for source, date in zip(genes["source"], genes["date"].fillna(gettext("no date")), strict=True)})),
        n_people=len(people),
        n_assessed=len(assessed),
        is_leaving=bool(people["is_left_out"].astype(bool).any()),
        genes=tuple(_gene(row, shown.get(str(row["gene"])), disclosure, seen) for _, row in genes.iterrows()),
        by_gene=by_gene,
        by_tier=by_tier,
        comparisons=tuple(_comparison(row, totals, disclosure) for _, row in comparisons[is_described].iterrows()),
        n_uncompared=int((~is_described).sum()),
        controls=control_section(controls, max_genes, disclosure) if controls else None,
    )  # fmt: skip


def carriers_left_out(paths: Sequence[str], disclosure: Disclosure) -> tuple[frozenset[str], int] | None:
    """Who is left out of single-variant tests, and the count below which it is hidden; None where nobody is."""
    if not paths:
        return None
    people = PANEL_PEOPLE.read(paths[TABLES.index(PANEL_PEOPLE)])
    gone = frozenset(people.loc[people["is_left_out"].astype(bool), "person"])
    return (gone, disclosure.min_cell) if gone else None


def _carriers(
    genes: pd.DataFrame, carriers: pd.DataFrame, disclosure: Disclosure
) -> tuple[dict[str, int | None], tuple[CarrierCount, ...], tuple[CarrierCount, ...]]:
    """Carriers by gene, by gene and consequence, by tier and consequence; a person counts once per gene, by the worst."""
    severity = carriers["consequence"].map(SEVERITY).fillna(UNJUDGED)
    worst = (
        carriers.assign(severity=severity)
        .sort_values(["severity", "variant_id"], kind="stable")
        .drop_duplicates(["person", "gene"])
    )
    totals: dict[str, int | None] = dict.fromkeys(genes["gene"], 0)
    by_gene: list[CarrierCount] = []
    by_tier: list[CarrierCount] = []
    for tier, rows in worst.groupby("tier", sort=True):
        order = sorted(rows["consequence"].unique(), key=lambda term: (SEVERITY.get(term, UNJUDGED), term))
        counts = pd.crosstab(rows["gene"], rows["consequence"])[order]
        cells, of_genes, of_consequences = disclosure.table(
            counts.to_numpy(np.int64), gettext("carriers in genes of tier {tier}", tier=term(str(tier)))
        )
        for k, gene in enumerate(counts.index):
            totals[gene] = int(counts.iloc[k].sum()) if of_genes[k] else None
            by_gene += [
                CarrierCount(str(gene), term, int(counts.iloc[k, j]) if cells[k, j] else None)
                for j, term in enumerate(order)
                if counts.iloc[k, j]
            ]
        by_tier += [
            CarrierCount(str(tier), term, int(counts[term].sum()) if of_consequences[j] else None)
            for j, term in enumerate(order)
        ]
    return totals, tuple(by_gene), tuple(by_tier)


def _published(
    genes: pd.DataFrame, carriers: pd.DataFrame, shown: dict[str, int | None], comparisons: pd.DataFrame, min_cell: int
) -> dict[tuple[str, str], int | None]:
    """Carriers of each group, as far as they give back nothing that is hidden elsewhere.

    A tier's would, where its genes with hidden counts have fewer than `min_cell` carriers together.
    """
    counts: dict[tuple[str, str], int | None] = {("gene", gene): n for gene, n in shown.items()}
    for row in genes.to_dict("records"):
        for name in ("intermediate", "expanded"):
            n = row[f"n_{name}"]
            counts["repeat", f"{row['gene']} {name}"] = None if pd.isna(n) else int(n)
    tiers = {("tier", str(tier)): list(rows["gene"]) for tier, rows in genes.groupby("tier")}
    tiers["definitive", "definitive genes"] = genes.loc[genes["is_definitive"].astype(bool), "gene"].tolist()
    expanded = genes.set_index("gene")["n_expanded"].fillna(0).astype(int)
    most = comparisons.groupby(["kind", "carriers"])["n_carriers"].max().to_dict()
    for group, members in tiers.items():
        hidden = [gene for gene in members if shown[gene] is None]
        few = int(carriers["gene"].isin(hidden).sum()) + sum(int(n) for n in expanded[members] if n < min_cell)
        counts[group] = most.get(group) if few == 0 or few >= min_cell else None
    return counts


def _gene(row: pd.Series, n_carriers: int | None, disclosure: Disclosure, seen: GenesSeen | None) -> PanelGene:
    gene, is_assessed = str(row["gene"]), row["status"] == ASSESSED
    pathogenic, has_clinvar = None, not pd.isna(row["n_pathogenic_carriers"])
    if has_clinvar and n_carriers is not None:
        n = int(row["n_pathogenic_carriers"])
        pathogenic = disclosure.cells([n, n_carriers - n], gettext("{gene}: carriers by ClinVar", gene=gene))[0]
    return PanelGene(
        gene=gene, tier=str(row["tier"]), status="" if is_assessed else str(row["status"]),
        n_variants=int(row["n_variants"]) if n_carriers is not None else None, n_carriers=n_carriers,
        n_pathogenic=pathogenic, has_clinvar=has_clinvar, visible=seen.of(gene) if seen else gettext("not known"),
        repeat=_repeat(row, disclosure),
    )  # fmt: skip


def _repeat(row: pd.Series, disclosure: Disclosure) -> str:
    """In words."""
    if row["repeat_status"] == NO_REPEAT:
        return ""
    if row["repeat_status"] != ASSESSED:
        return term(str(row["repeat_status"]))
    n, *longer = (int(row[name]) for name in ("n_repeat_assessed", "n_intermediate", "n_expanded"))
    _, *shown = disclosure.cells([n - sum(longer), *longer], gettext("{gene}: classes of the repeat", gene=row["gene"]))
    known = [
        gettext(few, n=disclosure.min_cell) if k is None else gettext(many, n=k)
        for k, (few, many) in zip(shown, REPEAT_CLASSES, strict=True)
    ]
    return gettext("{n} assessed: {classes}", n=n, classes="; ".join(known))


def _comparison(row: pd.Series, totals: dict[tuple[str, str], int | None], disclosure: Disclosure) -> CarrierComparison:
    """Carriers compared are fewer than all where some are relatives or lack the trait: a small difference is hidden."""
    n_carriers, total = int(row["n_carriers"]), totals[str(row["kind"]), str(row["carriers"])]
    is_shown = total is not None and (total == n_carriers or total - n_carriers >= disclosure.min_cell)
    if not is_shown:
        disclosure.hide(
            gettext("{group}: carriers with {trait}", group=row["carriers"], trait=words(str(row["trait"]))),
            1,
            gettext("would give back a small count"),
        )
    kind, has_events = str(row["trait_kind"]), str(row["trait_kind"]) in RATIOS
    scale = math.exp if has_events else float
    n_events = None
    if has_events and is_shown:
        n = int(row["n_carrier_events"])
        n_events = disclosure.cells(
            [n, n_carriers - n],
            gettext("{group}: events in {trait}", group=row["carriers"], trait=words(str(row["trait"]))),
        )[0]
    return CarrierComparison(
        carriers=gettext("tier {tier}", tier=term(str(row["carriers"]))) if row["kind"] == "tier" else term(str(row["carriers"])), trait=str(row["trait"]), effect_name=gettext(RATIOS.get(kind) or EFFECTS[kind]),
        n=int(row["n"]), n_carriers=n_carriers if is_shown else None, n_carrier_events=n_events, has_events=has_events,
        effect=scale(row["beta"]), lower=scale(row["lower"]), upper=scale(row["upper"]), p_value=float(row["p_value"]),
        p_bonferroni=number(row["p_bonferroni"]) or 0.0, method=str(row["method"]),
    )  # fmt: skip
