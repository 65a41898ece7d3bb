"""Figures of people: distributions, survival, decline, components. They receive counts, never persons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from alsreg.language import gettext
from alsreg.plots.base import BLUE, GREY, ORANGE, PALETTE, figure


@dataclass(frozen=True)
class Curve:
    """A step curve with its band and the numbers at risk at chosen times (None: suppressed)."""

    name: str
    times: NDArray[np.float64]
    survival: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    risk_times: Sequence[float]
    n_at_risk: Sequence[int | None]


def histogram(edges: NDArray[np.float64], counts: NDArray[np.float64], label: str) -> Figure:
    """Bars of `counts` (NaN: suppressed, drawn empty) between `edges`."""
    with figure(4.4, 2.6) as (canvas, axes):
        axes.bar(
            edges[:-1],
            np.nan_to_num(counts),
            np.diff(edges),
            align="edge",
            color=BLUE,
            edgecolor="white",
            lw=0.5,
        )
        axes.set_xlabel(label)
        axes.set_ylabel(gettext("people"))
    return canvas


def kaplan_meier(curves: Sequence[Curve], label: str, free_of: str = "") -> Figure:
    """Survival curves with bands, and the numbers at risk below; `free_of` says what people are still free of."""
    with figure(5.6, 3.2 + 0.15 * len(curves)) as (canvas, axes):
        for curve, colour in zip(curves, PALETTE, strict=False):
            axes.step(curve.times, curve.survival, where="post", color=colour, label=curve.name, lw=1.4)
            axes.fill_between(curve.times, curve.lower, curve.upper, step="post", color=colour, alpha=0.18, lw=0)
        axes.set_ylim(0, 1.02)
        axes.set_xlim(left=0)
        axes.set_ylabel(free_of or gettext("free of event"))
        axes.set_xlabel(label)
        if len(curves) > 1:
            axes.legend(loc="upper right")
        for row, (curve, colour) in enumerate(zip(curves, PALETTE, strict=False)):
            for time, n in zip(curve.risk_times, curve.n_at_risk, strict=True):
                _below(axes, time, 1 + row, "–" if n is None else str(n), color=colour, ha="center")
        _below(axes, 0, 0, gettext("at risk"), color=GREY, ha="left")
    return canvas


def _below(axes: Axes, time: float, line: int, text: str, **style: str) -> None:
    """Text on a line below the axis, at a distance in points: whatever the number of lines, the layout finds room."""
    axes.annotate(
        text, (time, 0), (0, -40 - 11 * line), xycoords=("data", "axes fraction"), textcoords="offset points",
        fontsize=7.5, annotation_clip=False, **style,
    )  # fmt: skip


def decline(months: NDArray[np.float64], mean: NDArray[np.float64], half_width: NDArray[np.float64]) -> Figure:
    """Mean ALSFRS-R total by months since registration, with a 95 % interval of the mean."""
    with figure(4.4, 2.6) as (canvas, axes):
        axes.errorbar(months, mean, yerr=half_width, color=BLUE, marker="o", ms=3.5, lw=1.2, capsize=2)
        axes.set_ylim(0, 48)
        axes.set_xlabel(gettext("months since registration"))
        axes.set_ylabel(gettext("ALSFRS-R total, mean"))
    return canvas


def bars(labels: Sequence[str], counts: Sequence[float]) -> Figure:
    """Horizontal bars; NaN counts are suppressed and drawn as a dash."""
    with figure(4.4, 0.5 + 0.36 * len(labels)) as (canvas, axes):
        places = np.arange(len(labels))[::-1]
        axes.barh(places, np.nan_to_num(np.asarray(counts, dtype=float)), color=BLUE, height=0.65)
        for place, count in zip(places, counts, strict=True):
            axes.text(
                0 if np.isnan(count) else count,
                place,
                " –" if np.isnan(count) else f" {count:.0f}",
                va="center",
            )
        axes.set_yticks(places, labels)
        axes.set_xlabel(gettext("people"))
    return canvas


def component_density(
    x_edges: NDArray[np.float64],
    y_edges: NDArray[np.float64],
    counts: NDArray[np.float64],
    names: tuple[str, str],
) -> Figure:
    """Two components as a grid of counts ``(len(x_edges) - 1, len(y_edges) - 1)``; NaN cells are left white."""
    with figure(4.4, 3.6) as (canvas, axes):
        shown = np.ma.masked_invalid(counts.T)
        mesh = axes.pcolormesh(x_edges, y_edges, shown, cmap="Blues", vmin=0)
        canvas.colorbar(mesh, ax=axes, label=gettext("people"))
        axes.set_xlabel(names[0])
        axes.set_ylabel(names[1])
    return canvas


def scree(variance_share: NDArray[np.float64]) -> Figure:
    """Share of variance of each component."""
    with figure(3.4, 2.6) as (canvas, axes):
        axes.plot(np.arange(1, len(variance_share) + 1), 100 * variance_share, color=ORANGE, marker="o", ms=4)
        axes.set_xlabel(gettext("component"))
        axes.set_ylabel(gettext("variance, %"))
        axes.set_ylim(bottom=0)
    return canvas
