"""A locus: p by position, coloured by linkage disequilibrium with the lead, over its genes."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from alsreg.language import gettext
from alsreg.plots.base import GREY, RED, STYLE, short

# By r², from a sequential map that colour-blind readers can order (viridis); unknown is grey.
BINS = (0.0, 0.2, 0.4, 0.6, 0.8)
COLOURS = ("#440154", "#3b528b", "#21918c", "#5ec962", "#fde725")
UNKNOWN = "#b8c0c7"
MAX_ROWS, MAX_GENES = 6, 40
Gene = tuple[str, int, int]


def regional(
    position: NDArray[np.int64], p_value: NDArray[np.float64], r2: NDArray[np.float64], lead: int, genes: Sequence[Gene],
    threshold: float,
) -> Figure:  # fmt: skip
    """−log10 p of ``(m,)`` variants; `lead` is the index of the one r² is with, `genes` are name, start and end."""
    rows = place_genes(genes, float(np.ptp(position)) or 1.0)
    n_rows = max(rows, default=-1) + 1
    with plt.rc_context(STYLE):
        heights = [2.6, 0.3 + 0.24 * n_rows]
        canvas, (axes, below) = plt.subplots(
            2, 1, figsize=(7.2, sum(heights) + 0.5), sharex=True, height_ratios=heights
        )
        y = -np.log10(np.maximum(p_value, 1e-300))
        order = np.argsort(np.nan_to_num(r2, nan=-1.0), kind="stable")
        axes.scatter(position[order] / 1e6, y[order], s=14, c=colours(r2)[order], edgecolors="#1b2733", linewidths=0.25)
        axes.plot(position[lead] / 1e6, y[lead], "D", color=RED, ms=7, mec="#1b2733")
        axes.axhline(-np.log10(threshold), color=RED, lw=0.8)
        axes.set_ylim(0, max(float(y.max()), -np.log10(threshold)) * 1.1)
        axes.set_ylabel("−log$_{10}$ p")
        _legend(axes)
        _draw_genes(below, genes, rows, n_rows)
    return canvas


def colours(r2: NDArray[np.float64]) -> NDArray[np.str_]:
    """Colour by r² ``(m,)``; grey where it is unknown."""
    bins = np.clip(np.searchsorted(BINS, np.nan_to_num(r2), side="right") - 1, 0, len(BINS) - 1)
    return np.where(np.isnan(r2), UNKNOWN, np.array(COLOURS)[bins])


def place_genes(genes: Sequence[Gene], width: float) -> list[int]:
    """A row for each gene, so that names do not lie upon each other; -1: no room."""
    ends: list[float] = []
    rows = []
    for name, start, end in genes:
        middle, half = (start + end) / 2, max(end - start, 0.016 * width * (len(short(name)) + 1)) / 2
        row = next((k for k, taken in enumerate(ends) if middle - half > taken), len(ends))
        if row < len(ends):
            ends[row] = middle + half
        elif row < MAX_ROWS:
            ends.append(middle + half)
        else:
            row = -1
        rows.append(row)
    return rows


def _draw_genes(axes: Axes, genes: Sequence[Gene], rows: Sequence[int], n_rows: int) -> None:
    for (name, start, end), row in zip(genes, rows, strict=True):
        if row >= 0:
            axes.plot([start / 1e6, end / 1e6], [-row, -row], color="#005a8c", lw=3, solid_capstyle="butt")
            axes.annotate(short(name), ((start + end) / 2e6, -row), (0, 3), textcoords="offset points", ha="center", fontsize=7,
                          style="italic", parse_math=False, annotation_clip=True)  # fmt: skip
    axes.set_ylim(-n_rows + 0.4, 0.9)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(gettext("position, Mb (GRCh38)"))
    axes.ticklabel_format(axis="x", useOffset=False)
    if not n_rows:
        axes.text(
            0.5, 0.5, gettext("no gene bounds here"), transform=axes.transAxes, ha="center", color=GREY, fontsize=8
        )


def _legend(axes: Axes) -> None:
    ends = (*BINS[1:], 1.0)
    marks = [
        Line2D([], [], marker="o", ls="", ms=5, color=colour, label=f"{low:g}–{high:g}")
        for colour, low, high in zip(COLOURS, BINS, ends, strict=True)
    ]
    marks.append(Line2D([], [], marker="o", ls="", ms=5, color=UNKNOWN, label=gettext("unknown")))
    axes.legend(handles=marks[::-1], title=gettext("r² with lead"), fontsize=7, title_fontsize=7.5, loc="upper left",
                bbox_to_anchor=(1.0, 1.0))  # fmt: skip
