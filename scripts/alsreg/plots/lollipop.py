"""Variants of a gene along its positions."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from alsreg.language import gettext
from alsreg.plots.base import GREY, PALETTE, figure


def lollipop(
    position: NDArray[np.float64], beta: NDArray[np.float64], p_value: NDArray[np.float64], mac: NDArray[np.float64],
    annotation: NDArray[np.object_],
) -> Figure:  # fmt: skip
    """One stem per variant: as high as its own −log10 p, upwards where the rarer allele raises the trait; the head grows with its copies.

    All arrays are ``(m,)``, one entry per variant to draw.
    """
    height = np.sign(beta) * -np.log10(np.maximum(p_value, 1e-300))
    words = list(dict.fromkeys(annotation.tolist()))
    with figure(7.2, 2.8) as (canvas, axes):
        axes.axhline(0, color=GREY, lw=1.2)
        for k, word in enumerate(words):
            inside = annotation == word
            colour = PALETTE[k % len(PALETTE)]
            axes.vlines(position[inside], 0, height[inside], color=colour, lw=1)
            axes.scatter(position[inside], height[inside], s=18 + 6 * np.sqrt(mac[inside]), color=colour, zorder=3,
                         label=str(word).replace("_", " "), linewidths=0)  # fmt: skip
        limit = max(float(np.abs(height).max(initial=0)), 1.0) * 1.2
        axes.set_ylim(-limit, limit)
        ticks = [tick for tick in axes.get_yticks() if abs(tick) <= limit]
        axes.set_yticks(ticks, [f"{abs(tick):g}" for tick in ticks])
        axes.set_ylabel(gettext("lowers   −log₁₀ p   raises"))
        axes.set_xlabel(gettext("position"))
        axes.ticklabel_format(axis="x", style="plain", useOffset=False)
        axes.legend(fontsize=7.5, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return canvas
