"""A lead from other sides: by source assay, endpoint, period and genotype, and without the person who moves it most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsreg.engines.sensitivity import TESTED
from alsreg.language import gettext, noop
from alsreg.plots.base import short
from alsreg.plots.courses import Band, means_over_time
from alsreg.plots.forest import forest
from alsreg.plots.people import Curve, kaplan_meier
from alsreg.report.association_model import Influence, LeadView, Limits, MeanRow, SideRow
from alsreg.report.disclosure import Disclosure
from alsreg.report.people import RISK_MONTHS, STEP_MONTHS
from alsreg.report.pictures import Picture, picture, with_data
from alsreg.report.results import EFFECTS, RATIOS, integer, limits, number, text
from alsreg.report.terms import words
from alsreg.stats.null import Z_95

_COUNTED = {"n": noop("people"), "n_events": noop("events"), "n_carriers": noop("carriers")}
PERIOD = "events after "  # how `LEAD_SENSITIVITY` names parts of follow-up
COPIES = (noop("no copy"), noop("one copy"), noop("two copies"))


def lead_view(lead: pd.Series, kind: str, tables: dict[str, pd.DataFrame], disclosure: Disclosure) -> LeadView:
    """`lead` is a row of `LEADS`; `tables` hold the rows of this lead alone, by the table's name."""
    variant, gene = str(lead["variant_id"]), text(lead["nearest_gene"])
    if int(lead["n_carriers"]) < disclosure.min_cell:
        disclosure.hide(
            gettext("{variant}: everything beside the table of leads", variant=variant),
            1,
            gettext("carriers below the minimum cell"),
        )
        return LeadView(variant, gene, gettext("too few carriers to be described"))
    is_ratio = kind in RATIOS
    groups = _rows(tables["groups"], "source", is_ratio, gettext("{variant} by assay", variant=variant), disclosure)
    sensitivity = tables["sensitivity"]
    is_period = sensitivity["analysis"].str.startswith(PERIOD).fillna(False).astype(bool)
    summed = limits(lead["beta_summed"], lead["standard_error_summed"], is_ratio)
    means = _means(tables["means"], kind, variant, disclosure)
    drawn = [_forest(lead, groups, summed, kind), _by_genotype(tables, kind, variant, disclosure)]
    i2 = number(lead["heterogeneity_i2"])
    return LeadView(
        variant=variant,
        gene=gene,
        hidden="",
        groups=groups,
        groups_status=text(lead["groups_status"]),
        summed=summed,
        p_summed=number(lead["p_summed"]),
        heterogeneity_p=number(lead["heterogeneity_p"]),
        heterogeneity_percent=None if i2 is None else 100 * i2,
        endpoints=_endpoints(sensitivity[~is_period], variant, disclosure),
        periods=_rows(
            sensitivity[is_period],
            "analysis",
            True,
            gettext("{variant} by part of follow-up", variant=variant),
            disclosure,
        ),
        ph_p=number(lead["ph_p"]),
        influence=_influence(tables["influence"], is_ratio),
        means=means,
        pictures=tuple(found for found in drawn if found is not None),
    )


def _rows(
    rows: pd.DataFrame, label: str, is_ratio: bool, what: str, disclosure: Disclosure
) -> tuple[SideRow, ...]:  # fmt: skip
    """Rows whose events, and carriers, add up to numbers that are told elsewhere; effects of few carriers are hidden."""
    events, carriers = (
        disclosure.cells(rows[name].fillna(0).astype(int).tolist(), f"{what}: {gettext(_COUNTED[name])}")
        for name in ("n_events", "n_carriers")
    )
    found = []
    for (_, row), n_events, n_carriers in zip(rows.iterrows(), events, carriers, strict=True):
        is_tested, is_few = str(row["status"]) == TESTED, (number(row["n_carriers"]) or 0) < disclosure.min_cell
        effect = limits(row["beta"], row["standard_error"], is_ratio) if is_tested and not is_few else None
        found.append(
            SideRow(
                str(row[label]), integer(row["n"]), n_events, n_carriers, effect,
                number(row["p_value"]) if effect and "p_value" in row else None,
                gettext("too few carriers to be shown") if is_tested and is_few else str(row["status"]),
            )
        )  # fmt: skip
    return tuple(found)


