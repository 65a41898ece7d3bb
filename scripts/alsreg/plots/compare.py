"""Effects of one freeze against those of another."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from alsreg.plots.base import BLUE, GREY, RED, figure
from alsreg.stats.null import Z_95

Array = NDArray[np.float64]


def effect_agreement(
    older: Array, newer: Array, older_error: Array, newer_error: Array, is_lead: NDArray[np.bool_], names: tuple[str, str]
) -> Figure:  # fmt: skip
    """Effects ``(k,)`` with standard errors, on the scale of beta; leads with 95 % intervals over the rest; `names` of the freezes."""
    with figure(3.8, 3.6) as (canvas, axes):
        axes.axhline(0, color=GREY, lw=0.5)
        axes.axvline(0, color=GREY, lw=0.5)
        axes.scatter(older[~is_lead], newer[~is_lead], s=6, c=BLUE, alpha=0.5, linewidths=0)
        if is_lead.any():
            axes.errorbar(
                older[is_lead], newer[is_lead], xerr=Z_95 * older_error[is_lead], yerr=Z_95 * newer_error[is_lead],
                fmt="o", ms=4, color=RED, ecolor=RED, elinewidth=0.7,
            )  # fmt: skip
        low, high = min(axes.get_xlim()[0], axes.get_ylim()[0]), max(axes.get_xlim()[1], axes.get_ylim()[1])
        axes.plot([low, high], [low, high], color=GREY, lw=0.8, ls="--")
        axes.set_xlim(low, high)
        axes.set_ylim(low, high)
        axes.set_xlabel(f"beta, {names[0]}", parse_math=False)
        axes.set_ylabel(f"beta, {names[1]}", parse_math=False)
    return canvas
