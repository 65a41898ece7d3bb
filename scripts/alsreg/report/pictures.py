"""Figures as the page holds them."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.figure import Figure

from alsreg.plots.base import as_data_uri


@dataclass(frozen=True)
class Picture:
    """A figure with the words that stand for it; `width` in CSS pixels."""

    title: str
    alt: str
    uri: str
    width: int


def picture(title: str, alt: str, canvas: Figure, kind: str = "svg") -> Picture:
    """A figure with its words; ``png`` where an ``svg`` would hold thousands of points."""
    uri, width = as_data_uri(canvas, kind)
    return Picture(title, alt, uri, width)
