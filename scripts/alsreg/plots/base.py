"""One look for all figures, and bytes that depend on the data alone."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe & Ito 2008: told apart by colour-blind readers.
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#5F6B76"
PALETTE = (BLUE, ORANGE, GREEN, RED, "#CC79A7", "#56B4E9")

STYLE = {
    "font.family": ["DejaVu Sans", "IPAexGothic"],  # Japanese letters from the second
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": "#1b2733",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.color": GREY,
    "ytick.color": GREY,
    "legend.frameon": False,
    "svg.hashsalt": "alsreg",
    "figure.constrained_layout.use": True,
}


def _add_japanese() -> None:
    """The font's file, found without importing its package, which would change the settings of everybody's figures."""
    package = find_spec("matplotlib_fontja")
    path = Path(package.submodule_search_locations[0]) / "fonts/ipaexg.ttf"  # type: ignore[union-attr,index]
    manager = font_manager.fontManager
    manager.addfont(path)
    manager.ttflist.append(replace(manager.ttflist[-1], weight=700))  # its one weight serves for bold letters too


_add_japanese()


@contextmanager
def figure(width: float, height: float) -> Iterator[tuple[Figure, Axes]]:
    """A figure with one pair of axes, in inches."""
    with plt.rc_context(STYLE):
        canvas, axes = plt.subplots(figsize=(width, height))
        yield canvas, axes


def short(name: str, n: int = 20) -> str:
    """A name of at most `n` characters: a longer one would leave a figure no room."""
    return name if len(name) <= n else name[: n - 1] + "…"


CSS_PIXELS_PER_INCH = 96


def as_data_uri(canvas: Figure, kind: str) -> tuple[str, int]:
    """The figure as a ``data:`` URI, ``svg`` or ``png``, and its width in CSS pixels; closes it."""
    width = round(canvas.get_figwidth() * CSS_PIXELS_PER_INCH)
    buffer = io.BytesIO()
    with plt.rc_context(STYLE):
        metadata = {"Date": None} if kind == "svg" else {"Software": None}
        canvas.savefig(buffer, format=kind, dpi=160, metadata=metadata)
    plt.close(canvas)
    media = "image/svg+xml" if kind == "svg" else "image/png"
    return f"data:{media};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}", width
