"""Figures as the page holds them."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, replace

import pandas as pd
from matplotlib.figure import Figure

from alsreg.plots.base import as_data_uri


@dataclass(frozen=True)
class Picture:
    """A figure with the words that stand for it; `width` in CSS pixels.

    `data` is what it shows as CSV, for readers to keep; where `chart` says how, the page draws from it to zoom and hover.
    """

    title: str
    alt: str
    uri: str
    width: int
    data: str = ""
    chart: str = ""  # manhattan or region; empty: not drawn again

    @property
    def file(self) -> str:
        """A name for the data: letters and digits of the title."""
        return re.sub(r"\W+", "_", self.title).strip("_")[:80] + ".csv"


def picture(title: str, alt: str, canvas: Figure, kind: str = "svg") -> Picture:
    """A figure with its words; ``png`` where an ``svg`` would hold thousands of points."""
    uri, width = as_data_uri(canvas, kind)
    return Picture(title, alt, uri, width)


def with_data(drawn: Picture, data: pd.DataFrame, chart: str = "") -> Picture:
    """The figure with its data, which must be disclosed like the figure itself."""
    text = data.apply(_harmless).to_csv(index=False, float_format="%.6g", lineterminator="\n")
    encoded = base64.b64encode(text.encode()).decode("ascii")
    return replace(drawn, data=f"data:text/csv;charset=utf-8;base64,{encoded}", chart=chart)


def _harmless(column: pd.Series) -> pd.Series:
    """Text that a spreadsheet would take for a formula, as text."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    words = column.astype("string").fillna("")
    return words.where(~words.str.match(r"[=+\-@\t\r]"), "'" + words)
