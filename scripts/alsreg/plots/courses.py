"""Figures of groups of people over time: mean decline by class, survival observed and predicted by risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from alsreg.language import gettext
from alsreg.plots.base import PALETTE, figure


@dataclass(frozen=True)
class Band:
    """A curve with its band, and points beside it where something was observed (empty: nothing)."""

    name: str
    times: NDArray[np.float64]
    curve: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    observed: NDArray[np.float64]


def class_curves(bands: Sequence[Band]) -> Figure:
    """Mean ALSFRS-R total of each class since registration."""
    with figure(5.6, 3.4) as (canvas, axes):
        for band, colour in zip(bands, PALETTE * 2, strict=False):
            axes.plot(band.times, band.curve, color=colour, lw=1.6, label=band.name)
            axes.fill_between(band.times, band.lower, band.upper, color=colour, alpha=0.2, lw=0)
        axes.set_ylim(0, 48)
        axes.set_xlim(left=0)
        axes.set_xlabel(gettext("months since registration"))
        axes.set_ylabel(gettext("ALSFRS-R total, mean"))
        axes.legend(loc="upper right", fontsize=7.5)
    return canvas


def calibration(bands: Sequence[Band]) -> Figure:
    """Predicted survival as lines, observed survival with its interval as points, by risk group."""
    with figure(5.6, 3.4) as (canvas, axes):
        for place, (band, colour) in enumerate(zip(bands, PALETTE * 2, strict=False)):
            axes.plot(band.times, band.curve, color=colour, lw=1.4, label=band.name)
            shifted = band.times + 0.35 * (place - (len(bands) - 1) / 2)  # so that intervals do not hide each other
            below, above = band.observed - band.lower, band.upper - band.observed
            # A group that has all gone has an estimate without limits.
            width = np.nan_to_num(np.clip([below, above], 0, None))
            axes.errorbar(shifted, band.observed, yerr=width, color=colour, fmt="o", ms=3, lw=0.8)
        axes.set_ylim(0, 1.02)
        axes.set_xlim(left=0)
        axes.set_xlabel(gettext("months since onset"))
        axes.set_ylabel(gettext("free of event"))
        axes.legend(loc="upper right", fontsize=7.5)
    return canvas


def means_over_time(bands: Sequence[Band], label: str) -> Figure:
    """Means of groups over time as points with their limits, joined by lines."""
    with figure(5.6, 3.4) as (canvas, axes):
        for place, (band, colour) in enumerate(zip(bands, PALETTE * 2, strict=False)):
            shifted = band.times + 0.4 * (place - (len(bands) - 1) / 2)  # so that intervals do not hide each other
            width = [band.curve - band.lower, band.upper - band.curve]
            axes.errorbar(
                shifted, band.curve, yerr=width, color=colour, marker="o", ms=3.5, lw=1.3, capsize=2, label=band.name
            )
        axes.set_xlim(left=0)
        axes.set_xlabel(gettext("months"))
        axes.set_ylabel(label)
        axes.legend(fontsize=7.5)
    return canvas
