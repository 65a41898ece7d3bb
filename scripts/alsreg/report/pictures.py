"""Figures as the page holds them."""

from __future__ import annotations

from matplotlib.figure import Figure

from alsreg.plots.base import as_data_uri
from alsreg.report.model import Picture


def picture(title: str, alt: str, canvas: Figure, kind: str = "svg") -> Picture:
    """A figure with its words; ``png`` where an ``svg`` would hold thousands of points."""
    uri, width = as_data_uri(canvas, kind)
    return Picture(title, alt, uri, width)