def _endpoints(rows: pd.DataFrame, variant: str, disclosure: Disclosure) -> tuple[SideRow, ...]:
    """A number that differs from one shown before by fewer than the minimum cell would tell of these few."""
    shown: dict[str, set[int]] = {name: {0} for name in ("n", "n_events", "n_carriers")}

    def apart(name: str, value: object) -> int | None:
        n = integer(value)
        if n is not None and any(0 < abs(n - other) < disclosure.min_cell for other in shown[name]):
            disclosure.hide(
                gettext("{variant} by endpoint: {counted}", variant=variant, counted=gettext(_COUNTED[name])),
                1,
                gettext("too near another number shown"),
            )
            return None
        if n is not None:
            shown[name].add(n)
        return n

    found = []
    for _, row in rows.iterrows():
        cause = "" if text(row["cause"]) in ("", "any") else f": {words(str(row['cause']))}"
        is_tested = str(row["status"]) == TESTED
        counts = [apart(name, row[name]) for name in shown]
        effect = limits(row["beta"], row["standard_error"], True) if is_tested else None
        found.append(
            SideRow(
                f"{words(str(row['analysis']))}{cause}", *counts, effect, number(row["p_value"]), str(row["status"])
            )
        )
    return tuple(found)


def _influence(rows: pd.DataFrame, is_ratio: bool) -> Influence | None:
    if rows.empty:
        return None
    row = rows.iloc[0]
    without = limits(row["beta_without"], row["standard_error_without"], is_ratio)
    return Influence(
        number(row["max_change"]), integer(row["n_influential"]), without, number(row["p_without"]), str(row["status"])
    )


def _means(rows: pd.DataFrame, kind: str, variant: str, disclosure: Disclosure) -> tuple[MeanRow, ...]:
    """Of traits with one value per person. A share is hidden with its people where cases or others are few."""
    if kind not in ("quantitative", "binary"):
        return ()
    counts = rows["n"].astype(int).tolist()
    shown = disclosure.cells(counts, gettext("{variant}: people by genotype", variant=variant))
    found = []
    for (_, row), n in zip(rows.iterrows(), shown, strict=True):
        mean = None if n is None else limits(row["mean"], row["standard_error"], False)
        if mean and kind == "binary":
            cases = round(row["mean"] * row["n"])
            is_few = any(0 < part < disclosure.min_cell for part in (cases, row["n"] - cases))
            mean = None if is_few else (mean[0], max(mean[1], 0.0), min(mean[2], 1.0))
            if is_few:
                disclosure.hide(
                    gettext("{variant}: share of cases by genotype", variant=variant),
                    1,
                    gettext("cases or others below the minimum cell"),
                )
        found.append(MeanRow(int(row["copies"]), n, mean))
    return tuple(found)


def _forest(lead: pd.Series, groups: Sequence[SideRow], summed: Limits | None, kind: str) -> Picture | None:
    joint = limits(lead["beta"], lead["standard_error"], kind in RATIOS)
    rows = [
        (gettext("all, joint model"), joint),
        *((row.name, row.effect) for row in groups),
        (gettext("assays summed"), summed),
    ]
    known = [(name, effect) for name, effect in rows if effect is not None]
    if len(known) < 2 or joint is None:
        return None
    names, effects = zip(*known, strict=True)
    label = gettext(
        "{effect} per copy of {allele}",
        effect=gettext(RATIOS.get(kind) or EFFECTS[kind]),
        allele=short(str(lead["effect_allele"])),
    )
    alt = gettext(
        "Forest plot of {variant}: the joint result, then source assays; the numbers are in the table.",
        variant=lead["variant_id"],
    )
    drawn = picture(
        gettext("{variant} by source assay", variant=lead["variant_id"]),
        alt,
        forest(names, effects, label, is_ratio=kind in RATIOS),
    )
    table = pd.DataFrame(effects, columns=["estimate", "lower_95", "upper_95"])
    return with_data(drawn, table.assign(people=names)[["people", "estimate", "lower_95", "upper_95"]])


def _by_genotype(
    tables: dict[str, pd.DataFrame], kind: str, variant: str, disclosure: Disclosure
) -> Picture | None:  # fmt: skip
    if kind == "survival":
        return _survival(tables["curves"].query("endpoint == 'survival'"), variant, disclosure)
    return _course(tables["means"], variant, disclosure) if kind == "longitudinal" else None


