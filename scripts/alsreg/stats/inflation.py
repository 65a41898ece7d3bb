"""Calibration of a scan: genomic inflation, effective sample size, hits expected by chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

MEDIAN_CHI2 = float(special.chdtri(1, 0.5))  # 0.4549


def lambda_gc(p_values: ArrayLike) -> float:
    """Median chi-square (one degree of freedom) of the p-values over its expectation; NaN if there is none.

    Source: Devlin & Roeder 1999 (Biometrics 55:997). NaN p-values do not count.
    """
    p = np.asarray(p_values, dtype=np.float64)
    p = p[~np.isnan(p)]
    if not len(p):
        return float("nan")
    # The chi-squares fall as p rises: only those of the middle are needed.
    middle = np.array([(len(p) - 1) // 2, len(p) // 2])
    return float(special.chdtri(1, np.partition(p, middle)[middle]).mean() / MEDIAN_CHI2)


def lambda_1000(inflation: float, n: int, n_events: int | None = None) -> float:
    """Inflation in a study of 1,000 people; with `n_events` (cases), of 1,000 with the event and 1,000 without.

    For survival, give the number of events as `n`.

    Source: Freedman et al. 2004 (Nat Genet 36:388); inflation by structure grows with the sample.
    """
    if n_events is None:
        return 1.0 + (inflation - 1.0) * 1000.0 / n
    return 1.0 + (inflation - 1.0) * (1.0 / n_events + 1.0 / (n - n_events)) / (2.0 / 1000.0)


def effective_n(n: int, n_events: int | None = None) -> float:
    """People, or ``4 / (1/events + 1/others)``; 0 if everybody or nobody is a case. For survival, `n` is the events."""
    if n_events is None:
        return float(n)
    others = n - n_events
    return 4.0 * n_events * others / n if n_events and others else 0.0


def expected_hits(n_tested: int, threshold: float) -> float:
    """Tests below `threshold` if no variant had an effect."""
    return n_tested * threshold
