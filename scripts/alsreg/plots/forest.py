"""Effects with their intervals, one below the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

from alsreg.plots.base import BLUE, GREY, RED, figure, short

MAX_LABEL = 40  # characters


def forest(
    names: Sequence[str], effects: Sequence[tuple[float, float, float]], label: str, *, is_ratio: bool
) -> Figure:
    """`effects` are estimate and limits, first row on top and marked as the main one; ratios have a logarithmic axis."""
    with figure(5.6, 0.9 + 0.3 * len(names)) as (canvas, axes):
        places = np.arange(len(names))[::-1]
        for place, (estimate, lower, upper), first in zip(places, effects, [True] + [False] * len(names), strict=False):
            axes.plot([lower, upper], [place, place], color=RED if first else BLUE, lw=1.4)
            axes.plot(estimate, place, "D" if first else "s", color=RED if first else BLUE, ms=5)
        axes.axvline(1 if is_ratio else 0, color=GREY, lw=0.8, ls="--")
        if is_ratio:
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.xaxis.set_major_formatter(ScalarFormatter())
            axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_yticks(places, [short(name, MAX_LABEL) for name in names], parse_math=False)
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.set_xlabel(label)
    return canvas
