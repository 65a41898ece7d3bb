"""What a reader gets who keeps a figure's data."""

from __future__ import annotations

import base64
import io

import pandas as pd

from alsreg.report.pictures import Picture


def data_of(picture: Picture) -> pd.DataFrame:
    """The table behind the download."""
    return pd.read_csv(io.BytesIO(base64.b64decode(picture.data.split("base64,")[1])))
