"""Numbers and words of the page of two freezes."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from alsreg.language import gettext, noop
from alsreg.plots.compare import effect_agreement
from alsreg.report.compare_model import (
    CohortFlow,
    FlowRow,
    HitRow,
    HitSide,
    NumberRow,
    SettingRow,
    TraitHits,
    ValueRow,
)
from alsreg.report.disclosure import Disclosure
from alsreg.report.model import Picture
from alsreg.report.pictures import picture
from alsreg.report.render import fixed, probability, whole
from alsreg.report.results import EFFECTS, RATIOS, integer, number, text
from alsreg.report.terms import term, words
from alsreg.tables.compare import HIT_CHANGES

# Counts of what people have or are; the rest describes the analysis.
OF_PEOPLE = {"n_events", "n_outliers"}
SIDES = ("older", "newer")
# Settings that cannot have changed a test.
AFTER_TESTS = (
    "report.",
    "compare.",
    "quality.",
    "control.",
    "panel.controls",
    "burden.",
    "registry.prognosis",
    "registry.trajectories",
)


def flows(table: pd.DataFrame, hide: Disclosure) -> tuple[CohortFlow, ...]:
    """Everybody in a cohort in either freeze, by what became of them; small counts are hidden with enough others."""
    found = []
    for cohort, rows in table.groupby("cohort", sort=False):
        counts = hide.cells(
            rows["n_people"].astype(int).tolist(),
            gettext("{cohort}: people who entered, left and stayed", cohort=cohort),
        )
        parts = zip(rows["change"], rows["reason"], counts, strict=True)
        found.append(CohortFlow(str(cohort), tuple(FlowRow(str(a), str(b), n) for a, b, n in parts)))
    return tuple(found)


def values(table: pd.DataFrame, hide: Disclosure) -> tuple[ValueRow, ...]:
    """People with rows and cells that came, left or changed, by table and column."""
    own = table.assign(column=table["column"].fillna(""), who=table["key"].fillna("").str.split(" ").str[0])
    own.loc[own["table"] == "samples", "who"] = own["key"]  # these rows are known by their sample
    rows = []
    for (name, change, column), part in own.groupby(["table", "change", "column"], sort=False):
        is_column = str(change).startswith("column")
        n = (
            0
            if is_column
            else hide.count(
                part["who"].nunique(),
                gettext(
                    "{table}: {change} {column}",
                    table=term(str(name)),
                    change=term(str(change)),
                    column=words(str(column)),
                ).strip(),
            )
        )
        rows.append(ValueRow(str(name), str(change), str(column), n))
    return tuple(rows)


def numbers(table: pd.DataFrame, only_in_one: Collection[str], hide: Disclosure) -> tuple[NumberRow, ...]:
    """The QC numbers that differ, without those of assays, cohorts and traits that are in one freeze only."""
    rows = []
    for row in table.itertuples():
        if set(row.unit.split("/")) & set(only_in_one):
            continue
        sides = [None if pd.isna(value) else float(value) for value in (row.older, row.newer)]
        if sides[0] == sides[1]:
            continue
        if row.metric in OF_PEOPLE:
            shown = [value if value is None else hide.count(int(value), f"{row.unit}: {row.metric}") for value in sides]
            is_hidden = [value is not None and show is None for value, show in zip(sides, shown, strict=True)]
        else:
            is_hidden = [False, False]
        said = [
            gettext("hidden") if gone else _shown(row.metric, value)
            for gone, value in zip(is_hidden, sides, strict=True)
        ]
        rows.append(NumberRow(row.stage, row.unit, row.metric, *said, _change(row.metric, sides, any(is_hidden))))
    return tuple(rows)


def _shown(metric: str, value: float | None) -> str:
    return whole(value) if metric.startswith("n") and metric != "n_hits_expected" else fixed(value, 4)


def _change(metric: str, sides: Sequence[float | None], is_hidden: bool) -> str:
    if is_hidden or sides[0] is None or sides[1] is None:
        return ""
    difference = sides[1] - sides[0]
    sign = "+" if difference > 0 else "−"
    return sign + _shown(metric, abs(difference))


def settings(table: pd.DataFrame) -> tuple[SettingRow, ...]:
    """What the two runs were told differently; of input files, the start of their digests."""
    return tuple(
        SettingRow(row.kind, row.key, _short(row.kind, row.older), _short(row.kind, row.newer))
        for row in table.itertuples()
    )


def _short(kind: str, value: object) -> str:
    value = text(value)
    return value[:12] + "…" if kind == "input" and len(value) == 64 else value


def tests_changed(table: pd.DataFrame) -> list[str]:
    """Settings that differ and that tests can depend on."""
    keys = table.loc[table["kind"] == "setting", "key"].astype(str)
    return [key for key in keys if not key.startswith(AFTER_TESTS)]


def trait_hits(
    trait: str, kind: str, hits: pd.DataFrame, effects: pd.DataFrame, told: Mapping[str, Any], hide: Disclosure
) -> TraitHits:
    """Leads of a trait.

    Parameters
    ----------
    trait, kind
        Name and type of the trait.
    hits, effects
        Rows of `COMPARED_HITS` and `COMPARED_EFFECTS` of the trait.
    told
        What sentences need: ``older`` and ``newer`` (ids), ``lead_p``, ``settings`` (keys that differ), ``max_rows``.
    """
    order = hits.assign(best=hits[["older_p_value", "newer_p_value"]].min(axis=1)).sort_values(["best", "variant_id"])
    shown = order.head(told["max_rows"])
    scale = math.exp if kind in RATIOS else float
    agree = effects[["older_beta", "newer_beta"]].to_numpy(dtype=float)
    varies = len(agree) > 2 and bool((agree.std(axis=0) > 0).all())
    counts = hits["change"].value_counts()
    return TraitHits(
        trait=trait,
        effect_name=gettext(RATIOS.get(kind) or EFFECTS[kind]),
        has_events=kind in RATIOS,
        counts=tuple((change, int(counts.get(change, 0))) for change in HIT_CHANGES),
        rows=tuple(_hit(row, scale, told, hide) for row in shown.to_dict("records")),
        n_not_shown=len(hits) - len(shown),
        n_effects=len(agree),
        n_same_sign=int((np.sign(agree[:, 0]) == np.sign(agree[:, 1])).sum()),
        correlation=float(np.corrcoef(agree.T)[0, 1]) if varies else None,
        pictures=_pictures(trait, effects, told),
    )


def _pictures(trait: str, effects: pd.DataFrame, told: Mapping[str, Any]) -> tuple[Picture, ...]:
    if not len(effects):
        return ()
    arrays = [effects[f"{side}_beta"].to_numpy(dtype=float) for side in SIDES]
    errors = [effects[f"{side}_standard_error"].to_numpy(dtype=float) for side in SIDES]
    canvas = effect_agreement(*arrays, *errors, effects["is_lead"].to_numpy(dtype=bool), (told["older"], told["newer"]))
    title = gettext("{trait}: effects in both freezes", trait=words(trait))
    alt = gettext("Effects in {newer} against {older}; leads with 95 % intervals; the correlation stands in the summary.",
                  newer=told["newer"], older=told["older"])  # fmt: skip
    return (picture(title, alt, canvas, "png"),)


def _hit(row: Mapping[str, Any], scale: Any, told: Mapping[str, Any], hide: Disclosure) -> HitRow:
    sides = tuple(_side(row, side, scale, hide) for side in SIDES)
    name = text(row["nearest_gene"]) or text(row["rs_id"]).removeprefix("#NA")
    return HitRow(
        str(row["variant_id"]), name, str(row["change"]), *sides, number(row["shift_z"]), " ".join(_answer(row, told))
    )


def _side(row: Mapping[str, Any], side: str, scale: Any, hide: Disclosure) -> HitSide:
    beta, events = number(row[f"{side}_beta"]), number(row[f"{side}_n_events"])
    shown = None if events is None else hide.count(int(events), gettext("{variant}: events", variant=row["variant_id"]))
    counts = (integer(row[f"{side}_{name}"]) for name in ("rank", "n"))
    return HitSide(
        None if beta is None else scale(beta),
        number(row[f"{side}_p_value"]),
        *counts,
        shown,
        events is not None and shown is None,
    )


def _answer(row: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[str]:
    """Why is this hit gone, or new? Sentences."""
    change = row["change"]
    if change == "kept":
        return
    if change == "moved":
        yield gettext("The effect differs by {z} standard errors of the difference.", z=fixed(abs(row["shift_z"])))
    else:
        has, lacks = SIDES if change == "vanished" else SIDES[::-1]
        yield _reason(row, has, lacks, told)
        if (near := text(row["locus_lead"])) and text(row["reason"]) != "replaced":
            yield gettext("In {freeze}, {variant} leads the locus.", freeze=told[lacks], variant=near)
    if told["settings"]:
        yield gettext("Settings that tests depend on differ: {names}.", names=", ".join(told["settings"]))


def _reason(row: Mapping[str, Any], has: str, lacks: str, told: Mapping[str, Any]) -> str:
    reason = text(row["reason"])
    said = gettext(_REASONS[reason], freeze=told[lacks], detail=term(text(row["detail"])), p=probability(told["lead_p"]),
                   variant=text(row["locus_lead"]))  # fmt: skip
    return f"{said} {_sizes(row, has, lacks, told)}" if reason in _OF_SIZE else said


_OF_SIZE = ("effect", "precision", "effect_or_precision", "effect_and_precision")
_REASONS = {
    "absent": noop("No assay of {freeze} brings the variant."),
    "excluded": noop("In {freeze} the variant is left out before merging ({detail})."),
    "untestable": noop("In {freeze} the variant is not tested: {detail}."),
    "replaced": noop("In {freeze} p is still below {p}, but {variant} leads the locus."),
    "not_listed": noop("In {freeze} p is still below {p}: the variant belongs to another lead or is beyond the most that are listed."),
    "effect": noop("In {freeze} the effect is smaller or the other way round; with the precision alone it would still be a hit."),
    "precision": noop("In {freeze} the same effect has less evidence (fewer people, events or carriers, or another correction of p); with the effect alone it would still be a hit."),
    "effect_or_precision": noop("In {freeze} the effect is smaller and has less evidence; either alone takes p over the threshold."),
    "effect_and_precision": noop("In {freeze} the effect is slightly smaller and has slightly less evidence; only together they take p over the threshold."),
}  # fmt: skip


def _sizes(row: Mapping[str, Any], has: str, lacks: str, told: Mapping[str, Any]) -> str:
    """p with its method, people and standard errors of both."""
    return " ".join(
        gettext("{freeze}: p {p} ({method}), {n} people, SE {error}.", freeze=told[side], p=probability(number(row[f"{side}_p_value"])),
                method=words(text(row[f"{side}_p_method"])), n=whole(number(row[f"{side}_n"])), error=fixed(number(row[f"{side}_standard_error"]), 3))
        for side in (has, lacks)
    )  # fmt: skip
