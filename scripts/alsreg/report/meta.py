"""Numbers of the page of a meta-analysis. Files of statistics hold no person's data, so nothing is hidden here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from alsreg.engines.meta import FIXED, RANDOM, USED
from alsreg.formats.contigs import chromosome_name
from alsreg.formats.variant_ids import variant_id
from alsreg.language import gettext
from alsreg.plots.meta import forest
from alsreg.report.meta_model import LookupRow, MetaHit, StudyEffect, StudyFlow
from alsreg.report.pictures import picture
from alsreg.report.results import RATIOS, limits, number, text
from alsreg.report.terms import term

PLACE = ["chromosome", "base_pair_location", "effect_allele", "other_allele"]


def flows(counts: pd.DataFrame) -> tuple[StudyFlow, ...]:
    """Studies in order, with the reasons that apply."""
    found = []
    for study, rows in counts.groupby("study", sort=False):
        n = {str(reason): int(k) for reason, k in zip(rows["reason"], rows["n_variants"], strict=True)}
        others = tuple((reason, k) for reason, k in n.items() if k and reason not in ("read", USED))
        found.append(StudyFlow(str(study), n.get("read", 0), n.get(USED, 0), others))
    return tuple(found)


def hits(table: pd.DataFrame, kind: str, max_rows: int) -> tuple[tuple[MetaHit, ...], int]:
    """Hits in order with forest plots, and how many are not shown."""
    groups = list(table.groupby(PLACE, sort=False))
    return tuple(_hit(rows, kind) for _, rows in groups[:max_rows]), max(0, len(groups) - max_rows)


def _hit(rows: pd.DataFrame, kind: str) -> MetaHit:
    first, total = rows.iloc[0], rows[rows["study"] == FIXED].iloc[0]
    variant = _variant(first)
    drawn = rows[rows["beta"].notna()]
    is_total = drawn["study"].isin([FIXED, RANDOM])
    order = pd.concat([drawn[~is_total], drawn[is_total]])
    label = gettext("log ratio per allele") if kind in RATIOS else gettext("effect per allele")
    canvas = forest([term(name) for name in order["study"]], *(order[name].to_numpy(dtype=float) for name in ("beta", "standard_error")),
                    int(is_total.sum()), label)  # fmt: skip
    shown = picture(gettext("{variant}: effect in each study", variant=variant),
                    gettext("Forest plot of {variant}; its numbers stand in the table.", variant=variant), canvas)  # fmt: skip
    effects = tuple(StudyEffect(term(str(row["study"])), *_effect(row, kind), number(row["p_value"]), number(row["effect_allele_frequency"]),
                                None if pd.isna(row["n"]) else int(row["n"])) for row in order.to_dict("records"))  # fmt: skip
    return MetaHit(variant, text(first["rs_id"]).removeprefix("#NA"), str(first["effect_allele"]), number(total["heterogeneity_i2"]),
                   number(total["heterogeneity_p"]), effects, (shown,))  # fmt: skip


def lookup(table: pd.DataFrame, kind: str) -> tuple[LookupRow, ...]:
    """Variants looked for."""
    return tuple(
        LookupRow(_variant(row), str(row["effect_allele"]), str(row["direction"]), term(str(row["study"])), *_effect(row, kind),
                  number(row["p_value"]), number(row["p_one_sided"]), str(row["status"]))
        for row in table.to_dict("records")
    )  # fmt: skip


def _variant(row: Mapping[str, Any]) -> str:
    alleles = row["other_allele"], row["effect_allele"]
    return variant_id(chromosome_name(row["chromosome"]), row["base_pair_location"], *alleles)


def _effect(row: Mapping[str, Any], kind: str) -> tuple[float | None, float | None, float | None]:
    return limits(row["beta"], row["standard_error"], kind in RATIOS) or (None, None, None)
