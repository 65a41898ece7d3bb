"""Forest plots of joined studies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from alsreg.plots.base import BLUE, GREY, RED, figure
from alsreg.stats.null import Z_95

Array = NDArray[np.float64]


def forest(names: Sequence[str], beta: Array, error: Array, n_summaries: int, label: str) -> Figure:
    """Effects with 95 % intervals, one line each; the last `n_summaries` are of all studies together, drawn as diamonds.

    Squares have an area in proportion to the weight 1/se².
    """
    rows = np.arange(len(names))[::-1]
    weight = 1.0 / error**2
    own = len(names) - n_summaries
    with figure(5.2, 0.7 + 0.3 * len(names)) as (canvas, axes):
        axes.axvline(0, color=GREY, lw=0.8)
        axes.hlines(rows[:own], (beta - Z_95 * error)[:own], (beta + Z_95 * error)[:own], color=BLUE, lw=1)
        axes.scatter(
            beta[:own], rows[:own], s=15 + 75 * weight[:own] / weight[:own].max(), marker="s", color=BLUE, linewidths=0
        )
        for k in range(own, len(names)):
            half = Z_95 * error[k]
            axes.fill(
                [beta[k] - half, beta[k], beta[k] + half, beta[k]],
                [rows[k], rows[k] + 0.28, rows[k], rows[k] - 0.28],
                color=RED,
                lw=0,
            )
        axes.set_yticks(rows, names, parse_math=False)
        axes.set_ylim(-0.7, len(names) - 0.3)
        axes.set_xlabel(label)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
    return canvas