def _survival(rows: pd.DataFrame, variant: str, disclosure: Disclosure) -> Picture | None:
    """Kaplan–Meier by genotype, on a coarse grid and while enough are at risk."""
    curves, data = [], []
    for copies, own in rows.groupby("copies", sort=True):
        is_few = int(own["n"].iloc[0]) < disclosure.min_cell or int(own["n_events"].iloc[0]) < disclosure.min_cell
        curve = None if is_few else _curve(own.sort_values("time"), gettext(COPIES[int(copies)]), variant, disclosure)
        if curve is None:
            disclosure.hide(
                gettext("{variant}: survival with {copies}", variant=variant, copies=gettext(COPIES[int(copies)])),
                1,
                gettext("people or events below the minimum"),
            )
            continue
        curves.append(curve)
        grid = {
            "months": curve.times,
            "free_of_event": curve.survival,
            "lower_95": curve.lower,
            "upper_95": curve.upper,
        }
        data.append(pd.DataFrame(grid).assign(genotype=curve.name))
    if not curves:
        return None
    alt = gettext(
        "Kaplan–Meier curves with delayed entry by copies of the effect allele of {variant}, and numbers at risk at the next event.",
        variant=variant,
    )
    drawn = picture(
        gettext("{variant}: survival by genotype; at risk at the next event", variant=variant),
        alt,
        kaplan_meier(curves, gettext("months since onset")),
    )
    return with_data(drawn, pd.concat(data))


def _curve(own: pd.DataFrame, name: str, variant: str, disclosure: Disclosure) -> Curve | None:
    """At risk at a time: those at risk at the next event, which are no more than were there."""
    time, at_risk = own["time"].to_numpy(dtype=float), own["n_at_risk"].to_numpy(dtype=np.int64)
    # Before the first event nobody may be under observation yet.
    grid = np.arange(time[0] // STEP_MONTHS * STEP_MONTHS, time[-1] + 1, STEP_MONTHS, dtype=float)
    following = np.searchsorted(time, grid, side="left")
    n_at_risk = at_risk[np.minimum(following, len(time) - 1)]
    enough = np.flatnonzero((n_at_risk >= disclosure.min_cell) & (following < len(time)))
    if len(enough) < 2:
        return None
    kept = slice(enough[0], enough[-1] + 1)
    place = np.searchsorted(time, grid[kept], side="right") - 1
    steps = [
        np.where(place >= 0, own[column].to_numpy(dtype=float)[np.maximum(place, 0)], 1.0)
        for column in ("estimate", "lower", "upper")
    ]
    marks = [(t, int(n)) for t, n in zip(grid[kept], n_at_risk[kept], strict=True) if t % RISK_MONTHS == 0]
    shown = [
        disclosure.count(
            n, gettext("{variant}, {name}: at risk at {months} months", variant=variant, name=name, months=f"{t:.0f}")
        )
        for t, n in marks
    ]
    return Curve(name, grid[kept], *steps, [t for t, _ in marks], shown)


def _course(rows: pd.DataFrame, variant: str, disclosure: Disclosure) -> Picture | None:
    enough = rows[(rows["n"] >= disclosure.min_cell) & rows["standard_error"].notna()]
    if len(rows) > len(enough):
        disclosure.hide(
            gettext("{variant}: means by genotype and half-year", variant=variant),
            len(rows) - len(enough),
            gettext("fewer people than the minimum"),
        )
    bands, data = [], []
    for copies, own in enough.groupby("copies", sort=True):
        month, mean, half = (own[name].to_numpy(dtype=float) for name in ("month", "mean", "standard_error"))
        lower, upper = mean - Z_95 * half, mean + Z_95 * half
        nothing: NDArray[np.float64] = np.empty(0)
        bands.append(Band(gettext(COPIES[int(copies)]), month + 3, mean, lower, upper, nothing))
        grid = {"month": month, "mean": mean, "lower_95": lower, "upper_95": upper}
        data.append(pd.DataFrame(grid).assign(genotype=gettext(COPIES[int(copies)])))
    if not bands:
        return None
    alt = gettext(
        "Mean by half-year and copies of the effect allele of {variant}; people who left follow-up are not in later means.",
        variant=variant,
    )
    drawn = picture(
        gettext("{variant}: course by genotype", variant=variant), alt, means_over_time(bands, gettext("mean"))
    )
    return with_data(drawn, pd.concat(data))
