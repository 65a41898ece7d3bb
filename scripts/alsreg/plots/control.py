"""Figures of the external-control comparison: balance and overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from alsreg.language import gettext
from alsreg.plots.base import BLUE, GREEN, GREY, ORANGE, figure

MARKS = {"naive": ("o", GREY), "weighted": ("D", BLUE), "matched": ("s", GREEN)}


def love_plot(names: Sequence[str], differences: Mapping[str, Sequence[float]], threshold: float) -> Figure:
    """Absolute standardised differences of each covariate by analysis, and the threshold; NaN is not drawn."""
    with figure(5.6, 1.1 + 0.3 * len(names)) as (canvas, axes):
        places = np.arange(len(names))[::-1]
        for analysis, values in differences.items():
            mark, colour = MARKS[analysis]
            axes.scatter(np.abs(values), places, marker=mark, s=26, color=colour, label=gettext(analysis), zorder=3)
        axes.axvline(threshold, color=GREY, ls="--", lw=0.9)
        axes.set_yticks(places, names)
        axes.grid(axis="y", color="#e4e9ed", lw=0.8)
        axes.set_xlim(left=0)
        axes.set_xlabel(gettext("absolute standardised mean difference"))
        canvas.legend(loc="outside lower center", ncols=len(differences))
    return canvas


def score_overlap(edges: NDArray[np.float64], treated: NDArray[np.float64], control: NDArray[np.float64]) -> Figure:
    """Counts of people by propensity score, the treated upwards and controls downwards; NaN bins are suppressed."""
    with figure(5.6, 2.9) as (canvas, axes):
        for counts, sign, colour, name in (
            (treated, 1, BLUE, gettext("treated")),
            (control, -1, ORANGE, gettext("controls")),
        ):
            axes.bar(
                edges[:-1], sign * np.nan_to_num(counts), np.diff(edges), align="edge", color=colour, edgecolor="white",
                lw=0.5, label=name,
            )  # fmt: skip
        axes.axhline(0, color=GREY, lw=0.8)
        axes.set_xlim(0, 1)
        axes.set_xlabel(gettext("propensity score: probability of treatment given baseline"))
        axes.set_ylabel(gettext("people"))
        axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):.0f}")
        axes.legend(loc="upper right")
    return canvas
