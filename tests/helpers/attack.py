"""What an attacker can work out from a page: bounds of hidden counts by integer programming, and words by decoding everything."""

from __future__ import annotations

import base64
import gzip
import html
import re
import urllib.parse
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import Bounds, LinearConstraint, milp


def bounds_of_hidden(
    sums: ArrayLike, totals: Sequence[int], is_known: Sequence[bool], known: Sequence[int], most: int = 10_000
) -> list[tuple[int, int]]:
    """Smallest and largest whole number that each cell can be.

    Parameters
    ----------
    sums
        ``(k, m)``: which of the m cells add up to each published total.
    totals
        The k published totals.
    is_known, known
        Which cells are published, and their values; a hidden cell is known to hold somebody, as a page tells by its dash.
    """
    matrix, shown = np.atleast_2d(np.asarray(sums, dtype=float)), np.asarray(is_known, dtype=bool)
    low = np.where(shown, known, 1)
    limits = Bounds(low, np.where(shown, known, most))
    published = LinearConstraint(matrix, totals, totals) if len(matrix) else None
    found = []
    for place in range(matrix.shape[1]):
        ends = []
        for sign in (1, -1):
            aim = np.zeros(matrix.shape[1])
            aim[place] = sign
            solved = milp(aim, integrality=np.ones(len(aim)), bounds=limits, constraints=published)
            assert solved.success, "the published numbers contradict each other"
            ends.append(round(sign * solved.fun))
        found.append((ends[0], ends[1]))
    return found


def given_back(sums: ArrayLike, totals: Sequence[int], shown: Sequence[int | None], truth: Sequence[int]) -> list[int]:
    """Places of hidden counts that the published numbers determine, with their true values checked against the bounds."""
    is_known = [value is not None for value in shown]
    limits = bounds_of_hidden(sums, totals, is_known, [0 if value is None else value for value in shown])
    for (low, high), value in zip(limits, truth, strict=True):
        assert low <= value <= high
    return [place for place, (low, high) in enumerate(limits) if low == high and not is_known[place]]


def everything_in(page: bytes) -> str:
    """A page and all that is embedded in it, however it is wrapped: entities, percent signs, base64, gzip, JSON escapes."""
    pending, seen = [page], []
    while pending:
        content = pending.pop()
        text = content.decode("utf-8", errors="replace")
        seen.append(text)
        for plain in (
            html.unescape(text),
            urllib.parse.unquote(text),
            re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text),
        ):
            if plain != text:
                seen.append(plain)
        for part in re.findall(r"base64,([A-Za-z0-9+/]{16,}={0,2})", html.unescape(text)):
            inner = base64.b64decode(part)
            pending.append(gzip.decompress(inner) if inner[:2] == b"\x1f\x8b" else inner)
    return "\n".join(seen)
