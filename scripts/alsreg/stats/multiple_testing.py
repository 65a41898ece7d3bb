"""P-values adjusted for their number."""

from __future__ import annotations

import numpy as np

from alsreg.stats.null import FloatArray


def bonferroni(p_values: FloatArray) -> FloatArray:
    """``(m,)``: p times the number of p-values that are not NaN, at most 1; NaN stays."""
    p = np.asarray(p_values, dtype=np.float64)
    return np.minimum(p * np.sum(~np.isnan(p)), 1.0)


def benjamini_hochberg(p_values: FloatArray) -> FloatArray:
    """``(m,)``: the smallest false discovery rate at which each would be called; NaN stays and is not counted.

    Source: Benjamini & Hochberg 1995 JRSS B 57:289.
    """
    p = np.asarray(p_values, dtype=np.float64)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    steps = p[order] * (len(order) / np.arange(1, len(order) + 1))
    q = np.full(p.shape, np.nan)
    q[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return q
