"""What stands beside a trait's table of leads: views of leads, loci, power, and whether assays differ in the trait."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from alsreg.language import gettext
from alsreg.report.association_model import ConfoundingRow, PowerRow, TraitDetail
from alsreg.report.disclosure import Disclosure
from alsreg.report.lead_views import lead_view
from alsreg.report.loci import locus_view
from alsreg.report.results import RATIOS, integer, limits, number, text
from alsreg.report.terms import words
from alsreg.tables import leads as tables

# Inputs of the rule, by name: by lead, by locus, by trait.
OF_LEADS = {
    "groups": tables.LEAD_GROUPS, "sensitivity": tables.LEAD_SENSITIVITY, "curves": tables.LEAD_CURVES,
    "means": tables.LEAD_MEANS, "influence": tables.LEAD_INFLUENCE,
}  # fmt: skip
OF_LOCI = {"conditional": tables.CONDITIONAL, "credible": tables.CREDIBLE, "regions": tables.REGIONS}
TABLES = {
    **{f"lead_{name}": table for name, table in OF_LEADS.items()}, "loci": tables.LOCI, **OF_LOCI,
    "power": tables.POWER, "confounding": tables.CONFOUNDING,
}  # fmt: skip


def trait_detail(
    trait: str, kind: str, leads: pd.DataFrame, found: Mapping[str, pd.DataFrame], genes: pd.DataFrame,
    limit: tuple[int, float], disclosure: Disclosure,
) -> TraitDetail:  # fmt: skip
    """`leads` are the trait's, `found` has a table for each of `TABLES`, `limit` is how many leads are drawn, and the genome-wide p."""
    n_drawn, threshold = limit
    own = {name: rows[rows["trait"] == trait] for name, rows in found.items()}
    drawn = leads.sort_values(["p_value", "variant_id"]).head(n_drawn)
    views, loci = [], []
    for _, lead in drawn.iterrows():
        of_lead = {
            name: own[f"lead_{name}"][own[f"lead_{name}"]["variant_id"] == lead["variant_id"]] for name in OF_LEADS
        }
        views.append(lead_view(lead, kind, of_lead, disclosure))
    for _, locus in own["loci"][own["loci"]["locus"].isin(drawn["variant_id"])].iterrows():
        of_locus = {name: own[name][own[name]["locus"] == locus["locus"]] for name in OF_LOCI}
        loci.append(locus_view(locus, kind, of_locus, genes, threshold))
    return TraitDetail(
        tuple(views), tuple(loci), len(leads) - len(drawn), _power(own["power"]),
        _confounding(trait, own["confounding"], kind, disclosure),
    )  # fmt: skip


def _power(rows: pd.DataFrame) -> tuple[PowerRow, ...]:
    known = rows[rows["frequency"].notna() & rows["p_threshold"].notna()]
    return tuple(
        PowerRow(
            float(row["p_threshold"]), float(row["frequency"]), number(row["effect"]), number(row["ratio"]),
            number(row["expected_mac"]), bool(row["is_testable"]) if not pd.isna(row["is_testable"]) else False,
        )
        for _, row in known.iterrows()
    )  # fmt: skip


def _confounding(trait: str, rows: pd.DataFrame, kind: str, disclosure: Disclosure) -> tuple[ConfoundingRow, ...]:
    """Events of the assays of one carrier set add up to those of the trait."""
    found = []
    for carrier_set, group in rows.groupby("carrier_set", sort=False, dropna=False):
        what = gettext(
            "{trait}: events by source assay of {carrier_set}",
            trait=words(trait),
            carrier_set=text(carrier_set) or gettext("all"),
        )
        events = disclosure.cells(group["n_events"].fillna(0).astype(int).tolist(), what)
        for (_, row), n_events in zip(group.iterrows(), events, strict=True):
            is_told = n_events is not None or kind not in RATIOS
            effect = limits(row["beta"], row["standard_error"], kind in RATIOS) if is_told else None
            found.append(
                ConfoundingRow(
                    text(row["carrier_set"]), str(row["source"]), integer(row["n"]), n_events, effect,
                    number(row["p_value"]) if is_told else None, number(row["p_joint"]), str(row["status"]),
                )
            )  # fmt: skip
    return tuple(found)
