"""Manhattan and quantile-quantile plots from thinned p-values."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import special

from alsreg.language import gettext
from alsreg.plots.base import BLUE, GREY, RED, figure, short

CHROMOSOME_X = 23


def manhattan(
    chromosome: NDArray[np.int64],
    position: NDArray[np.int64],
    p_value: NDArray[np.float64],
    thresholds: tuple[float, float],
    labels: dict[tuple[int, int], str],
) -> Figure:
    """-log10 p along the genome.

    Parameters
    ----------
    chromosome, position, p_value
        One entry per variant to draw; chromosome X is 23.
    thresholds
        Genome-wide and suggestive p.
    labels
        (chromosome, position) of a lead: its name.
    """
    y = -np.log10(np.maximum(p_value, 1e-300))
    present = np.unique(chromosome)
    firsts = np.array([position[chromosome == name].min() for name in present], dtype=float)
    ends = np.array([position[chromosome == name].max() for name in present], dtype=float) - firsts
    gap = max(ends.sum() * 0.004, 1.0)
    starts = np.concatenate([[0.0], np.cumsum(ends + gap)[:-1]])
    offset = dict(zip(present.tolist(), (starts - firsts).tolist(), strict=True))
    x = position + np.array([offset[name] for name in chromosome.tolist()])
    with figure(9.2, 3.1) as (canvas, axes):
        for parity, colour in ((0, BLUE), (1, "#7FA8C9")):
            mask = chromosome % 2 == parity
            axes.scatter(x[mask], y[mask], s=5, c=colour, linewidths=0)
        for threshold, colour, style in zip(thresholds, (RED, GREY), ("-", "--"), strict=True):
            axes.axhline(-np.log10(threshold), color=colour, lw=0.8, ls=style)
        for (name, place), text in labels.items():
            if name in offset:
                at = (chromosome == name) & (position == place)
                height = float(y[at].max()) if at.any() else 0.0
                axes.annotate(short(text), (place + offset[name], height), (0, 5), textcoords="offset points",
                              ha="center", fontsize=7.5, parse_math=False)  # fmt: skip
        axes.set_xticks(starts + ends / 2, [_chromosome_name(name) for name in present], fontsize=7.5)
        axes.set_ylim(0, max(float(y.max(initial=0)), -np.log10(thresholds[0])) * 1.15)
        axes.set_xlim(-gap, starts[-1] + ends[-1] + gap)
        axes.set_xlabel(gettext("chromosome"))
        axes.set_ylabel("−log₁₀ p")
    return canvas


def quantile_quantile(p_value: NDArray[np.float64], rank: NDArray[np.int64], n_tested: int, lambda_gc: float) -> Figure:
    """Observed against expected -log10 p, with the 95 % band of uniform order statistics.

    `p_value` and `rank` are the thinned ones; `rank` 1 is the smallest of `n_tested`.
    """
    expected = -np.log10((rank - 0.5) / n_tested)
    observed = -np.log10(np.maximum(p_value, 1e-300))
    ladder = np.unique(np.geomspace(1, n_tested, 200).astype(int))
    low, high = (-np.log10(special.betaincinv(ladder, n_tested - ladder + 1, q)) for q in (0.975, 0.025))
    with figure(3.4, 3.3) as (canvas, axes):
        axes.fill_between(-np.log10((ladder - 0.5) / n_tested), low, high, color="#DCE3E9", lw=0)
        top = float(expected.max(initial=1))
        axes.plot([0, top], [0, top], color=GREY, lw=0.8)
        axes.scatter(expected, observed, s=6, c=BLUE, linewidths=0)
        axes.set_xlabel(gettext("expected −log₁₀ p"))
        axes.set_ylabel(gettext("observed −log₁₀ p"))
        axes.set_title(f"λ = {lambda_gc:.3f}")
    return canvas


def _chromosome_name(number: int) -> str:
    return "X" if number == CHROMOSOME_X else str(number)
